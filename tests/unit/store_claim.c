// SPDX-License-Identifier: GPL-2.0-or-later
// Claims: classes merged by priority, small jobs behind large ones, files, labels, nodes; and that
// they read by index.
#include "tests/unit/store_fixture.h"

static struct class_row classes[] = {
    {.name = "small",
     .cpus = 1,
     .nodes = 1,
     .memory_bytes = 1 << 20,
     .runtime_usec = 60000000,
     .enforced = true},
    {.name = "large",
     .cpus = 4,
     .nodes = 1,
     .memory_bytes = 1 << 20,
     .runtime_usec = 60000000,
     .enforced = true},
    {.name = "labelled",
     .cpus = 1,
     .nodes = 1,
     .memory_bytes = 1,
     .runtime_usec = 1,
     .enforced = true,
     .labels = "gpu"},
    {.name = "wide", .cpus = 1, .nodes = 2, .memory_bytes = 1, .runtime_usec = 1, .enforced = true},
    {.name = "huge",
     .cpus = 64,
     .nodes = 1,
     .memory_bytes = 1,
     .runtime_usec = 1,
     .enforced = true},
    {.name = "unnamed",
     .cpus = 16,
     .nodes = 1,
     .memory_bytes = 1ll << 40,
     .runtime_usec = 3600000000,
     .enforced = false},
};
static struct job_row jobs[] = {
    {.name = "s1", .command = "true", .class_index = 0, .rank = 1},
    {.name = "l1", .command = "true", .class_index = 1, .rank = 9},
    {.name = "s2", .command = "true", .class_index = 0, .priority = 1},
    {.name = "s3", .command = "true", .class_index = 0, .rank = 5},
    {.name = "x", .command = "true", .class_index = 2},
    {.name = "y", .command = "true", .class_index = 3},
    {.name = "z", .command = "true", .class_index = 4},
    {.name = "u", .command = "true", .class_index = 5},
};
static struct file_row files[] = {
    {.name = "f", .path = "in"}, {.name = "g", .path = "out1"}, {.name = "h", .path = "out2"}};
static struct pair_row job_files[] = {
    {0, 1, ROLE_OUTPUT, false}, {0, 0, ROLE_INPUT, false}, {0, 2, ROLE_OUTPUT, false}};

static const struct {
    const char *what, *names; // in the order in which they come
    struct claim_request claim;
    const char *labels;
    bool may_come;
} claims[] = {
    {"priority, then rank over all classes",
     "s2 l1 s3 s1",
     {.max_jobs = 9, .cpus = 7, .memory_bytes = 1 << 30},
     NULL,
     true},
    {"a large one does not hide small ones",
     "s2 s3",
     {.max_jobs = 9, .cpus = 2, .memory_bytes = 1 << 30},
     NULL,
     true},
    {"no more than asked for",
     "s2",
     {.max_jobs = 1, .cpus = 8, .memory_bytes = 1 << 30},
     NULL,
     true},
    {"two now, one to have at hand",
     "s2 s3 l1",
     {.max_jobs = 9, .cpus = 2, .memory_bytes = 1 << 30, .prefetch = 1},
     NULL,
     true},
    {"labels", "x", {.max_jobs = 9, .cpus = 8, .memory_bytes = 1 << 30}, "cpu,gpu", true},
    {"other labels", "", {.max_jobs = 9, .cpus = 8, .memory_bytes = 1 << 30}, "cpu", false},
    {"hardly any time",
     "u",
     {.max_jobs = 9, .cpus = 8, .memory_bytes = 1 << 30, .time_left_usec = 1000},
     NULL,
     true},
};

// The same with many classes, which are claimed from in another way.
static void test_row(size_t i, size_t classes_count)
{
    static struct class_row all[46];
    static char names_of[46][16];
    struct fixture f;
    for (size_t c = 0; c < 46; c++) {
        snprintf(names_of[c], sizeof names_of[c], "more%zu", c);
        all[c] = classes[c < 6 ? c : 0];
        all[c].name = c < 6 ? classes[c].name : names_of[c];
    }
    fixture_open(&f);
    struct workflow w = {.name = "w",
                         .settings = "{}",
                         .classes = all,
                         .classes_count = classes_count,
                         .jobs = jobs,
                         .jobs_count = 8,
                         .files = files,
                         .files_count = 3,
                         .job_files = job_files,
                         .job_files_count = 3};
    int64_t id = fixture_create(&f, &w);
    struct runner_entry e = {.workflow_id = id,
                             .array_task_id = -1,
                             .incarnation = "i",
                             .host = "h",
                             .node = "h",
                             .cpus = 8,
                             .memory_bytes = 1 << 30,
                             .labels = claims[i].labels};
    struct runner_grant grant;
    store_enter(f.store, &e, &grant, &f.err);
    struct sync_request q = {.runner_id = grant.runner_id, .seq = 1, .claim = claims[i].claim};
    struct sync_reply r;
    char names[100] = "";
    is_int(store_sync(f.store, &q, &r, &f.err), 0, claims[i].what);
    for (uint32_t k = 0; k < r.claimed_count; k++) {
        sprintf(names + strlen(names), "%s%s", k ? " " : "", r.claimed[k].name);
        if (!strcmp(r.claimed[k].name, "s1"))
            ok(r.claimed[k].inputs_count == 1 && !strcmp(r.claimed[k].inputs[0], "in") &&
                   r.claimed[k].outputs_count == 2 && !strcmp(r.claimed[k].outputs[0], "out1") &&
                   !strcmp(r.claimed[k].outputs[1], "out2"),
               "with its files");
    }
    is_text(names, claims[i].names, "these jobs");
    is_int(r.may_come, claims[i].may_come, "more may come");
    sync_reply_fini(&r);
    runner_grant_fini(&grant);
    fixture_invariants(&f, claims[i].what);
    fixture_close(&f);
}

extern const char class_used_fill[]; // in sql.def
static const char *const texts[] = {
#define SQL(name, text) text,
#include "lib/store/sql.def"
#undef SQL
};
static const char *const names[] = {
#define SQL(name, text) #name,
#include "lib/store/sql.def"
#undef SQL
};

// What a runner's sync executes looks rows up, and so does what is asked about a workflow; none of
// it reads a table of jobs, attempts, dependencies or files through.
static const char *const by_index[] = {
    "RUNNER_GET",          "RUNNER_BEAT",
    "RUNNER_HELD",         "JOB_GET",
    "JOB_START",           "JOB_END",
    "JOB_RETURN",          "JOB_CLAIM",
    "JOB_UNMET",           "JOB_FREED",
    "JOB_STATE",           "ATTEMPT_OPEN",
    "ATTEMPT_END",         "ATTEMPT_LOST",
    "DEPENDENTS",          "CLAIM_CLASSES",
    "READY_JOBS",          "JOB_FILES",
    "CLAIMED_BEFORE",      "WORKFLOW_OPEN",
    "DEMAND_CLASSES",      "DEMAND_ALLOCATIONS",
    "CHANGE_OF",           "READ_CLASSES",
    "READ_JOBS_FAILED",    "READ_ATTEMPTS_WARNED",
    "WORK_CLASS",          "WORK_ADD",
    "WORK_LOST_OF_RUNNER", "WORK_LOST_OF_JOB",
    "WORK_UNKNOWN",        "READY_FIRST",
};

static void test_plans(void)
{
    struct fixture f;
    fixture_open(&f);
    sqlite3 *db = NULL;
    sqlite3_open(f.path, &db);
    for (size_t i = 0; i < sizeof by_index / sizeof *by_index; i++) {
        bool found = false, scans = false;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            if (strcmp(names[k], by_index[i]))
                continue;
            cleanup_free char *sql = xasprintf("EXPLAIN QUERY PLAN %s", texts[k]);
            sqlite3_stmt *s = NULL;
            found = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK;
            while (sqlite3_step(s) == SQLITE_ROW) {
                const char *line = (const char *)sqlite3_column_text(s, 3);
                bool scan = !strncmp(line, "SCAN", 4) && strcmp(line, "SCAN (subquery-1)") &&
                            strcmp(line, "SCAN CONSTANT ROW") && strcmp(line, "SCAN w") &&
                            strcmp(line, "SCAN u"); // subqueries, too
                scan |= strstr(line, "TEMP B-TREE FOR ORDER BY") &&
                        strcmp(by_index[i], "CLAIMED_BEFORE") && strcmp(by_index[i], "JOB_FILES");
                if (scan)
                    printf("# %s: %s\n", by_index[i], line);
                if (!strcmp(by_index[i], "READY_JOBS") && strstr(line, "SEARCH"))
                    ok(strstr(line, "USING INDEX job_ready (class=?)") != NULL,
                       "ready jobs by their index, in its order");
                scans |= scan;
            }
            sqlite3_finalize(s);
        }
        ok(found && !scans, "%s reads by index", by_index[i]);
    }
    sqlite3_close(db);
    fixture_close(&f);
}

int main(void)
{
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        test_row(i, 6);
        test_row(i, 46);
    }
    test_plans();
    return done_testing();
}

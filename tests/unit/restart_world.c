// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/restart_world.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/store/create.h"
#include "lib/store/data.h"
#include "lib/store/read.h"
#include "lib/text/problem.h"
#include "tests/unit/restart_files.h"

void world_problem(struct world *w, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    if (!*w->problem)
        vsnprintf(w->problem, sizeof w->problem, format, ap);
    va_end(ap);
}

// ---- beginning and end ----

enum { WORKFLOWS_MOST = 25 }; // in a database
// Workflows of one database make each other slow, and so does deleting them.
static void open_database(struct world *w)
{
    struct error err = {0};
    w->creator = store_open(w->database, STORE_CREATE, &err);
    w->store = w->creator ? store_open(w->database, STORE_WRITE, &err) : NULL;
    if (!w->store || sqlite3_open_v2(w->database, &w->db, SQLITE_OPEN_READWRITE, NULL) ||
        sqlite3_busy_timeout(w->db, 10000)) {
        fprintf(stderr, "%s: %s\n", w->database, err.text);
        exit(99);
    }
}

static void close_database(struct world *w)
{
    for (int i = 0; w->statements[i]; i++)
        sqlite3_finalize(w->statements[i]);
    memset(w->statements, 0, sizeof w->statements);
    sqlite3_close(w->db);
    store_close(w->store);
    store_close(w->creator);
    unlink(w->database);
}

void world_open(struct world *w)
{
    const char *memory = access("/dev/shm", W_OK) ? getenv("TMPDIR") : "/dev/shm";
    *w = (struct world){0};
    snprintf(w->folder, sizeof w->folder, "%.50s/torc-restart-XXXXXX", memory ? memory : "/tmp");
    if (!mkdtemp(w->folder)) {
        perror(w->folder);
        exit(99);
    }
    snprintf(w->database, sizeof w->database, "%s/torc.db", w->folder);
    snprintf(w->files_folder, sizeof w->files_folder, "%s/files", w->folder);
    mkdir(w->files_folder, 0700);
    w->files_fd = open(w->files_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    open_database(w);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

void world_close(struct world *w)
{
    close_database(w);
    close(w->files_fd);
    nftw(w->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

// 0, or the file has a mistake.
static int load(struct world *w, char **text, struct workflow *workflow)
{
    struct problems problems = {0};
    *text = case_text(w->c);
    int rc = workflow_load(*text, strlen(*text), "case.json", workflow, &problems);
    if (rc) {
        problems_print(&problems, stdout, "#", "case.json", 0);
        world_problem(w, "the workflow cannot be loaded");
    }
    problems_fini(&problems);
    return rc;
}

static struct workflow_origin origin_of(const struct world *w, const char *text)
{
    return (struct workflow_origin){
        .user = "me", .uid = 1000, .folder = w->files_folder, .version = "test", .file_text = text};
}

void world_create(struct world *w, const struct oracle_case *c)
{
    struct error err = {0};
    struct workflow workflow;
    cleanup_free char *text = NULL;
    w->plan = *c;
    case_now(&w->plan, &w->now);
    w->filed = w->now;
    w->c = c = &w->now;
    w->stopped = false;
    w->problem[0] = '\0';
    memset(w->jobs, 0, sizeof w->jobs);
    for (int j = 0; j < c->jobs_count; j++)
        w->jobs[j].state = c->jobs[j].absent ? JOB_DISABLED : JOB_UNINITIALIZED;
    for (int f = 0; f < c->files_count; f++) {
        content first;
        snprintf(first, sizeof first, "%08x", f + 1);
        if (c->files[f].writer < 0 || c->jobs[c->files[f].writer].reads[f])
            file_write(w->files_fd, c, f, first);
    }
    if (!load(w, &text, &workflow)) {
        struct workflow_origin origin = origin_of(w, text);
        if (store_create_workflow(w->creator, &workflow, &origin, &w->workflow_id, &err))
            world_problem(w, "create: %s", err.text);
    }
    workflow_fini(&workflow);
}

void world_delete(struct world *w)
{
    for (int f = 0; f < w->c->files_count; f++)
        file_delete(w->files_fd, w->c, f);
    if (w->workflow_id >= WORKFLOWS_MOST) {
        close_database(w);
        open_database(w);
    }
}

// ---- looking ----

// ?1 is the workflow, ?2 the name of the job. Each text is prepared once.
static int64_t number(struct world *w, const char *sql, int job)
{
    char name[3] = {'j', (char)('a' + job), '\0'};
    int64_t result = -1;
    int i = 0;
    while (w->statements[i] && w->texts[i] != sql)
        i++;
    w->texts[i] = sql;
    if (!w->statements[i] && sqlite3_prepare_v2(w->db, sql, -1, &w->statements[i], NULL)) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(w->db));
        exit(99);
    }
    sqlite3_stmt *s = w->statements[i];
    sqlite3_bind_int64(s, 1, w->workflow_id);
    sqlite3_bind_text(s, 2, name, -1, SQLITE_TRANSIENT);
    if (sqlite3_step(s) == SQLITE_ROW)
        result = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return result;
}

void world_files(struct world *w, content *files)
{
    for (int f = 0; f < w->c->files_count; f++)
        file_read(w->files_fd, w->c, f, files[f]);
}

static void change_data(struct world *w, const struct data_change *changes, content *values)
{
    struct error err = {0};
    struct data_reply reply;
    if (!w->c->data_count)
        return;
    struct data_request q = {.workflow_id = w->workflow_id,
                             .changes = changes,
                             .changes_count = (uint32_t)w->c->data_count};
    if (store_data(w->store, &q, &reply, &err)) {
        world_problem(w, "user data: %s", err.text);
        return;
    }
    for (int d = 0; d < w->c->data_count; d++) {
        const char *json = reply.answers[d].json, *v = json ? strstr(json, "\"v\"") : NULL;
        if (values)
            values[d][0] = '\0';
        if (values && v)
            snprintf(values[d], sizeof *values, "%.8s", strchr(v + 3, '"') + 1);
        if (reply.answers[d].error)
            world_problem(w, "user data: %s", reply.answers[d].error);
    }
    data_reply_fini(&reply);
}

void world_data(struct world *w, content *data)
{
    char names[DATA_MOST][16];
    struct data_change changes[DATA_MOST] = {0};
    for (int d = 0; d < w->c->data_count; d++) {
        snprintf(names[d], sizeof names[d], "d%d", d);
        changes[d] = (struct data_change){.op = DATA_GET, .name = names[d]};
    }
    change_data(w, changes, data);
}

static void set_as(struct world *w, int d, const char *value, bool spaced)
{
    char name[8], json[40];
    struct data_change changes[DATA_MOST] = {0};
    snprintf(name, sizeof name, "d%d", d);
    snprintf(json, sizeof json, spaced ? "{ \"v\" : \"%s\" }" : "{\"v\":\"%s\"}", value);
    changes[0] = (struct data_change){.op = DATA_SET, .name = name, .json = json};
    change_data(w, changes, NULL);
}

void world_set(struct world *w, int d, const char *value)
{
    set_as(w, d, value, false);
}

static const struct {
    const char *what, *sql; // counts what must not be
    bool at_end;            // when nothing is left to run
} invariants[] = {
    {"counters equal a recount",
     "SELECT (SELECT count(*) FROM (SELECT k.class, k.state, k.jobs FROM class_count k JOIN"
     " resource_class c ON c.id = k.class WHERE c.workflow = ?1 AND k.jobs <> 0 EXCEPT"
     " SELECT class, state, count(*) FROM job WHERE workflow = ?1 AND class IS NOT NULL"
     " GROUP BY 1, 2)) + (SELECT count(*) FROM (SELECT class, state, count(*) FROM job WHERE"
     " workflow = ?1 AND class IS NOT NULL GROUP BY 1, 2 EXCEPT SELECT class, state, jobs"
     " FROM class_count))",
     false},
    {"nothing is left to run",
     "SELECT count(*) FROM job WHERE workflow = ?1 AND state NOT IN"
     " (5, 6, 7, 8, 9)",
     true},
    {"the workflow has ended",
     "SELECT count(*) FROM workflow WHERE id = ?1 AND"
     " (state NOT IN (1, 2) OR ended_usec IS NULL)",
     true},
    {"no job is to be compared any more",
     "SELECT count(*) FROM job WHERE workflow = ?1 AND flags & 448", true},
    {"no attempt is open",
     "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE"
     " j.workflow = ?1 AND a.end_usec IS NULL",
     false},
    {"what is completed has its data",
     "SELECT count(*) FROM job j JOIN job_user_data x ON x.job = j.id JOIN user_data d ON"
     " d.id = x.user_data WHERE j.workflow = ?1 AND j.state = 5 AND x.role = 1 AND d.data IS NULL",
     false},
};

void world_states(struct world *w)
{
    w->stopped = number(w, "SELECT count(*) FROM job WHERE workflow = ?1 AND state < 5", 0) > 0;
    for (size_t i = 0; i < sizeof invariants / sizeof *invariants; i++)
        if (number(w, invariants[i].sql, 0) && !(w->stopped && invariants[i].at_end))
            world_problem(w, "it does not hold that %s", invariants[i].what);
    for (int j = 0; j < w->c->jobs_count; j++) {
        int64_t state = number(w, "SELECT state FROM job WHERE workflow = ?1 AND name = ?2", j);
        if ((state < 0) != w->c->jobs[j].absent)
            world_problem(w, "job j%c %s", 'a' + j, state < 0 ? "is missing" : "should be gone");
        w->jobs[j].state = state < 0 ? JOB_DISABLED : (enum job_state)state;
    }
}

// ---- what happens between runs ----

static void disable(struct world *w, int j)
{
    static const char *const sql[] = {
        "UPDATE class_count SET jobs = jobs - 1 WHERE (class, state) ="
        " (SELECT class, state FROM job WHERE workflow = ?1 AND name = ?2)",
        "UPDATE job SET state = 9 WHERE workflow = ?1 AND name = ?2",
        "INSERT INTO class_count (class, state, jobs) SELECT class, state, 1 FROM job"
        " WHERE workflow = ?1 AND name = ?2 ON CONFLICT DO UPDATE SET jobs = jobs + 1",
    };
    for (int i = 0; i < 3; i++)
        number(w, sql[i], j);
    w->jobs[j].state = JOB_DISABLED;
}

// Who moves a file moves what is there, or it is made anew.
static void edit_workflow(struct world *w, const struct edit *e)
{
    struct oracle_case before = w->now;
    case_edit(&w->plan, e);
    case_now(&w->plan, &w->now);
    if (e->kind == EDIT_PATH && (e->value[7] & 1 || w->c->files[e->which].writer < 0))
        file_move(w->files_fd, &before, &w->now, e->which);
    else if (e->kind == EDIT_PATH)
        file_delete(w->files_fd, &before, e->which);
}

void world_edit(struct world *w, const struct edit *e)
{
    content data[DATA_MOST];
    if (edit_is_of_file(e->kind)) {
        edit_workflow(w, e);
    } else if (e->kind < EDIT_DATA_SAME) {
        // What was left to write an output that is there again would still run.
        if (!w->stopped || !file_is_missing(w->files_fd, w->c, e->which))
            file_edit(w->files_fd, w->c, e);
    } else if (e->kind == EDIT_DISABLE) {
        if (!w->stopped &&
            !w->filed.jobs[e->which].absent) // or those that wait would have to be told
            disable(w, e->which);
    } else if (e->kind == EDIT_DATA_CHANGE) {
        world_set(w, e->which, e->value);
    } else if (e->kind == EDIT_DATA_SAME) {
        world_data(w, data);
        if (*data[e->which])
            set_as(w, e->which, data[e->which], true);
    }
}

static void note(struct world *w, const struct restart *restart)
{
    w->again = restart->again;
    w->maybe = restart->maybe;
    w->hashed = restart->look.hashed;
    memset(w->more, 0, sizeof w->more);
    for (uint32_t i = 0; restart->more.of_job && i < restart->facts.jobs_count; i++)
        if (restart->more.of_job[i] >= 0)
            w->more[restart->facts.jobs[i].name[1] - 'a'] = true;
}

static void find(struct world *w, const struct restart_wish *wish,
                 const struct workflow_origin *origin, bool apply)
{
    struct error err = {0};
    struct restart restart;
    struct restart_reply reply;
    if (restart_find(w->store, w->workflow_id, wish, &restart, &err)) {
        world_problem(w, "restart: %s", err.text);
        return;
    }
    note(w, &restart);
    if (apply && restart_apply(w->store, &restart, origin, &reply, &err))
        world_problem(w, "restart: %s", err.text);
    restart_fini(&restart);
}

static void find_with_file(struct world *w, bool apply)
{
    struct workflow workflow;
    cleanup_free char *text = NULL;
    if (!load(w, &text, &workflow)) {
        struct restart_wish wish = {.workflow = &workflow};
        struct workflow_origin origin = origin_of(w, text);
        find(w, &wish, &origin, apply);
    }
    workflow_fini(&workflow);
}

// A job that comes into the file is a new one.
void world_take_file(struct world *w)
{
    for (int j = 0; j < w->c->jobs_count; j++) {
        bool absent = w->now.jobs[j].absent;
        if (absent == w->filed.jobs[j].absent)
            continue;
        w->jobs[j] = (struct job_memory){.state = absent ? JOB_DISABLED : JOB_UNINITIALIZED,
                                         .runs = w->jobs[j].runs};
    }
}

void world_restart(struct world *w, const struct round *round)
{
    static const struct escalation_limits endless;
    char name[3] = {'j', (char)('a' + case_asked(w->c, round)), '\0'};
    struct restart_wish wish = {.failed = round->option == OPTION_FAILED,
                                .force = round->option == OPTION_FORCE,
                                .escalate = round->escalate ? &endless : NULL,
                                .job_glob = round->option == OPTION_JOB ? name : NULL};
    if (round->with_file)
        find_with_file(w, true);
    else
        find(w, &wish, NULL, true);
    w->filed = w->now;
}

void world_look(struct world *w)
{
    static const struct restart_wish all;
    find_with_file(w, false);
    if (!w->again && !w->maybe && !w->hashed)
        find(w, &all, NULL, false);
}

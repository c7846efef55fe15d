// SPDX-License-Identifier: GPL-2.0-or-later
// Pages for reports and for the torc command.
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/sqlite_row.h"
#include "lib/store/sqlite_tx.h"

// The first column of every row of s (NULL: it failed).
static int read_names(struct page *p, sqlite3_stmt *s, const char ***names, uint32_t *names_count)
{
    cleanup_free const char **list = NULL;
    size_t count = 0, space = 0;
    int rc = -1;
    while (s && (rc = db_step(p->db, s, p->err)) > 0) {
        list = array_grow(list, count, &space, sizeof *list);
        list[count++] = text(p, s, 0);
    }
    *names = arena_alloc(p->arena, count * sizeof *list + 1);
    if (count)
        memcpy(*names, list, count * sizeof *list);
    *names_count = (uint32_t)count;
    return rc;
}

// ---- workflows ----

static int add_counts(struct page *p, int64_t *counts, enum sql which, int64_t id)
{
    sqlite3_stmt *s = db_query(p->db, p->err, which, "l", id);
    int rc = -1;
    while (s && (rc = db_step(p->db, s, p->err)) > 0)
        if (one_of(s, 0, JOB_STATES) < JOB_STATES)
            counts[one_of(s, 0, JOB_STATES)] = number(s, 1);
    return rc;
}

static int read_workflow(struct page *p, void *row, sqlite3_stmt *s)
{
    struct workflow_info *w = row;
    *w = (struct workflow_info){
        .id = row_id(s, 0),
        .created_usec = number(s, 1),
        .ended_usec = number(s, 2),
        .run_id = small(s, 3),
        .state = (enum workflow_state)one_of(s, 4, WORKFLOW_STATES),
        .name = text(p, s, 5),
        .user = text(p, s, 6),
        .description = db_text(p->arena, s, 7),
        .file = db_text(p->arena, s, 8),
        .command_line = db_text(p->arena, s, 9),
        .folder = text(p, s, 10),
        .version = text(p, s, 11),
        .settings = text(p, s, 12),
        .environment = db_text(p->arena, s, 13),
        .runners_alive = small(s, 14),
        .last_actions = small(s, 15),
        .uid = number(s, 16),
    };
    return add_counts(p, w->counts, SQL_COUNTS_OF_WORKFLOW, w->id);
}

// ---- jobs ----

static int read_needs(struct page *p, struct job_info *job)
{
    return read_names(p, db_query(p->db, p->err, SQL_NEEDS_OF_JOB, "l", job->id), &job->needs,
                      &job->needs_count);
}

// Follows barriers, and canceled needs to the one that failed. A limit, since a chain of canceled
// jobs can be long.
static int read_why(struct page *p, struct job_info *job)
{
    enum { MOST = 100 };
    bool canceled = job->state == JOB_CANCELED;
    int64_t id = job->id;
    int rc = 1;
    for (int i = 0; rc > 0 && i < MOST; i++) {
        sqlite3_stmt *s =
            db_query(p->db, p->err, canceled ? SQL_NEED_FAILED : SQL_NEED_OPEN, "l", id);
        rc = s ? db_step(p->db, s, p->err) : -1;
        if (rc <= 0)
            break;
        id = row_id(s, 0);
        bool barrier = small(s, 3) != 0, further = canceled && small(s, 2) == JOB_CANCELED;
        if (!barrier) {
            job->why = text(p, s, 1);
            job->why_state = (enum job_state)one_of(s, 2, JOB_STATES);
        }
        sqlite3_reset(s);
        if (!barrier && !further)
            break;
    }
    return rc < 0 ? -1 : 0;
}

static int read_job(struct page *p, void *row, sqlite3_stmt *s)
{
    struct job_info *job = row;
    *job = (struct job_info){
        .id = row_id(s, 0),
        .class_id = row_id(s, 1),
        .name = text(p, s, 2),
        .command = db_text(p->arena, s, 3),
        .class_name = db_text(p->arena, s, 4),
        .spec = db_text(p->arena, s, 5),
        .state = (enum job_state)one_of(s, 6, JOB_STATES),
        .flags = small(s, 7),
        .priority = small(s, 8),
        .rank = small(s, 9),
        .unmet = small(s, 10),
        .attempts = small(s, 11),
        .continuations = small(s, 12),
    };
    if (p->uses == 0)
        return 0;
    if (read_needs(p, job))
        return -1;
    return job->state == JOB_BLOCKED || job->state == JOB_CANCELED ? read_why(p, job) : 0;
}

// ---- attempts ----

static int read_usages(struct page *p, struct attempt_info *a)
{
    cleanup_free struct usage_record *list = NULL;
    size_t count = 0, space = 0;
    sqlite3_stmt *s = db_query(p->db, p->err, SQL_USAGE_OF_ATTEMPT, "l", a->id);
    int rc = -1;
    while (s && (rc = db_step(p->db, s, p->err)) > 0) {
        list = array_grow(list, count, &space, sizeof *list);
        list[count++] = (struct usage_record){
            .node = text(p, s, 0),
            .step = db_text(p->arena, s, 1),
            .source = (enum usage_source)one_of(s, 2, SOURCES),
            .cpu_user_usec = known(s, 3),
            .cpu_system_usec = known(s, 4),
            .throttled_usec = known(s, 5),
            .memory_peak_bytes = known(s, 6),
            .memory_anon_bytes = known(s, 7),
            .memory_anon_low_bytes = known(s, 8),
            .memory_anon_high_bytes = known(s, 9),
            .memory_limit_bytes = known(s, 10),
            .swap_peak_bytes = known(s, 11),
            .io_read_bytes = known(s, 12),
            .io_write_bytes = known(s, 13),
            .oom_kills = known(s, 14),
            .processes_peak = known(s, 15),
            .gpus = db_text(p->arena, s, 16),
            .start_usec = number(s, 17),
            .end_usec = number(s, 18),
        };
    }
    struct usage_record *copy = arena_alloc(p->arena, count * sizeof *copy + 1);
    if (count)
        memcpy(copy, list, count * sizeof *copy);
    a->end.usages = copy;
    a->end.usages_count = (uint32_t)count;
    return rc;
}

static int read_attempt(struct page *p, void *row, sqlite3_stmt *s)
{
    struct attempt_info *a = row;
    *a = (struct attempt_info){
        .id = row_id(s, 0),
        .job_id = row_id(s, 1),
        .job_name = text(p, s, 2),
        .run_id = small(s, 3),
        .node = text(p, s, 4),
        .slurm_job_id = number(s, 5),
        .end =
            {
                .start = {.job_id = row_id(s, 1),
                          .start_usec = number(s, 6),
                          .attempt_id = small(s, 7),
                          .stdout_path = db_text(p->arena, s, 8),
                          .stderr_path = db_text(p->arena, s, 9),
                          .stream_at = number(s, 20)},
                .end_usec = number(s, 10),
                .wall_usec = known(s, 11),
                .state = number(s, 10) ? (enum job_state)one_of(s, 12, JOB_STATES) : JOB_READY,
                .exit_code = small_known(s, 13),
                .signal = small_known(s, 14),
                .core = small(s, 15) != 0,
                .reason = (enum attempt_reason)none_or_one_of(s, 16, REASONS),
                .message = db_text(p->arena, s, 17),
                .stderr_tail = db_text(p->arena, s, 18),
                .warnings = small(s, 19) & ((1 << WARNINGS) - 1),
            },
    };
    return read_usages(p, a);
}

// ---- the rest ----
static int read_class(struct page *p, void *row, sqlite3_stmt *s)
{
    struct class_info *c = row;
    *c = (struct class_info){
        .id = row_id(s, 0),
        .name = text(p, s, 1),
        .scheduler = db_text(p->arena, s, 2),
        .labels = db_text(p->arena, s, 3),
        .cpus = small_known(s, 4),
        .gpus_milli = small_known(s, 5),
        .nodes = small_known(s, 6),
        .memory_bytes = known(s, 7),
        .runtime_usec = known(s, 8),
        .enforced = small(s, 9) != 0,
        .wall_max_usec = known(s, 10),
        .wall_sum_usec = known(s, 11),
        .cpu_sum_usec = known(s, 12),
        .memory_peak_max_bytes = known(s, 13),
        .memory_anon_max_bytes = known(s, 14),
        .action = small(s, 15),
    };
    for (int i = 0; i <= SOURCES; i++) {
        c->sources[i] = number(s, 16 + i);
        c->attempts += c->sources[i];
    }
    if (add_counts(p, c->counts, SQL_COUNTS_OF_CLASS, c->id))
        return -1;
    for (int i = 0; i < JOB_STATES; i++)
        c->jobs += c->counts[i];
    return 0;
}

static int read_size(struct page *p, void *row, sqlite3_stmt *s)
{
    *(struct size_info *)row = (struct size_info){
        .id = row_id(s, 0),
        .name = text(p, s, 1),
        .cpus = small_known(s, 2),
        .gpus_milli = small_known(s, 3),
        .nodes = small_known(s, 4),
        .memory_bytes = known(s, 5),
        .runtime_usec = known(s, 6),
        .jobs = number(s, 7),
        .wall_sum_usec = known(s, 8),
        .out_of_memory = number(s, 9),
        .out_of_time = number(s, 10),
        .cpus_known = number(s, 11),
        .memory_known = number(s, 12),
        .wall_half_usec = known(s, 13),
        .wall_high_usec = known(s, 14),
        .wall_most_usec = known(s, 15),
        .memory_half_bytes = known(s, 16),
        .memory_high_bytes = known(s, 17),
        .memory_most_bytes = known(s, 18),
        .cpus_half_milli = known(s, 19),
        .cpus_high_milli = known(s, 20),
        .cpus_most_milli = known(s, 21),
        .anon_most_bytes = known(s, 22),
    };
    return 0;
}

static int read_event(struct page *p, void *row, sqlite3_stmt *s)
{
    struct event_info *e = row;
    const char *kind = db_text(p->arena, s, 2);
    *e = (struct event_info){
        .id = row_id(s, 0),
        .time_usec = number(s, 1),
        .kind = kind ? kind : job_state_names[JOB_STATES],
        .job_name = db_text(p->arena, s, 3),
        .data = db_text(p->arena, s, 4),
        .runner_id = row_id(s, 5),
        .attempt_id = row_id(s, 6),
        .submission_id = row_id(s, 7),
        .allocation_id = row_id(s, 8),
        .name = db_text(p->arena, s, 9),
    };
    return 0;
}

static int read_data(struct page *p, void *row, sqlite3_stmt *s)
{
    struct data_info *d = row;
    *d = (struct data_info){.id = row_id(s, 0),
                            .name = text(p, s, 1),
                            .data = db_text(p->arena, s, 2),
                            .ephemeral = small(s, 3) != 0};
    return 0;
}

static int read_uses(struct page *p, const struct file_info *f, enum file_role role,
                     const char ***names, uint32_t *count)
{
    static const enum sql which[2][2] = {{SQL_JOBS_OF_DATA, SQL_JOB_OF_DATA},
                                         {SQL_JOBS_OF_FILE, SQL_JOB_OF_FILE}};
    sqlite3_stmt *s = db_query(p->db, p->err, which[f->path != NULL][p->job_id != 0], "lil", f->id,
                               (int)role, p->job_id ? p->job_id : (int64_t)p->uses);
    return read_names(p, s, names, count);
}

static int read_file(struct page *p, void *row, sqlite3_stmt *s)
{
    struct file_info *f = row;
    *f = (struct file_info){.id = row_id(s, 0),
                            .name = text(p, s, 1),
                            .path = db_text(p->arena, s, 2),
                            .temporary = small(s, 3) != 0,
                            .known = small(s, 4) != 0,
                            .identifier = db_text(p->arena, s, 5),
                            .size_bytes = known(s, 6),
                            .mtime_usec = number(s, 7),
                            .hash = whole(s, 8, 0, INT64_MAX, UNKNOWN)};
    if (p->uses == 0)
        return 0;
    return read_uses(p, f, ROLE_INPUT, &f->readers, &f->readers_count) ||
                   read_uses(p, f, ROLE_OUTPUT, &f->writers, &f->writers_count)
               ? -1
               : 0;
}

static int read_sample(struct page *p, void *row, sqlite3_stmt *s)
{
    struct sample_info *i = row;
    *i = (struct sample_info){
        .id = row_id(s, 0),
        .time_usec = number(s, 1),
        .cpu_usec = known(s, 2),
        .memory_bytes = known(s, 3),
        .job_name = db_text(p->arena, s, 4),
        .node = text(p, s, 5),
        .run_id = small(s, 6),
        .attempt_id = small(s, 7),
        .gpus = db_text(p->arena, s, 8),
    };
    return 0;
}

static int read_text(struct page *p, void *row, sqlite3_stmt *s)
{
    *(struct text_info *)row =
        (struct text_info){.id = row_id(s, 0), .text = db_text(p->arena, s, 1)};
    return 0;
}

static int read_pace(struct page *p, void *row, sqlite3_stmt *s)
{
    (void)p;
    *(struct pace_info *)row = (struct pace_info){.jobs_left = number(s, 1),
                                                  .left_usec = number(s, 2),
                                                  .jobs_ended = number(s, 3),
                                                  .worked_usec = number(s, 4),
                                                  .runners_usec = number(s, 5)};
    return 0;
}

static const struct {
    enum sql sql; // ?1 workflow, ?2 after, ?3 limit, ?4 job, ?5 glob, ?6 states, ?7 kind, ?8 since;
                  // the first column is the id
    size_t size;
    int (*row)(struct page *page, void *row, sqlite3_stmt *s);
} readers[] = {
    [READ_WORKFLOWS] = {SQL_READ_WORKFLOWS, sizeof(struct workflow_info), read_workflow},
    [READ_JOBS] = {SQL_READ_JOBS, sizeof(struct job_info), read_job},
    [READ_ATTEMPTS] = {SQL_READ_ATTEMPTS, sizeof(struct attempt_info), read_attempt},
    [READ_CLASSES] = {SQL_READ_CLASSES, sizeof(struct class_info), read_class},
    [READ_ALLOCATIONS] = {SQL_READ_ALLOCATIONS, sizeof(struct allocation_info), read_allocation},
    [READ_RUNNERS] = {SQL_READ_RUNNERS, sizeof(struct runner_info), read_runner},
    [READ_EVENTS] = {SQL_READ_EVENTS, sizeof(struct event_info), read_event},
    [READ_DATA] = {SQL_READ_DATA, sizeof(struct data_info), read_data},
    [READ_BARRIERS] = {SQL_READ_BARRIERS, sizeof(struct job_info), read_job},
    [READ_FILES] = {SQL_READ_FILES, sizeof(struct file_info), read_file},
    [READ_DATA_USES] = {SQL_READ_DATA_USES, sizeof(struct file_info), read_file},
    [READ_PACE] = {SQL_READ_PACE, sizeof(struct pace_info), read_pace},
    [READ_SAMPLES] = {SQL_READ_SAMPLES, sizeof(struct sample_info), read_sample},
    [READ_TEXT] = {SQL_READ_TEXT, sizeof(struct text_info), read_text},
    [READ_ACTIONS] = {SQL_READ_ACTIONS, sizeof(struct action_info), read_action},
    [READ_SIZES] = {SQL_READ_SIZES, sizeof(struct size_info), read_size},
};

enum { NAMED_USES = 1000 };
enum { FAILED = 1 << JOB_FAILED | 1 << JOB_TERMINATED | 1 << JOB_PENDING_FAILED };

// Of one name: its row is found by index.
static sqlite3_stmt *open_named(struct db *db, const struct read_request *q, struct error *err)
{
    enum sql find = q->what == READ_JOBS    ? SQL_AMEND_JOB
                    : q->what == READ_FILES ? SQL_SPAWN_FILE
                                            : SQL_DATA_FIND;
    int64_t id = 0;
    int rc = db_number(db, err, &id, find, "ls", q->workflow_id, q->name);
    if (rc < 0)
        return NULL;
    int64_t after = rc && q->after_id < id ? id - 1 : INT64_MAX;
    return db_query(db, err, readers[q->what].sql, "llilsi", q->workflow_id, after, 1, (int64_t)0,
                    NULL, 0);
}

// Of one job: its row and the attempts of its own are found by index; and so is what failed.
static sqlite3_stmt *open_page(struct db *db, const struct read_request *q, uint32_t limit,
                               struct error *err)
{
    enum sql of_job = q->what == READ_ATTEMPTS ? SQL_READ_ATTEMPTS_OF_JOB
                      : q->what == READ_FILES  ? SQL_READ_FILES_OF_JOB
                                               : SQL_READ_DATA_USES_OF_JOB;
    if (q->name)
        return open_named(db, q, err);
    if (q->job_id &&
        (q->what == READ_ATTEMPTS || q->what == READ_FILES || q->what == READ_DATA_USES))
        return db_query(db, err, of_job, "llil", q->workflow_id, q->after_id, (int)limit + 1,
                        q->job_id);
    if (q->what == READ_ATTEMPTS && q->warned)
        return db_query(db, err, SQL_READ_ATTEMPTS_WARNED, "lli", q->workflow_id, q->after_id,
                        (int)limit + 1);
    if (q->what == READ_RUNNERS)
        return db_query(db, err, SQL_READ_RUNNERS, "llil", q->workflow_id, q->after_id,
                        (int)limit + 1, clock_real_usec());
    if (q->what == READ_PACE)
        return db_query(db, err, SQL_READ_PACE, "ll", q->workflow_id, clock_real_usec());
    if (q->what == READ_JOBS && q->job_id) {
        int64_t after = q->after_id >= q->job_id ? q->after_id : q->job_id - 1;
        return db_query(db, err, SQL_READ_JOBS, "llilsi", q->workflow_id, after, 1, q->job_id,
                        q->job_glob, (int)q->states);
    }
    bool failed = q->what == READ_JOBS && q->states && !(q->states & ~FAILED);
    return db_query(db, err, failed ? SQL_READ_JOBS_FAILED : readers[q->what].sql, "llilsisl",
                    q->workflow_id, q->after_id, (int)limit + 1, q->job_id, q->job_glob,
                    (int)q->states, q->event_kind, q->since_usec);
}

static int read_page(struct db *db, const struct read_request *q, struct read_reply *reply,
                     struct error *err)
{
    uint32_t limit = q->limit ? q->limit : 1000;
    size_t size = readers[q->what].size, space = 0, count = 0;
    struct page page = {.db = db,
                        .arena = reply->arena,
                        .err = err,
                        .job_id = q->job_id,
                        .uses = q->bare   ? 0
                                : q->name ? NAMED_USES
                                          : -1};
    cleanup_free char *rows = NULL;
    sqlite3_stmt *s = open_page(db, q, limit, err);
    int rc = -1;
    while (s && (rc = db_step(db, s, err)) > 0) {
        if ((reply->more = count == limit)) {
            sqlite3_reset(s);
            rc = 0;
            break;
        }
        rows = array_grow(rows, count, &space, size);
        if (readers[q->what].row(&page, rows + count++ * size, s))
            return -1;
        reply->last_id = sqlite3_column_int64(s, 0);
    }
    void *copy = arena_alloc(reply->arena, count * size + 1);
    if (count)
        memcpy(copy, rows, count * size);
    reply->workflows = copy; // whichever member of the union it is
    reply->count = (uint32_t)count;
    return rc;
}

static int check_workflow(struct db *db, const struct read_request *q, struct error *err)
{
    struct tx tx;
    if (q->workflow_id == 0 && q->what == READ_WORKFLOWS)
        return 0;
    return tx_init(&tx, db, q->workflow_id, err);
}

int sqlite_read(void *impl, const struct read_request *request, struct read_reply *reply,
                struct error *err)
{
    struct db *db = impl;
    if (db_begin(db, false, err))
        return -1;
    return db_end(
        db, check_workflow(db, request, err) || read_page(db, request, reply, err) ? -1 : 0, err);
}

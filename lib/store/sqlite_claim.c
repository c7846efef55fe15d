// SPDX-License-Identifier: GPL-2.0-or-later
// Claims: a cursor on the index of ready jobs for each class that fits the runner, merged in order
// of priority. Nothing is changed before all cursors are done.
#include "lib/store/sqlite_claim.h"

#include "lib/base/mem.h"
#include "lib/store/sqlite_share.h"
#include "lib/workflow/workflow.h"

// near the end of an allocation so many ready jobs of a class are looked at, no more
enum { TERMINABLE_SCAN = 1000 };

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

// Jobs that named no class have a shape for planning only: they run on whatever there is.
static void set_shape(struct claim_class *c, const struct pack_shape *capacity)
{
    c->shape = (struct pack_shape){c->job.cpus, c->job.gpus_milli, c->job.memory_bytes};
    if (c->job.nodes > 1 && c->shape.gpus_milli && c->shape.gpus_milli < capacity->gpus_milli)
        c->shape.gpus_milli = capacity->gpus_milli; // nobody says which of another node's are its
    if (!c->job.enforced) {
        c->shape.cpus = smaller(c->shape.cpus, capacity->cpus);
        if (c->shape.memory_bytes > capacity->memory_bytes)
            c->shape.memory_bytes = capacity->memory_bytes;
    }
}

static void add_foreign(struct claim_state *state, const struct claim_class *c, const char *labels)
{
    state->foreign = array_grow(state->foreign, state->foreign_count, &state->foreign_space,
                                sizeof *state->foreign);
    state->foreign[state->foreign_count++] =
        (struct foreign_class){.shape = c->shape,
                               .nodes = c->job.nodes,
                               .labels = arena_strdup(state->reply->arena, labels)};
}

enum pack_time_fit claim_class_fits(const struct claim_state *state, struct claim_class *c,
                                    const char *scheduler, const char *labels)
{
    const struct runner_row *runner = state->runner;
    bool bound_elsewhere = scheduler && runner->allocation_id &&
                           (!runner->scheduler || strcmp(scheduler, runner->scheduler));
    set_shape(c, &state->pack.capacity);
    if (c->job.nodes != state->nodes || bound_elsewhere ||
        !pack_labels_fit(runner->labels, labels) ||
        !pack_shape_fits(&c->shape, &state->pack.capacity))
        return PACK_TIME_NO;
    struct pack_time time = state->time;
    time.of_others = state->made_for && state->made_for != c->id;
    enum pack_time_fit fit = pack_time_fits(&time, c->job.runtime_usec, c->job.enforced);
    c->flags = fit == PACK_TIME_TERMINABLE ? JOB_SUPPORTS_TERMINATION : 0;
    return fit;
}

bool claim_is_too_long(const struct claim_state *state, const struct claim_class *c)
{
    return state->runtime_most_usec && c->job.runtime_usec > state->runtime_most_usec;
}

// A class with work that is still open: does it fit this runner at all, and is something of it
// ready?
static void look_at_class(struct claim_state *state, sqlite3_stmt *s)
{
    struct claim_class c = {
        .id = sqlite3_column_int64(s, 0),
        .job = {.class_name = (const char *)sqlite3_column_text(s, 1),
                .cpus = sqlite3_column_int(s, 2),
                .memory_bytes = sqlite3_column_int64(s, 3),
                .gpus_milli = sqlite3_column_int(s, 4),
                .nodes = sqlite3_column_int(s, 5),
                .runtime_usec = sqlite3_column_int64(s, 6),
                .enforced = sqlite3_column_int(s, 7) != 0},
    };
    const char *scheduler = (const char *)sqlite3_column_text(s, 8),
               *labels = (const char *)sqlite3_column_text(s, 9);
    if (claim_class_fits(state, &c, scheduler, labels) == PACK_TIME_NO) {
        if (sqlite3_column_int64(s, 10) > 0)
            add_foreign(state, &c, labels);
        return;
    }
    state->reply->may_come = true;
    if (sqlite3_column_int64(s, 10) <= 0 || claim_is_too_long(state, &c))
        return;
    c.job.class_name = arena_strdup(state->reply->arena, c.job.class_name);
    state->classes = array_grow(state->classes, state->classes_count, &state->classes_space,
                                sizeof *state->classes);
    state->classes[state->classes_count++] = c;
}

static struct pack_time time_of(const struct runner_row *r, int64_t left_usec, int64_t now_usec)
{
    int64_t start = r->allocation_start_usec ? r->allocation_start_usec : r->started_usec;
    // what was asked for, as some of it has passed when the runner comes
    int64_t walltime = r->walltime_usec ? r->walltime_usec
                       : r->limit_usec  ? r->limit_usec - start
                                        : 0;
    return (struct pack_time){
        .left_usec = left_usec, .walltime_usec = walltime, .elapsed_usec = now_usec - start};
}

static int read_classes(struct claim_state *state, struct error *err)
{
    sqlite3_stmt *s = db_query(state->tx->db, err, SQL_CLAIM_CLASSES, "l", state->tx->workflow_id);
    int rc = -1;
    while (s && (rc = db_step(state->tx->db, s, err)) > 0)
        look_at_class(state, s);
    return rc;
}

static int next_head(struct claim_state *state, size_t i, struct error *err)
{
    struct claim_class *c = &state->classes[i];
    int rc = db_step(state->tx->db, c->cursor, err);
    state->heads[i] = (struct pack_head){.empty = rc <= 0, .shape = c->shape};
    if (rc > 0) {
        state->heads[i].id = sqlite3_column_int64(c->cursor, 0);
        state->heads[i].priority = sqlite3_column_int64(c->cursor, 1);
        state->heads[i].rank = sqlite3_column_int64(c->cursor, 2);
    }
    return rc < 0 ? -1 : 0;
}

static int open_cursors(struct claim_state *state, int64_t most, struct error *err)
{
    state->heads = xcalloc(state->classes_count + 1, sizeof *state->heads);
    for (size_t i = 0; i < state->classes_count; i++) {
        struct claim_class *c = &state->classes[i];
        if (!(c->cursor = db_cursor(state->tx->db, i, err)))
            return -1;
        sqlite3_bind_int64(c->cursor, 1, c->id);
        sqlite3_bind_int64(c->cursor, 2, c->flags ? TERMINABLE_SCAN : most);
        sqlite3_bind_int64(c->cursor, 3, c->flags);
        if (next_head(state, i, err))
            return -1;
    }
    return 0;
}

static void add_claimed(struct claim_state *state, const struct claimed_job *job)
{
    struct sync_reply *reply = state->reply;
    if (reply->claimed_count == state->claimed_space) {
        size_t space = state->claimed_space ? state->claimed_space * 2 : 64;
        struct claimed_job *grown = arena_alloc(reply->arena, space * sizeof *grown);
        if (reply->claimed_count)
            memcpy(grown, reply->claimed, reply->claimed_count * sizeof *grown);
        reply->claimed = grown;
        state->claimed_space = space;
    }
    reply->claimed[reply->claimed_count++] = *job;
}

void claim_take(struct claim_state *state, const struct claim_class *c, sqlite3_stmt *s)
{
    struct arena *arena = state->reply->arena;
    struct claimed_job job = c->job;
    job.job_id = sqlite3_column_int64(s, 0);
    job.name = db_text(arena, s, 3);
    job.command = db_text(arena, s, 4);
    job.spec = db_text(arena, s, 5);
    job.flags = sqlite3_column_int(s, 6);
    if (job.nodes > 1)
        job.flags &= ~JOB_SRUN; // a step on its first node would keep its own srun there
    job.attempt_id = sqlite3_column_int(s, 7) + 1;
    job.continuations = sqlite3_column_int(s, 8);
    job.retries = sqlite3_column_int(s, 9);
    add_claimed(state, &job);
    tx_count(state->tx, c->id, JOB_READY, JOB_PENDING, 1);
}

static int choose(struct claim_state *state, struct error *err)
{
    int i = pack_passed(&state->pack, state->heads, state->classes_count);
    if (i >= 0)
        state->reply->passed_usec = state->classes[i].job.runtime_usec;
    while ((i = pack_next(&state->pack, state->heads, state->classes_count)) >= 0) {
        claim_take(state, &state->classes[i], state->classes[i].cursor);
        if (next_head(state, (size_t)i, err))
            return -1;
    }
    for (size_t c = 0; c < state->classes_count; c++)
        sqlite3_reset(state->classes[c].cursor);
    return 0;
}

int tx_job_files(struct tx *tx, struct arena *arena, struct claimed_job *job, struct error *err)
{
    job->run_id = tx->run_id;
    sqlite3_stmt *s = db_query(tx->db, err, SQL_JOB_FILES, "l", job->job_id);
    cleanup_free const char **paths = NULL;
    size_t count = 0, space = 0;
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        paths = array_grow(paths, count, &space, sizeof *paths);
        paths[count++] = db_text(arena, s, 0);
        *(sqlite3_column_int(s, 1) == ROLE_INPUT ? &job->inputs_count : &job->outputs_count) += 1;
    }
    if (rc < 0 || !count)
        return rc;
    job->inputs = arena_alloc(arena, count * sizeof *paths); // inputs come first
    memcpy(job->inputs, paths, count * sizeof *paths);
    job->outputs = job->inputs + job->inputs_count;
    return 0;
}

// The command waits for values that jobs have written since the workflow was created.
static int read_data(struct tx *tx, struct arena *arena, struct claimed_job *job, struct error *err)
{
    cleanup_free struct claimed_data *list = NULL;
    size_t count = 0, space = 0;
    int rc = -1;
    if (job->flags & JOB_USES_DATA &&
        db_do(tx->db, err, SQL_JOB_DATA_SEEN, "li", job->job_id, (int)ROLE_INPUT))
        return -1;
    if (!(job->flags & JOB_NAMES_DATA))
        return 0;
    sqlite3_stmt *s = db_query(tx->db, err, SQL_JOB_DATA_VALUES, "l", job->job_id);
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        list = array_grow(list, count, &space, sizeof *list);
        list[count++] = (struct claimed_data){db_text(arena, s, 0), db_text(arena, s, 1)};
    }
    if (rc < 0 || !count)
        return rc;
    job->data = memcpy(arena_alloc(arena, count * sizeof *list), list, count * sizeof *list);
    job->data_count = (uint32_t)count;
    return 0;
}

// What was chosen becomes the runner's, and gets what it needs to start.
static int hand_over(struct claim_state *state, struct error *err)
{
    struct tx *tx = state->tx;
    struct sync_reply *reply = state->reply;
    for (uint32_t i = state->handed; i < reply->claimed_count; state->handed = ++i)
        if (db_do(tx->db, err, SQL_JOB_CLAIM, "ll", reply->claimed[i].job_id, state->runner->id) ||
            (reply->claimed[i].nodes > 1 &&
             tx_share_take(tx, state->runner, &reply->claimed[i], err)) ||
            tx_event(tx, EVENT_JOB_CLAIMED, reply->claimed[i].job_id, state->runner->id, 0, err) ||
            tx_job_files(tx, reply->arena, &reply->claimed[i], err) ||
            read_data(tx, reply->arena, &reply->claimed[i], err))
            return -1;
    return 0;
}

// Few classes are looked at one by one; of many, what comes first is taken, so that a claim does
// not cost a cursor a class.
static int take_jobs(struct claim_state *state, int64_t most, struct error *err)
{
    int64_t classes = 0, held = 0;
    enum claim_order found = ORDER_DEEP;
    if (most > 0 && db_number(state->tx->db, err, &classes, SQL_CLASSES_UP_TO, "li",
                              state->tx->workflow_id, MANY_CLASSES) < 0)
        return -1;
    if (classes == MANY_CLASSES && state->nodes == 1 && claim_in_order(state, &found, err))
        return -1;
    if (found == ORDER_NONE &&
        db_number(state->tx->db, err, &held, SQL_RUNNER_HOLDS, "l", state->runner->id) < 0)
        return -1;
    if (found == ORDER_TAKEN || held) { // it stays anyway: what may come is looked at later
        state->reply->may_come = state->ordered = true;
        return hand_over(state, err);
    }
    if (read_classes(state, err))
        return -1;
    return most > 0 &&
                   (open_cursors(state, most, err) || choose(state, err) || hand_over(state, err))
               ? -1
               : 0;
}

static bool takes_foreign(const struct claim_state *state, const struct pack_shape *capacity,
                          int32_t nodes, const char *labels)
{
    for (size_t i = 0; i < state->foreign_count; i++)
        if ((state->foreign[i].nodes == 1 || state->foreign[i].nodes == nodes) &&
            pack_labels_fit(labels, state->foreign[i].labels) &&
            pack_shape_fits(&state->foreign[i].shape, capacity))
            return true;
    return false;
}

// What is open for the runner waits for jobs that nobody runs, and that no runner which is alive
// would take. In an allocation it may hold what they need: it leaves, but for ready jobs that no
// allocation was asked for yet, as it may be the last that can ask.
static int is_forsaken(struct claim_state *state, bool *forsaken, struct error *err)
{
    struct tx *tx = state->tx;
    int64_t elsewhere = 0;
    enum sql sql = state->runner->allocation_id ? SQL_CLAIM_STAY : SQL_CLAIM_ELSEWHERE;
    *forsaken = false;
    if (!state->reply->may_come || state->ordered || state->classes_count || state->wide_ready ||
        tx->state != WORKFLOW_RUNNING)
        return 0;
    if (db_number(tx->db, err, &elsewhere, sql, "l", tx->workflow_id) < 0)
        return -1;
    if (elsewhere)
        return 0;
    sqlite3_stmt *s =
        db_query(tx->db, err, SQL_CLAIM_OTHERS, "ll", tx->workflow_id, state->runner->id);
    bool taken = false;
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        struct pack_shape capacity = {sqlite3_column_int(s, 1), sqlite3_column_int(s, 2),
                                      sqlite3_column_int64(s, 3)};
        taken |= takes_foreign(state, &capacity, sqlite3_column_int(s, 4),
                               (const char *)sqlite3_column_text(s, 0));
    }
    *forsaken = !taken;
    return rc;
}

static void subtract(struct pack_shape *from, const struct pack_shape *shape)
{
    from->cpus -= shape->cpus;
    from->gpus_milli -= shape->gpus_milli;
    from->memory_bytes -= shape->memory_bytes;
}

// Jobs of several nodes come first, at the first node; what is ready of them and does not fit yet
// finds its share kept free on every node, or a stream of small ones would keep it waiting for
// ever. Nothing is at hand here: what a runner has claimed is what it may start.
static int take_wide(struct claim_state *state, const struct wide *wide, bool running,
                     struct error *err)
{
    struct pack pack = state->pack;
    struct pack_shape kept = {0};
    bool first = state->runner->nodes == wide->nodes;
    state->nodes = wide->nodes;
    state->pack.prefetch = 0;
    pack_shape_limit(&state->pack.free, &wide->shared);
    struct pack_shape before = state->pack.free;
    if (wide->whole &&
        take_jobs(state, running && first && wide->ready ? state->pack.max_jobs : 0, err))
        return -1;
    subtract(&before, &state->pack.free); // what they have taken
    for (size_t i = 0; running && wide->whole && i < state->classes_count; i++) {
        const struct pack_shape *next = &state->classes[i].shape;
        if (state->heads && state->heads[i].empty)
            continue;
        kept.cpus = next->cpus > kept.cpus ? next->cpus : kept.cpus;
        kept.gpus_milli = next->gpus_milli > kept.gpus_milli ? next->gpus_milli : kept.gpus_milli;
        if (next->memory_bytes > kept.memory_bytes)
            kept.memory_bytes = next->memory_bytes;
    }
    state->wide_ready = state->classes_count > 0;
    state->classes_count = state->foreign_count = 0;
    free(take_ptr(state->heads));
    state->nodes = 1;
    state->pack.max_jobs = pack.max_jobs - (int32_t)state->reply->claimed_count;
    state->pack.free = pack.free;
    pack_shape_limit(&state->pack.free, &wide->own);
    subtract(&state->pack.free, &before);
    subtract(&state->pack.free, &kept);
    int32_t most = state->pack.free.cpus < 0 ? 0 : state->pack.max_jobs;
    state->pack.max_jobs = most;
    return take_jobs(state, running ? most : 0, err);
}

static int is_any_left(const struct claim_state *state, bool *left, struct error *err)
{
    int64_t id;
    int rc = 0;
    *left = state->foreign_count > 0;
    for (size_t i = 0; i < state->classes_count; i++)
        *left |= !state->heads || !state->heads[i].empty;
    if (state->ordered) // the classes were not looked at
        rc = db_number(state->tx->db, err, &id, SQL_READY_FIRST, "l", state->tx->workflow_id);
    *left |= rc > 0;
    return rc < 0 ? -1 : 0;
}

int tx_claim(struct tx *tx, const struct runner_row *runner, const struct claim_request *claim,
             struct sync_reply *reply, bool *left, struct error *err)
{
    struct claim_state state = {
        .tx = tx,
        .runner = runner,
        .reply = reply,
        .nodes = 1,
        .runtime_most_usec = claim->runtime_most_usec,
        .time = time_of(runner, claim->time_left_usec, tx->now_usec),
        .pack = {.free = {claim->cpus, claim->gpus_milli, claim->memory_bytes},
                 .capacity = {runner->cpus, runner->gpus_milli, runner->memory_bytes},
                 .max_jobs = claim->max_jobs,
                 .prefetch = claim->prefetch},
    };
    if (runner->allocation_id && db_number(tx->db, err, &state.made_for, SQL_ALLOCATION_MADE_FOR,
                                           "l", runner->allocation_id) < 0)
        return -1;
    bool running = tx->state == WORKFLOW_RUNNING && !tx->starts;
    struct wide wide;
    int rc = tx_wide(tx, runner, &wide, err);
    if (!rc)
        rc = wide.nodes > 1
                 ? take_wide(&state, &wide, running, err)
                 : take_jobs(&state, running ? (int64_t)claim->max_jobs + claim->prefetch : 0, err);
    bool forsaken = false;
    if (rc == 0)
        rc = is_forsaken(&state, &forsaken, err) || is_any_left(&state, left, err) ? -1 : 0;
    reply->may_come &= !forsaken;
    free(state.foreign);
    free(state.classes);
    free(state.heads);
    return rc;
}

struct claimed_job tx_claimed_row(struct arena *arena, sqlite3_stmt *s)
{
    return (struct claimed_job){
        .job_id = sqlite3_column_int64(s, 0),
        .name = db_text(arena, s, 1),
        .command = db_text(arena, s, 2),
        .spec = db_text(arena, s, 3),
        .flags = sqlite3_column_int(s, 4),
        .attempt_id = sqlite3_column_int(s, 5) + 1,
        .continuations = sqlite3_column_int(s, 6),
        .retries = sqlite3_column_int(s, 7),
        .class_name = db_text(arena, s, 8),
        .cpus = sqlite3_column_int(s, 9),
        .memory_bytes = sqlite3_column_int64(s, 10),
        .gpus_milli = sqlite3_column_int(s, 11),
        .nodes = sqlite3_column_int(s, 12),
        .runtime_usec = sqlite3_column_int64(s, 13),
        .enforced = sqlite3_column_int(s, 14) != 0,
    };
}

int tx_claimed_before(struct tx *tx, const struct runner_row *runner, struct sync_reply *reply,
                      struct error *err)
{
    struct claim_state state = {.tx = tx, .runner = runner, .reply = reply};
    sqlite3_stmt *s = db_query(tx->db, err, SQL_CLAIMED_BEFORE, "l", runner->id);
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        struct claimed_job job = tx_claimed_row(reply->arena, s);
        add_claimed(&state, &job);
    }
    for (uint32_t i = 0; rc == 0 && i < reply->claimed_count; i++)
        rc = tx_job_files(tx, reply->arena, &reply->claimed[i], err) ||
                     read_data(tx, reply->arena, &reply->claimed[i], err)
                 ? -1
                 : 0;
    return rc;
}

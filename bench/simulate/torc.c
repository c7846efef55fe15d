// SPDX-License-Identifier: GPL-2.0-or-later
// Runners, as runner/loop.c, runner/flush.c and runner/drain.c have them, without what takes less
// than a second: each end of a job is told at once, and what may start next is asked for with it;
// when jobs have become ready, those with free CPUs ask; one with nothing to do leaves when nothing
// may come, or after idle_secs. Not here: starts ahead of the store, jobs of several nodes.
#include "bench/simulate/torc.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/simulate/clock.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/plan/plan.h"
#include "lib/store/create.h"
#include "lib/store/run.h"
#include "lib/text/problem.h"

static const int64_t SEC = 1000000, EPOCH = 1700000000ll * 1000000;
enum { PAUSE_SECS = 10, TOKEN_BEAT = -1, TOKEN_LOOK = -2 }; // TOKEN_LOOK - index: at an allocation

void torc_fail(const char *what, const struct error *err)
{
    fprintf(stderr, "planner: %s%s%s\n", what, err ? ": " : "", err ? err->text : "");
    exit(2);
}

static void set_clock(const struct torc *torc)
{
    clock_virtual_usec = EPOCH + torc->world->queue.now;
}

static int64_t margin_of(const struct torc *torc, const struct sim_allocation *a)
{
    return settings_end_times(&torc->settings, a->walltime_usec).margin_usec;
}

static void beat_at(struct torc *torc, int64_t time)
{
    if (!torc->beats)
        queue_at(&torc->world->queue, time, TOKEN_BEAT);
    torc->beats = true;
}

static void look_at(struct torc *torc, size_t index, int64_t time)
{
    queue_at(&torc->world->queue, time, TOKEN_LOOK - (int64_t)index);
}

static void shape_add(struct pack_shape *to, const struct workload_class *class, int32_t sign)
{
    to->cpus += sign * class->cpus;
    to->gpus_milli += sign * class->gpus * 1000;
    to->memory_bytes += sign * class->memory_mib * 1024 * 1024;
}

static void start_job(struct torc *torc, size_t index, const struct claimed_job *claimed)
{
    struct world *world = torc->world;
    struct sim_allocation *a = &torc->list[index];
    uint32_t job = (uint32_t)strtoul(claimed->name + 1, NULL, 10);
    struct sim_attempt *attempt = &torc->attempts[job];
    const struct workload_job *of = &world->w->jobs[job];
    *attempt = (struct sim_attempt){.run_id = claimed->run_id,
                                    .attempt_id = claimed->attempt_id,
                                    .starts = attempt->starts + 1,
                                    .on = (uint32_t)index,
                                    .live = true};
    shape_add(&a->free, &world->w->classes[of->class], -1);
    a->live++;
    torc->ready--;
    world_start(world, job, a->number);
    queue_at(&world->queue, world->queue.now + of->runtime_usec,
             (int64_t)attempt->starts * (int64_t)world->w->jobs_count + job);
}

// The name of the job in the database is its number here, and its id there one more.
static struct attempt_end end_of(const struct torc *torc, uint32_t job, enum job_state state)
{
    const struct sim_attempt *attempt = &torc->attempts[job];
    int64_t start = torc->world->runs[job].start, now = torc->world->queue.now;
    return (struct attempt_end){
        .start = {.job_id = (int64_t)job + 1,
                  .start_usec = EPOCH + start,
                  .run_id = attempt->run_id,
                  .attempt_id = attempt->attempt_id},
        .end_usec = EPOCH + now,
        .wall_usec = now - start,
        .state = state,
        .exit_code = state == JOB_COMPLETED ? 0 : UNKNOWN,
        .signal = state == JOB_COMPLETED ? UNKNOWN : 15,
        .reason = state == JOB_COMPLETED ? REASON_NONE : REASON_TERMINATED,
    };
}

static void sync_with(struct torc *torc, size_t index, const struct attempt_end *ends,
                      uint32_t count, bool leave)
{
    struct sim_allocation *a = &torc->list[index];
    int64_t now = torc->world->queue.now, left = a->limit_usec - margin_of(torc, a) - now;
    struct sync_request request = {
        .runner_id = a->runner_id,
        .seq = ++a->seq,
        .ends = ends,
        .ends_count = count,
        .leave = leave,
        .claim = {.max_jobs = leave ? 0 : a->free.cpus,
                  .cpus = a->free.cpus,
                  .gpus_milli = a->free.gpus_milli,
                  .memory_bytes = a->free.memory_bytes,
                  .time_left_usec = left > 0 ? left : 1},
    };
    struct sync_reply reply;
    struct error err;
    set_clock(torc);
    if (store_sync(torc->store, &request, &reply, &err))
        torc_fail("sync", &err);
    if (reply.expelled || reply.refused_count)
        torc_fail("the store does not know a runner, or refuses what it says", NULL);
    a->seen = torc->change;
    a->may_come = reply.may_come && !reply.complete;
    torc->due |= reply.demand;
    for (uint32_t i = 0; i < reply.claimed_count; i++)
        start_job(torc, index, &reply.claimed[i]);
    if (count || reply.claimed_count)
        a->active_usec = now;
    sync_reply_fini(&reply);
}

static void ask_if_due(struct torc *torc, bool last)
{
    int64_t now = torc->world->queue.now;
    if (!torc->due)
        return;
    if (!last && torc->asked_usec && now - torc->asked_usec < PAUSE_SECS * SEC)
        beat_at(torc, torc->asked_usec + PAUSE_SECS * SEC);
    else
        torc_ask(torc, false);
}

static void leave(struct torc *torc, size_t index)
{
    torc->due = false;
    sync_with(torc, index, NULL, 0, true);
    torc->list[index].phase = PHASE_OVER;
    queue_end(&torc->world->queue, torc->list[index].number);
    ask_if_due(torc, true);
}

static void leave_if_idle(struct torc *torc, size_t index)
{
    struct sim_allocation *a = &torc->list[index];
    int64_t idle_usec = torc->settings.idle_secs * SEC;
    if (a->phase != PHASE_LIVE || a->live)
        return;
    if (!a->may_come || torc->world->queue.now - a->active_usec >= idle_usec)
        leave(torc, index);
    else
        look_at(torc, index, a->active_usec + idle_usec);
}

// Those that have room and have not asked since jobs became ready.
static void wake_others(struct torc *torc)
{
    for (size_t i = 0; i < torc->count && torc->ready; i++) {
        struct sim_allocation *a = &torc->list[i];
        if (a->phase == PHASE_LIVE && a->free.cpus > 0 && a->seen != torc->change) {
            sync_with(torc, i, NULL, 0, false);
            leave_if_idle(torc, i);
        }
    }
}

static void ready(void *context, uint32_t job)
{
    struct torc *torc = context;
    (void)job;
    torc->ready++;
    torc->change++;
}

static void job_over(struct torc *torc, uint32_t job)
{
    struct sim_attempt *attempt = &torc->attempts[job];
    size_t index = attempt->on;
    struct attempt_end end = end_of(torc, job, JOB_COMPLETED);
    attempt->live = false;
    torc->list[index].live--;
    shape_add(&torc->list[index].free, &torc->world->w->classes[torc->world->w->jobs[job].class],
              1);
    world_end(torc->world, job, ready, torc);
    sync_with(torc, index, &end, 1, false);
    leave_if_idle(torc, index);
    wake_others(torc);
    ask_if_due(torc, false);
}

// The margin before its end has come: what runs is ended, and will run again elsewhere.
static void drain(struct torc *torc, size_t index)
{
    struct sim_allocation *a = &torc->list[index];
    cleanup_free struct attempt_end *ends = xcalloc(a->live + 1, sizeof *ends);
    uint32_t count = 0;
    for (uint32_t j = 0; j < torc->world->w->jobs_count && a->live; j++)
        if (torc->attempts[j].live && torc->attempts[j].on == index) {
            ends[count++] = end_of(torc, j, JOB_READY);
            torc->attempts[j].live = false;
            a->live--;
            torc->world->again++;
            ready(torc, j);
        }
    a->free = (struct pack_shape){0};
    if (count)
        sync_with(torc, index, ends, count, false);
    leave(torc, index);
    wake_others(torc);
}

static void look(struct torc *torc, size_t index)
{
    struct sim_allocation *a = &torc->list[index];
    if (a->phase != PHASE_LIVE)
        return;
    if (torc->world->queue.now >= a->limit_usec - margin_of(torc, a))
        drain(torc, index);
    else
        leave_if_idle(torc, index);
}

// One runner of those that live says that it does, as long as jobs wait for an allocation.
static void beat(struct torc *torc)
{
    torc->beats = false;
    ask_if_due(torc, false);
    for (size_t i = 0; i < torc->count; i++)
        if (torc->list[i].phase == PHASE_LIVE) {
            if (torc->ready) {
                sync_with(torc, i, NULL, 0, false);
                ask_if_due(torc, false);
            }
            beat_at(torc, torc->world->queue.now + BEAT_SECS * SEC);
            return;
        }
}

static void due(void *context, int64_t token)
{
    struct torc *torc = context;
    int64_t jobs = (int64_t)torc->world->w->jobs_count;
    set_clock(torc);
    if (token == TOKEN_BEAT) {
        beat(torc);
    } else if (token < 0) {
        look(torc, (size_t)(TOKEN_LOOK - token));
    } else {
        const struct sim_attempt *attempt = &torc->attempts[token % jobs];
        if (attempt->live && attempt->starts == token / jobs)
            job_over(torc, (uint32_t)(token % jobs));
    }
}

// What of the allocation the runner has for jobs: runner/node.c.
static void set_room(struct torc *torc, struct sim_allocation *a)
{
    enum { MIB = 1024 * 1024 };
    const struct queue_job *job = queue_job(&torc->world->queue, a->number);
    int64_t own = a->own_bytes < PLAN_OWN_BYTES ? a->own_bytes : PLAN_OWN_BYTES;
    int64_t memory = job->ask.shape.memory_mib ? job->ask.shape.memory_mib : job->has.memory_mib;
    a->has = (struct pack_shape){job->ask.whole ? job->has.cpus : job->ask.shape.cpus,
                                 (job->ask.whole ? job->has.gpus : job->ask.shape.gpus) * 1000,
                                 memory * MIB};
    if (a->has.memory_bytes > 2 * own)
        a->has.memory_bytes -= own;
    a->free = a->has;
    a->limit_usec = job->started + a->walltime_usec;
}

static void started(void *context, int64_t number)
{
    struct torc *torc = context;
    size_t index = (size_t)queue_job(&torc->world->queue, number)->ask.tag;
    struct sim_allocation *a = &torc->list[index];
    struct runner_grant grant;
    struct error err;
    char incarnation[32], host[16];
    set_clock(torc);
    set_room(torc, a);
    snprintf(incarnation, sizeof incarnation, "i%lld", (long long)number);
    snprintf(host, sizeof host, "n%d", queue_job(&torc->world->queue, number)->node);
    struct runner_entry entry = {.workflow_id = torc->workflow_id,
                                 .tag = a->tag,
                                 .slurm_job_id = number,
                                 .slurm_array_id = a->array,
                                 .array_task_id = a->element,
                                 .incarnation = incarnation,
                                 .host = host,
                                 .node = host,
                                 .pid = 1,
                                 .cpus = a->has.cpus,
                                 .gpus_milli = a->has.gpus_milli,
                                 .memory_bytes = a->has.memory_bytes,
                                 .limit_usec = EPOCH + a->limit_usec,
                                 .accounting = SOURCE_PROC};
    if (store_enter(torc->store, &entry, &grant, &err))
        torc_fail("a runner came", &err);
    a->runner_id = grant.runner_id;
    runner_grant_fini(&grant);
    a->phase = PHASE_LIVE;
    a->active_usec = torc->world->queue.now;
    look_at(torc, index, a->limit_usec - margin_of(torc, a));
    sync_with(torc, index, NULL, 0, false);
    leave_if_idle(torc, index);
    ask_if_due(torc, false);
    beat_at(torc, torc->world->queue.now + BEAT_SECS * SEC);
}

static void ended(void *context, int64_t number)
{
    (void)context, (void)number;
    torc_fail("an allocation came to its limit with its runner in it", NULL);
}

static void create(struct torc *torc)
{
    struct workflow workflow;
    struct problems problems = {0};
    struct error err;
    cleanup_free char *text = workload_text(torc->world->w);
    if (workflow_load(text, strlen(text), "workflow.json", &workflow, &problems)) {
        problems_print(&problems, stderr, "planner", "workflow.json", 5);
        exit(2);
    }
    struct workflow_origin origin = {
        .user = "bench", .file_text = "", .folder = "/", .version = TORC_VERSION};
    const char *shm = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm"; // memory, mostly
    snprintf(torc->folder, sizeof torc->folder, "%s/torc-planner-XXXXXX", shm);
    if (!mkdtemp(torc->folder))
        torc_fail("cannot make a folder for the database", NULL);
    cleanup_free char *path = xasprintf("%s/torc.db", torc->folder);
    torc->store = store_open(path, STORE_CREATE, &err);
    if (settings_parse(&torc->settings, workflow.settings, &err))
        torc_fail("settings", &err);
    torc_plan_workflow(torc, &workflow);
    if (!torc->store ||
        store_create_workflow(torc->store, &workflow, &origin, &torc->workflow_id, &err))
        torc_fail("cannot create the workflow", &err);
    workflow_fini(&workflow);
    problems_fini(&problems);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

void torc_run(struct world *world)
{
    struct torc torc = {.world = world,
                        .arena = arena_create(),
                        .attempts = xcalloc(world->w->jobs_count, sizeof *torc.attempts)};
    set_clock(&torc);
    create(&torc);
    for (size_t j = 0; j < world->w->jobs_count; j++)
        torc.ready += !world->unmet[j];
    world->queue.hooks = (struct queue_hooks){&torc, started, ended, due};
    torc_ask(&torc, true);
    world_run(world);
    store_close(torc.store);
    nftw(torc.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    settings_fini(&torc.settings);
    arena_destroy(torc.arena);
    free(torc.attempts);
    free(torc.list);
    clock_virtual_usec = 0;
}

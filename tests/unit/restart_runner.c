// SPDX-License-Identifier: GPL-2.0-or-later
// The runner of a case: claims, "runs" and reports as torc-run does.
#include <string.h>
#include <sys/stat.h>

#include "lib/base/content.h"
#include "lib/base/mem.h"
#include "lib/store/plan.h"
#include "lib/store/read.h"
#include "lib/store/run.h"
#include "tests/unit/restart_files.h"
#include "tests/unit/restart_world.h"

enum { HELD_MOST = 6 };

struct playing {
    struct world *w;
    const struct round *round;
    struct runner_grant grant;
    int64_t seq;
    struct attempt_end ends[HELD_MOST];
    struct file_seen seen[HELD_MOST][2 * FILES_MOST];
    uint32_t count;
    bool canceled, over;
};

// False: it is not there.
static bool see(struct world *w, const char *path, struct file_seen *seen)
{
    static const atomic_bool never;
    struct stat st;
    cleanup_free char *from_here = xasprintf("/proc/self/fd/%d/%s", w->files_fd, path);
    if (stat(from_here, &st))
        return false;
    *seen = content_look(&st);
    seen->hash = content_hash(from_here, &st, INT64_MAX, &never);
    return true;
}

static void end_badly(struct attempt_end *end, enum job_state state, enum attempt_reason reason)
{
    end->state = state;
    end->reason = reason;
    end->exit_code = reason == REASON_EXIT ? 1 : UNKNOWN;
    end->signal = reason == REASON_EXIT ? UNKNOWN : 9;
}

static void write_outputs(struct world *w, int job, struct job_memory *m)
{
    for (int f = 0; f < w->c->files_count; f++) {
        if (!w->c->jobs[job].writes[f])
            continue;
        case_produce(w->c, job, f, m->runs, m->read, m->read_data, m->wrote[f]);
        file_write(w->files_fd, w->c, f, m->wrote[f]);
    }
    for (int d = 0; d < w->c->data_count; d++) {
        if (!w->c->jobs[job].sets_data[d])
            continue;
        case_produce(w->c, job, FILES_MOST + d, m->runs, m->read, m->read_data, m->set[d]);
        world_set(w, d, m->set[d]);
    }
}

static void run_job(struct playing *p, const struct claimed_job *claimed, struct attempt_end *end,
                    struct file_seen *seen)
{
    struct world *w = p->w;
    int job = claimed->name[1] - 'a';
    const struct outcome *outcome = &p->round->outcomes[job];
    struct job_memory m = {.runs = w->jobs[job].runs};
    w->ran[job]++;
    for (uint32_t i = 0; i < claimed->inputs_count; i++)
        if (!see(w, claimed->inputs[i], &seen[i])) {
            end_badly(end, JOB_FAILED, REASON_MISSING_INPUT);
            w->jobs[job].reason = REASON_MISSING_INPUT;
            return;
        }
    world_files(w, m.read);
    world_data(w, m.read_data);
    w->jobs[job].runs++;
    w->jobs[job].left = false;
    w->jobs[job].reason = outcome->reason;
    if (outcome->state == JOB_COMPLETED || outcome->writes)
        write_outputs(w, job, &m);
    if (outcome->state != JOB_COMPLETED) {
        end_badly(end, outcome->state, outcome->reason);
        return;
    }
    for (uint32_t i = 0; i < claimed->outputs_count; i++)
        if (!see(w, claimed->outputs[i], &seen[claimed->inputs_count + i]))
            world_problem(w, "not written: %s", claimed->outputs[i]);
    end->files = seen;
    end->files_count = claimed->inputs_count + claimed->outputs_count;
    m.runs++;
    w->jobs[job] = m;
}

static void cancel(struct playing *p)
{
    struct submissions submissions;
    struct error err = {0};
    if (store_cancel(p->w->store, p->w->workflow_id, &submissions, &err))
        world_problem(p->w, "cancel: %s", err.text);
    else
        submissions_fini(&submissions);
    p->canceled = true;
}

static void run_claimed(struct playing *p, const struct sync_reply *reply)
{
    p->count = 0;
    for (uint32_t i = 0; i < reply->claimed_count && !p->over; i++) {
        const struct claimed_job *job = &reply->claimed[i];
        struct attempt_end *end = &p->ends[p->count];
        *end = (struct attempt_end){.start = {.job_id = job->job_id,
                                              .run_id = job->run_id,
                                              .attempt_id = job->attempt_id,
                                              .start_usec = 1000000},
                                    .end_usec = 2000000,
                                    .wall_usec = 1000000,
                                    .state = JOB_COMPLETED,
                                    .signal = UNKNOWN};
        if (p->canceled)
            end_badly(end, JOB_CANCELED, REASON_CANCELED);
        else
            run_job(p, job, end, p->seen[p->count]);
        p->count++;
        p->w->ended++;
        p->over = p->round->stop_after && p->w->ended >= p->round->stop_after;
        if (!p->canceled && p->round->cancel_after && p->w->ended >= p->round->cancel_after)
            cancel(p);
    }
}

static void sync_once(struct playing *p)
{
    struct error err = {0};
    struct sync_reply reply;
    struct sync_request q = {.runner_id = p->grant.runner_id,
                             .seq = ++p->seq,
                             .ends = p->ends,
                             .ends_count = p->count,
                             .claim = {.max_jobs = p->canceled ? 0 : p->round->claims,
                                       .cpus = HELD_MOST,
                                       .memory_bytes = (int64_t)1 << 40}};
    if (store_sync(p->w->store, &q, &reply, &err)) {
        world_problem(p->w, "sync: %s", err.text);
        p->over = true;
        return;
    }
    if (reply.refused_count || reply.expelled)
        world_problem(p->w, "sync: %s", "a job was refused");
    p->over = !reply.claimed_count;
    run_claimed(p, &reply);
    sync_reply_fini(&reply);
}

static void leave(struct playing *p)
{
    struct error err = {0};
    struct sync_reply reply;
    struct sync_request q = {.runner_id = p->grant.runner_id,
                             .seq = ++p->seq,
                             .ends = p->ends,
                             .ends_count = p->count,
                             .leave = true};
    if (store_sync(p->w->store, &q, &reply, &err))
        world_problem(p->w, "leave: %s", err.text);
    else
        sync_reply_fini(&reply);
}

void world_run(struct world *w, const struct round *round)
{
    char name[32];
    struct error err = {0};
    struct runner_entry entry = {.workflow_id = w->workflow_id,
                                 .array_task_id = -1,
                                 .incarnation = name,
                                 .host = "h",
                                 .node = "h",
                                 .pid = 1,
                                 .cpus = HELD_MOST,
                                 .memory_bytes = (int64_t)1 << 40,
                                 .accounting = SOURCE_PROC};
    struct playing p = {.w = w, .round = round};
    snprintf(name, sizeof name, "r%d", w->entries++);
    memset(w->ran, 0, sizeof w->ran);
    w->ended = 0;
    if (store_enter(w->store, &entry, &p.grant, &err)) {
        if (err.code != ERROR_USAGE) // it is complete
            world_problem(w, "enter: %s", err.text);
        return;
    }
    for (int syncs = 0; !p.over && syncs < 100; syncs++)
        sync_once(&p);
    leave(&p);
    runner_grant_fini(&p.grant);
}

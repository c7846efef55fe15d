// SPDX-License-Identifier: GPL-2.0-or-later
// actions [JOBS [RUN]]: what an action costs that waits for half of JOBS (1000000) jobs: creates
// the workflow from its text and then runs RUN (200000) of these, in syncs of 256, without the
// action, with one that waits for their end, and with one that brings nodes to them; prints CPU and
// time a job, against those without. Exits 1 when the syncs take more than 1.5 times the CPU.
// The job before all is the one that the action waits for: it ends last, in a sync of its own.
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/create.h"
#include "lib/store/run.h"
#include "lib/text/problem.h"

enum { BATCH = 256 };
static const double most_ratio = 1.5;

static const char *const actions[] = {
    "",
    "actions: [{trigger_type: on_jobs_complete, action_type: run_commands, "
    "job_name_regexes: ['^half_'], commands: ['true']}]\n",
    "slurm_schedulers: [{name: s, walltime: '10:00:00'}]\n"
    "actions: [{trigger_type: on_jobs_ready, action_type: schedule_nodes, "
    "job_name_regexes: ['^half_'], scheduler: s}]\n",
};
static const char *const names[] = {"no action", "on_jobs_complete", "on_jobs_ready"};
enum { KINDS = sizeof actions / sizeof *actions };

struct figures {
    double create_cpu, create_secs, run_cpu, run_secs, longest_secs; // of all jobs
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "actions: %s: %s\n", what, why);
    exit(2);
}

static double cpu_secs(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double now_secs(void)
{
    return (double)clock_mono_usec() / 1e6;
}

static int64_t create(struct store *store, int kind, int jobs)
{
    struct error err = {0};
    struct problems problems = {0};
    struct workflow w;
    int64_t id = 0;
    cleanup_free char *text =
        xasprintf("name: actions\n%sjobs:\n"
                  " - {name: 'half_{i}', command: 'true', memory: 1m, parameters: {i: '1:%d'}}\n"
                  " - {name: 'rest_{i}', command: 'true', memory: 1m, parameters: {i: '1:%d'}}\n",
                  actions[kind], jobs / 2, jobs - jobs / 2);
    struct workflow_origin origin = {
        .user = "bench", .file_text = "", .folder = "/", .version = TORC_VERSION};
    if (workflow_load(text, strlen(text), "w.yaml", &w, &problems)) {
        problems_print(&problems, stderr, "actions", "w.yaml", 5);
        exit(2);
    }
    if (store_create_workflow(store, &w, &origin, &id, &err))
        fail("create", err.text);
    workflow_fini(&w);
    return id;
}

struct run {
    struct store *store;
    int64_t runner_id, seq;
    struct attempt_end ends[BATCH], kept; // kept: of the very first job, which ends last
    uint32_t count;
};

// Tells the ends that there are, and gets so many jobs, which have ended at once.
static void turn(struct run *r, int32_t more)
{
    struct error err = {0};
    struct sync_reply reply;
    struct sync_request q = {
        .runner_id = r->runner_id,
        .seq = ++r->seq,
        .ends = r->ends,
        .ends_count = r->count,
        .actions = {.triggers = ~0u},
        .claim = {.max_jobs = more, .cpus = BATCH, .memory_bytes = INT64_C(1) << 40}};
    if (store_sync(r->store, &q, &reply, &err))
        fail("sync", err.text);
    r->count = 0;
    for (uint32_t i = 0; i < reply.claimed_count; i++) {
        const struct claimed_job *job = &reply.claimed[i];
        struct attempt_end *end = r->kept.end_usec ? &r->ends[r->count++] : &r->kept;
        *end = (struct attempt_end){.start = {.job_id = job->job_id,
                                              .run_id = job->run_id,
                                              .attempt_id = job->attempt_id,
                                              .start_usec = 1},
                                    .end_usec = 2,
                                    .wall_usec = 1,
                                    .state = JOB_COMPLETED,
                                    .signal = UNKNOWN};
    }
    sync_reply_fini(&reply);
}

static void run(struct store *store, int64_t workflow_id, int jobs, struct figures *f)
{
    struct error err = {0};
    struct runner_entry entry = {.workflow_id = workflow_id,
                                 .array_task_id = -1,
                                 .incarnation = "bench",
                                 .host = "bench",
                                 .node = "bench",
                                 .pid = 1,
                                 .cpus = BATCH,
                                 .memory_bytes = INT64_C(1) << 40};
    struct runner_grant grant;
    if (store_enter(store, &entry, &grant, &err))
        fail("enter", err.text);
    struct run r = {.store = store, .runner_id = grant.runner_id};
    double cpu = cpu_secs(), begin = now_secs();
    for (int ended = 0; ended < jobs; ended += BATCH)
        turn(&r, BATCH);
    turn(&r, 0);
    f->run_cpu = cpu_secs() - cpu;
    f->run_secs = now_secs() - begin;
    r.ends[0] = r.kept;
    r.count = 1;
    begin = now_secs();
    turn(&r, 0);
    f->longest_secs = now_secs() - begin;
    runner_grant_fini(&grant);
}

static struct figures measure(int kind, int jobs, int count)
{
    char folder[] = "/var/tmp/torc-bench.XXXXXX";
    struct error err = {0};
    struct figures f;
    if (!mkdtemp(folder))
        fail("mkdtemp", folder);
    cleanup_free char *database = xasprintf("%s/torc.db", folder);
    double cpu = cpu_secs(), begin = now_secs();
    struct store *store = store_open(database, STORE_CREATE, &err);
    if (!store)
        fail("open", err.text);
    int64_t id = create(store, kind, jobs);
    f.create_cpu = cpu_secs() - cpu;
    f.create_secs = now_secs() - begin;
    run(store, id, count, &f);
    store_close(store);
    unlink(database);
    rmdir(folder);
    return f;
}

int main(int argc, char **argv)
{
    int jobs = argc > 1 ? atoi(argv[1]) : 1000000, count = argc > 2 ? atoi(argv[2]) : 200000;
    struct figures bare = {0};
    bool good = true;
    printf("%d jobs, of which an action selects %d; %d of these are run\n", jobs, jobs / 2, count);
    for (int kind = 0; kind < KINDS; kind++) {
        struct figures f = measure(kind, jobs, count);
        if (!kind)
            bare = f;
        printf("%-16s create %5.2f us CPU, %5.2f us a job (%.2f, %.2f times); run %5.2f us CPU, "
               "%5.2f us a job (%.2f, %.2f times); the job before all: %.3f s\n",
               names[kind], f.create_cpu / jobs * 1e6, f.create_secs / jobs * 1e6,
               f.create_cpu / bare.create_cpu, f.create_secs / bare.create_secs,
               f.run_cpu / count * 1e6, f.run_secs / count * 1e6, f.run_cpu / bare.run_cpu,
               f.run_secs / bare.run_secs, f.longest_secs);
        good &= f.run_cpu <= most_ratio * bare.run_cpu;
    }
    printf("CPU of the syncs: at most %.1f times: %s\n", most_ratio, good ? "reached" : "MISSED");
    return !good;
}

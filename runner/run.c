// SPDX-License-Identifier: GPL-2.0-or-later
// The runner's life: open, create or take up, register, run, leave.
#include "runner/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/meter/incarnation.h"
#include "lib/meter/proc.h"
#include "lib/slurm/slurm.h"
#include "lib/store/journal.h"
#include "lib/store/plan.h"
#include "lib/store/read.h"
#include "lib/store/start_log.h"
#include "runner/contents.h"
#include "runner/flush.h"
#include "runner/job/gpus.h"
#include "runner/job/steps.h"
#include "runner/local.h"
#include "runner/loop.h"
#include "runner/peers.h"
#include "runner/predecessor.h"
#include "runner/process.h"
#include "runner/progress.h"
#include "runner/runner.h"
#include "runner/shares.h"
#include "runner/socket/socket.h"
#include "runner/top_up.h"

extern char **environ;

// Standard input of every job is /dev/null; the workflow itself may have come from what it was.
static int drop_input(struct error *err)
{
    int fd = open("/dev/null", O_RDONLY);
    if (fd < 0 || (fd != STDIN_FILENO && dup2(fd, STDIN_FILENO) < 0))
        return error_set(err, ERROR_INTERNAL, errno, "cannot open /dev/null");
    if (fd != STDIN_FILENO)
        close(fd);
    return 0;
}

// A job's cgroup takes up to five open files: the usual 1024 would end at some 190 jobs side by
// side.
static void raise_files_limit(struct runner *runner)
{
    getrlimit(RLIMIT_NOFILE, &runner->jobs.files_limit);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){runner->jobs.files_limit.rlim_max,
                                              runner->jobs.files_limit.rlim_max});
}

static int open_workflow(struct runner *runner, struct error *err)
{
    const struct options *options = runner->options;
    runner->jobs.workflow_id = options->workflow_id;
    if (options->restart) {
        runner->db = realpath(options->db, NULL); // it may change the folder
        if (local_restart(options, &runner->jobs.node, &runner->store, &runner->jobs.workflow_id,
                          err))
            return -1;
    } else if (options->workflow_id)
        runner->store = store_open(options->db, STORE_WRITE, err);
    else if (local_create(options, &runner->jobs.node, &runner->store, &runner->jobs.workflow_id,
                          err))
        return -1;
    if (!runner->store)
        return -1;
    runner->shared->workflow_id = runner->jobs.workflow_id;
    if (!runner->db)
        runner->db = realpath(options->db, NULL);
    if (!runner->db)
        runner->db = xstrdup(options->db);
    if (!options->quiet && !options->workflow_id)
        fprintf(stderr, "torc-run: workflow %lld, on %d CPUs\n",
                (long long)runner->jobs.workflow_id, runner->jobs.node.cpus);
    return 0;
}

// What the jobs of runners that were killed left here.
static void sweep(const struct runner *runner)
{
    cleanup_free char *db = xasprintf("TORC_DB=%s", runner->db);
    cleanup_free char *id = xasprintf("TORC_WORKFLOW_ID=%lld", (long long)runner->jobs.workflow_id);
    process_kill_marked((const char *const[]){db, id, NULL}, true);
    if (runner->jobs.node.in_allocation)
        steps_sweep(&runner->jobs, db, id);
}

// Before the dead are declared lost: their results would be refused then.
static void replay_journals(struct runner *runner)
{
    struct error err;
    struct journal_found found;
    if (journal_replay(runner->store, runner->jobs.workflow_id, &found, &err))
        fprintf(stderr, "torc-run: %s\n", err.text);
    for (size_t i = 0; i < found.count; i++)
        if (found.files[i].trouble)
            fprintf(stderr, "torc-run: %s\n", found.files[i].trouble);
    if (found.accepted && !runner->options->quiet)
        fprintf(stderr, "torc-run: took %lld results of a runner that the database had not had\n",
                (long long)found.accepted);
    journal_found_fini(&found);
}

// What they had started counts, and what they had only claimed does not.
static int replay_starts(struct runner *runner, const struct predecessors *gone, struct error *err)
{
    for (uint32_t i = 0; i < gone->count; i++)
        if (start_log_replay(runner->store, runner->jobs.workflow_id, gone->ids[i], err))
            return -1;
    return 0;
}

static int enter(struct runner *runner, struct error *err)
{
    if (runner->options->workflow_id)
        replay_journals(runner);
    struct predecessors gone =
        predecessors_find(runner->store, runner->jobs.workflow_id, runner->jobs.node.host);
    if (gone.count || runner->again)
        sweep(runner);
    struct runner_entry entry = {
        .workflow_id = runner->jobs.workflow_id,
        .tag = runner->options->submission,
        .slurm_job_id = runner->jobs.node.slurm_job_id,
        .slurm_array_id = runner->jobs.node.slurm_array_id,
        .array_task_id = runner->jobs.node.array_task_id,
        .restart_count = runner->jobs.node.restart_count,
        .incarnation = runner->incarnation,
        .host = runner->jobs.node.host,
        .node = runner->jobs.node.name,
        .node_list = runner->jobs.node.node_list,
        .pid = getpid(),
        .nodes = peers_nodes(runner->options),
        .cpus = runner->jobs.node.cpus,
        .gpus_milli = runner->jobs.node.gpus_count * GPU_WHOLE,
        .memory_bytes = runner->jobs.node.memory_bytes,
        .limit_usec = runner->jobs.node.end_usec,
        .labels = runner->options->labels,
        .accounting = meter_source(runner->jobs.meter),
        .gone = gone.ids,
        .gone_count = gone.count,
    };
    int result = replay_starts(runner, &gone, err);
    crash_point("runner-not-entered");
    if (!result)
        result = store_enter(runner->store, &entry, &runner->grant, err);
    crash_point("runner-entered");
    runner->jobs.folder = runner->grant.folder;
    free(gone.ids);
    return result;
}

static int read_settings(struct runner *runner, struct error *err)
{
    const struct options *options = runner->options;
    if (settings_parse(&runner->jobs.settings, runner->grant.settings, err))
        return -1;
    if (options->limits >= 0)
        runner->jobs.settings.limits = (enum limits_mode)options->limits;
    if (options->stdio > STDIO_AUTO) // that was decided when it was made
        runner->jobs.settings.stdio = (enum stdio_mode)options->stdio;
    if (options->hash >= 0)
        runner->jobs.settings.hash = (enum hash_mode)options->hash;
    if (options->max_fails >= 0)
        runner->jobs.settings.max_fails = options->max_fails;
    runner->intake.failures_most = runner->jobs.settings.max_fails;
    return 0;
}

// Everything in the submission folder, where relative paths begin.
static int settle(struct runner *runner, struct error *err)
{
    char folder[PATH_MAX];
    if (chdir(runner->grant.folder))
        return error_set(err, ERROR_INTERNAL, errno, "cannot change to the workflow's folder %s",
                         runner->grant.folder);
    runner->jobs.starts = start_log_create(runner->incarnation);
    if (output_open(&runner->jobs.output, runner->jobs.settings.output_dir, err))
        return -1;
    cleanup_free char *stream =
        xasprintf("%s/runner_wf%lld_%lld_%08x.stream", runner->jobs.output.path,
                  (long long)runner->jobs.workflow_id, (long long)runner->grant.runner_id,
                  (unsigned)hash_bytes(runner->incarnation, strlen(runner->incarnation)));
    runner->jobs.recorder = recorder_create(stream, err);
    if (!runner->jobs.recorder)
        return -1;
    if (!realpath(runner->jobs.output.path, folder))
        snprintf(folder, sizeof folder, "%s", runner->jobs.output.path);
    struct error why;
    runner->socket = job_socket_create(runner->jobs.workflow_id, runner->grant.runner_id, &why);
    snprintf(runner->shared->socket, sizeof runner->shared->socket, "%s",
             runner->socket ? job_socket_path(runner->socket) : "");
    if (!runner->socket)
        fprintf(
            stderr,
            "torc-run: jobs set their data in the database, as there is no socket for them: %s\n",
            why.text);
    runner->jobs.environment = environment_create(&(struct environment_options){
        .inherited = environ,
        .node = &runner->jobs.node,
        .grant = &runner->grant,
        .workflow_id = runner->jobs.workflow_id,
        .db = runner->db,
        .output_dir = folder,
        .socket = runner->socket ? job_socket_path(runner->socket) : NULL,
    });
    runner->link = link_create(runner->store, err);
    return runner->link ? contents_init(runner, err) : -1;
}

static int prepare(struct runner *runner, struct error *err)
{
    raise_files_limit(runner);
    close_range(STDERR_FILENO + 1, ~0U,
                CLOSE_RANGE_CLOEXEC); // what was inherited besides is not for jobs
    if (node_init(&runner->jobs.node, runner->options, err) || open_workflow(runner, err) ||
        drop_input(err))
        return -1;
    gpus_init(&runner->jobs);
    runner->incarnation = incarnation_make(runner->jobs.node.host);
    runner->jobs.meter = meter_create(&(struct meter_options){
        .node = runner->jobs.node.name,
        .incarnation = runner->incarnation,
        .enforce = runner->options->limits != LIMITS_WARN && runner->options->limits != LIMITS_OFF,
        .no_cgroup = runner->options->accounting,
    });
    if (enter(runner, err) || read_settings(runner, err))
        return -1;
    progress_begin(runner);
    return settle(runner, err);
}

// True: a thread hangs, and what is done at an exit could wait for it.
static bool fini(struct runner *runner)
{
    link_destroy(take_ptr(runner->link));
    contents_fini(runner);
    action_fini(&runner->action);
    start_log_destroy(take_ptr(runner->jobs.starts), !runner->left);
    shares_fini(runner);
    flush_drop_all(runner);
    bool hangs = gpus_fini(&runner->jobs);
    recorder_destroy(runner->jobs.recorder);
    job_socket_destroy(runner->socket);
    meter_destroy(runner->jobs.meter);
    environment_destroy(runner->jobs.environment);
    output_close(&runner->jobs.output);
    settings_fini(&runner->jobs.settings);
    if (runner->grant.arena)
        runner_grant_fini(&runner->grant);
    store_close(runner->store);
    node_fini(&runner->jobs.node);
    end_time_fini(&runner->end_time);
    series_fini(&runner->series);
    free(runner->db);
    free(runner->journal_here);
    free(runner->incarnation);
    return hangs;
}

// Whoever comes when all is done has nothing to do; that is no failure: scripts call torc-run
// --workflow until it says 0 or 1.
static bool came_too_late(struct runner *runner)
{
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = runner->jobs.workflow_id};
    struct read_reply reply;
    struct error ignored;
    if (!runner->store || !runner->jobs.workflow_id || runner->grant.arena ||
        store_read(runner->store, &request, &reply, &ignored))
        return false;
    bool ended = reply.count && (reply.workflows->state == WORKFLOW_COMPLETE ||
                                 reply.workflows->state == WORKFLOW_CANCELED);
    read_reply_fini(&reply);
    return ended;
}

// After a runner that was killed: its workflow and not another one, for the time that is left.
static void take_up(struct options *options, struct keeper_shared *shared)
{
    int64_t now_usec = clock_mono_usec();
    if (shared->begin_usec) {
        options->workflow_id = shared->workflow_id;
        options->restart = false;
        options->file = options->commands = NULL;
        int64_t left_usec = shared->begin_usec + options->time_usec - now_usec;
        if (options->time_usec) // 0: no end
            options->time_usec = left_usec > 1 ? left_usec : 1;
    } else {
        shared->begin_usec = now_usec;
        shared->workflow_id = options->restart ? 0 : options->workflow_id;
    }
}

// What is there to ask for, or to give back? By hand, too, where somebody has submitted something.
static bool leaves_allocations(const struct runner *runner)
{
    struct submissions all;
    struct error err;
    if (runner->options->submission)
        return runner->intake.complete || runner->top_up.due;
    if (!runner->intake.complete || !runner->store || !runner->jobs.workflow_id)
        return false;
    if (store_submissions(runner->store, runner->jobs.workflow_id, &all, &err)) {
        fprintf(stderr,
                "torc-run: whether allocations of the workflow are left is not known; torc cancel "
                "%lld ends them: %s\n",
                (long long)runner->jobs.workflow_id, err.text);
        return false;
    }
    bool any = all.count > 0;
    submissions_fini(&all);
    return any;
}

// Else Slurm would start it again, or hold it, for a workflow that is complete.
static void end_allocation(const struct runner *runner)
{
    struct error err;
    if (runner->options->submission && runner->intake.complete &&
        keeper_is_orphan(runner->keeper, runner->shared) &&
        slurm_cancel(&runner->jobs.node.slurm_job_id, NULL, 1, false, &err))
        fprintf(
            stderr,
            "torc-run: Slurm may start this job again, which has nothing to do any more; scancel "
            "%lld ends it: %s\n",
            (long long)runner->jobs.node.slurm_job_id, err.text);
}

int run_main(void *argument, struct keeper_shared *shared)
{
    struct error err = {0};
    bool again = shared->begin_usec > 0;
    take_up(argument, shared);
    struct runner runner = {
        .options = argument, .shared = shared, .keeper = getppid(), .again = again};
    jobs_init(&runner.jobs);
    TAILQ_INIT(&runner.hashing);
    TAILQ_INIT(&runner.doubted);
    TAILQ_INIT(&runner.outbox);
    TAILQ_INIT(&runner.sending);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    bool failed = prepare(&runner, &err) || loop_run(&runner, &err);
    link_destroy(take_ptr(runner.link)); // the store is ours again
    crash_point("runner-left");
    if (failed && came_too_late(&runner)) {
        failed = false;
        runner.intake.complete = true;
    }
    if (!failed && leaves_allocations(&runner))
        top_up_last(&runner.top_up, &runner.jobs, runner.db);
    shared->gives_back = !failed && runner.options->peer && runner.left && !runner.expelled &&
                         !runner.intake.complete && !runner.intake.draining;
    if (!failed)
        end_allocation(&runner);
    int code = failed                       ? (int)err.code
               : runner.options->submission ? ERROR_NONE
                                            : progress_end(&runner);
    if (failed && *err.text)
        fprintf(stderr, "torc-run: %s\n", err.text);
    if (fini(&runner)) {
        fflush(NULL);
        _exit(code);
    }
    return code;
}

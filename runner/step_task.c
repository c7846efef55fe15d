// SPDX-License-Identifier: GPL-2.0-or-later
// torc-step, without arguments: what a job's own srun runs before each task (SLURM_TASK_PROLOG), so
// that the task has the job's GPUs and not all of the allocation.
// torc-step FD [NAME=VALUE | NAME]… -- PATH ARGUMENT…: the task of a job that runs as a Slurm step.
// Starts the job, sets and unsets variables that Slurm has changed, hands signals on, measures,
// ends what the job leaves, tells the runner, and ends as the job did. When the runner dies the job
// does, too.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/meter/meter.h"
#include "lib/meter/task_cgroup.h"
#include "runner/job/spawn.h"
#include "runner/job/step_report.h"
#include "runner/process.h"

enum { NOT_STARTED = 127, FIRST_SAMPLE_USEC = 20 * USEC_PER_MSEC, DYING_USEC = 5 * USEC_PER_MSEC };

struct task {
    struct step_report *report, own; // own: that of the runner is out of reach
    struct meter *meter;
    struct meter_job *job;
    pid_t runner, pid;
    int signals, death; // to wait for; death: the runner's, -1: not known
    bool dying;         // the first process is gone
    int64_t start_usec, due_usec;
    int status;
    struct rusage rusage;
    struct usage_record usage;
};

static void usage_error(void)
{
    fputs("torc-step: torc-run starts it, for jobs that run as Slurm steps\n", stderr);
    exit(ERROR_USAGE);
}

// argv: from FD on. Gives what is executed, and sets the environment.
static char **read_arguments(struct task *task, char **argv)
{
    const char *runner = getenv(STEP_REPORT_RUNNER);
    char **word = argv + 1;
    if (!*argv || !runner)
        usage_error();
    task->runner = (pid_t)atoi(runner);
    task->report = step_report_open(task->runner, atoi(*argv));
    if (!task->report)
        task->report = &task->own;
    for (; *word && strcmp(*word, "--") != 0; word++)
        if (strchr(*word, '='))
            putenv(*word);
        else
            unsetenv(*word);
    if (!*word || !word[1])
        usage_error();
    return word + 1;
}

static void watch(struct task *task)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    task->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    task->death = (int)syscall(SYS_pidfd_open, task->runner, 0);
}

// Does the kernel hold the step to its memory? Else samples must do.
static bool is_held(const struct step_report *report)
{
    enum { ROUNDING = 1 << 20 };
    const char *step = getenv("SLURM_STEP_ID");
    int64_t bytes = step && report->step_bytes ? task_cgroup_limit(step) : UNKNOWN;
    return bytes >= 0 && bytes <= report->step_bytes + ROUNDING;
}

static int start(struct task *task, char **argv)
{
    struct step_report *report = task->report;
    struct meter_entry entry;
    struct error err;
    task->meter = meter_create(&(struct meter_options){
        .node = "", .incarnation = "step", .enforce = !is_held(report), .no_cgroup = true});
    task->job = meter_job_create(task->meter, report->job_id, report->run_id, report->attempt_id,
                                 report->memory_limit_bytes, &entry, &err);
    struct spawn spawn = {
        .argv = argv,
        .path = argv[0],
        .environment = environ,
        .output_fds = (const int[]){STDOUT_FILENO, STDERR_FILENO},
        .entry = &entry,
        .affinity = report->bound ? &report->set : NULL,
    };
    task->start_usec = clock_mono_usec();
    task->due_usec = task->start_usec + FIRST_SAMPLE_USEC;
    task->pid = spawn_start(&spawn, &err);
    if (task->pid < 0) {
        fprintf(stderr, "torc-step: %s\n", err.text);
        return -1;
    }
    meter_job_started(task->job, task->pid);
    return 0;
}

// What the job runs by an srun of its own on this node, in steps beside this one.
static void signal_inner_steps(int sig)
{
    static const char *const names[] = {"SLURM_JOB_ID", "SLURMD_NODENAME", "TORC_STEP_JOB",
                                        "TORC_STEP_ATTEMPT", "SLURM_STEP_ID"};
    enum { NAMES = sizeof names / sizeof *names };
    struct arena *arena = arena_create();
    const char *entries[NAMES + 1] = {0};
    for (int i = 0; i < NAMES; i++) {
        const char *value = getenv(names[i]);
        entries[i] =
            arena_printf(arena, "%s%s=%s", i == NAMES - 1 ? "!" : "", names[i], value ? value : "");
    }
    process_signal_tasks(entries, sig);
    arena_destroy(arena);
}

// srun would end its step at once, so it gets none.
static void signal_job(struct task *task, int sig)
{
    task->report->called_srun |= meter_job_has_program(task->job, "srun");
    if (sig == SIGKILL || !task->report->called_srun) {
        meter_job_signal(task->job, sig);
        return;
    }
    signal_inner_steps(sig);
    meter_job_signal_but(task->job, sig, "srun");
}

static void hand_on(struct task *task)
{
    struct signalfd_siginfo info;
    while (read(task->signals, &info, sizeof info) == sizeof info) {
        int sig = (int)info.ssi_signo;
        if (sig == STEP_REPORT_SIGNAL && info.ssi_pid == (uint32_t)task->runner)
            sig = info.ssi_int;
        if (sig != SIGCHLD && sig != SIGPIPE && sig != SIGTTOU)
            signal_job(task, sig);
    }
}

static void reap(struct task *task)
{
    struct rusage rusage;
    int status;
    for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &rusage)) > 0;) {
        if (WIFSTOPPED(status)) // it made us its tracer, to keep debuggers away
            ptrace(PTRACE_DETACH, pid, NULL,
                   (void *)(intptr_t)(WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status)));
        else if (pid != task->pid)
            meter_reaped(task->meter, pid, &rusage);
        else {
            task->dying = true;
            task->status = status;
            task->rusage = rusage;
        }
    }
}

static void sample(struct task *task)
{
    int64_t next_usec = USEC_PER_SEC, now_usec = clock_mono_usec();
    if (now_usec < task->due_usec)
        return;
    task->report->called_srun |= meter_job_has_program(task->job, "srun");
    if (meter_job_sample(task->job, now_usec - task->start_usec, &next_usec)) {
        task->report->over_memory = true;
        meter_job_signal(task->job, SIGKILL);
    }
    task->due_usec = now_usec + next_usec;
}

static void wait_for_events(struct task *task)
{
    struct pollfd polls[] = {{.fd = task->signals, .events = POLLIN},
                             {.fd = task->death, .events = POLLIN}};
    int64_t wait_usec = task->dying ? DYING_USEC : task->due_usec - clock_mono_usec();
    poll(polls, 2, wait_usec > 0 ? (int)((wait_usec + 999) / 1000) : 0);
    if (polls[1].revents) {
        meter_job_signal(task->job, SIGKILL);
        close(task->death);
        task->death = -1;
    }
}

// Until nothing of the job is left.
static void attend(struct task *task)
{
    do {
        wait_for_events(task);
        hand_on(task);
        reap(task);
        if (!task->dying)
            sample(task);
    } while (!task->dying || meter_job_end(task->job, &task->rusage, &task->usage));
}

static void tell(struct task *task)
{
    struct step_report *report = task->report;
    const char *step = getenv("SLURM_STEP_ID");
    if (step)
        task_cgroup_read(step, &task->usage);
    report->status = task->status;
    report->leftovers = meter_job_killed(task->job);
    report->usage = task->usage;
    report->usage.node = NULL;
    report->ended = true;
}

// For Slurm, which shows it.
static int end_like(int status)
{
    sigset_t none;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    sigemptyset(&none);
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    sigprocmask(SIG_SETMASK, &none, NULL);
    return 128 + WTERMSIG(status);
}

// Slurm reads the lines.
static int give_gpus(void)
{
    static const char *const names[] = {"CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
                                        "ROCR_VISIBLE_DEVICES"};
    const char *gpus = getenv("TORC_GPU_VISIBLE_DEVICES");
    for (size_t i = 0; gpus && i < sizeof names / sizeof *names; i++)
        printf("export %s=%s\n", names[i], gpus);
    if (gpus)
        puts("unset GPU_DEVICE_ORDINAL");
    return 0;
}

int main(int argc, char **argv)
{
    struct task task = {.death = -1};
    if (argc < 2)
        return give_gpus();
    usage_record_init(&task.usage);
    char **command = read_arguments(&task, argv + 1);
    watch(&task);
    task.report->pid = getpid();
    if (start(&task, command))
        task.status = NOT_STARTED << 8;
    else
        attend(&task);
    tell(&task);
    return end_like(task.status);
}

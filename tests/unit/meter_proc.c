// SPDX-License-Identifier: GPL-2.0-or-later
// Measuring without cgroups, on real processes: known loads, daemons that a job leaves, jobs shorter than a sample.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/meter.h"
#include "tests/tap.h"

#ifdef __SANITIZE_ADDRESS__
enum { PERCENT = 25 }; /* the sanitizer's own memory is in every process */
#else
enum { PERCENT = 3 };
#endif
enum { MIB = 1 << 20, PATIENCE_USEC = 60000000 };

static int64_t clock_usec(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

/* ---- what the jobs do: this program again, with arguments ---- */

static void touch(size_t mib)
{
    char *memory = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; memory != MAP_FAILED && i < mib * MIB; i += 4096)
        ((volatile char *)memory)[i] = 1;
}

static void burn(int64_t usec)
{
    while (clock_usec(CLOCK_PROCESS_CPUTIME_ID) < usec)
        ;
}

/* Leaves a process with an own session behind, which burns 0.3 s and tells its id through the pipe on fd 3. */
static void leave_daemon(void)
{
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() == 0) {
            burn(300000);
            pid_t self = getpid();
            if (write(3, &self, sizeof self) != sizeof self)
                _exit(1);
            for (;;)
                pause();
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
    struct timespec tick = {.tv_nsec = 1000000};
    while (lseek(3, 0, SEEK_END) < (off_t)sizeof(pid_t)) /* until it is there */
        nanosleep(&tick, NULL);
}

static int act(int argc, char **argv)
{
    if (!strcmp(argv[1], "load") && argc == 4) {
        touch((size_t)atoi(argv[2]));
        burn(atoll(argv[3]));
    } else if (!strcmp(argv[1], "daemon")) {
        leave_daemon();
    } else if (!strcmp(argv[1], "hold") && argc == 3) {
        touch((size_t)atoi(argv[2]));
        for (;;)
            pause();
    }
    return 0;
}

/* ---- the runner's part ---- */

struct run {
    struct meter_job *job;
    pid_t pid;
    int status;
    struct usage_record usage;
    int64_t started_usec;
};

static struct meter *meter;

static void start(struct run *run, int64_t id, int64_t limit, int fd3, const char *const argv[])
{
    struct meter_entry entry;
    struct error err = {0};
    run->job = meter_job_create(meter, id, 1, 1, limit, &entry, &err);
    char job_id[48];
    snprintf(job_id, sizeof job_id, "TORC_JOB_ID=%lld", (long long)id);
    char *const env[] = {job_id, (char *)(intptr_t)"TORC_RUN_ID=1", (char *)(intptr_t)"TORC_ATTEMPT_ID=1", NULL};
    posix_spawnattr_t attr;
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    if (fd3 >= 0)
        posix_spawn_file_actions_adddup2(&files, fd3, 3);
    int e = posix_spawn(&run->pid, argv[0], &files, &attr, (char *const *)(intptr_t)argv, env);
    if (e) {
        printf("Bail out! %s: %s\n", argv[0], strerror(e));
        exit(1);
    }
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    run->started_usec = clock_usec(CLOCK_MONOTONIC);
    meter_job_started(run->job, run->pid);
}

/* One wait4; other orphans are told to the meter. */
static bool reap(struct run *run, int flags, struct rusage *rusage)
{
    pid_t pid = wait4(-1, &run->status, flags, rusage);
    if (pid == run->pid)
        return true;
    if (pid > 0)
        meter_reaped(meter, pid, rusage);
    return false;
}

/* Until it has ended and nothing is left of it, with samples when sampled. */
static bool finish(struct run *run, bool sampled)
{
    struct rusage rusage, other;
    struct timespec tick = {.tv_nsec = 2000000};
    int64_t due = run->started_usec + 20000, end = run->started_usec + PATIENCE_USEC;
    while (!reap(run, sampled ? WNOHANG : 0, &rusage)) {
        int64_t now = clock_usec(CLOCK_MONOTONIC), next;
        if (sampled && now >= due) {
            if (meter_job_sample(run->job, now - run->started_usec, &next))
                meter_job_signal(run->job, SIGKILL);
            due = now + next;
        }
        if (now > end)
            return false;
        if (sampled)
            nanosleep(&tick, NULL);
    }
    while (meter_job_end(run->job, &rusage, &run->usage)) {
        int status = run->status;
        pid_t first = run->pid;
        run->pid = 0;
        reap(run, 0, &other);
        run->status = status;
        run->pid = first;
    }
    meter_job_destroy(run->job);
    return true;
}

static bool near(int64_t got, int64_t want)
{
    return got >= want - want * PERCENT / 100 && got <= want + want * PERCENT / 100;
}

static void test_load(const char *self)
{
    struct run run;
    start(&run, 1, 0, -1, (const char *const[]){self, "load", "200", "2000000", NULL});
    ok(finish(&run, true), "a job of 200 MiB and 2 CPU seconds ended");
    struct usage_record *u = &run.usage;
    is_int(u->source, SOURCE_PROC, "it was measured through /proc");
    ok(near(u->memory_peak_bytes, 200 * MIB), "peak %lld MiB", (long long)u->memory_peak_bytes / MIB);
    ok(near(u->memory_anon_bytes, 200 * MIB), "anon %lld MiB", (long long)u->memory_anon_bytes / MIB);
    ok(u->memory_anon_low_bytes <= u->memory_anon_high_bytes, "its bounds are in order");
    ok(near(u->cpu_user_usec + u->cpu_system_usec, 2000000), "CPU %lld us",
       (long long)(u->cpu_user_usec + u->cpu_system_usec));
    is_int(u->memory_limit_bytes, UNKNOWN, "no limit");
    is_int(u->oom_kills, UNKNOWN, "OOM kills are not known");
    ok(u->processes_peak == 1, "one process");
}

static void test_short(const char *self)
{
    struct run run;
    touch(64); /* this process is the runner: vfork's children inherit its size in ru_maxrss */
    start(&run, 2, 0, -1, (const char *const[]){"/bin/true", NULL});
    ok(finish(&run, false), "/bin/true ended without a sample");
    is_int(run.usage.memory_peak_bytes, UNKNOWN, "its peak is unknown: neither 0 nor the runner's");
    is_int(run.usage.memory_anon_bytes, UNKNOWN, "anon too");
    ok(run.usage.memory_anon_high_bytes > 0, "but there is a bound");
    ok(run.usage.cpu_user_usec + run.usage.cpu_system_usec > 0, "its CPU time is known");
    start(&run, 3, 0, -1, (const char *const[]){self, "load", "200", "0", NULL});
    ok(finish(&run, false), "a larger job ended without a sample");
    ok(near(run.usage.memory_peak_bytes, 200 * MIB), "its peak is known: %lld MiB",
       (long long)run.usage.memory_peak_bytes / MIB);
}

static void test_daemon(const char *self)
{
    struct run neighbour, run;
    char path[] = "/tmp/torc-meter-XXXXXX";
    cleanup_close int fd = mkstemp(path);
    unlink(path);
    start(&neighbour, 4, 0, -1, (const char *const[]){self, "hold", "1", NULL});
    start(&run, 5, 0, fd, (const char *const[]){self, "daemon", NULL});
    ok(finish(&run, false), "a job that left a daemon in its own session ended");
    pid_t left = 0;
    is_int(pread(fd, &left, sizeof left, 0), sizeof left, "the daemon had started");
    ok(kill(left, 0) && errno == ESRCH, "it was killed");
    ok(run.usage.cpu_user_usec + run.usage.cpu_system_usec >= 300000, "its CPU time was counted: %lld us",
       (long long)(run.usage.cpu_user_usec + run.usage.cpu_system_usec));
    ok(kill(neighbour.pid, 0) == 0, "the job beside it was left alone");
    meter_job_signal(neighbour.job, SIGTERM);
    ok(finish(&neighbour, false) && WIFSIGNALED(neighbour.status) && WTERMSIG(neighbour.status) == SIGTERM,
       "a signal reaches a job");
}

static void test_limit(const char *self)
{
    struct run run;
    start(&run, 6, 50 * MIB, -1, (const char *const[]){self, "hold", "100", NULL});
    ok(finish(&run, true), "a job over its limit ended");
    ok(WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGKILL, "because the sample told that it must be killed");
    is_int(run.usage.memory_limit_bytes, 50 * MIB, "its limit is recorded");
    start(&run, 7, INT64_C(1000) * MIB, -1, (const char *const[]){self, "load", "100", "200000", NULL});
    ok(finish(&run, true) && WIFEXITED(run.status), "a job below its limit is not killed");
}

static void show_cost(void)
{
    enum { JOBS = 1000 };
    int64_t spent = 0, all = clock_usec(CLOCK_MONOTONIC);
    for (int i = 0; i < JOBS; i++) {
        struct run run;
        struct rusage rusage;
        start(&run, 100 + i, 0, -1, (const char *const[]){"/bin/true", NULL});
        while (!reap(&run, 0, &rusage))
            ;
        int64_t before = clock_usec(CLOCK_MONOTONIC);
        meter_job_end(run.job, &rusage, &run.usage);
        meter_job_destroy(run.job);
        spent += clock_usec(CLOCK_MONOTONIC) - before;
    }
    all = clock_usec(CLOCK_MONOTONIC) - all;
    printf("# end of a job: %.1f us of %.1f us each\n", (double)spent / JOBS, (double)all / JOBS);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return act(argc, argv);
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    meter = meter_create(&(struct meter_options){.node = "here", .incarnation = "1", .enforce = true, .no_cgroup = true});
    is_int(meter_source(meter), SOURCE_PROC, "the meter uses /proc when cgroups are switched off");
    test_load(self);
    test_short(self);
    test_daemon(self);
    test_limit(self);
    show_cost();
    meter_destroy(meter);
    return done_testing();
}

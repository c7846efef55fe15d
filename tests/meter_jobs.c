// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs with known loads, and a runner's part of them.
#include "tests/meter_jobs.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
enum { PERCENT = 25 };
#else
enum { PERCENT = 3 };
#endif
enum { PATIENCE_USEC = 60000000 };

int64_t clock_usec(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void touch_as(size_t mib, int flags)
{
    char *memory = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; memory != MAP_FAILED && i < mib * MIB; i += 4096)
        ((volatile char *)memory)[i] = 1;
}

void touch(size_t mib)
{
    touch_as(mib, MAP_PRIVATE);
}

static void burn(int64_t usec)
{
    while (clock_usec(CLOCK_PROCESS_CPUTIME_ID) < usec)
        ;
}

// Leaves a process with an own session behind, which burns 0.3 s and tells its id through the pipe
// on fd 3.
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
    while (lseek(3, 0, SEEK_END) < (off_t)sizeof(pid_t)) // until it is there
        nanosleep(&tick, NULL);
}

static int write_file(size_t mib, const char *path)
{
    static char block[MIB];
    FILE *file = fopen(path, "w");
    for (size_t i = 0; file && i < mib; i++)
        fwrite(block, 1, sizeof block, file);
    return file && !fclose(file) ? 0 : 1;
}

int job_main(int argc, char **argv)
{
    if (argc < 2)
        return -1;
    if (!strcmp(argv[1], "load") && argc == 4) {
        touch((size_t)atoi(argv[2]));
        burn(atoll(argv[3]));
    } else if (!strcmp(argv[1], "share") && argc == 3) { // two processes use the same memory
        touch_as((size_t)atoi(argv[2]), MAP_SHARED);
        if (fork())
            wait(NULL);
        else
            touch(1);
        burn(clock_usec(CLOCK_PROCESS_CPUTIME_ID) + 500000);
    } else if (!strcmp(argv[1], "hold") && argc == 3) {
        touch((size_t)atoi(argv[2]));
        for (;;)
            pause();
    } else if (!strcmp(argv[1], "write") && argc == 4) {
        return write_file((size_t)atoi(argv[2]), argv[3]);
    } else if (!strcmp(argv[1], "daemon")) {
        leave_daemon();
    } else {
        return -1;
    }
    return 0;
}

static char *const *job_environ(int64_t job_id)
{
    static char id[48], run[] = "TORC_RUN_ID=1", attempt[] = "TORC_ATTEMPT_ID=1";
    static char *env[] = {id, run, attempt, NULL};
    snprintf(id, sizeof id, "TORC_JOB_ID=%lld", (long long)job_id);
    return env;
}

// As the runner does: sharing memory until exec, so that what exec does to ru_maxrss is seen; into
// a v2 cgroup from birth.
static pid_t start_process(const struct meter_entry *entry, int fd3, const char *const argv[],
                           char *const env[])
{
    struct clone_args into = {
        .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)entry->cgroup_fd};
    const char *program = strcmp(argv[0], "self") ? argv[0] : "/proc/self/exe";
    pid_t pid = entry->cgroup_fd >= 0 ? (pid_t)syscall(SYS_clone3, &into, sizeof into) : vfork();
    if (pid != 0)
        return pid;
    setsid();
    for (int i = 0; i < entry->enter_count; i++)
        if (write(entry->enter_fds[i], "0", 1) != 1)
            _exit(126);
    if (fd3 >= 0)
        dup2(fd3, 3);
    execve(program, (char *const *)(intptr_t)argv, env);
    _exit(127);
}

int run_late_msec;

void run_start(struct run *run, struct meter *meter, int64_t job_id, int64_t limit_bytes, int fd3,
               const char *const argv[])
{
    struct meter_entry entry;
    struct error err = {0};
    *run = (struct run){.meter = meter,
                        .job = meter_job_create(meter, job_id, 1, 1, limit_bytes, &entry, &err)};
    if (!run->job || (run->pid = start_process(&entry, fd3, argv, job_environ(job_id))) < 0) {
        printf("Bail out! %s: %s\n", argv[0], err.text);
        exit(1);
    }
    run->started_usec = clock_usec(CLOCK_MONOTONIC);
    nanosleep(&(struct timespec){.tv_nsec = run_late_msec * 1000000L}, NULL);
    meter_job_started(run->job, run->pid);
}

bool run_reap(struct run *run, int flags, struct rusage *rusage)
{
    int status;
    pid_t pid = wait4(-1, &status, flags, rusage);
    if (pid > 0 && pid == run->pid) {
        run->status = status;
        return true;
    }
    if (pid > 0)
        meter_reaped(run->meter, pid, rusage);
    return false;
}

bool run_finish(struct run *run, bool sampled)
{
    struct rusage rusage, other;
    struct timespec tick = {.tv_nsec = 2000000};
    int64_t due = run->started_usec + 20000, end = run->started_usec + PATIENCE_USEC;
    while (!run_reap(run, sampled ? WNOHANG : 0, &rusage)) {
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
        run_reap(run, WNOHANG, &other);
        nanosleep(&tick, NULL);
        if (clock_usec(CLOCK_MONOTONIC) > end)
            return false;
    }
    meter_job_destroy(run->job);
    return true;
}

bool is_near(int64_t got, int64_t want)
{
    return got >= want - want * PERCENT / 100 && got <= want + want * PERCENT / 100;
}

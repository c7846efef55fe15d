// SPDX-License-Identifier: GPL-2.0-or-later
// Measuring without cgroups, on real processes: known loads, daemons that a job leaves, jobs
// shorter than a sample.
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "tests/meter_jobs.h"
#include "tests/tap.h"

static struct meter *meter;

static void test_load(void)
{
    struct run run;
    run_start(&run, meter, 1, 0, -1, (const char *const[]){"self", "load", "200", "2000000", NULL});
    ok(run_finish(&run, true), "a job of 200 MiB and 2 CPU seconds ended");
    struct usage_record *u = &run.usage;
    is_int(u->source, SOURCE_PROC, "it was measured through /proc");
    ok(is_near(u->memory_peak_bytes, 200 * MIB), "peak %lld MiB",
       (long long)u->memory_peak_bytes / MIB);
    ok(is_near(u->memory_anon_bytes, 200 * MIB), "anon %lld MiB",
       (long long)u->memory_anon_bytes / MIB);
    ok(u->memory_anon_low_bytes <= u->memory_anon_high_bytes, "its bounds are in order");
    ok(is_near(u->cpu_user_usec + u->cpu_system_usec, 2000000), "CPU %lld us",
       (long long)(u->cpu_user_usec + u->cpu_system_usec));
    is_int(u->memory_limit_bytes, UNKNOWN, "no limit");
    is_int(u->oom_kills, UNKNOWN, "OOM kills are not known");
    ok(u->processes_peak == 1, "one process");
}

static void test_shared(void)
{
    struct run run;
    run_start(&run, meter, 8, 0, -1, (const char *const[]){"self", "share", "200", NULL});
    ok(run_finish(&run, true), "a job of 200 MiB of shared memory ended");
    ok(is_near(run.usage.memory_anon_bytes, 200 * MIB),
       "shared memory is what a job needs: %lld MiB", (long long)run.usage.memory_anon_bytes / MIB);
}

static void test_short(void)
{
    struct run run;
    touch(64); // this process is the runner: vfork's children inherit its size in ru_maxrss
    run_start(&run, meter, 2, 0, -1, (const char *const[]){"/bin/true", NULL});
    ok(run_finish(&run, false), "/bin/true ended without a sample");
    is_int(run.usage.memory_peak_bytes, UNKNOWN, "its peak is unknown: neither 0 nor the runner's");
    is_int(run.usage.memory_anon_bytes, UNKNOWN, "anon too");
    ok(run.usage.memory_anon_high_bytes > 0, "but there is a bound");
    ok(run.usage.cpu_user_usec + run.usage.cpu_system_usec > 0, "its CPU time is known");
    run_start(&run, meter, 3, 0, -1, (const char *const[]){"self", "load", "200", "0", NULL});
    ok(run_finish(&run, false), "a larger job ended without a sample");
    ok(is_near(run.usage.memory_peak_bytes, 200 * MIB), "its peak is known: %lld MiB",
       (long long)run.usage.memory_peak_bytes / MIB);
}

static void test_daemon(int late_msec)
{
    struct run neighbour, run;
    char path[] = "/tmp/torc-meter-XXXXXX";
    cleanup_close int fd = mkstemp(path);
    unlink(path);
    run_start(&neighbour, meter, 4, 0, -1, (const char *const[]){"self", "hold", "1", NULL});
    run_late_msec = late_msec;
    run_start(&run, meter, 5, 0, fd, (const char *const[]){"self", "daemon", NULL});
    run_late_msec = 0;
    ok(run_finish(&run, false), "a job that left a daemon in its own session ended");
    pid_t left = 0;
    is_int(pread(fd, &left, sizeof left, 0), sizeof left, "the daemon had started");
    ok(kill(left, 0) && errno == ESRCH, "it was killed");
    ok(run.usage.cpu_user_usec + run.usage.cpu_system_usec >= 300000,
       "its CPU time was counted: %lld us",
       (long long)(run.usage.cpu_user_usec + run.usage.cpu_system_usec));
    ok(kill(neighbour.pid, 0) == 0, "the job beside it was left alone");
    meter_job_signal(neighbour.job, SIGTERM);
    ok(run_finish(&neighbour, false) && WIFSIGNALED(neighbour.status) &&
           WTERMSIG(neighbour.status) == SIGTERM,
       "a signal reaches a job");
}

static void test_limit(void)
{
    struct run run;
    run_start(&run, meter, 6, 50 * MIB, -1, (const char *const[]){"self", "hold", "100", NULL});
    ok(run_finish(&run, true), "a job over its limit ended");
    ok(WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGKILL,
       "because the sample told that it must be killed");
    is_int(run.usage.memory_limit_bytes, 50 * MIB, "its limit is recorded");
    run_start(&run, meter, 7, INT64_C(1000) * MIB, -1,
              (const char *const[]){"self", "load", "100", "200000", NULL});
    ok(run_finish(&run, true) && WIFEXITED(run.status), "a job below its limit is not killed");
}

static void show_cost(void)
{
    enum { JOBS = 1000 };
    int64_t spent = 0, all = clock_usec(CLOCK_MONOTONIC);
    for (int i = 0; i < JOBS; i++) {
        struct run run;
        struct rusage rusage;
        run_start(&run, meter, 100 + i, 0, -1, (const char *const[]){"/bin/true", NULL});
        while (!run_reap(&run, 0, &rusage))
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
    int code = job_main(argc, argv);
    if (code >= 0)
        return code;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    meter = meter_create(&(struct meter_options){
        .node = "here", .incarnation = "1", .enforce = true, .no_cgroup = true});
    is_int(meter_source(meter), SOURCE_PROC, "the meter uses /proc when cgroups are switched off");
    test_load();
    test_shared();
    test_short();
    test_daemon(0);
    test_daemon(100); // it has left before the runner goes on
    test_limit();
    show_cost();
    meter_destroy(meter);
    return done_testing();
}

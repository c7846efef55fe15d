// SPDX-License-Identifier: GPL-2.0-or-later
// Measuring in cgroups: meter_cgroup cgroup1|cgroup2 [CPU_USEC], run as an ordinary user inside a
// place of the kind that is tested (see cgroup_v1.t and cgroup_v2.t); meter_cgroup mark DIR: marks
// it as delegated, as systemd does.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "tests/meter_jobs.h"
#include "tests/tap.h"

static struct meter *meter;
static const struct meter_options options = {
    .node = "here", .incarnation = "4711.0", .enforce = true};

// 2 CPU seconds; more where touching the memory alone takes so long (emulated machines)
static void test_load(const char *cpu_usec)
{
    struct run run;
    run_start(&run, meter, 1, INT64_C(1000) * MIB, -1,
              (const char *const[]){"self", "load", "200", cpu_usec, NULL});
    ok(run_finish(&run, true), "a job of 200 MiB and %s us of CPU ended", cpu_usec);
    struct usage_record *u = &run.usage;
    is_int(u->source, meter_source(meter), "its record says how it was measured");
    ok(is_near(u->memory_peak_bytes, 200 * MIB), "peak %lld KiB",
       (long long)u->memory_peak_bytes / 1024);
    ok(is_near(u->memory_anon_bytes, 200 * MIB), "anon %lld KiB",
       (long long)u->memory_anon_bytes / 1024);
    ok(is_near(u->cpu_user_usec + u->cpu_system_usec, atoll(cpu_usec)), "CPU %lld us",
       (long long)(u->cpu_user_usec + u->cpu_system_usec));
    ok(u->cpu_user_usec > 0 && u->cpu_system_usec > 0, "in user and in system mode");
    is_int(u->oom_kills, 0, "no OOM kill");
    is_int(u->memory_limit_bytes, INT64_C(1000) * MIB, "its limit is recorded");
}

static void test_oom(void)
{
    struct run neighbour, run;
    run_start(&neighbour, meter, 2, 64 * MIB, -1,
              (const char *const[]){"self", "hold", "20", NULL});
    run_start(&run, meter, 3, 64 * MIB, -1,
              (const char *const[]){"self", "load", "200", "0", NULL});
    ok(run_finish(&run, false), "a job that needs more than its limit ended");
    ok(WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGKILL, "the kernel killed it");
    ok(run.usage.oom_kills > 0, "its record says so");
    ok(run.usage.memory_peak_bytes <= 64 * MIB && is_near(run.usage.memory_peak_bytes, 64 * MIB),
       "peak: its limit");
    run_start(&run, meter, 4, 64 * MIB, -1, (const char *const[]){"self", "load", "30", "0", NULL});
    ok(run_finish(&run, false) && run.usage.oom_kills == 0, "the next job has no OOM kill");
    meter_job_signal(neighbour.job, SIGTERM);
    ok(run_finish(&neighbour, false) && WTERMSIG(neighbour.status) == SIGTERM,
       "the job beside it lived on");
    is_int(neighbour.usage.oom_kills, 0, "and has no OOM kill");
    ok(is_near(neighbour.usage.memory_peak_bytes, 20 * MIB + MIB / 2), "but its own peak: %lld KiB",
       (long long)neighbour.usage.memory_peak_bytes / 1024);
}

// What one job leaves in its directory must not be seen in the record of the next.
static void test_one_after_another(void)
{
    struct run run;
    char path[] = "/tmp/torc-meter-XXXXXX";
    close(mkstemp(path));
    run_start(&run, meter, 10, 0, -1, (const char *const[]){"self", "write", "50", path, NULL});
    ok(run_finish(&run, false) && run.usage.memory_peak_bytes >= 50 * MIB,
       "page cache counts in the peak");
    int64_t low = run.usage.memory_anon_low_bytes;
    struct statfs fs;
    if (!statfs(path, &fs) && fs.f_type == TMPFS_MAGIC)
        ok(low >= 50 * MIB && low < 55 * MIB, "on tmpfs it is what the job needed: %lld KiB",
           (long long)low / 1024);
    else
        ok(low >= 0 && low < 5 * MIB, "but not in what the job needed: at least %lld KiB",
           (long long)low / 1024);
    is_int(run.usage.memory_anon_bytes, UNKNOWN, "which is not known without a sample");
    run_start(&run, meter, 11, 0, -1, (const char *const[]){"self", "load", "100", "0", NULL});
    ok(run_finish(&run, false) && is_near(run.usage.memory_peak_bytes, 100 * MIB),
       "the next job has its own peak");
    int64_t largest = 0, smallest = INT64_MAX, cpu = 0;
    int ended = 0;
    for (int i = 0; i < 20; i++) {
        run_start(&run, meter, 20 + i, 0, -1, (const char *const[]){"/bin/true", NULL});
        ended += run_finish(&run, false);
        largest = run.usage.memory_peak_bytes > largest ? run.usage.memory_peak_bytes : largest;
        smallest = run.usage.memory_peak_bytes < smallest ? run.usage.memory_peak_bytes : smallest;
        cpu = run.usage.cpu_user_usec + run.usage.cpu_system_usec > cpu
                  ? run.usage.cpu_user_usec + run.usage.cpu_system_usec
                  : cpu;
    }
    is_int(ended, 20, "20 small jobs ended");
    ok(smallest > 0 && largest < 5 * MIB, "small jobs have small peaks: %lld to %lld KiB",
       (long long)smallest / 1024, (long long)largest / 1024);
    ok(cpu > 0 && cpu < 2000000, "and little CPU time: %lld us", (long long)cpu);
    unlink(path);
}

static pid_t read_pid(int fd)
{
    pid_t pid = 0;
    return pread(fd, &pid, sizeof pid, 0) == sizeof pid ? pid : 0;
}

static void test_daemon(void)
{
    struct run run;
    char path[] = "/tmp/torc-meter-XXXXXX";
    cleanup_close int fd = mkstemp(path);
    unlink(path);
    run_start(&run, meter, 50, 0, fd, (const char *const[]){"self", "daemon", NULL});
    ok(run_finish(&run, false), "a job that left a daemon in its own session ended");
    pid_t left = read_pid(fd);
    while (waitpid(left, NULL, 0) > 0)
        ;
    ok(left > 0 && kill(left, 0) && errno == ESRCH, "it was killed");
    ok(run.usage.cpu_user_usec + run.usage.cpu_system_usec >= 300000,
       "its CPU time was counted: %lld us",
       (long long)(run.usage.cpu_user_usec + run.usage.cpu_system_usec));
}

// Directories that a job makes in its own: names with a dot in front, and deeper than anybody
// needs.
static void test_hidden(void)
{
    static const char script[] =
        "own=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)\n"
        "[ -w $own/cgroup.procs ] || own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)\n"
        "deep=$own/..x/$(seq -s / 40)\n"
        "mkdir -p $deep $own/.y || exit 9\n"
        "for dir in $own/..x $deep; do\n"
        "    setsid sleep 600 &\n"
        "    echo $! > $dir/cgroup.procs || exit 9\n"
        "    echo $! >&3\n"
        "done\n";
    struct run run;
    char path[] = "/tmp/torc-meter-XXXXXX", text[64] = "";
    cleanup_close int fd = mkstemp(path);
    unlink(path);
    run_start(&run, meter, 60, 0, fd, (const char *const[]){"/bin/bash", "-c", script, NULL});
    ok(run_finish(&run, false) && run.status == 0, "a job that hid processes ended");
    int pids[2] = {0}, alive = 0;
    ok(pread(fd, text, sizeof text - 1, 0) > 0 && sscanf(text, "%d %d", &pids[0], &pids[1]) == 2,
       "two of them");
    for (int i = 0; i < 2; i++) {
        while (waitpid(pids[i], NULL, WNOHANG) > 0)
            ;
        alive += pids[i] > 0 && !kill(pids[i], SIGKILL);
    }
    is_int(alive, 0, "they were killed");
}

// A runner that dies without a word, with a job running, which tells its id.
static void die_with_a_job(const struct meter_options *as)
{
    int fds[2];
    struct run run;
    if (pipe(fds))
        _exit(1);
    prctl(PR_SET_CHILD_SUBREAPER, 0); // its job becomes a child of the test, to be waited for
    meter = meter_create(as);
    run_start(&run, meter, 1, 0, fds[1], (const char *const[]){"self", "hold", "1", NULL});
    _exit(0);
}

static void test_sweep(void)
{
    struct meter_options other = options;
    other.incarnation = "4711.1";
    pid_t dead = fork();
    if (dead == 0)
        die_with_a_job(&other);
    waitpid(dead, NULL, 0);
    other.incarnation = "4711.2";
    struct meter *beside = meter_create(&other);
    int status;
    ok(waitpid(-1, &status, WNOHANG) == 0, "while another runner lives here, nothing is swept");
    meter_destroy(beside);
    meter_destroy(meter);
    meter = meter_create(&options);
    printf("# %s\n", meter_why(meter));
    ok(waitpid(-1, &status, 0) > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
       "what a dead runner left is killed by the next");
}

static void show_cost(void)
{
    enum { JOBS = 200 };
    int64_t make = 0, end = 0, all = clock_usec(CLOCK_MONOTONIC);
    for (int i = 0; i < JOBS; i++) {
        struct run run;
        struct rusage rusage;
        int64_t before = clock_usec(CLOCK_MONOTONIC);
        struct meter_entry entry;
        struct error err;
        meter_job_destroy(meter_job_create(meter, 1, 1, 1, 0, &entry, &err));
        make += clock_usec(CLOCK_MONOTONIC) - before;
        run_start(&run, meter, 100 + i, 0, -1, (const char *const[]){"/bin/true", NULL});
        while (!run_reap(&run, 0, &rusage))
            ;
        before = clock_usec(CLOCK_MONOTONIC);
        meter_job_end(run.job, &rusage, &run.usage);
        end += clock_usec(CLOCK_MONOTONIC) - before;
        meter_job_destroy(run.job);
    }
    all = clock_usec(CLOCK_MONOTONIC) - all;
    printf("# make and release %.1f us, end %.1f us, of %.1f us each\n", (double)make / JOBS,
           (double)end / JOBS, (double)all / JOBS);
}

int main(int argc, char **argv)
{
    int code = job_main(argc, argv);
    if (code >= 0)
        return code;
    if (argc > 2 && !strcmp(argv[1], "mark"))
        return setxattr(argv[2], "user.delegate", "1", 1, 0) ? 1 : 0;
    setvbuf(stdout, NULL, _IOLBF, 0); // forks below must not print it twice
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    meter = meter_create(&options);
    printf("# %s\n", meter_why(meter));
    is_text(usage_source_names[meter_source(meter)], argc > 1 ? argv[1] : "?",
            "the meter uses what is here");
    test_load(argc > 2 ? argv[2] : "2000000");
    test_oom();
    test_one_after_another();
    test_daemon();
    test_hidden();
    test_sweep();
    show_cost();
    meter_destroy(meter);
    return done_testing();
}

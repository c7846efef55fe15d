// SPDX-License-Identifier: GPL-2.0-or-later
// A known load for tests: so much memory touched, so much CPU burnt, so long asleep, and bad
// manners on request.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: load [--mem MIB] [--cpu SECONDS] [--sleep SECONDS] [--ignore-term] [--daemon] "
    "[--traced] [--crowd] [--exit CODE]\n"
    "touches MIB of memory, burns SECONDS of CPU (user and system), sleeps, and exits with CODE.\n"
    "--ignore-term: SIGTERM does nothing   --daemon: all that in a process that has left session "
    "and parent\n"
    "--traced: asks to be traced by its parent, and gets a signal\n"
    "--crowd: starts processes until there may be no more, then makes the file full\n";

enum {
    OPTION_MEM = 256,
    OPTION_CPU,
    OPTION_SLEEP,
    OPTION_IGNORE_TERM,
    OPTION_DAEMON,
    OPTION_TRACED,
    OPTION_CROWD,
    OPTION_EXIT
};

static const struct option options[] = {
    {"mem", required_argument, NULL, OPTION_MEM},
    {"cpu", required_argument, NULL, OPTION_CPU},
    {"sleep", required_argument, NULL, OPTION_SLEEP},
    {"ignore-term", no_argument, NULL, OPTION_IGNORE_TERM},
    {"daemon", no_argument, NULL, OPTION_DAEMON},
    {"traced", no_argument, NULL, OPTION_TRACED},
    {"crowd", no_argument, NULL, OPTION_CROWD},
    {"exit", required_argument, NULL, OPTION_EXIT},
    {0},
};

static void die(const char *what)
{
    perror(what);
    exit(125);
}

static double cpu_used(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *touch_memory(size_t size)
{
    if (size == 0)
        return NULL;
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        die("load: mmap");
    for (size_t i = 0; i < size; i += 4096)
        ((volatile char *)p)[i] = 1;
    return p;
}

// Until the process has used so much, what it needed to come up and for its memory included
static void burn_cpu_until(double seconds)
{
    for (volatile unsigned x = 0; cpu_used() < seconds;)
        for (int i = 0; i < 20000; i++)
            x = x + 1;
}

static void sleep_for(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};
    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    while (nanosleep(&t, &t) && errno == EINTR)
        ;
}

// The parent goes on to exit at once, the middle one too: init or a subreaper inherits the rest
static void become_daemon(int code)
{
    pid_t pid = fork();
    if (pid < 0)
        die("load: fork");
    if (pid > 0) {
        waitpid(pid, NULL, 0);
        exit(code);
    }
    setsid();
    pid = fork();
    if (pid < 0)
        die("load: fork");
    if (pid > 0)
        _exit(0);
}

static void crowd(void)
{
    pid_t pid;
    while ((pid = fork()) > 0)
        ;
    if (pid == 0)
        pause();
    FILE *f = fopen("full", "w");
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    long mib = 0;
    double cpu = 0, sleep = 0;
    int daemonize = 0, code = 0;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (o) {
        case OPTION_MEM:
            mib = atol(optarg);
            break;
        case OPTION_CPU:
            cpu = atof(optarg);
            break;
        case OPTION_SLEEP:
            sleep = atof(optarg);
            break;
        case OPTION_IGNORE_TERM:
            signal(SIGTERM, SIG_IGN);
            break;
        case OPTION_DAEMON:
            daemonize = 1;
            break;
        case OPTION_TRACED:
            ptrace(PTRACE_TRACEME, 0, NULL, NULL);
            raise(SIGURG);
            break;
        case OPTION_CROWD:
            crowd();
            break;
        case OPTION_EXIT:
            code = atoi(optarg);
            break;
        default:
            fputs(usage, stderr);
            return 2;
        }
    if (daemonize)
        become_daemon(code);
    double start = cpu_used();
    size_t size = mib > 0 ? (size_t)mib << 20 : 0;
    void *memory = touch_memory(size);
    burn_cpu_until(
        cpu - (cpu_used() - start)); // giving the memory back costs CPU too: keep some for that
    sleep_for(sleep);
    if (memory)
        munmap(memory, size);
    burn_cpu_until(cpu);
    return code;
}

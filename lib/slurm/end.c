// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/slurm/end.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/slurm/slurm.h"

enum { WAIT_MSEC = 10 * 1000, JOB_TEXT = 24 };

// argv of the question; job has room for JOB_TEXT.
#define QUESTION(job)                                   \
    {                                                   \
        "squeue", "-h", "-j", job, "-o", "%A|%e|", NULL \
    }

void slurm_end_ask(struct slurm_end *ask, int64_t job_id)
{
    char job[JOB_TEXT];
    const char *const argv[] = QUESTION(job);
    sigset_t none;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    ask->job_id = job_id;
    ask->answer = memfd_create("slurm_end", MFD_CLOEXEC);
    if (ask->answer < 0)
        return;
    snprintf(job, sizeof job, "%lld", (long long)job_id);
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ask->answer, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    char **environment = slurm_command_environment();
    if (posix_spawnp(&ask->pid, argv[0], &actions, &attributes, (char *const *)argv, environment)) {
        ask->pid = 0;
        close(ask->answer);
    }
    slurm_environment_free(environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
}

// One line of the answer, "12|1970-01-01T00:01:05|"; 0: it is cut, of another job, or says "N/A".
static int64_t parse_line(const char *line, int64_t job_id)
{
    struct tm when = {.tm_isdst = -1};
    char *end;
    if (strtoll(line, &end, 10) != job_id || *end != '|')
        return 0;
    end = strptime(end + 1, "%Y-%m-%dT%H:%M:%S", &when);
    return end && *end == '|' ? (int64_t)mktime(&when) * 1000000 : 0;
}

int64_t slurm_end_parse(const char *text, int64_t job_id)
{
    int64_t end_usec = 0;
    for (const char *line = text; line && !end_usec; line = strchr(line, '\n'))
        end_usec = parse_line(*line == '\n' ? ++line : line, job_id);
    return end_usec;
}

int64_t slurm_end_take(struct slurm_end *ask)
{
    struct stat st;
    size_t size = fstat(ask->answer, &st) ? 0 : (size_t)st.st_size;
    cleanup_free char *text = xcalloc(size + 1, 1);
    ssize_t n = pread(ask->answer, text, size, 0);
    text[n > 0 ? n : 0] = '\0';
    close(ask->answer);
    ask->pid = 0;
    return slurm_end_parse(text, ask->job_id);
}

void slurm_end_fini(struct slurm_end *ask)
{
    if (!ask->pid)
        return;
    kill(ask->pid, SIGKILL);
    close(ask->answer);
    ask->pid = 0;
}

int64_t slurm_end_wait(int64_t job_id)
{
    char job[JOB_TEXT];
    const char *const argv[] = QUESTION(job);
    struct program_result result;
    struct error ignored;
    snprintf(job, sizeof job, "%lld", (long long)job_id);
    if (slurm_command(argv, WAIT_MSEC, &result, &ignored))
        return 0;
    int64_t end_usec = slurm_end_parse(result.out, job_id);
    program_result_fini(&result);
    return end_usec;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// At most one child, at most every 10 seconds. When it could not reach Slurm it is started again;
// another failure is told and otherwise ignored: the demand stays, and comes again.
#include "runner/top_up.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/program.h"

extern char **environ;

enum { PAUSE_USEC = 10 * USEC_PER_SEC };

void top_up_start(struct runner *runner)
{
    if (!runner->node.in_allocation || runner->top_up ||
        (runner->top_up_usec && runner->now - runner->top_up_usec < PAUSE_USEC))
        return;
    char id[32];
    sigset_t none;
    posix_spawnattr_t attributes;
    cleanup_free char *path = program_find("torc-sbatch");
    snprintf(id, sizeof id, "%lld", (long long)runner->workflow_id);
    char *argv[] = {
        (char *)"torc-sbatch", (char *)"--db", (char *)runner->db, (char *)"--top-up", id, NULL};
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int failed = posix_spawnp(&runner->top_up, path, NULL, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    if (!failed) // sbatch hands its limits on to the allocation
        prlimit(runner->top_up, RLIMIT_NOFILE, &runner->files_limit, NULL);
    runner->top_up_usec = runner->now;
    if (failed) {
        runner->top_up = 0;
        fprintf(stderr, "torc-run: cannot ask for more allocations: %s: %s\n", path,
                strerror(failed));
    }
}

bool top_up_when_due(struct runner *runner)
{
    if (!runner->top_up_again || runner->told_complete || runner->drain)
        return false;
    top_up_start(runner);
    return true;
}

// Slurm kills what a batch job leaves behind, so it is waited for, though not for ever.
void top_up_last(struct runner *runner)
{
    enum { LONGEST_USEC = 20 * USEC_PER_SEC, STEP_USEC = 5000 };
    if (!runner->node.in_allocation || !runner->options->submission || !runner->told_complete)
        return;
    runner->top_up_usec = 0;
    top_up_start(runner);
    int status = 0;
    for (int64_t waited = 0; runner->top_up && waited < LONGEST_USEC; waited += STEP_USEC) {
        if (waitpid(runner->top_up, &status, WNOHANG))
            runner->top_up = 0;
        else
            usleep(STEP_USEC);
    }
}

bool top_up_reaped(struct runner *runner, pid_t pid, int status)
{
    if (!runner->top_up || pid != runner->top_up)
        return false;
    runner->top_up = 0;
    bool told = runner->top_up_again;
    runner->top_up_again = WIFEXITED(status) && WEXITSTATUS(status) == ERROR_UNREACHABLE;
    if (runner->top_up_again && !told)
        fprintf(stderr, "torc-run: it will be tried again until Slurm answers\n");
    else if (!runner->top_up_again && (!WIFEXITED(status) || WEXITSTATUS(status)))
        fprintf(stderr,
                "torc-run: asking for more allocations failed (torc-sbatch --top-up %lld)\n",
                (long long)runner->workflow_id);
    return true;
}

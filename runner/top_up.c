// SPDX-License-Identifier: GPL-2.0-or-later
// At most one child, at most every 10 seconds. When it could not reach Slurm it is started again;
// another failure is told: the demand stays, and comes again, each time after twice the pause.
#include "runner/top_up.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/base/program.h"

enum { PAUSE_USEC = 10 * USEC_PER_SEC, LONGEST_PAUSE_USEC = 300 * USEC_PER_SEC };

static void start(struct top_up *top_up, const struct jobs *jobs, const char *db)
{
    char id[32];
    cleanup_free char *path = program_find("torc-sbatch");
    snprintf(id, sizeof id, "%lld", (long long)jobs->workflow_id);
    char *argv[] = {(char *)"torc-sbatch",
                    (char *)"--db",
                    (char *)db,
                    (char *)"--top-up",
                    id,
                    jobs->node.in_allocation ? NULL : (char *)"--parsable",
                    NULL};
    int failed = program_start((const char *const *)argv, NULL, NULL, &top_up->pid);
    crash_point("top-up-started");
    if (!failed) // sbatch hands its limits on to the allocation
        prlimit(top_up->pid, RLIMIT_NOFILE, &jobs->files_limit, NULL);
    top_up->started_usec = jobs->now;
    if (failed) {
        top_up->pid = 0;
        fprintf(stderr, "torc-run: cannot ask for more allocations: %s: %s\n", path,
                strerror(failed));
    }
}

static int64_t pause_of(const struct top_up *top_up)
{
    return top_up->pause_usec ? top_up->pause_usec : PAUSE_USEC;
}

void top_up_start(struct top_up *top_up, const struct jobs *jobs, const char *db)
{
    if (jobs->node.in_allocation && !top_up->pid &&
        (!top_up->started_usec || jobs->now - top_up->started_usec >= pause_of(top_up)))
        start(top_up, jobs, db);
}

// Slurm kills what a batch job leaves behind, so it is waited for, though not for ever.
void top_up_last(struct top_up *top_up, const struct jobs *jobs, const char *db)
{
    enum { LONGEST_USEC = 20 * USEC_PER_SEC, STEP_USEC = 5000 };
    int status = 0;
    if (!top_up->pid)
        start(top_up, jobs, db);
    for (int64_t waited = 0; top_up->pid && waited < LONGEST_USEC; waited += STEP_USEC) {
        if (waitpid(top_up->pid, &status, WNOHANG))
            top_up->pid = 0;
        else
            usleep(STEP_USEC);
    }
}

bool top_up_reaped(struct top_up *top_up, const struct jobs *jobs, pid_t pid, int status)
{
    if (!top_up->pid || pid != top_up->pid)
        return false;
    top_up->pid = 0;
    bool told = top_up->again;
    top_up->again = WIFEXITED(status) && WEXITSTATUS(status) == ERROR_UNREACHABLE;
    bool refused = !top_up->again && (!WIFEXITED(status) || WEXITSTATUS(status));
    if (top_up->again && !told)
        fprintf(stderr, "torc-run: it will be tried again until Slurm answers\n");
    else if (refused && top_up->pause_usec <= PAUSE_USEC)
        fprintf(stderr,
                "torc-run: asking for more allocations failed, and is tried again ever more rarely "
                "(by hand: torc-sbatch --top-up %lld)\n",
                (long long)jobs->workflow_id);
    top_up->pause_usec = refused ? 2 * pause_of(top_up) : PAUSE_USEC;
    if (top_up->pause_usec > LONGEST_PAUSE_USEC)
        top_up->pause_usec = LONGEST_PAUSE_USEC;
    return true;
}

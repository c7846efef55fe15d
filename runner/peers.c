// SPDX-License-Identifier: GPL-2.0-or-later
// The keeper of the first node starts them, before its runner, and waits for them in the end.
#include "runner/peers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/slurm/leave.h"

static int32_t number(const char *name)
{
    const char *text = getenv(name);
    return text ? (int32_t)strtol(text, NULL, 10) : 0;
}

int32_t peers_nodes(const struct options *options)
{
    int32_t nodes = number("SLURM_JOB_NUM_NODES");
    return options->submission && !options->peer && nodes > 1 && getenv("SLURMD_NODENAME") ? nodes
                                                                                           : 1;
}

// The least of "4(x2),8": a step asks for the same on each node.
static int32_t cpus_of_each(void)
{
    const char *text = getenv("SLURM_JOB_CPUS_PER_NODE");
    long least = 0;
    while (text && *text) {
        char *end;
        long cpus = strtol(text, &end, 10);
        if (end == text)
            break;
        least = !least || cpus < least ? cpus : least;
        text = end + strcspn(end, ",");
        text += *text == ',';
    }
    return least > 0 ? (int32_t)least : 1;
}

// In a group of its own, as what is typed at a terminal is the keeper's to hand on.
static pid_t spawn(char *const *argv)
{
    pid_t pid = 0;
    int failed = program_start((const char *const *)argv, NULL, NULL, &pid);
    if (!failed)
        return pid;
    fprintf(stderr,
            "torc-run: cannot start the runners of the other nodes, which stay idle: %s: %s\n",
            argv[0], strerror(failed));
    return 0;
}

pid_t peers_start(const struct options *options)
{
    enum { ARGUMENTS_MOST = 32 };
    char *argv[ARGUMENTS_MOST] = {(char *)"srun",
                                  (char *)"--overlap",
                                  (char *)"--mem=0",
                                  (char *)"--ntasks-per-node=1",
                                  (char *)"--cpu-bind=none",
                                  (char *)"--wait=0",
                                  (char *)"--kill-on-bad-exit=0",
                                  (char *)"--no-kill",
                                  (char *)"--quiet",
                                  (char *)"--job-name=torc-run"};
    int32_t nodes = peers_nodes(options);
    int n = 10;
    if (nodes <= 1)
        return 0;
    cleanup_free char *runner = program_find("torc-run");
    cleanup_free char *count = xasprintf("--nodes=%d", nodes - 1),
                      *tasks = xasprintf("--ntasks=%d", nodes - 1),
                      *cpus = xasprintf("--cpus-per-task=%d", cpus_of_each()),
                      *others = xasprintf("--exclude=%s", getenv("SLURMD_NODENAME")),
                      *id = xasprintf("%lld", (long long)options->workflow_id),
                      *own = xasprintf("%lld", (long long)options->own_memory_bytes),
                      *kill_wait = xasprintf("%d", options->kill_wait_secs);
    char *const words[] = {count,
                           tasks,
                           cpus,
                           others,
                           runner,
                           (char *)"--peer",
                           (char *)"--db",
                           (char *)options->db,
                           (char *)"--workflow",
                           id,
                           (char *)"--submission",
                           (char *)options->submission,
                           (char *)"--own-memory",
                           own,
                           (char *)"--kill-wait",
                           kill_wait};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        argv[n++] = words[i];
    return spawn(argv);
}

void peers_tell(pid_t srun, int sig)
{
    if (srun && sig == SIGUSR1)
        kill(srun, SIGUSR1);
    else if (srun && (sig == SIGTERM || sig == SIGINT || sig == SIGQUIT || sig == SIGHUP))
        kill(srun, SIGUSR2);
}

void peers_give_back(void)
{
    const char *job = getenv("SLURM_JOB_ID"), *node = getenv("SLURMD_NODENAME");
    struct error err;
    if (!job || !node)
        return;
    fprintf(stderr, "torc-run: nothing is left for node %s, which is given back\n", node);
    if (slurm_leave_node(strtoll(job, NULL, 10), node, &err))
        fprintf(stderr, "torc-run: node %s stays until the job ends: %s\n", node, err.text);
}

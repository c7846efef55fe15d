// SPDX-License-Identifier: GPL-2.0-or-later
// What must outlive the runner, and therefore does almost nothing: wait, relay, sweep.
#include "runner/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/error.h"
#include "lib/base/mem.h"
#include "lib/meter/meter.h"
#include "lib/meter/proc.h"
#include "runner/peers.h"
#include "runner/signals.h"
#include "runner/socket/socket.h"

enum { AGAIN_MOST = 3 }; // in a row

// Every process that has this one as its parent gets SIGKILL, but for one. Gives how many they are.
static int kill_children(pid_t spared)
{
    int count = 0;
    pid_t self = getpid();
    struct proc_stat process;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid <= 0 || pid == spared || proc_stat(dirfd(proc), pid, &process) ||
            process.ppid != self)
            continue;
        kill(pid, SIGKILL);
        count++;
    }
    if (proc)
        closedir(proc);
    return count;
}

// What the runner leaves becomes the keeper's, being a subreaper: kill and reap, until there is
// nothing. A generation at a time: the children of what was killed come to the keeper then. *peers:
// spared; 0 when it has ended.
static void sweep(pid_t *peers)
{
    enum { FIRST_MSEC = 5, LAST_MSEC = 1000, MOST_MSEC = 30 * 1000 };
    int pause_msec = FIRST_MSEC, waited_msec = 0;
    for (;;) {
        pid_t pid;
        int left = kill_children(*peers);
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
            pause_msec = FIRST_MSEC;
            *peers = pid == *peers ? 0 : *peers;
        }
        if ((pid < 0 && errno == ECHILD) || (*peers && !left))
            break;
        if (waited_msec > MOST_MSEC) { // in the kernel, waiting for a disk or a mount that hangs
            fprintf(stderr, "torc-run: a process that it left does not die; leaving it\n");
            break;
        }
        nanosleep(&(struct timespec){pause_msec / 1000, pause_msec % 1000 * 1000000L}, NULL);
        waited_msec += pause_msec;
        pause_msec = pause_msec * 2 < LAST_MSEC ? pause_msec * 2 : LAST_MSEC;
    }
    meter_sweep(); // Slurm does not remove cgroups that it did not make, and keeps those above them
                   // for ever
}

static pid_t start(int (*run)(void *, struct keeper_shared *), void *argument,
                   struct keeper_shared *shared)
{
    pid_t keeper = getpid();
    fflush(NULL);
    pid_t pid = fork(); // of a process that has done nothing yet: small
    if (pid)
        return pid;
    // Group of its own: a signal to the terminal's or the shell's group arrives once, through the
    // keeper.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG,
          SIGTERM); // and getppid() tells the runner that it is alone: kill, record, leave
    if (getppid() != keeper)
        _exit(ERROR_INTERNAL);
    exit(run(argument, shared));
}

static bool is_farewell(int sig)
{
    return sig == SIGINT || sig == SIGTERM || sig == SIGQUIT || sig == SIGHUP;
}

// Relays signals to the runner (0: there is none any more), and to those of the other nodes, until
// the former, or else these, have ended; what else ends is an orphan's. *told: to end. Gives the
// wait status.
static int attend(pid_t runner, pid_t *peers, bool *told)
{
    sigset_t set;
    signals_fill(&set);
    for (;;) {
        int sig = sigwaitinfo(&set, NULL), status;
        if (sig > 0 && sig != SIGCHLD) {
            *told |= is_farewell(sig);
            if (runner)
                kill(runner, sig);
            peers_tell(*peers, sig);
            continue;
        }
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
            if (pid == *peers)
                *peers = 0;
            if (pid == runner || (!runner && !*peers))
                return status;
        }
    }
}

// again: so many in a row, this one included; 0: no more
static void tell(int sig, int again, const struct keeper_shared *shared)
{
    fprintf(stderr, "%storc-run: the runner was killed by signal %d (%s); its jobs were ended",
            isatty(STDERR_FILENO) ? "\r\033[K" : "", sig, strsignal(sig)); // over its progress
    if (again)
        fprintf(stderr, ", and it is started again (%d of %d times without a job that ends)\n",
                again, AGAIN_MOST);
    else
        fputc('\n', stderr);
    if (!again && shared->workflow_id)
        fprintf(stderr, "torc-run: to go on where it was, run: torc-run --workflow %lld\n",
                (long long)shared->workflow_id);
}

// The job ends with its first task, so the other nodes are waited for.
static int leave(pid_t *peers, const struct keeper_shared *shared, int code)
{
    bool told;
    if (*peers)
        attend(0, peers, &told);
    if (shared->gives_back)
        peers_give_back();
    return code;
}

bool keeper_is_orphan(pid_t keeper, const struct keeper_shared *shared)
{
    struct proc_stat process;
    cleanup_close int proc = proc_open();
    return !proc_stat(proc, keeper, &process) && process.ppid != shared->parent;
}

int keeper_run(int (*run)(void *argument, struct keeper_shared *shared), void *argument)
{
    struct keeper_shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        fprintf(stderr, "torc-run: cannot share memory: %s\n", strerror(errno));
        return ERROR_INTERNAL;
    }
    shared->parent = getppid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signals_block();
    bool told = false;
    pid_t peers = peers_start(argument);
    for (int again = 0;;) {
        shared->progress = false;
        pid_t runner = start(run, argument, shared);
        if (runner < 0) {
            fprintf(stderr, "torc-run: cannot start the runner: %s\n", strerror(errno));
            return ERROR_INTERNAL;
        }
        crash_point("keeper-waits");
        int status = attend(runner, &peers, &told);
        crash_point("keeper-not-swept");
        sweep(&peers);
        crash_point("keeper-swept");
        job_socket_remove(shared->socket);
        if (WIFEXITED(status))
            return leave(&peers, shared, WEXITSTATUS(status));
        again = shared->progress ? 1 : again + 1;
        if (told || !shared->workflow_id || again > AGAIN_MOST)
            again = 0;
        tell(WTERMSIG(status), again, shared);
        if (!again)
            return leave(&peers, shared, ERROR_INTERNAL);
    }
}

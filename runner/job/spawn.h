// SPDX-License-Identifier: GPL-2.0-or-later
// Starts a process at the price of a vfork, whatever the runner's size: in its cgroup, its own
// session, with its files open.
#ifndef RUNNER_JOB_SPAWN_H
#define RUNNER_JOB_SPAWN_H

#include <sched.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "lib/base/error.h"
#include "lib/meter/meter.h"

struct spawn {
    char *const *argv;     // argv[0] as the program sees it
    const char *path;      // what is executed
    char *const *fallback; // NULL, or the argv to execute (its [0] being a path) when path cannot
                           // be: bash's
    char *const *environment;
    const char *workdir;       // NULL: the runner's
    int output_dir;            // the next three are relative to it; NULL: /dev/null
    const char *output_folder; // its name, for messages
    const char *stdout_path, *stderr_path;
    bool combined;                   // stderr goes where stdout goes
    const int *output_fds;           // NULL: those; else where the two go
    const struct meter_entry *entry; // NULL: no place of its own
    const cpu_set_t *affinity;       // NULL: the runner's
    const struct rlimit *files;      // NULL: the runner's
    bool no_job; // it stays in the runner's session, so that no job is taken for its parent
};

// Starts it: default signals, nothing blocked, leader of a new session (or group), killed when the
// calling thread dies, standard input the runner's (which is /dev/null). Returns its pid, or -1
// with what failed (a limit of the system, no such folder, …) in err; nothing is left running then.
// Only the main thread may call this.
pid_t spawn_start(const struct spawn *spawn, struct error *err);

#endif

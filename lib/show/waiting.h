// SPDX-License-Identifier: GPL-2.0-or-later
// Why jobs that could run do not: what every runner that is alive and every allocation that is to
// come lacks for them. What is not known is said to be so.
#ifndef LIB_SHOW_WAITING_H
#define LIB_SHOW_WAITING_H

#include <stddef.h>

#include "lib/store/read.h"

struct waiting;

// Reads the runners and allocations of the workflow, which must live as long; NULL: it failed.
struct waiting *waiting_create(struct store *store, const struct workflow_info *workflow,
                               struct error *err);
void waiting_destroy(struct waiting *waiting);

// The Slurm jobs that are not known to run, for the one squeue about all of them.
size_t waiting_queued(const struct waiting *waiting, const int64_t **slurm_jobs);
// What it said (lib/slurm/look.h), or why it said nothing; both borrowed. Without this call nothing
// is said of when they start.
void waiting_heard(struct waiting *waiting, const char *lines, const char *error);

// In a clause, why ready jobs of the class wait: "no runner has 2 gpus (0 at most); waits for Slurm
// job 12 (Resources), expected to start at …". supports_termination: so do all of them. The
// caller's.
char *waiting_class(const struct waiting *waiting, const struct class_info *class,
                    bool supports_termination);

// In *text the same of one job in any state that waits, and for others NULL; the caller's.
int waiting_job(struct waiting *waiting, const struct job_info *job, char **text,
                struct error *err);

// A line of all jobs of one state that wait for the same, by class or by need, the largest first.
struct waiting_group {
    enum job_state state, need_state; // need_state: of the job that blocked ones wait for
    char *class_name, *text;          // class_name NULL: of several
    int64_t jobs;
    bool labelled; // they are for runners that somebody starts by hand
};
struct waiting_groups {
    struct waiting_group *list;
    size_t count, space;
    int64_t others; // blocked jobs that are in none of them
};
int waiting_groups_read(const struct waiting *waiting, struct store *store,
                        const struct workflow_info *workflow, struct waiting_groups *groups,
                        struct error *err);
void waiting_groups_fini(struct waiting_groups *groups);

#endif

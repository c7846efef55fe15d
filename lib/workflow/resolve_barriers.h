// SPDX-License-Identifier: GPL-2.0-or-later
// N jobs that all need the same M others: N + M needs through a barrier, a job without a command,
// instead of N × M.
#ifndef LIB_WORKFLOW_RESOLVE_BARRIERS_H
#define LIB_WORKFLOW_RESOLVE_BARRIERS_H

#include "lib/workflow/resolve.h"

struct barrier {
    struct need_group *group;
    bool cancels;
    const char *name;
};

struct barriers { // starts zeroed but for resolver
    struct resolver *resolver;
    struct barrier *list;
    size_t count, space;
    struct names lists;         // by what is in them: the groups that lists of needs make
    struct need_group **groups; // of lists; owned
    size_t groups_space;
    struct names names; // of barriers, once there are some
};

enum { BARRIER_LEAST = 8 }; // shorter lists of needs stay lists

// The group of a list of needs; lists with the same jobs, in whatever order, have one.
struct need_group *barriers_group(struct barriers *barriers, const uint32_t *jobs, size_t count);

// First every job says which groups it needs …
void barriers_announce(struct barriers *barriers, struct need_group *group, uint32_t job);

// … then it asks: the barrier to need instead of the group's `count` jobs, which it then stands
// for, or NO_JOB when that would save nothing. The jobs are copied if the group has none yet.
uint32_t barriers_find(struct barriers *barriers, struct need_group *group, const uint32_t *jobs,
                       size_t count, uint32_t job);

void barriers_fini(struct barriers *barriers);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// More for the jobs that died of too little: half as much again of memory, from what was used or
// allowed, in steps of 256 MiB, and half as much again of runtime. Pure.
#ifndef LIB_RESTART_ESCALATE_H
#define LIB_RESTART_ESCALATE_H

#include <stddef.h>

#include "lib/restart/decide.h"

struct escalation_limits { // what some node and some partition has; 0: not known
    int64_t memory_bytes, runtime_usec;
};

// Of a class, what its jobs that died of memory (oom) or of runtime get.
struct escalation {
    uint32_t class_index;
    uint32_t jobs;                                  // 0: there is no more than they have
    bool memory, runtime;                           // which of the two grows
    bool capped;                                    // it would be more, but nobody has more
    int64_t memory_bytes, runtime_usec, peak_bytes; // peak: the largest use; UNKNOWN: not measured
    char *name;                                     // of the new class
};

struct escalations {
    struct escalation *list;
    size_t count, space;
    int64_t *of_job; // by job: index into list, or -1
};

void escalate(const struct restart_facts *facts, const struct restart_verdict *verdicts,
              const struct escalation_limits *limits, struct escalations *escalations);
void escalations_fini(struct escalations *escalations);

#endif

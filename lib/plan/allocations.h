// SPDX-License-Identifier: GPL-2.0-or-later
// Part of the planner: what allocations are asked for with, and how many of which shape the jobs of
// one class need. Those of several classes: lib/plan/shape.h. Pure.
#ifndef LIB_PLAN_ALLOCATIONS_H
#define LIB_PLAN_ALLOCATIONS_H

#include "lib/plan/fit.h"

// until the first job of an allocation starts; else a job that needs all of it never would
enum { START_SLACK_SECS = 5 };

struct times { // how long the allocations of a class may be, and what that holds
    int64_t longest, runtime;
    int32_t rounds;
};
struct times class_times(const struct plan_request *request, const struct plan_class *class,
                         const struct fit *fit);

struct needed { // on a node, for the jobs that are side by side there
    int32_t cpus, gpus;
    int64_t memory_bytes, tmp_bytes;
};

// What the group asks for: nodes, CPUs, GPUs and memory of nodes that have at least `least`.
void group_set_resources(struct plan_group *group, const struct plan_request *request,
                         const struct class_row *row, const struct fit *fit,
                         const struct fit_least *least, const struct needed *needed);

// The walltime that leaves so much for jobs, at most `longest`; and what goes with it.
void group_set_walltime(struct plan_group *group, const struct plan_request *request,
                        const struct fit *fit, int64_t work_usec, int64_t longest_usec);

// What the classes of a pool have in common.
struct plan_group group_of(const struct plan_class *class, const struct fit *fit);

// Allocations that the class may have besides those that it has.
int64_t group_most(const struct plan_request *request, const struct plan_class *class,
                   const struct fit *fit);

// Shape and count for so many jobs of one class.
void group_shape(struct plan_group *group, const struct plan_request *request,
                 const struct plan_class *class, const struct fit *fit, int64_t jobs);

int64_t margin_of(const struct settings *settings, int64_t walltime_usec);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// The planner: from the jobs that wait per resource class, the cluster and the settings to
// allocations. A pure function; the formulas are design §4. As few allocations as do the work: each
// is one job array element, each group one sbatch.
#ifndef LIB_PLAN_PLAN_H
#define LIB_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/plan/cluster.h"
#include "lib/plan/demand.h"
#include "lib/workflow/settings.h"

enum { PLAN_KILL_WAIT_SECS = 30 }; // Slurm's, unless the site says otherwise
// for runner and slurmstepd, which the allocation's memory limit counts too
enum { PLAN_OWN_BYTES = 64 * 1024 * 1024 };
enum { PLAN_ALL_ROUNDS = 10000 }; // more rounds than this in one allocation are never planned

struct plan_class { // what the planner is told of one resource class
    const struct class_row *row;
    int64_t class_id;
    int64_t ready, soon; // need = ready + soon; soon only ever sizes what ready causes
    int64_t later;       // blocked, besides soon: shown, and checked, not asked for
    int64_t room;        // jobs that live and queued allocations have slots and time for
    int64_t allocations; // of these, which count against max_allocations
    bool waiting;        // a request made for it has not started: none is planned
    bool held;           // by the action that covers it: likewise
    const char *job;     // a job to name in messages; NULL: the class is named
    bool any_length;     // its jobs support termination, so may be longer than an allocation
};

struct plan_group { // one sbatch request: `count` allocations of one shape
    int64_t class_id;
    // scheduler: NULL: none, jobs bound to one are not for it
    const char *class_name, *partition, *scheduler;
    const struct scheduler *asked; // whose options sbatch is given; NULL: none
    bool now;                      // false: a later stage, whose jobs no one can start yet
    bool whole_nodes;
    int32_t action; // that asks for it; 0: none. With count 0 it needs nothing any more
    int32_t stage;  // of all stages at once; from 2 on it begins when the one before has ended; 0:
                    // no such plan
    int64_t jobs;   // that it was made for
    int32_t count;  // allocations
    int32_t slots, rounds;     // jobs side by side, and one after another, in each
    int32_t cpus, gpus, nodes; // asked for; cpus and gpus a node
    int64_t memory_bytes;      // asked for, a node
    bool memory_unasked;       // of memory_bytes: it comes without --mem, which the site refuses
    int64_t tmp_bytes;      // local scratch asked for, a node; 0: none, or Slurm does not know what
                            // nodes have
    int32_t kill_wait_secs; // what Slurm leaves between TERM and KILL; 0: not known
    int64_t own_bytes; // of it, what jobs leave to the runner: PLAN_OWN_BYTES, or less where there
                       // is no more
    int64_t walltime_usec; // whole minutes
    int64_t margin_usec;   // before its end, jobs are told to end
};

struct plan_note {
    bool refused; // this class can never run; else a warning
    char *text;   // names job, limit and partition
};

struct plan {
    struct plan_group *groups;
    struct plan_note *notes;
    size_t groups_count, groups_space, notes_count, notes_space;
    bool refused; // some note is
};

struct plan_request {
    const struct plan_class *classes;
    size_t classes_count;
    const struct action_demand *actions;
    size_t actions_count;
    const struct cluster *cluster;
    const struct settings *settings; // partition, account, qos, walltime, max_allocations, margin
};

// Plans every class that has ready jobs for which there is no room, and, with now = false, those
// that come later; and what actions ask for: one group each, for all classes that it covers. On
// refusal the plan holds the groups of the other classes. plan_fini is always
// due; strings of groups are borrowed.
void plan_make(struct plan *plan, const struct plan_request *request);
void plan_fini(struct plan *plan);

// The classes of a demand; the caller frees.
struct plan_class *plan_classes_of_demand(const struct demand *demand);

// The classes of a workflow that no database knows yet: what is ready and soon is counted from its
// dependencies, each class names its most demanding job. The caller frees; as many as the workflow
// has.
struct plan_class *plan_classes_of_workflow(const struct workflow *workflow);
// Likewise its actions.
struct action_demand *plan_actions_of_workflow(const struct workflow *workflow, size_t *count);

#endif

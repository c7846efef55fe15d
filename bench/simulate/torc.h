// SPDX-License-Identifier: GPL-2.0-or-later
// torc itself: the real planner, store, demand and packing; what stands in for torc-run and
// torc-sbatch is torc.c, and torc_ask.c where they ask for allocations.
#ifndef BENCH_SIMULATE_TORC_H
#define BENCH_SIMULATE_TORC_H

#include "bench/simulate/world.h"
#include "lib/store/pack.h"
#include "lib/store/store.h"
#include "lib/workflow/settings.h"

enum allocation_phase { PHASE_WAITS, PHASE_LIVE, PHASE_OVER };

struct sim_allocation {
    enum allocation_phase phase;
    int64_t number; // its job of Slurm
    int64_t array, submission;
    int32_t element; // -1: it is no array
    const char *tag;
    int64_t own_bytes; // what jobs leave to the runner
    struct pack_shape has, free;
    int64_t walltime_usec, limit_usec; // by the queue's clock
    int64_t runner_id, seq, active_usec;
    int64_t seen; // struct torc.change, at its last claim
    size_t live;  // jobs
    bool may_come;
};

struct sim_attempt { // of one job
    int32_t run_id, attempt_id;
    int32_t starts; // that it has had
    uint32_t on;    // index of the allocation
    bool live;
};

struct torc {
    struct world *world;
    char folder[64];
    struct store *store;
    int64_t workflow_id;
    struct settings settings;
    struct arena *arena; // of tags
    struct sim_allocation *list;
    size_t count, space;
    struct sim_attempt *attempts; // by job
    size_t ready;                 // jobs that nobody holds
    int64_t change;               // grows when more become ready
    int64_t asked_usec;           // for allocations; 0: never
    bool due, beats;              // more is needed; an event for it is on its way
};

// Before anything is created: what can never run ends the program.
struct workflow;
void torc_plan_workflow(struct torc *torc, struct workflow *workflow);

// Plans and submits: first, as torc-sbatch does; then as a runner with torc-sbatch --top-up.
void torc_ask(struct torc *torc, bool first);

// Ends the program.
void torc_fail(const char *what, const struct error *err) __attribute__((noreturn));

#endif

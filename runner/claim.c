// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/claim.h"

#include "runner/end_time.h"
#include "runner/peers.h"

enum {
    RATE_USEC = 100 * USEC_PER_MSEC, // what is prefetched lasts about so long
    PREFETCH_MOST = 4096,
};

int32_t claim_target(struct runner *runner)
{
    while (runner->jobs.now - runner->rate_times[0] >= RATE_USEC) {
        bool just_now = runner->jobs.now - runner->rate_times[0] < 2 * RATE_USEC;
        runner->rate_counts[1] = just_now ? runner->rate_counts[0] : 0;
        runner->rate_counts[0] = 0;
        runner->rate_times[0] = just_now ? runner->rate_times[0] + RATE_USEC : runner->jobs.now;
    }
    int32_t target = runner->rate_counts[0] > runner->rate_counts[1] ? runner->rate_counts[0]
                                                                     : runner->rate_counts[1];
    return target < PREFETCH_MOST ? target : PREFETCH_MOST;
}

// More than there are CPUs, unless an action says how many.
int32_t claim_room(const struct runner *runner)
{
    int32_t most = runner->grant.max_parallel_jobs, live = (int32_t)runner->jobs.live_count;
    return !most ? INT32_MAX : most > live ? most - live : 0;
}

void claim_fill(struct runner *runner, struct claim_request *claim)
{
    if (!intake_is_open(&runner->intake) || runner->action.closing)
        return;
    int32_t at_hand = (int32_t)runner->jobs.held_count, target = claim_target(runner);
    claim->cpus = runner->jobs.node.cpus_free;
    claim->memory_bytes = runner->jobs.node.memory_free;
    claim->gpus_milli = node_gpus_free_milli(&runner->jobs.node);
    int32_t room = claim_room(runner);
    claim->max_jobs = claim->cpus < room ? claim->cpus : room;
    claim->prefetch = target > at_hand ? target - at_hand : 0;
    claim->at_hand = at_hand;
    claim->time_left_usec = end_time_left_usec(&runner->end_time, &runner->jobs);
    if (peers_nodes(runner->options) == 1) // in wide ones the store keeps room
        reserve_fill(&runner->reservation, &runner->jobs, claim);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Silence makes a runner suspect, no more: it may be suspended, or cut off from the database. Slurm
// says what it is; on this host its process does.
#include "lib/slurm/lost_runner.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/meter/incarnation.h"
#include "lib/slurm/slurm.h"
#include "lib/store/journal.h"
#include "lib/store/read_each.h"
#include "lib/store/start_log.h"

enum {
    BEATS_USEC = 3 * BEAT_SECS * USEC_PER_SEC,
    CLOCKS_USEC = BEAT_SECS * USEC_PER_SEC / 3 // by which those of nodes may differ
};

struct suspect {
    int64_t runner_id, allocation_id;
    int64_t silent_usec; // for so long at least, or it is not lost
    char *node;
};

struct suspects { // of the runners that have not left
    bool (*wanted)(const struct runner_info *runner);
    struct suspect *list;
    size_t count, space;
};

static bool is_silent(const struct runner_info *r)
{
    return r->heartbeat_usec <= clock_real_usec() - BEATS_USEC - CLOCKS_USEC;
}

bool lost_runner_is_dead(const struct runner_info *r)
{
    char host[256] = "";
    return !r->end_usec && !r->lost && !gethostname(host, sizeof host - 1) &&
           !strcmp(r->host, host) && incarnation_process(r->incarnation, host) == 0;
}

// A dead one is no more than suspected: its keeper starts it again.
static bool is_suspect_in_allocation(const struct runner_info *r)
{
    return r->allocation_id && (is_silent(r) || lost_runner_is_dead(r));
}

static bool is_dead_by_hand(const struct runner_info *r)
{
    return !r->allocation_id && lost_runner_is_dead(r);
}

static bool is_alive(const struct runner_info *r)
{
    return !is_silent(r) && !lost_runner_is_dead(r);
}

static int each_runner(void *context, const struct read_reply *reply, uint32_t index,
                       struct error *err)
{
    struct suspects *suspects = context;
    const struct runner_info *r = &reply->runners[index];
    (void)err;
    if (r->end_usec || r->lost || !suspects->wanted(r))
        return 0;
    suspects->list =
        array_grow(suspects->list, suspects->count, &suspects->space, sizeof *suspects->list);
    suspects->list[suspects->count++] = (struct suspect){
        r->id, r->allocation_id, lost_runner_is_dead(r) ? 0 : BEATS_USEC, xstrdup(r->node)};
    return 0;
}

static int find(struct store *store, int64_t workflow_id, struct suspects *suspects,
                struct error *err)
{
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = workflow_id};
    return store_read_each(store, request, each_runner, suspects, err);
}

static int slurm_job_of(struct store *store, int64_t workflow_id, int64_t allocation_id,
                        int64_t *job_id, struct error *err)
{
    struct read_request request = {.what = READ_ALLOCATIONS,
                                   .workflow_id = workflow_id,
                                   .after_id = allocation_id - 1,
                                   .limit = 1};
    struct read_reply reply;
    if (store_read(store, &request, &reply, err))
        return -1;
    *job_id =
        reply.count && reply.allocations->id == allocation_id ? reply.allocations->slurm_job_id : 0;
    read_reply_fini(&reply);
    return 0;
}

// node NULL: all of the allocation.
static int declare(struct store *store, int64_t workflow_id, const struct suspects *suspects,
                   int64_t allocation_id, const char *node, size_t *lost, struct error *err)
{
    struct error ignored; // a damaged one must not keep jobs from going on
    struct journal_found found;
    journal_replay(store, workflow_id, &found, &ignored);
    journal_found_fini(&found);
    for (size_t i = 0; i < suspects->count; i++) {
        const struct suspect *s = &suspects->list[i];
        bool declared = false;
        if (s->allocation_id != allocation_id || (node && strcmp(s->node, node)))
            continue;
        if (start_log_replay(store, workflow_id, s->runner_id, err) ||
            store_runner_lost(store, workflow_id, s->runner_id, s->silent_usec, &declared, err))
            return -1;
        *lost += declared;
    }
    return 0;
}

static void suspects_fini(struct suspects *suspects)
{
    for (size_t i = 0; i < suspects->count; i++)
        free(suspects->list[i].node);
    free(suspects->list);
}

int lost_runner_look(struct store *store, int64_t workflow_id, size_t *turn, bool *asked,
                     size_t *lost, struct error *err)
{
    struct suspects suspects = {.wanted = is_suspect_in_allocation};
    int64_t job_id = 0, allocation_id = 0;
    const char *node = NULL;
    bool over = false, left = false;
    *asked = false;
    *lost = 0;
    int rc = find(store, workflow_id, &suspects, err);
    if (!rc && suspects.count) {
        const struct suspect *s = &suspects.list[(*turn)++ % suspects.count];
        allocation_id = s->allocation_id;
        node = s->node;
        rc = slurm_job_of(store, workflow_id, allocation_id, &job_id, err);
    }
    if (!rc && job_id) {
        *asked = true;
        rc = slurm_job_has_left(job_id, node, &over, &left, err);
    }
    if (!rc && (over || left)) // jobs would run twice if that was a mistake
        rc = slurm_job_has_left(job_id, node, &over, &left, err);
    if (!rc && (over || left))
        rc = declare(store, workflow_id, &suspects, allocation_id, over ? NULL : node, lost, err);
    suspects_fini(&suspects);
    return rc;
}

int lost_runner_count_alive(struct store *store, int64_t workflow_id, int *alive, struct error *err)
{
    struct suspects found = {.wanted = is_alive};
    int rc = find(store, workflow_id, &found, err);
    *alive = (int)found.count;
    suspects_fini(&found);
    return rc;
}

int lost_runner_here(struct store *store, int64_t workflow_id, size_t *lost, struct error *err)
{
    struct suspects dead = {.wanted = is_dead_by_hand};
    int rc = find(store, workflow_id, &dead, err);
    *lost = 0;
    if (!rc && dead.count)
        rc = declare(store, workflow_id, &dead, 0, NULL, lost, err);
    suspects_fini(&dead);
    return rc;
}

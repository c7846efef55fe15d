// SPDX-License-Identifier: GPL-2.0-or-later
// Silence makes a runner suspect, no more: it may be suspended, or cut off from the database. Slurm says what it is; on this
// host its process does.
#include "lib/lost_runner.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/incarnation.h"
#include "lib/journal.h"
#include "lib/mem.h"
#include "lib/slurm.h"
#include "lib/store_read.h"

enum { BEATS_USEC = 3 * 30 * 1000000, CLOCKS_USEC = 10 * 1000000 /* by which those of nodes may differ */ };

struct suspect {
    int64_t runner_id, allocation_id;
};

struct suspects {
    struct suspect *list;
    size_t count, space;
};

static int64_t now_usec(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int find(struct store *store, int64_t workflow_id, struct suspects *suspects, struct error *err)
{
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = workflow_id};
    int64_t before_usec = now_usec() - BEATS_USEC - CLOCKS_USEC;
    for (bool more = true; more;) {
        struct read_reply reply;
        if (store_read(store, &request, &reply, err))
            return -1;
        for (uint32_t i = 0; i < reply.count; i++) {
            const struct runner_info *r = &reply.runners[i];
            if (r->end_usec || r->lost || !r->allocation_id || r->heartbeat_usec > before_usec)
                continue;
            suspects->list = array_grow(suspects->list, suspects->count, &suspects->space, sizeof *suspects->list);
            suspects->list[suspects->count++] = (struct suspect){r->id, r->allocation_id};
        }
        request.after_id = reply.last_id;
        more = reply.more;
        read_reply_fini(&reply);
    }
    return 0;
}

static int slurm_job_of(struct store *store, int64_t workflow_id, int64_t allocation_id, int64_t *job_id, struct error *err)
{
    struct read_request request = {
        .what = READ_ALLOCATIONS, .workflow_id = workflow_id, .after_id = allocation_id - 1, .limit = 1};
    struct read_reply reply;
    if (store_read(store, &request, &reply, err))
        return -1;
    *job_id = reply.count && reply.allocations->id == allocation_id ? reply.allocations->slurm_job_id : 0;
    read_reply_fini(&reply);
    return 0;
}

static int declare(struct store *store, int64_t workflow_id, const struct suspects *suspects, int64_t allocation_id, size_t *lost,
                   struct error *err)
{
    struct error of_journal; /* a damaged one must not keep jobs from going on */
    journal_replay(store, workflow_id, NULL, &of_journal);
    for (size_t i = 0; i < suspects->count; i++) {
        const struct suspect *s = &suspects->list[i];
        bool declared = false;
        if (s->allocation_id != allocation_id)
            continue;
        if (store_runner_lost(store, workflow_id, s->runner_id, BEATS_USEC, &declared, err))
            return -1;
        *lost += declared;
    }
    return 0;
}

int lost_runner_look(struct store *store, int64_t workflow_id, size_t *turn, bool *asked, size_t *lost, struct error *err)
{
    struct suspects suspects = {0};
    int64_t job_id = 0, allocation_id = 0;
    bool over = false;
    *asked = false;
    *lost = 0;
    int rc = find(store, workflow_id, &suspects, err);
    if (!rc && suspects.count) {
        allocation_id = suspects.list[(*turn)++ % suspects.count].allocation_id;
        rc = slurm_job_of(store, workflow_id, allocation_id, &job_id, err);
    }
    if (!rc && job_id) {
        *asked = true;
        rc = slurm_job_is_over(job_id, &over, err);
    }
    if (!rc && over)
        rc = declare(store, workflow_id, &suspects, allocation_id, lost, err);
    free(suspects.list);
    return rc;
}

bool lost_runner_is_dead(const struct runner_info *runner)
{
    char host[256] = "";
    return !runner->end_usec && !runner->lost && !gethostname(host, sizeof host - 1) && !strcmp(runner->host, host) &&
           incarnation_process(runner->incarnation, host) == 0;
}

int lost_runner_count_alive(struct store *store, int64_t workflow_id, int *alive, struct error *err)
{
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = workflow_id};
    int64_t before_usec = now_usec() - BEATS_USEC - CLOCKS_USEC;
    *alive = 0;
    for (bool more = true; more;) {
        struct read_reply reply;
        if (store_read(store, &request, &reply, err))
            return -1;
        for (uint32_t i = 0; i < reply.count; i++) {
            const struct runner_info *r = &reply.runners[i];
            *alive += !r->end_usec && !r->lost && r->heartbeat_usec > before_usec && !lost_runner_is_dead(r);
        }
        request.after_id = reply.last_id;
        more = reply.more;
        read_reply_fini(&reply);
    }
    return 0;
}

int lost_runner_here(struct store *store, int64_t workflow_id, size_t *lost, struct error *err)
{
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = workflow_id};
    struct error of_journal;
    int rc = 0;
    *lost = 0;
    for (bool more = true; more && !rc;) {
        struct read_reply reply;
        if (store_read(store, &request, &reply, err))
            return -1;
        for (uint32_t i = 0; i < reply.count && !rc; i++) {
            bool declared = false;
            if (reply.runners[i].allocation_id || !lost_runner_is_dead(&reply.runners[i]))
                continue;
            journal_replay(store, workflow_id, NULL, &of_journal); /* see declare() */
            rc = store_runner_lost(store, workflow_id, reply.runners[i].id, 0, &declared, err);
            *lost += declared;
        }
        request.after_id = reply.last_id;
        more = reply.more;
        read_reply_fini(&reply);
    }
    return rc;
}

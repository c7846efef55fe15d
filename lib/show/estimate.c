// SPDX-License-Identifier: GPL-2.0-or-later
// The pace is measured in work, not in jobs: one of an hour counts as many of a second.
#include "lib/show/estimate.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/slurm/lost_runner.h"
#include "lib/store/read.h"

struct estimate estimate_make(const struct pace_info *pace, int runners)
{
    if (runners <= 0 || pace->jobs_ended <= 0 || pace->jobs_left <= 0 || pace->left_usec <= 0 ||
        pace->worked_usec <= 0 || pace->runners_usec <= 0)
        return (struct estimate){0};
    double slots = (double)pace->worked_usec / (double)pace->runners_usec * runners;
    if (slots > (double)pace->jobs_left)
        slots = (double)pace->jobs_left;
    double left_usec = (double)pace->left_usec / slots;
    if (left_usec > (double)(INT64_MAX / 2))
        return (struct estimate){0};
    return (struct estimate){.known = true,
                             .left_usec = (int64_t)left_usec,
                             .jobs_ended = pace->jobs_ended,
                             .slots = slots < 1 ? 1 : (int64_t)(slots + 0.5)};
}

int estimate_read(struct store *store, int64_t workflow_id, struct estimate *estimate,
                  struct error *err)
{
    struct read_request request = {.what = READ_PACE, .workflow_id = workflow_id};
    struct read_reply reply;
    int runners;
    *estimate = (struct estimate){0};
    if (lost_runner_count_alive(store, workflow_id, &runners, err))
        return -1;
    if (!runners)
        return 0;
    if (store_read(store, &request, &reply, err))
        return -1;
    if (reply.count)
        *estimate = estimate_make(reply.pace, runners);
    read_reply_fini(&reply);
    return 0;
}

// "about 12 min", rounded as far as it can be believed
static char *about(int64_t usec)
{
    enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
    static const struct {
        int64_t secs;
        const char *name;
        int64_t below_secs; // 0: no end
    } units[] = {{MINUTE, "min", 2 * HOUR}, {HOUR, "h", 2 * DAY}, {DAY, "days", 0}};
    int64_t secs = usec / USEC_PER_SEC;
    if (secs < MINUTE)
        return xstrdup("less than a minute");
    size_t i = 0;
    while (units[i].below_secs && secs >= units[i].below_secs)
        i++;
    return xasprintf("about %" PRId64 " %s", (secs + units[i].secs / 2) / units[i].secs,
                     units[i].name);
}

char *estimate_text(const struct estimate *estimate)
{
    if (!estimate->known)
        return NULL;
    cleanup_free char *left = about(estimate->left_usec), *basis = estimate_basis(estimate);
    return xasprintf("%s left (%s)", left, basis);
}

char *estimate_basis(const struct estimate *estimate)
{
    if (!estimate->known)
        return NULL;
    return xasprintf("from %" PRId64 " %s that ended, %" PRId64 " at a time", estimate->jobs_ended,
                     estimate->jobs_ended == 1 ? "job" : "jobs", estimate->slots);
}

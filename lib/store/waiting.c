// SPDX-License-Identifier: GPL-2.0-or-later
// Polls for changes, less often the longer there is none.
#include "lib/store/waiting.h"

#include "lib/base/clock.h"
#include "lib/store/store.h"

enum { POLL_LEAST_MSEC = 20, POLL_MOST_MSEC = 1000 };

int waiting_result(const struct workflow_info *info)
{
    enum {
        GOOD = 1u << JOB_COMPLETED | 1u << JOB_DISABLED,
        MOVES = 1u << JOB_UNINITIALIZED | 1u << JOB_READY | 1u << JOB_PENDING | 1u << JOB_RUNNING,
    };
    bool stuck = info->counts[JOB_PENDING_FAILED] && !job_states_count(info->counts, MOVES);
    if (info->state != WORKFLOW_COMPLETE && info->state != WORKFLOW_CANCELED && !stuck)
        return -1;
    if (info->state == WORKFLOW_CANCELED && info->runners_alive && info->last_actions)
        return -1; // commands are run for its end
    return job_states_count(info->counts, JOB_STATES_ALL & ~GOOD) ? 1 : 0;
}

static int look(const struct waiting *waiting, bool changed, struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = waiting->workflow_id};
    struct read_reply reply;
    if (store_read(waiting->store, &request, &reply, err))
        return -1;
    int result =
        waiting->look(waiting->context, reply.count ? reply.workflows : NULL, changed, err);
    read_reply_fini(&reply);
    return result;
}

int waiting_run(const struct waiting *waiting, struct error *err)
{
    int64_t change, seen = -1, pause_msec = POLL_LEAST_MSEC, looked_msec = 0;
    int result = -1;
    err->code = ERROR_NONE;
    while (result < 0 && err->code == ERROR_NONE && !(waiting->stop && *waiting->stop)) {
        if (store_change(waiting->store, &change, err))
            return -1;
        bool changed = change != seen;
        pause_msec = changed                           ? POLL_LEAST_MSEC
                     : pause_msec * 2 < POLL_MOST_MSEC ? pause_msec * 2
                                                       : POLL_MOST_MSEC;
        if (changed || clock_mono_msec() - looked_msec > waiting->patience_msec) {
            looked_msec = clock_mono_msec();
            seen = change;
            result = look(waiting, changed, err);
        }
        if (result < 0 && err->code == ERROR_NONE) {
            struct timespec pause = clock_timespec(pause_msec * USEC_PER_MSEC);
            nanosleep(&pause, NULL);
        }
    }
    return result;
}

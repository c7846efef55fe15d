// SPDX-License-Identifier: GPL-2.0-or-later
// Who is dead is told by the process, not by a clock.
#include "runner/predecessor.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/meter/incarnation.h"
#include "lib/meter/proc.h"
#include "lib/store/read.h"

enum { DYING_USEC = 5 * USEC_PER_SEC };

// A runner without its keeper is about to end: it is given time to.
static bool is_gone(const struct runner_info *runner, const char *host)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    struct proc_stat self, process, keeper;
    cleanup_close int proc = proc_open();
    if (runner->end_usec || runner->lost || strcmp(runner->host, host) ||
        proc_stat(proc, getpid(), &self))
        return false;
    for (int64_t begin_usec = clock_mono_usec(); clock_mono_usec() - begin_usec < DYING_USEC;
         nanosleep(&pause, NULL)) {
        int pid = incarnation_process(runner->incarnation, host);
        if (pid <= 0)
            return pid == 0;
        if (!proc_stat(proc, pid, &process) && !proc_stat(proc, process.ppid, &keeper) &&
            !strcmp(keeper.name, self.name))
            return false;
    }
    return false;
}

struct predecessors predecessors_find(struct store *store, int64_t workflow_id, const char *host)
{
    struct predecessors found = {0};
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = workflow_id};
    struct read_reply reply;
    size_t space = 0;
    for (bool more = true; more && !store_read(store, &request, &reply, NULL);
         read_reply_fini(&reply)) {
        for (uint32_t i = 0; i < reply.count; i++) {
            if (!is_gone(&reply.runners[i], host))
                continue;
            found.ids = array_grow(found.ids, found.count, &space, sizeof *found.ids);
            found.ids[found.count++] = reply.runners[i].id;
        }
        request.after_id = reply.last_id;
        more = reply.more;
    }
    return found;
}

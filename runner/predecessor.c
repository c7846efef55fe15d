// SPDX-License-Identifier: GPL-2.0-or-later
// A process is told from a later one of the same number by when it started.
#include "runner/predecessor.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/store_read.h"
#include "runner/clock.h"

enum { SLACK_USEC = 2 * USEC_PER_SEC }; /* start times are in ticks, and the store has its own clock */

/* When the process started, by the real clock; 0: there is none. */
static int64_t process_start_usec(int32_t pid)
{
    char path[64], line[1024];
    unsigned long long ticks;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    cleanup_fclose FILE *f = fopen(path, "re");
    const char *name_end = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (!name_end || sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                            &ticks) != 1)
        return 0;
    int64_t boot_usec = clock_real_usec() - clock_read_usec(CLOCK_BOOTTIME);
    return boot_usec + (int64_t)ticks * USEC_PER_SEC / sysconf(_SC_CLK_TCK);
}

static bool is_gone(const struct runner_info *runner, const char *host)
{
    if (runner->end_usec || runner->lost || strcmp(runner->host, host))
        return false;
    int64_t start_usec = process_start_usec(runner->pid);
    return !start_usec || start_usec > runner->started_usec + SLACK_USEC;
}

struct predecessors predecessors_find(struct store *store, int64_t workflow_id, const char *host)
{
    struct predecessors found = {0};
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = workflow_id};
    struct read_reply reply;
    size_t space = 0;
    for (bool more = true; more && !store_read(store, &request, &reply, NULL); read_reply_fini(&reply)) {
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

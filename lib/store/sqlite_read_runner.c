// SPDX-License-Identifier: GPL-2.0-or-later
// Allocations and their runners, for reports.
#include "lib/store/read.h"
#include "lib/store/sqlite_row.h"

int read_allocation(struct page *p, void *row, sqlite3_stmt *s)
{
    struct allocation_info *a = row;
    int state = one_of(s, 14, ALLOCATION_STATES);
    *a = (struct allocation_info){
        .id = row_id(s, 0),
        .submission_id = row_id(s, 1),
        .slurm_job_id = number(s, 2),
        .submitted_usec = number(s, 3),
        .start_usec = number(s, 4),
        .end_usec = number(s, 5),
        .limit_usec = number(s, 6),
        .walltime_usec = known(s, 7),
        .jobs_run = number(s, 8),
        .array_task_id = small_known(s, 9),
        .cpus = small_known(s, 10),
        .gpus = small_known(s, 11),
        .nodes = small_known(s, 12),
        .memory_bytes = known(s, 13),
        .state = state < ALLOCATION_STATES ? (enum allocation_state)state : ALLOCATION_UNKNOWN,
        .partition = db_text(p->arena, s, 15),
        .node_list = db_text(p->arena, s, 16),
        .tag = text(p, s, 17),
        .error = db_text(p->arena, s, 18),
        .scheduler = db_text(p->arena, s, 19),
    };
    return 0;
}

int read_runner(struct page *p, void *row, sqlite3_stmt *s)
{
    struct runner_info *r = row;
    *r = (struct runner_info){
        .id = row_id(s, 0),
        .allocation_id = row_id(s, 1),
        .started_usec = number(s, 2),
        .heartbeat_usec = number(s, 3),
        .end_usec = number(s, 4),
        .jobs_run = number(s, 5),
        .host = text(p, s, 6),
        .node = text(p, s, 7),
        .labels = db_text(p->arena, s, 8),
        .pid = small(s, 9),
        .cpus = small_known(s, 10),
        .gpus_milli = small_known(s, 11),
        .memory_bytes = known(s, 12),
        .lost = small(s, 13) != 0,
        .accounting = (enum usage_source)none_or_one_of(s, 14, SOURCES),
        .incarnation = text(p, s, 15),
        .limit_usec = number(s, 16),
        .scheduler = db_text(p->arena, s, 17),
        .used_usec = number(s, 18),
        .running_usec = number(s, 19),
        .lost_usec = number(s, 20),
        .unfit_usec = number(s, 21),
        .unknown_usec = number(s, 22),
        .first_usec = number(s, 23),
        .last_usec = number(s, 24),
    };
    return 0;
}

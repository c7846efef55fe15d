// SPDX-License-Identifier: GPL-2.0-or-later
// Actions, with each time that a runner did them.
#include "lib/base/mem.h"
#include "lib/store/sqlite_row.h"

static const char *word(const char *const *names, int count, int place)
{
    return place >= 0 && place < count ? names[place] : "unknown";
}

static int read_runs(struct page *p, struct action_info *a)
{
    cleanup_free struct action_run_info *list = NULL;
    size_t count = 0, space = 0;
    sqlite3_stmt *s = db_query(p->db, p->err, SQL_RUNS_OF_ACTION, "l", a->id);
    int rc = -1;
    while (s && (rc = db_step(p->db, s, p->err)) > 0) {
        list = array_grow(list, count, &space, sizeof *list);
        list[count++] = (struct action_run_info){
            .run_id = small(s, 0),
            .start_usec = number(s, 1),
            .end_usec = number(s, 2),
            .state = sqlite3_column_type(s, 3) == SQLITE_NULL
                         ? ACTION_RUNNING
                         : (enum action_state)one_of(s, 3, ACTION_STATES),
            .commands_done = small_known(s, 4),
            .exit_code = small_known(s, 5),
            .signal = small_known(s, 6),
            .message = db_text(p->arena, s, 7),
            .output = db_text(p->arena, s, 8),
            .log = db_text(p->arena, s, 9),
            .node = text(p, s, 10),
            .runner_id = number(s, 11),
        };
    }
    a->runs = arena_alloc(p->arena, count * sizeof *list + 1);
    if (count)
        memcpy(a->runs, list, count * sizeof *list);
    a->runs_count = (uint32_t)count;
    return rc;
}

int read_action(struct page *p, void *row, sqlite3_stmt *s)
{
    struct action_info *a = row;
    *a = (struct action_info){
        .id = row_id(s, 0),
        .position = small(s, 1),
        .trigger = word(action_trigger_names, ACTION_TRIGGERS, small(s, 2)),
        .type = word(action_type_names, ACTION_TYPES, small(s, 3)),
        .each_runner = small(s, 4) != 0,
        .commands = db_text(p->arena, s, 5),
        .scheduler = db_text(p->arena, s, 6),
        .num_allocations = small(s, 7),
        .max_parallel_jobs = small(s, 8),
        .jobs = small(s, 9),
        .state = (enum action_state)one_of(s, 10, ACTION_STATES),
        .run_id = small(s, 11),
        .fired_usec = number(s, 12),
        .waits_for = db_text(p->arena, s, 13),
        .waits_state = (enum job_state)none_or_one_of(s, 14, JOB_STATES),
        .asked = small(s, 15) != 0,
        .refused = db_text(p->arena, s, 16),
    };
    return read_runs(p, a);
}

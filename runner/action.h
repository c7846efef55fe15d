// SPDX-License-Identifier: GPL-2.0-or-later
// What this runner does of a workflow's actions (run_commands): one at a time, beside the jobs, off
// the loop. What it takes up it ends, unless it has to leave: then the store gives it to another.
#ifndef RUNNER_ACTION_H
#define RUNNER_ACTION_H

#include <jansson.h>

#include "lib/store/action.h"
#include "runner/job/job.h"

struct runner_action {
    struct action_claim claim; // its texts are the arena's; id 0: there is none
    struct arena *arena;
    json_t *commands;
    char *log;        // its name, in the output folder
    size_t next;      // of commands
    pid_t pid;        // of the present one; 0: none
    bool stopped;     // it was told to end
    bool over, told;  // end is to be told; is in the present request
    bool closing;     // the runner leaves, once on_worker_complete is done
    bool due, starts; // the last reply: there is more to do; jobs wait for commands
    bool last;        // likewise, before the runner leaves
    struct action_end end;
};

// What a sync says of it; what that points to stays until its reply. draining: the runner has been
// told to end; given_up: at once.
struct action_wish action_wish(struct runner_action *action, bool draining, bool given_up);
// The reply: what was told is forgotten, what was claimed begins.
void action_take(struct runner_action *action, struct jobs *jobs, const struct action_news *news);

bool action_reaped(struct runner_action *action, struct jobs *jobs, pid_t pid, int status);

// The runner ends: what is not for the end of the workflow or of the runner is told to end; now:
// all is killed.
void action_stop(struct runner_action *action, bool now);

// Is there something to be told, or to be begun?
bool action_is_due(const struct runner_action *action, bool given_up);
// Nothing else is left to do: is on_worker_complete to be done first?
bool action_close(struct runner_action *action);
void action_fini(struct runner_action *action);

#endif

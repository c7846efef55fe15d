// SPDX-License-Identifier: GPL-2.0-or-later
// Actions in the store: when they fire, who gets them, what is asked of Slurm for them, and what a
// restart makes of them.
#include <string.h>

#include "lib/store/restart.h"
#include "lib/text/problem.h"
#include "tests/unit/store_fixture.h"

static int64_t load(struct fixture *f, const char *text)
{
    struct problems problems = {0};
    struct workflow w;
    is_int(workflow_load(text, strlen(text), "w.yaml", &w, &problems), 0, "the file is good");
    int64_t id = fixture_create(f, &w);
    workflow_fini(&w);
    problems_fini(&problems);
    return id;
}

static int64_t state_of(struct fixture *f, int position)
{
    cleanup_free char *sql = xasprintf("SELECT state FROM action WHERE position = %d", position);
    return fixture_number(f, sql);
}

// A sync that would do anything; the end of what was claimed before, if any.
static void sync_actions(struct fixture *f, struct test_runner *r, const struct attempt_end *ends,
                         uint32_t count, int64_t ended, int free, struct sync_reply *reply)
{
    struct action_end end = {
        .id = ended, .end_usec = 1, .exit_code = 0, .signal = UNKNOWN, .good = true};
    struct sync_request q = {
        .runner_id = r->id,
        .seq = ++r->seq,
        .ends = ends,
        .ends_count = count,
        .claim = {.max_jobs = free, .cpus = free, .memory_bytes = INT64_C(1) << 30},
        .actions = {.triggers = ~(1u << ACTION_WORKER_COMPLETE),
                    .free = true,
                    .ended = &end,
                    .ended_count = ended != 0}};
    is_int(store_sync(r->store, &q, reply, &f->err), 0, "a sync");
}

static const char cascade[] =
    "name: cascade\n"
    "actions:\n"
    " - {trigger_type: on_jobs_complete, action_type: run_commands, job_name_regexes: ['^[bcd]$'], "
    "commands: [x]}\n"
    " - {trigger_type: on_jobs_ready, action_type: run_commands, jobs: [a, b], commands: [x]}\n"
    " - {trigger_type: on_workflow_complete, action_type: run_commands, commands: [x]}\n"
    "jobs:\n"
    " - {name: a, command: x, memory: 1m}\n"
    " - {name: b, command: x, memory: 1m, depends_on: [a]}\n"
    " - {name: c, command: x, memory: 1m, depends_on: [b]}\n"
    " - {name: d, command: x, memory: 1m, depends_on: [c]}\n";

static void test_cascade(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = load(&f, cascade);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1);
    struct sync_reply claims, reply, done;
    sync_actions(&f, &r, NULL, 0, 0, 1, &claims);
    is_int(claims.claimed_count, 1, "a is claimed");
    is_int(claims.actions.claimed_count, 0, "and no action: all wait");
    struct attempt_end end = fixture_end(&claims.claimed[0], JOB_FAILED);
    sync_actions(&f, &r, &end, 1, 0, 0, &reply);
    is_int(state_of(&f, 2), ACTION_WAITING, "what was canceled was never ready");
    is_int(state_of(&f, 1), ACTION_RUNNING, "canceled jobs complete what waits for their end");
    is_int(reply.actions.claimed_count, 1, "which the same sync gives to the runner");
    is_int(fixture_number(&f, "SELECT state FROM workflow"), WORKFLOW_RUNNING,
           "the workflow has not ended before the commands have");
    sync_actions(&f, &r, NULL, 0, reply.actions.claimed[0].id, 0, &done);
    is_int(done.actions.claimed_count ? done.actions.claimed[0].position : 0, 3,
           "then those of its end");
    is_text(done.actions.claimed[0].state, "failed", "... which are told how it ended");
    is_int(fixture_number(&f, "SELECT state FROM workflow"), WORKFLOW_RUNNING,
           "they hold it up, too");
    sync_reply_fini(&reply);
    sync_actions(&f, &r, NULL, 0, done.actions.claimed[0].id, 0, &reply);
    is_int(fixture_number(&f, "SELECT state FROM workflow"), WORKFLOW_COMPLETE,
           "and then it is complete");
    is_int(reply.complete, 1, "... as the runner hears");
    sync_reply_fini(&reply);
    sync_reply_fini(&done);
    sync_reply_fini(&claims);
    fixture_invariants(&f, "cascade");
    fixture_close(&f);
}

static const char gated[] =
    "name: gated\n"
    "actions: [{trigger_type: on_workflow_start, action_type: run_commands, commands: [x]}]\n"
    "jobs: [{name: a, command: x, memory: 1m}]\n";

// The one who does it dies: the other one gets it, and only then a job.
static void test_taken_over(void)
{
    struct fixture f;
    bool declared;
    fixture_open(&f);
    int64_t w = load(&f, gated);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1),
                       other = fixture_enter(&f, f.store, w, "i2", 1);
    struct sync_reply mine, reply, again;
    sync_actions(&f, &r, NULL, 0, 0, 1, &mine);
    is_int(mine.actions.claimed_count, 1, "one runner gets the action");
    is_int(mine.claimed_count, 0, "and no job");
    sync_actions(&f, &other, NULL, 0, 0, 1, &reply);
    is_int(reply.actions.claimed_count + reply.claimed_count, 0, "the other one neither");
    is_int(reply.may_come && reply.actions.starts, 1, "but it is told to stay");
    r.seq--;
    sync_actions(&f, &r, NULL, 0, 0, 1, &again);
    is_int(again.actions.claimed_count ? again.actions.claimed[0].id : 0,
           mine.actions.claimed[0].id, "a request sent again gets the same");
    is_int(store_runner_lost(f.store, w, r.id, 0, &declared, &f.err), 0, "its runner is lost");
    sync_reply_fini(&reply);
    sync_actions(&f, &other, NULL, 0, 0, 1, &reply);
    is_int(reply.actions.claimed_count, 1, "the other one gets the action");
    is_int(reply.claimed_count, 0, "still no job");
    is_int(fixture_number(&f, "SELECT count(*) FROM action_run WHERE state = 1"), 1,
           "what was lost is recorded");
    int64_t id = reply.actions.claimed[0].id;
    sync_reply_fini(&reply);
    sync_actions(&f, &other, NULL, 0, id, 1, &reply);
    is_int(reply.claimed_count, 1, "and then the job");
    sync_reply_fini(&mine);
    sync_reply_fini(&again);
    sync_reply_fini(&reply);
    fixture_close(&f);
}

static const char nodes[] =
    "name: nodes\n"
    "slurm_schedulers: [{name: s, walltime: '10'}, {name: g, walltime: '10'}]\n"
    "actions:\n"
    " - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s, "
    "num_allocations: 2}\n"
    " - {trigger_type: on_jobs_ready, action_type: schedule_nodes, jobs: [b, c], scheduler: g}\n"
    "jobs:\n"
    " - {name: a, command: x, memory: 1m, runtime: 1m}\n"
    " - {name: b, command: x, memory: 1m, runtime: 1m, depends_on: [a]}\n"
    " - {name: c, command: x, memory: 1m, runtime: 1m, depends_on: [b]}\n";

static struct submission row_of(int32_t action, int64_t class_id)
{
    return (struct submission){.class_id = class_id,
                               .tag = action == 1 ? "one" : "two",
                               .allocations = 1,
                               .cpus = 1,
                               .nodes = 1,
                               .slots = 1,
                               .rounds = 1,
                               .memory_bytes = 1 << 20,
                               .walltime_usec = INT64_C(600000000),
                               .action = action};
}

static const struct class_demand *of_action(const struct demand *d, int32_t action)
{
    for (uint32_t i = 0; i < d->classes_count; i++)
        if (d->classes[i].row.action == action)
            return &d->classes[i];
    return NULL;
}

static void test_nodes(void)
{
    struct fixture f;
    struct demand d;
    struct sync_reply claims, reply;
    fixture_open(&f);
    int64_t w = load(&f, nodes);
    is_int(state_of(&f, 1), ACTION_FIRED, "nodes for the start are asked for at once");
    is_int(store_demand(f.store, w, &d, &f.err), 0, "demand");
    is_int(d.actions_count, 2, "both actions are in it");
    is_int(d.actions[0].due && !d.actions[1].due && !d.actions[0].again, 1, "the first is due");
    is_int(of_action(&d, 1)->held && of_action(&d, 2)->held, 1, "and nothing else is planned");
    is_text(of_action(&d, 2)->row.asks_with, "g", "the action's scheduler is known");
    struct submission row = row_of(1, of_action(&d, 1)->class_id), twice = row;
    is_int(store_submissions_create(f.store, w, &row, 1, true, d.arena, &f.err), 0, "rows");
    is_int(row.id > 0 && state_of(&f, 1) == ACTION_DONE, 1, "it has asked");
    is_int(store_submissions_create(f.store, w, &twice, 1, true, d.arena, &f.err), 0, "once more");
    is_int(twice.id, 0, "... is once too much");
    demand_fini(&d);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1);
    fixture_sync(&f, &r, NULL, 0, 1, &claims);
    struct attempt_end end = fixture_end(&claims.claimed[0], JOB_COMPLETED);
    fixture_sync(&f, &r, &end, 1, 0, &reply);
    is_int(state_of(&f, 2), ACTION_FIRED, "the first that is ready fires what asks for nodes");
    is_int(reply.demand, 1, "and the runner hears that there is need");
    sync_reply_fini(&claims);
    sync_reply_fini(&reply);
    // its allocation comes and goes, and jobs are left
    is_int(store_demand(f.store, w, &d, &f.err), 0, "demand");
    row = row_of(2, of_action(&d, 2)->class_id);
    store_submissions_create(f.store, w, &row, 1, true, d.arena, &f.err);
    demand_fini(&d);
    store_demand(f.store, w, &d, &f.err);
    is_int(of_action(&d, 2)->held, 1, "while it has allocations none are planned besides");
    demand_fini(&d);
    is_int(store_submission_answered(f.store, row.id, 77, "it is gone", &f.err), 0, "it is gone");
    is_int(store_demand(f.store, w, &d, &f.err), 0, "demand");
    is_int(of_action(&d, 2)->held, 0, "when they are gone its jobs are planned as others");
    demand_fini(&d);
    fixture_invariants(&f, "nodes");
    fixture_close(&f);
}

// sbatch refuses: it still has to ask, and is what its jobs wait for; one that was found too large
// is replaced at once.
static void test_refused(void)
{
    struct fixture f;
    struct demand d;
    fixture_open(&f);
    int64_t w = load(&f, nodes);
    store_demand(f.store, w, &d, &f.err);
    struct submission row = row_of(1, of_action(&d, 1)->class_id), half = row;
    is_int(store_submissions_create(f.store, w, &row, 1, false, d.arena, &f.err), 0, "it asks");
    half.tag = "half";
    half.replaces = row.id;
    half.error = "too many";
    is_int(store_submissions_create(f.store, w, &half, 1, false, d.arena, &f.err), 0, "for less");
    is_int(half.id > row.id && state_of(&f, 1) == ACTION_DONE, 1, "... and has asked");
    is_int(
        fixture_number(&f, "SELECT error = 'too many' AND state = 4 FROM submission ORDER BY id"),
        1, "the larger one was refused");
    demand_fini(&d);
    is_int(store_submission_answered(f.store, half.id, 0, "no", &f.err), 0, "it is refused, too");
    is_int(state_of(&f, 1), ACTION_FIRED, "so it has not asked");
    store_demand(f.store, w, &d, &f.err);
    is_int(d.actions[0].due && !d.actions[0].again && of_action(&d, 1)->held, 1,
           "it is due, for the first time, and its jobs are not planned without it");
    row = row_of(1, of_action(&d, 1)->class_id);
    row.tag = "again";
    is_int(store_submissions_create(f.store, w, &row, 1, false, d.arena, &f.err), 0, "once more");
    is_int(row.id > half.id && state_of(&f, 1) == ACTION_DONE, 1, "... it asks");
    demand_fini(&d);
    fixture_close(&f);
}

// An action waits for what only jobs that it covers can bring: it is not waited for.
static void test_no_deadlock(void)
{
    struct fixture f;
    struct demand d;
    fixture_open(&f);
    int64_t w = load(&f, "name: w\n"
                         "slurm_schedulers: [{name: s, walltime: '10'}]\n"
                         "actions: [{trigger_type: on_jobs_complete, action_type: schedule_nodes, "
                         "jobs: [a], scheduler: s}]\n"
                         "jobs:\n"
                         " - {name: a, command: x, memory: 1m, runtime: 1m, scheduler: s}\n"
                         " - {name: b, command: x, memory: 1m, runtime: 1m, depends_on: [a]}\n");
    is_int(store_demand(f.store, w, &d, &f.err), 0, "demand");
    const struct class_demand *covered = of_action(&d, 1);
    is_int(covered && covered->ready == 1 && !covered->held, 1,
           "a job that an action covers, and waits for, gets its nodes without it");
    demand_fini(&d);
    fixture_close(&f);
}

// The last runner leaves before it has done what the end brings: one allocation more is asked for.
static void test_left_over(void)
{
    struct fixture f;
    struct demand d;
    struct sync_reply claims, reply;
    fixture_open(&f);
    int64_t w = load(&f, cascade);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1);
    fixture_sync(&f, &r, NULL, 0, 1, &claims);
    struct attempt_end end = fixture_end(&claims.claimed[0], JOB_FAILED);
    fixture_sync(&f, &r, &end, 1, 0, &reply);
    sync_reply_fini(&reply);
    struct sync_request leave = {.runner_id = r.id, .seq = ++r.seq, .leave = true};
    is_int(store_sync(f.store, &leave, &reply, &f.err), 0, "the runner leaves");
    is_int(fixture_number(&f, "SELECT state FROM workflow"), WORKFLOW_RUNNING,
           "the workflow has not ended");
    is_int(store_demand(f.store, w, &d, &f.err), 0, "demand");
    is_int(d.classes_count == 1 && d.classes[0].ready == 1 && !d.classes[0].room, 1,
           "as of one job");
    demand_fini(&d);
    sync_reply_fini(&reply);
    sync_reply_fini(&claims);
    fixture_close(&f);
}

static void test_restart(void)
{
    struct fixture f;
    struct restart_reply reply = {0};
    fixture_open(&f);
    int64_t w = load(
        &f,
        "name: w\n"
        "actions:\n"
        " - {trigger_type: on_jobs_complete, action_type: run_commands, jobs: [a], commands: [x]}\n"
        " - {trigger_type: on_jobs_complete, action_type: run_commands, jobs: [a, b], commands: "
        "[x]}\n"
        " - {trigger_type: on_workflow_start, action_type: run_commands, commands: [x]}\n"
        "jobs: [{name: a, command: x, memory: 1m, runtime: 1m}, {name: b, command: x, memory: 1m, "
        "runtime: 1m}]\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 2);
    struct sync_reply s;
    sync_actions(&f, &r, NULL, 0, 0, 0, &s);
    int64_t id = s.actions.claimed[0].id;
    sync_reply_fini(&s);
    sync_actions(&f, &r, NULL, 0, id, 0, &s);
    sync_reply_fini(&s);
    is_int(fixture_run(&f, &r, NULL), 2, "both jobs run");
    is_int(state_of(&f, 1) == ACTION_FIRED && state_of(&f, 2) == ACTION_FIRED, 1, "both fire");
    for (id = 0;; id = s.actions.claimed[0].id, sync_reply_fini(&s)) {
        sync_actions(&f, &r, NULL, 0, id, 0, &s);
        if (!s.actions.claimed_count)
            break;
    }
    sync_reply_fini(&s);
    is_int(state_of(&f, 1) == ACTION_DONE && state_of(&f, 2) == ACTION_DONE, 1, "both are done");
    int64_t job = fixture_job(&f, w, "b");
    struct restart_request q = {.workflow_id = w, .run_id = 1, .jobs = &job, .jobs_count = 1};
    is_int(store_restart(f.store, &q, &reply, &f.err), 0, "b is to run again");
    is_int(state_of(&f, 1), ACTION_DONE, "what waited for a has been");
    is_int(state_of(&f, 2), ACTION_WAITING, "what waited for b waits again");
    is_int(state_of(&f, 3), ACTION_DONE, "the start was once");
    fixture_close(&f);
}

int main(void)
{
    test_cascade();
    test_taken_over();
    test_nodes();
    test_refused();
    test_no_deadlock();
    test_left_over();
    test_restart();
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of the store share: a database in a folder of its own, small workflows written as
// text, a runner.
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <sqlite3.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/store/create.h"
#include "lib/store/plan.h"
#include "lib/store/read.h"
#include "lib/store/run.h"
#include "tests/tap.h"

struct fixture {
    char folder[64], path[128];
    struct store *store;
    struct error err;
};

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f); // removes the folder

// A workflow from lines "name[!][*][: need need …]": "!" without cancel_on_blocking_job_failure,
// "*" a barrier. Needs come earlier. The class of all is 1 CPU, 1 MiB, 1 hour. Gives its id; job i
// of it has the id that fixture_job(f, name) says.
int64_t fixture_workflow(struct fixture *f, const char *text);
int64_t fixture_create(struct fixture *f, const struct workflow *w);
int64_t fixture_job(struct fixture *f, int64_t workflow_id, const char *name);
const char *fixture_state(struct fixture *f, int64_t workflow_id, const char *name);
int64_t
// first column of the first row, by a connection of its own
fixture_number(struct fixture *f, const char *sql);

// A runner, by hand, of so many CPUs and 1 GiB.
struct test_runner {
    struct store *store;
    int64_t id, seq;
    int32_t cpus;
};
struct test_runner fixture_enter(struct fixture *f, struct store *store, int64_t workflow_id,
                                 const char *incarnation, int cpus);
struct attempt_end fixture_end(const struct claimed_job *job, enum job_state state);
// One sync: ends as given, a claim of what fits `free` CPUs.
int fixture_sync(struct fixture *f, struct test_runner *r, const struct attempt_end *ends,
                 uint32_t count, int free, struct sync_reply *reply);
// Runs everything that becomes ready, one sync after another; the job named `failing` (or NULL)
// fails. Gives how many ran.
int fixture_run(struct fixture *f, struct test_runner *r, const char *failing);

// Everything that must hold of any database at any time: counters equal a recount, unmet equals the
// needs that are not met, nothing blocked without a need, nothing held by nobody, at most one
// completed attempt a job, integrity_check.
bool fixture_invariants(struct fixture *f, const char *when);

#endif

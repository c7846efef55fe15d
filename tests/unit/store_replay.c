// SPDX-License-Identifier: GPL-2.0-or-later
// Two bring in one journal at once: the second has found nothing of it in the database, and before
// it tells what it has, the first tells it all and the runner is declared lost. store_sync is held
// there (-Wl,--wrap).
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/store/journal.h"
#include "tests/unit/store_fixture.h"

static const struct {
    const char *name;
    bool told; // by the other one, before the runner is lost
    int64_t accepted, known, refused, kept;
    const char *state;
} cases[] = {
    {"what another one has just taken in is known", true, 0, 1, 0, 0, "completed"},
    {"what nobody has is refused, and kept", false, 0, 0, 1, 1, "ready"},
};

static struct between { // what happens before the next journal is told
    struct store *store;
    int64_t workflow_id, runner_id;
    bool due, told;
} between;

int __real_store_sync(struct store *, const struct sync_request *, struct sync_reply *,
                      struct error *);
int __wrap_store_sync(struct store *, const struct sync_request *, struct sync_reply *,
                      struct error *);

static void happen(void)
{
    struct journal_found found;
    struct error err;
    bool declared = false;
    between.due = false;
    if (between.told) {
        is_int(journal_replay(between.store, between.workflow_id, &found, &err), 0,
               "the other one brings it in");
        is_int(found.accepted, 1, "... which is accepted");
        journal_found_fini(&found);
    }
    store_runner_lost(between.store, between.workflow_id, between.runner_id, 0, &declared, &err);
    is_int(declared, 1, "the runner is declared lost");
}

int __wrap_store_sync(struct store *store, const struct sync_request *request,
                      struct sync_reply *reply, struct error *err)
{
    if (between.due && !request->seq)
        happen();
    return __real_store_sync(store, request, reply, err);
}

// A workflow of one job, whose output folder is that of the database.
static int64_t create(struct fixture *f)
{
    struct class_row class = {.name = "c",
                              .cpus = 1,
                              .nodes = 1,
                              .memory_bytes = 1 << 20,
                              .runtime_usec = 1000000,
                              .enforced = true};
    struct job_row job = {.name = "a", .command = "true"};
    cleanup_free char *settings = xasprintf("{\"output_dir\": \"%s\"}", f->folder);
    struct workflow w = {.name = "w",
                         .settings = settings,
                         .classes = &class,
                         .classes_count = 1,
                         .jobs = &job,
                         .jobs_count = 1,
                         .text = arena_create()};
    int64_t id = fixture_create(f, &w);
    arena_destroy(w.text);
    return id;
}

static void test_case(size_t i)
{
    struct fixture f;
    struct sync_reply claims;
    struct journal_found found;
    fixture_open(&f);
    int64_t w = create(&f);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1);
    fixture_sync(&f, &r, NULL, 0, 1, &claims);
    struct attempt_end end = fixture_end(&claims.claimed[0], JOB_COMPLETED);
    struct sync_request start = {
        .runner_id = r.id, .seq = ++r.seq, .starts = &end.start, .starts_count = 1};
    struct sync_reply reply;
    is_int(store_sync(f.store, &start, &reply, &f.err), 0, "its start is told");
    sync_reply_fini(&reply);
    struct journal journal = {
        .workflow_id = w, .runner_id = r.id, .incarnation = "i1", .ends = &end, .ends_count = 1};
    int folder = open(f.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    is_int(journal_write(folder, &journal, &f.err), 0, "a journal has its end");
    struct store *other = store_open(f.path, STORE_WRITE, &f.err);
    between = (struct between){other, w, r.id, true, cases[i].told};
    is_int(journal_replay(f.store, w, &found, &f.err), 0, cases[i].name);
    is_int(found.accepted, cases[i].accepted, "accepted");
    is_int(found.known, cases[i].known, "known");
    is_int(found.refused, cases[i].refused, "refused");
    is_int((int64_t)found.kept_count, cases[i].kept, "journals that are kept");
    is_text(fixture_state(&f, w, "a"), cases[i].state, "the job");
    journal_found_fini(&found);
    sync_reply_fini(&claims);
    fixture_invariants(&f, cases[i].name);
    store_close(other);
    close(folder);
    fixture_close(&f);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        test_case(i);
    return done_testing();
}

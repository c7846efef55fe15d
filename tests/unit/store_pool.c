// SPDX-License-Identifier: GPL-2.0-or-later
// Pools in the database: from classes to a demand, a plan, a submission, and the demand after it.
// Nothing is asked for twice for the same need.
#include <time.h>

#include "lib/plan/plan.h"
#include "tests/unit/store_fixture.h"

enum { CLASSES = 40, EACH = 5 };
static const int64_t MiB = 1 << 20, MINUTE = 60 * 1000000LL;

static struct cluster_node nodes[] = {
    {.name = "n1", .up = true, .cpus = 8, .gpus = 2, .memory_bytes = 16000LL << 20},
    {.name = "n2", .up = true, .cpus = 8, .gpus = 2, .memory_bytes = 16000LL << 20},
};
static const uint32_t list[] = {0, 1};
static struct cluster_partition partition = {.name = "p",
                                             .is_default = true,
                                             .submits = true,
                                             .starts = true,
                                             .nodes = list,
                                             .nodes_count = 2};
static const struct cluster cluster = {.max_array_size = 1001,
                                       .nodes = nodes,
                                       .partitions = &partition,
                                       .nodes_count = 2,
                                       .partitions_count = 1};

// Classes that differ in figures only, and one, the last, with a GPU.
static int64_t make(struct fixture *f)
{
    struct class_row classes[CLASSES + 1];
    struct job_row jobs[(CLASSES + 1) * EACH];
    struct workflow w = {.name = "w",
                         .settings = "{}",
                         .classes = classes,
                         .classes_count = CLASSES + 1,
                         .jobs = jobs,
                         .jobs_count = (CLASSES + 1) * EACH,
                         .text = arena_create()};
    for (int c = 0; c <= CLASSES; c++) {
        classes[c] = (struct class_row){.name = arena_printf(w.text, "c%d", c),
                                        .cpus = 1 + c % 3,
                                        .nodes = 1,
                                        .gpus_milli = c == CLASSES ? 1000 : 0,
                                        .memory_bytes = (100 + 15 * c) * MiB,
                                        .runtime_usec = (5 + c % 7) * MINUTE,
                                        .enforced = true};
        for (int j = 0; j < EACH; j++)
            jobs[c * EACH + j] = (struct job_row){
                .name = arena_printf(w.text, "j%d_%d", c, j), .command = "true", .class_index = c};
    }
    int64_t id = fixture_create(f, &w);
    arena_destroy(w.text);
    return id;
}

static void make_plan(struct fixture *f, int64_t w, struct demand *demand, struct plan *plan)
{
    struct settings settings;
    settings_init(&settings);
    is_int(store_demand(f->store, w, demand, &f->err), 0, "demand");
    struct plan_class *classes = plan_classes_of_demand(demand);
    struct plan_request request = {.classes = classes,
                                   .classes_count = demand->classes_count,
                                   .cluster = &cluster,
                                   .settings = &settings};
    plan_make(plan, &request);
    free(classes);
    settings_fini(&settings);
}

static struct submission row_of(const struct plan_group *g)
{
    return (struct submission){.class_id = g->class_id,
                               .tag = "torc-%w-%s",
                               .partition = "p",
                               .arguments = "[]",
                               .script = "x",
                               .classes = g->classes,
                               .allocations = g->count,
                               .cpus = g->cpus,
                               .gpus = g->gpus,
                               .nodes = g->nodes,
                               .slots = g->slots,
                               .rounds = g->rounds,
                               .memory_bytes = g->memory_bytes,
                               .walltime_usec = g->walltime_usec};
}

// Of the classes of the pool of class 1: how many wait, and how many have jobs without room.
static void count(struct fixture *f, int64_t w, int *waiting, int *short_of_room)
{
    struct demand d;
    store_demand(f->store, w, &d, &f->err);
    *waiting = *short_of_room = 0;
    for (uint32_t i = 0; i < d.classes_count; i++) {
        *waiting += d.classes[i].pool == 1 && d.classes[i].waiting;
        *short_of_room += d.classes[i].pool == 1 && d.classes[i].ready > d.classes[i].room;
    }
    demand_fini(&d);
}

static struct test_runner enter(struct fixture *f, int64_t w, const struct submission *s, int index,
                                int restart)
{
    cleanup_free char *incarnation = xasprintf("i%lld_%d", (long long)s->id, index);
    struct runner_entry e = {.workflow_id = w,
                             .tag = s->tag,
                             .slurm_job_id = 100 + index,
                             .slurm_array_id = 99,
                             .array_task_id = s->allocations > 1 ? index : -1,
                             .restart_count = restart,
                             .incarnation = incarnation,
                             .host = "h",
                             .node = "n1",
                             .node_list = "n1",
                             .pid = 1,
                             .cpus = s->cpus,
                             .memory_bytes = s->memory_bytes,
                             .limit_usec = (int64_t)time(NULL) * 1000000 + s->walltime_usec};
    struct runner_grant g;
    ok(store_enter(f->store, &e, &g, &f->err) == 0, "runner %d enters", index);
    struct test_runner r = {f->store, g.runner_id, 0, s->cpus};
    runner_grant_fini(&g);
    return r;
}

static void test_once(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = make(&f);
    struct arena *arena = arena_create();
    struct demand demand;
    struct plan plan;
    int waiting, lack;
    is_int(fixture_number(&f, "SELECT count(*) FROM resource_class WHERE pool = 1"), CLASSES,
           "all but the class with a GPU are one pool");
    make_plan(&f, w, &demand, &plan);
    is_int((int64_t)plan.groups_count, 2, "two requests, as there are two pools");
    struct submission s = row_of(&plan.groups[0]);
    is_int(s.classes, CLASSES, "the first is for all classes of its pool");
    plan_fini(&plan);
    demand_fini(&demand);
    store_submissions_create(f.store, w, &s, 1, false, arena, &f.err);
    count(&f, w, &waiting, &lack);
    ok(waiting == CLASSES && lack == 0, "it waits: no class of the pool asks, all have room");
    struct submission twice = s;
    store_submissions_create(f.store, w, &twice, 1, false, arena, &f.err);
    is_int(twice.id, 0, "a second one for the pool is left out");
    is_int(fixture_number(&f, "SELECT count(*) FROM resource_class WHERE unsatisfied IS NOT NULL"),
           1, "one class stands for the pool");
    make_plan(&f, w, &demand, &plan);
    ok(plan.groups_count == 1 && plan.groups[0].gpus > 0, "the other pool asks still");
    plan_fini(&plan);
    demand_fini(&demand);

    struct test_runner r = enter(&f, w, &s, 0, 0);
    struct sync_reply reply;
    count(&f, w, &waiting, &lack);
    ok(waiting == 0 && lack == 0, "it has started: what it is to run has room");
    fixture_sync(&f, &r, NULL, 0, s.cpus, &reply);
    ok(reply.claimed_count > 1, "the runner takes jobs of several classes");
    count(&f, w, &waiting, &lack);
    ok(lack == 0, "and the others have room still");
    sync_reply_fini(&reply);
    struct sync_request q = {.runner_id = r.id, .seq = ++r.seq, .leave = true};
    store_sync(f.store, &q, &reply, &f.err);
    sync_reply_fini(&reply);
    for (int i = 1; i < s.allocations; i++) {
        struct test_runner other = enter(&f, w, &s, i, 0);
        q = (struct sync_request){.runner_id = other.id, .seq = 1, .leave = true};
        store_sync(f.store, &q, &reply, &f.err);
        sync_reply_fini(&reply);
    }
    make_plan(&f, w, &demand, &plan);
    ok(plan.groups_count == 2 && plan.groups[0].classes == CLASSES,
       "when its allocations have ended, the pool asks again: once");
    plan_fini(&plan);
    demand_fini(&demand);
    fixture_invariants(&f, "pools");
    arena_destroy(arena);
    fixture_close(&f);
}

// Several shapes for one pool are made in one call; it waits for the first of them.
static void test_shapes(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = make(&f);
    struct arena *arena = arena_create();
    struct plan_group large = {.class_id = 2,
                               .classes = 3,
                               .count = 1,
                               .cpus = 8,
                               .nodes = 1,
                               .slots = 4,
                               .rounds = 2,
                               .memory_bytes = 1024 * MiB,
                               .walltime_usec = 60 * MINUTE};
    struct submission both[2] = {row_of(&large), row_of(&large)};
    both[1].class_id = 7;
    store_submissions_create(f.store, w, both, 2, false, arena, &f.err);
    ok(both[0].id && both[1].id, "two shapes are asked for at once");
    is_int(fixture_number(&f,
                          "SELECT group_concat(id) FROM resource_class WHERE unsatisfied IS NOT "
                          "NULL"),
           2, "the pool waits for the first");
    int waiting, lack;
    enter(&f, w, &both[0], 0, 0);
    count(&f, w, &waiting, &lack);
    ok(!waiting && lack, "which has started: what there is no room for may be asked for");
    arena_destroy(arena);
    fixture_close(&f);
}

// In its first minute an allocation takes jobs that it has not all their time for: those of the
// class that it was made for, as there is no longer one. Others wait for one of theirs.
static void test_made_for(int32_t of_classes, int64_t own, int64_t of_others, const char *what)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = make(&f);
    struct arena *arena = arena_create();
    fixture_number(&f, "UPDATE resource_class SET runtime_usec = 58 * 60 * 1000000, cpus = 1 WHERE "
                       "id < 3 RETURNING 1");
    struct plan_group group = {.class_id = 1,
                               .classes = of_classes,
                               .count = 1,
                               .cpus = 16,
                               .nodes = 1,
                               .slots = 4,
                               .rounds = 1,
                               .memory_bytes = 16000 * MiB,
                               .walltime_usec = 60 * MINUTE};
    struct submission s = row_of(&group);
    store_submissions_create(f.store, w, &s, 1, false, arena, &f.err);
    struct test_runner r = enter(&f, w, &s, 0, 0);
    struct sync_request q = {.runner_id = r.id,
                             .seq = 1,
                             .claim = {.max_jobs = 16,
                                       .cpus = 16,
                                       .memory_bytes = 16000 * MiB,
                                       .time_left_usec = 55 * MINUTE}};
    struct sync_reply reply;
    is_int(store_sync(f.store, &q, &reply, &f.err), 0, "sync");
    sync_reply_fini(&reply);
    is_int(fixture_number(&f, "SELECT count(*) FROM job WHERE class = 1 AND state = 3"), own, what);
    is_int(fixture_number(&f, "SELECT count(*) FROM job WHERE class = 2 AND state = 3"), of_others,
           "and those of another class");
    ok(fixture_number(&f, "SELECT count(*) FROM job WHERE class > 2 AND state = 3") > 0,
       "and what has the time");
    arena_destroy(arena);
    fixture_close(&f);
}

int main(void)
{
    test_made_for(1, EACH, 0, "of the class that it is for, all; none of another");
    test_made_for(2, 0, 0, "made for several it has the time for all of theirs: none is cut short");
    test_once();
    test_shapes();
    return done_testing();
}

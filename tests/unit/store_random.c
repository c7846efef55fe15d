// SPDX-License-Identifier: GPL-2.0-or-later
// Random graphs and random operations, with fixed seeds: after each the counters equal a recount,
// and in the end every job has come to its end, with at most one completed attempt.
#include "tests/unit/store_fixture.h"

enum { JOBS = 40, RUNNERS = 3, HELD = 64, STEPS = 250 };

struct player {
    struct test_runner runner;
    bool alive;
    struct claimed_job held[HELD]; // only id and attempt
    bool started[HELD];
    int count;
};

struct game {
    struct fixture f;
    int64_t workflow_id;
    struct player players[RUNNERS];
    int entries;
    uint64_t random;
};

static unsigned dice(struct game *g, unsigned sides)
{
    g->random = g->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(g->random >> 33) % sides;
}

static void make_graph(struct game *g)
{
    char text[JOBS * 80] = "", *t = text;
    for (int i = 0; i < JOBS; i++) {
        t += sprintf(t, "j%d%s%s:", i, dice(g, 5) ? "" : "*", dice(g, 3) ? "" : "!");
        for (int k = 0, last = -1; i && k < (int)dice(g, 4); k++) {
            int need = last + 1 + (int)dice(g, (unsigned)(i - last));
            if (need >= i)
                break;
            t += sprintf(t, " j%d", need);
            last = need;
        }
        t += sprintf(t, "\n");
    }
    g->workflow_id = fixture_workflow(&g->f, text);
}

static void enter(struct game *g, struct player *p)
{
    char name[32];
    int64_t gone = p->runner.id;
    struct runner_entry e = {.workflow_id = g->workflow_id,
                             .array_task_id = -1,
                             .incarnation = name,
                             .host = "h",
                             .node = "n",
                             .cpus = 8,
                             .memory_bytes = 1 << 30,
                             .gone = &gone,
                             .gone_count = gone != 0};
    struct runner_grant grant;
    snprintf(name, sizeof name, "r%d", g->entries++);
    *p = (struct player){0};
    if (store_enter(g->f.store, &e, &grant, &g->f.err))
        return; // complete
    p->alive = true;
    p->runner = (struct test_runner){g->f.store, grant.runner_id, 0, 8};
    runner_grant_fini(&grant);
}

static const enum job_state outcomes[] = {JOB_COMPLETED,  JOB_COMPLETED, JOB_COMPLETED,
                                          JOB_COMPLETED,  JOB_FAILED,    JOB_READY,
                                          JOB_TERMINATED, JOB_CANCELED};

// Up to three records of what an attempt used, of one or two nodes, by any source; some say
// nothing, and the third may be the second once more.
static void use(struct game *g, struct attempt_end *end, struct usage_record *usages)
{
    static const char *const steps[] = {NULL, "1.0", "1.1"};
    end->usages = usages;
    end->usages_count = dice(g, 4);
    for (uint32_t i = 0; i < end->usages_count; i++) {
        usage_record_init(&usages[i]);
        usages[i].node = dice(g, 2) ? "n1" : "n2";
        usages[i].step = steps[dice(g, 3)];
        usages[i].source = (enum usage_source)(1 + dice(g, SOURCES - 1));
        if (dice(g, 3)) {
            usages[i].cpu_user_usec = dice(g, 1000);
            usages[i].cpu_system_usec = dice(g, 2) ? (int)dice(g, 1000) : UNKNOWN;
            usages[i].memory_peak_bytes = dice(g, 1000);
            usages[i].memory_anon_bytes = dice(g, 2) ? (int)dice(g, 1000) : UNKNOWN;
        }
    }
    end->wall_usec = dice(g, 5) ? (int)dice(g, 1000) : UNKNOWN;
}

// Ends, starts and give-backs by chance, a claim, and now and then the same once more or a
// farewell.
static bool play(struct game *g, struct player *p, bool to_the_end)
{
    struct attempt_end ends[HELD];
    struct usage_record usages[HELD][3];
    struct attempt_start starts[HELD];
    int64_t returned[HELD];
    struct sync_request q = {.runner_id = p->runner.id,
                             .seq = ++p->runner.seq,
                             .ends = ends,
                             .starts = starts,
                             .returned = returned};
    int kept = 0;
    for (int i = 0; i < p->count; i++) {
        unsigned what = to_the_end ? 0 : dice(g, 5);
        if (what < 2) {
            ends[q.ends_count] =
                fixture_end(&p->held[i], to_the_end ? JOB_COMPLETED : outcomes[dice(g, 8)]);
            use(g, &ends[q.ends_count], usages[q.ends_count]);
            q.ends_count++;
        } else if (what == 2 && !p->started[i]) {
            returned[q.returned_count++] = p->held[i].job_id;
        } else {
            if (what == 3)
                starts[q.starts_count++] = fixture_end(&p->held[i], JOB_READY).start;
            p->started[kept] = p->started[i] || what == 3;
            p->held[kept++] = p->held[i];
        }
    }
    p->count = kept;
    q.leave = !to_the_end && dice(g, 20) == 0;
    int free = HELD - kept < 8 ? HELD - kept : 8;
    q.claim = (struct claim_request){.max_jobs = (int32_t)dice(g, 3) + to_the_end,
                                     .cpus = free,
                                     .memory_bytes = 1 << 30,
                                     .prefetch = dice(g, 2) && free == 8 ? 3 : 0};
    bool came = false;
    for (int again = dice(g, 4) == 0; again >= 0; again--) {
        struct sync_reply r;
        if (store_sync(g->f.store, &q, &r, &g->f.err) || r.refused_count || r.expelled) {
            ok(false, "sync: %s%u refused", g->f.err.text, r.refused_count);
            exit(99);
        }
        for (uint32_t i = 0; i < r.claimed_count && !q.leave; i++) {
            bool known = false;
            for (int k = 0; k < p->count; k++)
                known |= p->held[k].job_id == r.claimed[i].job_id;
            if (known)
                continue;
            p->started[p->count] = false;
            p->held[p->count++] = r.claimed[i];
            came = true;
        }
        sync_reply_fini(&r);
    }
    p->alive = !q.leave;
    return came;
}

static void play_game(unsigned seed)
{
    struct game g = {.random = seed * 7919u + 1};
    fixture_open(&g.f);
    make_graph(&g);
    cleanup_free char *what = xasprintf("random operations, seed %u", seed);
    for (int step = 0; step < STEPS; step++) {
        struct player *p = &g.players[dice(&g, RUNNERS)];
        if (!p->alive || dice(&g, 25) == 0)
            enter(&g, p);
        else
            play(&g, p, false);
        if (step % 25 == 24)
            fixture_invariants(&g.f, what);
    }
    for (int idle = 0; idle < 2 * RUNNERS;) {
        struct player *p = &g.players[idle % RUNNERS];
        if (!p->alive)
            enter(&g, p);
        idle = p->alive && (play(&g, p, true) || p->count) ? 0 : idle + 1;
    }
    fixture_invariants(&g.f, what);
    is_int(fixture_number(&g.f, "SELECT state FROM workflow"), WORKFLOW_COMPLETE,
           "the workflow is complete");
    fixture_close(&g.f);
}

int main(void)
{
    for (unsigned seed = 1; seed <= 12; seed++)
        play_game(seed);
    return done_testing();
}

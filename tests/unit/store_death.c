// SPDX-License-Identifier: GPL-2.0-or-later
// Runners that die, are cut off, are declared lost while they live, and come back; replies that are
// lost; a clock that jumps: by chance, with fixed seeds, over the real store. `store_death SEED`
// plays one game.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/store_fixture.h"

enum { JOBS = 60, RUNNERS = 4, HELD = 16, ATTEMPTS = 400, STEPS = 500 };

static int64_t clock_off_secs; // of the clock that goes into records

// in place of libc's, for the store in this process, too
int clock_gettime(clockid_t clock, struct timespec *t)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, t);
    if (clock == CLOCK_REALTIME)
        t->tv_sec += clock_off_secs;
    return rc;
}

struct held {
    struct claimed_job job; // only its ids
    bool started, told, ended;
    enum { UNSENT, START_SENT, GONE_SENT } sent; // in the request that has no reply yet
    enum job_state outcome;
};

enum life { NOBODY, ALIVE, DEAD };

struct player {
    enum life life;
    int64_t id, seq;
    int cut;                             // so many turns without the database
    bool knows_starts, knows_ends, lost; // what a dead one has left; it was declared lost
    struct held held[HELD];
    int count;
    bool in_flight; // the request below was sent, and has to be sent again until there is a reply
    struct sync_request q;
    struct attempt_end ends[HELD];
    struct attempt_start starts[HELD];
    int64_t returned[HELD];
};

struct game {
    struct fixture f;
    int64_t workflow_id, first_job;
    struct player players[RUNNERS];
    int entries, outage;
    bool complete;
    bool started[JOBS][ATTEMPTS];
    enum job_state said[JOBS][ATTEMPTS]; // 0: nothing
    int twice, starts, deaths, expelled, refused, resent, replayed;
    uint64_t random;
};

static unsigned dice(struct game *g, unsigned sides)
{
    g->random = g->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(g->random >> 33) % sides;
}

static void make_graph(struct game *g)
{
    char text[JOBS * 40] = "", *t = text;
    for (int i = 0; i < JOBS; i++) {
        t += sprintf(t, "j%d%s:", i, dice(g, 3) ? "" : "!");
        if (i && dice(g, 2))
            t += sprintf(t, " j%u", dice(g, (unsigned)i));
        t += sprintf(t, "\n");
    }
    g->workflow_id = fixture_workflow(&g->f, text);
    g->first_job = fixture_job(&g->f, g->workflow_id, "j0");
}

static void declare_lost(struct game *g, struct player *p, int64_t silent_usec)
{
    bool declared = false;
    if (store_runner_lost(g->f.store, g->workflow_id, p->id, silent_usec, &declared, &g->f.err))
        ok(false, "declare a runner lost: %s", g->f.err.text);
    p->lost |= declared;
}

static void enter(struct game *g, struct player *p, int64_t gone)
{
    char name[32];
    struct runner_entry e = {.workflow_id = g->workflow_id,
                             .array_task_id = -1,
                             .incarnation = name,
                             .host = "h",
                             .node = "n",
                             .cpus = 4,
                             .memory_bytes = 1 << 30,
                             .gone = &gone,
                             .gone_count = gone != 0};
    struct runner_grant grant;
    snprintf(name, sizeof name, "r%d", g->entries++);
    *p = (struct player){0};
    g->complete = store_enter(g->f.store, &e, &grant, &g->f.err) != 0;
    if (g->complete)
        return;
    p->life = ALIVE;
    p->id = grant.runner_id;
    runner_grant_fini(&grant);
}

// ---- what a runner does without the database ----

static void start(struct game *g, struct held *h)
{
    bool *before = &g->started[h->job.job_id - g->first_job][h->job.attempt_id];
    g->twice += *before;
    *before = h->started = true;
    g->starts++;
}

static void end(struct game *g, struct held *h, bool to_the_end)
{
    static const enum job_state outcomes[] = {JOB_COMPLETED, JOB_COMPLETED, JOB_READY,
                                              JOB_READY,     JOB_READY,     JOB_FAILED};
    h->ended = true;
    h->outcome = to_the_end ? JOB_COMPLETED : outcomes[dice(g, 6)];
    g->said[h->job.job_id - g->first_job][h->job.attempt_id] = h->outcome;
}

static void work(struct game *g, struct player *p, bool to_the_end)
{
    for (int i = 0; i < p->count; i++) {
        struct held *h = &p->held[i];
        if (!h->started && h->sent != GONE_SENT && (to_the_end || dice(g, 2)))
            start(g, h);
        if (h->started && !h->ended && (to_the_end || !dice(g, 3)))
            end(g, h, to_the_end);
    }
}

// ---- what it says to it ----

static void write_request(struct game *g, struct player *p, bool to_the_end)
{
    p->q = (struct sync_request){.runner_id = p->id,
                                 .seq = ++p->seq,
                                 .ends = p->ends,
                                 .starts = p->starts,
                                 .returned = p->returned};
    for (int i = 0; i < p->count; i++) {
        struct held *h = &p->held[i];
        if (h->ended) {
            p->ends[p->q.ends_count++] = fixture_end(&h->job, h->outcome);
            h->sent = GONE_SENT;
        } else if (h->started && !h->told && dice(g, 2)) {
            p->starts[p->q.starts_count++] = fixture_end(&h->job, JOB_READY).start;
            h->sent = START_SENT;
        } else if (!h->started && !to_the_end && !dice(g, 6)) {
            p->returned[p->q.returned_count++] = h->job.job_id;
            h->sent = GONE_SENT;
        }
    }
    int free = HELD / 2 > p->count ? 4 : 0;
    p->q.claim = (struct claim_request){
        .max_jobs = free ? 1 + (int32_t)dice(g, 3) : 0, .cpus = free, .memory_bytes = 1 << 30};
    p->in_flight = true;
}

static bool holds(const struct player *p, int64_t job_id)
{
    for (int i = 0; i < p->count; i++)
        if (p->held[i].job.job_id == job_id)
            return true;
    return false;
}

static void take_reply(struct game *g, struct player *p, const struct sync_reply *r)
{
    int kept = 0;
    for (int i = 0; i < p->count; i++) {
        struct held h = p->held[i];
        bool gone = h.sent == GONE_SENT;
        for (uint32_t k = 0; k < r->refused_count; k++)
            gone |= r->refused[k] == h.job.job_id;
        h.told |= h.sent == START_SENT;
        h.sent = UNSENT;
        if (!gone)
            p->held[kept++] = h;
    }
    p->count = kept;
    g->refused += (int)r->refused_count;
    for (uint32_t i = 0; i < r->claimed_count; i++)
        if (!holds(p, r->claimed[i].job_id) && p->count < HELD)
            p->held[p->count++] = (struct held){.job = r->claimed[i]};
    p->in_flight = false;
}

static void talk(struct game *g, struct player *p, bool to_the_end)
{
    struct sync_reply r;
    g->resent += p->in_flight;
    if (!p->in_flight)
        write_request(g, p, to_the_end);
    if (!to_the_end && !dice(g, 8))
        return; // it does not get there
    if (store_sync(g->f.store, &p->q, &r, &g->f.err)) {
        ok(false, "sync: %s", g->f.err.text);
        exit(99);
    }
    if (r.expelled) {
        g->expelled++;
        p->life = NOBODY;
    } else if (to_the_end || dice(g, 8)) // else the reply is lost
        take_reply(g, p, &r);
    sync_reply_fini(&r);
}

// As from its journal and its start log: what the database has not acknowledged.
static void replay(struct game *g, struct player *p)
{
    struct attempt_end ends[HELD];
    struct attempt_start starts[HELD];
    struct sync_request q = {.runner_id = p->id,
                             .ends = ends,
                             .starts = starts,
                             .leave = p->life == DEAD && p->knows_starts};
    struct sync_reply r;
    bool all = p->life == ALIVE;
    for (int i = 0; i < p->count; i++) {
        struct held *h = &p->held[i];
        if (h->ended && (all || p->knows_ends))
            ends[q.ends_count++] = fixture_end(&h->job, h->outcome);
        else if (h->started && (all || p->knows_starts))
            starts[q.starts_count++] = fixture_end(&h->job, JOB_READY).start;
    }
    if (store_sync(g->f.store, &q, &r, &g->f.err))
        ok(false, "replay: %s", g->f.err.text);
    g->replayed++;
    sync_reply_fini(&r);
}

// ---- the game ----

static void die(struct game *g, struct player *p)
{
    p->life = DEAD;
    p->knows_starts = dice(g, 3);
    p->knows_ends = dice(g, 2);
    g->deaths++;
}

// Somebody comes by a dead runner: what it left is taken in before it is declared lost, or too late
static void find(struct game *g, struct player *p, bool to_the_end)
{
    unsigned what = to_the_end ? 3 : dice(g, 5);
    if (what == 0)
        return;
    if (what > 1)
        replay(g, p);
    if (what == 4 && !p->lost) {
        enter(g, p, p->id);
        return;
    }
    declare_lost(g, p, 0);
    if (what == 1)
        replay(g, p);
    if (to_the_end || dice(g, 2))
        p->life = NOBODY;
}

static void happen(struct game *g)
{
    struct player *p = &g->players[dice(g, RUNNERS)];
    switch (dice(g, 16)) {
    case 0:
        clock_off_secs += (int64_t)dice(g, 20000) - 10000;
        break;
    case 1:
        g->outage = (int)dice(g, 20);
        break;
    case 2:
        p->cut = (int)dice(g, 12);
        break;
    case 3:
        if (p->life != ALIVE)
            break;
        p->cut = (int)dice(g, 12); // it lives, but Slurm took its node for down
        declare_lost(g, p, dice(g, 3) ? 0 : 3000000);
        break;
    case 4:
        if (p->life == ALIVE)
            replay(g, p);
        break;
    case 5:
        store_close(g->f.store);
        g->f.store = store_open(g->f.path, STORE_WRITE, &g->f.err);
        break;
    case 6:
    case 7:
        if (p->life == ALIVE)
            die(g, p);
        break;
    }
}

static void turn(struct game *g, struct player *p, bool to_the_end)
{
    bool away = !to_the_end && (g->outage || p->cut);
    p->cut -= p->cut > 0;
    if (p->life == ALIVE)
        work(g, p, to_the_end);
    if (away)
        return;
    if (p->life == NOBODY)
        enter(g, p, 0);
    else if (p->life == DEAD)
        find(g, p, to_the_end);
    else
        talk(g, p, to_the_end);
}

// Every start has its row, and the one result of a job is one that its runner gave.
static int count_wrong(struct game *g)
{
    int wrong = 0;
    for (int i = 0; i < JOBS; i++) {
        for (int a = 0; a < ATTEMPTS; a++) {
            cleanup_free char *sql = NULL;
            if (!g->started[i][a])
                continue;
            sql = xasprintf("SELECT count(*) FROM attempt WHERE job = %lld AND attempt_id = %d AND "
                            "(state = 2 OR state = %d)",
                            (long long)g->first_job + i, a, (int)g->said[i][a]);
            wrong += fixture_number(&g->f, sql) != 1;
        }
    }
    return wrong;
}

static void check_end(struct game *g)
{
    is_int(g->twice, 0, "no attempt number was given out twice");
    is_int(fixture_number(&g->f, "SELECT state FROM workflow"), WORKFLOW_COMPLETE,
           "the workflow is complete");
    is_int(fixture_number(&g->f, "SELECT count(*) FROM job j WHERE j.state <> 7 AND (SELECT "
                                 "count(*) FROM attempt a WHERE a.job = j.id AND a.state <> 2) <> "
                                 "1"),
           0, "every job that was not canceled has exactly one accepted result");
    is_int(fixture_number(&g->f, "SELECT count(*) FROM (SELECT 1 FROM attempt GROUP BY job, run_id,"
                                 " attempt_id HAVING count(*) > 1)"),
           0, "no two rows have one number");
    is_int(count_wrong(g), 0, "every start has its row, with the result that was said, or none");
}

static bool over(struct game *g)
{
    for (int i = 0; i < RUNNERS; i++)
        if (g->players[i].life != NOBODY)
            return false;
    return g->complete;
}

static void play_game(unsigned seed)
{
    struct game *g = xcalloc(1, sizeof *g);
    g->random = seed * 7919u + 1;
    clock_off_secs = 0;
    fixture_open(&g->f);
    make_graph(g);
    cleanup_free char *what = xasprintf("deaths, seed %u", seed);
    // what a living runner was not told has to come out without a death to help it
    int steps = 100 + (int)dice(g, STEPS);
    for (int step = 0; step < steps && !over(g); step++) {
        if (dice(g, 3))
            happen(g);
        g->outage -= g->outage > 0;
        turn(g, &g->players[dice(g, RUNNERS)], false);
        if (step % 20 == 19 && !fixture_invariants(&g->f, what))
            break;
    }
    for (int i = 0; i < 100 * RUNNERS; i++)
        turn(g, &g->players[i % RUNNERS], true);
    fixture_invariants(&g->f, what);
    check_end(g);
    printf("# seed %u: %d starts, %d deaths, %d expelled, %d refused, %d sent again, %d replays\n",
           seed, g->starts, g->deaths, g->expelled, g->refused, g->resent, g->replayed);
    fixture_close(&g->f);
    free(g);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        play_game((unsigned)strtoul(argv[1], NULL, 10));
    else
        for (unsigned seed = 1; seed <= 12; seed++)
            play_game(seed);
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Restarts of random workflows after random edits run what a naive reading of semantics §4 says,
// and nothing else. restart_oracle SEED plays one case.
#include "tests/tap.h"
#include "tests/unit/restart_naive.h"

enum { CASES = 2000, CASES_A_LINE = 500 };

struct compared {
    struct naive before, after; // what the oracle was told, what it said
    struct oracle_case filed;   // before the restart
    int round;
};

static void ask_oracle(struct world *w, int round, struct compared *k)
{
    struct naive *n = &k->before;
    *n = (struct naive){.c = w->c, .filed = &k->filed, .round = &w->c->rounds[round]};
    k->round = round;
    k->filed = w->filed;
    world_files(w, n->files);
    world_data(w, n->data);
    memcpy(n->jobs, w->jobs, sizeof n->jobs);
    k->after = *n;
    naive_predict(&k->after);
}

// Whatever was not asked for, the world can say itself.
static bool is_settled(const struct world *w, const struct round *round)
{
    if (round->option == OPTION_FAILED || round->option == OPTION_JOB)
        return false;
    for (int j = 0; j < w->c->jobs_count; j++)
        if (w->jobs[j].state != JOB_COMPLETED && !w->c->jobs[j].absent)
            return false;
    for (int d = 0; d < w->c->data_count; d++)
        if (w->c->data[d].ephemeral)
            return false;
    return true;
}

static bool compare(struct world *w, const struct compared *k)
{
    bool good = !*w->problem,
         cut_short = w->c->rounds[k->round].cancel_after + w->c->rounds[k->round].stop_after;
    for (int j = 0; j < w->c->jobs_count; j++) {
        int expected = k->after.runs[j];
        good &= cut_short ? w->ran[j] <= expected : w->ran[j] == expected;
        good &= cut_short || w->jobs[j].state == k->after.jobs[j].state;
        if (k->round && w->more[j] != k->after.more[j]) {
            world_problem(w, "j%c gets %s", 'a' + j, w->more[j] ? "more" : "no more");
            good = false;
        }
    }
    if (k->round && !w->c->rounds[k->round - 1].stop_after &&
        (w->again != k->after.again || w->maybe != k->after.maybe)) {
        world_problem(w, "restart says that %d jobs run and %d may, expected: %d and %d",
                      (int)w->again, (int)w->maybe, k->after.again, k->after.maybe);
        good = false;
    }
    if (!good || !is_settled(w, &w->c->rounds[k->round]))
        return good;
    world_look(w);
    good = !w->again && !w->maybe && !w->hashed && !*w->problem;
    if (!good)
        snprintf(w->problem, sizeof w->problem,
                 "a second restart finds %d jobs, perhaps %d, and reads %d files", (int)w->again,
                 (int)w->maybe, (int)w->hashed);
    return good;
}

static void explain(const struct world *w, const struct compared *k)
{
    case_print(w->c, stdout);
    printf("# round %d: %s\n", k->round, w->problem);
    for (int j = 0; j < w->c->jobs_count; j++) {
        enum job_state was = k->before.jobs[j].state, expected = k->after.jobs[j].state;
        bool wrong = w->ran[j] != k->after.runs[j] || w->jobs[j].state != expected;
        printf("# j%c was %s; expected: %s, %s%s%s%s; got: %s, %s%s\n", 'a' + j,
               job_state_names[was], k->after.runs[j] ? "runs" : "does not run",
               job_state_names[expected], k->after.why[j] ? " as " : "",
               k->after.why[j] ? k->after.why[j] : "", "", w->ran[j] ? "ran" : "did not run",
               job_state_names[w->jobs[j].state], wrong ? "   <--" : "");
    }
    printf("# tests/unit/restart_oracle %u\n", w->c->seed);
}

// Jobs that were left: the oracle says what a restart has to think of them.
static void ask_about_left(struct world *w, const struct compared *k)
{
    struct naive n = k->before;
    n.ran = w->ran;
    naive_predict(&n);
    for (int j = 0; j < w->c->jobs_count; j++)
        if (w->jobs[j].state < JOB_COMPLETED) {
            w->jobs[j].state = n.jobs[j].state;
            w->jobs[j].left = n.jobs[j].left;
        }
}

static bool play_round(struct world *w, int round, struct compared *k)
{
    const struct round *r = &w->c->rounds[round];
    for (int i = 0; i < r->edits_count; i++)
        world_edit(w, &r->edits[i]);
    world_take_file(w);
    ask_oracle(w, round, k);
    if (round)
        world_restart(w, r);
    world_run(w, r);
    world_states(w);
    bool good = compare(w, k);
    if (good && w->stopped)
        ask_about_left(w, k);
    return good;
}

static bool play(struct world *w, const struct oracle_case *c)
{
    bool good = true;
    world_create(w, c);
    for (int round = 0; good && round < c->rounds_count; round++) {
        struct compared k;
        good = play_round(w, round, &k);
        if (!good)
            explain(w, &k);
    }
    world_delete(w);
    return good;
}

static void play_many(struct world *w, unsigned first, unsigned last)
{
    struct oracle_case c;
    int bad = 0;
    for (unsigned seed = first; seed <= last && bad < 3; seed++) {
        case_generate(&c, seed);
        bad += !play(w, &c);
    }
    ok(!bad, "restarts of random workflows, seeds %u to %u", first, last);
}

// ---- the examples of semantics §4 ----

enum { PRE, WORK1, WORK2, POST };
enum { INPUT, F1, F2, F3, F4 };

static void make_diamond(struct oracle_case *c)
{
    static const struct {
        int job, reads[2], writes;
    } jobs[] = {{PRE, {INPUT, INPUT}, F1},
                {WORK1, {F1, F1}, F2},
                {WORK2, {F1, F1}, F3},
                {POST, {F2, F3}, F4}};
    case_init(c, 4, 5);
    for (int i = 0; i < 4; i++) {
        struct case_job *job = &c->jobs[jobs[i].job];
        job->reads[jobs[i].reads[0]] = job->reads[jobs[i].reads[1]] = true;
        job->writes[jobs[i].writes] = true;
        c->files[jobs[i].writes].writer = jobs[i].job;
    }
}

static const struct {
    const char *what;
    int bad; // in the first run; -1: none
    enum attempt_reason reason;
    int edits;
    struct edit edit;
    const char *runs;
} examples[] = {
    {"the input file changed: all four",
     -1,
     REASON_NONE,
     1,
     {EDIT_CHANGE, INPUT, "12345678", 0},
     "abcd"},
    {"work2 died of OOM: work2 and postprocess", WORK2, REASON_OOM, 0, {0}, "cd"},
    {"postprocess timed out: only it", POST, REASON_TIMEOUT, 0, {0}, "d"},
    {"nothing changed: none", -1, REASON_NONE, 0, {0}, ""},
    {"f1 touched: none", -1, REASON_NONE, 1, {EDIT_TOUCH, F1, "12345678", 0}, ""},
    {"f4 deleted: postprocess only", -1, REASON_NONE, 1, {EDIT_DELETE, F4, "", 0}, "d"},
};

static void test_diamond(struct world *w)
{
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct oracle_case c;
        struct compared k;
        char ran[JOBS_MOST + 1] = "", *end = ran;
        make_diamond(&c);
        if (examples[i].bad >= 0)
            c.rounds[0].outcomes[examples[i].bad] =
                (struct outcome){JOB_FAILED, examples[i].reason, false};
        c.rounds[1].edits_count = examples[i].edits;
        c.rounds[1].edits[0] = examples[i].edit;
        world_create(w, &c);
        bool good = play_round(w, 0, &k) && play_round(w, 1, &k);
        for (int j = 0; j < 4; j++)
            if (w->ran[j])
                *end++ = (char)('a' + j);
        if (!is_text(ran, examples[i].runs, examples[i].what) || !ok(good, "so says the oracle"))
            explain(w, &k);
        world_delete(w);
    }
}

int main(int argc, char **argv)
{
    struct world w;
    world_open(&w);
    if (argc > 1) {
        unsigned seed = (unsigned)strtoul(argv[1], NULL, 10);
        play_many(&w, seed, argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : seed);
    } else {
        test_diamond(&w);
        for (unsigned first = 1; first <= CASES; first += CASES_A_LINE)
            play_many(&w, first, first + CASES_A_LINE - 1);
    }
    world_close(&w);
    return done_testing();
}

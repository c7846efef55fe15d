// SPDX-License-Identifier: GPL-2.0-or-later
// Reasons of its own first, then from needs to dependents in the order of the graph. A reader that
// runs again may need a temporary file that is gone: its writer then runs too, and so on, until
// nothing more is found.
#include "lib/restart/decide.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/workflow/workflow.h"

struct deciding {
    const struct restart_facts *facts;
    const struct restart_look *look;
    const struct restart_choice *choice;
    struct restart_verdict *verdicts;
    uint32_t *order;              // jobs, needs first
    uint32_t *first, *dependents; // of job j: dependents[first[j]] … dependents[first[j + 1] - 1]
    uint32_t *writer;             // by file: the job that writes it, or UINT32_MAX
};

static void group_dependents(struct deciding *d)
{
    const struct restart_facts *f = d->facts;
    uint32_t *fill = xcalloc(f->jobs_count + 1, sizeof *fill);
    for (uint32_t i = 0; i < f->needs_count; i++)
        d->first[f->needs[i].other + 1]++;
    for (uint32_t j = 0; j < f->jobs_count; j++)
        d->first[j + 1] += d->first[j];
    for (uint32_t i = 0; i < f->needs_count; i++) {
        uint32_t need = f->needs[i].other;
        d->dependents[d->first[need] + fill[need]++] = f->needs[i].job;
    }
    free(fill);
}

static void sort_jobs(struct deciding *d)
{
    const struct restart_facts *f = d->facts;
    uint32_t *open = xcalloc(f->jobs_count + 1, sizeof *open), count = 0;
    for (uint32_t i = 0; i < f->needs_count; i++)
        open[f->needs[i].job]++;
    for (uint32_t j = 0; j < f->jobs_count; j++)
        if (!open[j])
            d->order[count++] = j;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = d->first[d->order[i]]; k < d->first[d->order[i] + 1]; k++)
            if (!--open[d->dependents[k]])
                d->order[count++] = d->dependents[k];
    free(open);
}

// A reason that weighs less than what is known already changes nothing. True: it was news.
static bool give(struct deciding *d, uint32_t job, enum restart_what what, enum restart_why why,
                 uint32_t other)
{
    struct restart_verdict *v = &d->verdicts[job];
    if (what <= v->what)
        return false;
    *v = (struct restart_verdict){what, why, other};
    return true;
}

static bool is_open(enum job_state state)
{
    return state != JOB_DISABLED && state != JOB_PENDING_FAILED && !job_state_is_final(state);
}

static void judge_states(struct deciding *d)
{
    const struct restart_facts *f = d->facts;
    for (uint32_t j = 0; j < f->jobs_count; j++) {
        enum job_state state = f->jobs[j].state;
        if (d->choice->added && d->choice->added[j])
            give(d, j, RESTART_AGAIN, WHY_ADDED, 0);
        // a barrier was canceled with those that wait for it; the jobs it needs may be fine
        if (state == JOB_DISABLED || is_open(state) ||
            (f->jobs[j].barrier && state == JOB_COMPLETED))
            continue;
        if (d->choice->asked ? d->choice->asked[j] : d->choice->force)
            give(d, j, RESTART_AGAIN, WHY_ASKED, 0);
        else if (!d->choice->asked && state != JOB_COMPLETED)
            give(d, j, RESTART_AGAIN, WHY_STATE, 0);
        else if (f->jobs[j].barrier)
            give(d, j, RESTART_REWRITE, WHY_NONE, 0);
        else if (d->choice->edited && d->choice->edited[j])
            give(d, j, RESTART_AGAIN, WHY_EDITED, 0);
    }
}

static void judge_files(struct deciding *d)
{
    const struct restart_facts *f = d->facts;
    for (uint32_t i = 0; i < f->job_files_count; i++) {
        const struct restart_pair *use = &f->job_files[i];
        if (f->jobs[use->job].state != JOB_COMPLETED)
            continue;
        if (use->role == ROLE_INPUT && d->look->changed[i])
            give(d, use->job, RESTART_AGAIN, WHY_INPUT, use->other);
        if (use->role == ROLE_OUTPUT && d->look->missing[use->other] &&
            !f->files[use->other].temporary)
            give(d, use->job, RESTART_REWRITE, WHY_OUTPUT, use->other);
    }
}

static void judge_data(struct deciding *d)
{
    const struct restart_facts *f = d->facts;
    for (uint32_t i = 0; i < f->job_data_count; i++) {
        const struct restart_pair *use = &f->job_data[i];
        const struct restart_data *data = &f->data[use->other];
        int64_t hash = data->ephemeral ? data->initial_hash : data->hash;
        if (f->jobs[use->job].state != JOB_COMPLETED)
            continue;
        if (use->role == ROLE_OUTPUT && data->ephemeral)
            give(d, use->job, RESTART_AGAIN, WHY_EPHEMERAL, use->other);
        else if (use->role == ROLE_OUTPUT && data->hash == UNKNOWN)
            give(d, use->job, RESTART_REWRITE, WHY_UNSET, use->other);
        else if (use->role == ROLE_INPUT && use->seen != UNKNOWN && hash != UNKNOWN &&
                 hash != use->seen)
            give(d, use->job, RESTART_AGAIN, WHY_DATA, use->other);
    }
}

// What was asked for can only run when all that it needs has completed.
static void judge_needed(struct deciding *d)
{
    const struct restart_facts *f = d->facts;
    cleanup_free uint32_t *wanted_by = xcalloc(f->jobs_count + 1, sizeof *wanted_by);
    cleanup_free uint32_t *count = xcalloc(f->jobs_count + 2, sizeof *count);
    cleanup_free uint32_t *needs = xcalloc(f->needs_count + 1, sizeof *needs);
    for (uint32_t i = 0; i < f->needs_count; i++)
        count[f->needs[i].job + 1]++;
    for (uint32_t j = 0; j < f->jobs_count; j++)
        count[j + 1] += count[j];
    for (uint32_t i = 0; i < f->needs_count; i++)
        needs[count[f->needs[i].job]++] = f->needs[i].other; // count[j] is now the end of j's
    for (uint32_t i = f->jobs_count; i-- > 0;) {
        uint32_t j = d->order[i], root = wanted_by[j] ? wanted_by[j] - 1 : j;
        bool met = f->jobs[j].state == JOB_COMPLETED && !f->jobs[j].left;
        if ((!wanted_by[j] && !d->choice->asked[j]) || f->jobs[j].state == JOB_DISABLED)
            continue;
        if (!d->choice->asked[j] && !f->jobs[j].barrier && f->jobs[j].state != JOB_COMPLETED &&
            !is_open(f->jobs[j].state))
            give(d, j, RESTART_AGAIN, WHY_NEEDED, root);
        if (met && !d->choice->asked[j])
            continue;
        for (uint32_t k = j ? count[j - 1] : 0; k < count[j]; k++)
            wanted_by[needs[k]] = root + 1;
    }
}

// From needs to dependents.
static bool go_forward(struct deciding *d)
{
    const struct restart_facts *f = d->facts;
    bool news = false;
    for (uint32_t i = 0; i < f->jobs_count; i++) {
        uint32_t need = d->order[i];
        enum restart_what what = d->verdicts[need].what;
        if (what == RESTART_KEEP && is_open(f->jobs[need].state))
            what = RESTART_MAYBE;
        if (what == RESTART_KEEP)
            continue;
        for (uint32_t k = d->first[need]; k < d->first[need + 1]; k++) {
            uint32_t job = d->dependents[k];
            if (f->jobs[job].state == JOB_DISABLED || is_open(f->jobs[job].state))
                continue;
            bool through = f->jobs[need].barrier && d->verdicts[need].what != RESTART_KEEP;
            if (what != RESTART_AGAIN && f->jobs[job].state != JOB_COMPLETED)
                continue; // it did not complete, and was not asked for
            news |= give(d, job, what == RESTART_AGAIN ? what : RESTART_MAYBE, WHY_NEED,
                         through ? d->verdicts[need].other : need);
        }
    }
    return news;
}

// From readers that may run again to the writers of temporary files that are gone.
static bool go_back(struct deciding *d)
{
    const struct restart_facts *f = d->facts;
    bool news = false;
    for (uint32_t i = 0; i < f->job_files_count; i++) {
        const struct restart_pair *use = &f->job_files[i];
        uint32_t writer = d->writer[use->other];
        bool runs = d->verdicts[use->job].what != RESTART_KEEP ||
                    (is_open(f->jobs[use->job].state) && f->jobs[use->job].state != JOB_RUNNING);
        if (use->role == ROLE_INPUT && runs && writer != UINT32_MAX &&
            d->look->missing[use->other] && f->jobs[writer].state == JOB_COMPLETED)
            news |= give(d, writer, RESTART_REWRITE, WHY_TEMPORARY, use->other);
    }
    return news;
}

void restart_decide(const struct restart_facts *f, const struct restart_look *look,
                    const struct restart_choice *choice, struct restart_verdict *verdicts)
{
    struct deciding d = {.facts = f, .look = look, .choice = choice, .verdicts = verdicts};
    memset(verdicts, 0, f->jobs_count * sizeof *verdicts);
    d.order = xcalloc(f->jobs_count + 1, sizeof *d.order);
    d.first = xcalloc(f->jobs_count + 2, sizeof *d.first);
    d.dependents = xcalloc(f->needs_count + 1, sizeof *d.dependents);
    d.writer = xcalloc(f->files_count + 1, sizeof *d.writer);
    memset(d.writer, 0xff, f->files_count * sizeof *d.writer);
    for (uint32_t i = 0; i < f->job_files_count; i++)
        if (f->job_files[i].role == ROLE_OUTPUT)
            d.writer[f->job_files[i].other] = f->job_files[i].job;
    group_dependents(&d);
    sort_jobs(&d);
    judge_states(&d);
    if (!choice->failed && !choice->asked) {
        judge_files(&d);
        judge_data(&d);
    }
    if (choice->asked)
        judge_needed(&d);
    for (uint32_t j = 0; j < f->jobs_count; j++)
        if (f->jobs[j].left)
            give(&d, j, RESTART_REWRITE, WHY_NONE, 0);
    do
        go_forward(&d);
    while (go_back(&d));
    for (uint32_t j = 0; j < f->jobs_count; j++)
        if (f->jobs[j].left && verdicts[j].what == RESTART_REWRITE)
            verdicts[j] = (struct restart_verdict){0}; // it is going to
    free(d.order);
    free(d.first);
    free(d.dependents);
    free(d.writer);
}

char *restart_why_text(const struct restart_facts *f, uint32_t job, const struct restart_verdict *v)
{
    const struct restart_job *j = &f->jobs[job];
    switch (v->why) {
    case WHY_ASKED:
        return xstrdup("it was asked for");
    case WHY_STATE:
        return j->reason ? xasprintf("it is %s (%s)", job_state_names[j->state],
                                     attempt_reason_names[j->reason])
                         : xasprintf("it is %s", job_state_names[j->state]);
    case WHY_ADDED:
        return xstrdup("it is new in the file");
    case WHY_EDITED:
        return xstrdup("it changed in the file");
    case WHY_INPUT:
        return xasprintf("its input file %s changed", f->files[v->other].path);
    case WHY_DATA:
        return xasprintf("its input data %s changed", f->data[v->other].name);
    case WHY_OUTPUT:
        return xasprintf("its output file %s is missing", f->files[v->other].path);
    case WHY_UNSET:
        return xasprintf("its output data %s has no value", f->data[v->other].name);
    case WHY_EPHEMERAL:
        return xasprintf("it sets %s, which is ephemeral", f->data[v->other].name);
    case WHY_NEED:
        return xasprintf(v->what == RESTART_MAYBE ? "if what %s writes changes"
                                                  : "it needs %s, which runs again",
                         f->jobs[v->other].name);
    case WHY_TEMPORARY:
        return xasprintf("its output file %s is missing, and needed again",
                         f->files[v->other].path);
    case WHY_NEEDED:
        return xasprintf("%s, which was asked for, needs it", f->jobs[v->other].name);
    case WHY_NONE:
        break;
    }
    return xstrdup("");
}

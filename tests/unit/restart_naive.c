// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/restart_naive.h"

#include <string.h>

struct prediction {
    struct naive *n;
    bool hard[JOBS_MOST];    // it must run, and so must all that comes after it
    bool rewrite[JOBS_MOST]; // it must run, only to write what is missing
    bool may[JOBS_MOST];     // one of these, or it comes after one
    bool asked[JOBS_MOST], lacked[JOBS_MOST];
    bool ran[JOBS_MOST], wrote_other[JOBS_MOST];
};

static bool differs(const char *now, const char *then)
{
    return strcmp(now, then) != 0;
}

static bool names_other(const struct naive *n, const bool *now, const bool *then)
{
    for (int f = 0; f < n->c->files_count; f++)
        if (now[f] != then[f] || (now[f] && n->c->files[f].path != n->filed->files[f].path))
            return true;
    return false;
}

// Its class, priority, description and place in the file may have changed, and files their names.
// Open in the table: a need is one for whatever reason, and inputs count as outputs do.
static bool is_edited(const struct naive *n, int job)
{
    const struct case_job *now = &n->c->jobs[job], *then = &n->filed->jobs[job];
    bool edited = now->command != then->command || now->env != then->env ||
                  names_other(n, now->reads, then->reads) ||
                  names_other(n, now->writes, then->writes) ||
                  memcmp(now->reads_data, then->reads_data, sizeof now->reads_data) != 0 ||
                  memcmp(now->sets_data, then->sets_data, sizeof now->sets_data) != 0;
    for (int k = 0; k < job; k++)
        edited |= case_needs(n->c, job, k) != case_needs(n->filed, job, k);
    return edited;
}

// Its own reasons, after the table, but what it reads.
static const char *own_reason(const struct prediction *p, int job)
{
    const struct naive *n = p->n;
    enum job_state state = n->jobs[job].state;
    enum option option = n->round->option;
    if (state == JOB_DISABLED)
        return NULL;
    if (state == JOB_UNINITIALIZED)
        return "has not run yet";
    if (p->asked[job])
        return "is asked for";
    if (option == OPTION_JOB)
        return p->lacked[job] && state != JOB_COMPLETED ? "is lacked by what is asked for" : NULL;
    if (state != JOB_COMPLETED)
        return "did not complete";
    return is_edited(n, job) ? "edited" : NULL;
}

// Likewise what it reads, and what it sets anew each time.
static const char *reason_by_content(const struct naive *n, int job)
{
    const struct case_job *j = &n->c->jobs[job];
    const struct job_memory *m = &n->jobs[job];
    if (n->round->option || m->state != JOB_COMPLETED)
        return NULL;
    for (int f = 0; f < n->c->files_count; f++) {
        // Open in the table: an input that is missing is no reason (it could only fail). What a
        // job both reads and writes is compared with what it left.
        const char *then = j->writes[f] ? m->wrote[f] : m->read[f];
        if (j->reads[f] && *n->files[f] && differs(n->files[f], then))
            return "input changed";
    }
    for (int d = 0; d < n->c->data_count; d++) {
        const struct case_data *data = &n->c->data[d];
        const char *now = data->ephemeral ? data->initial : n->data[d];
        if (j->sets_data[d] && data->ephemeral)
            return "ephemeral";
        // Open in the table: data that had no value when the job ran, or has none now. The one who
        // sets it runs again then, if there is one.
        if (j->reads_data[d] && *now && *m->read_data[d] && differs(now, m->read_data[d]))
            return "data changed";
    }
    return NULL;
}

static bool is_disabled(const struct naive *n, int job)
{
    return n->jobs[job].state == JOB_DISABLED;
}

// What is disabled does not run, and what comes after it has no reason by it.
static bool needs_one_of(const struct naive *n, int job, const bool *set)
{
    for (int k = 0; k < job; k++)
        if (set[k] && !is_disabled(n, k) && case_needs(n->c, job, k))
            return true;
    return false;
}

// What runs of a round with --job, and what that lacks: a need that did not complete.
static void ask(struct prediction *p)
{
    const struct naive *n = p->n;
    bool wanted[JOBS_MOST] = {0};
    for (int j = n->c->jobs_count - 1; j >= 0; j--) {
        bool met = is_disabled(n, j) || (n->jobs[j].state == JOB_COMPLETED && !n->jobs[j].left);
        p->asked[j] = n->round->option == OPTION_FORCE ||
                      (n->round->option == OPTION_JOB && j == case_asked(n->c, n->round));
        p->lacked[j] = wanted[j] && !met;
        for (int k = 0; k < j && !is_disabled(n, j) && (p->asked[j] || p->lacked[j]); k++)
            wanted[k] |= case_needs(n->c, j, k);
    }
}

static bool is_read_by_one_of(const struct naive *n, const bool *set, int f)
{
    for (int reader = 0; reader < n->c->jobs_count; reader++)
        if (set[reader] && n->c->jobs[reader].reads[f])
            return true;
    return false;
}

static bool lacks_output(const struct prediction *p, int job)
{
    const struct naive *n = p->n;
    for (int f = 0; f < n->c->files_count; f++) {
        if (!n->c->jobs[job].writes[f] || *n->files[f])
            continue;
        // A temporary file that is missing is made again for who reads it, if that one may run.
        if ((!n->c->files[f].temporary && !n->round->option) || is_read_by_one_of(n, p->may, f))
            return true;
    }
    return false;
}

static void judge(struct prediction *p)
{
    struct naive *n = p->n;
    ask(p);
    for (int j = 0; j < n->c->jobs_count; j++) {
        n->why[j] = own_reason(p, j);
        if (!n->why[j])
            n->why[j] = reason_by_content(n, j);
        p->hard[j] = n->why[j] != NULL;
        if (!p->hard[j] && !is_disabled(n, j) && needs_one_of(n, j, p->hard)) {
            n->why[j] = "after one that runs";
            p->hard[j] = true;
        }
        n->more[j] = n->round->escalate && p->hard[j] && n->jobs[j].state == JOB_FAILED &&
                     (n->jobs[j].reason == REASON_OOM || n->jobs[j].reason == REASON_TIMEOUT);
    }
    for (bool news = true; news;) {
        news = false;
        for (int j = 0; j < n->c->jobs_count; j++) {
            if (is_disabled(n, j))
                continue;
            bool rewrite = !p->hard[j] && n->jobs[j].state == JOB_COMPLETED &&
                           (n->jobs[j].left || lacks_output(p, j));
            bool may = p->hard[j] || rewrite ||
                       (n->jobs[j].state == JOB_COMPLETED && needs_one_of(n, j, p->may));
            news |= may != p->may[j] || rewrite != p->rewrite[j];
            p->may[j] = may;
            p->rewrite[j] = rewrite;
        }
    }
}

// ---- and then they run ----

static bool reads_from(const struct naive *n, int job, int need)
{
    const struct case_job *j = &n->c->jobs[job], *k = &n->c->jobs[need];
    bool reads = false;
    for (int f = 0; f < n->c->files_count; f++)
        reads |= j->reads[f] && k->writes[f];
    for (int d = 0; d < n->c->data_count; d++)
        reads |= j->reads_data[d] && k->sets_data[d];
    return reads;
}

static bool by_regex(const struct naive *n, int job, int need)
{
    const struct case_job *j = &n->c->jobs[job];
    return j->regex_first >= 0 && need >= j->regex_first && need <= j->regex_last;
}

static bool ended_badly(const struct naive *n, int job)
{
    return n->jobs[job].state != JOB_COMPLETED && !is_disabled(n, job);
}

static const char *reason_by_need(const struct prediction *p, int job)
{
    const struct naive *n = p->n;
    for (int k = 0; k < job; k++) {
        if (!case_needs(n->c, job, k))
            continue;
        // Open in the table: what that one has left is not known.
        if (ended_badly(n, k))
            return "a need ended badly";
        // That one found another content: all after it runs.
        if (p->ran[k] && !p->rewrite[k])
            return "after one that found another content";
        // "Downstream only if the content it then writes differs": who reads of it looks at what
        // it reads; who only comes after it, or names it by a regex, does not know what matters.
        if (p->ran[k] && p->wrote_other[k] && (!reads_from(n, job, k) || by_regex(n, job, k)))
            return "after one that wrote another content";
    }
    return NULL;
}

// What only follows from what the needs have written: of a job that may run, and of one that runs
// in any case whether all that comes after it does too.
static const char *reason_now(const struct prediction *p, int job)
{
    const struct naive *n = p->n;
    const struct case_job *j = &n->c->jobs[job];
    const struct job_memory *m = &n->jobs[job];
    const char *reason = reason_by_need(p, job);
    for (int f = 0; f < n->c->files_count && !reason; f++)
        if (j->reads[f] && *n->files[f] &&
            differs(n->files[f], j->writes[f] ? m->wrote[f] : m->read[f]))
            reason = "input has another content";
    for (int d = 0; d < n->c->data_count && !reason; d++)
        if (j->reads_data[d] && differs(n->data[d], m->read_data[d]))
            reason = "data has another content";
    return reason;
}

static void reset_data(struct naive *n, int job)
{
    for (int d = 0; d < n->c->data_count; d++)
        if (n->c->jobs[job].sets_data[d])
            memcpy(n->data[d], n->c->data[d].initial, sizeof n->data[d]);
}

static void write_outputs(struct prediction *p, int job, struct job_memory *m)
{
    struct naive *n = p->n;
    const struct job_memory *old = &n->jobs[job];
    for (int f = 0; f < n->c->files_count; f++) {
        if (!n->c->jobs[job].writes[f])
            continue;
        case_produce(n->c, job, f, m->runs, m->read, m->read_data, m->wrote[f]);
        p->wrote_other[job] |= differs(m->wrote[f], old->wrote[f]);
        memcpy(n->files[f], m->wrote[f], sizeof n->files[f]);
    }
    for (int d = 0; d < n->c->data_count; d++) {
        if (!n->c->jobs[job].sets_data[d])
            continue;
        case_produce(n->c, job, FILES_MOST + d, m->runs, m->read, m->read_data, m->set[d]);
        p->wrote_other[job] |= differs(m->set[d], old->set[d]);
        memcpy(n->data[d], m->set[d], sizeof n->data[d]);
    }
}

static void run(struct prediction *p, int job)
{
    struct naive *n = p->n;
    const struct outcome *outcome = &n->round->outcomes[job];
    struct job_memory m = {.runs = n->jobs[job].runs};
    p->ran[job] = n->runs[job] = true;
    for (int f = 0; f < n->c->files_count; f++)
        if (n->c->jobs[job].reads[f] && !*n->files[f]) {
            n->jobs[job].state = JOB_FAILED;
            return;
        }
    memcpy(m.read, n->files, sizeof m.read);
    memcpy(m.read_data, n->data, sizeof m.read_data);
    n->jobs[job].runs++;
    n->jobs[job].left = false;
    if (outcome->state == JOB_COMPLETED || outcome->writes)
        write_outputs(p, job, &m);
    if (outcome->state == JOB_COMPLETED) {
        m.runs++;
        n->jobs[job] = m;
    }
    n->jobs[job].state = outcome->state;
}

static bool is_canceled(const struct naive *n, int job)
{
    for (int k = 0; k < job && !n->c->jobs[job].goes_on; k++)
        if (case_needs(n->c, job, k) && ended_badly(n, k))
            return true;
    return false;
}

// Open in the table: --failed and --job keep ephemeral data of a job that does not run again.
static bool is_kept(const struct prediction *p, int writer)
{
    return writer >= 0 && p->n->jobs[writer].state == JOB_COMPLETED && !p->hard[writer] &&
           !p->rewrite[writer];
}

void naive_predict(struct naive *n)
{
    struct prediction p = {.n = n};
    bool any = false, waits[JOBS_MOST] = {0};
    // Open in the table: a value that the file gave follows the file, one that was set stays.
    for (int d = 0; d < n->c->data_count; d++)
        if (!differs(n->data[d], n->filed->data[d].initial))
            memcpy(n->data[d], n->c->data[d].initial, sizeof n->data[d]);
    judge(&p);
    for (int j = 0; j < n->c->jobs_count; j++) {
        bool again = p.hard[j] || p.rewrite[j];
        any |= p.may[j];
        n->again += again;
        n->maybe += p.may[j] && !again;
        if (again)
            reset_data(n, j);
    }
    for (int d = 0; any && d < n->c->data_count; d++)
        if (n->c->data[d].ephemeral && !is_kept(&p, n->c->data[d].writer))
            memcpy(n->data[d], n->c->data[d].initial, sizeof n->data[d]);
    for (int j = 0; j < n->c->jobs_count; j++) {
        if (!p.may[j])
            continue;
        if (n->ran && !n->ran[j]) { // who has no reason yet is asked again by the next restart
            waits[j] = p.hard[j] || p.rewrite[j] || needs_one_of(n, j, waits);
            if (p.hard[j] || (waits[j] ? reason_by_need(&p, j) : reason_now(&p, j)))
                n->jobs[j].state = JOB_UNINITIALIZED;
            n->jobs[j].left = p.rewrite[j];
            continue;
        }
        if (is_canceled(n, j)) {
            n->jobs[j].state = JOB_CANCELED;
            continue;
        }
        const char *now = p.hard[j] ? NULL : reason_now(&p, j);
        bool runs = p.hard[j] || p.rewrite[j] || now;
        if (!p.hard[j])
            n->why[j] = now ? now : p.rewrite[j] ? "output missing" : NULL;
        p.rewrite[j] &= !now;
        if (!runs)
            continue;
        reset_data(n, j);
        run(&p, j);
    }
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/restart/restart.h"

#include <fnmatch.h>

#include "lib/base/mem.h"

static int find_asked(const struct restart_facts *f, const char *glob, bool *asked,
                      struct error *err)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < f->jobs_count; i++) {
        asked[i] = !f->jobs[i].barrier && !fnmatch(glob, f->jobs[i].name, 0);
        found += asked[i];
    }
    return found ? 0
                 : error_set(err, ERROR_USAGE, 0, "workflow %lld has no job \"%s\"",
                             (long long)f->workflow_id, glob);
}

int restart_find(struct store *store, int64_t workflow_id, const struct restart_wish *wish,
                 struct restart *r, struct error *err)
{
    *r = (struct restart){0};
    if (store_restart_facts(store, workflow_id, &r->facts, err))
        return -1;
    const struct restart_facts *f = &r->facts;
    cleanup_free bool *asked = wish->job_glob ? xcalloc(f->jobs_count + 1, sizeof *asked) : NULL;
    if ((asked && find_asked(f, wish->job_glob, asked, err)) || restart_look(f, &r->look, err)) {
        restart_fini(r);
        return -1;
    }
    struct restart_choice choice = {.failed = wish->failed, .force = wish->force, .asked = asked};
    r->verdicts = xcalloc(f->jobs_count + 1, sizeof *r->verdicts);
    restart_decide(f, &r->look, &choice, r->verdicts);
    for (uint32_t i = 0; i < f->jobs_count; i++) {
        enum restart_what what = r->verdicts[i].what;
        r->again += !f->jobs[i].barrier && what > RESTART_MAYBE;
        r->maybe += !f->jobs[i].barrier && what == RESTART_MAYBE;
    }
    return 0;
}

int restart_apply(struct store *store, const struct restart *r, struct restart_reply *reply,
                  struct error *err)
{
    const struct restart_facts *f = &r->facts;
    cleanup_free int64_t *jobs = xcalloc(f->jobs_count + 1, sizeof *jobs);
    cleanup_free int64_t *rewrites = xcalloc(f->jobs_count + 1, sizeof *rewrites);
    cleanup_free int64_t *maybe = xcalloc(f->jobs_count + 1, sizeof *maybe);
    struct restart_request request = {.workflow_id = f->workflow_id,
                                      .run_id = f->run_id,
                                      .jobs = jobs,
                                      .rewrites = rewrites,
                                      .maybe = maybe,
                                      .seen = r->look.seen,
                                      .seen_count = r->look.seen_count};
    for (uint32_t i = 0; i < f->jobs_count; i++) {
        if (r->verdicts[i].what == RESTART_AGAIN)
            jobs[request.jobs_count++] = f->jobs[i].id;
        else if (r->verdicts[i].what == RESTART_REWRITE)
            rewrites[request.rewrites_count++] = f->jobs[i].id;
        else if (r->verdicts[i].what == RESTART_MAYBE)
            maybe[request.maybe_count++] = f->jobs[i].id;
    }
    return store_restart(store, &request, reply, err);
}

void restart_fini(struct restart *r)
{
    free(r->verdicts);
    restart_look_fini(&r->look);
    if (r->facts.arena)
        restart_facts_fini(&r->facts);
    *r = (struct restart){0};
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/restart/restart.h"

#include <fnmatch.h>
#include <string.h>

#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/store/read_each.h"
#include "lib/workflow/workflow.h"

struct of_file {
    const char *file;
    int64_t id; // the last one; 0: none
};

static int each_workflow(void *context, const struct read_reply *reply, uint32_t index,
                         struct error *err)
{
    struct of_file *of = context;
    const struct workflow_info *w = &reply->workflows[index];
    (void)err;
    if (w->file && !strcmp(w->file, of->file))
        of->id = w->id;
    return 0;
}

int restart_workflow_of(struct store *store, int64_t id, const char *file, struct read_reply *reply,
                        struct error *err)
{
    struct of_file of = {file, id};
    struct read_request request = {.what = READ_WORKFLOWS};
    if (!id && store_read_each(store, request, each_workflow, &of, err))
        return -1;
    if (!of.id)
        return error_set(err, ERROR_USAGE, 0,
                         "no workflow of this database came from %s, so there is none to restart; "
                         "name one by its ID ('torc list' shows them), or leave out --restart",
                         file);
    request.workflow_id = of.id;
    return store_read(store, &request, reply, err);
}

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

static int read_facts(struct store *store, int64_t workflow_id, const struct restart_wish *wish,
                      struct restart *r, struct error *err)
{
    if (!wish->workflow)
        return store_restart_facts(store, workflow_id, &r->facts, err);
    if (store_restart_facts(store, workflow_id, &r->old, err))
        return -1;
    r->workflow = wish->workflow;
    r->amendment = xcalloc(1, sizeof *r->amendment);
    amendment_make(r->amendment, &r->old, wish->workflow);
    r->facts = r->amendment->facts;
    return 0;
}

// Jobs that completed, and of whose inputs nothing is known.
static uint32_t count_unseen(const struct restart_facts *f)
{
    cleanup_free bool *unseen = xcalloc(f->jobs_count + 1, sizeof *unseen);
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->job_files_count; i++) {
        const struct restart_pair *use = &f->job_files[i];
        if (use->role == ROLE_INPUT && use->seen == NO_VERSION &&
            f->jobs[use->job].state == JOB_COMPLETED && !unseen[use->job]) {
            unseen[use->job] = true;
            count++;
        }
    }
    return count;
}

static void count(struct restart *r)
{
    for (uint32_t i = 0; i < r->facts.jobs_count; i++) {
        enum restart_what what = r->verdicts[i].what;
        r->again += !r->facts.jobs[i].barrier && what > RESTART_MAYBE;
        r->maybe += !r->facts.jobs[i].barrier && what == RESTART_MAYBE;
    }
    r->unseen = count_unseen(&r->facts);
}

int restart_find(struct store *store, int64_t workflow_id, const struct restart_wish *wish,
                 struct restart *r, struct error *err)
{
    *r = (struct restart){0};
    if (read_facts(store, workflow_id, wish, r, err))
        return -1;
    const struct restart_facts *f = &r->facts;
    cleanup_free bool *asked = wish->job_glob ? xcalloc(f->jobs_count + 1, sizeof *asked) : NULL;
    if ((asked && find_asked(f, wish->job_glob, asked, err)) || restart_look(f, &r->look, err)) {
        restart_fini(r);
        return -1;
    }
    struct restart_choice choice = {.failed = wish->failed,
                                    .force = wish->force,
                                    .asked = asked,
                                    .edited = r->amendment ? r->amendment->edited : NULL,
                                    .added = r->amendment ? r->amendment->added : NULL};
    r->verdicts = xcalloc(f->jobs_count + 1, sizeof *r->verdicts);
    restart_decide(f, &r->look, &choice, r->verdicts);
    if (wish->escalate && !r->amendment)
        escalate(f, r->verdicts, wish->escalate, &r->more);
    count(r);
    return 0;
}

// Files by their index, where the changed file's have no ids yet.
static struct restart_seen *list_seen(const struct restart *r)
{
    struct restart_seen *seen = xcalloc(r->look.seen_count + 1, sizeof *seen);
    for (uint32_t i = 0; i < r->look.seen_count; i++) {
        uint32_t file = r->look.seen[i].file;
        seen[i] = (struct restart_seen){r->amendment ? file : r->facts.files[file].id,
                                        r->look.seen[i].seen};
    }
    return seen;
}

static struct restart_more *list_more(const struct restart *r, uint32_t *count)
{
    const struct restart_facts *f = &r->facts;
    struct restart_more *more = xcalloc(f->jobs_count + 1, sizeof *more);
    for (uint32_t i = 0; r->more.count && i < f->jobs_count; i++) {
        if (r->more.of_job[i] < 0 || !r->more.list[r->more.of_job[i]].jobs)
            continue;
        const struct escalation *e = &r->more.list[r->more.of_job[i]];
        more[(*count)++] = (struct restart_more){f->jobs[i].id, f->classes[e->class_index].id,
                                                 e->name, e->memory_bytes, e->runtime_usec};
    }
    return more;
}

int restart_apply(struct store *store, const struct restart *r,
                  const struct workflow_origin *origin, struct restart_reply *reply,
                  struct error *err)
{
    const struct restart_facts *f = &r->facts;
    cleanup_free int64_t *jobs = xcalloc(f->jobs_count + 1, sizeof *jobs);
    cleanup_free int64_t *rewrites = xcalloc(f->jobs_count + 1, sizeof *rewrites);
    cleanup_free int64_t *maybe = xcalloc(f->jobs_count + 1, sizeof *maybe);
    cleanup_free struct restart_seen *seen = list_seen(r);
    struct restart_request request = {.workflow_id = f->workflow_id,
                                      .run_id = f->run_id,
                                      .jobs = jobs,
                                      .rewrites = rewrites,
                                      .maybe = maybe,
                                      .seen = seen,
                                      .seen_count = r->look.seen_count};
    cleanup_free struct restart_more *more = list_more(r, &request.more_count);
    request.more = more;
    for (uint32_t i = 0; i < f->jobs_count; i++) {
        int64_t which = r->amendment ? i : f->jobs[i].id;
        if (r->verdicts[i].what == RESTART_AGAIN)
            jobs[request.jobs_count++] = which;
        else if (r->verdicts[i].what == RESTART_REWRITE)
            rewrites[request.rewrites_count++] = which;
        else if (r->verdicts[i].what == RESTART_MAYBE)
            maybe[request.maybe_count++] = which;
    }
    crash_point("restart-not-recorded");
    int rc = r->amendment
                 ? store_amend(store, &request, &r->amendment->had, r->workflow, origin, reply, err)
                 : store_restart(store, &request, reply, err);
    crash_point("restart-recorded");
    return rc;
}

void restart_fini(struct restart *r)
{
    free(r->verdicts);
    escalations_fini(&r->more);
    restart_look_fini(&r->look);
    if (r->amendment)
        amendment_fini(r->amendment);
    else if (r->facts.arena)
        restart_facts_fini(&r->facts);
    free(r->amendment);
    if (r->old.arena)
        restart_facts_fini(&r->old);
    *r = (struct restart){0};
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/spawn_fit.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/plan/plan.h"
#include "lib/slurm/slurm.h"
#include "lib/store/plan.h"
#include "lib/store/read_each.h"
#include "lib/workflow/settings.h"

struct fit {
    struct plan_class *classes; // the new ones
    size_t count;
    uint32_t runners; // by hand
    bool *fits;       // one of them has room
};

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool is_known(const struct workflow *w, const struct class_row *c)
{
    for (size_t i = 0; i < w->classes_count; i++)
        if (same_text(w->classes[i].name, c->name) &&
            same_text(w->classes[i].scheduler, c->scheduler) &&
            same_text(w->classes[i].labels, c->labels))
            return true;
    return false;
}

static void find_new(struct fit *fit, const struct workflow *known, const struct workflow *more,
                     size_t jobs)
{
    cleanup_free bool *seen = xcalloc(more->classes_count + 1, sizeof *seen);
    fit->classes = xcalloc(more->classes_count + 1, sizeof *fit->classes);
    for (size_t i = 0; i < jobs; i++) {
        int32_t index = more->jobs[i].class_index;
        const struct class_row *c = &more->classes[index];
        if (seen[index] || is_known(known, c))
            continue;
        seen[index] = true;
        fit->classes[fit->count++] =
            (struct plan_class){.row = c,
                                .ready = 1,
                                .job = more->jobs[i].name,
                                .any_length = more->jobs[i].flags & JOB_SUPPORTS_TERMINATION};
    }
    fit->fits = xcalloc(fit->count + 1, sizeof *fit->fits);
}

static int ask_cluster(const struct fit *fit, const struct subject *subject, struct error *err)
{
    struct cluster cluster;
    struct settings settings;
    struct plan plan;
    struct error unknown;
    if (slurm_load_cluster(&cluster, &unknown))
        return 0;
    int rc = settings_parse(&settings, subject->info.workflows->settings, err);
    if (!rc) {
        struct plan_request request = {.classes = fit->classes,
                                       .classes_count = fit->count,
                                       .cluster = &cluster,
                                       .settings = &settings};
        plan_make(&plan, &request);
        for (size_t i = 0; i < plan.notes_count; i++)
            if (plan.notes[i].refused)
                cli_warn("%s", plan.notes[i].text);
        if (plan.refused)
            rc = error_set(err, ERROR_USAGE, 0,
                           "jobs that can never run are refused, nothing was added");
        plan_fini(&plan);
        settings_fini(&settings);
    }
    cluster_fini(&cluster);
    return rc;
}

static int each_runner(void *context, const struct read_reply *reply, uint32_t index,
                       struct error *err)
{
    struct fit *fit = context;
    const struct runner_info *r = &reply->runners[index];
    (void)err;
    if (r->end_usec || r->lost || r->allocation_id)
        return 0;
    fit->runners++;
    for (size_t i = 0; i < fit->count; i++) {
        const struct class_row *c = fit->classes[i].row;
        fit->fits[i] |= !c->enforced || (c->cpus <= r->cpus && c->memory_bytes <= r->memory_bytes &&
                                         c->gpus_milli <= r->gpus_milli);
    }
    return 0;
}

static int ask_runners(struct fit *fit, struct store *store, int64_t workflow_id, struct error *err)
{
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = workflow_id};
    if (store_read_each(store, request, each_runner, fit, err))
        return -1;
    for (size_t i = 0; i < fit->count && fit->runners; i++)
        if (!fit->fits[i])
            return error_set(err, ERROR_USAGE, 0,
                             "job \"%s\" (class \"%s\") can never run: it asks for more than the "
                             "machine has that runs the workflow; ask for less. Nothing was added",
                             fit->classes[i].job, fit->classes[i].row->name);
    return 0;
}

int spawn_fit(struct store *store, const struct subject *subject, const struct workflow *more,
              size_t jobs, struct error *err)
{
    struct fit fit = {0};
    struct submissions submissions;
    int rc = 0;
    find_new(&fit, &subject->workflow, more, jobs);
    if (fit.count)
        rc = store_submissions(store, subject->id, &submissions, err);
    if (fit.count && !rc) {
        rc = submissions.count ? ask_cluster(&fit, subject, err)
                               : ask_runners(&fit, store, subject->id, err);
        submissions_fini(&submissions);
    }
    free(fit.classes);
    free(fit.fits);
    return rc;
}

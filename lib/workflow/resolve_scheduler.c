// SPDX-License-Identifier: GPL-2.0-or-later
// slurm_schedulers and slurm_defaults become lists of sbatch's options, which the workflow's
// settings keep; and what jobs ask of the schedulers that they name.
#include <string.h>

#include "lib/base/mem.h"
#include "lib/workflow/resolve.h"

enum { WHY = 256 };

// Goes to a field of the entry, and adds its option; an empty text is as good as none.
static void add_text(struct sbatch_options *options, const char *name, const char *value)
{
    if (value && *value)
        sbatch_options_add(options, xasprintf("--%s=%s", name, value));
}

static void add_count(struct sbatch_options *options, const char *name, int32_t value)
{
    if (value)
        sbatch_options_add(options, xasprintf("--%s=%d", name, value));
}

// Options are checked where they were written: alone, so that the fault is not a neighbour's.
static void check(struct source *source, const char *key, const struct sbatch_options *options)
{
    struct sbatch_asks asks;
    struct error err;
    sbatch_asks_init(&asks);
    if (!sbatch_asks_add(&asks, options, &err))
        return;
    source_down_key(source, key);
    source_error(source, "%s", err.text);
    source_up(source);
}

static void add_checked(struct source *source, struct sbatch_options *options, const char *key,
                        const char *name, const char *value)
{
    struct sbatch_options own = {0};
    add_text(&own, name, value);
    check(source, key, &own);
    sbatch_options_fini(&own);
    add_text(options, name, value);
}

static void add_extra(struct source *source, struct sbatch_options *options, const char *line)
{
    struct sbatch_options own = {0};
    struct error err;
    if (sbatch_options_add_line(&own, line, &err)) {
        source_down_key(source, "extra");
        source_error(source,
                     "%s; this is what stands behind #SBATCH in a script, such as "
                     "\"--constraint=lustre --exclusive\"",
                     err.text);
        source_up(source);
    } else {
        check(source, "extra", &own);
    }
    sbatch_options_fini(&own);
    if (sbatch_options_add_line(options, line, NULL))
        return; // said above
}

static void add_defaults(struct sbatch_options *options, const struct texts *defaults)
{
    for (uint32_t i = 0; i < defaults->count; i++)
        sbatch_options_add(options, xstrdup(defaults->items[i]));
}

// What a scheduler says wins over slurm_defaults, and its extra, which stands last, over its other
// fields.
static void add_scheduler(struct resolver *resolver, const struct spec_scheduler *written)
{
    struct source *source = resolver->source;
    cleanup_free char *name =
        written->name ? xstrdup(written->name) : xasprintf("#%u", written->place.index + 1);
    struct scheduler *scheduler = schedulers_add(&resolver->schedulers, name);
    struct sbatch_options *options = &scheduler->options;
    scheduler->serialize = written->serialize;
    source_go_element(source, "slurm_schedulers", written->place.index, written->place.offset);
    add_defaults(options, &resolver->spec->slurm_defaults);
    add_text(options, "account", written->account);
    add_text(options, "partition", written->partition);
    add_text(options, "qos", written->qos);
    add_count(options, "nodes", written->nodes);
    add_count(options, "ntasks-per-node", written->ntasks_per_node);
    add_checked(source, options, "walltime", "time", written->walltime);
    add_checked(source, options, "mem", "mem", written->mem);
    add_text(options, "gres", written->gres);
    add_text(options, "tmp", written->tmp);
    if (written->extra)
        add_extra(source, options, written->extra);
}

// Who names which: [s] for each scheduler; true when some job names none.
static bool find_users(const struct resolver *resolver, bool *named)
{
    bool some_free = false;
    const struct spec *spec = resolver->spec;
    for (size_t j = 0; j < spec->jobs_count; j++) {
        const struct spec_job *job = &spec->jobs[j];
        int64_t found =
            job->scheduler ? names_find(&spec->scheduler_names, job->scheduler) : NAMES_NONE;
        if (found != NAMES_NONE)
            named[found] = true;
        some_free |= !job->scheduler && !job->labels.count;
    }
    for (size_t a = 0; a < spec->actions.count; a++) {
        int64_t found = names_find(&spec->scheduler_names, spec->actions.list[a].scheduler);
        if (found != NAMES_NONE)
            named[found] = true;
    }
    return some_free;
}

// One that nobody names is for the jobs that name none, if it is the only one.
static void settle_unnamed(struct resolver *resolver)
{
    const struct spec *spec = resolver->spec;
    cleanup_free bool *named = xcalloc(spec->schedulers_count + 1, sizeof *named);
    bool some_free = find_users(resolver, named), standard = false;
    for (size_t s = 0; s < spec->schedulers_count; s++) {
        const struct spec_scheduler *written = &spec->schedulers[s];
        if (named[s])
            continue;
        source_go_element(resolver->source, "slurm_schedulers", written->place.index,
                          written->place.offset);
        if (spec->schedulers_count == 1 && some_free)
            standard = resolver->schedulers.list[s].standard = true;
        else
            source_warning(resolver->source,
                           "no job names this scheduler, so nothing is asked for with it");
    }
    if (standard || !spec->slurm_defaults.count)
        return;
    struct scheduler *scheduler = schedulers_add(&resolver->schedulers, NULL);
    scheduler->standard = true;
    add_defaults(&scheduler->options, &spec->slurm_defaults);
}

void resolve_schedulers(struct resolver *resolver)
{
    const struct spec *spec = resolver->spec;
    for (size_t s = 0; s < spec->schedulers_count; s++)
        add_scheduler(resolver, &spec->schedulers[s]);
    settle_unnamed(resolver);
    resolver->asks = xcalloc(resolver->schedulers.count + 1, sizeof *resolver->asks);
    for (size_t s = 0; s < resolver->schedulers.count; s++) {
        sbatch_asks_init(&resolver->asks[s]);
        sbatch_asks_add(&resolver->asks[s], &resolver->schedulers.list[s].options,
                        NULL); // checked field by field
    }
}

void resolve_job_scheduler(struct resolver *resolver, const struct spec_job *job)
{
    struct source *source = resolver->source;
    const struct names *names = &resolver->spec->scheduler_names;
    if (!job->scheduler)
        return;
    source_down_key(source, "scheduler");
    if (names_find(names, job->scheduler) == NAMES_NONE)
        source_error(source, "no scheduler is named %s%s", source_quote(source, job->scheduler),
                     source_suggest(
                         source, job->scheduler, names->list, names->count,
                         "; schedulers are listed in \"slurm_schedulers\" at the top of the file"));
    if (job->labels.count)
        source_error(source, "a job with \"labels\" is for runners that somebody starts by hand, "
                             "so it has no scheduler; leave one "
                             "of them out");
    source_up(source);
}

void resolve_class_scheduler(struct resolver *resolver, const struct class_row *row,
                             bool any_length)
{
    char why[WHY];
    const struct scheduler *scheduler =
        row->labels ? NULL : schedulers_find(&resolver->schedulers, row->scheduler);
    if (scheduler &&
        !scheduler_holds(scheduler, &resolver->asks[scheduler - resolver->schedulers.list], row,
                         any_length, why, WHY))
        source_unfit(resolver->source, "%s: torc-sbatch will refuse it", why);
}

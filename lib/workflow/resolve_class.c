// SPDX-License-Identifier: GPL-2.0-or-later
// One resource class for every requirement, scheduler and set of labels that jobs ask for together:
// jobs of a class can take each other's place anywhere, so the store claims by class and never
// scans jobs.
#include <stdlib.h>
#include <string.h>

#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/workflow/resolve.h"

#define DEFAULT_NAME "default"
enum { DEFAULT_CPUS = 1 };
static const int64_t DEFAULT_MEMORY = INT64_C(1) << 30, DEFAULT_RUNTIME = INT64_C(3600) * 1000000;

static bool is_inline(const struct spec_job *job)
{
    return job->cpus || job->memory_bytes || job->gpus_milli >= 0 || job->nodes ||
           job->runtime_usec;
}

// "2cpu-1g-1h", "4cpu-8g-1gpu-2n-30m": what it asks for is its name.
static const char *inline_name(struct resolver *resolver, const struct class_row *row)
{
    char memory[SIZE_TEXT], runtime[DURATION_TEXT], gpus[32] = "", nodes[32] = "";
    if (row->gpus_milli)
        snprintf(gpus, sizeof gpus, "-%ggpu", row->gpus_milli / 1000.0);
    if (row->nodes > 1)
        snprintf(nodes, sizeof nodes, "-%dn", row->nodes);
    const char *name =
        arena_printf(resolver->workflow->text, "%dcpu-%s%s%s-%s", row->cpus,
                     size_format(row->memory_bytes, memory, sizeof memory), gpus, nodes,
                     duration_format(row->runtime_usec, runtime, sizeof runtime));
    while (names_find(&resolver->classes, name) != NAMES_NONE)
        name = arena_printf(resolver->workflow->text, "%s'", name);
    return name;
}

static struct class_row inline_class(struct resolver *resolver, const struct spec_job *job)
{
    struct class_row row = {
        .cpus = job->cpus ? job->cpus : DEFAULT_CPUS,
        .memory_bytes = job->memory_bytes ? job->memory_bytes : DEFAULT_MEMORY,
        .runtime_usec = job->runtime_usec ? job->runtime_usec : DEFAULT_RUNTIME,
        .gpus_milli = job->gpus_milli > 0 ? job->gpus_milli : 0,
        .nodes = job->nodes ? job->nodes : 1,
        .enforced = true,
    };
    row.name = inline_name(resolver, &row);
    return row;
}

static struct class_row named_class(const struct spec_class *class)
{
    return (struct class_row){
        .name = class->name,
        .cpus = class->cpus,
        .memory_bytes = class->memory_bytes,
        .runtime_usec = class->runtime_usec,
        .gpus_milli = class->gpus_milli,
        .nodes = class->nodes,
        .tmp_bytes = class->tmp_bytes,
        .enforced = true,
    };
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Sorted, each once, with commas between; NULL: none. Invalid ones were reported when they were
// read.
static const char *labels_text(struct resolver *resolver, const struct texts *labels)
{
    const char *text = NULL, *last = "";
    cleanup_free const char **sorted = xcalloc(labels->count + 1, sizeof *sorted);
    size_t count = 0;
    for (uint32_t i = 0; i < labels->count; i++)
        if (labels->items[i])
            sorted[count++] = labels->items[i];
    if (count)
        qsort(sorted, count, sizeof *sorted, compare_texts);
    for (size_t i = 0; i < count; last = sorted[i++])
        if (strcmp(sorted[i], last) != 0)
            text = arena_printf(resolver->workflow->text, "%s%s%s", text ? text : "",
                                text ? "," : "", sorted[i]);
    return text;
}

static struct class_row unknown_class(void)
{
    return (struct class_row){
        .name = DEFAULT_NAME,
        .cpus = DEFAULT_CPUS,
        .memory_bytes = DEFAULT_MEMORY,
        .runtime_usec = DEFAULT_RUNTIME,
        .nodes = 1,
    };
}

// What the job asks for; source stands at the job.
static struct class_row wanted_class(struct resolver *resolver, const struct spec_job *job)
{
    struct source *source = resolver->source;
    const char *name = job->requirements ? job->requirements : DEFAULT_NAME;
    int64_t found = names_find(&resolver->classes, name);
    if (job->requirements && is_inline(job))
        source_error(source, "the job has both \"resource_requirements\" and resources of its own "
                             "(cpus, memory, gpus, nodes, "
                             "runtime); leave one of them out");
    if (job->requirements && found == NAMES_NONE && strcmp(name, DEFAULT_NAME) != 0) {
        source_down_key(source, "resource_requirements");
        source_error(
            source, "no class is named %s%s", source_quote(source, name),
            source_suggest(
                source, name, resolver->classes.list, resolver->classes.count,
                "; classes are listed in \"resource_requirements\" at the top of the file"));
        source_up(source);
    }
    if (is_inline(job))
        return inline_class(resolver, job);
    return found == NAMES_NONE ? unknown_class() : named_class(&resolver->spec->classes[found]);
}

static int32_t add_class(struct resolver *resolver, struct class_row row)
{
    struct workflow *workflow = resolver->workflow;
    size_t count = workflow->classes_count;
    const char *key =
        arena_printf(workflow->text, "%s\x1f%s\x1f%s", row.name, row.scheduler ? row.scheduler : "",
                     row.labels ? row.labels : "");
    int64_t found = names_find(&resolver->class_keys, key);
    if (found != NAMES_NONE)
        return (int32_t)found;
    names_add(&resolver->class_keys, key);
    workflow->classes = xrealloc(workflow->classes, count + 1, sizeof *workflow->classes);
    workflow->classes[workflow->classes_count++] = row;
    return (int32_t)count;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

// Do the two ask for the same? Jobs beside each other in a file mostly do, and then nothing needs
// to be looked up.
static bool same_request(const struct spec_job *a, const struct spec_job *b)
{
    return a->cpus == b->cpus && a->memory_bytes == b->memory_bytes &&
           a->gpus_milli == b->gpus_milli && a->nodes == b->nodes &&
           a->runtime_usec == b->runtime_usec && !a->labels.count && !b->labels.count &&
           a->supports_termination == b->supports_termination &&
           same_text(a->scheduler, b->scheduler) &&
           same_text(a->failure_handler, b->failure_handler) &&
           same_text(a->requirements, b->requirements);
}

void resolve_classes(struct resolver *resolver)
{
    const struct spec *spec = resolver->spec;
    struct job_row *rows = resolver->workflow->jobs;
    size_t errors = resolver->source->problems->errors;
    cleanup_free bool *checked = xcalloc(spec->jobs_count + 1, sizeof *checked); // classes
    for (size_t j = 0; j < spec->jobs_count; j++) {
        const struct spec_job *job = &spec->jobs[j];
        if (j && same_request(job, job - 1) && resolver->source->problems->errors == errors) {
            rows[j].class_index = rows[j - 1].class_index;
            continue;
        }
        source_go_element(resolver->source, "jobs", job->place.index, job->place.offset);
        struct class_row row = wanted_class(resolver, job);
        row.scheduler = job->scheduler;
        row.labels = labels_text(resolver, &job->labels);
        resolve_job_scheduler(resolver, job);
        resolve_job_handler(resolver, job);
        int32_t class = rows[j].class_index = add_class(resolver, row);
        if (!checked[class])
            resolve_class_scheduler(resolver, &row, job->supports_termination);
        checked[class] |= !job->supports_termination;
    }
}

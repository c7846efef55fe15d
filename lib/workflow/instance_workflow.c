// SPDX-License-Identifier: GPL-2.0-or-later
// Writes an instance of WfCommons as a workflow.
#include "lib/workflow/instance_workflow.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/text/problem.h"

enum { NAME_MOST = 100, MIB = 1 << 20 };

struct shape {                                       // what the jobs of a category ask for
    double cores, memory_bytes, runtime_s, io_bytes; // the most; -1: nobody knows
    const char *class_name;
    int64_t class_bytes, class_usec;
    int32_t class_cpus;
};

struct writer {
    const struct instance *in;
    const struct instance_names *names;
    const struct instance_replay *replay;
    struct problems *problems;
    struct names categories;
    struct shape *shapes;
    size_t shapes_space;
    uint32_t *category; // by task
    FILE *out;
};

// ---- names ----

// Letters, digits, _, - and ., none of the last two in front; with its number behind it if there is
// one of that name.
static const char *legal_name(struct arena *arena, struct names *taken, const char *id,
                              size_t number)
{
    char *name = arena_strndup(arena, id, strnlen(id, NAME_MOST));
    for (char *c = name; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", *c) ||
            (c == name && strchr("-.", *c)))
            *c = '_';
    if (!*name)
        name = arena_strdup(arena, "_");
    for (const char *base = name; names_find(taken, name) != NAMES_NONE; number++)
        name = arena_printf(arena, "%s_%zu", base, number + 1);
    names_add(taken, name);
    return name;
}

struct instance_names instance_name(struct instance *in)
{
    struct instance_names names = {xcalloc(in->tasks_count + 1, sizeof *names.tasks),
                                   xcalloc(in->files_count + 1, sizeof *names.files)};
    struct names tasks, files;
    names_init(&tasks);
    names_init(&files);
    for (size_t i = 0; i < in->tasks_count; i++)
        names.tasks[i] = legal_name(in->text, &tasks, in->tasks[i].id, i);
    for (size_t i = 0; i < in->files_count; i++)
        names.files[i] = legal_name(in->text, &files, in->files[i].id, i);
    names_fini(&tasks);
    names_fini(&files);
    return names;
}

const char *instance_folder(struct instance *in)
{
    struct names none;
    names_init(&none);
    const char *folder =
        arena_printf(in->text, "%s.data", legal_name(in->text, &none, in->name, 0));
    names_fini(&none);
    return folder;
}

void instance_names_fini(struct instance_names *names)
{
    free(names->tasks);
    free(names->files);
}

// ---- classes ----

static double bytes_of(const struct instance *in, const struct instance_list *list)
{
    double sum = 0;
    for (size_t i = 0; i < list->count; i++)
        sum += in->files[list->items[i]].size > 0 ? (double)in->files[list->items[i]].size : 0;
    return sum;
}

static void measure(struct writer *w)
{
    const struct instance *in = w->in;
    for (size_t i = 0; i < in->tasks_count; i++) {
        const struct instance_task *t = &in->tasks[i];
        int64_t place = names_find(&w->categories, t->category);
        if (place == NAMES_NONE) {
            place = (int64_t)names_add(&w->categories, t->category);
            w->shapes = array_grow(w->shapes, (size_t)place, &w->shapes_space, sizeof *w->shapes);
            w->shapes[place] = (struct shape){-1, -1, -1, 0, NULL, 0, 0, 0};
        }
        struct shape *shape = &w->shapes[place];
        double cores = t->cores > 0 ? t->cores : ceil(t->cpu_percent / 100 - 0.1);
        double io_bytes = bytes_of(in, &t->inputs) + bytes_of(in, &t->outputs);
        w->category[i] = (uint32_t)place;
        shape->cores = fmax(shape->cores, cores);
        shape->memory_bytes = fmax(shape->memory_bytes, t->memory_bytes);
        shape->runtime_s = fmax(shape->runtime_s, t->runtime_s);
        shape->io_bytes = fmax(shape->io_bytes, io_bytes);
    }
}

// A quarter more than the most that was used: 64m, 96m, 128m, 192m, …
static int64_t round_memory(const struct writer *w, const struct shape *shape)
{
    static const double unknown = 1024.0 * MIB, own = 24.0 * MIB;
    double scale = w->replay->scale > 0 ? w->replay->scale : 1, most = ldexp(1, 52);
    double want = w->replay->scale > 0 ? own : unknown;
    if (shape->memory_bytes > 0)
        want = shape->memory_bytes * scale * 1.25 + (w->replay->scale > 0 ? own : 0);
    int64_t bytes = 64 * MIB;
    for (bool half = false; (double)bytes < want && (double)bytes < most; half = !half)
        bytes = half ? bytes / 3 * 4 : bytes / 2 * 3;
    return bytes;
}

// Twice the longest, and time for its files, rounded up to what people write.
static int64_t round_runtime(const struct writer *w, const struct shape *shape)
{
    static const int steps[] = {1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 720};
    static const double unknown_s = 3600, slow_bytes_s = 50e6, day = 24 * 60, most = 1e5;
    double seconds = shape->runtime_s >= 0 ? shape->runtime_s * 2 : unknown_s;
    if (w->replay->scale > 0)
        seconds = fmax(shape->runtime_s, 0) * 2 * w->replay->scale + shape->io_bytes / slow_bytes_s;
    double minutes = seconds / 60;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (minutes <= steps[i])
            return (int64_t)steps[i] * 60 * USEC_PER_SEC;
    return (int64_t)fmin(ceil(minutes / day), most) * 24 * 3600 * USEC_PER_SEC;
}

static void name_classes(struct writer *w)
{
    for (size_t i = 0; i < w->categories.count; i++) {
        struct shape *shape = &w->shapes[i];
        char memory[SIZE_TEXT], runtime[DURATION_TEXT];
        shape->class_cpus = (int32_t)fmin(fmax(ceil(shape->cores), 1), 1e6);
        shape->class_bytes = round_memory(w, shape);
        shape->class_usec = round_runtime(w, shape);
        shape->class_name =
            arena_printf(w->in->text, "%" PRId32 "cpu-%s-%s", shape->class_cpus,
                         size_format(shape->class_bytes, memory, sizeof memory),
                         duration_format(shape->class_usec, runtime, sizeof runtime));
    }
}

// ---- what is not known ----

static void check(const struct writer *w)
{
    const struct instance *in = w->in;
    size_t commands = 0, runtimes = 0, sizes = 0, first = 0;
    for (size_t i = in->tasks_count; i-- > 0;) {
        runtimes += in->tasks[i].runtime_s < 0;
        if (!in->tasks[i].command) {
            commands++;
            first = i;
        }
    }
    for (size_t i = 0; i < in->files_count; i++)
        sizes += in->files[i].size < 0;
    if (commands && !(w->replay->scale > 0))
        problem_add(w->problems, false, 0, 0, "workflow",
                    "%zu of %zu tasks have no command, the first is \"%s\"; with --replay SCALE "
                    "none is needed",
                    commands, in->tasks_count, in->tasks[first].id);
    if (runtimes && w->replay->scale > 0)
        problem_add(w->problems, true, 0, 0, "workflow",
                    "%zu of %zu tasks have no runtimeInSeconds, and will take no time", runtimes,
                    in->tasks_count);
    if (sizes && w->replay->scale > 0)
        problem_add(w->problems, true, 0, 0, "workflow",
                    "%zu of %zu files have no sizeInBytes, and will be empty", sizes,
                    in->files_count);
}

// ---- the file ----

static void put(struct writer *w, json_t *entry, bool last)
{
    cleanup_free char *text = json_dumps(entry, JSON_COMPACT | JSON_REAL_PRECISION(15));
    fprintf(w->out, "  %s%s\n", text, last ? "" : ",");
    json_decref(entry);
}

static void put_top(struct writer *w)
{
    const struct instance *in = w->in;
    json_auto_t *origin = json_pack("{s:s}", "schemaVersion", in->version);
    if (in->makespan_s >= 0)
        json_object_set_new(origin, "makespanInSeconds", json_real(in->makespan_s));
    if (w->replay->scale > 0)
        json_object_set_new(origin, "replay", json_real(w->replay->scale));
    json_auto_t *name = json_string(in->name), *about = json_string(in->description);
    json_auto_t *metadata = json_pack("{s:O}", "WfCommons", origin);
    cleanup_free char *name_text = json_dumps(name, JSON_ENCODE_ANY);
    cleanup_free char *about_text = json_dumps(about, JSON_ENCODE_ANY);
    cleanup_free char *metadata_text = json_dumps(metadata, JSON_REAL_PRECISION(15));
    fprintf(w->out, "{\"name\": %s,\n", name_text);
    if (about)
        fprintf(w->out, " \"description\": %s,\n", about_text);
    fprintf(w->out, " \"metadata\": %s,\n", metadata_text);
}

static void put_classes(struct writer *w)
{
    struct names written;
    names_init(&written);
    fputs(" \"resource_requirements\": [\n", w->out);
    json_t *before = NULL;
    for (size_t i = 0; i < w->categories.count; i++) {
        const struct shape *shape = &w->shapes[i];
        char memory[SIZE_TEXT], runtime[DURATION_TEXT];
        if (names_find(&written, shape->class_name) != NAMES_NONE)
            continue;
        names_add(&written, shape->class_name);
        if (before)
            put(w, before, false);
        before = json_pack("{s:s, s:i, s:s, s:s}", "name", shape->class_name, "num_cpus",
                           (int)shape->class_cpus, "memory",
                           size_format(shape->class_bytes, memory, sizeof memory), "runtime",
                           duration_format(shape->class_usec, runtime, sizeof runtime));
    }
    put(w, before, true);
    fputs(" ],\n", w->out);
    names_fini(&written);
}

static const char *path_of(const struct writer *w, uint32_t file)
{
    return w->replay->scale > 0
               ? arena_printf(w->in->text, "%s/%s", w->replay->folder, w->names->files[file])
               : w->in->files[file].id;
}

static void put_files(struct writer *w)
{
    if (!w->in->files_count)
        return;
    fputs(" \"files\": [\n", w->out);
    for (uint32_t i = 0; i < w->in->files_count; i++)
        put(w, json_pack("{s:s, s:s}", "name", w->names->files[i], "path", path_of(w, i)),
            i + 1 == w->in->files_count);
    fputs(" ],\n", w->out);
}

static json_t *names_of(const char *const *names, const struct instance_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, json_string(names[list->items[i]]));
    return array;
}

static char *replay_command(const struct writer *w, const struct instance_task *t)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        abort();
    fprintf(out, "torc replay --runtime %.3f", fmax(t->runtime_s, 0) * w->replay->scale);
    if (t->cpu_percent >= 0)
        fprintf(out, " --cpu %.1f", t->cpu_percent);
    if (t->memory_bytes >= 0)
        fprintf(out, " --memory %.0f", t->memory_bytes * w->replay->scale);
    for (size_t i = 0; i < t->inputs.count; i++)
        fprintf(out, " %s", path_of(w, t->inputs.items[i]));
    for (size_t i = 0; i < t->outputs.count; i++) {
        int64_t size = w->in->files[t->outputs.items[i]].size;
        fprintf(out, " %s=%" PRId64, path_of(w, t->outputs.items[i]), size > 0 ? size : 0);
    }
    fclose(out);
    return text;
}

// Needs that its files do not say already. seen: by task, the last one that had it from a file.
static json_t *other_needs(const struct writer *w, uint32_t task, uint32_t *seen)
{
    const struct instance_task *t = &w->in->tasks[task];
    json_t *needs = json_array();
    for (size_t i = 0; i < t->inputs.count; i++) {
        int64_t producer = w->in->files[t->inputs.items[i]].producer;
        if (producer >= 0)
            seen[producer] = task + 1;
    }
    for (size_t i = 0; i < t->parents.count; i++)
        if (seen[t->parents.items[i]] != task + 1)
            json_array_append_new(needs, json_string(w->names->tasks[t->parents.items[i]]));
    return needs;
}

static void put_jobs(struct writer *w)
{
    const struct instance *in = w->in;
    cleanup_free uint32_t *seen = xcalloc(in->tasks_count + 1, sizeof *seen);
    fputs(" \"jobs\": [\n", w->out);
    for (uint32_t i = 0; i < in->tasks_count; i++) {
        const struct instance_task *t = &in->tasks[i];
        cleanup_free char *command = w->replay->scale > 0 ? replay_command(w, t) : NULL;
        json_t *job = json_pack("{s:s, s:s, s:s}", "name", w->names->tasks[i], "command",
                                command ? command : t->command, "resource_requirements",
                                w->shapes[w->category[i]].class_name);
        json_t *lists[] = {names_of(w->names->files, &t->inputs),
                           names_of(w->names->files, &t->outputs), other_needs(w, i, seen)};
        static const char *const keys[] = {"input_files", "output_files", "depends_on"};
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            if (json_array_size(lists[k]))
                json_object_set(job, keys[k], lists[k]);
            json_decref(lists[k]);
        }
        put(w, job, i + 1 == in->tasks_count);
    }
    fputs(" ]}\n", w->out);
}

char *instance_workflow(const struct instance *instance, const struct instance_names *names,
                        const struct instance_replay *replay, struct problems *problems)
{
    char *text = NULL;
    size_t length, errors = problems->errors;
    struct writer w = {.in = instance, .names = names, .replay = replay, .problems = problems};
    check(&w);
    if (problems->errors > errors)
        return NULL;
    w.category = xcalloc(instance->tasks_count + 1, sizeof *w.category);
    names_init(&w.categories);
    w.out = open_memstream(&text, &length);
    if (!w.out)
        abort();
    measure(&w);
    name_classes(&w);
    put_top(&w);
    put_classes(&w);
    put_files(&w);
    put_jobs(&w);
    fclose(w.out);
    names_fini(&w.categories);
    free(w.shapes);
    free(w.category);
    return text;
}

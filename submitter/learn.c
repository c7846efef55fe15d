// SPDX-License-Identifier: GPL-2.0-or-later
#include "submitter/learn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/base/text.h"
#include "lib/show/advice.h"
#include "lib/show/target.h"

struct asks { // 0: left as it is
    int cpus;
    int64_t memory_bytes, runtime_usec;
};

static const char *text_of(const json_t *entry, const char *key)
{
    return json_string_value(json_object_get(entry, key));
}

// -1: it says something else.
static int read_asks(const json_t *entry, struct asks *asks)
{
    const json_t *cpus = json_object_get(entry, "num_cpus");
    const char *memory = text_of(entry, "memory"), *runtime = text_of(entry, "runtime");
    json_int_t number = json_integer_value(cpus);
    *asks = (struct asks){.cpus = (int)number};
    return !text_of(entry, "name") || (cpus && (number < 1 || number > 1000000)) ||
                   (json_object_get(entry, "memory") &&
                    (!memory || size_parse(memory, &asks->memory_bytes) || !asks->memory_bytes)) ||
                   (json_object_get(entry, "runtime") &&
                    (!runtime || duration_parse(runtime, &asks->runtime_usec) ||
                     !asks->runtime_usec))
               ? -1
               : 0;
}

static void say(const struct class_row *row, const struct asks *asks)
{
    char memory[2][SIZE_TEXT], runtime[2][DURATION_TEXT];
    cleanup_free char *name = text_safe(row->name);
    fprintf(stderr, "torc-sbatch: class %s:", name);
    const char *comma = "";
    if (asks->cpus && asks->cpus != row->cpus) {
        fprintf(stderr, " %d CPU%s, not %d", asks->cpus, asks->cpus == 1 ? "" : "s", row->cpus);
        comma = ",";
    }
    if (asks->memory_bytes && asks->memory_bytes != row->memory_bytes) {
        fprintf(stderr, "%s memory %s, not %s", comma,
                size_format(asks->memory_bytes, memory[0], sizeof memory[0]),
                size_format(row->memory_bytes, memory[1], sizeof memory[1]));
        comma = ",";
    }
    if (asks->runtime_usec && asks->runtime_usec != row->runtime_usec)
        fprintf(stderr, "%s runtime %s, not %s", comma,
                duration_format(asks->runtime_usec, runtime[0], sizeof runtime[0]),
                duration_format(row->runtime_usec, runtime[1], sizeof runtime[1]));
    fputc('\n', stderr);
}

static bool changes(const struct class_row *row, const struct asks *asks)
{
    return (asks->cpus && asks->cpus != row->cpus) ||
           (asks->memory_bytes && asks->memory_bytes != row->memory_bytes) ||
           (asks->runtime_usec && asks->runtime_usec != row->runtime_usec);
}

// Classes of one name, with several schedulers or labels, all get it. Gives how many there are.
static size_t apply(struct workflow *workflow, const char *name, const struct asks *asks)
{
    size_t found = 0;
    for (size_t i = 0; i < workflow->classes_count; i++) {
        struct class_row *row = &workflow->classes[i];
        if (strcmp(row->name, name))
            continue;
        found++;
        if (changes(row, asks))
            say(row, asks);
        row->cpus = asks->cpus ? asks->cpus : row->cpus;
        row->memory_bytes = asks->memory_bytes ? asks->memory_bytes : row->memory_bytes;
        row->runtime_usec = asks->runtime_usec ? asks->runtime_usec : row->runtime_usec;
    }
    return found;
}

// where: the file, or the workflow that it comes from.
static int apply_all(struct workflow *workflow, const json_t *document, const char *where,
                     struct error *err)
{
    const json_t *list = json_object_get(document, "resource_requirements");
    struct asks asks;
    size_t i;
    json_t *entry;
    if (!json_is_array(list))
        return error_set(err, ERROR_USAGE, 0,
                         "%s has no list \"resource_requirements\"; torc-report --advice FILE "
                         "writes such a file",
                         where);
    json_array_foreach((json_t *)list, i, entry) {
        const char *name = text_of(entry, "name");
        if (read_asks(entry, &asks))
            return error_set(err, ERROR_USAGE, 0,
                             "%s: resource_requirements[%zu]: a name, and num_cpus (a number), "
                             "memory (\"2g\") and runtime (\"1h30m\") or some of them are expected",
                             where, i);
        if (!apply(workflow, name, &asks)) {
            cleanup_free char *safe = text_safe(name);
            fprintf(stderr, "torc-sbatch: warning: %s: the workflow has no class %s\n", where,
                    safe);
        }
    }
    return 0;
}

static int from_file(struct workflow *workflow, const char *path, struct error *err)
{
    json_error_t at;
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &at);
    if (!document)
        return at.line < 1 ? error_set(err, ERROR_USAGE, 0, "%s", at.text)
                           : error_set(err, ERROR_USAGE, 0, "%s:%d: %s", path, at.line, at.text);
    int result = apply_all(workflow, document, path, err);
    json_decref(document);
    return result;
}

static int from_workflow(struct workflow *workflow, struct store *store, struct error *err)
{
    struct read_reply reply = {0};
    struct error none;
    json_t *document;
    if (target_workflow(store, workflow->name, &reply, &none)) {
        if (none.code != ERROR_USAGE) {
            *err = none;
            return -1;
        }
        fprintf(stderr, "torc-sbatch: --learn: there is no earlier workflow of that name; all is "
                        "asked for as the file says\n");
        return 0;
    }
    cleanup_free char *where = xasprintf("workflow %lld", (long long)reply.workflows->id);
    int result = advice_document(store, reply.workflows->id, &document, err);
    if (!result) {
        fprintf(stderr, "torc-sbatch: --learn: from %s\n", where);
        result = apply_all(workflow, document, where, err);
        json_decref(document);
    }
    read_reply_fini(&reply);
    return result;
}

int learn(struct workflow *workflow, const char *db, const struct options *options,
          struct error *err)
{
    if (options->resources_file && from_file(workflow, options->resources_file, err))
        return -1;
    if (!options->learn)
        return 0;
    if (access(db, F_OK)) {
        fprintf(stderr,
                "torc-sbatch: --learn: there is no database %s yet; all is asked for as the "
                "file says\n",
                db);
        return 0;
    }
    struct store *store = store_open(db, STORE_READ, err);
    if (!store)
        return -1;
    int result = from_workflow(workflow, store, err);
    store_close(store);
    return result;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Entities of JSON-LD, flat as RO-Crate wants them; what is not known is left out.
#include "lib/show/crate_entity.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/mem.h"
#include "lib/meter/usage.h"
#include "lib/show/format.h"
#include "lib/show/json_stream.h"
#include "lib/show/target.h"
#include "lib/show/why.h"

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

json_t *crate_reference(char *id)
{
    json_t *object = json_object();
    put(object, "@id", json_text(id));
    free(id);
    return object;
}

json_t *crate_list(json_t *list)
{
    if (json_array_size(list) != 1)
        return list;
    json_t *only = json_incref(json_array_get(list, 0));
    json_decref(list);
    return only;
}

json_t *crate_entity(const char *id, const char *type, const char *name)
{
    json_t *object = json_object();
    put(object, "@id", json_text(id));
    put(object, "@type", json_text(type));
    put(object, "name", json_text(name));
    return object;
}

// What a path may have in a URI stays, all else is escaped.
static char *escaped(const char *prefix, const char *path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    char *text = xmalloc(strlen(prefix) + 3 * strlen(path) + 1), *to = stpcpy(text, prefix);
    for (; *path; path++)
        if (strchr(plain, *path))
            *to++ = *path;
        else
            to += sprintf(to, "%%%02X", (unsigned char)*path);
    *to = '\0';
    return text;
}

char *crate_path_id(const char *path)
{
    return escaped("", path);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

char *crate_file_id(const struct workflow_info *workflow, const struct file_info *file)
{
    if (!file->path)
        return xasprintf("#data-%lld", (long long)file->id);
    cleanup_free char *path = target_path(workflow, file->path),
                      *folder = is_folder(path) ? xasprintf("%s/", path) : NULL;
    return escaped("file://", folder ? folder : path);
}

char *crate_attempt_id(const struct attempt_info *attempt)
{
    return xasprintf("#attempt-%lld-%d-%d", (long long)attempt->job_id, attempt->run_id,
                     attempt->end.start.attempt_id);
}

json_t *crate_time(int64_t usec)
{
    char iso[FORMAT_SIZE];
    enum { MILLISECONDS = sizeof "2026-11-28T07:54:14.084" - 1 };
    cleanup_free char *text = xasprintf("%.*s+00:00", MILLISECONDS, format_iso(iso, usec));
    return json_string(text);
}

json_t *crate_status(bool good)
{
    return json_string(good ? "http://schema.org/CompletedActionStatus"
                            : "http://schema.org/FailedActionStatus");
}

static json_t *hash_entity(const struct file_info *file, const char *id)
{
    cleanup_free char *value = xasprintf("%016llx", (unsigned long long)file->hash);
    json_t *object = crate_entity(id, "PropertyValue", "XXH3, 64 bits without the highest one");
    put(object, "propertyID", json_string("https://xxhash.com/"));
    put(object, "value", json_string(value));
    return object;
}

json_t *crate_file(const struct workflow_info *workflow, const struct file_info *file,
                   json_t **hash)
{
    cleanup_free char *id = crate_file_id(workflow, file),
                      *path = target_path(workflow, file->path);
    bool folder = is_folder(path);
    json_t *object = crate_entity(id, folder ? "Dataset" : "File", file->path);
    put(object, "alternateName", json_text(file->name));
    if (file->identifier)
        put(object, "identifier", json_text(file->identifier));
    if (file->mtime_usec)
        put(object, "dateModified", crate_time(file->mtime_usec));
    if (file->size_bytes >= 0 && !folder) {
        cleanup_free char *size = xasprintf("%lld", (long long)file->size_bytes);
        put(object, "contentSize", json_string(size));
    }
    *hash = NULL;
    if (file->hash >= 0 && !folder) { // of a folder it is none of its content
        char *hash_id = xasprintf("#hash-%lld", (long long)file->id);
        *hash = hash_entity(file, hash_id);
        put(object, "additionalProperty", crate_reference(hash_id));
    }
    return object;
}

json_t *crate_job(const struct job_info *job)
{
    cleanup_free char *id = xasprintf("#job-%lld", (long long)job->id);
    json_t *object = crate_entity(id, "SoftwareApplication", job->name);
    if (job->command)
        put(object, "description", json_text(job->command));
    return object;
}

json_t *crate_data(const struct data_info *data)
{
    cleanup_free char *id = xasprintf("#data-%lld", (long long)data->id);
    json_t *object = crate_entity(id, "PropertyValue", data->name);
    if (data->data)
        put(object, "value", json_text(data->data));
    return object;
}

static void add_usage(json_t *usages, json_t *names, const char *attempt, const char *name,
                      const char *unit, json_t *value)
{
    cleanup_free char *id = xasprintf("%s-%s", attempt, name);
    json_t *object = crate_entity(id, "PropertyValue", name);
    put(object, "value", value);
    put(object, "unitText", json_string(unit));
    json_array_append_new(usages, object);
    json_array_append_new(names, crate_reference(xstrdup(id)));
}

// Also of what was not measured: how long it took.
static json_t *usage_names(const struct attempt_info *attempt, bool srun_step, const char *id,
                           json_t *usages)
{
    struct usage_record total;
    json_t *names = json_array();
    bool any = usage_total(&attempt->end, srun_step, &total);
    const struct {
        const char *name, *unit;
        int64_t value;
    } rows[] = {{"wall", "s", attempt->end.end_usec ? attempt->end.wall_usec : UNKNOWN},
                {"cpu_user", "s", any ? total.cpu_user_usec : UNKNOWN},
                {"cpu_system", "s", any ? total.cpu_system_usec : UNKNOWN},
                {"memory_peak", "B", any ? total.memory_peak_bytes : UNKNOWN},
                {"memory_anon", "B", any ? total.memory_anon_bytes : UNKNOWN},
                {"io_read", "B", any ? total.io_read_bytes : UNKNOWN},
                {"io_write", "B", any ? total.io_write_bytes : UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value >= 0)
            add_usage(usages, names, id, rows[i].name, rows[i].unit,
                      *rows[i].unit == 's' ? json_seconds(rows[i].value)
                                           : json_integer(rows[i].value));
    return names;
}

json_t *crate_attempt(const struct attempt_info *attempt, bool srun_step, json_t *usages)
{
    const struct attempt_end *end = &attempt->end;
    bool ended = end->end_usec > 0, good = end->state == JOB_COMPLETED;
    cleanup_free char *id = crate_attempt_id(attempt),
                      *name = xasprintf("attempt %d of %s in run %d", end->start.attempt_id,
                                        attempt->job_name, attempt->run_id),
                      *why = why_attempt(attempt);
    json_t *object = crate_entity(id, "CreateAction", name);
    cleanup_free char *slurm = attempt->slurm_job_id
                                   ? xasprintf(", Slurm job %lld", (long long)attempt->slurm_job_id)
                                   : xstrdup("");
    cleanup_free char *where = xasprintf("on node %s%s", attempt->node, slurm);
    put(object, "description", json_text(where));
    put(object, "location", json_text(attempt->node));
    put(object, "startTime", crate_time(end->start.start_usec));
    if (ended) { // the profile knows no other state
        put(object, "endTime", crate_time(end->end_usec));
        put(object, "actionStatus", crate_status(good));
    }
    if (ended && !good)
        put(object, "error", json_text(why ? why : "it did not complete"));
    put(object, "agent", crate_reference(xstrdup("#user")));
    put(object, "instrument", crate_reference(xasprintf("#job-%lld", (long long)attempt->job_id)));
    json_t *names = usage_names(attempt, srun_step, id, usages);
    if (json_array_size(names))
        put(object, "resourceUsage", crate_list(names));
    else
        json_decref(names);
    return object;
}

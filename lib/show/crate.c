// SPDX-License-Identifier: GPL-2.0-or-later
// The graph of a crate, written as the database is read: lists of names first, in one pass for
// each, then what they name.
#include "lib/show/crate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/show/crate_entity.h"
#include "lib/show/json_stream.h"
#include "lib/show/why.h"
#include "lib/store/read_each.h"
#include "lib/workflow/workflow.h"

#define METADATA "ro-crate-metadata.json"

static const struct {
    const char *id, *name, *version;
} profiles[] = {
    {"https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"},
    {"https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"},
    {"https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"},
};
enum { PROFILES = sizeof profiles / sizeof *profiles };

enum which { ALL, INPUTS, OUTPUTS };

struct crate {
    struct store *store;
    const struct workflow_info *workflow;
    struct json_stream json;
    char *file; // the workflow file's @id
    const char *text;
    enum which which;        // of the pass
    json_t *object, *result; // of the job whose attempts come
    bool srun_step;
};

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static json_t *reference(const char *id)
{
    return crate_reference(xstrdup(id));
}

static int each(struct crate *c, enum read_what what, int64_t job_id, read_visit *visit,
                struct error *err)
{
    struct read_request request = {.what = what, .workflow_id = c->workflow->id, .job_id = job_id};
    return store_read_each(c->store, request, visit, c, err);
}

// Of files and jobs without who uses them and what they need, which is most of the work.
static int each_bare(struct crate *c, enum read_what what, read_visit *visit, struct error *err)
{
    struct read_request request = {.what = what, .workflow_id = c->workflow->id, .bare = true};
    return store_read_each(c->store, request, visit, c, err);
}

// ---- lists of names ----

static bool is_which(const struct crate *c, const struct file_info *file)
{
    return c->which == ALL || (c->which == OUTPUTS) == (file->writers_count > 0);
}

static int name_file(void *pointer, const struct read_reply *reply, uint32_t index,
                     struct error *err)
{
    struct crate *c = pointer;
    const struct file_info *file = &reply->files[index];
    (void)err;
    if (is_which(c, file))
        json_stream_value(&c->json, NULL, crate_reference(crate_file_id(c->workflow, file)));
    return 0;
}

static int name_job(void *pointer, const struct read_reply *reply, uint32_t index,
                    struct error *err)
{
    struct crate *c = pointer;
    (void)err;
    json_stream_value(&c->json, NULL,
                      crate_reference(xasprintf("#job-%lld", (long long)reply->jobs[index].id)));
    return 0;
}

static int name_attempt(void *pointer, const struct read_reply *reply, uint32_t index,
                        struct error *err)
{
    struct crate *c = pointer;
    (void)err;
    json_stream_value(&c->json, NULL, crate_reference(crate_attempt_id(&reply->attempts[index])));
    return 0;
}

static int name_uses(struct crate *c, const char *key, enum which which, struct error *err)
{
    c->which = which;
    json_stream_array(&c->json, key);
    int rc = each(c, READ_FILES, 0, name_file, err);
    if (!rc)
        rc = each(c, READ_DATA_USES, 0, name_file, err);
    json_stream_end(&c->json);
    return rc;
}

// ---- the entities that there is one of ----

static void value(struct crate *c, const char *key, const char *text)
{
    json_stream_value(&c->json, key, json_text(text));
}

static void write_descriptor(struct crate *c)
{
    json_t *object = json_object(), *profile = json_array();
    put(object, "@id", json_string(METADATA));
    put(object, "@type", json_string("CreativeWork"));
    put(object, "about", reference("./"));
    json_array_append_new(profile, reference("https://w3id.org/ro/crate/1.1"));
    json_array_append_new(profile, reference(profiles[PROFILES - 1].id));
    put(object, "conformsTo", profile);
    json_stream_value(&c->json, NULL, object);
}

static int write_root(struct crate *c, struct error *err)
{
    const struct workflow_info *w = c->workflow;
    json_t *conforms = json_array();
    cleanup_free char *about = w->description
                                   ? xstrdup(w->description)
                                   : xasprintf("A run of the workflow %s by torc", w->name);
    for (int i = 0; i < PROFILES; i++)
        json_array_append_new(conforms, reference(profiles[i].id));
    json_stream_object(&c->json, NULL);
    value(c, "@id", "./");
    value(c, "@type", "Dataset");
    value(c, "name", w->name);
    value(c, "description", about);
    json_stream_value(&c->json, "datePublished",
                      crate_time(w->ended_usec ? w->ended_usec : w->created_usec));
    value(c, "license", "No license was stated; ask its author");
    json_stream_value(&c->json, "author", reference("#user"));
    json_stream_value(&c->json, "conformsTo", conforms);
    json_stream_value(&c->json, "mainEntity", reference(c->file));
    json_stream_array(&c->json, "hasPart");
    json_stream_value(&c->json, NULL, reference(c->file));
    c->which = ALL;
    int rc = each_bare(c, READ_FILES, name_file, err);
    json_stream_end(&c->json);
    json_stream_array(&c->json, "mentions");
    json_stream_value(&c->json, NULL, reference("#run"));
    if (!rc)
        rc = each(c, READ_ATTEMPTS, 0, name_attempt, err);
    json_stream_end(&c->json);
    json_stream_end(&c->json);
    return rc;
}

static int write_workflow(struct crate *c, struct error *err)
{
    json_t *types = json_pack("[sss]", "File", "SoftwareSourceCode", "ComputationalWorkflow");
    cleanup_free char *size = xasprintf("%zu", strlen(c->text));
    json_stream_object(&c->json, NULL);
    value(c, "@id", c->file);
    json_stream_value(&c->json, "@type", types);
    value(c, "name", c->workflow->name);
    value(c, "contentSize", size);
    json_stream_value(&c->json, "programmingLanguage", reference("#torc"));
    json_stream_array(&c->json, "hasPart");
    int rc = each_bare(c, READ_JOBS, name_job, err);
    json_stream_end(&c->json);
    json_stream_end(&c->json);
    return rc;
}

static void write_constants(struct crate *c)
{
    for (int i = 0; i < PROFILES; i++) {
        json_t *profile = crate_entity(profiles[i].id, "CreativeWork", profiles[i].name);
        put(profile, "version", json_string(profiles[i].version));
        json_stream_value(&c->json, NULL, profile);
    }
    json_t *language = crate_entity("#torc", "ComputerLanguage", "torc");
    put(language, "version", json_text(c->workflow->version));
    put(language, "description", json_string("The workflow language of torc on Slurm"));
    json_stream_value(&c->json, NULL, language);
    json_stream_value(&c->json, NULL, crate_entity("#user", "Person", c->workflow->user));
}

static int write_run(struct crate *c, struct error *err)
{
    const struct workflow_info *w = c->workflow;
    bool ended = w->state == WORKFLOW_COMPLETE || w->state == WORKFLOW_CANCELED;
    int64_t all = job_states_count(w->counts, JOB_STATES_ALL);
    bool good = ended && all == w->counts[JOB_COMPLETED] + w->counts[JOB_DISABLED];
    cleanup_free char *name = xasprintf("run %d of workflow %s", w->run_id, w->name),
                      *why = why_workflow(w);
    json_stream_object(&c->json, NULL);
    value(c, "@id", "#run");
    value(c, "@type", "CreateAction");
    value(c, "name", name);
    cleanup_free char *about = xasprintf("%lld jobs", (long long)all);
    value(c, "description", about);
    json_stream_value(&c->json, "startTime", crate_time(w->created_usec));
    if (ended && w->ended_usec)
        json_stream_value(&c->json, "endTime", crate_time(w->ended_usec));
    if (ended)
        json_stream_value(&c->json, "actionStatus", crate_status(good));
    if (ended && !good)
        value(c, "error", why);
    json_stream_value(&c->json, "agent", reference("#user"));
    json_stream_value(&c->json, "instrument", reference(c->file));
    int rc = name_uses(c, "object", INPUTS, err);
    if (!rc)
        rc = name_uses(c, "result", OUTPUTS, err);
    json_stream_end(&c->json);
    return rc;
}

// ---- files, data, jobs and their attempts ----

static int write_file(void *pointer, const struct read_reply *reply, uint32_t index,
                      struct error *err)
{
    struct crate *c = pointer;
    json_t *hash;
    (void)err;
    json_stream_value(&c->json, NULL, crate_file(c->workflow, &reply->files[index], &hash));
    if (hash)
        json_stream_value(&c->json, NULL, hash);
    return 0;
}

static int write_data(void *pointer, const struct read_reply *reply, uint32_t index,
                      struct error *err)
{
    struct crate *c = pointer;
    (void)err;
    json_stream_value(&c->json, NULL, crate_data(&reply->data[index]));
    return 0;
}

static int note_use(void *pointer, const struct read_reply *reply, uint32_t index,
                    struct error *err)
{
    struct crate *c = pointer;
    const struct file_info *file = &reply->files[index];
    (void)err;
    if (file->readers_count)
        json_array_append_new(c->object, crate_reference(crate_file_id(c->workflow, file)));
    if (file->writers_count)
        json_array_append_new(c->result, crate_reference(crate_file_id(c->workflow, file)));
    return 0;
}

// What it wrote is known of one that completed only.
static int write_attempt(void *pointer, const struct read_reply *reply, uint32_t index,
                         struct error *err)
{
    struct crate *c = pointer;
    const struct attempt_info *attempt = &reply->attempts[index];
    json_t *usages = json_array(), *usage;
    json_t *action = crate_attempt(attempt, c->srun_step, usages);
    size_t i;
    (void)err;
    if (json_array_size(c->object))
        put(action, "object", crate_list(json_incref(c->object)));
    if (json_array_size(c->result) && attempt->end.end_usec && attempt->end.state == JOB_COMPLETED)
        put(action, "result", crate_list(json_incref(c->result)));
    json_stream_value(&c->json, NULL, action);
    json_array_foreach(usages, i, usage)
        json_stream_value(&c->json, NULL, json_incref(usage));
    json_decref(usages);
    return 0;
}

static int write_job(void *pointer, const struct read_reply *reply, uint32_t index,
                     struct error *err)
{
    struct crate *c = pointer;
    const struct job_info *job = &reply->jobs[index];
    json_stream_value(&c->json, NULL, crate_job(job));
    c->object = json_array();
    c->result = json_array();
    c->srun_step = job->flags & JOB_SRUN;
    int rc = each(c, READ_FILES, job->id, note_use, err);
    if (!rc)
        rc = each(c, READ_DATA_USES, job->id, note_use, err);
    if (!rc)
        rc = each(c, READ_ATTEMPTS, job->id, write_attempt, err);
    json_decref(c->object);
    json_decref(c->result);
    return rc;
}

static int write_graph(struct crate *c, FILE *out, struct error *err)
{
    json_t *contexts =
        json_pack("[s{ss}]", "https://w3id.org/ro/crate/1.1/context", "resourceUsage",
                  "https://w3id.org/ro/terms/workflow-run#resourceUsage");
    json_stream_init(&c->json, out);
    json_stream_object(&c->json, NULL);
    json_stream_value(&c->json, "@context", contexts);
    json_stream_array(&c->json, "@graph");
    write_descriptor(c);
    int rc = write_root(c, err) || write_workflow(c, err) ? -1 : 0;
    write_constants(c);
    if (!rc)
        rc = write_run(c, err) || each_bare(c, READ_FILES, write_file, err) ||
                     each(c, READ_DATA, 0, write_data, err) ||
                     each_bare(c, READ_JOBS, write_job, err)
                 ? -1
                 : 0;
    json_stream_end(&c->json);
    json_stream_end(&c->json);
    return rc;
}

// ---- on the disk ----

// Whole or not at all: under another name first.
static int write_metadata(struct crate *c, const char *folder, struct error *err)
{
    cleanup_free char *path = xasprintf("%s/%s", folder, METADATA),
                      *part = xasprintf("%s/.%s.%ld", folder, METADATA, (long)getpid());
    FILE *out = fopen(part, "we");
    if (!out)
        return error_set(err, ERROR_USAGE, errno, "write %s", part);
    int rc = write_graph(c, out, err);
    bool broken = ferror(out);
    broken |= fclose(out) != 0;
    if (!rc && (broken || rename(part, path)))
        rc = error_set(err, ERROR_USAGE, errno, "write %s", path);
    if (rc)
        unlink(part);
    return rc;
}

static bool has_text(int fd, const char *text)
{
    size_t length = strlen(text);
    cleanup_free char *there = xmalloc(length + 2);
    ssize_t got = pread(fd, there, length + 1, 0);
    return got == (ssize_t)length && !memcmp(there, text, length);
}

static int write_text(const char *path, const char *text, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        bool same = fd >= 0 && has_text(fd, text);
        if (fd >= 0)
            close(fd);
        return same ? 0
                    : error_set(err, ERROR_USAGE, 0,
                                "%s is there already and is not the workflow file as it was run; "
                                "name another folder for the crate",
                                path);
    }
    if (fd < 0)
        return error_set(err, ERROR_USAGE, errno, "write %s", path);
    size_t length = strlen(text), done = 0;
    ssize_t wrote = 0;
    for (; done < length && wrote >= 0; done += (size_t)(wrote > 0 ? wrote : 0))
        wrote = write(fd, text + done, length - done);
    int rc = wrote < 0 ? error_set(err, ERROR_USAGE, errno, "write %s", path) : 0;
    close(fd);
    return rc;
}

static int write_all(struct crate *c, const char *folder, struct error *err)
{
    const char *file = c->workflow->file, *slash = file ? strrchr(file, '/') : NULL;
    const char *name = slash ? slash + 1 : file && *file ? file : "workflow";
    cleanup_free char *kept = strcmp(name, METADATA) ? xstrdup(name) : xstrdup("workflow.json"),
                      *path = xasprintf("%s/%s", folder, kept);
    if (!c->text)
        return error_set(err, ERROR_USAGE, 0, "the database has no text of the workflow file");
    if (mkdir(folder, 0777) && errno != EEXIST)
        return error_set(err, ERROR_USAGE, errno, "make the folder %s", folder);
    if (write_text(path, c->text, err))
        return -1;
    c->file = crate_path_id(kept);
    int rc = write_metadata(c, folder, err);
    free(c->file);
    return rc;
}

int crate_write(struct store *store, const struct workflow_info *workflow, const char *folder,
                struct error *err)
{
    struct crate c = {.store = store, .workflow = workflow};
    struct read_request request = {.what = READ_TEXT, .workflow_id = workflow->id};
    struct read_reply reply = {0};
    if (store_read(store, &request, &reply, err))
        return -1;
    c.text = reply.count ? reply.texts->text : NULL;
    int rc = write_all(&c, folder, err);
    read_reply_fini(&reply);
    return rc;
}

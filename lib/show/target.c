// SPDX-License-Identifier: GPL-2.0-or-later
// From what the user typed to rows of the database.
#include "lib/show/target.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/names.h"
#include "lib/base/suggest.h"
#include "lib/store/read_each.h"

struct store *target_open(const char *option, enum store_mode mode, struct error *err)
{
    const char *where = store_where(option);
    bool is_path = !strstr(where, "://") && strncmp(where, "unix:", 5);
    cleanup_free char *folder = getcwd(NULL, 0);
    if (!is_path || access(where, F_OK) == 0)
        return store_open(where, mode, err);
    if (option || getenv("TORC_DB"))
        error_set(err, ERROR_UNREACHABLE, errno, "no workflow database %s (from %s)", where,
                  option ? "--db" : "$TORC_DB");
    else
        error_set(err, ERROR_UNREACHABLE, 0,
                  "no workflow database %s in %s; go to the folder where the workflow was "
                  "submitted, or name the database "
                  "with --db PATH or TORC_DB=PATH",
                  where, folder ? folder : "this folder");
    return NULL;
}

const char *target_own(const char *option)
{
    return !option && getenv("TORC_JOB_ID") ? getenv("TORC_WORKFLOW_ID") : NULL;
}

char *target_path(const struct workflow_info *workflow, const char *path)
{
    return *path == '/' ? xstrdup(path) : xasprintf("%s/%s", workflow->folder, path);
}

enum { KNOWN_MOST = 10000 }; // names that are looked at to find the one that was meant

struct known {
    struct names names;
    struct arena *arena;
};

struct search {
    const char *name; // NULL: any
    int64_t found;
    size_t count;
};

static int keep_workflow_name(void *context, const struct read_reply *reply, uint32_t index,
                              struct error *err)
{
    struct known *known = context;
    (void)err;
    if (known->names.count < KNOWN_MOST)
        names_add(&known->names, arena_strdup(known->arena, reply->workflows[index].name));
    return 0;
}

static int keep_job_name(void *context, const struct read_reply *reply, uint32_t index,
                         struct error *err)
{
    struct known *known = context;
    if (known->names.count >= KNOWN_MOST) // enough: this ends the reading
        return error_set(err, ERROR_INTERNAL, 0, "enough");
    names_add(&known->names, arena_strdup(known->arena, reply->jobs[index].name));
    return 0;
}

// `; did you mean "x"?` of the first names that a request reads, or nothing. The caller's to
// free.
static char *suggest_known(struct store *store, struct read_request request, read_visit *keep,
                           const char *name)
{
    struct known known = {.arena = arena_create()};
    struct error ignored;
    names_init(&known.names);
    store_read_each(store, request, keep, &known, &ignored);
    char *phrase = suggest_phrase(name, known.names.list, known.names.count);
    names_fini(&known.names);
    arena_destroy(known.arena);
    return phrase;
}

static int match_workflow(void *context, const struct read_reply *reply, uint32_t index,
                          struct error *err)
{
    struct search *search = context;
    const struct workflow_info *workflow = &reply->workflows[index];
    (void)err;
    search->count++;
    if (!search->name || !strcmp(search->name, workflow->name))
        search->found = workflow->id;
    return 0;
}

static bool is_number(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return length > 0 && length < 19;
}

int target_workflow(struct store *store, const char *text, struct read_reply *reply,
                    struct error *err)
{
    struct search search = {.name = text};
    struct read_request request = {.what = READ_WORKFLOWS};
    *reply = (struct read_reply){0};
    if (text && is_number(text, strlen(text))) {
        search.found = strtoll(text, NULL, 10);
        if (!search.found)
            return error_set(err, ERROR_USAGE, 0,
                             "0 is no workflow; 'torc list' shows those of the database");
    } else if (store_read_each(store, request, match_workflow, &search, err)) {
        return -1;
    } else if (!search.count) {
        return error_set(err, ERROR_USAGE, 0,
                         "the database has no workflow yet; torc-sbatch WORKFLOW submits one");
    }
    request.workflow_id = search.found;
    if (search.found && store_read(store, &request, reply, err))
        return -1;
    if (reply->count)
        return 0;
    read_reply_fini(reply);
    *reply = (struct read_reply){0};
    request.workflow_id = 0;
    cleanup_free char *near = suggest_known(store, request, keep_workflow_name, text);
    return error_set(err, ERROR_USAGE, 0, "no workflow \"%s\"%s", text,
                     *near ? near : "; 'torc list' shows those of the database");
}

void target_fini(struct target *target)
{
    read_reply_fini(&target->reply);
    free(target->job_glob);
    *target = (struct target){0};
}

// A glob that matches this name and no other.
static char *glob_of_name(const char *name)
{
    char *glob = xmalloc(strlen(name) * 3 + 1), *to = glob;
    for (; *name; name++) {
        if (strchr("*?[", *name))
            to += sprintf(to, "[%c]", *name);
        else
            *to++ = *name;
    }
    *to = '\0';
    return glob;
}

static int has_job(struct store *store, int64_t workflow_id, const char *glob, bool *has,
                   struct error *err)
{
    struct read_request request = {
        .what = READ_JOBS, .workflow_id = workflow_id, .limit = 1, .job_glob = glob};
    struct read_reply reply = {0};
    if (store_read(store, &request, &reply, err))
        return -1;
    *has = reply.count > 0;
    read_reply_fini(&reply);
    return 0;
}

static int find_jobs(struct store *store, const char *name, struct target *target,
                     struct error *err)
{
    bool has = false;
    target->job_glob = glob_of_name(name);
    if (has_job(store, target->workflow->id, target->job_glob, &has, err))
        return -1;
    if (has)
        return 0;
    free(target->job_glob);
    target->job_glob = xstrdup(name);
    if (has_job(store, target->workflow->id, name, &has, err))
        return -1;
    if (has)
        return 0;
    struct read_request all = {.what = READ_JOBS, .workflow_id = target->workflow->id};
    cleanup_free char *near = suggest_known(store, all, keep_job_name, name);
    cleanup_free char *where =
        xasprintf("; 'torc jobs %lld' lists them", (long long)target->workflow->id);
    return error_set(err, ERROR_USAGE, 0, "workflow %lld (%s) has no job %s\"%s\"%s",
                     (long long)target->workflow->id, target->workflow->name,
                     strpbrk(name, "*?[") ? "like " : "", name, *near ? near : where);
}

int target_parse(struct store *store, const char *text, const char *own, struct target *target,
                 struct error *err)
{
    const char *dot = strchr(text, '.'), *job = text;
    cleanup_free char *workflow = NULL;
    *target = (struct target){0};
    if (is_number(text, strlen(text))) {
        workflow = xstrdup(text);
        job = NULL;
    } else if (dot && is_number(text, (size_t)(dot - text))) {
        workflow = xstrndup(text, (size_t)(dot - text));
        job = dot + 1;
    }
    if (target_workflow(store, workflow ? workflow : own, &target->reply, err))
        return -1;
    target->workflow = target->reply.workflows;
    if (job && find_jobs(store, job, target, err)) {
        target_fini(target);
        return -1;
    }
    return 0;
}

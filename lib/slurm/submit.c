// SPDX-License-Identifier: GPL-2.0-or-later
// The order of things that makes a crash harmless: row and tag committed, then sbatch, then its
// answer committed. In between the runner itself may enter by its tag, or squeue is asked for it
// (lib/slurm/submit_settle.c).
#include "lib/slurm/submit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/crash.h"
#include "lib/base/folder.h"
#include "lib/base/mem.h"
#include "lib/slurm/slurm.h"
#include "lib/slurm/submission.h"

char *submit_output_dir(const struct submit *submit)
{
    const char *dir = submit->settings->output_dir;
    return *dir == '/' ? xstrdup(dir) : xasprintf("%s/%s", submit->folder, dir);
}

int submit_check_output_dir(const struct submit *submit, struct error *err)
{
    cleanup_free char *path = submit_output_dir(submit), *at = NULL;
    if (!folder_check(path, &at))
        return 0;
    return error_set(err, ERROR_USAGE, errno,
                     "the folder for the output, %s, cannot be written to, so nothing was "
                     "submitted (%s)",
                     path, at);
}

int submit_make_output_dir(const struct submit *submit, struct error *err)
{
    cleanup_free char *path = submit_output_dir(submit);
    if (folder_make(path))
        return error_set(err, ERROR_INTERNAL, errno, "cannot make the output folder %s", path);
    return 0;
}

int submit_test(const struct submit *submit, const struct plan_group *group, struct error *err)
{
    struct submit_request request;
    struct sbatch_answer answer;
    submit_request_init(&request, submit, group, 1);
    char **environment = slurm_environment(submit->environment, NULL);
    struct sbatch_call call = {.options = (const char *const *)request.options.list,
                               .script = request.script,
                               .environment = environment};
    int rc = slurm_sbatch_test(&call, &answer, err);
    if (rc)
        error_prefix(err, "class %s on partition %s", group->class_name, group->partition);
    sbatch_answer_fini(&answer);
    slurm_environment_free(environment);
    submit_request_fini(&request);
    return rc;
}

static char *options_text(char *const *options)
{
    json_auto_t *array = json_array();
    for (; *options; options++)
        json_array_append_new(array, json_string(*options));
    return json_dumps(array, JSON_COMPACT);
}

struct submission submission_row(const struct submit_request *request, struct arena *arena)
{
    const struct plan_group *group = request->group;
    cleanup_free char *arguments = options_text(request->options.list);
    return (struct submission){
        .class_id = group->class_id,
        .tag = arena_strdup(arena, request->tag),
        .partition = group->partition,
        .scheduler = group->scheduler,
        .arguments = arena_strdup(arena, arguments),
        .script = request->script,
        .action = group->action,
        .classes = group->classes,
        .state = ALLOCATION_PLANNED,
        .allocations = request->count,
        .cpus = group->cpus,
        .gpus = group->gpus,
        .nodes = group->nodes,
        .slots = group->slots,
        .rounds = group->rounds,
        .memory_bytes = group->memory_bytes,
        .walltime_usec = group->walltime_usec,
    };
}

static void add_result(struct submitted_list *done, const struct submit_request *request,
                       struct sbatch_answer *answer, const struct error *failed, bool unknown)
{
    bool no = !unknown && !answer->job_id;
    done->list = array_grow(done->list, done->count, &done->space, sizeof *done->list);
    done->list[done->count++] = (struct submitted){
        .group = request->group,
        .count = request->count,
        .job_id = answer->job_id,
        .unknown = unknown,
        .full = no && answer->too_many,
        .unanswered = no && failed->code == ERROR_UNREACHABLE,
        .said = take_ptr(answer->said),
        .error = answer->job_id ? NULL : xstrdup(failed->text),
    };
    done->taken += answer->job_id != 0;
    done->full += no && answer->too_many;
    done->unknown += unknown;
    done->unanswered += no && failed->code == ERROR_UNREACHABLE;
}

// sbatch failed without a clear no: it may have been taken, so Slurm is asked. That sbatch has
// ended is written down first, as whoever looks for it later need not wait for it then. *unknown:
// nobody knows.
static int look_for(const struct submit *submit, const struct submit_request *request, int64_t id,
                    struct sbatch_answer *answer, bool *unknown, struct error *err)
{
    struct error ignored;
    if (store_submission_answered(submit->store, id, 0, NULL, err))
        return -1;
    *unknown = slurm_find_tag(request->job_name, request->tag, &answer->job_id, &ignored) != 0;
    return 0;
}

// One sbatch, and its answer into the database. *too_many: refused, as `refused` says, but half as
// many may be taken; the answer is not in the database.
static int call(const struct submit *submit, const struct submit_request *request, int64_t id,
                struct submitted_list *done, bool *too_many, struct error *refused,
                struct error *err)
{
    struct sbatch_answer answer;
    struct error failed = {0};
    bool unknown = false;
    char **environment = slurm_environment(submit->environment, request->tag);
    struct sbatch_call sbatch = {.options = (const char *const *)request->options.list,
                                 .script = request->script,
                                 .environment = environment};
    crash_point("sbatch-not-called");
    int rc = slurm_sbatch(&sbatch, &answer, &failed);
    crash_point("sbatch-answered");
    slurm_environment_free(environment);
    if (rc && (failed.code == ERROR_UNREACHABLE || answer.unsure))
        rc = look_for(submit, request, id, &answer, &unknown, err);
    else
        rc = 0;
    bool no = !unknown && !answer.job_id;
    *too_many = no && answer.too_many && request->count > 1;
    if (*too_many)
        *refused = failed;
    else
        add_result(done, request, &answer, &failed, unknown);
    if (!rc && !unknown && !*too_many)
        rc = store_submission_answered(submit->store, id, answer.job_id, no ? failed.text : NULL,
                                       err);
    crash_point("submission-recorded");
    sbatch_answer_fini(&answer);
    return rc;
}

// On a limit of the number of jobs the array is halved until it is taken; the rest is asked for
// when there is need again.
static int call_halving(const struct submit *submit, struct submit_request *request, int64_t id,
                        struct submitted_list *done, struct error *err)
{
    bool too_many = true;
    struct error refused;
    for (;;) {
        if (call(submit, request, id, done, &too_many, &refused, err))
            return -1;
        if (!too_many)
            return 0;
        const struct plan_group *group = request->group;
        int32_t half = request->count / 2;
        cleanup_free char *after = take_ptr(request->after);
        submit_request_fini(request);
        submit_request_init(request, submit, group, half);
        if (after)
            submit_request_after(request, after);
        struct arena *arena = arena_create();
        struct submission row = submission_row(request, arena);
        row.replaces = id;
        row.error = refused.text;
        int rc =
            store_submissions_create(submit->store, submit->workflow_id, &row, 1, true, arena, err);
        id = row.id;
        arena_destroy(arena);
        if (rc)
            return -1;
    }
}

// The Slurm jobs of the last stage before that has any: "12:13"; NULL: there is none.
static char *jobs_before(const struct submitted_list *done, int32_t stage)
{
    int32_t before = 0;
    char *jobs = NULL;
    for (size_t i = 0; i < done->count; i++)
        if (done->list[i].job_id && done->list[i].group->stage < stage)
            before = done->list[i].group->stage;
    for (size_t i = 0; i < done->count; i++) {
        if (!done->list[i].job_id || done->list[i].group->stage != before)
            continue;
        cleanup_free char *others = take_ptr(jobs);
        jobs = others ? xasprintf("%s:%lld", others, (long long)done->list[i].job_id)
                      : xasprintf("%lld", (long long)done->list[i].job_id);
    }
    return jobs;
}

// Calls sbatch for each that was recorded.
static int call_all(const struct submit *submit, struct submit_request *requests,
                    const struct submission *rows, uint32_t count, struct submitted_list *done,
                    struct error *err)
{
    int32_t stage = 0; // that is asked for
    size_t before = 0; // how many were taken before it
    bool stopped = false;
    for (uint32_t i = 0; i < count; i++) {
        if (!rows[i].id)
            continue;
        int32_t next = requests[i].group->stage;
        stopped |= next > stage && stage && done->taken == before;
        if (next > stage)
            before = done->taken;
        stage = next;
        if (stopped) {
            if (store_submission_answered(
                    submit->store, rows[i].id, 0,
                    "not asked for, as Slurm took nothing of the stage before", err))
                return -1;
            continue;
        }
        cleanup_free char *after = stage > 1 ? jobs_before(done, stage) : NULL;
        if (after)
            submit_request_after(&requests[i], after);
        if (call_halving(submit, &requests[i], rows[i].id, done, err))
            return -1;
    }
    return 0;
}

int submit_groups(const struct submit *submit, const struct plan *plan, bool force,
                  struct submitted_list *done, struct error *err)
{
    *done = (struct submitted_list){0};
    struct arena *arena = arena_create();
    struct submit_request *requests = xcalloc(plan->groups_count, sizeof *requests);
    struct submission *rows = xcalloc(plan->groups_count, sizeof *rows);
    uint32_t count = 0;
    for (size_t i = 0; i < plan->groups_count; i++) {
        if (!plan->groups[i].now)
            continue;
        if (!plan->groups[i].count) { // an action that needs none any more
            rows[count++] = (struct submission){.action = plan->groups[i].action, .tag = ""};
            continue;
        }
        submit_request_init(&requests[count], submit, &plan->groups[i], plan->groups[i].count);
        rows[count] = submission_row(&requests[count], arena);
        count++;
    }
    int rc = count ? submit_make_output_dir(submit, err) : 0;
    if (count)
        crash_point("submission-not-recorded");
    if (!rc && count)
        rc = store_submissions_create(submit->store, submit->workflow_id, rows, count, force, arena,
                                      err);
    if (!rc)
        rc = call_all(submit, requests, rows, count, done, err);
    for (uint32_t i = 0; i < count; i++)
        submit_request_fini(&requests[i]);
    free(requests);
    free(rows);
    arena_destroy(arena);
    return rc;
}

void submitted_list_fini(struct submitted_list *done)
{
    for (size_t i = 0; i < done->count; i++) {
        free(done->list[i].error);
        free(done->list[i].said);
    }
    free(done->list);
    *done = (struct submitted_list){0};
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/job_list.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/store/plan.h"
#include "lib/store/read_each.h"

struct wanted {
    struct job_list *list;
    const char *class_name; // NULL: of any
};

static int each_job(void *context, const struct read_reply *reply, uint32_t index,
                    struct error *err)
{
    const struct wanted *wanted = context;
    const struct job_info *job = &reply->jobs[index];
    struct job_list *list = wanted->list;
    (void)err;
    if (wanted->class_name && strcmp(job->class_name, wanted->class_name) != 0)
        return 0;
    list->ids = array_grow(list->ids, list->count, &list->space, sizeof *list->ids);
    list->ids[list->count++] = job->id;
    return 0;
}

static int find_class(struct job_list *list, const struct cli *cli, struct store *store,
                      struct error *err)
{
    struct read_reply reply;
    struct wanted wanted = {list, cli->class_name};
    if (target_workflow(store, cli->argument ? cli->argument : target_own(cli->db), &reply, err))
        return -1;
    list->workflow_id = reply.workflows->id;
    read_reply_fini(&reply);
    struct read_request request = {.what = READ_JOBS, .workflow_id = list->workflow_id};
    if (store_read_each(store, request, each_job, &wanted, err))
        return -1;
    return list->count
               ? 0
               : error_set(err, ERROR_USAGE, 0, "workflow %lld has no job of the class \"%s\"",
                           (long long)list->workflow_id, cli->class_name);
}

int job_list_find(struct job_list *list, const struct cli *cli, struct store *store,
                  struct error *err)
{
    struct target target;
    *list = (struct job_list){0};
    if (cli->class_name)
        return find_class(list, cli, store, err);
    if (!cli->argument)
        return error_set(err, ERROR_USAGE, 0, "%s: say which jobs: 7.work1, '7.sim_*', or --class",
                         cli->command->name);
    if (target_parse(store, cli->argument, target_own(cli->db), &target, err))
        return -1;
    struct wanted wanted = {list, NULL};
    struct read_request request = {
        .what = READ_JOBS, .workflow_id = target.workflow->id, .job_glob = target.job_glob};
    list->workflow_id = target.workflow->id;
    int rc =
        target.job_glob
            ? store_read_each(store, request, each_job, &wanted, err)
            : error_set(err, ERROR_USAGE, 0, "%s: %s is a whole workflow; name its jobs: %lld.NAME",
                        cli->command->name, cli->argument, (long long)list->workflow_id);
    target_fini(&target);
    return rc;
}

void job_list_fini(struct job_list *list)
{
    free(list->ids);
    *list = (struct job_list){0};
}

int job_list_submit(const struct cli *cli, struct store *store, int64_t workflow_id,
                    struct error *err)
{
    struct submissions submissions;
    char number[32];
    int rc = store_submissions(store, workflow_id, &submissions, err);
    bool submitted = !rc && submissions.count > 0;
    if (!rc)
        submissions_fini(&submissions);
    store_close(store);
    if (!submitted)
        return rc;
    fflush(stdout);
    snprintf(number, sizeof number, "%lld", (long long)workflow_id);
    cleanup_free char *program = program_find("torc-sbatch");
    execlp(program, "torc-sbatch", "--db", store_where(cli->db), "--top-up", number,
           cli->json ? "--parsable" : NULL, NULL);
    return error_set(err, ERROR_INTERNAL, errno,
                     "it is done, but torc-sbatch cannot be started (%s); ask for allocations with "
                     "torc-sbatch --top-up %s",
                     program, number);
}

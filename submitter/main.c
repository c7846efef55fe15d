// SPDX-License-Identifier: GPL-2.0-or-later
// torc-sbatch: checks a workflow, plans allocations for it, and submits them.
#include <stdio.h>

#include "lib/slurm/slurm.h"
#include "lib/store/store.h"
#include "submitter/create.h"
#include "submitter/options.h"
#include "submitter/prepare.h"
#include "submitter/restart.h"
#include "submitter/show.h"
#include "submitter/top_up.h"
#include "submitter/wait.h"

static int complain(const struct error *err)
{
    fprintf(stderr, "torc-sbatch: %s\n", err->text);
    return err->code ? (int)err->code : ERROR_INTERNAL;
}

static int dry_run(struct prepared *prepared, const struct options *options)
{
    if (options->json)
        show_plan_json(prepared);
    else
        show_plan(prepared, options->explain);
    return 0;
}

static void show(const struct prepared *prepared, const struct created *created,
                 const struct options *options)
{
    if (options->parsable)
        printf("%lld\n", (long long)created->workflow_id);
    else if (options->json)
        show_submitted_json(created->workflow_id, &created->done);
    else
        show_submitted(prepared, created->workflow_id, &created->done);
    fflush(stdout);
}

// Part of it may be in Slurm, so it stays.
static int complain_of_silence(int64_t workflow_id, struct error *err)
{
    error_set(err, ERROR_UNREACHABLE, 0,
              "Slurm did not answer; workflow %lld is kept, and what Slurm has of it runs. To look "
              "for it, and ask for what is missing: torc-sbatch --top-up %lld",
              (long long)workflow_id, (long long)workflow_id);
    return complain(err);
}

static int submit(struct prepared *prepared, const struct options *options, struct error *err)
{
    struct created created;
    struct store *store = store_open(prepared->db, STORE_CREATE, err);
    if (!store)
        return complain(err);
    int code = create(&created, store, prepared, options, err) ? complain(err) : 0;
    if (!code) {
        show(prepared, &created, options);
        if (created.done.unknown || created.done.unanswered)
            code = complain_of_silence(created.workflow_id, err);
        if (options->wait)
            code = wait_for_workflow(store, prepared->db, created.workflow_id,
                                     options->parsable || options->json, err);
        if (code < 0)
            code = complain(err);
    }
    created_fini(&created);
    store_close(store);
    return code;
}

static int submit_more(const struct options *options, struct error *err)
{
    size_t taken = 0;
    struct store *store = store_open(options->db, STORE_WRITE, err);
    if (!store)
        return complain(err);
    struct top_up how = {.heal = true, .hasty = !slurm_inside_allocation()};
    int code = top_up(store, options->db, options->top_up, how, &taken, err) ? complain(err) : 0;
    if (!code && !options->parsable)
        printf("Workflow %lld: %zu submission%s made.\n", (long long)options->top_up, taken,
               taken == 1 ? "" : "s");
    if (!code && options->wait)
        code = wait_for_workflow(store, options->db, options->top_up,
                                 options->parsable || options->json, err);
    store_close(store);
    return code < 0 ? complain(err) : code;
}

int main(int argc, char **argv)
{
    struct options options;
    struct prepared prepared;
    struct error err = {0};
    bool done = false;
    int code = options_parse(&options, argc, argv, &done, &err) ? complain(&err) : 0;
    if (!code && !done && options.top_up) {
        code = submit_more(&options, &err);
    } else if (!code && !done && options.restart) {
        code = restart_with_file(&options, &err);
        code = code < 0 ? complain(&err) : code;
    } else if (!code && !done) {
        code = prepare(&prepared, &options, &err) ? complain(&err)
               : options.dry_run                  ? dry_run(&prepared, &options)
                                                  : submit(&prepared, &options, &err);
        prepared_fini(&prepared);
    }
    options_fini(&options);
    return code;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// torc restart: the jobs that must run again, and no others; with --dry-run they are only shown.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/base/text.h"
#include "lib/restart/restart.h"
#include "lib/show/json_stream.h"
#include "lib/show/table.h"
#include "lib/store/plan.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_restart = {
    .name = "restart",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_RESTART,
    .help = "runs again what failed, and what came of files and data that have changed since",
    .run = run,
};

static bool runs_again(const struct restart *r, uint32_t job, bool maybe)
{
    enum restart_what what = r->verdicts[job].what;
    return !r->facts.jobs[job].barrier && (maybe ? what == RESTART_MAYBE : what > RESTART_MAYBE);
}

static void write_jobs(struct json_stream *out, const struct restart *r, const char *key,
                       bool maybe)
{
    json_stream_array(out, key);
    for (uint32_t i = 0; i < r->facts.jobs_count; i++) {
        if (!runs_again(r, i, maybe))
            continue;
        cleanup_free char *why = restart_why_text(&r->facts, i, &r->verdicts[i]);
        json_stream_value(out, NULL,
                          json_pack("{s:o, s:o}", "name", json_text(r->facts.jobs[i].name),
                                    "reason", json_text(why)));
    }
    json_stream_end(out);
}

static void print_json(const struct restart *r, bool dry_run, int32_t run_id)
{
    struct json_stream out;
    json_stream_init(&out, stdout);
    json_stream_object(&out, NULL);
    json_stream_value(&out, "workflow_id", json_integer(r->facts.workflow_id));
    json_stream_value(&out, "run_id", json_integer(run_id));
    json_stream_value(&out, "dry_run", json_boolean(dry_run));
    write_jobs(&out, r, "jobs", false);
    write_jobs(&out, r, "if_changed", true);
    json_stream_end(&out);
}

static void print_table(const struct cli *cli, const struct restart *r)
{
    enum { SHOWN_MOST = 40 }; // of a restart; all of a dry run
    static const struct table_column columns[] = {{"JOB", NULL, ALIGN_LEFT, FIT_NAME},
                                                  {"WHY", NULL, ALIGN_LEFT, FIT_SHRINK}};
    struct table *table = table_create(&cli->screen, TABLE_PEOPLE, columns, 2);
    uint32_t shown = 0, all = r->again + r->maybe;
    for (int maybe = 0; maybe <= 1; maybe++)
        for (uint32_t i = 0; i < r->facts.jobs_count; i++) {
            if (!runs_again(r, i, maybe) || (shown == SHOWN_MOST && !cli->dry_run))
                continue;
            cleanup_free char *why = restart_why_text(&r->facts, i, &r->verdicts[i]);
            table_text(table, COLOR_NONE, r->facts.jobs[i].name);
            table_text(table, COLOR_NONE, why);
            shown++;
        }
    table_destroy(table);
    if (shown < all)
        printf("… and %u more\n", all - shown);
}

static void print_counts(const struct restart *r, bool dry_run)
{
    cleanup_free char *maybe =
        r->maybe ? xasprintf(", and %u only if what they read changes", r->maybe) : NULL;
    printf("%u job%s %s%s\n", r->again, r->again == 1 ? "" : "s",
           dry_run         ? "would run again"
           : r->again == 1 ? "runs again"
                           : "run again",
           maybe ? maybe : "");
}

// Who was submitted is submitted again: torc-sbatch takes this program's place.
static int go_on(const struct cli *cli, struct store *store, int64_t id, struct error *err)
{
    struct submissions submissions;
    char number[32];
    if (store_submissions(store, id, &submissions, err))
        return -1;
    bool submitted = submissions.count > 0;
    submissions_fini(&submissions);
    store_close(store);
    if (!submitted) {
        if (!cli->json)
            printf("to run them here: torc-run --workflow %lld\n", (long long)id);
        return 0;
    }
    fflush(stdout);
    snprintf(number, sizeof number, "%lld", (long long)id);
    cleanup_free char *program = program_find("torc-sbatch");
    execlp(program, "torc-sbatch", "--db", store_where(cli->db), "--top-up", number,
           cli->json ? "--parsable" : NULL, NULL);
    return error_set(err, ERROR_INTERNAL, errno,
                     "the jobs are reset, but torc-sbatch cannot be started (%s); submit them "
                     "with torc-sbatch --top-up %s",
                     program, number);
}

static int restart(const struct cli *cli, struct store *store, int64_t id, const char *job_glob,
                   struct error *err)
{
    struct restart r;
    struct restart_reply reply = {0};
    struct restart_wish wish = {.failed = cli->failed, .force = cli->force, .job_glob = job_glob};
    if (restart_find(store, id, &wish, &r, err)) {
        store_close(store);
        return -1;
    }
    bool nothing = !r.again && !r.maybe;
    int result = cli->dry_run ? 0 : restart_apply(store, &r, NULL, &reply, err);
    if (!result && cli->json)
        print_json(&r, cli->dry_run, cli->dry_run ? r.facts.run_id : reply.run_id);
    if (!result && !cli->json && nothing)
        printf("workflow %lld: nothing must run again\n", (long long)id);
    if (!result && !cli->json && !nothing) {
        print_table(cli, &r);
        print_counts(&r, cli->dry_run);
    }
    restart_fini(&r);
    if (!result && !cli->dry_run && !nothing)
        return go_on(cli, store, id, err);
    store_close(store);
    return result;
}

static int run(struct cli *cli, struct error *err)
{
    struct target target;
    struct read_reply reply;
    if (!!cli->job + !!cli->failed + !!cli->force > 1)
        return error_set(err, ERROR_USAGE, 0,
                         "restart: --job, --failed and --force exclude each other");
    struct store *store = target_open(cli->db, cli->dry_run ? STORE_READ : STORE_WRITE, err);
    if (!store)
        return -1;
    if (!cli->job) {
        if (target_workflow(store, cli->argument, &reply, err)) {
            store_close(store);
            return -1;
        }
        int64_t id = reply.workflows->id;
        read_reply_fini(&reply);
        return restart(cli, store, id, NULL, err);
    }
    if (target_parse(store, cli->job, cli->argument, &target, err)) {
        store_close(store);
        return -1;
    }
    cleanup_free char *glob = xstrdup(target.job_glob ? target.job_glob : "*");
    int64_t id = target.workflow->id;
    target_fini(&target);
    return restart(cli, store, id, glob, err);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// torc recover: what an outage or a dead node left behind: results that lie on a disk, jobs that
// nobody runs any more.
#include "cli/command.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/show/json_stream.h"
#include "lib/slurm/lost_runner.h"
#include "lib/slurm/submit.h"
#include "lib/store/journal.h"
#include "lib/store/read_each.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_recover = {
    .name = "recover",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_DRY_RUN,
    .help = "takes in results left on the disk, and gives back the jobs of dead runners",
    .run = run,
};

static int give_back(struct store *store, int64_t id, size_t *sum, struct error *err)
{
    // to Slurm: a user who asks wants them all, but not hundreds of requests
    enum { REQUESTS_MOST = 10 };
    size_t turn = 0, lost = 0;
    bool asked = true;
    if (lost_runner_here(store, id, sum, err))
        return -1;
    for (int i = 0; asked && i < REQUESTS_MOST; i++, *sum += lost)
        if (lost_runner_look(store, id, &turn, &asked, &lost, err))
            return -1;
    return 0;
}

// What Slurm has put back into its queue, or holds there, of a workflow that has ended.
static void clear_queue(struct store *store, const struct workflow_info *workflow)
{
    struct error err;
    if (workflow->state != WORKFLOW_COMPLETE && workflow->state != WORKFLOW_CANCELED)
        return;
    struct submit submit = {.store = store, .workflow_id = workflow->id};
    if (submit_give_back(&submit, NULL, &err))
        cli_warn("allocations of workflow %lld may wait in Slurm for nothing: %s",
                 (long long)workflow->id, err.text);
}

static int each_runner(void *sum, const struct read_reply *reply, uint32_t index, struct error *err)
{
    (void)err;
    *(size_t *)sum += lost_runner_is_dead(&reply->runners[index]);
    return 0;
}

static int count_dead(struct store *store, int64_t id, size_t *sum, struct error *err)
{
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = id};
    return store_read_each(store, request, each_runner, sum, err);
}

static void print_json(const struct cli *cli, int64_t id, const struct journal_found *found,
                       size_t lost)
{
    json_t *files = json_array();
    for (size_t i = 0; i < found->count; i++) {
        const struct journal_file *f = &found->files[i];
        json_array_append_new(
            files, json_pack("{s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:o}", "path", json_text(f->path),
                             "runner_id", json_known(f->runner_id ? f->runner_id : UNKNOWN),
                             "starts", (int)f->starts, "accepted", (int)f->accepted, "known",
                             (int)f->known, "refused", (int)f->refused, "lines_damaged",
                             (int)f->lines_bad, "trouble", json_text(f->trouble)));
    }
    json_t *kept = json_array();
    for (size_t i = 0; i < found->kept_count; i++)
        json_array_append_new(kept, json_text(found->kept[i]));
    json_auto_t *document = json_pack(
        "{s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "workflow_id", (json_int_t)id, "dry_run",
        cli->dry_run, "accepted", (json_int_t)found->accepted, "known", (json_int_t)found->known,
        "refused", (json_int_t)found->refused, "lines_damaged", (json_int_t)found->lines_bad,
        "runners_lost", (json_int_t)lost, "files", files, "kept", kept);
    json_dumpf(document, stdout, JSON_INDENT(1));
    putchar('\n');
}

static void print(const struct cli *cli, int64_t id, const struct journal_found *found, size_t lost)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct journal_file *f = &found->files[i];
        cleanup_free char *path = text_safe(f->path);
        printf("%s: results %s: %u; known already: %u; refused: %u; damaged lines: %u\n", path,
               cli->dry_run ? "to take in" : "taken in", f->accepted, f->known, f->refused,
               f->lines_bad);
    }
    for (size_t i = 0; i < found->kept_count; i++) {
        cleanup_free char *path = text_safe(found->kept[i]);
        printf("%s: kept; its runner had been declared lost, and what it ran was given to others\n",
               path);
    }
    printf("workflow %lld: %s %lld results, %s the jobs of %zu dead runners\n", (long long)id,
           cli->dry_run ? "would take in" : "took in", (long long)found->accepted,
           cli->dry_run ? "would give back" : "gave back", lost);
}

static int recover(const struct cli *cli, struct store *store, int64_t id, struct error *err)
{
    struct journal_found found;
    size_t lost = 0;
    int rc = cli->dry_run ? journal_look(store, id, &found, err)
                          : journal_replay(store, id, &found, err);
    if (!rc) // first the results: later they would be refused
        rc = cli->dry_run ? count_dead(store, id, &lost, err) : give_back(store, id, &lost, err);
    (cli->json ? print_json : print)(cli, id, &found, lost);
    fflush(stdout);
    for (size_t i = 0; i < found.count; i++)
        if (found.files[i].trouble)
            cli_warn("%s", found.files[i].trouble);
    if (!rc && found.troubled)
        rc = ERROR_JOBS;
    journal_found_fini(&found);
    return rc;
}

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    struct store *store = target_open(cli->db, cli->dry_run ? STORE_READ : STORE_WRITE, err);
    if (!store)
        return -1;
    int result = target_workflow(store, cli->argument, &reply, err);
    if (!result) {
        bool may = cli->dry_run || !store_may_change(store, reply.workflows->id, err);
        result = may ? recover(cli, store, reply.workflows->id, err) : -1;
        if (may && !cli->dry_run)
            clear_queue(store, reply.workflows);
        read_reply_fini(&reply);
    }
    store_close(store);
    return result;
}

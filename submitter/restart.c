// SPDX-License-Identifier: GPL-2.0-or-later
// Relative paths begin where the workflow was submitted, wherever this is called.
#include "submitter/restart.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/show/restart_table.h"
#include "submitter/create.h"
#include "submitter/prepare.h"
#include "submitter/top_up.h"
#include "submitter/wait.h"

static int go_on(struct store *store, const struct prepared *prepared,
                 const struct options *options, int64_t id, struct error *err)
{
    size_t taken = 0;
    if (top_up(store, prepared->db, id, (struct top_up){.heal = true, .hasty = true}, &taken, err))
        return -1;
    if (!options->json && !options->parsable)
        printf("Workflow %lld: %zu submission%s made.\n", (long long)id, taken,
               taken == 1 ? "" : "s");
    fflush(stdout);
    return options->wait
               ? wait_for_workflow(store, prepared->db, id, options->parsable || options->json, err)
               : 0;
}

static void show(const struct restart *r, const struct options *options, int32_t run_id)
{
    struct screen screen;
    screen_init(&screen, stdout);
    if (options->json)
        restart_print_json(r, options->dry_run, run_id);
    else if (options->parsable)
        printf("%lld\n", (long long)r->facts.workflow_id);
    else
        restart_print(&screen, r, options->dry_run);
}

static int restart(struct store *store, struct prepared *prepared, const struct options *options,
                   int64_t id, struct error *err)
{
    struct restart r;
    struct restart_reply reply = {0};
    struct restart_wish wish = {.workflow = &prepared->workflow};
    struct workflow_origin origin = prepared_origin(prepared, options);
    if (restart_find(store, id, &wish, &r, err))
        return -1;
    reply.run_id = r.facts.run_id;
    int rc = options->dry_run ? 0 : restart_apply(store, &r, &origin, &reply, err);
    if (!rc)
        show(&r, options, reply.run_id);
    bool runs = r.again || r.maybe;
    restart_fini(&r);
    if (!rc && !options->dry_run && (runs || options->wait))
        rc = go_on(store, prepared, options, id, err);
    return rc;
}

int restart_with_file(const struct options *given, struct error *err)
{
    struct prepared prepared = {0};
    struct read_reply reply;
    struct options options = *given;
    cleanup_free char *file = realpath(given->file, NULL), *db = realpath(given->db, NULL);
    if (!file)
        return error_set(err, ERROR_USAGE, errno, "%s", given->file);
    struct store *store = store_open(given->db, given->dry_run ? STORE_READ : STORE_WRITE, err);
    if (!store)
        return -1;
    options.file = file;
    options.db = db ? db : given->db;
    int rc = restart_workflow_of(store, given->restart_id, file, &reply, err);
    if (!rc) {
        int64_t id = reply.workflows->id;
        if (chdir(reply.workflows->folder))
            rc = error_set(err, ERROR_USAGE, errno,
                           "cannot change to the folder that workflow %lld was submitted in, %s",
                           (long long)id, reply.workflows->folder);
        read_reply_fini(&reply);
        if (!rc)
            rc = prepare(&prepared, &options, err) ? -1
                                                   : restart(store, &prepared, &options, id, err);
        prepared_fini(&prepared);
    }
    store_close(store);
    return rc;
}

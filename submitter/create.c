// SPDX-License-Identifier: GPL-2.0-or-later
// Creates the workflow, then submits.
#include "submitter/create.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/store/create.h"
#include "lib/store/share.h"
#include "submitter/show.h"

struct workflow_origin prepared_origin(const struct prepared *prepared,
                                       const struct options *options)
{
    const struct passwd *user = getpwuid(getuid());
    return (struct workflow_origin){
        .user = user ? user->pw_name : "",
        .uid = getuid(),
        .file = prepared->file,
        .file_text = prepared->text,
        .command_line = options->command_line,
        .folder = prepared->folder,
        .version = TORC_VERSION,
        .environment = prepared->environment_json,
    };
}

static int insert(struct created *created, struct store *store, struct prepared *prepared,
                  const struct options *options, struct error *err)
{
    struct workflow_origin origin = prepared_origin(prepared, options);
    if (share_database(store, prepared->db, prepared->workflow.settings, err))
        return -1;
    return store_create_workflow(store, &prepared->workflow, &origin, &created->workflow_id, err);
}

// The plan was made before the classes had ids; from the database's demand the same formula gives
// the same groups.
static int submit(struct created *created, struct store *store, struct prepared *prepared,
                  struct error *err)
{
    prepared->submit.store = store;
    prepared->submit.workflow_id = created->workflow_id;
    if (store_demand(store, created->workflow_id, &created->demand, err))
        return -1;
    created->classes = plan_classes_of_demand(&created->demand);
    struct plan_request request = {.classes = created->classes,
                                   .classes_count = created->demand.classes_count,
                                   .actions = created->demand.actions,
                                   .actions_count = created->demand.actions_count,
                                   .cluster = &prepared->cluster,
                                   .settings = &prepared->settings};
    prepared_plan(prepared, &request, &created->plan);
    return submit_groups(&prepared->submit, &created->plan, true, &created->done, err);
}

int create(struct created *created, struct store *store, struct prepared *prepared,
           const struct options *options, struct error *err)
{
    *created = (struct created){0};
    if (insert(created, store, prepared, options, err))
        return -1;
    crash_point("workflow-created");
    int rc = submit(created, store, prepared, err);
    show_complaints(&created->done);
    if (!rc && created->done.count && !created->done.taken && !created->done.unknown) {
        struct error remove;
        rc = created->done.unanswered
                 ? error_set(err, ERROR_UNREACHABLE, 0,
                             "Slurm does not answer and has nothing of it, nothing was created; "
                             "submit it again when Slurm answers")
                 : error_set(err, ERROR_USAGE, 0, "Slurm took nothing of it, nothing was created");
        if (store_delete_workflow(store, created->workflow_id, &remove))
            rc = error_set(err, ERROR_UNREACHABLE, 0,
                           "Slurm took nothing of workflow %lld, and it could not be removed: %s",
                           (long long)created->workflow_id, remove.text);
    }
    return rc;
}

void created_fini(struct created *created)
{
    submitted_list_fini(&created->done);
    plan_fini(&created->plan);
    free(created->classes);
    if (created->demand.arena)
        demand_fini(&created->demand);
    *created = (struct created){0};
}

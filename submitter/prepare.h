// SPDX-License-Identifier: GPL-2.0-or-later
// Everything that can be found wrong before anything is created: the file, its inputs, the cluster,
// the plan, the database.
#ifndef SUBMITTER_PREPARE_H
#define SUBMITTER_PREPARE_H

#include "lib/plan/cluster.h"
#include "lib/plan/plan.h"
#include "lib/slurm/submit.h"
#include "submitter/options.h"

struct prepared {
    char *file, *folder, *db; // absolute
    char *text;               // of the file
    size_t length;
    struct workflow workflow;
    struct settings settings; // of file and command line
    char *settings_json;      // the same, as the workflow keeps it
    char **environment;       // that sbatch gets, and later ones
    char *environment_json;
    struct cluster cluster;
    struct action_demand *actions;
    size_t actions_count;
    struct plan_class *classes;
    struct plan plan;
    bool upfront;         // the plan is of all stages,
    uint32_t stages;      // of which there are so many
    struct submit submit; // without store and id
};

// Prints every problem of the file and every note of the plan on stderr. prepared_fini is due in
// both cases.
int prepare(struct prepared *prepared, const struct options *options, struct error *err);
// The plan for these classes, upfront or not; plan_fini is due.
void prepared_plan(struct prepared *prepared, const struct plan_request *request,
                   struct plan *plan);
void prepared_fini(struct prepared *prepared);

#endif

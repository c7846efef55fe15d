// SPDX-License-Identifier: GPL-2.0-or-later
// slurm-query's part on what the site lets this user have: her account and QOS, and their limits.
#ifndef SUBMITTER_QUERY_LIMITS_H
#define SUBMITTER_QUERY_LIMITS_H

#include <jansson.h>
#include <slurm/slurm.h>

// A list of owners, QOS and associations, each with its caps; lib/plan/limits.h says what is in
// them. null: there is no accounting here, or slurmctld does not tell. One request.
json_t *query_limits(const slurm_conf_t *config);

#endif

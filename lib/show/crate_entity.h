// SPDX-License-Identifier: GPL-2.0-or-later
// Rows of the database as entities of a crate: lib/show/crate.h.
#ifndef LIB_SHOW_CRATE_ENTITY_H
#define LIB_SHOW_CRATE_ENTITY_H

#include <jansson.h>

#include "lib/store/read.h"

// {"@id": id}; takes the text over
json_t *crate_reference(char *id);
json_t *crate_list(json_t *list); // of one: that one alone; takes the list over
json_t *crate_entity(const char *id, const char *type, const char *name);

// What they are called: the caller's to free.
char *crate_file_id(const struct workflow_info *workflow, const struct file_info *file);
char *crate_path_id(const char *path); // a file of the crate
char *crate_attempt_id(const struct attempt_info *attempt);

// Entities, new references; hash: another one that it names, or NULL.
json_t *crate_file(const struct workflow_info *workflow, const struct file_info *file,
                   json_t **hash);
json_t *crate_job(const struct job_info *job);
json_t *crate_data(const struct data_info *data);
// Without object and result; usages: a list of entities that it names.
json_t *crate_attempt(const struct attempt_info *attempt, bool srun_step, json_t *usages);

json_t *crate_time(int64_t usec);
json_t *crate_status(bool good); // of an action that has ended

#endif

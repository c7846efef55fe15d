// SPDX-License-Identifier: GPL-2.0-or-later
// The JSON of a workflow that people script against: `torc-report --json` and the --json of torc's commands. Keys are added,
// never renamed. Everything is read in pages and written as it is read.
#ifndef LIB_DOCUMENT_H
#define LIB_DOCUMENT_H

#include "lib/json_stream.h"
#include "lib/store_read.h"

/* The members of the workflow's object; needs an object to be open. */
void document_workflow_members(struct json_stream *json, const struct workflow_info *workflow);

/* "workflow": {…} */
void document_workflow(struct json_stream *json, const struct workflow_info *workflow);

/* "jobs": […]: those that `request` (READ_JOBS) selects, with their attempts. */
int document_jobs(struct json_stream *json, struct store *store, struct read_request request, struct error *err);

/* "classes", "allocations", "runners", "events", "data": […] of the workflow. */
int document_classes(struct json_stream *json, struct store *store, int64_t workflow_id, struct error *err);
int document_allocations(struct json_stream *json, struct store *store, int64_t workflow_id, struct error *err);
int document_runners(struct json_stream *json, struct store *store, int64_t workflow_id, struct error *err);
int document_events(struct json_stream *json, struct store *store, int64_t workflow_id, struct error *err);
int document_data(struct json_stream *json, struct store *store, int64_t workflow_id, struct error *err);

#endif

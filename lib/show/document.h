// SPDX-License-Identifier: GPL-2.0-or-later
// The JSON of a workflow that people script against: `torc-report --json` and the --json of torc's
// commands. Keys are added, never renamed. Everything is read in pages and written as it is read.
#ifndef LIB_SHOW_DOCUMENT_H
#define LIB_SHOW_DOCUMENT_H

#include "lib/show/json_stream.h"
#include "lib/store/read.h"

// The members of the workflow's object; needs an object to be open.
void document_workflow_members(struct json_stream *json, const struct workflow_info *workflow);

// "workflow": {…}
void document_workflow(struct json_stream *json, const struct workflow_info *workflow);

// "jobs": […]: those of the workflow that `request` (READ_JOBS) selects, with their attempts; paths
// of output are absolute. waiting says why they wait; NULL: it is made here, and Slurm not asked.
struct waiting;
int document_jobs(struct json_stream *json, struct store *store,
                  const struct workflow_info *workflow, struct read_request request,
                  struct waiting *waiting, struct error *err);

// "why": [{"state", "class", "jobs", "reason"}]: jobs that wait, those of one reason together.
int document_waiting(struct json_stream *json, struct store *store,
                     const struct workflow_info *workflow, const struct waiting *waiting,
                     struct error *err);

// Of the whole workflow: "jobs", "actions", "classes", "allocations" (and "node_time", their sum),
// "runners", "events", "data", "samples": […].
typedef int document_section(struct json_stream *json, struct store *store,
                             const struct workflow_info *workflow, struct error *err);
document_section document_all_jobs, document_actions, document_classes, document_allocations,
    document_runners, document_events, document_data, document_samples;

// "estimate": {"left_s", "basis"} or null: lib/show/estimate.h
document_section document_estimate;

// "advice": […]: lib/show/advice.h; not in the whole document, as it costs a look at all attempts
document_section document_advice;

// "events": […] that `request` (READ_EVENTS) selects; and one of them, a new reference.
int document_some_events(struct json_stream *json, struct store *store, struct read_request request,
                         struct error *err);
json_t *document_event(const struct event_info *event);

#endif

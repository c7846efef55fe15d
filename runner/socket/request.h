// SPDX-License-Identifier: GPL-2.0-or-later
// A line that a job says to its runner: {"op": "set"|"get"|"post", "name": …, "value": any JSON,
// "job": id, "key": …}.
#ifndef RUNNER_SOCKET_REQUEST_H
#define RUNNER_SOCKET_REQUEST_H

#include <jansson.h>

#include "lib/store/data.h"

struct job_request {
    // points into json and into the line; op DATA_NONE when the line makes no sense
    struct data_change change;
    json_t *json; // what was read, less the value; NULL: nothing
};

// Reads a line (NUL-terminated, without its end, modified in place; it must outlive the request).
// The value is kept as it was written. ERROR_USAGE: what is wrong with it. job_request_fini is due
// in any case.
int job_request_parse(char *line, size_t length, struct job_request *request, struct error *err);
void job_request_fini(struct job_request *request);

#endif

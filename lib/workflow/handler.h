// SPDX-License-Identifier: GPL-2.0-or-later
// Failure handlers: which failures of a job are tried again, how often, after which script and with
// how much more. They travel as JSON in the workflow's settings; a job names its own in its spec.
#ifndef LIB_WORKFLOW_HANDLER_H
#define LIB_WORKFLOW_HANDLER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/states.h"

enum { EXIT_CODES = 256, MAX_RETRIES_DEFAULT = 3 };

struct handler_rule {
    bool exit_codes[EXIT_CODES];        // that it is for
    int32_t signal;                     // likewise; 0: none
    bool oom, timeout, all;             // all: any failure
    const char *script;                 // runs before the retry; NULL: none
    int32_t max_retries;                // starts after the first one, in a run
    double scale_memory, scale_runtime; // of the retry; 0: as it was
};

struct handler {
    const char *name;
    struct handler_rule *rules;
    size_t rules_count;
};

struct handlers {
    struct handler *list;
    size_t count;
    struct arena *arena; // owns them all; NULL: somebody else does
};

// [{"name": "h", "rules": [{"exit_codes": [1], "signal": 11, "oom": true, "timeout": true, "all":
// true, "script": "…", "max_retries": 3, "scale_memory": 2.0, "scale_runtime": 1.5}]}]
json_t *handlers_json(const struct handlers *handlers);
// Reads that (NULL: there are none) into handlers, all zero here. -1: it is something else. On
// both, handlers_fini is due.
int handlers_read(struct handlers *handlers, const json_t *list);
void handlers_fini(struct handlers *handlers);

// Of that name, or NULL.
const struct handler *handlers_find(const struct handlers *handlers, const char *name);

struct failure { // of an attempt that had a process
    enum attempt_reason reason;
    int32_t exit_code, signal;      // one of them UNKNOWN
    int32_t oom_code, timeout_code; // what the workflow calls these reasons
};

// What TORC_RETURN_CODE says of it: the code of its reason, its exit code, or 128 + its signal.
int32_t failure_code(const struct failure *failure);

// The rule for it: the first that names it, else the first that is for all; or NULL.
const struct handler_rule *handler_match(const struct handler *handler,
                                         const struct failure *failure);

// How the class of a retry with that much is called: the name of its class without what an earlier
// retry has added, and the sizes that are not 0. The caller's to free.
char *handler_class_name(const char *class_name, int64_t memory_bytes, int64_t runtime_usec);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// What squeue says of each allocation: of an array's elements one by one.
#ifndef LIB_SLURM_ELEMENTS_H
#define LIB_SLURM_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

// STUCK: its starts failed, and Slurm holds it until somebody releases it.
enum slurm_fate {
    FATE_UNKNOWN,
    FATE_QUEUED,
    FATE_STUCK,
    FATE_RUNNING,
    FATE_ENDED,
    FATE_CANCELED,
};

struct element {
    const char *tag; // its comment
    int64_t job_id;  // of the array
    int32_t task;    // UNKNOWN: no array
    enum slurm_fate fate;
    char *said; // Slurm's state and reason: "FAILED (NonZeroExitCode)"
};

struct elements {
    struct element *list;
    size_t count, space;
    char *text; // where the tags are
};

// The user's jobs of these names (comma-separated), ended ones too, as long as Slurm remembers.
// elements_fini is due in both cases.
int elements_read(struct elements *elements, const char *job_names, struct error *err);
void elements_fini(struct elements *elements);

// By the tag, or by the job where the site has put something else into comments. NULL: it is not
// listed. *listed: something of the array is.
const struct element *elements_find(const struct elements *elements, const char *tag,
                                    int64_t job_id, int32_t task, bool *listed);

// Does some of the submission wait to be started?
bool elements_wait(const struct elements *elements, const char *tag, int64_t job_id);

#endif

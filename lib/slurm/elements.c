// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/slurm/elements.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/base/record.h"
#include "lib/slurm/slurm.h"

enum { TIMEOUT_MS = 60 * 1000 };

static enum slurm_fate fate_of(const char *state, const char *reason)
{
    static const struct {
        const char *name;
        enum slurm_fate fate;
    } states[] = {
        {"PENDING", FATE_QUEUED},     {"REQUEUED", FATE_QUEUED},     {"REQUEUE_HOLD", FATE_QUEUED},
        {"REQUEUE_FED", FATE_QUEUED}, {"SPECIAL_EXIT", FATE_QUEUED}, {"RUNNING", FATE_RUNNING},
        {"SUSPENDED", FATE_RUNNING},  {"CONFIGURING", FATE_RUNNING}, {"COMPLETING", FATE_RUNNING},
        {"STOPPED", FATE_RUNNING},    {"SIGNALING", FATE_RUNNING},   {"STAGE_OUT", FATE_RUNNING},
        {"RESIZING", FATE_RUNNING},   {"CANCELLED", FATE_CANCELED},  {"REVOKED", FATE_CANCELED},
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (!strcmp(states[i].name, state))
            return states[i].fate == FATE_QUEUED && strstr(reason, "launch failed")
                       ? FATE_STUCK
                       : states[i].fate;
    return FATE_ENDED;
}

// "12|3|FAILED|NonZeroExitCode"; the index is "N/A" without an array.
static void add(struct elements *elements, char *line)
{
    char *fields[4] = {line};
    for (int i = 1; i < 4; i++) {
        char *bar = strchr(fields[i - 1], '|');
        if (!bar)
            return;
        *bar = '\0';
        fields[i] = bar + 1;
    }
    char *end = NULL;
    long task = strtol(fields[1], &end, 10);
    elements->list =
        array_grow(elements->list, elements->count, &elements->space, sizeof *elements->list);
    elements->list[elements->count++] = (struct element){
        .job_id = strtoll(fields[0], NULL, 10),
        .task = end != fields[1] && !*end ? (int32_t)task : UNKNOWN,
        .fate = fate_of(fields[2], fields[3]),
        .said = strcmp(fields[3], "None") ? xasprintf("%s (%s)", fields[2], fields[3])
                                          : xstrdup(fields[2]),
    };
}

int elements_read(struct elements *elements, const char *job_names, struct error *err)
{
    const char *const argv[] = {"squeue", "--me",    "-h", "-r",          "-t", "all",
                                "-n",     job_names, "-o", "%F|%K|%T|%r", NULL};
    struct program_result result;
    *elements = (struct elements){0};
    if (slurm_command(argv, TIMEOUT_MS, &result, err))
        return -1;
    int rc = 0;
    char *save = NULL;
    if (result.timed_out || result.exit_code)
        rc = error_set(err, ERROR_UNREACHABLE, 0, "squeue: %.*s",
                       (int)strcspn(result.timed_out ? "no answer" : result.err, "\n"),
                       result.timed_out ? "no answer" : result.err);
    for (char *line = rc ? NULL : strtok_r(result.out, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        add(elements, line);
    program_result_fini(&result);
    return rc;
}

void elements_fini(struct elements *elements)
{
    for (size_t i = 0; i < elements->count; i++)
        free(elements->list[i].said);
    free(elements->list);
    *elements = (struct elements){0};
}

const struct element *elements_find(const struct elements *elements, int64_t job_id, int32_t task,
                                    bool *listed)
{
    *listed = false;
    for (size_t i = 0; i < elements->count; i++) {
        const struct element *e = &elements->list[i];
        *listed |= e->job_id == job_id;
        if (e->job_id == job_id && e->task == task)
            return e;
    }
    return NULL;
}

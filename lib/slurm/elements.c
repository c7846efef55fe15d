// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/slurm/elements.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/record.h"
#include "lib/slurm/slurm.h"

// A launch that failed; after several that were put back: WAIT_MAX_REQUEUE of Slurm.
static bool is_given_up(const char *reason)
{
    return strstr(reason, "launch failed") || strstr(reason, "JobHoldMaxRequeue");
}

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
        {"COMPLETED", FATE_ENDED},    {"FAILED", FATE_ENDED},        {"TIMEOUT", FATE_ENDED},
        {"NODE_FAIL", FATE_ENDED},    {"PREEMPTED", FATE_ENDED},     {"BOOT_FAIL", FATE_ENDED},
        {"DEADLINE", FATE_ENDED},     {"OUT_OF_MEMORY", FATE_ENDED},
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (!strcmp(states[i].name, state))
            return states[i].fate == FATE_QUEUED && is_given_up(reason) ? FATE_STUCK
                                                                        : states[i].fate;
    return FATE_UNKNOWN;
}

// "12|3|FAILED|NonZeroExitCode|TAG"; the index is "N/A" without an array.
static void add(struct elements *elements, char *line)
{
    char *fields[5] = {line};
    for (int i = 1; i < 5; i++) {
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
        .tag = fields[4],
        .job_id = strtoll(fields[0], NULL, 10),
        .task = end != fields[1] && !*end ? (int32_t)task : UNKNOWN,
        .fate = fate_of(fields[2], fields[3]),
        .said = strcmp(fields[3], "None") ? xasprintf("%s (%s)", fields[2], fields[3])
                                          : xstrdup(fields[2]),
    };
}

int elements_read(struct elements *elements, const char *job_names, struct error *err)
{
    char *save = NULL;
    *elements = (struct elements){0};
    if (slurm_queue(job_names, "%F|%K|%T|%r|%k", &elements->text, err))
        return -1;
    for (char *line = strtok_r(elements->text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        add(elements, line);
    return 0;
}

void elements_fini(struct elements *elements)
{
    for (size_t i = 0; i < elements->count; i++)
        free(elements->list[i].said);
    free(elements->list);
    free(elements->text);
    *elements = (struct elements){0};
}

static bool is_of(const struct element *element, const char *tag, int64_t job_id)
{
    return element->job_id == job_id || !strcmp(element->tag, tag);
}

const struct element *elements_find(const struct elements *elements, const char *tag,
                                    int64_t job_id, int32_t task, bool *listed)
{
    *listed = false;
    for (size_t i = 0; i < elements->count; i++) {
        const struct element *e = &elements->list[i];
        bool of = is_of(e, tag, job_id);
        *listed |= of;
        if (of && e->task == task)
            return e;
    }
    return NULL;
}

bool elements_wait(const struct elements *elements, const char *tag, int64_t job_id)
{
    for (size_t i = 0; i < elements->count; i++) {
        const struct element *e = &elements->list[i];
        if (is_of(e, tag, job_id) && (e->fate == FATE_QUEUED || e->fate == FATE_STUCK))
            return true;
    }
    return false;
}

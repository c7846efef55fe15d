// SPDX-License-Identifier: GPL-2.0-or-later
// The text of a usage record: bounded and without allocation, for it is made inside slurmstepd.
#include "plugin/record_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const value_names[STEP_VALUES] = {
#define STEP_RECORD_NAME(name) #name,
    STEP_RECORD_VALUES(STEP_RECORD_NAME)
#undef STEP_RECORD_NAME
};

__attribute__((format(printf, 3, 4))) static void append(char *buf, size_t *length,
                                                         const char *format, ...)
{
    if (*length >= STEP_RECORD_MAX)
        return;
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(buf + *length, STEP_RECORD_MAX - *length, format, ap);
    va_end(ap);
    *length = n < 0 ? STEP_RECORD_MAX : *length + (size_t)n;
}

size_t record_text_format(const struct step_record *record, const char *job, const char *attempt,
                          char *buf)
{
    size_t length = 0;
    append(buf, &length, STEP_RECORD_MAGIC "\n");
    append(buf, &length,
           "slurm_job_id %" PRIu32 "\nstep_id %" PRIu32 "\ntask %" PRIu32 "\nnode %s\n",
           record->slurm_job_id, record->step_id, record->task, record->node);
    append(buf, &length, "job %s\nattempt %s\nstatus %d\ncgroup %d\n", job, attempt, record->status,
           record->cgroup);
    if (record->gpus[0])
        append(buf, &length, "gpus %s\n", record->gpus);
    for (size_t i = 0; i < STEP_VALUES; i++)
        if (record->value[i] >= 0)
            append(buf, &length, "%s %" PRId64 "\n", value_names[i], record->value[i]);
    append(buf, &length, "end\n");
    return length < STEP_RECORD_MAX ? length : 0;
}

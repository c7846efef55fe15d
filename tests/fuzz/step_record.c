// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes the reading of usage records: whatever the bytes, no crash, and what is accepted reads the
// same when written again.
#include "lib/meter/step_record.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"
#include "plugin/record_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct step_record first, again;
    struct error err = {0};
    int result = step_record_parse((const char *)data, size, &first, &err);
    check((result == 0) == (err.text[0] == '\0'));
    if (result)
        return 0;
    char job[24], attempt[48], text[STEP_RECORD_MAX];
    snprintf(job, sizeof job, "%" PRId64, first.job);
    snprintf(attempt, sizeof attempt, "%" PRId64 ".%" PRId64, first.run, first.attempt);
    size_t length = record_text_format(&first, job, attempt, text);
    check(length && step_record_parse(text, length, &again, &err) == 0);
    check(!memcmp(first.value, again.value, sizeof first.value) && !strcmp(first.node, again.node));
    check(!strcmp(first.gpus, again.gpus) && first.status == again.status &&
          first.job == again.job);
    return 0;
}

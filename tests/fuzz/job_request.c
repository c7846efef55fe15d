// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes the lines that jobs say to their runner: whatever the bytes, no crash, and what is
// accepted has a name and a value that is JSON, as it was written.
#include "runner/socket/request.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct job_request request;
    struct error err = {0};
    cleanup_free char *line = xstrndup((const char *)data, size);
    line[strcspn(line, "\n")] = '\0';
    int result = job_request_parse(line, strlen(line), &request, &err);
    check((result == 0) == (err.text[0] == '\0') &&
          (result == 0) == (request.change.op != DATA_NONE));
    if (!result) {
        check(request.change.name && *request.change.name);
        check(request.change.op != DATA_SET || request.change.json);
        json_auto_t *value =
            !request.change.json
                ? NULL
                : json_loads(request.change.json,
                             JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
        check(!request.change.json || value);
    }
    job_request_fini(&request);
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool output_is_stdout(const char *path)
{
    return !path || !strcmp(path, "-");
}

int output_write(const char *path, const char *text, struct error *err)
{
    if (output_is_stdout(path)) {
        fputs(text, stdout); // checked when the program ends
        return 0;
    }
    FILE *out = fopen(path, "we");
    if (!out)
        return error_set(err, ERROR_USAGE, errno, "-o %s", path);
    bool bad = fputs(text, out) < 0;
    if (fclose(out) || bad)
        return error_set(err, ERROR_INTERNAL, errno, "cannot write %s", path);
    return 0;
}

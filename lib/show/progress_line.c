// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/show/progress_line.h"

#include "lib/base/mem.h"
#include "lib/show/format.h"
#include "lib/show/screen.h"

enum {
    REDRAW_MSEC = 200,       // as fast as anybody reads
    OLD_MSEC = 10 * 1000,    // the estimate goes on though no job ends
    MINUTE_MSEC = 60 * 1000, // a log that is read tomorrow
};

bool progress_line_due(bool terminal, bool changed, int64_t since_msec)
{
    if (since_msec < 0)
        return true;
    if (!terminal)
        return since_msec >= MINUTE_MSEC;
    return since_msec >= (changed ? REDRAW_MSEC : OLD_MSEC);
}

void progress_line_write(FILE *out, bool terminal, int64_t now_usec, const char *counts,
                         const struct estimate *estimate)
{
    char clock[FORMAT_SIZE];
    cleanup_free char *left = estimate_text(estimate);
    cleanup_free char *line = xasprintf("%s%s%s", counts, left ? "; " : "", left ? left : "");
    if (terminal)
        screen_replace_line(out, line);
    else
        fprintf(out, "%s %s\n", format_clock(clock, now_usec, now_usec), line);
}

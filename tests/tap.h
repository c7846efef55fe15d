// SPDX-License-Identifier: GPL-2.0-or-later
// Test Anything Protocol for unit tests: ok(), is_*(), and a plan at the end.
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// one count for a test of several sources
__attribute__((weak)) int tap_run, tap_failed;

__attribute__((format(printf, 2, 3), unused)) static bool ok(bool good, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    printf("%sok %d - ", good ? "" : "not ", ++tap_run);
    vprintf(format, ap);
    putchar('\n');
    va_end(ap);
    tap_failed += !good;
    return good;
}

__attribute__((unused)) static bool is_text(const char *got, const char *want, const char *name)
{
    bool same = got && want ? !strcmp(got, want) : got == want;
    if (!ok(same, "%s", name))
        printf("#      got: %s\n# expected: %s\n", got ? got : "(null)", want ? want : "(null)");
    return same;
}

__attribute__((unused)) static bool is_int(int64_t got, int64_t want, const char *name)
{
    if (!ok(got == want, "%s", name))
        printf("#      got: %lld\n# expected: %lld\n", (long long)got, (long long)want);
    return got == want;
}

__attribute__((unused)) static int done_testing(void)
{
    printf("1..%d\n", tap_run);
    return tap_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif

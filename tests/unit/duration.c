// SPDX-License-Identifier: GPL-2.0-or-later
// Durations: ISO 8601, clocks, units; what is refused; and that what is written is read back.
#include "lib/base/duration.h"

#include "tests/tap.h"

#define S INT64_C(1000000)

static const struct {
    const char *text;
    int64_t usec; // -1: refused
} rows[] = {
    {"PT1H", 3600 * S},
    {"PT1H30M", 5400 * S},
    {"P1D", 86400 * S},
    {"P1DT2H3M4S", 93784 * S},
    {"P2W", 1209600 * S},
    {"P0DT1M", 60 * S},
    {"PT0.5S", S / 2},
    {"PT1.5H", 5400 * S},
    {"pt15m", 900 * S},
    {"PT90M", 5400 * S},
    {"P1W2D", 777600 * S},
    {"01:30:00", 5400 * S},
    {"100:00:00", 360000 * S},
    {"1-00:00:00", 86400 * S},
    {"2-03:04:05", 183845 * S},
    {"30m", 1800 * S},
    {"1h30m", 5400 * S},
    {"2d", 172800 * S},
    {"1.5h", 5400 * S},
    {"90s", 90 * S},
    {"1w", 604800 * S},
    {"45S", 45 * S},
    {"0s", 0},
    {"0.000001s", 1},
    {"PT1,5S", 3 * S / 2},
    {"", -1},
    {"P", -1},
    {"PT", -1},
    {"P1DT", -1},
    {"P1Y", -1},
    {"P1M", -1},
    {"PT1D", -1},
    {"PT1M1H", -1},
    {"PT1.5H30M", -1},
    {"1", -1},
    {"30:00", -1},
    {"1:2:3:4", -1},
    {"1:60:00", -1},
    {"1:00:60", -1},
    {"-1h", -1},
    {"1h 30m", -1},
    {"h", -1},
    {"1h1h", -1},
    {"1x", -1},
    {"1-1h", -1},
    {"99999999999999999999s", -1},
    {"P99999999W", -1},
    {"PT1H ", -1},
    {"1.h", -1},
    {"1hT", -1},
};

static const struct {
    int64_t usec;
    const char *text;
} written[] = {
    {0, "0s"},
    {S, "1s"},
    {3600 * S, "1h"},
    {5400 * S, "1h30m"},
    {90061 * S, "1d1h1m1s"},
    {S / 4, "0.25s"},
    {61 * S + 1, "1m1.000001s"},
    {604800 * S, "7d"},
    {INT64_MAX, "106751991d4h54.775807s"},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t usec = -1;
        int result = duration_parse(rows[i].text, &usec);
        ok(usec == rows[i].usec && result == (rows[i].usec < 0 ? -1 : 0),
           "\"%s\" is %lld (got %lld)", rows[i].text, (long long)rows[i].usec, (long long)usec);
    }
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        char buffer[DURATION_TEXT];
        int64_t back = -1;
        is_text(duration_format(written[i].usec, buffer, sizeof buffer), written[i].text,
                written[i].text);
        duration_parse(buffer, &back);
        is_int(back, written[i].usec, "is read back");
    }
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Sizes, durations, times and shares as people read them, at the borders between units.
#include "lib/show/format.h"

#include <time.h>

#include "tests/tap.h"

#define K INT64_C(1024)
#define S INT64_C(1000000)

static const struct {
    int64_t bytes;
    const char *text;
} sizes[] = {
    {-1, "-"},
    {0, "0"},
    {1023, "1023"},
    {K, "1k"},
    {K + K / 2, "1.5k"},
    {200 * K * K, "200m"},
    {K * K - 1, "1m"},
    {1100 * K * K, "1.1g"},
    {2 * K * K * K, "2g"},
    {12 * K * K * K + 600 * K * K, "13g"},
    {K * K * K * K, "1t"},
    {INT64_MAX, "8e"},
};

static const struct {
    int64_t usec;
    const char *text;
} durations[] = {
    {-1, "-"},
    {0, "0s"},
    {1, "1ms"},
    {4200, "4ms"},
    {999600, "1.0s"},
    {12340000, "12.3s"},
    {59960000, "1m00s"},
    {125 * S, "2m05s"},
    {3599 * S, "59m59s"},
    {3600 * S, "1h00m"},
    {3720 * S, "1h02m"},
    {86399 * S, "23h59m"},
    {86400 * S, "1d00h"},
    {273600 * S, "3d04h"},
};

static const struct {
    int64_t part, whole;
    const char *text;
} percents[] = {
    {-1, 10, "-"},    {1, 0, "-"},    {1, -5, "-"},     {0, 10, "0%"},  {1, 1000, "<1%"},
    {5, 1000, "<1%"}, {1, 100, "1%"}, {63, 100, "63%"}, {3, 2, "150%"},
};

static const struct {
    int64_t milli;
    const char *text;
} millis[] = {{-1, "-"}, {0, "0"}, {2000, "2"}, {500, "0.5"}, {1250, "1.250"}};

int main(void)
{
    char text[FORMAT_SIZE];
    const int64_t moment = INT64_C(1700000000123456); // 2023-11-14 22:13:20.123456 UTC
    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        is_text(format_bytes(text, sizes[i].bytes), sizes[i].text, "size");
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
        is_text(format_duration(text, durations[i].usec), durations[i].text, "duration");
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++)
        is_text(format_percent(text, percents[i].part, percents[i].whole), percents[i].text,
                "share");
    for (size_t i = 0; i < sizeof millis / sizeof *millis; i++)
        is_text(format_milli(text, millis[i].milli), millis[i].text, "thousandths");
    is_text(format_time(text, moment), "2023-11-14 22:13:20", "time");
    is_text(format_time(text, 0), "-", "no time");
    is_text(format_iso(text, moment), "2023-11-14T22:13:20.123456Z", "ISO time");
    is_text(format_iso(text, moment - 123456), "2023-11-14T22:13:20.000000Z",
            "ISO time, whole second");
    is_text(format_clock(text, moment, moment + S), "22:13:20", "clock on the same day");
    is_text(format_clock(text, moment, moment + 2 * 3600 * S), "11-14 22:13",
            "clock on another day");
    return done_testing();
}

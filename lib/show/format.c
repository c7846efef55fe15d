// SPDX-License-Identifier: GPL-2.0-or-later
// Sizes, durations, times and shares for people.
#include "lib/show/format.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static char *unknown(char *buffer)
{
    return strcpy(buffer, "-");
}

char *format_bytes(char buffer[static FORMAT_SIZE], int64_t bytes)
{
    static const char units[] = "kmgtpe";
    if (bytes < 0)
        return unknown(buffer);
    if (bytes < 1024) {
        snprintf(buffer, FORMAT_SIZE, "%d", (int)bytes);
        return buffer;
    }
    double value = (double)bytes / 1024;
    int unit = 0;
    while (value >= 1023.5 && units[unit + 1]) {
        value /= 1024;
        unit++;
    }
    int tenths = (int)(value * 10 + 0.5);
    if (tenths < 100 && tenths % 10)
        snprintf(buffer, FORMAT_SIZE, "%d.%d%c", tenths / 10, tenths % 10, units[unit]);
    else
        snprintf(buffer, FORMAT_SIZE, "%.0f%c", value, units[unit]);
    return buffer;
}

char *format_duration(char buffer[static FORMAT_SIZE], int64_t usec)
{
    const int64_t second = 1000000, minute = 60, hour = 3600, day = 86400;
    int64_t secs = (usec + second / 2) / second, tenths = (usec + second / 20) / (second / 10);
    if (usec < 0)
        return unknown(buffer);
    if (usec == 0)
        snprintf(buffer, FORMAT_SIZE, "0s");
    else if (usec < second - 500)
        snprintf(buffer, FORMAT_SIZE, "%dms", usec < 1000 ? 1 : (int)((usec + 500) / 1000));
    else if (tenths < minute * 10)
        snprintf(buffer, FORMAT_SIZE, "%d.%ds", (int)(tenths / 10), (int)(tenths % 10));
    else if (secs < hour)
        snprintf(buffer, FORMAT_SIZE, "%dm%02ds", (int)(secs / minute), (int)(secs % minute));
    else if (secs < day)
        snprintf(buffer, FORMAT_SIZE, "%dh%02dm", (int)(secs / hour), (int)(secs % hour / minute));
    else
        snprintf(buffer, FORMAT_SIZE, "%lldd%02dh", (long long)(secs / day),
                 (int)(secs % day / hour));
    return buffer;
}

static char *local(char *buffer, int64_t usec, const char *format)
{
    time_t secs = (time_t)(usec / 1000000);
    struct tm tm;
    if (usec <= 0 || !localtime_r(&secs, &tm))
        return unknown(buffer);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    strftime(buffer, FORMAT_SIZE, format, &tm);
#pragma GCC diagnostic pop
    return buffer;
}

char *format_time(char buffer[static FORMAT_SIZE], int64_t usec)
{
    return local(buffer, usec, "%Y-%m-%d %H:%M:%S");
}

char *format_clock(char buffer[static FORMAT_SIZE], int64_t usec, int64_t base_usec)
{
    char day[FORMAT_SIZE], base_day[FORMAT_SIZE];
    bool same = !strcmp(local(day, usec, "%Y-%m-%d"), local(base_day, base_usec, "%Y-%m-%d"));
    return local(buffer, usec, same ? "%H:%M:%S" : "%m-%d %H:%M");
}

char *format_iso(char buffer[static FORMAT_SIZE], int64_t usec)
{
    time_t secs = (time_t)(usec / 1000000);
    struct tm tm;
    if (usec <= 0 || !gmtime_r(&secs, &tm))
        return unknown(buffer);
    size_t n = strftime(buffer, FORMAT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(buffer + n, FORMAT_SIZE - n, ".%06dZ", (int)(usec % 1000000));
    return buffer;
}

char *format_percent(char buffer[static FORMAT_SIZE], int64_t part, int64_t whole)
{
    if (part < 0 || whole <= 0)
        return unknown(buffer);
    double percent = 100.0 * (double)part / (double)whole;
    if (part > 0 && percent < 1)
        return strcpy(buffer, "<1%");
    snprintf(buffer, FORMAT_SIZE, "%.0f%%", percent);
    return buffer;
}

char *format_milli(char buffer[static FORMAT_SIZE], int64_t milli)
{
    if (milli < 0)
        return unknown(buffer);
    snprintf(buffer, FORMAT_SIZE, "%.*f", milli % 1000 ? milli % 100 ? 3 : 1 : 0,
             (double)milli / 1000);
    return buffer;
}

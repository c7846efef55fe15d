// SPDX-License-Identifier: GPL-2.0-or-later
// Durations to and from text, in microseconds.
#include "lib/base/duration.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SEC INT64_C(1000000)

struct unit {
    char letter;
    int64_t usec;
};
static const struct unit date_units[] = {{'w', 604800 * SEC}, {'d', 86400 * SEC}, {0, 0}};
static const struct unit time_units[] = {{'h', 3600 * SEC}, {'m', 60 * SEC}, {'s', SEC}, {0, 0}};
static const struct unit all_units[] = {
    {'w', 604800 * SEC}, {'d', 86400 * SEC}, {'h', 3600 * SEC}, {'m', 60 * SEC}, {'s', SEC}, {0, 0},
};

static int parse_whole(const char **text, int64_t *value)
{
    const char *p = *text;
    if (!isdigit((unsigned char)*p))
        return -1;
    for (*value = 0; isdigit((unsigned char)*p); p++)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, *p - '0', value))
            return -1;
    *text = p;
    return 0;
}

static int add_scaled(int64_t *sum, int64_t value, int64_t unit)
{
    int64_t product;
    return __builtin_mul_overflow(value, unit, &product) ||
                   __builtin_add_overflow(*sum, product, sum)
               ? -1
               : 0;
}

// Decimals behind a number, in millionths.
static int64_t parse_decimals(const char **text)
{
    int64_t micro = 0;
    const char *p = *text + 1;
    for (int64_t step = 100000; isdigit((unsigned char)*p); p++, step /= 10)
        micro += (*p - '0') * step;
    *text = p;
    return micro;
}

// Numbers with units in falling order, each at most once; stops at 'T' or the end. Only the last
// may have decimals.
static int parse_units(const char **text, const struct unit *unit, int64_t *sum, bool *any)
{
    while (**text && toupper((unsigned char)**text) != 'T') {
        int64_t value, micro = 0;
        if (parse_whole(text, &value))
            return -1;
        bool decimals = (**text == '.' || **text == ',') && isdigit((unsigned char)(*text)[1]);
        if (decimals)
            micro = parse_decimals(text);
        while (unit->letter && unit->letter != tolower((unsigned char)**text))
            unit++;
        if (!unit->letter || add_scaled(sum, value, unit->usec) ||
            add_scaled(sum, micro, unit->usec / SEC))
            return -1;
        ++*text;
        unit++;
        *any = true;
        if (decimals && **text)
            return -1;
    }
    return 0;
}

static int parse_iso(const char *text, int64_t *usec)
{
    bool date = false, time = false;
    if (parse_units(&text, date_units, usec, &date))
        return -1;
    if (!*text)
        return date ? 0 : -1;
    text++;
    return parse_units(&text, time_units, usec, &time) || *text || !time ? -1 : 0;
}

// HH:MM:SS or D-HH:MM:SS
static int parse_clock(const char *text, int64_t *usec)
{
    int64_t days = 0, part[3];
    if (strchr(text, '-') && (parse_whole(&text, &days) || *text++ != '-'))
        return -1;
    for (int i = 0; i < 3; i++)
        if (parse_whole(&text, &part[i]) || *text++ != (i < 2 ? ':' : '\0') || (i && part[i] > 59))
            return -1;
    return add_scaled(usec, days, 86400 * SEC) || add_scaled(usec, part[0], 3600 * SEC) ||
                   add_scaled(usec, part[1], 60 * SEC) || add_scaled(usec, part[2], SEC)
               ? -1
               : 0;
}

int duration_parse(const char *text, int64_t *usec)
{
    int64_t sum = 0;
    bool any = false;
    int failed;
    if (toupper((unsigned char)*text) == 'P')
        failed = parse_iso(text + 1, &sum);
    else if (strchr(text, ':'))
        failed = parse_clock(text, &sum);
    else
        failed = parse_units(&text, all_units, &sum, &any) || *text || !any ? -1 : 0;
    if (!failed)
        *usec = sum;
    return failed;
}

const char *duration_format(int64_t usec, char *buffer, size_t room)
{
    size_t used = 0;
    if (room)
        *buffer = '\0';
    for (const struct unit *unit = all_units + 1; unit->letter != 's'; unit++) {
        if (usec / unit->usec && used < room)
            used += (size_t)snprintf(buffer + used, room - used, "%lld%c",
                                     (long long)(usec / unit->usec), unit->letter);
        usec %= unit->usec;
    }
    if ((!usec && used) || used >= room)
        return buffer;
    used += (size_t)snprintf(buffer + used, room - used, "%lld", (long long)(usec / SEC));
    char decimals[16] = "";
    if (usec % SEC)
        snprintf(decimals, sizeof decimals, ".%06d", (int)(usec % SEC));
    for (size_t end = strlen(decimals); end && decimals[end - 1] == '0'; end--)
        decimals[end - 1] = '\0';
    if (used < room)
        snprintf(buffer + used, room - used, "%ss", decimals);
    return buffer;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Sizes to and from text, in whole numbers: a double would lose bytes above 2^53.
#include "lib/base/size.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

static const char units[] = "kmgtp";

// The number before the unit in thousandths of thousandths (micro), so that "1.5g" is exact.
static int parse_number(const char **text, int64_t *whole, int64_t *micro)
{
    const char *p = *text;
    if (!isdigit((unsigned char)*p))
        return -1;
    for (*whole = 0; isdigit((unsigned char)*p); p++)
        if (__builtin_mul_overflow(*whole, 10, whole) ||
            __builtin_add_overflow(*whole, *p - '0', whole))
            return -1;
    *micro = 0;
    if (*p == '.') {
        if (!isdigit((unsigned char)*++p))
            return -1;
        for (int64_t step = 100000; isdigit((unsigned char)*p); p++, step /= 10)
            *micro += (*p - '0') * step;
    }
    *text = p;
    return 0;
}

// What is behind the number, as the power of 1024; -1 when it is no unit.
static int parse_unit(const char *text)
{
    int power = 0;
    for (int i = 0; *text && units[i]; i++)
        if (tolower((unsigned char)*text) == units[i])
            power = i + 1;
    const char *rest = power ? text + 1 : text;
    if (!*rest || !strcasecmp(rest, "b") || (power && !strcasecmp(rest, "ib")))
        return power;
    return -1;
}

int size_parse(const char *text, int64_t *bytes)
{
    int64_t whole, micro, value;
    if (parse_number(&text, &whole, &micro))
        return -1;
    int power = parse_unit(text);
    if (power < 0)
        return -1;
    int64_t unit = (int64_t)1 << (10 * power);
    if (__builtin_mul_overflow(whole, unit, &value))
        return -1;
    int64_t part = unit / 1000000 * micro + (unit % 1000000 * micro + 999999) / 1000000;
    if (__builtin_add_overflow(value, part, &value))
        return -1;
    *bytes = value;
    return 0;
}

const char *size_format(int64_t bytes, char *buffer, size_t room)
{
    int power = 0;
    while (bytes && bytes % 1024 == 0 && units[power]) {
        bytes /= 1024;
        power++;
    }
    char unit[2] = {power ? units[power - 1] : '\0', '\0'};
    snprintf(buffer, room, "%lld%s", (long long)bytes, unit);
    return buffer;
}

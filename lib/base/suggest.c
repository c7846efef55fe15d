// SPDX-License-Identifier: GPL-2.0-or-later
// Optimal string alignment distance, three rows at a time; long names are never compared.
#include "lib/base/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/mem.h"

enum { LONGEST = 128, FARTHEST = 4 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][LONGEST + 1];
    for (unsigned j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

// One is part of the other, and at least half of it: "mem" for "memory", "num_cpus" for "cpus".
static bool is_part(const char *a, size_t a_length, const char *b, size_t b_length)
{
    if (a_length > b_length)
        return is_part(b, b_length, a, a_length);
    return a_length >= 3 && a_length * 2 >= b_length && strstr(b, a);
}

const char *suggest_nearest(const char *word, const char *const *list, size_t count)
{
    size_t length = strlen(word);
    if (!length || length > LONGEST)
        return NULL;
    unsigned limit = least(FARTHEST, length < 6 ? 1 + (length > 3) : (unsigned)length / 3);
    const char *best = NULL, *part = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = list[i] ? strlen(list[i]) : 0;
        if (other && !part && is_part(word, length, list[i], other))
            part = list[i];
        if (!other || other > LONGEST || other > length + limit || length > other + limit)
            continue;
        unsigned d = distance(word, length, list[i], other);
        if (d <= limit && (!best || d < limit)) {
            best = list[i];
            limit = d;
        }
        if (!limit)
            break;
    }
    return best ? best : part;
}

char *suggest_phrase(const char *word, const char *const *list, size_t count)
{
    const char *near = suggest_nearest(word, list, count);
    return near ? xasprintf("; did you mean \"%s\"?", near) : xstrdup("");
}

char *suggest_option(const char *typed, const char *const *list, size_t count)
{
    const char *name = typed + strspn(typed, "-");
    cleanup_free char *word = xstrndup(name, strcspn(name, "="));
    const char *near = suggest_nearest(word, list, count);
    return near ? xasprintf("; did you mean --%s?", near) : xstrdup("");
}

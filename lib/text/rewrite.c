// SPDX-License-Identifier: GPL-2.0-or-later
// A growing JSON text with the places of its tokens.
#include "lib/text/rewrite.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"

void rewrite_put(struct rewrite *rewrite, const char *bytes, size_t count)
{
    if (rewrite->length + count + 1 > rewrite->space) {
        rewrite->space = (rewrite->length + count + 1) * 2;
        rewrite->json = xrealloc(rewrite->json, rewrite->space, 1);
    }
    memcpy(rewrite->json + rewrite->length, bytes, count);
    rewrite->length += count;
    rewrite->json[rewrite->length] = '\0';
}

void rewrite_put_text(struct rewrite *rewrite, const char *text)
{
    rewrite_put(rewrite, text, strlen(text));
}

void rewrite_put_char(struct rewrite *rewrite, unsigned char c)
{
    char text[8];
    if (c == '"' || c == '\\')
        rewrite_put(rewrite, (char[]){'\\', (char)c}, 2);
    else if (c < 0x20)
        rewrite_put(rewrite, text, (size_t)snprintf(text, sizeof text, "\\u%04x", c));
    else
        rewrite_put(rewrite, (char *)&c, 1);
}

void rewrite_point(struct rewrite *rewrite, int line, int column)
{
    rewrite->points = array_grow(rewrite->points, rewrite->points_count, &rewrite->points_space,
                                 sizeof *rewrite->points);
    rewrite->points[rewrite->points_count++] =
        (struct rewrite_point){rewrite->length, line, column};
}

void rewrite_locate(const struct rewrite *rewrite, size_t offset, int *line, int *column)
{
    size_t low = 0, high = rewrite->points_count; // the last point at or before offset
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (rewrite->points[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    *line = rewrite->points_count ? rewrite->points[low].line : 1;
    *column = rewrite->points_count ? rewrite->points[low].column : 1;
}

void rewrite_fini(struct rewrite *rewrite)
{
    free(rewrite->json);
    free(rewrite->points);
    *rewrite = (struct rewrite){0};
}

// SPDX-License-Identifier: GPL-2.0-or-later
// UTF-8, with bad bytes expected: job names, paths and output of programs are whatever they are.
#include "lib/base/text.h"

#include <string.h>
#include <wchar.h>

#include "lib/base/mem.h"

uint32_t text_next(const char **text)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    const unsigned char *at = (const unsigned char *)*text;
    if (!*at)
        return 0;
    for (int more = 0; more < 4; more++) {
        if ((*at & forms[more].mask) != forms[more].lead)
            continue;
        uint32_t c = *at & (unsigned char)~forms[more].mask;
        int got = 0;
        while (got < more && (at[got + 1] & 0xc0) == 0x80)
            c = c << 6 | (at[++got] & 0x3f);
        if (got < more || c < forms[more].least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
            break;
        *text += more + 1;
        return c;
    }
    (*text)++;
    return TEXT_REPLACEMENT;
}

bool text_is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool text_turns_direction(uint32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static char *copy(const char *text, bool for_terminal)
{
    static const char replacement[] = "\xef\xbf\xbd";
    char *made = xmalloc(strlen(text) * 3 + 1), *to = made;
    for (const char *at = text; *at;) {
        const char *from = at;
        uint32_t c = text_next(&at);
        if ((c == TEXT_REPLACEMENT && at == from + 1) ||
            (for_terminal && text_turns_direction(c))) {
            to = stpcpy(to, replacement);
        } else if (for_terminal && text_is_control(c)) {
            *to++ = c == '\t' || c == '\n' || c == '\r' ? ' ' : '?';
        } else {
            memcpy(to, from, (size_t)(at - from));
            to += at - from;
        }
    }
    *to = '\0';
    return made;
}

char *text_safe(const char *text)
{
    return copy(text, true);
}

char *text_utf8(const char *text)
{
    return copy(text, false);
}

static int width_of(uint32_t c)
{
    int width = wcwidth((wchar_t)c);
    return width < 0 ? 1 : width;
}

int text_width(const char *text)
{
    int width = 0;
    while (*text)
        width += width_of(text_next(&text));
    return width;
}

char *text_shorten(const char *text, int width, const char *ellipsis)
{
    int total = text_width(text);
    if (total <= width)
        return xstrdup(text);
    int head = width / 2, tail = width - 1 - head, used = 0;
    const char *at = text, *cut = text;
    while (*at) {
        used += width_of(text_next(&at));
        if (used > head)
            break;
        cut = at;
    }
    size_t head_bytes = (size_t)(cut - text);
    int left = total;
    for (at = text; *at && left > tail;)
        left -= width_of(text_next(&at));
    while (*at) { // marks that combine with what was cut away
        const char *next = at;
        if (width_of(text_next(&next)))
            break;
        at = next;
    }
    return xasprintf("%.*s%s%s", (int)head_bytes, text, width > 0 ? ellipsis : "", at);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Allocation that does not fail.
#include "lib/base/mem.h"

#include <stdint.h>
#include <string.h>

static void *must(void *p)
{
    if (!p) {
        static const char text[] = "torc: out of memory\n";
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        }
        abort();
    }
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    return must(calloc(count ? count : 1, size ? size : 1));
}

void *xmalloc(size_t size)
{
    return must(malloc(size ? size : 1));
}

void *xrealloc(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        must(NULL);
    return must(realloc(old, count && size ? count * size : 1));
}

char *xstrdup(const char *text)
{
    return text ? must(strdup(text)) : NULL;
}

char *xstrndup(const char *text, size_t length)
{
    return must(strndup(text, length));
}

char *xvasprintf(const char *format, va_list ap)
{
    char *text = NULL;
    if (vasprintf(&text, format, ap) < 0)
        must(NULL);
    return text;
}

char *xasprintf(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *text = xvasprintf(format, ap);
    va_end(ap);
    return text;
}

void *array_grow(void *array, size_t count, size_t *space, size_t size)
{
    if (count < *space)
        return array;
    *space = *space ? *space + *space / 2 + 1 : 8;
    return xrealloc(array, *space, size);
}

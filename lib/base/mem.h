// SPDX-License-Identifier: GPL-2.0-or-later
// Memory that is never NULL (out of memory ends the program), and locals that clean up after
// themselves.
#ifndef LIB_BASE_MEM_H
#define LIB_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *xcalloc(size_t count, size_t size);
void *xmalloc(size_t size);
void *xrealloc(void *old, size_t count, size_t size); // checks count * size for overflow
char *xstrdup(const char *text);                      // NULL gives NULL
char *xstrndup(const char *text, size_t length);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list ap) __attribute__((format(printf, 1, 0)));

// Makes room for one more element: array has count elements and room for *space; returns the array,
// maybe moved.
void *array_grow(void *array, size_t count, size_t *space, size_t size);

#define cleanup_free __attribute__((cleanup(mem_cleanup_free)))
#define cleanup_close __attribute__((cleanup(mem_cleanup_close)))
#define cleanup_fclose __attribute__((cleanup(mem_cleanup_fclose)))

// Hands a pointer over: gives the value and leaves NULL behind, so that a cleanup does nothing.
#define take_ptr(p)               \
    (__extension__({              \
        __auto_type taken_ = (p); \
        (p) = NULL;               \
        taken_;                   \
    }))

static inline void mem_cleanup_free(void *p)
{
    free(*(void **)p);
}

static inline void mem_cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void mem_cleanup_fclose(FILE **f)
{
    if (*f)
        fclose(*f);
}

#endif

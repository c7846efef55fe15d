// SPDX-License-Identifier: GPL-2.0-or-later
// The list of what is wrong: kept in the order found, shown in the order of the file.
#include "lib/problem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"

void problems_fini(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free(problems->list[i].path);
        free(problems->list[i].text);
    }
    free(problems->list);
    *problems = (struct problems){0};
}

/* A terminal must not obey what a file says: control characters are shown as \x1b. Gives a new string. */
static char *make_printable(const char *text)
{
    size_t extra = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        extra += *p < 0x20 || *p == 0x7f ? 3 : 0;
    char *copy = xmalloc(strlen(text) + extra + 1), *out = copy;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            out += snprintf(out, 5, "\\x%02x", *p);
        else
            *out++ = (char)*p;
    }
    *out = '\0';
    return copy;
}

void problem_add(struct problems *problems, bool warning, int line, int column, const char *path, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    cleanup_free char *text = xvasprintf(format, ap);
    va_end(ap);
    problems->list = array_grow(problems->list, problems->count, &problems->space, sizeof *problems->list);
    problems->list[problems->count++] = (struct problem){
        .warning = warning,
        .line = line,
        .column = column,
        .path = path && *path ? make_printable(path) : NULL,
        .text = make_printable(text),
    };
    problems->errors += !warning;
}

void problem_is_later(struct problems *problems)
{
    problems->list[problems->count - 1].later = true;
}

bool problems_refuse_later(struct problems *problems)
{
    size_t before = problems->errors;
    for (size_t i = 0; i < problems->count; i++) {
        if (!problems->list[i].later || !problems->list[i].warning)
            continue;
        problems->list[i].warning = false;
        problems->errors++;
    }
    return problems->errors > before;
}

static int compare_numbers(int a, int b)
{
    return (a > b) - (a < b);
}

static int compare(const void *left, const void *right)
{
    const struct problem *a = left, *b = right;
    int order = compare_numbers(a->line, b->line);
    if (!order)
        order = compare_numbers(a->column, b->column);
    return order ? order : strcmp(a->text, b->text);
}

static void print_one(const struct problem *problem, FILE *out, const char *program, const char *file)
{
    fprintf(out, "%s: %s:", program, file);
    if (problem->line != PROBLEM_NOWHERE)
        fprintf(out, "%d:%d:", problem->line, problem->column);
    fprintf(out, " %s%s%s%s\n", problem->warning ? "warning: " : "", problem->path ? problem->path : "",
            problem->path ? ": " : "", problem->text);
}

void problems_print(struct problems *problems, FILE *out, const char *program, const char *file, size_t most)
{
    if (problems->count)
        qsort(problems->list, problems->count, sizeof *problems->list, compare);
    size_t shown = most && most < problems->count ? most : problems->count;
    for (size_t i = 0; i < shown; i++)
        print_one(&problems->list[i], out, program, file);
    if (shown < problems->count)
        fprintf(out, "%s: %s: … and %zu more\n", program, file, problems->count - shown);
}

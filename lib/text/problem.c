// SPDX-License-Identifier: GPL-2.0-or-later
// The list of what is wrong: kept in the order found, shown in the order of the file.
#include "lib/text/problem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/text.h"

void problems_fini(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free(problems->list[i].path);
        free(problems->list[i].text);
    }
    free(problems->list);
    *problems = (struct problems){0};
}

// A terminal must not obey what a file says: such characters are shown as \x1b or \u202e. Gives a
// new string.
static char *make_printable(const char *text)
{
    enum { MOST = 4 }; // times as long: \x1b
    char *copy = xmalloc(strlen(text) * MOST + 1), *out = copy;
    for (const char *at = text, *from = at; *at; from = at) {
        uint32_t c = text_next(&at);
        if (text_is_control(c) || text_turns_direction(c))
            out += sprintf(out, c < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)c);
        else
            out = mempcpy(out, from, (size_t)(at - from));
    }
    *out = '\0';
    return copy;
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
    if (!order)
        order = strcmp(a->path ? a->path : "", b->path ? b->path : "");
    if (!order)
        order = strcmp(a->text, b->text);
    return order ? order : compare_numbers(a->warning, b->warning);
}

// One mistake of an entry that has many instances comes once for each: the last few problems are
// where it was.
static bool find_known(struct problems *problems, const struct problem *problem)
{
    enum { LOOK_BACK = 16 };
    size_t first = problems->count > LOOK_BACK ? problems->count - LOOK_BACK : 0;
    for (size_t i = problems->count; i > first; i--)
        if (!compare(&problems->list[i - 1], problem)) {
            problems->last = i - 1;
            return true;
        }
    return false;
}

void problem_add(struct problems *problems, bool warning, int line, int column, const char *path,
                 const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    cleanup_free char *text = xvasprintf(format, ap);
    va_end(ap);
    struct problem problem = {
        .warning = warning,
        .line = line,
        .column = column,
        .path = path && *path ? make_printable(path) : NULL,
        .text = make_printable(text),
    };
    if (find_known(problems, &problem)) {
        free(problem.path);
        free(problem.text);
        return;
    }
    problems->list =
        array_grow(problems->list, problems->count, &problems->space, sizeof *problems->list);
    problems->last = problems->count;
    problems->list[problems->count++] = problem;
    problems->errors += !warning;
}

void problem_is_unfit(struct problems *problems)
{
    problems->list[problems->last].unfit = true;
}

void problems_drop_unfit(struct problems *problems)
{
    size_t kept = 0;
    for (size_t i = 0; i < problems->count; i++) {
        struct problem *problem = &problems->list[i];
        if (!problem->unfit) {
            problems->list[kept++] = *problem;
            continue;
        }
        free(problem->path);
        free(problem->text);
    }
    problems->count = kept;
}

void problems_settle(struct problems *problems)
{
    size_t kept = 0;
    if (problems->count)
        qsort(problems->list, problems->count, sizeof *problems->list, compare);
    for (size_t i = 0; i < problems->count; i++) {
        struct problem *problem = &problems->list[i];
        if (!kept || compare(&problems->list[kept - 1], problem)) {
            problems->list[kept++] = *problem;
            continue;
        }
        problems->errors -= !problem->warning;
        free(problem->path);
        free(problem->text);
    }
    problems->count = kept;
}

static void print_one(const struct problem *problem, FILE *out, const char *program,
                      const char *file)
{
    fprintf(out, "%s: %s:", program, file);
    if (problem->line != PROBLEM_NOWHERE)
        fprintf(out, "%d:%d:", problem->line, problem->column);
    fprintf(out, " %s%s%s%s\n", problem->warning ? "warning: " : "",
            problem->path ? problem->path : "", problem->path ? ": " : "", problem->text);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_rest(FILE *out, const char *program, const char *file, size_t errors,
                       size_t warnings, bool of_list)
{
    fprintf(out, "%s: %s: ", program, file);
    if (errors)
        fprintf(out, "%zu more error%s", errors, plural(errors));
    if (warnings)
        fprintf(out, "%s%zu more warning%s", errors ? " and " : "", warnings, plural(warnings));
    if (!of_list)
        fprintf(out, "; torc validate --all %s shows all", file);
    fputc('\n', out);
}

void problems_print(struct problems *problems, FILE *out, const char *program, const char *file,
                    size_t most)
{
    cleanup_free char *name = make_printable(file);
    problems_settle(problems);
    size_t room = most && most < problems->count ? most : problems->count;
    size_t errors = problems->errors < room ? problems->errors : room, warnings = room - errors;
    size_t more[2] = {problems->errors - errors, problems->count - problems->errors - warnings};
    for (size_t i = 0; i < problems->count; i++) {
        size_t *left = problems->list[i].warning ? &warnings : &errors;
        if (!*left)
            continue;
        --*left;
        print_one(&problems->list[i], out, program, name);
    }
    if (more[0] || more[1])
        print_rest(out, program, name, more[0], more[1], problems->of_list);
}

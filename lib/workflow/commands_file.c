// SPDX-License-Identifier: GPL-2.0-or-later
// Commands, written as a workflow.
#include "lib/workflow/commands_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/text/problem.h"
#include "lib/text/rewrite.h"
#include "lib/workflow/directives.h"

static void put_quoted(struct rewrite *out, const char *text, size_t length)
{
    rewrite_put(out, "\"", 1);
    for (size_t i = 0; i < length; i++)
        rewrite_put_char(out, (unsigned char)text[i]);
    rewrite_put(out, "\"", 1);
}

// Of "runs/cmds.txt": cmds.
static void put_name(struct rewrite *out, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path,
               *dot = strrchr(base, '.');
    size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    if (!length || !strcmp(base, "-"))
        put_quoted(out, "commands", strlen("commands"));
    else
        put_quoted(out, base, length);
}

static char *resources_text(const struct commands_resources *resources)
{
    char cpus[40] = "", memory[60] = "", runtime[60] = "";
    if (resources->cpus)
        snprintf(cpus, sizeof cpus, ", \"cpus\": %" PRId32, resources->cpus);
    if (resources->memory_bytes)
        snprintf(memory, sizeof memory, ", \"memory\": %" PRId64, resources->memory_bytes);
    if (resources->runtime_usec)
        snprintf(runtime, sizeof runtime, ", \"runtime\": \"PT%" PRId64 "S\"",
                 (resources->runtime_usec + 999999) / 1000000);
    return xasprintf("%s%s%s", cpus, memory, runtime);
}

// A CR inside of a line: the next command would be a part of this one, or of a comment.
static const char *find_cr(const char *at, const char *stop)
{
    size_t length = (size_t)(stop - at);
    while (length && at[length - 1] == '\r')
        length--;
    for (; length && *at == '\r'; at++)
        length--;
    return length ? memchr(at, '\r', length) : NULL;
}

static void put_job(struct rewrite *out, size_t number)
{
    char text[60];
    snprintf(text, sizeof text, "%s\n{\"name\": \"cmd_%zu\", \"command\": ", number > 1 ? "," : "",
             number);
    rewrite_put_text(out, text);
}

// As in a script, where the command would go on in the next line.
static bool goes_on(const char *first, const char *stop)
{
    size_t backslashes = 0;
    while (stop > first && *--stop == '\\')
        backslashes++;
    return backslashes % 2;
}

int commands_read(const char *text, size_t length, const char *name,
                  const struct commands_resources *resources, struct rewrite *rewrite,
                  struct problems *problems)
{
    cleanup_free char *asked = resources_text(resources);
    size_t count = 0, errors = problems->errors;
    struct directives directives = {0};
    int line = 0;
    *rewrite = (struct rewrite){0};
    rewrite_put_text(rewrite, "{\"name\": ");
    rewrite_point(rewrite, 1, 1);
    put_name(rewrite, name);
    rewrite_put_text(rewrite, ", \"jobs\": [");
    for (const char *at = text, *end = text + length, *next; at < end; at = next) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        next = stop ? stop + 1 : end;
        stop = stop ? stop : end;
        const char *first = at, *cr = find_cr(at, stop);
        line++;
        if (cr)
            problem_add(problems, false, line, (int)(cr - at) + 1, NULL,
                        "a line ends in CR alone here, as on old Macs; save the file with line "
                        "ends of LF");
        while (first < stop && memchr(" \t\r", *first, 3))
            first++;
        while (stop > first && memchr(" \t\r", stop[-1], 3))
            stop--;
        if (first < stop && *first == '#')
            directives_look(&directives, first, (size_t)(stop - first), line);
        if (first == stop || *first == '#')
            continue;
        put_job(rewrite, ++count);
        if (goes_on(first, stop))
            problem_add(
                problems, true, line, (int)(first - at) + 1, NULL,
                "this command ends in \\, but does not go on: each line is a command of its own");
        rewrite_point(rewrite, line, (int)(first - at) + 1);
        put_quoted(rewrite, first, (size_t)(stop - first));
        rewrite_put_text(rewrite, asked);
        rewrite_put(rewrite, "}", 1);
    }
    rewrite_put_text(rewrite, "]}\n");
    directives_end(&directives, problems);
    if (!count && problems->errors == errors)
        problem_add(
            problems, false, 1, 1, NULL,
            "there is no command here; each line is one, blank lines and # lines are skipped");
    return count && problems->errors == errors ? 0 : -1;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Two tables: options of sbatch that torc-sbatch has as well, and words of disBatch.
#include "lib/workflow/directives.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/text/problem.h"
#include "lib/text/substitute.h"

static const struct {
    const char *name, *here;
} own[] = {
    {"time", "-t "},      {"cpus-per-task", "-c "}, {"mem", "--mem "},
    {"partition", "-p "}, {"account", "-A "},       {"qos", "-q "},
};

static const struct {
    const char *word, *here;
} disbatch[] = {
    {"BARRIER", "depends_on for BARRIER"},
    {"REPEAT", "parameters of a job for REPEAT"},
    {"PREFIX", "invocation_script for PREFIX"},
    {"SUFFIX", "the end of each command for SUFFIX"},
};
enum { WORDS = sizeof disbatch / sizeof *disbatch };

// What stands behind the word and a blank, or NULL.
static const char *behind(const char *line, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(line, word, length) != 0 || (line[length] != ' ' && line[length] != '\t'))
        return NULL;
    return line + length + strspn(line + length, " \t");
}

void directives_look(struct directives *directives, const char *text, size_t length, int line)
{
    cleanup_free char *copy = xstrndup(text, length);
    const char *options = behind(copy, "#SBATCH"), *words = behind(copy, "#DISBATCH");
    struct error ignored; // what torc-sbatch does not take is not told to be given to it
    if (options) {
        directives->sbatch_line = directives->sbatch_line ? directives->sbatch_line : line;
        sbatch_options_add_line(&directives->options, options, &ignored);
    }
    if (!words)
        return;
    directives->disbatch_line = directives->disbatch_line ? directives->disbatch_line : line;
    for (unsigned i = 0; i < WORDS; i++)
        if (!strncmp(words, disbatch[i].word, strlen(disbatch[i].word)))
            directives->disbatch |= 1u << i;
}

static void append(char **text, const char *between, const char *more, const char *value)
{
    cleanup_free char *old = *text;
    *text = xasprintf("%s%s%s%s", old, *old ? between : "", more, value);
}

// As a command line of torc-sbatch: its own options, and the others behind "--".
static char *command_line(const struct sbatch_options *options)
{
    char *text = xstrdup("");
    cleanup_free char *rest = xstrdup("");
    for (size_t i = 0; i < options->count; i++) {
        const char *option = options->list[i] + 2, *value = strchr(option, '=');
        size_t length = value ? (size_t)(value - option) : strlen(option), k = 0;
        while (k < sizeof own / sizeof *own &&
               (strlen(own[k].name) != length || strncmp(own[k].name, option, length) != 0))
            k++;
        bool is_own = k < sizeof own / sizeof *own && value;
        cleanup_free char *word = substitute_quote(is_own ? value + 1 : options->list[i]);
        append(is_own ? &text : &rest, " ", is_own ? own[k].here : "", word);
    }
    if (*rest)
        append(&text, " ", "-- ", rest);
    return text;
}

void directives_end(struct directives *directives, struct problems *problems)
{
    if (directives->sbatch_line) {
        cleanup_free char *say = command_line(&directives->options);
        problem_add(
            problems, true, directives->sbatch_line, 1, NULL,
            "#SBATCH lines have no effect in a list of commands; instead, torc-sbatch takes "
            "%s (-t, -c and --mem say what each command gets)",
            *say ? say : "-t -c --mem -p -A -q");
    }
    if (directives->disbatch_line) {
        cleanup_free char *say = xstrdup("");
        for (unsigned i = 0; i < WORDS; i++)
            if (directives->disbatch >> i & 1)
                append(&say, ", ", disbatch[i].here, "");
        problem_add(problems, true, directives->disbatch_line, 1, NULL,
                    "#DISBATCH lines have no effect in a list of commands; write a workflow file, "
                    "which has %s",
                    *say ? say : "depends_on, parameters and invocation_script");
    }
    sbatch_options_fini(&directives->options);
    *directives = (struct directives){0};
}

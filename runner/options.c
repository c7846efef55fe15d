// SPDX-License-Identifier: GPL-2.0-or-later
// Options of torc-run: one table for getopt, the reading of values, and the help.
#include "runner/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/duration.h"
#include "lib/mem.h"
#include "lib/plan.h"
#include "lib/size.h"
#include "lib/store.h"
#include "lib/suggest.h"

enum kind { KIND_TEXT, KIND_FLAG, KIND_COUNT, KIND_COUNT_0, KIND_ID, KIND_SIZE, KIND_SIZE_0, KIND_TIME, KIND_WORD, KIND_LABELS, KIND_HELP, KIND_VERSION };

static const char *const limits_words[] = {"enforce", "warn", "off", NULL};
static const char *const stdio_words[] = {"separate", "combined", "no_stdout", "no_stderr", "none", NULL};
static const char *const accounting_words[] = {"auto", "proc", NULL};

#define AT(field) offsetof(struct options, field)
static const struct option_row {
    const char *name;
    char letter; /* 0: none */
    enum kind kind;
    size_t offset;
    const char *argument, *help;
    const char *const *words;
} table[] = {
    {"db", 0, KIND_TEXT, AT(db), "PATH", "the workflow database (default: $TORC_DB, else torc.db here)", NULL},
    {"workflow", 0, KIND_ID, AT(workflow_id), "ID", "go on with a workflow that exists, instead of WORKFLOW", NULL},
    {"commands", 0, KIND_TEXT, AT(commands), "FILE", "run each line of FILE as a job of one CPU, instead of WORKFLOW", NULL},
    {"cpus", 'c', KIND_COUNT, AT(cpus), "N", "CPUs that jobs may use (default: all)", NULL},
    {"memory", 0, KIND_SIZE, AT(memory_bytes), "SIZE", "memory that jobs may use: 512m, 2g, ... (default: all)", NULL},
    {"own-memory", 0, KIND_SIZE_0, AT(own_memory_bytes), "SIZE", "of an allocation's memory, what is not for jobs (default: 64m)", NULL},
    {"gpus", 0, KIND_COUNT_0, AT(gpus), "N", "GPUs that jobs may use (default: those visible here)", NULL},
    {"time", 't', KIND_TIME, AT(time_usec), "TIME", "stop after so long: 30m, 1:30:00, ...; the rest can go on later", NULL},
    {"limits", 0, KIND_WORD, AT(limits), "MODE", "enforce (default), warn or off: are jobs held to memory and runtime?",
     limits_words},
    {"stdio", 0, KIND_WORD, AT(stdio), "MODE", "separate (default), combined, no_stdout, no_stderr or none", stdio_words},
    {"max-fails", 0, KIND_COUNT_0, AT(max_fails), "N", "start no more jobs after N failures (0: never stop)", NULL},
    {"allow-missing", 0, KIND_FLAG, AT(allow_missing), NULL, "accept input files that do not exist yet", NULL},
    {"label", 0, KIND_LABELS, AT(labels), "A,B", "take only jobs that have labels, and none but these; may be repeated", NULL},
    {"accounting", 0, KIND_WORD, AT(accounting), "HOW", "auto (default), or proc: measure without cgroups", accounting_words},
    {"submission", 0, KIND_TEXT, AT(submission), "TAG", "the submission that started this (torc-sbatch says it)", NULL},
    {"quiet", 'q', KIND_FLAG, AT(quiet), NULL, "say nothing but errors", NULL},
    {"help", 'h', KIND_HELP, 0, NULL, "this text", NULL},
    {"version", 'V', KIND_VERSION, 0, NULL, "the version", NULL},
};
enum { OPTIONS = sizeof table / sizeof *table, LONG_BASE = 256 };

static void print_help(void)
{
    puts("usage: torc-run [OPTION...] WORKFLOW\n"
         "       torc-run [OPTION...] --workflow ID\n"
         "       torc-run [OPTION...] --commands FILE\n"
         "Runs the jobs of a workflow on this machine and records what they did in a database.\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        char left[64], letter[] = {'-', table[i].letter, ',', ' ', '\0'};
        snprintf(left, sizeof left, "%s--%s%s%s", table[i].letter ? letter : "    ", table[i].name,
                 table[i].argument ? "=" : "", table[i].argument ? table[i].argument : "");
        printf("  %-24s %s\n", left, table[i].help);
    }
    puts("\nExit status: 0 all jobs completed; 1 some did not; 2 bad usage or a bad workflow file; 3 the database could not\n"
         "be reached; 130 interrupted. ^C ends the running jobs, a second ^C kills them.");
}

static int read_number(const char *text, int64_t least, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno || end == text || *end || *number < least || *number > INT32_MAX ? -1 : 0;
}

static int find_word(const char *const *words, const char *text)
{
    for (int i = 0; words[i]; i++)
        if (!strcmp(words[i], text))
            return i;
    return -1;
}

/* Adds labels to those there are: "a, b" becomes "a,b". */
static int add_labels(char **labels, const char *text)
{
    for (const char *one = text;; one++) {
        size_t length = strcspn(one, ","), first = strspn(one, " \t"), last = length;
        while (last > first && (one[last - 1] == ' ' || one[last - 1] == '\t'))
            last--;
        if (first >= last)
            return -1;
        cleanup_free char *old = *labels;
        *labels = xasprintf("%s%s%.*s", old ? old : "", old ? "," : "", (int)(last - first), one + first);
        one += length;
        if (!*one)
            return 0;
    }
}

static int read_value(struct options *options, const struct option_row *row, const char *text)
{
    void *at = (char *)options + row->offset;
    int64_t number = 0;
    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)at = text;
        return 0;
    case KIND_FLAG:
        *(bool *)at = true;
        return 0;
    case KIND_COUNT:
    case KIND_COUNT_0:
        if (read_number(text, row->kind == KIND_COUNT, &number))
            return -1;
        *(int32_t *)at = (int32_t)number;
        return 0;
    case KIND_ID:
        return read_number(text, 1, at);
    case KIND_SIZE:
        return size_parse(text, at) || *(int64_t *)at <= 0 ? -1 : 0;
    case KIND_SIZE_0:
        return size_parse(text, at);
    case KIND_TIME:
        return duration_parse(text, at) || *(int64_t *)at <= 0 ? -1 : 0;
    case KIND_WORD:
        *(int32_t *)at = find_word(row->words, text);
        return *(int32_t *)at < 0 ? -1 : 0;
    case KIND_LABELS:
        return add_labels(at, text);
    case KIND_HELP:
        print_help();
        return 0;
    case KIND_VERSION:
        puts("torc-run " TORC_VERSION);
        return 0;
    }
    return -1;
}

static void fill_getopt(struct option *longs, char *shorts)
{
    *shorts++ = ':';
    for (size_t i = 0; i < OPTIONS; i++) {
        longs[i] = (struct option){table[i].name, table[i].argument ? required_argument : no_argument, NULL,
                                   (int)(LONG_BASE + i)};
        if (!table[i].letter)
            continue;
        *shorts++ = table[i].letter;
        if (table[i].argument)
            *shorts++ = ':';
    }
    *shorts = '\0';
}

static const struct option_row *find_row(int c)
{
    if (c >= LONG_BASE)
        return &table[c - LONG_BASE];
    for (size_t i = 0; i < OPTIONS; i++)
        if (table[i].letter == c)
            return &table[i];
    return NULL;
}

static char *join_words(int argc, char **argv)
{
    char *line = xstrdup("torc-run");
    for (int i = 1; i < argc; i++) {
        cleanup_free char *old = line;
        line = xasprintf("%s %s", old, argv[i]);
    }
    return line;
}

static int take_operands(struct options *options, int count, char **words, struct error *err)
{
    if (count > 1)
        return error_set(err, ERROR_USAGE, 0, "one workflow file is expected, \"%s\" is one too many",
                         words[1]);
    if (count && options->workflow_id)
        return error_set(err, ERROR_USAGE, 0, "either a workflow file or --workflow ID, not both");
    if (options->commands && (count || options->workflow_id))
        return error_set(err, ERROR_USAGE, 0, "either a workflow or --commands FILE, not both");
    if (!count && !options->workflow_id && !options->commands)
        return error_set(err, ERROR_USAGE, 0, "which workflow? Give a workflow file, or --workflow ID to go on with one");
    options->file = count ? words[0] : options->commands;
    return 0;
}

static int refuse_option(const char *typed, struct error *err)
{
    const char *names[OPTIONS];
    for (size_t i = 0; i < OPTIONS; i++)
        names[i] = table[i].name;
    char letter[] = {'-', (char)optopt, '\0'};
    if (optopt > 0 && optopt < LONG_BASE)
        typed = letter;
    cleanup_free char *near = suggest_option(typed, names, OPTIONS);
    return error_set(err, ERROR_USAGE, 0, "%s is no option of torc-run%s", typed,
                     *near ? near : "; see torc-run --help");
}

int options_parse(struct options *options, int argc, char **argv, enum options_next *next, struct error *err)
{
    struct option longs[OPTIONS + 1] = {0};
    char shorts[2 * OPTIONS + 2];
    int c;
    *options = (struct options){.gpus = -1, .own_memory_bytes = PLAN_OWN_BYTES, .limits = -1, .stdio = -1, .max_fails = -1};
    *next = OPTIONS_RUN;
    options->command_line = join_words(argc, argv);
    fill_getopt(longs, shorts);
    opterr = 0;
    while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row = c == '?' || c == ':' ? NULL : find_row(c);
        if (c == ':')
            return error_set(err, ERROR_USAGE, 0, "%s needs a value; see torc-run --help", argv[optind - 1]);
        if (!row)
            return refuse_option(argv[optind - 1], err);
        if (read_value(options, row, optarg))
            return error_set(err, ERROR_USAGE, 0, "--%s: \"%s\" is not possible; --%s=%s: %s", row->name, optarg,
                             row->name, row->argument, row->help);
        if (row->kind == KIND_HELP || row->kind == KIND_VERSION) {
            *next = OPTIONS_DONE;
            return 0;
        }
    }
    options->db = store_where(options->db);
    return take_operands(options, argc - optind, argv + optind, err);
}

void options_fini(struct options *options)
{
    free(options->command_line);
    options->command_line = NULL;
    free(options->labels);
    options->labels = NULL;
}

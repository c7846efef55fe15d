// SPDX-License-Identifier: GPL-2.0-or-later
// Options of torc-sbatch: one table for getopt, the reading of values, and the help.
#include "submitter/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/duration.h"
#include "lib/mem.h"
#include "lib/size.h"
#include "lib/store.h"
#include "lib/suggest.h"
#include "lib/walltime.h"

enum kind { KIND_TEXT, KIND_FLAG, KIND_COUNT, KIND_COUNT_0, KIND_ID, KIND_WALLTIME, KIND_RUNTIME, KIND_MEMORY, KIND_LIMITS, KIND_STDIO, KIND_HELP, KIND_VERSION };

#define AT(field) offsetof(struct options, field)
static const struct option_row {
    const char *name;
    char letter; /* 0: none */
    enum kind kind;
    size_t offset;
    const char *argument, *help;
} table[] = {
    {"account", 'A', KIND_TEXT, AT(account), "NAME", "account that the allocations are charged to"},
    {"partition", 'p', KIND_TEXT, AT(partition), "NAMES", "partition; of several, the first that jobs fit"},
    {"qos", 'q', KIND_TEXT, AT(qos), "NAME", "quality of service"},
    {"time", 't', KIND_WALLTIME, AT(walltime_usec), "TIME", "longest walltime to ask for: 30 (minutes), 2:00:00, 1-12"},
    {"max-allocations", 0, KIND_COUNT, AT(max_allocations), "N", "allocations asked for at once per class (16)"},
    {"max-fails", 0, KIND_COUNT_0, AT(max_fails), "N", "start no more jobs after N failures (0: never stop)"},
    {"limits", 0, KIND_LIMITS, AT(limits), "MODE", "enforce (default), warn or off: are jobs held to memory and runtime?"},
    {"stdio", 0, KIND_STDIO, AT(stdio), "MODE", "separate (default), combined, no_stdout, no_stderr or none"},
    {"allow-missing", 0, KIND_FLAG, AT(allow_missing), NULL, "accept input files that do not exist yet"},
    {"dry-run", 0, KIND_FLAG, AT(dry_run), NULL, "show the plan and the scripts, create nothing"},
    {"wait", 'W', KIND_FLAG, AT(wait), NULL, "stay until the workflow has ended; exit with its result"},
    {"parsable", 0, KIND_FLAG, AT(parsable), NULL, "print the workflow's id and nothing else"},
    {"json", 0, KIND_FLAG, AT(json), NULL, "print one JSON document"},
    {"db", 0, KIND_TEXT, AT(db), "PATH", "the workflow database ($TORC_DB, else torc.db here)"},
    {"top-up", 0, KIND_ID, AT(top_up), "ID", "submit what an unfinished workflow needs (runners do this)"},
    {"commands", 0, KIND_TEXT, AT(commands), "FILE", "run each line of FILE as a job, instead of WORKFLOW"},
    {"cpus", 'c', KIND_COUNT, AT(resources.cpus), "N", "CPUs of each such job"},
    {"memory", 0, KIND_MEMORY, AT(resources.memory_bytes), "SIZE", "memory of each such job: 512m, 2g, ..."},
    {"mem", 0, KIND_MEMORY, AT(resources.memory_bytes), "SIZE", "the same"},
    {"runtime", 0, KIND_RUNTIME, AT(resources.runtime_usec), "TIME", "runtime of each such job (-t is that then): 10m, 1:30:00, ..."},
    {"help", 'h', KIND_HELP, 0, NULL, "this text"},
    {"version", 'V', KIND_VERSION, 0, NULL, "the version"},
};
enum { OPTIONS = sizeof table / sizeof *table, LONG_BASE = 256 };

static void print_help(void)
{
    puts("usage: torc-sbatch [OPTION...] WORKFLOW [-- SBATCH_OPTION...]\n"
         "       torc-sbatch [OPTION...] --commands FILE [-- SBATCH_OPTION...]\n"
         "Checks a workflow file, plans allocations for its jobs and submits them to Slurm.\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        char left[64], letter[] = {'-', table[i].letter, ',', ' ', '\0'};
        snprintf(left, sizeof left, "%s--%s%s%s", table[i].letter ? letter : "    ", table[i].name,
                 table[i].argument ? "=" : "", table[i].argument ? table[i].argument : "");
        printf("  %-25s %s\n", left, table[i].help);
    }
    puts("\nExit status: 0 submitted (with --wait: all jobs completed); 1 some jobs did not complete; 2 bad usage, a bad\n"
         "workflow file, or refused by Slurm; 3 Slurm or the database could not be reached; 130 interrupted.");
}

static int read_number(const char *text, int64_t least, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno || end == text || *end || *number < least || *number > INT32_MAX ? -1 : 0;
}

static int read_limits(const char *text, int32_t *limits)
{
    static const char *const words[] = {[LIMITS_ENFORCE] = "enforce", [LIMITS_WARN] = "warn", [LIMITS_OFF] = "off"};
    for (int32_t i = 0; i < (int32_t)(sizeof words / sizeof *words); i++) {
        if (!strcmp(words[i], text)) {
            *limits = i;
            return 0;
        }
    }
    return -1;
}

static int read_value(struct options *options, const struct option_row *row, const char *text)
{
    void *at = (char *)options + row->offset;
    int64_t number = 0;
    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)at = text;
        return *text ? 0 : -1;
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
    case KIND_WALLTIME:
        return walltime_parse(text, at);
    case KIND_RUNTIME:
        return duration_parse(text, at) || *(int64_t *)at <= 0 ? -1 : 0;
    case KIND_MEMORY: /* a bare number is megabytes, as for sbatch */
        if (read_number(text, 1, &number))
            return size_parse(text, at) || *(int64_t *)at <= 0 ? -1 : 0;
        *(int64_t *)at = number << 20;
        return 0;
    case KIND_LIMITS:
        return read_limits(text, at);
    case KIND_STDIO:
        *(int32_t *)at = stdio_mode_find(text);
        return *(int32_t *)at < 0 ? -1 : 0;
    case KIND_HELP:
        print_help();
        return 0;
    case KIND_VERSION:
        puts("torc-sbatch " TORC_VERSION);
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
    char *line = xstrdup("torc-sbatch");
    for (int i = 1; i < argc; i++) {
        cleanup_free char *old = line;
        line = xasprintf("%s %s", old, argv[i]);
    }
    return line;
}

static int check_together(struct options *options, int operands, char **words, struct error *err)
{
    if (operands > 1)
        return error_set(err, ERROR_USAGE, 0, "one workflow file is expected, \"%s\" is one too many; sbatch's options go after --",
                         words[1]);
    const struct commands_resources *resources = &options->resources;
    if (!options->commands && (resources->cpus || resources->memory_bytes || resources->runtime_usec))
        return error_set(err, ERROR_USAGE, 0, "--cpus, --memory and --runtime say what each job of --commands FILE asks for; in a "
                                              "workflow file the jobs say it");
    if (options->commands && (operands || options->top_up))
        return error_set(err, ERROR_USAGE, 0, "either a workflow or --commands FILE, not both");
    if (options->commands && options->walltime_usec) { /* one that knows sbatch means the job's */
        options->resources.runtime_usec = options->walltime_usec;
        options->walltime_usec = 0;
    }
    if (!operands && !options->top_up && !options->commands)
        return error_set(err, ERROR_USAGE, 0, "which workflow file? See torc-sbatch --help");
    if (operands && options->top_up)
        return error_set(err, ERROR_USAGE, 0, "--top-up goes on with a workflow that exists: leave out %s", words[0]);
    if (options->parsable && options->json)
        return error_set(err, ERROR_USAGE, 0, "either --parsable or --json, not both");
    options->file = operands ? words[0] : options->commands;
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
    if (!strncmp(typed, "--label", strlen("--label")))
        return error_set(err, ERROR_USAGE, 0, "allocations are not asked for by labels; jobs with labels run where somebody "
                                              "starts torc-run --workflow ID --label A,B");
    return error_set(err, ERROR_USAGE, 0, "%s is no option of torc-sbatch%s", typed,
                     *near ? near : "; options for sbatch go after --");
}

int options_parse(struct options *options, int argc, char **argv, bool *done, struct error *err)
{
    struct option longs[OPTIONS + 1] = {0};
    char shorts[2 * OPTIONS + 2];
    int c, own = 1;
    *options = (struct options){.max_allocations = -1, .max_fails = -1, .limits = -1, .stdio = -1};
    options->command_line = join_words(argc, argv);
    while (own < argc && strcmp(argv[own], "--"))
        own++;
    options->sbatch_options = own < argc ? argv + own + 1 : argv + argc;
    fill_getopt(longs, shorts);
    opterr = 0;
    while ((c = getopt_long(own, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row = c == '?' || c == ':' ? NULL : find_row(c);
        if (c == ':')
            return error_set(err, ERROR_USAGE, 0, "%s needs a value; see torc-sbatch --help", argv[optind - 1]);
        if (!row)
            return refuse_option(argv[optind - 1], err);
        if (read_value(options, row, optarg))
            return error_set(err, ERROR_USAGE, 0, "--%s: \"%s\" is not possible; --%s=%s: %s", row->name, optarg,
                             row->name, row->argument, row->help);
        if (row->kind == KIND_HELP || row->kind == KIND_VERSION) {
            *done = true;
            return 0;
        }
    }
    options->db = store_where(options->db);
    return check_together(options, own - optind, argv + optind, err);
}

void options_fini(struct options *options)
{
    free(options->command_line);
}

static void set_text(char **setting, const char *option, const char *variable)
{
    const char *value = option ? option : *setting ? NULL : getenv(variable);
    if (value && *value) {
        free(*setting);
        *setting = xstrdup(value);
    }
}

/* What schedulers of the file say is no match for the command line. */
static void override_schedulers(const struct options *options, struct schedulers *schedulers)
{
    if (options->account)
        schedulers_drop_option(schedulers, "account");
    if (options->partition)
        schedulers_drop_option(schedulers, "partition");
    if (options->qos)
        schedulers_drop_option(schedulers, "qos");
    if (options->walltime_usec)
        schedulers_drop_option(schedulers, "time");
}

int options_apply(const struct options *options, struct settings *settings, struct error *err)
{
    override_schedulers(options, &settings->schedulers);
    set_text(&settings->account, options->account, "SBATCH_ACCOUNT");
    set_text(&settings->partition, options->partition, "SBATCH_PARTITION");
    set_text(&settings->qos, options->qos, "SBATCH_QOS");
    const char *variable = getenv("SBATCH_TIMELIMIT");
    if (options->walltime_usec)
        settings->walltime_usec = options->walltime_usec;
    else if (!settings->walltime_usec && variable && walltime_parse(variable, &settings->walltime_usec))
        return error_set(err, ERROR_USAGE, 0, "SBATCH_TIMELIMIT=%s is no time: 30 (minutes), 2:00:00, 1-12", variable);
    if (options->max_allocations >= 0)
        settings->max_allocations = options->max_allocations;
    if (options->max_fails >= 0)
        settings->max_fails = options->max_fails;
    if (options->limits >= 0)
        settings->limits = (enum limits_mode)options->limits;
    if (options->stdio >= 0)
        settings->stdio = (enum stdio_mode)options->stdio;
    struct sbatch_asks asks;
    sbatch_asks_init(&asks);
    if (sbatch_options_add_words(&settings->sbatch_options, options->sbatch_options, err) ||
        sbatch_asks_add(&asks, &settings->sbatch_options, err))
        return -1;
    if (asks.nodes > 1)
        return error_set(err, ERROR_USAGE, 0, "allocations of several nodes come in a later version; leave --nodes=%d out", asks.nodes);
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of torc: options before the command, the command, the options that it takes, its
// argument; and help.
#include <ctype.h>
#include <getopt.h>
#include <string.h>

#include "cli/command.h"
#include "cli/foreign.h"
#include "lib/base/command_line.h"
#include "lib/base/mem.h"
#include "lib/base/suggest.h"

enum { COMMANDS_MOST = 64, VERBS_MOST = 8 };

#define AT(field) offsetof(struct cli, field)
static const struct command_option {
    unsigned bit; // 0: every command takes it
    struct option_row row;
} options[] = {
    {0,
     {"db", 0, OPTION_ANY, AT(db), "PATH",
      "the database; else $TORC_DB, else torc.db in this folder", NULL}},
    {OPTION_JSON,
     {"json", 0, OPTION_FLAG, AT(json), NULL, "one JSON document on standard output", NULL}},
    {OPTION_WATCH,
     {"watch", 0, OPTION_FLAG, AT(watch), NULL, "show it again whenever something changes; q ends",
      NULL}},
    {OPTION_STATE,
     {"state", 0, OPTION_ANY, AT(state), "STATE", "only jobs in this state (several: a,b)", NULL}},
    {OPTION_SPAWN,
     {"state", 0, OPTION_ANY, AT(state), "JSON|@FILE|-",
      "what the lineage knows now: kept as user data, a record for each call", NULL}},
    {OPTION_FOLLOW,
     {"follow", 0, OPTION_FLAG, AT(follow), NULL, "go on until the job has ended", NULL}},
    {OPTION_STREAMS,
     {"stdout", 0, OPTION_FLAG, AT(only_stdout), NULL, "standard output only", NULL}},
    {OPTION_STREAMS,
     {"stderr", 0, OPTION_FLAG, AT(only_stderr), NULL, "standard error only", NULL}},
    {OPTION_LOGS, {"failed", 0, OPTION_FLAG, AT(failed), NULL, "only of jobs that failed", NULL}},
    {OPTION_LOGS,
     {"attempt", 0, OPTION_ANY, AT(attempt), "N|all",
      "of this attempt, or of all; else of the last", NULL}},
    {OPTION_WORKFLOW,
     {"workflow", 0, OPTION_ANY, AT(workflow), "ID",
      "of this workflow (id or name), not the job's own or the last", NULL}},
    {OPTION_EVENTS,
     {"follow", 0, OPTION_FLAG, AT(follow), NULL, "go on until the workflow has ended", NULL}},
    {OPTION_EVENTS,
     {"job", 0, OPTION_ANY, AT(job), "NAME", "only of jobs of this name (sim_* matches several)",
      NULL}},
    {OPTION_EVENTS,
     {"kind", 0, OPTION_ANY, AT(kind), "KIND", "only of this kind, or your own of this name",
      NULL}},
    {OPTION_EVENTS,
     {"since", 0, OPTION_ANY, AT(since), "TIME",
      "only since then (2026-01-31T12:00:00Z), or so long ago (10m)", NULL}},
    {OPTION_RESTART,
     {"dry-run", 0, OPTION_FLAG, AT(dry_run), NULL, "only show what would run again, and why",
      NULL}},
    {OPTION_RESTART,
     {"job", 0, OPTION_ANY, AT(job), "TARGET",
      "only these jobs, what comes after them, and what they lack", NULL}},
    {OPTION_RESTART,
     {"failed", 0, OPTION_FLAG, AT(failed), NULL,
      "only what did not complete; files are not compared", NULL}},
    {OPTION_RESTART,
     {"escalate", 0, OPTION_FLAG, AT(escalate), NULL,
      "half as much again for jobs that ran out of memory or runtime", NULL}},
    {OPTION_RESTART, {"force", 0, OPTION_FLAG, AT(force), NULL, "all jobs", NULL}},
    {OPTION_DRY_RUN,
     {"dry-run", 0, OPTION_FLAG, AT(dry_run), NULL, "only say what there is; nothing is changed",
      NULL}},
    {OPTION_CLASS,
     {"class", 0, OPTION_ANY, AT(class_name), "NAME", "the jobs of this class, instead of TARGET",
      NULL}},
    {OPTION_UPDATE, {"cpus", 0, OPTION_COUNT, AT(cpus), "N", "CPUs of each job", NULL}},
    {OPTION_UPDATE,
     {"memory", 0, OPTION_ANY, AT(memory), "SIZE", "memory of each job: 512m, 2g, ...", NULL}},
    {OPTION_UPDATE,
     {"runtime", 0, OPTION_ANY, AT(runtime), "TIME", "runtime of each job: 10m, PT1H, ...", NULL}},
    {OPTION_GRAPH,
     {"kind", 0, OPTION_ANY, AT(kind), "KIND", "job-job (else this), job-file or requirements",
      NULL}},
    {OPTION_GRAPH,
     {"format", 0, OPTION_ANY, AT(format), "FORMAT", "dot or svg; else what the name after -o says",
      NULL}},
    {OPTION_IMPORT,
     {"replay", 0, OPTION_ANY, AT(replay), "SCALE",
      "not the commands: torc replay, for so much of the time and memory (0.01)", NULL}},
    {OPTION_REPLAY, {"runtime", 0, OPTION_ANY, AT(runtime), "SECONDS", "how long it takes", NULL}},
    {OPTION_REPLAY,
     {"cpu", 0, OPTION_ANY, AT(cpu), "PERCENT", "of a CPU that it is busy for (100)", NULL}},
    {OPTION_REPLAY, {"memory", 0, OPTION_ANY, AT(memory), "BYTES", "that it has", NULL}},
    {OPTION_GRAPH | OPTION_IMPORT,
     {"output", 'o', OPTION_ANY, AT(output), "FILE",
      "(-o) where to write it; else to standard output", NULL}},
    {OPTION_ALL,
     {"all", 0, OPTION_FLAG, AT(all), NULL, "every job by itself, not jobs that are alike as one",
      NULL}},
    {OPTION_EXPLAIN, {"explain", 0, OPTION_FLAG, AT(explain), NULL, "what else was weighed", NULL}},
    {OPTION_EVERY,
     {"all", 0, OPTION_FLAG, AT(all), NULL,
      "everything that is wrong, not only the first screen of it", NULL}},
    {OPTION_EXPORT,
     {"ro-crate", 0, OPTION_ANY, AT(ro_crate), "FOLDER",
      "as RO-Crate (Workflow Run Crate) in this folder", NULL}},
    {OPTION_LAST,
     {"last", 0, OPTION_FLAG, AT(last), NULL, "the last workflow of the database", NULL}},
};
#undef AT
enum { OPTIONS = sizeof options / sizeof *options };

static void print_help(void)
{
    puts("usage: torc [--db PATH] COMMAND [OPTION...] [ARGUMENT]\n\nCommands:");
    for (size_t i = 0; i < cli_commands_count; i++)
        printf("  %-9s %-9s %s\n", cli_commands[i]->name,
               cli_commands[i]->need == ARGUMENT_SEVERAL ? "..." : cli_commands[i]->argument,
               cli_commands[i]->help);
    puts("\nTARGET is 7 (a workflow), 7.work1 or '7.sim_*' (its jobs), or a job of the last "
         "workflow.\n"
         "ID is the number or the name of a workflow; the last one of the database, if it is left "
         "out.\n"
         "'torc help COMMAND' says more, 'torc --version' which one this is. To submit a "
         "workflow: torc-sbatch; what it used: torc-report.");
}

// command: NULL for the options before it.
static bool takes(const struct command *command, const struct command_option *option)
{
    return !option->bit || (command && command->options & option->bit);
}

static void print_command_help(const struct command *command)
{
    bool optional = command->need == ARGUMENT_OPTIONAL && !(command->options & OPTION_LAST);
    printf("usage: torc %s [OPTION...]%s%s%s%s\n\n%c%s.\n\nOptions:\n", command->name,
           *command->argument ? " " : "", optional ? "[" : "", command->argument,
           optional ? "]" : "", toupper((unsigned char)*command->help), command->help + 1);
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &options[i].row;
        if (!takes(command, &options[i]))
            continue;
        int width = printf("  --%s%s%s", row->name, row->argument ? " " : "",
                           row->argument ? row->argument : "");
        printf("%*s%s\n", 18 - width, "", row->help);
    }
    puts("  --help          this text");
}

static void print_some_help(const void *pointer)
{
    const struct cli *cli = pointer;
    if (cli->command)
        print_command_help(cli->command);
    else
        print_help();
}

// second: what follows, or NULL.
static const struct command *find_command(const char *name, const char *second)
{
    const char *names[COMMANDS_MOST];
    for (size_t i = 0; i < cli_commands_count; i++) {
        names[i] = cli_commands[i]->name;
        if (!strcmp(names[i], name))
            return cli_commands[i];
    }
    cleanup_free char *here = foreign_command_text(name, second);
    if (here) {
        cli_warn("%s", here);
        return NULL;
    }
    cleanup_free char *near = suggest_phrase(name, names, cli_commands_count);
    cli_warn("there is no command \"%s\"%s", name, *near ? near : "; 'torc --help' lists them");
    return NULL;
}

static int refuse(const void *pointer, const char *typed, bool lacks_value, struct error *err)
{
    const struct command *command = ((const struct cli *)pointer)->command;
    const char *names[OPTIONS], *name = command ? command->name : "";
    const char *colon = command ? ": " : "", *blank = command ? " " : "";
    size_t count = 0;
    if (lacks_value)
        return error_set(err, ERROR_USAGE, 0, "%s%s%s needs a value; see 'torc %s%s--help'", name,
                         colon, typed, name, blank);
    const char *here = option_slip_find(foreign_options, typed);
    if (here)
        return error_set(err, ERROR_USAGE, 0, "%s%s%s is here: %s", name, colon, typed, here);
    for (int i = 0; i < OPTIONS; i++)
        if (takes(command, &options[i]))
            names[count++] = options[i].row.name;
    cleanup_free char *near = suggest_option(typed, names, count);
    bool number = command && command->need == ARGUMENT_SEVERAL &&
                  strspn(typed, "-.0123456789eE") == strlen(typed);
    cleanup_free char *help = number ? xstrdup("; a value that begins with a minus goes after --")
                                     : xasprintf("; see 'torc %s%s--help'", name, blank);
    return error_set(err, ERROR_USAGE, 0, "%s%sthere is no option %s%s", name, colon, typed,
                     *near ? near : help);
}

// The options of the command, or, where it is not known yet, those before it. Gives the index of
// what follows them, or -1 with the exit code.
static int read_options(int argc, char **argv, struct cli *cli, int *code)
{
    struct option_row rows[OPTIONS + 2];
    struct command_line line = {.program = "torc",
                                .rows = rows,
                                .leading = !cli->command,
                                .help = print_some_help,
                                .refuse = refuse};
    struct error err;
    bool done;
    for (int i = 0; i < OPTIONS; i++)
        if (takes(cli->command, &options[i]))
            rows[line.count++] = options[i].row;
    rows[line.count++] = (struct option_row){.name = "help", .letter = 'h', .kind = OPTION_HELP};
    rows[line.count++] = (struct option_row){
        .name = "version", .letter = cli->command ? 0 : 'V', .kind = OPTION_VERSION};
    optind = 0; // starts getopt anew
    int next = command_line_read(&line, cli, argc, argv, &done, &err);
    *code = next < 0 ? ERROR_USAGE : ERROR_NONE;
    if (next < 0)
        cli_warn("%s", err.text);
    return done ? -1 : next;
}

// torc help [COMMAND]
static int help(const char *name)
{
    const struct command *command = name ? find_command(name, NULL) : NULL;
    if (command)
        print_command_help(command);
    else if (!name)
        print_help();
    return name && !command ? ERROR_USAGE : ERROR_NONE;
}

int cli_read(int argc, char **argv, struct cli *cli)
{
    int code, skip = read_options(argc, argv, cli, &code);
    if (skip < 0)
        return code;
    if (skip == argc) {
        print_help();
        return ERROR_USAGE;
    }
    if (!strcmp(argv[skip], "help"))
        return help(argv[skip + 1]);
    cli->command = find_command(argv[skip], argv[skip + 1]);
    if (!cli->command)
        return ERROR_USAGE;
    int next = read_options(argc - skip, argv + skip, cli, &code);
    if (next < 0)
        return code;
    char **rest = argv + skip + next;
    int count = argc - skip - next;
    cli->arguments = rest;
    cli->arguments_count = count;
    if (cli->command->need == ARGUMENT_SEVERAL)
        return -1;
    if (count > (cli->command->need == ARGUMENT_NONE ? 0 : 1)) {
        cleanup_free char *here = foreign_command_text(cli->command->name, rest[0]);
        cleanup_free char *last =
            xasprintf("%s: one argument too many: %s", cli->command->name, rest[count - 1]);
        cli_warn("%s", here ? here : last);
        return ERROR_USAGE;
    }
    cli->argument = count ? rest[0] : NULL;
    if (cli->command->need == ARGUMENT_REQUIRED && !cli->argument) {
        cli_warn("%s: %s is missing; see 'torc %s --help'", cli->command->name,
                 cli->command->argument, cli->command->name);
        return ERROR_USAGE;
    }
    return -1;
}

int cli_run_verb(struct cli *cli, const struct verb *verbs, size_t count, struct error *err)
{
    const char *command = cli->command->name,
               *name = cli->arguments_count ? cli->arguments[0] : NULL;
    for (size_t i = 0; name && i < count; i++) {
        if (strcmp(verbs[i].name, name))
            continue;
        if (cli->arguments_count < verbs[i].least)
            return error_set(err, ERROR_USAGE, 0, "%s %s: something is missing: torc %s %s",
                             command, name, command, cli->command->argument);
        if (cli->arguments_count > verbs[i].most)
            return error_set(err, ERROR_USAGE, 0, "%s %s: one argument too many: %s%s", command,
                             name, cli->arguments[verbs[i].most],
                             verbs[i].most > 2 ? " (JSON needs quotes around it)" : "");
        return verbs[i].run(cli, err);
    }
    const char *names[VERBS_MOST];
    for (size_t i = 0; i < count && i < VERBS_MOST; i++)
        names[i] = verbs[i].name;
    if (!name)
        return error_set(err, ERROR_USAGE, 0, "%s: what is to be done? torc %s %s", command,
                         command, cli->command->argument);
    cleanup_free char *near = suggest_phrase(name, names, count < VERBS_MOST ? count : VERBS_MOST);
    return error_set(err, ERROR_USAGE, 0, "there is no \"torc %s %s\"%s%s%s%s%s", command, name,
                     near, *near ? "" : "; torc ", *near ? "" : command, *near ? "" : " ",
                     *near ? "" : cli->command->argument);
}

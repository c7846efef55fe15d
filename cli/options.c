// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of torc: options before the command, the command, the options that it takes, its
// argument; and help.
#include <ctype.h>
#include <getopt.h>
#include <string.h>

#include "cli/command.h"
#include "lib/base/mem.h"
#include "lib/base/suggest.h"

enum { COMMANDS_MOST = 64, VERBS_MOST = 8 };

static const struct command_option {
    const char *name, *argument;
    unsigned bit; // 0: every command takes it
    size_t offset;
    const char *help;
} options[] = {
    {"db", "PATH", 0, offsetof(struct cli, db),
     "the database; else $TORC_DB, else torc.db in this folder"},
    {"json", NULL, OPTION_JSON, offsetof(struct cli, json), "one JSON document on standard output"},
    {"watch", NULL, OPTION_WATCH, offsetof(struct cli, watch),
     "show it again whenever something changes; q ends"},
    {"state", "STATE", OPTION_STATE, offsetof(struct cli, state),
     "only jobs in this state (several: a,b)"},
    {"follow", NULL, OPTION_FOLLOW, offsetof(struct cli, follow), "go on until the job has ended"},
    {"stdout", NULL, OPTION_STREAMS, offsetof(struct cli, only_stdout), "standard output only"},
    {"stderr", NULL, OPTION_STREAMS, offsetof(struct cli, only_stderr), "standard error only"},
    {"failed", NULL, OPTION_LOGS, offsetof(struct cli, failed), "only of jobs that failed"},
    {"attempt", "N|all", OPTION_LOGS, offsetof(struct cli, attempt),
     "of this attempt, or of all; else of the last"},
    {"workflow", "ID", OPTION_WORKFLOW, offsetof(struct cli, workflow),
     "of this workflow (id or name), not the job's own or the last"},
    {"follow", NULL, OPTION_EVENTS, offsetof(struct cli, follow),
     "go on until the workflow has ended"},
    {"job", "NAME", OPTION_EVENTS, offsetof(struct cli, job),
     "only of jobs of this name (sim_* matches several)"},
    {"kind", "KIND", OPTION_EVENTS, offsetof(struct cli, kind),
     "only of this kind, or your own of this name"},
    {"since", "TIME", OPTION_EVENTS, offsetof(struct cli, since),
     "only since then (2026-01-31T12:00:00Z), or so long ago (10m)"},
    {"kind", "KIND", OPTION_GRAPH, offsetof(struct cli, kind),
     "job-job (else this), job-file or requirements"},
    {"format", "FORMAT", OPTION_GRAPH, offsetof(struct cli, format),
     "dot or svg; else what the name after -o says"},
    {"output", "FILE", OPTION_GRAPH, offsetof(struct cli, output),
     "(-o) where to write it; else to standard output"},
    {"all", NULL, OPTION_ALL, offsetof(struct cli, all),
     "every job by itself, not jobs that are alike as one"},
    {"all", NULL, OPTION_EVERY, offsetof(struct cli, all),
     "everything that is wrong, not only the first screen of it"},
    {"last", NULL, OPTION_LAST, offsetof(struct cli, last), "the last workflow of the database"},
};
enum { OPTIONS = sizeof options / sizeof *options, OPTION_HELP = 1000, OPTION_VERSION };

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

static void print_command_help(const struct command *command)
{
    bool optional = command->need == ARGUMENT_OPTIONAL && !(command->options & OPTION_LAST);
    printf("usage: torc %s [OPTION...]%s%s%s%s\n\n%c%s.\n\nOptions:\n", command->name,
           *command->argument ? " " : "", optional ? "[" : "", command->argument,
           optional ? "]" : "", toupper((unsigned char)*command->help), command->help + 1);
    for (int i = 0; i < OPTIONS; i++) {
        if (options[i].bit && !(command->options & options[i].bit))
            continue;
        int width = printf("  --%s%s%s", options[i].name, options[i].argument ? " " : "",
                           options[i].argument ? options[i].argument : "");
        printf("%*s%s\n", 18 - width, "", options[i].help);
    }
    puts("  --help          this text");
}

// What is no command of torc, but a program beside it.
static const struct {
    const char *word, *program;
} programs[] = {{"run", "torc-run WORKFLOW"},
                {"submit", "torc-sbatch WORKFLOW"},
                {"report", "torc-report [REPORT] [ID]"}};

static const struct command *find_command(const char *name)
{
    const char *names[COMMANDS_MOST];
    for (size_t i = 0; i < cli_commands_count; i++) {
        names[i] = cli_commands[i]->name;
        if (!strcmp(names[i], name))
            return cli_commands[i];
    }
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (!strcmp(programs[i].word, name)) {
            cli_warn("\"%s\" is a program of its own: %s", name, programs[i].program);
            return NULL;
        }
    cleanup_free char *near = suggest_phrase(name, names, cli_commands_count);
    cli_warn("there is no command \"%s\"%s", name, *near ? near : "; 'torc --help' lists them");
    return NULL;
}

// The options of the command (NULL: those before it) for getopt; the value of each is its index in
// `options`.
static void make_longs(const struct command *command, struct option *longs)
{
    int count = 0;
    for (int i = 0; i < OPTIONS; i++) {
        if (!options[i].bit || (command && command->options & options[i].bit))
            longs[count++] = (struct option){
                options[i].name, options[i].argument ? required_argument : no_argument, NULL, i};
    }
    longs[count++] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    longs[count++] = (struct option){"version", no_argument, NULL, OPTION_VERSION};
    longs[count] = (struct option){0};
}

static int say_unknown(const struct command *command, const char *typed, int found)
{
    char letter[] = {'-', (char)optopt, '\0'};
    if (found == '?' && optopt > 0 && optopt < 128)
        typed = letter;
    const char *names[OPTIONS], *name = command ? command->name : NULL;
    size_t count = 0;
    if (found == ':') {
        cli_warn("%s%s%s needs a value; see 'torc %s%s--help'", name ? name : "", name ? ": " : "",
                 typed, name ? name : "", name ? " " : "");
        return ERROR_USAGE;
    }
    for (int i = 0; i < OPTIONS; i++)
        if (!options[i].bit || (command && command->options & options[i].bit))
            names[count++] = options[i].name;
    cleanup_free char *near = suggest_option(typed, names, count);
    bool number = command && command->need == ARGUMENT_SEVERAL &&
                  strspn(typed, "-.0123456789eE") == strlen(typed);
    cleanup_free char *help =
        number ? xstrdup("; a value that begins with a minus goes after --")
               : xasprintf("; see 'torc %s%s--help'", name ? name : "", name ? " " : "");
    cli_warn("%s%sthere is no option %s%s", name ? name : "", name ? ": " : "", typed,
             *near ? near : help);
    return ERROR_USAGE;
}

// -1: go on; else the exit code. `style`: "+" stops at the command.
static int read_options(int argc, char **argv, const char *style, struct cli *cli)
{
    struct option longs[OPTIONS + 3];
    make_longs(cli->command, longs);
    opterr = 0;
    for (int found; (found = getopt_long(argc, argv, style, longs, NULL)) != -1;) {
        if (found == 'h' || found == OPTION_HELP) {
            if (cli->command)
                print_command_help(cli->command);
            else
                print_help();
            return ERROR_NONE;
        }
        if (found == 'V' || found == OPTION_VERSION) {
            printf("torc %s\n", TORC_VERSION);
            return ERROR_NONE;
        }
        if (found == '?' || found == ':')
            return say_unknown(cli->command, argv[optind - 1], found);
        if (found == 'o') {
            cli->output = optarg;
            continue;
        }
        void *at = (char *)cli + options[found].offset;
        if (options[found].argument)
            *(const char **)at = optarg;
        else
            *(bool *)at = true;
    }
    return -1;
}

// torc help [COMMAND]
static int help(const char *name)
{
    const struct command *command = name ? find_command(name) : NULL;
    if (command)
        print_command_help(command);
    else if (!name)
        print_help();
    return name && !command ? ERROR_USAGE : ERROR_NONE;
}

int cli_read(int argc, char **argv, struct cli *cli)
{
    int code = read_options(argc, argv, "+:hV", cli);
    if (code >= 0)
        return code;
    if (optind == argc) {
        print_help();
        return ERROR_USAGE;
    }
    if (!strcmp(argv[optind], "help"))
        return help(argv[optind + 1]);
    cli->command = find_command(argv[optind]);
    if (!cli->command)
        return ERROR_USAGE;
    int skip = optind;
    optind = 0; // starts getopt anew, at the command
    code = read_options(argc - skip, argv + skip,
                        cli->command->options & OPTION_GRAPH ? ":ho:" : ":h", cli);
    if (code >= 0)
        return code;
    char **rest = argv + skip + optind;
    int count = argc - skip - optind;
    cli->arguments = rest;
    cli->arguments_count = count;
    if (cli->command->need == ARGUMENT_SEVERAL)
        return -1;
    if (count > (cli->command->need == ARGUMENT_NONE ? 0 : 1)) {
        cli_warn("%s: one argument too many: %s", cli->command->name, rest[count - 1]);
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

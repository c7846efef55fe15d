// SPDX-License-Identifier: GPL-2.0-or-later
// A command of torc: its table entry stands on top of its file, cli/cmd_NAME.c; cli/main.c lists
// them.
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "lib/show/screen.h"
#include "lib/show/target.h"

enum option_bit { // which options a command takes, besides --db and --help
    OPTION_JSON = 1,
    OPTION_WATCH = 2,
    OPTION_STATE = 4,
    OPTION_FOLLOW = 8,
    OPTION_STREAMS = 16, // --stdout, --stderr
    OPTION_LAST = 32,
    OPTION_GRAPH = 64, // --kind, --format, -o
    OPTION_ALL = 128,
    OPTION_EVERY = 256, // --all, of mistakes
    OPTION_WORKFLOW = 1 << 10,
    OPTION_LOGS = 1 << 12,    // --failed, --attempt
    OPTION_EVENTS = 1 << 11,  // --follow, --job, --kind, --since
    OPTION_RESTART = 1 << 13, // --dry-run, --job, --failed, --force, --escalate
    OPTION_CLASS = 1 << 14,
    OPTION_UPDATE = 1 << 15,  // --cpus, --memory, --runtime
    OPTION_EXPORT = 1 << 19,  // --ro-crate
    OPTION_DRY_RUN = 1 << 16, // of what is left on disks
    OPTION_IMPORT = 1 << 17,  // --replay, -o
    OPTION_REPLAY = 1 << 18,  // --runtime, --cpu, --memory
    OPTION_SPAWN = 1 << 20,   // --state, of a lineage
    OPTION_EXPLAIN = 1 << 21,
};

struct cli { // what the command line says
    const struct command *command;
    struct screen screen;
    const char *db;
    const char *argument; // the one that is no option, or NULL
    char **arguments;     // all of them, of a command that takes several
    int arguments_count;
    const char *state; // --state
    const char *class_name, *memory, *runtime;
    int32_t cpus;
    const char *ro_crate, *workflow, *job, *kind, *since, *format, *output, *attempt;
    const char *replay, *cpu;
    bool json, watch, follow, only_stdout, only_stderr, last, all, failed, dry_run, force, escalate,
        explain;
};

enum argument_need { ARGUMENT_NONE, ARGUMENT_OPTIONAL, ARGUMENT_REQUIRED, ARGUMENT_SEVERAL };

struct command {
    const char *name;
    const char *argument; // what help calls it: "ID", "TARGET", "FILE"
    enum argument_need need;
    unsigned options;                               // bits of enum option_bit
    const char *help;                               // one line
    int (*run)(struct cli *cli, struct error *err); // the exit code; -1: failed, err says why
};

extern const struct command cmd_cancel, cmd_check, cmd_data, cmd_delete, cmd_disable, cmd_enable,
    cmd_event, cmd_export, cmd_graph, cmd_hold, cmd_import, cmd_jobs, cmd_list, cmd_logs, cmd_plan,
    cmd_recover, cmd_release, cmd_replay, cmd_restart, cmd_show, cmd_spawn, cmd_status, cmd_update,
    cmd_validate, cmd_wait;

extern const struct command *const cli_commands[]; // in the order of help
extern const size_t cli_commands_count;

// Reads the command line into cli; -1: run the command, else the exit code (help was printed, or
// what is wrong with it).
int cli_read(int argc, char **argv, struct cli *cli);

struct verb { // what a command of several words does: `torc data set`
    const char *name;
    int least, most; // arguments, with the verb itself
    int (*run)(struct cli *cli, struct error *err);
};
int cli_run_verb(struct cli *cli, const struct verb *verbs, size_t count, struct error *err);

// Writes a message of this program to stderr: "torc: …".
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

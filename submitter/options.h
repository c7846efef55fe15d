// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of torc-sbatch. Options that sbatch has too are spelled as there.
#ifndef SUBMITTER_OPTIONS_H
#define SUBMITTER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/workflow/commands_file.h"
#include "lib/workflow/settings.h"

enum on_ready { // who asks for what later stages need
    ON_READY_AUTO,
    ON_READY_SUBMIT,  // runners, when it is due
    ON_READY_UPFRONT, // all stages at once, now
};

struct options {
    const char *db;       // as store_where gives it
    const char *file;     // the workflow file; NULL with top_up
    const char *commands; // --commands: a file of commands instead, which is `file` then
    struct commands_resources resources; // of each of them
    const char *account, *partition, *qos;
    int64_t walltime_usec; // -t; 0: not given
    int64_t top_up;        // --top-up: a workflow that exists; 0: none
    bool explain, learn;
    const char *resources_file; // --resources; NULL: none
    bool restart;               // --restart: of restart_id (0: the last of the file), with `file`
    int64_t restart_id;
    // -1: as the workflow says; enum limits_mode, stdio_mode, hash_mode
    int32_t max_allocations, max_fails, limits, stdio, hash, pack;
    int64_t shortest_usec; // 0: not given
    int32_t on_ready;      // enum on_ready
    bool dry_run, json, wait, allow_missing, parsable;
    char **sbatch_options; // after "--": NULL-terminated, in argv
    char *command_line;    // for the records; owned
};

// Reads argv; *done: --help or --version was printed. -1: bad usage, said in err. options_fini is
// due.
int options_parse(struct options *options, int argc, char **argv, bool *done, struct error *err);
void options_fini(struct options *options);

// What the command line says goes over what the file says; where both are silent, sbatch's own
// SBATCH_PARTITION, SBATCH_ACCOUNT, SBATCH_QOS and SBATCH_TIMELIMIT.
int options_apply(const struct options *options, size_t jobs, struct settings *settings,
                  struct error *err);

#endif

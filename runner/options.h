// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of torc-run.
#ifndef RUNNER_OPTIONS_H
#define RUNNER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/workflow/settings.h"

struct options {
    const char *db;           // as store_where gives it
    const char *file;         // the workflow file; NULL with workflow_id
    const char *commands;     // --commands: a file of commands instead, which is `file` then
    int64_t workflow_id;      // --workflow; 0: create one from file
    bool restart;             // --restart: what must run again of workflow_id (0: the last of
                              // `file`), with `file` in its place if there is one
    const char *submission;   // --submission: the tag of the allocation; NULL: by hand
    char *labels;             // NULL: none; comma-separated, without blanks
    int32_t cpus;             // 0: all there are
    int32_t gpus;             // -1: those there are
    int64_t memory_bytes;     // 0: all there is
    int32_t kill_wait_secs;   // Slurm's, between TERM and KILL
    int64_t own_memory_bytes; // of an allocation's memory, what is not for jobs
    int64_t time_usec;        // --time: leave after so long; 0: no end but the allocation's
    // enum limits_mode, stdio_mode, hash_mode; -1: as the workflow says
    int32_t limits, stdio, hash;
    int32_t max_fails;  // -1: as the workflow says
    int32_t accounting; // 0 auto, 1 proc: without cgroups
    bool peer;          // --peer: of another node than the allocation's first; runner/peers.h
    bool allow_missing; // inputs that do not exist yet are waited for
    bool quiet;
    char *command_line; // for the records; owned
};

// Reads argv; *done: --help or --version was printed. -1: bad usage, said in err. options_fini is
// due.
int options_parse(struct options *options, int argc, char **argv, bool *done, struct error *err);
void options_fini(struct options *options);

#endif

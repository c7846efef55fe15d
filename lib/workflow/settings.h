// SPDX-License-Identifier: GPL-2.0-or-later
// What holds for a whole workflow besides its jobs: how jobs are started, limited and ended, and
// how allocations are asked for. From the file and the command line (which wins); kept as JSON in
// workflow.settings. Absent keys have the defaults.
#ifndef LIB_WORKFLOW_SETTINGS_H
#define LIB_WORKFLOW_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/workflow/handler.h"
#include "lib/workflow/scheduler.h"

enum limits_mode { LIMITS_ENFORCE, LIMITS_WARN, LIMITS_OFF };
enum stdio_mode {
    STDIO_AUTO, // separate, or with many jobs stream
    STDIO_SEPARATE,
    STDIO_COMBINED,
    STDIO_NO_STDOUT,
    STDIO_NO_STDERR,
    STDIO_NONE,
    STDIO_STREAM,
};
enum pack_mode { PACK_WIDE, PACK_TIGHT }; // as many allocations as could start now, or as few
enum hash_mode { HASH_AUTO, HASH_ALL, HASH_NONE }; // auto: files up to 64 MiB, and folders

struct settings {
    enum limits_mode limits;       // "limits": "enforce"
    enum stdio_mode stdio;         // "stdio": "separate"; never auto once it is made
    enum hash_mode hash;           // "hash": "auto"
    bool delete_on_success;        // of the stdio files
    int32_t sigterm_lead_secs;     // -1: semantics §1, the end of an allocation
    int32_t sigkill_headroom_secs; // -1: likewise
    int32_t idle_secs;             // 60
    bool strict;                   // a job that completed with a warning has failed
    bool ignore_completion;        // a runner stays to its walltime
    int32_t termination_signal;    // number; 15
    // what failure handlers call these reasons: 152, 137; never recorded
    int32_t timeout_exit_code, oom_exit_code;
    bool use_pending_failed; // what no rule of a handler is for waits for the user
    // the most that a job tried again can be given: the largest node, the longest walltime less its
    // margin; 0: not known
    int64_t most_memory_bytes, most_runtime_usec;
    bool cpu_bind;       // srun is told to bind tasks to cores; else not to bind
    int32_t sample_secs; // of time series, for what follows: 10
    bool sample_jobs, sample_node_cpu, sample_node_memory;
    int32_t latency_wait_secs;       // how long an input may take to become visible: 5
    char *access_groups;             // "a,b": who may share the database; NULL: nobody; owned
    char *output_dir;                // "torc_output", relative to the submission folder; owned
    char *account, *partition, *qos; // for sbatch; NULL: not given; owned
    int64_t walltime_usec;           // -t of torc-sbatch: the longest to ask for; 0: not given
    int32_t max_allocations;         // 16
    enum pack_mode pack;             // "pack": "wide"
    int64_t shortest_usec;  // allocations are not made shorter to have more of them: 10 minutes
    int32_t max_iterations; // of a lineage of jobs that add jobs: 1000
    int32_t max_fails;      // stop starting jobs after so many failures; 0: never
    bool memory_unasked;    // found by torc-sbatch: the site refuses --mem, so memory is what comes
    struct schedulers schedulers;         // of the file
    struct handlers handlers;             // likewise
    struct sbatch_options sbatch_options; // after "--" on the command line
};

// by mode, NULL at the end
extern const char *const limits_mode_names[],
    *const stdio_mode_names[], *const hash_mode_names[], *const pack_mode_names[];

// The mode of that name, or -1.
int stdio_mode_find(const char *name);
// What auto is with so many jobs; other modes as they are.
enum stdio_mode stdio_mode_settle(enum stdio_mode mode, size_t jobs);
// Of the settings of a workflow; NULL: none.
enum stdio_mode settings_stdio(const char *text);

// The largest file whose content is hashed; -1: none is.
int64_t hash_mode_bytes(enum hash_mode mode);

void settings_init(struct settings *settings);
void settings_fini(struct settings *settings);

// Reads JSON text into settings (initialised here); unknown keys are kept out of the way, a wrong
// type is an error.
int settings_parse(struct settings *settings, const char *text, struct error *err);
char *settings_text(const struct settings *settings); // JSON; the caller's to free

// Seconds before the end of an allocation of walltime_usec (0: unlimited) at which jobs get their
// termination signal (margin) and SIGKILL (headroom): semantics §1.
struct end_times {
    int64_t margin_usec, headroom_usec;
};
struct end_times settings_end_times(const struct settings *settings, int64_t walltime_usec);

#endif

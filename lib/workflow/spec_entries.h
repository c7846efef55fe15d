// SPDX-License-Identifier: GPL-2.0-or-later
// The entries of a workflow file, as they were written: names are still text. Every string belongs
// to the source's arena.
#ifndef LIB_WORKFLOW_SPEC_ENTRIES_H
#define LIB_WORKFLOW_SPEC_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/workflow/handler.h"

struct texts {
    const char **items; // may be shared with other entries, while space is 0
    uint32_t count, space;
};

struct spec_place { // of what became an entry, in the file: jobs[index]
    size_t offset;
    uint32_t index;
};

struct spec_stdio {
    bool set, delete_on_success;
    int32_t mode; // enum stdio_mode
};

struct spec_override { // of the stdio of a job
    const char *job;
    struct spec_stdio stdio;
};
struct spec_overrides {
    struct spec_override *list;
    size_t count;
};

struct spec_job {
    struct spec_place place;
    const char *name, *command, *invocation_script, *requirements, *scheduler, *workdir;
    const char *env; // JSON object or NULL
    struct texts depends_on, input_files, output_files, input_data, output_data, labels;
    struct texts needs_regexes, input_file_regexes, output_file_regexes, input_data_regexes,
        output_data_regexes;
    int64_t memory_bytes, runtime_usec; // inline resources; 0: not given
    int32_t cpus, nodes;                // likewise
    int32_t gpus_milli;                 // likewise, -1: not given
    const char *failure_handler;
    int32_t priority, launcher, shell, termination_signal, max_continuations;
    bool cancel_on_blocking_failure, supports_termination;
    struct spec_stdio stdio;
};

struct spec_file {
    struct spec_place place;
    const char *name, *path;
    bool temporary;
};

struct spec_data {
    struct spec_place place;
    const char *name, *data; // data: JSON or NULL
    bool ephemeral;
};

struct spec_class {
    struct spec_place place;
    const char *name;
    int64_t memory_bytes, runtime_usec, tmp_bytes;
    int32_t cpus, nodes, gpus_milli;
};

struct spec_scheduler {
    struct spec_place place;
    // as sbatch takes them
    const char *name, *account, *partition, *walltime, *mem, *gres, *qos, *tmp, *extra;
    int32_t nodes, ntasks_per_node; // 0: not given
    bool serialize;
};

struct spec_handler {
    struct spec_place place;
    const char *name;
    struct handler_rule *rules;
    size_t rules_count;
};

struct spec_action {
    // the first three: places in lists of words
    int32_t trigger, type, scheduler_type, num_allocations, max_parallel_jobs;
    struct texts jobs, regexes, commands;
    const char *scheduler;
    bool persistent;
};
struct spec_actions {
    struct spec_action *list;
    size_t count, offset; // offset: of the list, in the file
};

#endif

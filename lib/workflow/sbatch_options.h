// SPDX-License-Identifier: GPL-2.0-or-later
// Options of sbatch that somebody wrote, in a workflow file or behind "--": brought into one form,
// and read for what they ask for, since the planner must know. Pure.
#ifndef LIB_WORKFLOW_SBATCH_OPTIONS_H
#define LIB_WORKFLOW_SBATCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct sbatch_options {
    char **list; // "--name" or "--name=value", NULL-terminated; NULL while there is none; owned
    size_t count;
};

// Adds an option, which becomes theirs.
void sbatch_options_add(struct sbatch_options *options, char *option);

// Adds the words of a command line: "-c 4", "-c4", "--cpus-per-task 4" and "--cpus-per-task=4" all
// become the last of these. ERROR_USAGE: no option, or one that torc itself must give.
int sbatch_options_add_words(struct sbatch_options *options, char *const *words, struct error *err);

// Likewise, of a line as it stands behind "#SBATCH ": quotes and backslashes as there, a word that
// begins with # ends it.
int sbatch_options_add_line(struct sbatch_options *options, const char *line, struct error *err);

// May somebody give this one? Else why says why not.
bool sbatch_option_is_free(const char *name, const char **why);

// Takes away those of that name.
void sbatch_options_drop(struct sbatch_options *options, const char *name);
void sbatch_options_fini(struct sbatch_options *options);

struct sbatch_asks {                       // what options ask for; texts point into them
    const char *partition, *account, *qos; // NULL: nothing
    int32_t nodes, tasks, tasks_per_node, cpus_per_task; // 0: nothing
    int32_t gpus;                                        // a node; -1: nothing
    int64_t memory_bytes;                                // a node, 0: all that it has; -1: nothing
    int64_t memory_per_cpu_bytes;                        // 0: nothing
    int64_t walltime_usec;                               // 0: nothing
    bool memory_per_gpu, whole_nodes;
};

void sbatch_asks_init(struct sbatch_asks *asks);

// Later options win over earlier ones, as with sbatch. ERROR_USAGE: a value that sbatch would not
// take.
int sbatch_asks_add(struct sbatch_asks *asks, const struct sbatch_options *options,
                    struct error *err);

// CPUs of a node; 0: not said.
int32_t sbatch_asks_cpus(const struct sbatch_asks *asks);

// Tasks of a node, at least 1.
int32_t sbatch_tasks_per_node(const struct sbatch_asks *asks);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// The workflow file as it was written, field by field, checked for itself: names are still text here. Every string belongs
// to the source's arena; offsets say where an entry stands in the file, for errors that show only later.
#ifndef LIB_SPEC_H
#define LIB_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/names.h"
#include "lib/params.h"
#include "lib/settings.h"
#include "lib/source.h"
#include "lib/template.h"

struct texts {
    const char **items; /* may be shared with other entries, while space is 0 */
    uint32_t count, space;
};

struct spec_place { /* of what became an entry, in the file: jobs[index] */
    size_t offset;
    uint32_t index;
};

struct spec_stdio {
    bool set, delete_on_success;
    int32_t mode; /* enum stdio_mode */
};

struct spec_override { /* of the stdio of a job */
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
    const char *env; /* JSON object or NULL */
    struct texts depends_on, input_files, output_files, input_data, output_data, labels;
    struct texts needs_regexes, input_file_regexes, output_file_regexes, input_data_regexes, output_data_regexes;
    int64_t memory_bytes, runtime_usec; /* inline resources; 0: not given */
    int32_t cpus, nodes;                /* likewise */
    int32_t gpus_milli;                 /* likewise, -1: not given */
    const char *failure_handler;
    int32_t priority, launcher, termination_signal, max_continuations;
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
    const char *name, *data; /* data: JSON or NULL */
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
    const char *name, *account, *partition, *walltime, *mem, *gres, *qos, *tmp, *extra; /* as sbatch takes them */
    int32_t nodes, ntasks_per_node; /* 0: not given */
    bool serialize;
};

struct spec_handler {
    struct spec_place place;
    const char *name;
};

struct spec_action {
    int32_t trigger, type, scheduler_type, num_allocations, max_parallel_jobs; /* the first three: places in lists of words */
    struct texts jobs, regexes, commands;
    const char *scheduler;
    bool persistent;
};
struct spec_actions {
    struct spec_action *list;
    size_t count, offset; /* offset: of the list, in the file */
};

struct spec_draft { /* expanded commands that name files or data: gone once those are put in, so that texts are held once */
    struct arena *arena;
    size_t first; /* job; the next draft's first is its end */
};

struct spec {
    const char *name, *description, *project, *metadata, *env; /* metadata and env: JSON */
    int32_t mode;                                               /* enum execution_mode */
    int32_t sort_method;                                        /* enum sort_method */
    bool limit_resources;
    const char *srun_signal;
    struct spec_overrides overrides; /* job_stdio_overrides */
    size_t execution_offset;         /* of execution_config in the file */
    struct settings settings;
    struct spec_stdio stdio;
    struct spec_job *jobs;
    struct spec_file *files;
    struct spec_data *data;
    struct spec_class *classes;
    struct spec_scheduler *schedulers;
    struct spec_handler *handlers;
    struct spec_actions actions;
    struct texts slurm_defaults; /* options of sbatch */
    size_t jobs_count, files_count, data_count, classes_count, jobs_space, files_space, data_space, classes_space;
    size_t schedulers_count, schedulers_space, handlers_count, handlers_space;
    struct spec_draft *drafts;
    size_t drafts_count, drafts_space;
    struct names job_names, file_names, data_names, class_names, scheduler_names, handler_names; /* in the order of the lists */
    struct template_names variables;
    struct params params, table; /* the workflow's */
    bool has_table;
    bool incomplete; /* parameters were wrong, so that entries are missing */
};

enum sort_method { SORT_PATH = -1, SORT_GPUS_RUNTIME_MEMORY, SORT_GPUS_MEMORY_RUNTIME, SORT_NONE };
enum execution_mode { MODE_DIRECT, MODE_SLURM, MODE_AUTO };
enum launcher { LAUNCHER_UNSET = -1, LAUNCHER_DIRECT, LAUNCHER_SRUN };

/* Reads the file; what is wrong goes to source->problems. False when it is no JSON object, so that nothing more can be said
 * about it. spec_fini is due on both. */
bool spec_read(struct source *source, struct spec *spec);
void spec_fini(struct spec *spec);

#endif

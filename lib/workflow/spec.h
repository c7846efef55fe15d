// SPDX-License-Identifier: GPL-2.0-or-later
// The workflow file as it was written, field by field, checked for itself: names are still text
// here. Every string belongs to the source's arena; offsets say where an entry stands in the file,
// for errors that show only later.
#ifndef LIB_WORKFLOW_SPEC_H
#define LIB_WORKFLOW_SPEC_H

#include "lib/base/names.h"
#include "lib/text/params.h"
#include "lib/text/source.h"
#include "lib/text/template.h"
#include "lib/workflow/settings.h"
#include "lib/workflow/spec_entries.h"

struct spec_draft { // expanded commands that name files or data: gone once those are put in, so
                    // that texts are held once
    struct arena *arena;
    size_t first; // job; the next draft's first is its end
};

struct srun_signal { // number 0: not said
    int32_t number, lead_secs;
};
// Jobs that are added to a workflow (SPEC_MORE) have classes, handlers, schedulers, parameters and
// env of the file that it came from (SPEC_BASE, without its jobs).
enum spec_part { SPEC_WHOLE, SPEC_BASE, SPEC_MORE };

struct spec {
    enum spec_part part;                                       // that is being read
    const char *lineage, *state;                               // of SPEC_MORE; state: JSON
    const char *name, *description, *project, *metadata, *env; // metadata and env: JSON
    int32_t mode;                                              // enum execution_mode
    int32_t sort_method;                                       // enum sort_method
    int32_t shell;                                             // enum shell_kind
    bool limit_resources;
    struct srun_signal srun_signal;
    struct spec_overrides overrides; // job_stdio_overrides
    size_t execution_offset;         // of execution_config in the file
    struct texts access_groups;
    struct settings settings;
    struct spec_stdio stdio;
    struct spec_job *jobs;
    struct spec_file *files;
    struct spec_data *data;
    struct spec_class *classes;
    struct spec_scheduler *schedulers;
    struct spec_handler *handlers;
    struct spec_actions actions;
    struct texts slurm_defaults; // options of sbatch
    size_t jobs_count, files_count, data_count, classes_count, jobs_space, files_space, data_space,
        classes_space;
    size_t schedulers_count, schedulers_space, handlers_count, handlers_space;
    struct spec_draft *drafts;
    size_t drafts_count, drafts_space;
    // in the order of the lists
    struct names job_names, file_names, data_names, class_names, scheduler_names, handler_names;
    struct template_names variables;
    struct params params, table; // the workflow's
    bool has_table;
    bool incomplete; // parameters were wrong, so that entries are missing
};

enum sort_method { SORT_PATH = -1, SORT_GPUS_RUNTIME_MEMORY, SORT_GPUS_MEMORY_RUNTIME, SORT_NONE };
enum execution_mode { MODE_DIRECT, MODE_SLURM, MODE_AUTO };
enum shell_kind { SHELL_UNSET = -1, SHELL_BASH, SHELL_STRICT };
enum launcher { LAUNCHER_UNSET = -1, LAUNCHER_DIRECT, LAUNCHER_SRUN };

// Reads the file; what is wrong goes to source->problems. False when it is no JSON object, so that
// nothing more can be said about it. spec_fini is due on both.
bool spec_read(struct source *source, struct spec *spec);
// base NULL: of that file nothing is known; what is wrong with it is not said twice.
bool spec_read_more(struct source *base, struct source *source, struct spec *spec);
void spec_fini(struct spec *spec);

#endif

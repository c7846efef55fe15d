// SPDX-License-Identifier: GPL-2.0-or-later
// A table of words; one word may stand for several keys, of which an object has one.
#include "lib/text/foreign_words.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *word, *key;
} words[] = {
    {"id", "name"},
    {"title", "name"},
    {"cmd", "command"},
    {"script", "command"},
    {"run", "command"},
    {"exec", "command"},
    {"executable", "command"},
    {"needs", "depends_on"},
    {"requires", "depends_on"},
    {"after", "depends_on"},
    {"blocked_by", "depends_on"},
    {"dependencies", "depends_on"},
    {"dependency", "depends_on"},
    {"parents", "depends_on"},
    {"upstream", "depends_on"},
    {"input", "input_files"},
    {"inputs", "input_files"},
    {"output", "output_files"},
    {"outputs", "output_files"},
    {"environment", "env"},
    {"environ", "env"},
    {"export", "env"},
    {"vars", "variables"},
    {"constants", "variables"},
    {"params", "parameters"},
    {"matrix", "parameters"},
    {"foreach", "parameters"},
    {"cores", "cpus"},
    {"cores", "num_cpus"},
    {"threads", "cpus"},
    {"threads", "num_cpus"},
    {"ntasks", "cpus"},
    {"ntasks", "num_cpus"},
    {"cpus_per_task", "cpus"},
    {"cpus_per_task", "num_cpus"},
    {"cpus-per-task", "cpus"},
    {"cpus-per-task", "num_cpus"},
    {"ncpus", "cpus"},
    {"ncpus", "num_cpus"},
    {"mem", "memory"},
    {"ram", "memory"},
    {"mem_mb", "memory"},
    {"gres", "gpus"},
    {"time", "runtime"},
    {"time", "walltime"},
    {"walltime", "runtime"},
    {"timeout", "runtime"},
    {"time_limit", "runtime"},
    {"runtime", "walltime"},
    {"duration", "runtime"},
    {"memory", "mem"},
    {"queue", "partition"},
    {"queue", "scheduler"},
    {"cwd", "workdir"},
    {"chdir", "workdir"},
    {"dir", "workdir"},
    {"directory", "workdir"},
    {"working_directory", "workdir"},
    {"retries", "failure_handler"},
    {"max_retries", "failure_handler"},
    {"resources", "resource_requirements"},
    {"class", "resource_requirements"},
    {"resource_classes", "resource_requirements"},
    {"tasks", "jobs"},
    {"steps", "jobs"},
    {"rules", "jobs"},
    {"processes", "jobs"},
    {"tags", "labels"},
    {"value", "data"},
    {"filename", "path"},
    {"file", "path"},
    {"schedulers", "slurm_schedulers"},
    {"data", "user_data"},
};

const char *foreign_word_meant(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(words[i].word, word))
            continue;
        for (size_t k = 0; k < count; k++)
            if (!strcmp(names[k], words[i].key))
                return names[k];
    }
    return NULL;
}

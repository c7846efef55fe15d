// SPDX-License-Identifier: GPL-2.0-or-later
// The environment that sbatch is run with, on a login node and from inside an allocation.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/slurm/slurm.h"

// Variables of one job or runner, which must not reach another (plugin/README.md), and those that
// turn sbatch into something else: an array of what is none, a call that lasts until its job
// ends.
static const char *const own_names[] = {
    "TORC_RUNNER=",     "TORC_SLURM_JOB_ID=", "TORC_STEP_JOB=", "TORC_STEP_ATTEMPT=",
    "SRUN_EXPORT_ENV=", "SBATCH_ARRAY_INX=",  "SBATCH_WAIT="};

bool slurm_inside_allocation(void)
{
    return getenv("SLURM_JOB_ID") != NULL;
}

static bool starts_with(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

// Inside an allocation SLURM_* describe that allocation, and sbatch would take some of them for
// options.
static bool is_kept(const char *variable, bool inside)
{
    for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++)
        if (starts_with(variable, own_names[i]))
            return false;
    return !inside || (!starts_with(variable, "SLURM") && !starts_with(variable, "PMI"));
}

static void add(char ***list, size_t *count, char *variable)
{
    *list = xrealloc(*list, *count + 2, sizeof **list);
    (*list)[(*count)++] = variable;
    (*list)[*count] = NULL;
}

char **slurm_environment(const char *stored, const char *tag)
{
    bool inside = slurm_inside_allocation();
    json_auto_t *array = stored && inside ? json_loads(stored, 0, NULL) : NULL;
    char **list = NULL;
    size_t count = 0, i;
    json_t *item;
    if (array) {
        json_array_foreach(array, i, item)
            if (json_is_string(item) && is_kept(json_string_value(item), true))
                add(&list, &count, xstrdup(json_string_value(item)));
    } else {
        for (char **variable = environ; *variable; variable++)
            if (is_kept(*variable, inside))
                add(&list, &count, xstrdup(*variable));
    }
    if (inside && getenv("SLURM_CONF"))
        add(&list, &count, xasprintf("SLURM_CONF=%s", getenv("SLURM_CONF")));
    if (inside)
        add(&list, &count, xstrdup("SRUN_EXPORT_ENV=ALL"));
    if (tag)
        add(&list, &count, xasprintf("TORC_RUNNER=%s", tag));
    return list;
}

// sbatch's own variables are the user's to set: they are options, as on a command line.
char **slurm_command_environment(void)
{
    static const char *const dropped[] = {"SQUEUE_", "SCANCEL_",
                                          "SLURM_TIME_FORMAT=", "SLURM_BITSTR_LEN="};
    char **list = NULL;
    size_t count = 0;
    for (char **variable = environ; *variable; variable++) {
        bool keep = true;
        for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
            keep &= !starts_with(*variable, dropped[i]);
        if (keep)
            add(&list, &count, xstrdup(*variable));
    }
    return list;
}

int slurm_patience_ms(int timeout_ms)
{
    const char *text = getenv("TORC_SLURM_PATIENCE");
    int secs = text ? atoi(text) : 0;
    return secs > 0 && secs < timeout_ms / 1000 ? secs * 1000 : timeout_ms;
}

int slurm_command(const char *const *argv, int timeout_ms, struct program_result *result,
                  struct error *err)
{
    char **environment = slurm_command_environment();
    int rc = program_run(argv, NULL, environment, slurm_patience_ms(timeout_ms), result, err);
    slurm_environment_free(environment);
    return rc;
}

void slurm_environment_free(char **environment)
{
    for (char **variable = environment; variable && *variable; variable++)
        free(*variable);
    free(environment);
}

char *slurm_environment_text(char *const *environment)
{
    json_auto_t *array = json_array();
    for (char *const *variable = environment; variable && *variable; variable++)
        json_array_append_new(
            array,
            json_string(*variable)); // one that is no UTF-8 is left out: JSON cannot hold it
    return json_dumps(array, JSON_COMPACT);
}

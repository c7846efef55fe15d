// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the seldom fields of a job.
#include "lib/workflow/job_spec.h"

#include <jansson.h>
#include <string.h>

#include "lib/base/mem.h"

static int read_env(json_t *env, struct job_spec *spec)
{
    const char *name;
    json_t *value;
    size_t count = 0;
    if (!json_is_object(env))
        return -1;
    spec->env = xcalloc(json_object_size(env) + 1, sizeof *spec->env);
    json_object_foreach(env, name, value) {
        if (!json_is_string(value))
            return -1;
        spec->env[count++] = xasprintf("%s=%s", name, json_string_value(value));
    }
    return 0;
}

static int read_stdio(const json_t *stdio, struct job_spec *spec)
{
    const char *mode = json_string_value(json_object_get(stdio, "mode"));
    int found = mode ? stdio_mode_find(mode) : STDIO_AUTO;
    if (!json_is_object(stdio) || found < 0)
        return -1;
    spec->stdio_set = true;
    spec->stdio = (enum stdio_mode)found;
    spec->delete_on_success = json_is_true(json_object_get(stdio, "delete_on_success"));
    return 0;
}

int job_spec_parse(const char *json, struct job_spec *spec, struct error *err)
{
    *spec = (struct job_spec){.max_continuations = MAX_CONTINUATIONS_DEFAULT};
    if (!json)
        return 0;
    json_error_t where;
    json_auto_t *root = json_loads(json, 0, &where);
    if (!json_is_object(root))
        return error_set(err, ERROR_INTERNAL, 0,
                         "the stored fields of a job are no JSON object: %s",
                         root ? json : where.text);
    json_t *env = json_object_get(root, "env"), *stdio = json_object_get(root, "stdio");
    if (env && read_env(env, spec))
        return error_set(err, ERROR_INTERNAL, 0,
                         "the stored \"env\" of a job is no object of texts");
    if (stdio && read_stdio(stdio, spec))
        return error_set(err, ERROR_INTERNAL, 0,
                         "the stored \"stdio\" of a job has an unknown mode");
    const char *shell = json_string_value(json_object_get(root, "shell"));
    spec->strict_shell = shell && !strcmp(shell, "strict");
    spec->workdir = xstrdup(json_string_value(json_object_get(root, "workdir")));
    spec->handler = xstrdup(json_string_value(json_object_get(root, "handler")));
    spec->termination_signal =
        (int32_t)json_integer_value(json_object_get(root, "termination_signal"));
    const json_t *most = json_object_get(root, "max_continuations");
    if (json_is_integer(most))
        spec->max_continuations = (int32_t)json_integer_value(most);
    return 0;
}

void job_spec_fini(struct job_spec *spec)
{
    for (char **entry = spec->env; entry && *entry; entry++)
        free(*entry);
    free(spec->env);
    free(spec->workdir);
    free(spec->handler);
    *spec = (struct job_spec){0};
}

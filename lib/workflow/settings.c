// SPDX-License-Identifier: GPL-2.0-or-later
// Settings of a workflow to and from JSON, by one table of keys.
#include "lib/workflow/settings.h"

#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "lib/base/mem.h"

enum key_type {
    KEY_INT32,
    KEY_INT64,
    KEY_BOOL,
    KEY_TEXT,
    KEY_LIMITS,
    KEY_STDIO,
    KEY_HASH,
    KEY_PACK
};

const char *const limits_mode_names[] = {"enforce", "warn", "off", NULL};
const char *const stdio_mode_names[] = {"auto",      "separate", "combined", "no_stdout",
                                        "no_stderr", "none",     "stream",   NULL};
const char *const hash_mode_names[] = {"auto", "all", "none", NULL};
const char *const pack_mode_names[] = {"wide", "tight", NULL};

static const struct key {
    const char *name;
    enum key_type type;
    size_t offset;
} keys[] = {
    {"limits", KEY_LIMITS, offsetof(struct settings, limits)},
    {"stdio", KEY_STDIO, offsetof(struct settings, stdio)},
    {"hash", KEY_HASH, offsetof(struct settings, hash)},
    {"delete_on_success", KEY_BOOL, offsetof(struct settings, delete_on_success)},
    {"sigterm_lead_secs", KEY_INT32, offsetof(struct settings, sigterm_lead_secs)},
    {"sigkill_headroom_secs", KEY_INT32, offsetof(struct settings, sigkill_headroom_secs)},
    {"idle_secs", KEY_INT32, offsetof(struct settings, idle_secs)},
    {"strict", KEY_BOOL, offsetof(struct settings, strict)},
    {"ignore_completion", KEY_BOOL, offsetof(struct settings, ignore_completion)},
    {"termination_signal", KEY_INT32, offsetof(struct settings, termination_signal)},
    {"timeout_exit_code", KEY_INT32, offsetof(struct settings, timeout_exit_code)},
    {"oom_exit_code", KEY_INT32, offsetof(struct settings, oom_exit_code)},
    {"use_pending_failed", KEY_BOOL, offsetof(struct settings, use_pending_failed)},
    {"most_memory_bytes", KEY_INT64, offsetof(struct settings, most_memory_bytes)},
    {"most_runtime_usec", KEY_INT64, offsetof(struct settings, most_runtime_usec)},
    {"cpu_bind", KEY_BOOL, offsetof(struct settings, cpu_bind)},
    {"sample_secs", KEY_INT32, offsetof(struct settings, sample_secs)},
    {"sample_jobs", KEY_BOOL, offsetof(struct settings, sample_jobs)},
    {"sample_node_cpu", KEY_BOOL, offsetof(struct settings, sample_node_cpu)},
    {"sample_node_memory", KEY_BOOL, offsetof(struct settings, sample_node_memory)},
    {"latency_wait_secs", KEY_INT32, offsetof(struct settings, latency_wait_secs)},
    {"access_groups", KEY_TEXT, offsetof(struct settings, access_groups)},
    {"output_dir", KEY_TEXT, offsetof(struct settings, output_dir)},
    {"account", KEY_TEXT, offsetof(struct settings, account)},
    {"partition", KEY_TEXT, offsetof(struct settings, partition)},
    {"qos", KEY_TEXT, offsetof(struct settings, qos)},
    {"walltime_usec", KEY_INT64, offsetof(struct settings, walltime_usec)},
    {"max_allocations", KEY_INT32, offsetof(struct settings, max_allocations)},
    {"pack", KEY_PACK, offsetof(struct settings, pack)},
    {"shortest_usec", KEY_INT64, offsetof(struct settings, shortest_usec)},
    {"max_iterations", KEY_INT32, offsetof(struct settings, max_iterations)},
    {"max_fails", KEY_INT32, offsetof(struct settings, max_fails)},
    {"memory_unasked", KEY_BOOL, offsetof(struct settings, memory_unasked)},
};
enum { KEYS = sizeof keys / sizeof *keys };

void settings_init(struct settings *settings)
{
    *settings = (struct settings){
        .sigterm_lead_secs = -1,
        .sigkill_headroom_secs = -1,
        .idle_secs = 60,
        .termination_signal = 15,
        .timeout_exit_code = 152,
        .oom_exit_code = 137,
        .sample_secs = 10,
        .latency_wait_secs = 5,
        .output_dir = xstrdup("torc_output"),
        .max_allocations = 16,
        .shortest_usec = 10 * 60 * 1000000LL,
        .max_iterations = 1000,
    };
}

void settings_fini(struct settings *settings)
{
    free(settings->access_groups);
    free(settings->output_dir);
    free(settings->account);
    free(settings->partition);
    free(settings->qos);
    schedulers_fini(&settings->schedulers);
    handlers_fini(&settings->handlers);
    sbatch_options_fini(&settings->sbatch_options);
    *settings = (struct settings){0};
}

static int find_name(const char *const *names, const char *text)
{
    for (int i = 0; text && names[i]; i++)
        if (!strcmp(names[i], text))
            return i;
    return -1;
}

int stdio_mode_find(const char *name)
{
    return find_name(stdio_mode_names, name);
}

enum stdio_mode stdio_mode_settle(enum stdio_mode mode, size_t jobs)
{
    enum { SEPARATE_MOST = 10000 };
    return mode != STDIO_AUTO ? mode : jobs <= SEPARATE_MOST ? STDIO_SEPARATE : STDIO_STREAM;
}

int64_t hash_mode_bytes(enum hash_mode mode)
{
    static const int64_t most[] = {
        [HASH_AUTO] = 64 << 20, [HASH_ALL] = INT64_MAX, [HASH_NONE] = -1};
    return most[mode];
}

static int read_key(struct settings *settings, const struct key *key, const json_t *value)
{
    void *at = (char *)settings + key->offset;
    int found;
    switch (key->type) {
    case KEY_INT32:
        *(int32_t *)at = (int32_t)json_integer_value(value);
        return json_is_integer(value) ? 0 : -1;
    case KEY_INT64:
        *(int64_t *)at = json_integer_value(value);
        return json_is_integer(value) ? 0 : -1;
    case KEY_BOOL:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value) ? 0 : -1;
    case KEY_TEXT:
        free(*(char **)at);
        *(char **)at = xstrdup(json_string_value(value));
        return json_is_string(value) ? 0 : -1;
    case KEY_LIMITS:
        found = find_name(limits_mode_names, json_string_value(value));
        settings->limits = found < 0 ? LIMITS_ENFORCE : (enum limits_mode)found;
        return found < 0 ? -1 : 0;
    case KEY_STDIO:
        found = find_name(stdio_mode_names, json_string_value(value));
        settings->stdio = found < 0 ? STDIO_AUTO : (enum stdio_mode)found;
        return found < 0 ? -1 : 0;
    case KEY_HASH:
        found = find_name(hash_mode_names, json_string_value(value));
        settings->hash = found < 0 ? HASH_AUTO : (enum hash_mode)found;
        return found < 0 ? -1 : 0;
    case KEY_PACK:
        found = find_name(pack_mode_names, json_string_value(value));
        settings->pack = found < 0 ? PACK_WIDE : (enum pack_mode)found;
        return found < 0 ? -1 : 0;
    }
    return -1;
}

static int read_options(struct settings *settings, const json_t *list)
{
    size_t count = json_array_size(list);
    if (list && !json_is_array(list))
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text)
            return -1;
        sbatch_options_add(&settings->sbatch_options, xstrdup(text));
    }
    return 0;
}

int settings_parse(struct settings *settings, const char *text, struct error *err)
{
    json_error_t where;
    json_auto_t *root = json_loads(text, 0, &where);
    settings_init(settings);
    if (!json_is_object(root))
        return error_set(err, ERROR_USAGE, 0, "workflow settings are no JSON object: %s",
                         root ? text : where.text);
    for (int i = 0; i < KEYS; i++) {
        const json_t *value = json_object_get(root, keys[i].name);
        if (value && !json_is_null(value) && read_key(settings, &keys[i], value))
            return error_set(err, ERROR_USAGE, 0, "workflow settings: wrong value of \"%s\"",
                             keys[i].name);
    }
    if (read_options(settings, json_object_get(root, "sbatch_options")))
        return error_set(err, ERROR_USAGE, 0,
                         "workflow settings: \"sbatch_options\" is no list of texts");
    if (schedulers_read(&settings->schedulers, json_object_get(root, "schedulers")))
        return error_set(err, ERROR_USAGE, 0, "workflow settings: wrong value of \"schedulers\"");
    if (handlers_read(&settings->handlers, json_object_get(root, "handlers")))
        return error_set(err, ERROR_USAGE, 0, "workflow settings: wrong value of \"handlers\"");
    return 0;
}

static json_t *key_json(const struct settings *settings, const struct key *key)
{
    const void *at = (const char *)settings + key->offset;
    switch (key->type) {
    case KEY_INT32:
        return json_integer(*(const int32_t *)at);
    case KEY_INT64:
        return json_integer(*(const int64_t *)at);
    case KEY_BOOL:
        return json_boolean(*(const bool *)at);
    case KEY_TEXT:
        return *(char *const *)at ? json_string(*(char *const *)at) : json_null();
    case KEY_LIMITS:
        return json_string(limits_mode_names[settings->limits]);
    case KEY_STDIO:
        return json_string(stdio_mode_names[settings->stdio]);
    case KEY_HASH:
        return json_string(hash_mode_names[settings->hash]);
    case KEY_PACK:
        return json_string(pack_mode_names[settings->pack]);
    }
    return json_null();
}

char *settings_text(const struct settings *settings)
{
    json_auto_t *root = json_object();
    for (int i = 0; i < KEYS; i++)
        json_object_set_new(root, keys[i].name, key_json(settings, &keys[i]));
    json_t *options = json_array();
    for (size_t i = 0; i < settings->sbatch_options.count; i++)
        json_array_append_new(options, json_string(settings->sbatch_options.list[i]));
    json_object_set_new(root, "sbatch_options", options);
    json_object_set_new(root, "schedulers", schedulers_json(&settings->schedulers));
    json_object_set_new(root, "handlers", handlers_json(&settings->handlers));
    return json_dumps(root, JSON_COMPACT);
}

struct end_times settings_end_times(const struct settings *settings, int64_t walltime_usec)
{
    enum { LEAD = 30, HEADROOM = 60, LEAST = 10 };
    const int64_t sec = 1000000;
    bool set = settings->sigterm_lead_secs >= 0 || settings->sigkill_headroom_secs >= 0;
    int64_t lead = settings->sigterm_lead_secs >= 0 ? settings->sigterm_lead_secs : LEAD;
    int64_t headroom =
        settings->sigkill_headroom_secs >= 0 ? settings->sigkill_headroom_secs : HEADROOM;
    int64_t margin = (lead + headroom) * sec;
    if (!set &&
        walltime_usec > 0) { // at most a tenth of the walltime, at least 10 s, in that proportion
        int64_t tenth = walltime_usec / 10 > LEAST * sec ? walltime_usec / 10 : LEAST * sec;
        if (tenth < margin)
            return (struct end_times){.margin_usec = tenth,
                                      .headroom_usec = tenth * HEADROOM / (LEAD + HEADROOM)};
    }
    return (struct end_times){.margin_usec = margin, .headroom_usec = headroom * sec};
}

enum stdio_mode settings_stdio(const char *text)
{
    struct settings settings;
    struct error ignored;
    enum stdio_mode mode =
        settings_parse(&settings, text ? text : "{}", &ignored) ? STDIO_SEPARATE : settings.stdio;
    settings_fini(&settings);
    return mode;
}

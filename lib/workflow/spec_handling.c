// SPDX-License-Identifier: GPL-2.0-or-later
// Reads what says how failures are handled, what happens when, and what is sampled.
#include "lib/workflow/spec_handling.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/signals.h"
#include "lib/text/yaml_value.h"
#include "lib/workflow/action.h"

// clang-format off
#define TABLE(name) {.fields = name, .count = sizeof name / sizeof *name}
// clang-format on

// ---- rules of failure handlers ----

// Codes that no job ends with are harmless: the rule never matches them.
static void read_codes(struct source *source, json_t *value, const struct field *field, void *at)
{
    json_auto_t *codes = source->plain ? yaml_settle(value) : json_incref(value);
    (void)field;
    if (!json_is_array(codes)) {
        source_error(source, "expected a list of exit codes, [1, 137], found %s",
                     field_found(source, codes));
        return;
    }
    for (size_t i = 0; i < json_array_size(codes); i++) {
        json_t *code = json_array_get(codes, i);
        source_down_index(source, i);
        if (!json_is_integer(code))
            source_error(source, "expected an exit code, a whole number, found %s",
                         field_found(source, code));
        else if (json_integer_value(code) < 1 || json_integer_value(code) > 255)
            source_warning(source,
                           "no failure has the exit code %" JSON_INTEGER_FORMAT
                           "; they go from 1 to 255",
                           json_integer_value(code));
        else
            ((bool *)at)[json_integer_value(code)] = true;
        source_up(source);
    }
}

// "SEGV", "SIGSEGV", 11: any signal may have ended a job, not only those that are sent to it.
static void read_rule_signal(struct source *source, json_t *value, const struct field *field,
                             void *at)
{
    enum { MOST = 64 };
    json_auto_t *signal = source->plain ? yaml_settle(value) : json_incref(value);
    json_int_t number = json_is_string(signal) ? signal_number(json_string_value(signal))
                                               : json_integer_value(signal);
    (void)field;
    if (!json_is_string(signal) && !json_is_integer(signal))
        source_error(source, "expected a signal, such as \"SIGSEGV\" or 11, found %s",
                     field_found(source, signal));
    else if (number < 1 || number > MOST)
        source_error(source, "%s is no signal; write its name, such as SIGSEGV, or its number",
                     field_found(source, signal));
    else
        *(int32_t *)at = (int32_t)number;
}

static void read_factor(struct source *source, json_t *value, const struct field *field, void *at)
{
    static const struct field number = {.type = FIELD_NUMBER};
    double factor = 1;
    field_read(source, value, &number, &factor);
    if (factor <= 0 || factor > 1000)
        source_error(
            source,
            "%g: a factor is more than 0, and at most 1000; with 1.5 there is half as much more",
            factor);
    else
        *(double *)at = factor;
    (void)field;
}

#define AT(member) offsetof(struct handler_rule, member)
static const struct field rule_fields[] = {
    {.name = "exit_codes", .type = FIELD_OWN, .read = read_codes, .offset = AT(exit_codes)},
    {.name = "match_all_exit_codes", .type = FIELD_FLAG, .offset = AT(all)},
    {.name = "signal", .type = FIELD_OWN, .read = read_rule_signal, .offset = AT(signal)},
    {.name = "oom", .type = FIELD_FLAG, .offset = AT(oom)},
    {.name = "timeout", .type = FIELD_FLAG, .offset = AT(timeout)},
    {.name = "recovery_script", .type = FIELD_SCRIPT, .offset = AT(script)},
    {.name = "max_retries", .type = FIELD_COUNT, .offset = AT(max_retries), .most = INT32_MAX},
    {.name = "scale_memory", .type = FIELD_OWN, .read = read_factor, .offset = AT(scale_memory)},
    {.name = "scale_runtime", .type = FIELD_OWN, .read = read_factor, .offset = AT(scale_runtime)},
};
#undef AT
static const struct field_table rule_table = TABLE(rule_fields);

static bool is_list(struct source *source, json_t *value)
{
    if (json_is_array(value))
        return true;
    source_error(source, "expected a list of objects, [{…}, …], found %s",
                 field_found(source, value));
    return false;
}

static bool is_for_any(const struct handler_rule *rule)
{
    return memchr(rule->exit_codes, true, sizeof rule->exit_codes) || rule->all || rule->signal ||
           rule->oom || rule->timeout;
}

void spec_rules_read(struct source *source, json_t *value, const struct field *field, void *at)
{
    struct spec_handler *handler = at;
    (void)field;
    if (!is_list(source, value))
        return;
    handler->rules =
        arena_alloc(source->arena, (json_array_size(value) + 1) * sizeof *handler->rules);
    handler->rules_count = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct handler_rule *rule = &handler->rules[handler->rules_count++];
        *rule = (struct handler_rule){.max_retries = MAX_RETRIES_DEFAULT};
        source_down_index(source, i);
        size_t errors = source->problems->errors;
        fields_read(source, json_array_get(value, i), &rule_table, rule);
        if (errors == source->problems->errors && !is_for_any(rule))
            source_warning(source, "this rule is for no failure; give it \"exit_codes\", "
                                   "\"signal\", \"oom\": true, \"timeout\": true or "
                                   "\"match_all_exit_codes\": true");
        source_up(source);
    }
}

// ---- actions ----

static const char *const scheduler_types[] = {"slurm", NULL};

#define AT(member) offsetof(struct spec_action, member)
static const struct field action_fields[] = {
    {.name = "trigger_type",
     .type = FIELD_CHOICE,
     .offset = AT(trigger),
     .extra = action_trigger_names,
     .required = true},
    {.name = "action_type",
     .type = FIELD_CHOICE,
     .offset = AT(type),
     .extra = action_type_names,
     .required = true},
    {.name = "jobs", .type = FIELD_TEXTS, .offset = AT(jobs)},
    {.name = "job_name_regexes", .type = FIELD_REGEXES, .offset = AT(regexes)},
    {.name = "commands", .type = FIELD_TEXTS, .offset = AT(commands)},
    {.name = "scheduler", .type = FIELD_TEXT, .offset = AT(scheduler)},
    {.name = "scheduler_type",
     .type = FIELD_CHOICE,
     .offset = AT(scheduler_type),
     .extra = scheduler_types},
    {.name = "num_allocations",
     .type = FIELD_COUNT,
     .offset = AT(num_allocations),
     .least = 1,
     .most = 1000000},
    {.name = "start_one_worker_per_node", .type = FIELD_FLAG, .unused = true},
    {.name = "max_parallel_jobs",
     .type = FIELD_COUNT,
     .offset = AT(max_parallel_jobs),
     .least = 1,
     .most = 1000000},
    {.name = "persistent", .type = FIELD_FLAG, .offset = AT(persistent)},
};
#undef AT
static const struct field_table action_table = TABLE(action_fields);

static void warn_without_effect(struct source *source, json_t *object, const char *const *names,
                                const char *type)
{
    for (; *names; names++) {
        json_t *value = json_object_get(object, *names);
        if (!value || json_is_null(value))
            continue;
        source_down_key(source, *names);
        source_warning(source, "without effect: the action's type is \"%s\"", type);
        source_up(source);
    }
}

// What one kind of action needs, and what means nothing to it.
static void check_action(struct source *source, const struct spec_action *action, json_t *object)
{
    static const char *const of_nodes[] = {"scheduler", "scheduler_type", "num_allocations",
                                           "max_parallel_jobs", NULL};
    static const char *const of_commands[] = {"commands", NULL};
    bool of_jobs = action->trigger == ACTION_JOBS_READY || action->trigger == ACTION_JOBS_COMPLETE;
    if (of_jobs && !action->jobs.count && !action->regexes.count)
        source_error(source, "\"%s\" of which jobs? Give \"jobs\" or \"job_name_regexes\"",
                     action_trigger_names[action->trigger]);
    if (action->type == ACTION_COMMANDS && !action->commands.count)
        source_error(source, "\"run_commands\" needs \"commands\", a list with at least one");
    if (action->type == ACTION_NODES && !action->scheduler)
        source_error(
            source,
            "\"schedule_nodes\" needs \"scheduler\", the name of one in \"slurm_schedulers\"");
    warn_without_effect(source, object, action->type == ACTION_COMMANDS ? of_nodes : of_commands,
                        action_type_names[action->type]);
}

void spec_actions_read(struct source *source, json_t *value, const struct field *field, void *at)
{
    struct spec_actions *actions = at;
    (void)field;
    if (!is_list(source, value))
        return;
    actions->offset = source->base_offset;
    actions->count = 0; // the key may be there twice, which is said
    actions->list =
        arena_alloc(source->arena, (json_array_size(value) + 1) * sizeof *actions->list);
    for (size_t i = 0; i < json_array_size(value); i++) {
        enum { UNKNOWN = -1 };
        struct spec_action *action = &actions->list[actions->count++];
        *action = (struct spec_action){.trigger = UNKNOWN, .type = UNKNOWN, .num_allocations = 1};
        source_down_index(source, i);
        fields_read(source, json_array_get(value, i), &action_table, action);
        if (action->trigger != UNKNOWN && action->type != UNKNOWN)
            check_action(source, action, json_array_get(value, i));
        source_up(source);
    }
}

// ---- the resource monitor ----

struct monitor {
    bool enabled, cpu, memory;
    int32_t granularity, interval;
};

static const char *const granularities[] = {"summary", "time_series", NULL};
enum { GRANULARITY_SERIES = 1 };

#define AT(member) offsetof(struct monitor, member)
// clang-format off
#define MONITORED \
    {.name = "enabled", .type = FIELD_FLAG, .offset = AT(enabled)}, \
    {.name = "granularity", .type = FIELD_CHOICE, .offset = AT(granularity), .extra = granularities}
// clang-format on
static const struct field jobs_fields[] = {MONITORED};
static const struct field node_fields[] = {
    MONITORED,
    {.name = "cpu", .type = FIELD_FLAG, .offset = AT(cpu)},
    {.name = "memory", .type = FIELD_FLAG, .offset = AT(memory)},
};
// clang-format off
// an unknown key is a warning there
#define TABLE_OF_MONITOR(name) {name, sizeof name / sizeof *name, true}
// clang-format on

// Jobs and node: is there to be a time series?
struct monitors {
    struct monitor all, jobs, node;
};

static bool is_series(const struct monitor *monitor)
{
    return monitor->enabled && monitor->granularity == GRANULARITY_SERIES;
}

static const struct field_table jobs_table = TABLE_OF_MONITOR(jobs_fields),
                                node_table = TABLE_OF_MONITOR(node_fields);

static void read_jobs(struct source *source, json_t *value, const struct field *field, void *at)
{
    (void)field;
    fields_read(source, value, &jobs_table, at);
}

static void read_node(struct source *source, json_t *value, const struct field *field, void *at)
{
    (void)field;
    fields_read(source, value, &node_table, at);
}

static const struct field monitor_fields[] = {
    MONITORED,
    {.name = "sample_interval_seconds",
     .type = FIELD_COUNT,
     .offset = AT(interval),
     .least = 1,
     .most = 86400},
    {.name = "flush_interval_seconds",
     .type = FIELD_COUNT,
     .unused = true,
     .least = 1,
     .most = INT32_MAX},
    {.name = "generate_plots", .type = FIELD_FLAG, .unused = true},
    {.name = "jobs",
     .type = FIELD_OWN,
     .read = read_jobs,
     .offset = offsetof(struct monitors, jobs)},
    {.name = "compute_node",
     .type = FIELD_OWN,
     .read = read_node,
     .offset = offsetof(struct monitors, node)},
};
#undef AT
static const struct field_table monitor_table = TABLE_OF_MONITOR(monitor_fields);

void spec_monitor_read(struct source *source, json_t *value, const struct field *field, void *at)
{
    struct settings *settings = at;
    struct monitors monitors = {.all.interval = settings->sample_secs,
                                .node = {.cpu = true, .memory = true}};
    (void)field;
    fields_read(source, value, &monitor_table, &monitors);
    json_t *jobs = json_object_get(value, "jobs");
    bool has_jobs = jobs && !json_is_null(jobs); // else what is said outside holds for them
    settings->sample_secs = monitors.all.interval;
    settings->sample_jobs = is_series(has_jobs ? &monitors.jobs : &monitors.all);
    settings->sample_node_cpu = is_series(&monitors.node) && monitors.node.cpu;
    settings->sample_node_memory = is_series(&monitors.node) && monitors.node.memory;
}

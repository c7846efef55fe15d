// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/workflow/handler.h"

#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/record.h"
#include "lib/base/size.h"

static json_t *rule_json(const struct handler_rule *rule)
{
    json_t *codes = json_array();
    for (int code = 0; code < EXIT_CODES; code++)
        if (rule->exit_codes[code])
            json_array_append_new(codes, json_integer(code));
    return json_pack("{s:o, s:i, s:b, s:b, s:b, s:s?, s:i, s:f, s:f}", "exit_codes", codes,
                     "signal", rule->signal, "oom", rule->oom, "timeout", rule->timeout, "all",
                     rule->all, "script", rule->script, "max_retries", rule->max_retries,
                     "scale_memory", rule->scale_memory, "scale_runtime", rule->scale_runtime);
}

json_t *handlers_json(const struct handlers *handlers)
{
    json_t *list = json_array();
    for (size_t i = 0; i < handlers->count; i++) {
        const struct handler *handler = &handlers->list[i];
        json_t *rules = json_array();
        for (size_t r = 0; r < handler->rules_count; r++)
            json_array_append_new(rules, rule_json(&handler->rules[r]));
        json_array_append_new(list, json_pack("{s:s, s:o}", "name", handler->name, "rules", rules));
    }
    return list;
}

static int read_rule(struct handler_rule *rule, json_t *item, struct arena *arena)
{
    int all = 0, oom = 0, timeout = 0, signal = 0, most = MAX_RETRIES_DEFAULT;
    json_t *codes = NULL, *script = NULL;
    if (json_unpack(item, "{s?o, s?i, s?b, s?b, s?b, s?o, s?i, s?F, s?F}", "exit_codes", &codes,
                    "signal", &signal, "oom", &oom, "timeout", &timeout, "all", &all, "script",
                    &script, "max_retries", &most, "scale_memory", &rule->scale_memory,
                    "scale_runtime", &rule->scale_runtime))
        return -1;
    for (size_t i = 0; i < json_array_size(codes); i++) {
        json_int_t code = json_integer_value(json_array_get(codes, i));
        if (code < 0 || code >= EXIT_CODES)
            return -1;
        rule->exit_codes[code] = true;
    }
    rule->signal = signal;
    rule->oom = oom;
    rule->timeout = timeout;
    rule->all = all;
    rule->max_retries = most;
    rule->script = arena_strdup(arena, json_string_value(script));
    return 0;
}

static int read_handler(struct handler *handler, json_t *item, struct arena *arena)
{
    const json_t *rules = json_object_get(item, "rules");
    *handler = (struct handler){
        .name = arena_strdup(arena, json_string_value(json_object_get(item, "name"))),
        .rules_count = json_array_size(rules)};
    size_t bytes = handler->rules_count * sizeof *handler->rules;
    handler->rules = memset(arena_alloc(arena, bytes + 1), 0, bytes + 1);
    for (size_t i = 0; i < handler->rules_count; i++)
        if (read_rule(&handler->rules[i], json_array_get(rules, i), arena))
            return -1;
    return handler->name && json_is_array(rules) ? 0 : -1;
}

int handlers_read(struct handlers *handlers, const json_t *list)
{
    if (!list || (json_is_array(list) && !json_array_size(list)))
        return 0;
    handlers->arena = arena_create();
    handlers->list =
        arena_alloc(handlers->arena, (json_array_size(list) + 1) * sizeof *handlers->list);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (read_handler(&handlers->list[handlers->count++], json_array_get(list, i),
                         handlers->arena))
            return -1;
    return json_is_array(list) ? 0 : -1;
}

void handlers_fini(struct handlers *handlers)
{
    arena_destroy(handlers->arena);
    *handlers = (struct handlers){0};
}

const struct handler *handlers_find(const struct handlers *handlers, const char *name)
{
    for (size_t i = 0; name && i < handlers->count; i++)
        if (!strcmp(handlers->list[i].name, name))
            return &handlers->list[i];
    return NULL;
}

int32_t failure_code(const struct failure *f)
{
    return f->reason == REASON_OOM       ? f->oom_code
           : f->reason == REASON_TIMEOUT ? f->timeout_code
           : f->exit_code != UNKNOWN     ? f->exit_code
                                         : 128 + f->signal;
}

// Does the rule name this failure? A signal that was sent for memory or time is none of the job's.
static bool names(const struct handler_rule *rule, const struct failure *f)
{
    int32_t code = failure_code(f);
    return (code > 0 && code < EXIT_CODES && rule->exit_codes[code]) ||
           (rule->oom && f->reason == REASON_OOM) ||
           (rule->timeout && f->reason == REASON_TIMEOUT) ||
           (rule->signal && f->reason == REASON_SIGNAL && rule->signal == f->signal);
}

const struct handler_rule *handler_match(const struct handler *handler, const struct failure *f)
{
    for (size_t i = 0; i < handler->rules_count; i++)
        if (names(&handler->rules[i], f))
            return &handler->rules[i];
    for (size_t i = 0; i < handler->rules_count; i++)
        if (handler->rules[i].all)
            return &handler->rules[i];
    return NULL;
}

// What a retry has added: "+2g", "+1h".
static bool is_added(const char *text)
{
    int64_t number;
    return !size_parse(text, &number) || !duration_parse(text, &number);
}

char *handler_class_name(const char *class_name, int64_t memory_bytes, int64_t runtime_usec)
{
    char memory[SIZE_TEXT], runtime[DURATION_TEXT];
    cleanup_free char *base = xstrdup(class_name);
    for (char *plus; (plus = strrchr(base, '+')) && is_added(plus + 1);)
        *plus = '\0';
    return xasprintf("%s%s%s%s%s", base, memory_bytes ? "+" : "",
                     memory_bytes ? size_format(memory_bytes, memory, sizeof memory) : "",
                     runtime_usec ? "+" : "",
                     runtime_usec ? duration_format(runtime_usec, runtime, sizeof runtime) : "");
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Reads slurm_defaults: options of sbatch as keys, for all schedulers.
#include "lib/workflow/spec_schedulers.h"

#include <string.h>

#include "lib/text/yaml_value.h"
#include "lib/workflow/sbatch_options.h"
#include "lib/workflow/spec.h"

// What belongs elsewhere; NULL: it may stand here.
static const char *why_not(const char *key)
{
    static const char *const of_schedulers[] = {"partition", "nodes", "walltime",
                                                "time",      "mem",   "gres"};
    const char *why = NULL;
    for (size_t i = 0; i < sizeof of_schedulers / sizeof *of_schedulers; i++)
        if (!strcmp(key, of_schedulers[i]))
            return "write it in an entry of \"slurm_schedulers\"";
    if (!strcmp(key, "name"))
        return "allocations are named by torc";
    return sbatch_option_is_free(key, &why) ? NULL : why;
}

static bool is_option_name(const char *key)
{
    size_t length = strlen(key);
    return length && key[0] != '-' &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

// The option, or NULL: false leaves it out, as does null.
static const char *option_of(struct source *source, const char *key, json_t *value)
{
    if (json_is_string(value) && !strpbrk(json_string_value(value), "\r\n"))
        return arena_printf(source->arena, "--%s=%s", key, json_string_value(value));
    if (json_is_integer(value))
        return arena_printf(source->arena, "--%s=%" JSON_INTEGER_FORMAT, key,
                            json_integer_value(value));
    if (json_is_real(value))
        return arena_printf(source->arena, "--%s=%.15g", key, json_real_value(value));
    if (json_is_true(value))
        return arena_printf(source->arena, "--%s", key);
    if (!json_is_false(value) && !json_is_null(value))
        source_error(source, "expected text, a number, true or false, found %s",
                     field_found(source, value));
    return NULL;
}

static void read_one(struct source *source, struct texts *options, const char *key, json_t *value)
{
    json_auto_t *settled = source->plain ? yaml_settle(value) : json_incref(value);
    json_auto_t *written = source->plain ? yaml_as_written(value) : json_incref(value);
    const char *why = why_not(key);
    struct sbatch_options one = {0};
    struct sbatch_asks asks;
    struct error err;
    if (!is_option_name(key)) {
        source_error_key(source, "%s is no long option of sbatch; write it without dashes in front",
                         source_quote(source, key));
        return;
    }
    if (why) {
        source_error_key(source, "this option of sbatch does not belong in \"slurm_defaults\": %s",
                         why);
        return;
    }
    const char *option = option_of(
        source, key, json_is_boolean(settled) || json_is_null(settled) ? settled : written);
    if (!option)
        return;
    sbatch_asks_init(&asks);
    sbatch_options_add(&one, (char *)(uintptr_t)option);
    if (sbatch_asks_add(&asks, &one, &err))
        source_error(source, "%s", err.text);
    else
        options->items[options->count++] = option;
    free(one.list); // the option is the arena's
}

void spec_defaults_read(struct source *source, json_t *value, const struct field *field, void *at)
{
    const char *key;
    json_t *item;
    struct texts *options = at;
    (void)field;
    if (!json_is_object(value)) {
        source_error(source, "expected an object of sbatch's long options, found %s",
                     field_found(source, value));
        return;
    }
    options->items =
        arena_alloc(source->arena, (json_object_size(value) + 1) * sizeof *options->items);
    options->count = 0;
    json_object_foreach(value, key, item) {
        source_down_key(source, key);
        read_one(source, options, key, item);
        source_up(source);
    }
}

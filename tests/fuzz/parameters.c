// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes parameters: the first line as values, the rest as a text with them in it, and all of it as
// a table.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/text/param_table.h"
#include "lib/text/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_instance(const struct params *params, size_t instance, const char *text,
                           struct arena *arena)
{
    cleanup_free struct param_value *values = xcalloc(params->count, sizeof *values);
    params_get(params, instance, values);
    for (size_t i = 0; i < params->count; i++)
        check(values[i].text && strlen(values[i].text) < 100000);
    struct template_names names = {
        .names = params->names, .values = values, .count = params->count};
    struct template_note note;
    const char *expanded = template_expand(text, &names, arena, &note);
    check(note.kind == TEMPLATE_FINE ||
          (note.at >= text && note.at + note.length <= text + strlen(text)));
    names.escape = names.plain = true;
    template_expand(expanded, &names, arena, NULL);
}

static void check_params(const struct params *params, const char *text, struct arena *arena)
{
    struct error err;
    size_t count;
    if (params_count(params, &count, &err))
        return;
    check(count > 0 && count <= PARAMS_MOST);
    check_instance(params, 0, text, arena);
    check_instance(params, count / 2, text, arena);
    check_instance(params, count - 1, text, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *names[] = {"i", "j"};
    struct arena *arena = arena_create();
    struct param_list lists[2];
    struct params params = {.names = names, .lists = lists, .count = 2}, table;
    struct error err;
    cleanup_free char *first = xstrndup((const char *)data, size);
    char *second = strchr(first, '\n');
    if (second)
        *second++ = '\0';
    if (!param_list_parse(first, arena, &lists[0], &err) &&
        !param_list_parse("[7, 'x', 1.5]", arena, &lists[1], &err))
        check_params(&params, second ? second : "{i} {j:03d}", arena);
    for (int kind = PARAM_TABLE_CSV; kind <= PARAM_TABLE_JSON_LINES; kind++)
        if (!param_table_read((const char *)data, size, (enum param_table_kind)kind, arena, &table,
                              &err))
            check_params(&table, "{i} {j:.2f} {{i}} ${x} ${files.input.{i}}", arena);
    arena_destroy(arena);
    return 0;
}

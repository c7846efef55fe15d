// SPDX-License-Identifier: GPL-2.0-or-later
// Unites lists, compares everything else.
#include "lib/workflow/spec_unite.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/workflow/spec.h"

static void append(struct source *source, struct texts *into, const struct texts *from)
{
    if (!from->count || into->items == from->items)
        return;
    uint32_t count = into->count + from->count;
    if (count > into->space) {
        const char **items = arena_alloc(source->arena, 2 * (size_t)count * sizeof *items);
        if (into->count)
            memcpy(items, into->items, into->count * sizeof *items);
        into->items = items;
        into->space = 2 * count;
    }
    memcpy(into->items + into->count, from->items, from->count * sizeof *from->items);
    into->count = count;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool same_stdio(const struct spec_stdio *a, const struct spec_stdio *b)
{
    return a->set == b->set && a->mode == b->mode && a->delete_on_success == b->delete_on_success;
}

static bool same(const struct field *field, const void *a, const void *b)
{
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_SCRIPT:
    case FIELD_COMMAND:
    case FIELD_NAME:
    case FIELD_PATH:
    case FIELD_JOB_NAME:
    case FIELD_ENV:
    case FIELD_JSON:
    case FIELD_METADATA:
        return same_text(*(const char *const *)a, *(const char *const *)b);
    case FIELD_NUMBER:
        return !memcmp(a, b, sizeof(double));
    case FIELD_FLAG:
        return *(const bool *)a == *(const bool *)b;
    case FIELD_COUNT:
    case FIELD_GPUS:
    case FIELD_SIGNAL:
    case FIELD_CHOICE:
        return *(const int32_t *)a == *(const int32_t *)b;
    case FIELD_SIZE:
    case FIELD_DURATION:
        return *(const int64_t *)a == *(const int64_t *)b;
    case FIELD_STDIO:
        return same_stdio(a, b);
    case FIELD_TEXTS:
    case FIELD_LABELS:
    case FIELD_REGEXES:
    case FIELD_OBJECT:
    case FIELD_OWN:
    case FIELD_NO_EFFECT:
        return true;
    }
    return true;
}

static void report(struct source *source, const struct field *field, const char *name,
                   const void *a, const void *b)
{
    const char *how = "";
    if (field->type == FIELD_TEXT || field->type == FIELD_COMMAND || field->type == FIELD_NAME ||
        field->type == FIELD_PATH || field->type == FIELD_SCRIPT)
        how = arena_printf(
            source->arena, ": %s and %s",
            *(const char *const *)a ? source_quote(source, *(const char *const *)a) : "nothing",
            *(const char *const *)b ? source_quote(source, *(const char *const *)b) : "nothing");
    source_down_key(source, field->name);
    source_error(source,
                 "several instances of this entry are named %s, so they are one, but here they "
                 "differ%s; put the "
                 "parameter into the name, or take it out here",
                 source_quote(source, name), how);
    source_up(source);
}

void unite_entries(struct unite *unite, struct source *source, const struct field_table *table,
                   void *into, const void *from)
{
    const char *name = "";
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        char *a = (char *)into + field->offset;
        const char *b = (const char *)from + field->offset;
        if (!strcmp(field->name, "name"))
            name = *(const char **)a;
        if (field->unused)
            continue;
        if (field->type == FIELD_TEXTS || field->type == FIELD_LABELS ||
            field->type == FIELD_REGEXES) {
            append(source, (struct texts *)a, (const struct texts *)b);
        } else if (!same(field, a, b) && !unite->differed) {
            report(source, field, name, a, b);
            unite->differed = true;
        }
    }
}

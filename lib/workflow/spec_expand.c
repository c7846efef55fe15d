// SPDX-License-Identifier: GPL-2.0-or-later
// Reads an entry once; every instance is a copy of the struct with the texts replaced that hold
// parameters.
#include "lib/workflow/spec_expand.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/text/substitute.h"
#include "lib/workflow/spec_params.h"
#include "lib/workflow/spec_unite.h"

enum { DRAFT_JOBS = 4096 };

enum slot_kind { SLOT_TEXT, SLOT_TEXTS, SLOT_JSON };

struct slot { // a field that holds parameters, or something that looks like one
    const struct field *field;
    enum slot_kind kind;
    json_t *value; // SLOT_JSON: read anew for each instance
    bool noted;
};

struct expansion {
    struct source *source;
    struct spec *spec;
    const struct section *section;
    const struct params *params; // NULL: none
    struct template_names names;
    struct slot *slots;
    size_t slots_count, slots_space;
    struct arena *scratch;
    struct unite unite;
};

static enum slot_kind kind_of(enum field_type type)
{
    switch (type) {
    case FIELD_TEXT:
    case FIELD_SCRIPT:
    case FIELD_COMMAND:
    case FIELD_NAME:
    case FIELD_PATH:
    case FIELD_JOB_NAME:
        return SLOT_TEXT;
    case FIELD_TEXTS:
    case FIELD_LABELS:
    case FIELD_REGEXES:
        return SLOT_TEXTS;
    default:
        return SLOT_JSON;
    }
}

// In these a {word} may be anybody's, the shell's for example.
static bool is_free_text(enum field_type type)
{
    return type == FIELD_COMMAND || type == FIELD_SCRIPT || type == FIELD_ENV || type == FIELD_JSON;
}

static const char *all_names(const struct expansion *e)
{
    const char *all = "";
    for (size_t i = 0; i < e->names.count; i++)
        all = arena_printf(e->source->arena, "%s%s%s", all, i ? ", " : "", e->names.names[i]);
    return all;
}

static void note_unknown(struct expansion *e, const struct field *field,
                         const struct template_note *note)
{
    struct source *source = e->source;
    const struct params *shared = &e->spec->params;
    size_t length = strcspn(note->at + 1, ":}"), habit;
    bool inherits = params_find(shared, note->at + 1, length) < shared->count;
    const char *word = arena_strndup(source->arena, note->at + 1, length), *hint;
    if (is_free_text(field->type) && !e->params && !inherits)
        return;
    bool told = field->type == FIELD_COMMAND || field->type == FIELD_SCRIPT; // by resolve_links.c
    if (told && !inherits && substitute_habit(note->at, &habit) == note->at)
        return;
    if (inherits)
        hint = arena_printf(source->arena,
                            "; the workflow has it: write \"use_parameters\": [\"%s\"]", word);
    else if (!e->params)
        hint = "; this entry has none";
    else
        hint = source_suggest(source, word, e->names.names, e->names.count,
                              arena_printf(source->arena, "; there %s %s",
                                           e->names.count == 1 ? "is" : "are", all_names(e)));
    if (is_free_text(field->type))
        source_warning(source, "{%s} is no parameter and stays as it is%s", word, hint);
    else
        source_error(source, "{%s} is no parameter%s", word, hint);
}

static void note_oddity(struct expansion *e, struct slot *slot, const struct template_note *note)
{
    if (slot->noted || note->kind == TEMPLATE_FINE || slot->field->type == FIELD_REGEXES)
        return;
    slot->noted = true;
    if (note->kind == TEMPLATE_UNKNOWN)
        note_unknown(e, slot->field, note);
    else if (note->kind == TEMPLATE_FORMAT)
        source_warning(
            e->source,
            "%.*s prints plain; formats are {p:03d} for whole numbers and {p:.2f} for others",
            (int)note->length, note->at);
    else
        source_warning(e->source, "%.*s prints plain where its value does not fit the format",
                       (int)note->length, note->at);
}

// Where the text is kept: what will be replaced once more, by the paths of files, is kept no longer
// than until then.
static struct arena *arena_of(struct expansion *e, const struct field *field, const char *text)
{
    struct spec *spec = e->spec;
    if ((field->type != FIELD_COMMAND && field->type != FIELD_SCRIPT) || !substitute_wanted(text))
        return e->source->arena;
    if (!spec->drafts_count ||
        spec->jobs_count - spec->drafts[spec->drafts_count - 1].first >= DRAFT_JOBS) {
        spec->drafts =
            array_grow(spec->drafts, spec->drafts_count, &spec->drafts_space, sizeof *spec->drafts);
        spec->drafts[spec->drafts_count++] = (struct spec_draft){arena_create(), spec->jobs_count};
    }
    return spec->drafts[spec->drafts_count - 1].arena;
}

static const char *expand_text(struct expansion *e, struct slot *slot, const char *text)
{
    struct template_note note;
    const char *expanded = template_expand(text, &e->names, arena_of(e, slot->field, text), &note);
    note_oddity(e, slot, &note);
    bool wrong = note.kind == TEMPLATE_UNKNOWN && slot->field->type != FIELD_REGEXES &&
                 !is_free_text(slot->field->type);
    return wrong || (expanded != text && !field_check_text(e->source, slot->field, expanded))
               ? NULL
               : expanded;
}

static void expand_texts(struct expansion *e, struct slot *slot, struct texts *texts)
{
    const char **items = NULL;
    for (uint32_t i = 0; i < texts->count; i++) {
        const char *text = texts->items[i];
        if (!text || !strchr(text, '{'))
            continue;
        source_down_index(e->source, i);
        const char *expanded = expand_text(e, slot, text);
        source_up(e->source);
        if (expanded == text)
            continue;
        if (!items) {
            items = arena_alloc(e->source->arena, texts->count * sizeof *items);
            memcpy(items, texts->items, texts->count * sizeof *items);
        }
        items[i] = expanded;
    }
    if (items)
        texts->items = items;
}

// A copy with the parameters of every text replaced.
static json_t *expand_json(struct expansion *e, struct slot *slot, json_t *value)
{
    const char *key;
    json_t *item, *copy;
    size_t i;
    if (json_is_string(value)) {
        struct template_note note;
        const char *expanded =
            template_expand(json_string_value(value), &e->names, e->scratch, &note);
        note_oddity(e, slot, &note);
        return json_string(expanded);
    }
    if (json_is_array(value)) {
        copy = json_array();
        json_array_foreach(value, i, item)
            json_array_append_new(copy, expand_json(e, slot, item));
        return copy;
    }
    if (json_is_object(value)) {
        copy = json_object();
        json_object_foreach(value, key, item)
            json_object_set_new(copy, key, expand_json(e, slot, item));
        return copy;
    }
    return json_incref(value);
}

// "cpus": "{n}" stands in quotes only because {n} is no number yet; the field asks for one, so that
// 008 and 2E0 are 8 and 2.
static json_t *as_meant(const struct field *field, json_t *expanded)
{
    bool bare =
        field->type == FIELD_COUNT || field->type == FIELD_GPUS || field->type == FIELD_FLAG;
    const char *text = bare ? json_string_value(expanded) : NULL;
    if (!text)
        return json_incref(expanded);
    if (!strcmp(text, "true") || !strcmp(text, "false"))
        return json_boolean(*text == 't');
    struct param_number read = param_number(text);
    bool whole = read.type == PARAM_FLOAT && read.number == (double)(int32_t)read.number;
    return read.type == PARAM_TEXT               ? json_incref(expanded)
           : read.type == PARAM_INTEGER || whole ? json_integer((json_int_t)read.number)
                                                 : json_real(read.number);
}

static void fill(struct expansion *e, void *entry)
{
    for (size_t i = 0; i < e->slots_count; i++) {
        struct slot *slot = &e->slots[i];
        void *at = (char *)entry + slot->field->offset;
        source_down_key(e->source, slot->field->name);
        e->names.escape = slot->field->type == FIELD_REGEXES;
        if (slot->kind == SLOT_TEXT) {
            *(const char **)at = expand_text(e, slot, *(const char **)at);
        } else if (slot->kind == SLOT_TEXTS) {
            expand_texts(e, slot, at);
        } else {
            json_auto_t *expanded = expand_json(e, slot, slot->value),
                        *value = as_meant(slot->field, expanded);
            field_read(e->source, value, slot->field, entry);
        }
        source_up(e->source);
    }
}

static bool has_brace(json_t *value)
{
    const char *key;
    json_t *item;
    size_t i;
    json_array_foreach(value, i, item)
        if (has_brace(item))
            return true;
    json_object_foreach(value, key, item)
        if (has_brace(item))
            return true;
    return json_is_string(value) && strchr(json_string_value(value), '{');
}

// Not those about parameters, nor those that the struct has no place for.
static bool may_be_slot(const struct field *field)
{
    return field->type != FIELD_NO_EFFECT && !field->unused;
}

// Takes the fields that parameters may change out of the object, but for those that are texts in
// the struct: they are read into it as they are.
static void make_slots(struct expansion *e, json_t *object)
{
    const char *key;
    void *next;
    json_t *value;
    json_object_foreach_safe(object, next, key, value) {
        const struct field *field = has_brace(value) ? field_named(key, e->section->table) : NULL;
        enum slot_kind kind = field ? kind_of(field->type) : SLOT_TEXT;
        if (!field || !may_be_slot(field) || (kind == SLOT_JSON && !e->params))
            continue;
        e->slots = array_grow(e->slots, e->slots_count, &e->slots_space, sizeof *e->slots);
        e->slots[e->slots_count++] =
            (struct slot){field, kind, kind == SLOT_JSON ? json_incref(value) : NULL, false};
        if (kind == SLOT_JSON)
            json_object_del(object, field->name);
    }
}

// A text that could not be read is no template.
static void drop_unread(struct expansion *e, const char *base)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->slots_count; i++) {
        struct slot slot = e->slots[i];
        if (slot.kind != SLOT_TEXT || *(const char *const *)(base + slot.field->offset))
            e->slots[kept++] = slot;
    }
    e->slots_count = kept;
}

static void *new_entry(struct expansion *e)
{
    const struct section *section = e->section;
    char *spec = (char *)e->spec;
    void **list = (void **)(spec + section->list);
    size_t *count = (size_t *)(spec + section->count);
    *list = array_grow(*list, *count, (size_t *)(spec + section->space), section->size);
    return (char *)*list + *count * section->size;
}

// Keeps the entry that new_entry gave, unless it is another instance of one that there is.
static void keep_entry(struct expansion *e, char *entry, bool alone)
{
    const struct section *section = e->section;
    struct names *names = (struct names *)((char *)e->spec + section->names);
    const char *name = *(const char **)(entry + section->name_at);
    char *list = *(char **)((char *)e->spec + section->list);
    const struct spec_place *own = (const struct spec_place *)entry;
    int64_t found = alone ? NAMES_NONE : names_find(names, name);
    if (found != NAMES_NONE &&
        ((struct spec_place *)(list + (size_t)found * section->size))->index == own->index) {
        unite_entries(&e->unite, e->source, section->table, list + (size_t)found * section->size,
                      entry);
        return;
    }
    size_t first = names_add(names, name);
    ++*(size_t *)((char *)e->spec + section->count);
    if (first + 1 == names->count)
        return;
    source_down_key(e->source, "name");
    source_error(e->source, "%s is the name of %s[%u] already; names are unique",
                 source_quote(e->source, name), section->name,
                 ((struct spec_place *)(list + first * section->size))->index);
    source_up(e->source);
}

static void make_instances(struct expansion *e, const void *base, size_t count)
{
    struct param_value *values = e->params ? xcalloc(e->params->count, sizeof *values) : NULL;
    if (e->params)
        e->names = (struct template_names){
            .names = e->params->names, .values = values, .count = e->params->count};
    for (size_t i = 0; i < count; i++) {
        if (e->params)
            params_get(e->params, i, values);
        char *entry = new_entry(e);
        memcpy(entry, base, e->section->size);
        fill(e, entry);
        keep_entry(e, entry, count == 1);
    }
    free(values);
}

void spec_expand(struct source *source, struct spec *spec, const struct section *section,
                 json_t *value, struct spec_place place)
{
    struct params params;
    struct error err;
    struct expansion e = {.source = source, .spec = spec, .section = section};
    size_t count = 1;
    cleanup_free char *base = xmalloc(section->size);
    memcpy(base, section->defaults, section->size);
    memcpy(base, &place, sizeof place);
    int any = section->expands && json_is_object(value)
                  ? spec_params_read_entry(source, spec, value, &params)
                  : 0;
    e.params = any > 0 ? &params : NULL;
    spec->incomplete |= any < 0;
    if (any > 0 && params_count(&params, &count, &err))
        count = 0; // reported already
    if (section->expands && any >= 0)
        make_slots(&e, value);
    if (e.params)
        e.scratch = arena_create();
    fields_read(source, value, section->table, base);
    drop_unread(&e, base);
    make_instances(&e, base, count);
    for (size_t i = 0; i < e.slots_count; i++)
        json_decref(e.slots[i].value);
    free(e.slots);
    arena_destroy(e.scratch);
}

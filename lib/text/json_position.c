// SPDX-License-Identifier: GPL-2.0-or-later
// A scanner over JSON text, without recursion.
#include "lib/text/json_position.h"

#include <jansson.h>
#include <string.h>

#include "lib/base/mem.h"

enum { MARK = 4096 };

size_t json_skip_space(const struct json_text *json, size_t at)
{
    while (at < json->length && memchr(" \t\r\n", json->text[at], 4))
        at++;
    return at;
}

// at: the opening quote; gives the offset behind the closing one.
static size_t string_end(const struct json_text *json, size_t at)
{
    const char *text = json->text;
    for (at++; at < json->length; at++) {
        if (text[at] == '"')
            return at + 1;
        if (text[at] == '\\')
            at++;
    }
    return json->length;
}

static size_t nested_end(const struct json_text *json, size_t at)
{
    const char *text = json->text;
    size_t depth = 0;
    while (at < json->length) {
        char c = text[at];
        if (c == '"') {
            at = string_end(json, at);
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return json->length;
}

size_t json_value_end(const struct json_text *json, size_t at)
{
    if (at >= json->length)
        return json->length;
    char c = json->text[at];
    if (c == '{' || c == '[')
        return nested_end(json, at);
    if (c == '"')
        return string_end(json, at);
    while (at < json->length && !memchr(",]} \t\r\n:", json->text[at], 8))
        at++;
    return at;
}

bool json_items_open(const struct json_text *json, size_t at, struct json_items *items)
{
    at = json_skip_space(json, at);
    if (at >= json->length || (json->text[at] != '{' && json->text[at] != '['))
        return false;
    *items = (struct json_items){
        .at = at + 1, .close = json->text[at] == '{' ? '}' : ']', .first = true};
    return true;
}

static bool take_key(const struct json_text *json, struct json_items *items, struct json_item *item)
{
    if (items->at >= json->length || json->text[items->at] != '"')
        return false;
    item->key = items->at;
    items->at = string_end(json, items->at);
    item->key_length = items->at - item->key;
    items->at = json_skip_space(json, items->at);
    if (items->at >= json->length || json->text[items->at] != ':')
        return false;
    items->at = json_skip_space(json, items->at + 1);
    return true;
}

int json_items_begin(const struct json_text *json, struct json_items *items, struct json_item *item)
{
    *item = (struct json_item){0};
    items->at = json_skip_space(json, items->at);
    if (items->at < json->length && json->text[items->at] == items->close) {
        items->at++;
        return 0;
    }
    if (!items->first) {
        if (items->at >= json->length || json->text[items->at] != ',')
            return -1;
        items->at = json_skip_space(json, items->at + 1);
    }
    items->first = false;
    if (items->close == '}' && !take_key(json, items, item))
        return -1;
    item->value = items->at;
    return item->value < json->length ? 1 : -1;
}

int json_items_next(const struct json_text *json, struct json_items *items, struct json_item *item)
{
    int more = json_items_begin(json, items, item);
    if (more <= 0)
        return more;
    items->at = json_value_end(json, item->value);
    item->value_length = items->at - item->value;
    return item->value_length && items->at < json->length ? 1 : -1;
}

static bool key_is(const struct json_text *json, const struct json_item *item, const char *key)
{
    const char *raw = json->text + item->key;
    if (!memchr(raw, '\\', item->key_length))
        return strlen(key) == item->key_length - 2 && !memcmp(raw + 1, key, item->key_length - 2);
    json_auto_t *decoded = json_loadb(raw, item->key_length, JSON_DECODE_ANY, NULL);
    return decoded && !strcmp(json_string_value(decoded), key);
}

static bool step_into(const struct json_text *json, size_t at, const struct json_step *step,
                      struct json_item *found)
{
    struct json_items items;
    struct json_item item;
    bool any = false;
    if (!json_items_open(json, at, &items))
        return false;
    for (size_t i = 0; json_items_begin(json, &items, &item) > 0; i++) {
        items.at =
            json_value_end(json, item.value); // which may be missing: the last member counts, too
        if (step->key ? !item.key_length || !key_is(json, &item, step->key) : i != step->index)
            continue;
        *found = item;
        any = true;
    }
    return any;
}

size_t json_find(const struct json_text *json, size_t at, const struct json_step *steps,
                 size_t count, bool want_key)
{
    struct json_item item;
    for (size_t i = 0; i < count; i++) {
        if (!step_into(json, at, &steps[i], &item))
            break;
        at = want_key && i + 1 == count && item.key_length ? item.key : item.value;
    }
    return at;
}

static void step_over(struct json_place *place, char c)
{
    if (c == '\n') {
        place->line++;
        place->column = 1;
    } else if (((unsigned char)c & 0xc0) != 0x80) { // the bytes of one character count once
        place->column++;
    }
}

static struct json_place *make_marks(const struct json_text *json)
{
    struct json_place place = {.line = 1, .column = 1},
                      *marks = xcalloc(json->length / MARK + 1, sizeof *marks);
    for (size_t at = 0; at <= json->length; at++) {
        if (at % MARK == 0)
            marks[at / MARK] = place;
        if (at < json->length)
            step_over(&place, json->text[at]);
    }
    return marks;
}

struct json_place json_place_of(const struct json_text *json, size_t offset,
                                struct json_places *places)
{
    if (!places->marks)
        places->marks = make_marks(json);
    if (offset > json->length)
        offset = json->length;
    struct json_place place = places->marks[offset / MARK];
    for (size_t at = offset / MARK * MARK; at < offset; at++)
        step_over(&place, json->text[at]);
    return place;
}

void json_places_fini(struct json_places *places)
{
    free(places->marks);
    places->marks = NULL;
}

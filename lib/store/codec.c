// SPDX-License-Identifier: GPL-2.0-or-later
// Walks a struct by the table of its fields.
#include "lib/store/codec.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/mem.h"

static int64_t load_int(const char *at, size_t size)
{
    int8_t i8;
    int32_t i32;
    int64_t i64;
    if (size == sizeof i8)
        return memcpy(&i8, at, size), i8;
    if (size == sizeof i32)
        return memcpy(&i32, at, size), i32;
    return memcpy(&i64, at, sizeof i64), i64;
}

static void save_int(char *at, size_t size, int64_t value)
{
    int8_t i8 = (int8_t)value;
    int32_t i32 = (int32_t)value;
    memcpy(at,
           size == sizeof i8    ? (void *)&i8
           : size == sizeof i32 ? (void *)&i32
                                : (void *)&value,
           size);
}

// ---- to JSON ----

static json_t *encode_bytes(const char *text)
{
    cleanup_free char *wide = xmalloc(strlen(text) * 2 + 1);
    size_t n = 0;
    for (const unsigned char *t = (const unsigned char *)text; *t; t++) {
        if (*t < 0x80) {
            wide[n++] = (char)*t;
        } else {
            wide[n++] = (char)(0xc0 | *t >> 6);
            wide[n++] = (char)(0x80 | (*t & 0x3f));
        }
    }
    return json_pack("[o]", json_stringn(wide, n));
}

static json_t *encode_text(const char *text)
{
    json_t *json = json_string(text);
    return json ? json : encode_bytes(text);
}

static json_t *encode_item(const struct codec_field *f, const char *at)
{
    const char *text;
    if (f->type == CODEC_LIST || f->type == CODEC_PART)
        return codec_encode(f->of, at);
    if (f->type != CODEC_TEXTS && f->type != CODEC_TEXT)
        return json_integer(load_int(at, f->size));
    memcpy(&text, at, sizeof text);
    return text ? encode_text(text) : NULL;
}

static json_t *encode_items(const struct codec_field *f, const char *first, size_t count,
                            size_t size)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, encode_item(f, first + i * size));
    return list;
}

static json_t *encode_field(const struct codec_field *f, const char *data)
{
    const char *first;
    if (f->type == CODEC_FIXED)
        return encode_items(f, data + f->offset, f->length, f->size);
    if (f->type != CODEC_LIST && f->type != CODEC_INTS && f->type != CODEC_TEXTS)
        return encode_item(f, data + f->offset);
    size_t count = (size_t)load_int(data + f->count_offset, f->count_size);
    memcpy(&first, data + f->offset, sizeof first);
    return count ? encode_items(f, first, count, f->size) : NULL;
}

json_t *codec_encode(const struct codec_record *record, const void *data)
{
    json_t *object = json_object();
    for (const struct codec_field *f = record->fields; f->type != CODEC_END; f++) {
        json_t *value = encode_field(f, data);
        if (value)
            json_object_set_new_nocheck(object, f->name, value);
    }
    return object;
}

// ---- from JSON ----

static int wrong(const struct codec_field *f, struct error *err)
{
    return error_set(
        err, ERROR_UNREACHABLE, 0,
        "a message about the database has a wrong \"%s\"; do both sides have the same torc?",
        f->name);
}

static char *decode_text(const json_t *json, struct arena *arena)
{
    if (json_is_string(json))
        return arena_strndup(arena, json_string_value(json), json_string_length(json));
    const char *wide = json_string_value(json_array_get(json, 0));
    if (!wide)
        return NULL;
    char *text = arena_strdup(arena, wide), *end = text;
    for (const unsigned char *w = (const unsigned char *)wide; *w; w++) {
        bool two = *w >= 0xc0 && w[1];
        *end++ = (char)(two ? (*w & 3) << 6 | (w[1] & 0x3f) : *w);
        w += two;
    }
    *end = '\0';
    return text;
}

static int decode_item(const struct codec_field *f, const json_t *json, char *at,
                       struct arena *arena, struct error *err)
{
    if (f->type == CODEC_LIST || f->type == CODEC_PART)
        return codec_decode(f->of, json, at, arena, err);
    if (f->type != CODEC_TEXTS && f->type != CODEC_TEXT) {
        if (!json_is_integer(json))
            return wrong(f, err);
        save_int(at, f->size, json_integer_value(json));
        return 0;
    }
    char *text = decode_text(json, arena);
    if (!text)
        return wrong(f, err);
    memcpy(at, &text, sizeof text);
    return 0;
}

static int decode_items(const struct codec_field *f, const json_t *json, char *first,
                        struct arena *arena, struct error *err)
{
    for (size_t i = 0; i < json_array_size(json); i++)
        if (decode_item(f, json_array_get(json, i), first + i * f->size, arena, err))
            return -1;
    return 0;
}

static int decode_field(const struct codec_field *f, const json_t *json, char *data,
                        struct arena *arena, struct error *err)
{
    size_t count = json_array_size(json);
    if (f->type == CODEC_FIXED)
        return count == f->length ? decode_items(f, json, data + f->offset, arena, err)
                                  : wrong(f, err);
    if (f->type != CODEC_LIST && f->type != CODEC_INTS && f->type != CODEC_TEXTS)
        return decode_item(f, json, data + f->offset, arena, err);
    if (!json_is_array(json) || count > INT32_MAX)
        return wrong(f, err);
    char *first = arena_alloc(arena, count * f->size + 1);
    memset(first, 0, count * f->size + 1);
    memcpy(data + f->offset, &first, sizeof first);
    save_int(data + f->count_offset, f->count_size, (int64_t)count);
    return decode_items(f, json, first, arena, err);
}

int codec_decode(const struct codec_record *record, const json_t *json, void *data,
                 struct arena *arena, struct error *err)
{
    memset(data, 0, record->size);
    if (!json_is_object(json))
        return error_set(
            err, ERROR_UNREACHABLE, 0,
            "a message about the database is no object; do both sides have the same torc?");
    for (const struct codec_field *f = record->fields; f->type != CODEC_END; f++) {
        const json_t *value = json_object_get(json, f->name);
        if (value && decode_field(f, value, data, arena, err))
            return -1;
    }
    return 0;
}

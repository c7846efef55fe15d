// SPDX-License-Identifier: GPL-2.0-or-later
// Commas and brackets of a JSON document; jansson writes the values.
#include "lib/show/json_stream.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/show/format.h"

void json_stream_init(struct json_stream *stream, FILE *out)
{
    *stream = (struct json_stream){.out = out};
}

static void lead_in(struct json_stream *stream, const char *key)
{
    if (stream->depth) {
        bool *filled = &stream->filled[stream->depth - 1];
        fprintf(stream->out, "%s\n%*s", *filled ? "," : "", stream->depth, "");
        *filled = true;
    }
    if (key)
        fprintf(stream->out, "\"%s\": ", key);
}

static void begin(struct json_stream *stream, const char *key, const char *brackets)
{
    lead_in(stream, key);
    fputc(brackets[0], stream->out);
    if (stream->depth == JSON_STREAM_DEPTH)
        abort(); // a mistake of the program: documents have a fixed shape
    stream->filled[stream->depth] = false;
    stream->close[stream->depth++] = brackets[1];
}

void json_stream_object(struct json_stream *stream, const char *key)
{
    begin(stream, key, "{}");
}

void json_stream_array(struct json_stream *stream, const char *key)
{
    begin(stream, key, "[]");
}

void json_stream_end(struct json_stream *stream)
{
    stream->depth--;
    if (stream->filled[stream->depth])
        fprintf(stream->out, "\n%*s", stream->depth, "");
    fputc(stream->close[stream->depth], stream->out);
    if (!stream->depth)
        fputc('\n', stream->out);
}

void json_stream_value(struct json_stream *stream, const char *key, json_t *value)
{
    lead_in(stream, key);
    json_dumpf(value, stream->out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    json_decref(value);
}

json_t *json_text(const char *text)
{
    cleanup_free char *good = text ? text_utf8(text) : NULL;
    return good ? json_string(good) : json_null();
}

json_t *json_or_null(const char *text)
{
    return json_text(text && *text ? text : NULL);
}

json_t *json_known(int64_t number)
{
    return number < 0 ? json_null() : json_integer(number);
}

json_t *json_seconds(int64_t usec)
{
    return usec < 0 ? json_null() : json_real((double)usec / 1e6);
}

json_t *json_time(int64_t usec)
{
    char text[FORMAT_SIZE];
    return usec <= 0 ? json_null() : json_string(format_iso(text, usec));
}

json_t *json_parsed(const char *text)
{
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    if (!value && text) // an integer too long for one
        value = json_loads(text, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    return value ? value : json_text(text);
}

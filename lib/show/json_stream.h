// SPDX-License-Identifier: GPL-2.0-or-later
// A JSON document written piece by piece, so that one of a million jobs needs the memory of one
// job.
#ifndef LIB_SHOW_JSON_STREAM_H
#define LIB_SHOW_JSON_STREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_STREAM_DEPTH = 8 };

struct json_stream {
    FILE *out;
    int depth;
    bool filled[JSON_STREAM_DEPTH]; // something was written at this depth
    char close[JSON_STREAM_DEPTH];
};

void json_stream_init(struct json_stream *stream, FILE *out);
// key NULL: inside an array, or the outermost
void json_stream_object(struct json_stream *stream, const char *key);
void json_stream_array(struct json_stream *stream, const char *key);
// of the innermost; a line end after the outermost
void json_stream_end(struct json_stream *stream);
// takes the value over
void json_stream_value(struct json_stream *stream, const char *key, json_t *value);

// Values as the interface has them: null for what is not known.
json_t *json_text(const char *text);    // made UTF-8; NULL: null
json_t *json_known(int64_t number);     // negative: null
json_t *json_seconds(int64_t usec);     // negative: null
json_t *json_time(int64_t usec);        // ISO 8601 UTC with microseconds; 0 or less: null
json_t *json_parsed(const char *text);  // JSON text; NULL: null; what is no JSON becomes a string
json_t *json_or_null(const char *text); // like json_text, and "" is null, too

#endif

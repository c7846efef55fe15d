// SPDX-License-Identifier: GPL-2.0-or-later
// Where things are in a JSON text: splits objects and arrays without building anything, and finds
// the place of a path when an error is to be shown (jansson keeps no positions). Trusts the text to
// be JSON only as far as brackets and quotes.
#ifndef LIB_TEXT_JSON_POSITION_H
#define LIB_TEXT_JSON_POSITION_H

#include <stdbool.h>
#include <stddef.h>

struct json_text {
    const char *text;
    size_t length;
};

struct json_item {          // offsets into the text; of a member of an array, key_length is 0
    size_t key, key_length; // with its quotes
    size_t value, value_length;
};

struct json_items { // a walk over the members of one object or array
    size_t at;
    char close; // '}' or ']'
    bool first;
};

struct json_step { // key NULL: the element `index` of an array
    const char *key;
    size_t index;
};

size_t json_skip_space(const struct json_text *json, size_t at);

// Where the value that begins at `at` ends; the text's length when it has no end.
size_t json_value_end(const struct json_text *json, size_t at);

// Starts a walk at the object or array at `at`; false when there is none.
bool json_items_open(const struct json_text *json, size_t at, struct json_items *items);

// 1: item is the next member; 0: there was none left, items->at is behind the bracket; -1: the text
// is broken at items->at.
int json_items_next(const struct json_text *json, struct json_items *items, struct json_item *item);

// As json_items_next, but the value's length is not worked out (0): before the next call items->at
// goes to the value's end.
int json_items_begin(const struct json_text *json, struct json_items *items,
                     struct json_item *item);

// Follows steps from the value at `at`. Gives the offset of the value (or of its key, if that is
// wanted and there is one); where a step leads nowhere, the place reached so far. Of equal keys the
// last counts.
size_t json_find(const struct json_text *json, size_t at, const struct json_step *steps,
                 size_t count, bool want_key);

struct json_place { // both from 1; columns count characters, not bytes
    int line, column;
};

struct json_places { // places of every 4096th byte, worked out when the first is asked for; starts
                     // zeroed
    struct json_place *marks;
};

// Line and column of an offset, in constant time but for the first.
struct json_place json_place_of(const struct json_text *json, size_t offset,
                                struct json_places *places);
void json_places_fini(struct json_places *places);

#endif

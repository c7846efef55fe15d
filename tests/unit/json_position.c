// SPDX-License-Identifier: GPL-2.0-or-later
// The scanner: ends of values, members, places of paths, lines and columns, and the syntax checker
// against jansson.
#include "lib/text/json_position.h"

#include <jansson.h>

#include "lib/text/json_syntax.h"
#include "tests/tap.h"

static struct json_text text_of(const char *text)
{
    return (struct json_text){text, strlen(text)};
}

static const struct {
    const char *text;
    size_t end;
} ends[] = {
    {"12,", 2},   {"\"a\\\"b\" ", 6}, {"[1,[2]],", 7}, {"{\"}\":\"]\"}x", 9},
    {"true}", 4}, {"\"open", 5},      {"[1", 2},       {"\"\\", 2},
};

static void test_find(void)
{
    struct json_text json =
        text_of("{\"a\": 1,\n \"l\": [10, {\"x\": 2, \"k\\u0065y\": 3}], \"a\": 4}");
    struct json_step path[] = {{"l", 0}, {NULL, 1}, {"key", 0}}, twice[] = {{"a", 0}},
                     nowhere[] = {{"l", 0}, {"x", 0}};
    struct json_places places = {0};
    is_int(json.text[json_find(&json, 0, path, 3, false)], '3',
           "a path is found, escapes in keys read");
    ok(!strncmp(json.text + json_find(&json, 0, path, 3, true), "\"k", 2),
       "and the key of its last step");
    is_int(json.text[json_find(&json, 0, twice, 1, false)], '4', "of equal keys the last counts");
    is_int(json.text[json_find(&json, 0, nowhere, 2, false)], '[',
           "a path that leads nowhere ends where it stops");
    struct json_place place = json_place_of(&json, json_find(&json, 0, path, 2, false), &places);
    ok(place.line == 2 && place.column == 12, "line 2, column 12 (got %d, %d)", place.line,
       place.column);
    place = json_place_of(&json, 1, &places);
    ok(place.line == 1 && place.column == 2, "and back to line 1, column 2");
    json_places_fini(&places);
}

static void test_marks(void)
{
    enum { LONG = 20000 };
    char *text = malloc(LONG);
    struct json_text json = {text, LONG};
    struct json_places places = {0};
    int wrong = 0;
    for (int i = 0; i < LONG; i++)
        text[i] = i % 100 == 99 ? '\n' : 'x';
    for (int i = 0; i <= LONG; i += 7) {
        struct json_place place = json_place_of(&json, (size_t)i, &places);
        wrong += place.line != i / 100 + 1 || place.column != i % 100 + 1;
    }
    is_int(wrong, 0, "places all over a long text");
    json_places_fini(&places);
    free(text);
}

static const char *const checked[] = {
    "{}",
    "[]",
    "[1,2]",
    "[1,]",
    "[,1]",
    "{\"a\":1}",
    "{\"a\":1,}",
    "{\"a\"}",
    "{1:2}",
    "[1 2]",
    "[\"a\" \"b\"]",
    "nul",
    "null",
    "nullx",
    "[01]",
    "[-0]",
    "[-]",
    "[1.]",
    "[1.5]",
    "[.5]",
    "[1e5]",
    "[1e]",
    "[1e+5]",
    "[1E400]",
    "[1e-400]",
    "[123456789012345678901]",
    "[9223372036854775807]",
    "[-9223372036854775809]",
    "\"\\u0000\"",
    "\"\\u00e9\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\udc00\"",
    "\"\\x\"",
    "\"\\\"",
    "\"",
    "\"\t\"",
    "\"\xc3\xa9\"",
    "\"\xc3\"",
    "\"\xed\xa0\x80\"",
    "\"\xf0\x8f\xbf\xbf\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xff\"",
    "{} {}",
    "{}}",
    "]",
    "}",
    "",
    "  ",
    "[[]",
    "{\"a\":[}",
    "[}",
    "{]",
    "{\"a\":{\"b\":[1,{\"c\":null}]}}",
    "[\"a\",\n\"b\"\n]\n",
    "[true,false]",
    "[True]",
    "{'a':1}",
    "// c\n{}",
    "[1,/*c*/2]",
    "\"\\ud800\\u0041\"",
    "\"\\u12g4\"",
    "[1e5.5]",
    "[--1]",
    "[0x10]",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1,,\"b\":2}",
    "{\"a\"::1}",
    "[\"\\/\"]",
};

// Says the checker the same about a text as jansson, which reads it?
static void test_check(const char *text)
{
    struct json_text json = text_of(text);
    struct json_fault fault = {0};
    json_auto_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    bool good = json_check(&json, &fault) == 0;
    ok(good == (value != NULL), "%s: jansson %s it, the checker says %s", text,
       value ? "reads" : "refuses", good ? "nothing" : fault.text);
    ok(good || fault.offset <= json.length, "within the text");
}

int main(void)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct json_text json = text_of(ends[i].text);
        is_int((int64_t)json_value_end(&json, 0), (int64_t)ends[i].end, ends[i].text);
    }
    test_find();
    test_marks();
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++)
        test_check(checked[i]);
    return done_testing();
}

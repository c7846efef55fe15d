// SPDX-License-Identifier: GPL-2.0-or-later
// Lines that jobs say to their runner: what they ask for, with the value as it was written, and
// what makes no sense.
#include "runner/socket/request.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

static const struct {
    const char *line;
    enum data_op op;         // DATA_NONE: refused
    const char *name, *json; // refused: json is part of the message
    int64_t job_id;
    const char *key;
} rows[] = {
    {"{\"op\":\"set\",\"name\":\"n\",\"value\":1}", DATA_SET, "n", "1", 0, NULL},
    {"{ \"op\" : \"set\" , \"value\" : 0.10 , \"name\" : \"n\" }", DATA_SET, "n", "0.10", 0, NULL},
    {"{\"value\":{\"a\":[\"}\\\"\",{}],\"value\":2},\"name\":\"n\",\"op\":\"set\"}", DATA_SET, "n",
     "{\"a\":[\"}\\\"\",{}],\"value\":2}", 0, NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"value\":\"\\\\\"}", DATA_SET, "n", "\"\\\\\"", 0, NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"value\":null}", DATA_SET, "n", "null", 0, NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"value\":\"\\u0000\"}", DATA_SET, "n", "\"\\u0000\"", 0,
     NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"value\":[]}", DATA_SET, "n", "[]", 0, NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"value\":true\t}\r", DATA_SET, "n", "true", 0, NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"x\":{\"value\":3},\"value\":4}", DATA_SET, "n", "4", 0,
     NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"value\":[12345678901234567890123]}", DATA_SET, "n",
     "[12345678901234567890123]", 0, NULL},
    {"{\"op\":\"get\",\"name\":\"\\u00e4\"}", DATA_GET, "\xc3\xa4", NULL, 0, NULL},
    {"{\"op\":\"post\",\"name\":\"e\",\"job\":7,\"key\":\"k\"}", DATA_POST, "e", NULL, 7, "k"},
    {"{\"op\":\"post\",\"name\":\"e\",\"value\":{}}", DATA_POST, "e", "{}", 0, NULL},
    {"", DATA_NONE, NULL, "no JSON", 0, NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"val", DATA_NONE, NULL, "no JSON: column", 0, NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"value\":1} x", DATA_NONE, NULL, "no JSON", 0, NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"value\":1,\"value\":2}", DATA_NONE, NULL, "duplicate", 0,
     NULL},
    {"{\"op\":\"set\",\"name\":\"n\",\"\\u0076alue\":1}", DATA_NONE, NULL, "escapes", 0, NULL},
    {"[1]", DATA_NONE, NULL, "\"op\"", 0, NULL},
    {"{\"op\":3,\"name\":\"n\"}", DATA_NONE, NULL, "\"op\"", 0, NULL},
    {"{\"op\":\"drop\",\"name\":\"n\"}", DATA_NONE, NULL, "\"op\"", 0, NULL},
    {"{\"op\":\"post\",\"name\":\"\"}", DATA_NONE, NULL, "\"name\"", 0, NULL},
    {"{\"op\":\"get\"}", DATA_NONE, NULL, "\"name\"", 0, NULL},
    {"{\"op\":\"get\",\"name\":\"a\\u0000b\"}", DATA_NONE, NULL, "\"name\"", 0, NULL},
    {"{\"op\":\"set\",\"name\":\"n\"}", DATA_NONE, NULL, "\"value\" is missing", 0, NULL},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct job_request request;
        struct error err = {0};
        cleanup_free char *line = xstrdup(rows[i].line);
        int result = job_request_parse(line, strlen(line), &request, &err);
        is_int(request.change.op, rows[i].op, rows[i].line);
        if (rows[i].op) {
            is_text(request.change.name, rows[i].name, "  its name");
            is_text(request.change.json, rows[i].json, "  its value");
            is_text(request.change.key, rows[i].key, "  its key");
            is_int(request.change.job_id, rows[i].job_id, "  its job");
        } else {
            ok(result == -1 && strstr(err.text, rows[i].json), "  says why");
        }
        job_request_fini(&request);
    }
    return done_testing();
}

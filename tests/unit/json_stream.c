// SPDX-License-Identifier: GPL-2.0-or-later
// The streamed document is the JSON that jansson would have written, and what is not known is null.
#include "lib/show/json_stream.h"

#include "tests/tap.h"

static void write_document(FILE *out)
{
    struct json_stream json;
    json_stream_init(&json, out);
    json_stream_object(&json, NULL);
    json_stream_object(&json, "workflow");
    json_stream_value(&json, "name", json_text("a \"b\" \xff"));
    json_stream_value(&json, "nothing", json_text(NULL));
    json_stream_value(&json, "empty", json_or_null(""));
    json_stream_end(&json);
    json_stream_array(&json, "jobs");
    json_stream_value(&json, NULL, json_known(7));
    json_stream_value(&json, NULL, json_known(-1));
    json_stream_value(&json, NULL, json_seconds(2100000));
    json_stream_value(&json, NULL, json_seconds(-1));
    json_stream_value(&json, NULL, json_time(INT64_C(1700000000000007)));
    json_stream_value(&json, NULL, json_time(0));
    json_stream_value(&json, NULL, json_parsed("{\"k\": [1]}"));
    json_stream_value(&json, NULL, json_parsed("no json"));
    json_stream_end(&json);
    json_stream_array(&json, "none");
    json_stream_end(&json);
    json_stream_end(&json);
}

int main(void)
{
    static const char expected[] =
        "{\"workflow\": {\"name\": \"a \\\"b\\\" \xef\xbf\xbd\", \"nothing\": null, \"empty\": "
        "null}, \"jobs\": [7, null, 2.1, "
        "null, \"2023-11-14T22:13:20.000007Z\", null, {\"k\": [1]}, \"no json\"], \"none\": []}";
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    write_document(out);
    fclose(out);
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    char *again = document ? json_dumps(document, JSON_REAL_PRECISION(15)) : NULL;
    is_text(again, expected, "the document");
    ok(size && text[size - 1] == '\n', "ends with a line end");
    free(again);
    json_decref(document);
    free(text);
    return done_testing();
}

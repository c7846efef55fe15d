// SPDX-License-Identifier: GPL-2.0-or-later
// jansson says whether a line is JSON; the value is then cut out as it stands, so that numbers keep
// their digits.
#include "runner/socket/request.h"

#include <string.h>

static const struct {
    const char *name;
    enum data_op op;
} ops[] = {{"set", DATA_SET}, {"get", DATA_GET}, {"post", DATA_POST}};

// The following go over text that is known to be JSON.

static char *skip_string(char *p)
{
    for (p++; *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p + 1;
}

static char *skip_value(char *p)
{
    int depth = 0;
    if (*p != '"' && *p != '{' && *p != '[')
        return p + strcspn(p, ",} \t\r");
    do {
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        depth += *p == '{' || *p == '[';
        depth -= *p == '}' || *p == ']';
        p++;
    } while (depth);
    return p;
}

// The text of the member "value" of the object that the line is, NUL-terminated in place; NULL: it
// has none.
static char *cut_value(char *line)
{
    char *p = strchr(line, '{') + 1;
    for (;;) {
        char *key = p + strspn(p, ", \t\r");
        if (*key == '}')
            return NULL;
        p = skip_string(key);
        size_t length = (size_t)(p - key);
        p += strspn(p, ": \t\r");
        char *value = p;
        p = skip_value(p);
        if (length == 7 && !memcmp(key, "\"value\"", 7)) {
            *p = '\0';
            return value;
        }
    }
}

static const char *text_of(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);
    const char *text = json_string_value(value);
    return text && strlen(text) == json_string_length(value) ? text : NULL;
}

int job_request_parse(char *line, size_t length, struct job_request *request, struct error *err)
{
    json_error_t where;
    *request = (struct job_request){
        // as reals: an integer in a value may have any length
        .json =
            json_loadb(line, length,
                       JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &where)};
    struct data_change *change = &request->change;
    if (!request->json)
        return error_set(err, ERROR_USAGE, 0, "this line is no JSON: column %d: %s", where.column,
                         where.text);
    const char *op = text_of(request->json, "op");
    enum data_op found = DATA_NONE;
    for (size_t i = 0; op && i < sizeof ops / sizeof *ops; i++)
        if (!strcmp(op, ops[i].name))
            found = ops[i].op;
    bool has_value = json_is_object(request->json) && json_object_get(request->json, "value");
    change->name = text_of(request->json, "name");
    change->key = text_of(request->json, "key");
    change->job_id = (int64_t)json_number_value(json_object_get(request->json, "job"));
    json_object_del(request->json, "value");
    if (!found)
        return error_set(err, ERROR_USAGE, 0, "\"op\" is to be \"set\", \"get\" or \"post\"");
    if (!change->name || !*change->name)
        return error_set(err, ERROR_USAGE, 0, "\"name\" is missing, empty, or no text");
    change->json = has_value ? cut_value(line) : NULL;
    if (has_value && !change->json)
        return error_set(err, ERROR_USAGE, 0, "\"value\" is written with escapes");
    if (found == DATA_SET && !has_value)
        return error_set(err, ERROR_USAGE, 0, "\"value\" is missing");
    change->op = found;
    return 0;
}

void job_request_fini(struct job_request *request)
{
    json_decref(request->json);
    request->json = NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Finds the format of a workflow file and has it rewritten as JSON.
#include "lib/text/source_format.h"

#include <string.h>
#include <strings.h>

#include "lib/text/json5.h"
#include "lib/text/json_syntax.h"
#include "lib/text/yaml.h"

enum format { FORMAT_JSON, FORMAT_JSON5, FORMAT_YAML, FORMAT_KDL, FORMAT_UNKNOWN };

static enum format format_of_name(const char *name)
{
    static const struct {
        const char *extension;
        enum format format;
    } formats[] = {{".json", FORMAT_JSON},
                   {".json5", FORMAT_JSON5},
                   {".yaml", FORMAT_YAML},
                   {".yml", FORMAT_YAML},
                   {".kdl", FORMAT_KDL}};
    const char *extension = strrchr(name, '.');
    for (size_t i = 0; extension && i < sizeof formats / sizeof *formats; i++)
        if (!strcasecmp(extension, formats[i].extension))
            return formats[i].format;
    return FORMAT_UNKNOWN;
}

// What begins like JSON is JSON, or JSON5 when JSON is too strict for it; anything else is YAML.
static enum format format_of_text(const struct json_text *json)
{
    struct json_fault fault;
    size_t at = json_skip_space(json, 0);
    if (at == json->length || !memchr("{[/", json->text[at], 3))
        return at == json->length ? FORMAT_JSON : FORMAT_YAML;
    return json_check(json, &fault) ? FORMAT_JSON5 : FORMAT_JSON;
}

// By its mark, or because every other byte of what it begins with is 0.
static bool is_utf16(const char *text, size_t length)
{
    if (length < 2)
        return false;
    return !memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2) ||
           (length >= 4 && ((text[0] && !text[1] && text[2] && !text[3]) ||
                            (!text[0] && text[1] && !text[2] && text[3])));
}

bool source_take_utf8(const char **text, size_t *length, struct problems *problems)
{
    enum { MARK = 3 };
    if (is_utf16(*text, *length)) {
        problem_add(problems, false, 1, 1, NULL, "the file is UTF-16; save it as UTF-8");
        return false;
    }
    bool marked = *length >= MARK && !memcmp(*text, "\xef\xbb\xbf", MARK);
    *text += marked ? MARK : 0;
    *length -= marked ? MARK : 0;
    return true;
}

bool source_read(struct source *source, const char *text, size_t length, const char *name)
{
    enum format format = format_of_name(name);
    int result = 0;
    if (!source_take_utf8(&text, &length, source->problems))
        return false;
    struct json_text json = {text, length};
    if (format == FORMAT_UNKNOWN)
        format = format_of_text(&json);
    source->json = json;
    switch (format) {
    case FORMAT_JSON5:
        result = json5_read(json.text, json.length, &source->rewrite, source->problems);
        break;
    case FORMAT_YAML:
        result = yaml_read(json.text, json.length, &source->rewrite, source->problems);
        source->plain = true;
        break;
    case FORMAT_KDL:
        problem_add(source->problems, false, 1, 1, NULL,
                    "KDL files are not read; write the workflow as JSON, JSON5 or YAML");
        return false;
    case FORMAT_JSON:
    case FORMAT_UNKNOWN:
        return true;
    }
    source->rewritten = true;
    source->json = (struct json_text){source->rewrite.json, source->rewrite.length};
    return result == 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// libyaml's events, written as JSON.
#include "lib/text/yaml.h"

#include <stdint.h>
#include <string.h>
#include <yaml.h>

#include "lib/base/mem.h"
#include "lib/text/problem.h"
#include "lib/text/rewrite.h"

struct frame { // a mapping or sequence that is open
    bool mapping, key_next;
    size_t members;
    size_t anchor; // index + 1 of its anchor; 0: none
};

struct anchor {
    char *name;
    size_t start, end; // in the JSON text; end 0: not complete yet
};

struct reader {
    struct rewrite *out;
    struct problems *problems;
    struct frame frames[YAML_DEPTH];
    size_t depth, documents;
    struct anchor *anchors;
    size_t anchors_count, anchors_space;
    bool stop;
};

static void error_at(struct reader *reader, const yaml_mark_t *mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void error_at(struct reader *reader, const yaml_mark_t *mark, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    cleanup_free char *text = xvasprintf(format, ap);
    va_end(ap);
    problem_add(reader->problems, false, (int)mark->line + 1, (int)mark->column + 1, NULL, "%s",
                text);
}

static bool all_of(const char *text, const char *set)
{
    return *text && strspn(text, set) == strlen(text);
}

static bool one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (!strcmp(text, *words))
            return true;
    return false;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
static bool is_float(const char *p)
{
    static const char digits[] = "0123456789";
    p += *p == '-' || *p == '+';
    size_t whole = strspn(p, digits), part = 0;
    p += whole;
    if (*p == '.')
        p += 1 + (part = strspn(p + 1, digits));
    if (!whole && !part)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        return all_of(p, digits);
    }
    return !*p;
}

enum yaml_type yaml_type(const char *scalar)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    if (one_of(scalar, nulls))
        return YAML_NULL;
    if (one_of(scalar, bools))
        return YAML_BOOL;
    const char *digits = scalar + (*scalar == '-' || *scalar == '+');
    if (all_of(digits, "0123456789") ||
        (!strncmp(scalar, "0o", 2) && all_of(scalar + 2, "01234567")) ||
        (!strncmp(scalar, "0x", 2) && all_of(scalar + 2, "0123456789abcdefABCDEF")))
        return YAML_INTEGER;
    return is_float(scalar) ? YAML_FLOAT : YAML_TEXT;
}

// Before a node: its comma or colon.
static void begin(struct reader *reader, const yaml_mark_t *mark)
{
    struct frame *top = reader->depth ? &reader->frames[reader->depth - 1] : NULL;
    if (top && top->mapping && !top->key_next)
        rewrite_put(reader->out, ":", 1);
    else if (top && top->members)
        rewrite_put(reader->out, ",", 1);
    if (top && (!top->mapping || top->key_next))
        top->members++;
    rewrite_point(reader->out, (int)mark->line + 1, (int)mark->column + 1);
}

// After a node.
static void end(struct reader *reader)
{
    struct frame *top = reader->depth ? &reader->frames[reader->depth - 1] : NULL;
    if (top && top->mapping)
        top->key_next = !top->key_next;
}

static bool wants_key(const struct reader *reader)
{
    return reader->depth && reader->frames[reader->depth - 1].mapping &&
           reader->frames[reader->depth - 1].key_next;
}

static size_t add_anchor(struct reader *reader, const yaml_char_t *name)
{
    if (!name)
        return 0;
    reader->anchors = array_grow(reader->anchors, reader->anchors_count, &reader->anchors_space,
                                 sizeof *reader->anchors);
    reader->anchors[reader->anchors_count++] =
        (struct anchor){xstrdup((const char *)name), reader->out->length, 0};
    return reader->anchors_count;
}

static void check_tag(struct reader *reader, const yaml_char_t *tag, bool scalar,
                      const yaml_mark_t *mark)
{
    static const char *const fine[] = {YAML_STR_TAG, "!", NULL};
    static const char standard[] = "tag:yaml.org,2002:"; // is written !!
    const char *text = (const char *)tag;
    if (!tag || (scalar && one_of(text, fine)))
        return;
    bool shorten = !strncmp(text, standard, sizeof standard - 1);
    error_at(reader, mark, "the tag %s%.60s means nothing here; leave it out", shorten ? "!!" : "",
             shorten ? text + sizeof standard - 1 : text);
}

static void put_quoted(struct reader *reader, const yaml_char_t *text, size_t length, bool plain)
{
    rewrite_put(reader->out, "\"", 1);
    if (plain)
        rewrite_put_char(reader->out, YAML_PLAIN);
    for (size_t i = 0; i < length; i++) {
        if (text[i] != YAML_PLAIN)
            rewrite_put_char(reader->out, text[i]);
    }
    rewrite_put(reader->out, "\"", 1);
}

static void read_scalar(struct reader *reader, const yaml_event_t *event)
{
    const yaml_char_t *text = event->data.scalar.value;
    size_t length = event->data.scalar.length;
    bool key = wants_key(reader),
         plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag;
    check_tag(reader, event->data.scalar.tag, true, &event->start_mark);
    if (key && plain && !strcmp((const char *)text, "<<"))
        error_at(reader, &event->start_mark,
                 "merge keys (<<) are no part of YAML 1.2; write the keys out");
    begin(reader, &event->start_mark);
    size_t anchor = add_anchor(reader, event->data.scalar.anchor);
    enum yaml_type type =
        plain && strlen((const char *)text) == length ? yaml_type((const char *)text) : YAML_TEXT;
    if (type == YAML_NULL && !key)
        rewrite_put_text(reader->out, "null");
    else
        put_quoted(reader, text, length, type != YAML_TEXT && !key);
    if (anchor)
        reader->anchors[anchor - 1].end = reader->out->length;
    end(reader);
}

static void open_frame(struct reader *reader, const yaml_event_t *event, bool mapping)
{
    const yaml_char_t *anchor =
        mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    check_tag(reader, mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag,
              false, &event->start_mark);
    if (wants_key(reader) || reader->depth == YAML_DEPTH) {
        error_at(reader, &event->start_mark, "%s",
                 wants_key(reader) ? "a key must be a word, not a list or a mapping"
                                   : "nested too deeply, more than 64 levels");
        reader->stop = true;
        return;
    }
    begin(reader, &event->start_mark);
    size_t index = add_anchor(reader, anchor);
    rewrite_put(reader->out, mapping ? "{" : "[", 1);
    reader->frames[reader->depth++] = (struct frame){mapping, mapping, 0, index};
}

static void close_frame(struct reader *reader)
{
    struct frame *top = &reader->frames[--reader->depth];
    rewrite_put(reader->out, top->mapping ? "}" : "]", 1);
    if (top->anchor)
        reader->anchors[top->anchor - 1].end = reader->out->length;
    end(reader);
}

static void read_alias(struct reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *found = NULL;
    for (size_t i = reader->anchors_count; i-- > 0 && !found;)
        found = strcmp(reader->anchors[i].name, name) ? NULL : &reader->anchors[i];
    bool complete = found && found->end,
         small = complete && reader->out->length + found->end - found->start < YAML_MOST;
    if (!small || wants_key(reader)) {
        error_at(reader, &event->start_mark, "*%.60s %s", name,
                 !found              ? "names no anchor above it"
                 : !complete         ? "stands inside what it names"
                 : wants_key(reader) ? "cannot be a key"
                                     : "makes the file larger than 256 MiB");
        reader->stop = true;
        return;
    }
    begin(reader, &event->start_mark);
    size_t start = found->start, count = found->end - found->start;
    cleanup_free char *copy = xmalloc(count); // the text may move while it grows
    memcpy(copy, reader->out->json + start, count);
    rewrite_put(reader->out, copy, count);
    end(reader);
}

static void read_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (reader->documents++) {
            error_at(reader, &event->start_mark,
                     "a second document begins here; a workflow is one document");
            reader->stop = true;
        }
        break;
    case YAML_SCALAR_EVENT:
        read_scalar(reader, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        open_frame(reader, event, event->type == YAML_MAPPING_START_EVENT);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_frame(reader);
        break;
    case YAML_ALIAS_EVENT:
        read_alias(reader, event);
        break;
    case YAML_STREAM_END_EVENT:
        reader->stop = true;
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
}

// What libyaml says, in words for somebody who never read YAML's grammar.
static const struct {
    const char *problem, *words;
} yaml_words[] = {
    {"mapping values are not allowed in this context",
     "\": \" makes a key of what stands before it, and none can be here; put quotes around a text "
     "that has \": \" in it, or "
     "indent this line like the keys above it"},
    {"did not find expected key", "a key was expected here; is this line indented like the keys "
                                  "above it? A text that begins with a quote, {, [, * or & "
                                  "needs quotes around all of it"},
    {"did not find expected '-' indicator", "an entry of the list, \"- …\", was expected here; are "
                                            "the lines above and below indented alike?"},
    {"block sequence entries are not allowed in this context",
     "a list cannot begin here; write \"- \" on a line of its own, below the key"},
    {"found character that cannot start any token",
     "a text cannot begin with this character; put quotes around it"},
    {"could not find expected ':'",
     "this line is no \"key: value\"; a text of several lines needs quotes, or a | before it"},
    {"did not find expected <document start>",
     "this does not belong to what stands above it; is this a workflow file?"},
    {"did not find expected ',' or ']'", "a comma or ] is missing here"},
    {"did not find expected ',' or '}'", "a comma or } is missing here"},
    {"did not find expected alphabetic or numeric character",
     "* and & have a meaning of their own before a word in YAML; put "
     "quotes around this text"},
    {"did not find expected comment or line break",
     "only a comment may stand behind | or >; the text begins on the next line"},
    {"did not find expected node content",
     "a value was expected here; a text that begins with a comma or a bracket needs quotes"},
    {"did not find expected hexdecimal number",
     "in double quotes \\x, \\u and \\U need 2, 4 and 8 hexadecimal digits behind them"},
    {"found invalid Unicode character escape code", "this escape is no character of Unicode"},
    {"found undefined tag handle", "a text that begins with ! needs quotes around it"},
    {"found unexpected document indicator",
     "a line that begins with --- or ... cannot stand inside of quotes; is one not closed?"},
    {"mapping keys are not allowed in this context",
     "a text that begins with \"? \" needs quotes around it"},
    {"control characters are not allowed",
     "there is a byte that no text has; is this a workflow file?"},
    {"found unknown escape character",
     "there is no such escape in double quotes; write \\\\ for a backslash, or use single quotes"},
};

static const char *say_plainly(const yaml_parser_t *parser)
{
    for (size_t i = 0; i < sizeof yaml_words / sizeof *yaml_words; i++)
        if (!strcmp(parser->problem, yaml_words[i].problem))
            return yaml_words[i].words;
    return NULL;
}

// What libyaml says has a mark, or only an offset when the bytes themselves are wrong.
static void report_failure(struct reader *reader, const yaml_parser_t *parser, const char *text,
                           size_t length)
{
    yaml_mark_t mark = parser->problem_mark;
    size_t at = 0, line = 0, column = 0;
    bool marked = mark.line || mark.column || !parser->problem_offset;
    for (; at < length && (marked ? line < mark.line || (line == mark.line && column < mark.column)
                                  : at < parser->problem_offset);
         at++) {
        bool end = text[at] == '\n';
        line += end;
        column = end ? 0 : column + (((unsigned char)text[at] & 0xc0) != 0x80);
    }
    mark.line = marked ? mark.line : line;
    mark.column = marked ? mark.column : column;
    bool in_flow = !strncmp(parser->problem, "did not find expected ',' or", 28);
    if (at < length && in_flow && text[at] == '{')
        error_at(
            reader, &mark,
            "{ begins an object here, in YAML; put quotes around a text that has braces in it");
    else if (at < length && text[at] == '\t')
        error_at(reader, &mark, "YAML takes no tab here; indent with blanks");
    else if (parser->context && !strcmp(parser->context, "while scanning a quoted scalar") &&
             strstr(parser->problem, "end of stream"))
        error_at(reader, &mark,
                 "the file ends here, but the quote of line %zu, column %zu is not closed",
                 parser->context_mark.line + 1, parser->context_mark.column + 1);
    else if (say_plainly(parser))
        error_at(reader, &mark, "%s", say_plainly(parser));
    else
        error_at(reader, &mark, "no valid YAML: %s%s%s", parser->problem,
                 parser->context ? ", " : "", parser->context ? parser->context : "");
}

int yaml_read(const char *text, size_t length, struct rewrite *rewrite, struct problems *problems)
{
    struct reader reader = {.out = rewrite, .problems = problems};
    size_t errors = problems->errors;
    yaml_parser_t parser;
    *rewrite = (struct rewrite){0};
    rewrite_put_text(rewrite, "");
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const yaml_char_t *)text, length);
    while (!reader.stop) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            report_failure(&reader, &parser, text, length);
            break;
        }
        read_event(&reader, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    for (size_t i = 0; i < reader.anchors_count; i++)
        free(reader.anchors[i].name);
    free(reader.anchors);
    return problems->errors > errors ? -1 : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// DOT text. Graphviz reads entities ("&lt;") in quoted labels, too, so "&" is written as one.
#include "lib/show/dot.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/text.h"

static void quote_line(FILE *out, const char *line, size_t length)
{
    cleanup_free char *copy = xstrndup(line, length);
    cleanup_free char *safe = text_safe(copy);
    for (const char *at = safe; *at; at++) {
        if (*at == '&')
            fputs("&amp;", out);
        else
            fprintf(out, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    }
}

void dot_quote(FILE *out, const char *text)
{
    fputc('"', out);
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        quote_line(out, text, (size_t)(end - text));
        fputs("\\n", out);
    }
    quote_line(out, text, strlen(text));
    fputc('"', out);
}

char *dot_html(const char *text)
{
    static const struct {
        char character;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
    char *html = NULL;
    size_t size;
    cleanup_free char *safe = text_safe(text);
    FILE *out = open_memstream(&html, &size);
    if (!out)
        abort();
    for (const char *at = safe; *at; at++) {
        size_t i = 0;
        while (i < sizeof entities / sizeof *entities && entities[i].character != *at)
            i++;
        if (i < sizeof entities / sizeof *entities)
            fputs(entities[i].entity, out);
        else
            fputc(*at, out);
    }
    fclose(out);
    return html;
}

static void write_attributes(FILE *out, const struct dot_attribute *attributes)
{
    const char *between = " [";
    for (; attributes && attributes->name; attributes++) {
        if (!attributes->text && !attributes->html)
            continue;
        fprintf(out, "%s%s=", between, attributes->name);
        if (attributes->text)
            dot_quote(out, attributes->text);
        else
            fprintf(out, "<%s>", attributes->html);
        between = ", ";
    }
    fputs(*between == ',' ? "];\n" : ";\n", out);
}

void dot_begin(FILE *out, const char *name)
{
    fputs("digraph ", out);
    dot_quote(out, name);
    fputs(" {\n", out);
}

void dot_defaults(FILE *out, const char *what, const struct dot_attribute *attributes)
{
    fprintf(out, "  %s", what);
    write_attributes(out, attributes);
}

void dot_node(FILE *out, const char *id, const struct dot_attribute *attributes)
{
    fprintf(out, "  %s", id);
    write_attributes(out, attributes);
}

void dot_edge(FILE *out, const char *from, const char *to, const struct dot_attribute *attributes)
{
    fprintf(out, "  %s -> %s", from, to);
    write_attributes(out, attributes);
}

void dot_end(FILE *out)
{
    fputs("}\n", out);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// DOT text of any names.
#include "lib/show/dot.h"

#include <locale.h>

#include "tests/tap.h"

static const struct {
    const char *name, *text, *quoted, *html;
} cases[] = {
    {"plain", "work1", "\"work1\"", "work1"},
    {"empty", "", "\"\"", ""},
    {"quotes", "a\"b", "\"a\\\"b\"", "a&quot;b"},
    {"a backslash", "a\\nb\\", "\"a\\\\nb\\\\\"", "a\\nb\\"},
    {"an entity", "&lt;", "\"&amp;lt;\"", "&amp;lt;"},
    {"markup", "<b>x</b>", "\"<b>x</b>\"", "&lt;b&gt;x&lt;/b&gt;"},
    {"a line end", "a\nb", "\"a\\nb\"", "a b"},
    {"an escape sequence", "a\033[31mb", "\"a?[31mb\"", "a?[31mb"},
    {"a tab", "a\tb", "\"a b\"", "a b"},
    {"letters of the world", "größe→", "\"größe→\"", "größe→"},
    {"no UTF-8",
     "a\xff"
     "b",
     "\"a\xef\xbf\xbd"
     "b\"",
     "a\xef\xbf\xbd"
     "b"},
    {"comments and braces", "}// /* #", "\"}// /* #\"", "}// /* #"},
};

static char *text_of(void (*write)(FILE *out, const char *text), const char *text)
{
    char *got = NULL;
    size_t size;
    FILE *out = open_memstream(&got, &size);
    write(out, text);
    fclose(out);
    return got;
}

static void write_graph(FILE *out, const char *name)
{
    dot_begin(out, name);
    dot_defaults(out, "node",
                 (const struct dot_attribute[]){{.name = "shape", .text = "box"}, {0}});
    dot_node(out, "job1",
             (const struct dot_attribute[]){{.name = "label", .text = "a\nb"},
                                            {.name = "color"},
                                            {.name = "xlabel", .html = "<B>x</B>"},
                                            {0}});
    dot_node(out, "job2", (const struct dot_attribute[]){{.name = "color"}, {0}});
    dot_edge(out, "job1", "job2", NULL);
    dot_end(out);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *quoted = text_of(dot_quote, cases[i].text), *html = dot_html(cases[i].text);
        is_text(quoted, cases[i].quoted, cases[i].name);
        is_text(html, cases[i].html, cases[i].name);
        free(quoted);
        free(html);
    }
    char *graph = text_of(write_graph, "odd \"name\"");
    is_text(graph,
            "digraph \"odd \\\"name\\\"\" {\n  node [shape=\"box\"];\n  job1 [label=\"a\\nb\", "
            "xlabel=<<B>x</B>>];\n  job2;\n"
            "  job1 -> job2;\n}\n",
            "a graph");
    free(graph);
    return done_testing();
}

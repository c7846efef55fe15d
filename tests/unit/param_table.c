// SPDX-License-Identifier: GPL-2.0-or-later
// Tables of parameters: what each way to write one gives, and what is refused.
#include "lib/text/param_table.h"

#include "lib/base/arena.h"
#include "tests/tap.h"

static const struct {
    enum param_table_kind kind;
    const char *text, *want; // columns, then rows with the type of each cell; or the error
} tables[] = {
    {PARAM_TABLE_CSV, "a,b\n1,x\n2.50, \"7\" \n", "a b | i1 tx | f2.50 i7"},
    {PARAM_TABLE_CSV, "a,b\n007,1.1\n2E5,1.10\n", "a b | i007 f1.1 | f2E5 f1.10"},
    {PARAM_TABLE_CSV, "a,b\r1,x\r2,y", "a b | i1 tx | i2 ty"},
    {PARAM_TABLE_CSV, "a,b\r\n\"x,\"\"y\"\"\",-3\r\n\r\n", "a b | tx,\"y\" i-3"},
    {PARAM_TABLE_CSV, "a,b\n1,", "a b | i1 t"},
    {PARAM_TABLE_CSV, "a,b\n", "the table has no rows"},
    {PARAM_TABLE_CSV, "", "the table has no rows"},
    {PARAM_TABLE_CSV, "a,a\n1,2\n", "two columns are called a"},
    {PARAM_TABLE_CSV, "a,\n1,2\n", "column 2 has no name"},
    {PARAM_TABLE_CSV, "a,b c\n1,2\n",
     "the column name \"b c\" must be letters, digits and _, so that {b c} can stand in a text"},
    {PARAM_TABLE_CSV, "a,b\n1,2\n3\n", "row 2 has 1 cell; the header has 2"},
    {PARAM_TABLE_CSV, "a,b\n1,2,3\n", "row 1 has 3 cells; the header has 2"},
    {PARAM_TABLE_CSV, "a\n\"x\n",
     "row 1: a quote is not closed, or stands in a cell that does not begin with one; write \"a "
     "\"\"quoted\"\" word\""},
    {PARAM_TABLE_CSV, "a,b\n1,2\"3\n",
     "row 1: a quote is not closed, or stands in a cell that does not begin with one; write \"a "
     "\"\"quoted\"\" word\""},
    {PARAM_TABLE_CSV, "a;b\n1;2\n", "the columns \"a;b\" must be divided by commas, as all cells"},
    {PARAM_TABLE_TSV, "a\tb\n1\tx, y\n 2.50 \t\"7\t8\"\r\n\n", "a b | i1 tx, y | f2.50 t7\t8"},
    {PARAM_TABLE_TSV, "a\tb\n\t\n", "a b | t t"},
    {PARAM_TABLE_TSV, "a\tb\n1\n", "row 1 has 1 cell; the header has 2"},
    {PARAM_TABLE_TSV, "a,b\n1,2\n", "the columns \"a,b\" must be divided by tabs, as all cells"},
    {PARAM_TABLE_JSON, "[{\"a\": 1, \"b\": \"7\"}, {\"b\": 0.5, \"a\": true}]",
     "a b | i1 i7 | ttrue f0.5"},
    {PARAM_TABLE_JSON, "[{\"a\": 1.10, \"\\u0062\": 2E5}, {\"b\": -0, \"a\": 1.1}]",
     "a b | f1.10 f2E5 | f1.1 i-0"},
    {PARAM_TABLE_JSON, "[{\"a\": [1.10, \"\\\\\", 2, \"a \\\" b\"]}]",
     "a | t[1.10,\"\\\\\",2,\"a \\\" b\"]"},
    {PARAM_TABLE_JSON, "[{\"a\": [1, 2]}, {\"a\": null}]", "a | t[1,2] | tnull"},
    {PARAM_TABLE_JSON, "[]", "the table has no rows"},
    {PARAM_TABLE_JSON, "{}", "the table is no list of objects"},
    {PARAM_TABLE_JSON, "[{\"a\": 1}, {\"b\": 1}]", "row 2 has no \"a\""},
    {PARAM_TABLE_JSON, "[{\"a\": 1}, {\"a\": 1, \"b\": 1}]",
     "row 2 has more values than the first, which has 1"},
    {PARAM_TABLE_JSON, "[1]", "row 1 is no object of names and values"},
    {PARAM_TABLE_JSON, "[{]", "line 1: string or '}' expected near ']'"},
    {PARAM_TABLE_JSON_LINES, "{\"a\": 1}\n\n{\"a\": 2}", "a | i1 | i2"},
    {PARAM_TABLE_JSON_LINES, "{\"a\": 1.0}\n{\"a\": 1e0}", "a | f1.0 | f1e0"},
    {PARAM_TABLE_JSON_LINES, "{\"a\": 1}\n{\"a\" 2}\n", "line 2: ':' expected near '2'"},
};

int main(void)
{
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct params params;
        struct error err = {0};
        char got[300] = "";
        if (param_table_read(tables[i].text, strlen(tables[i].text), tables[i].kind, arena, &params,
                             &err)) {
            is_text(err.text, tables[i].want, tables[i].want);
            continue;
        }
        for (size_t c = 0; c < params.count; c++)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", c ? " " : "",
                     params.names[c]);
        for (size_t r = 0; r < params.lists[0].count; r++) {
            strcat(got, " |");
            for (size_t c = 0; c < params.count; c++) {
                struct param_value value;
                param_list_get(&params.lists[c], r, &value);
                snprintf(got + strlen(got), sizeof got - strlen(got), " %c%s",
                         "ift"[param_number(value.text).type], value.text);
            }
        }
        is_text(got, tables[i].want, tables[i].want);
    }
    enum param_table_kind kind;
    is_int(param_table_kind("x/y.ndjson", &kind), 0, "the kind goes by the extension");
    is_int(kind, PARAM_TABLE_JSON_LINES, ".ndjson is JSON lines");
    is_int(param_table_kind("x/y.tsv", &kind), 0, ".tsv is a table, too");
    is_int(kind, PARAM_TABLE_TSV, "of cells between tabs");
    is_int(param_table_kind("x/y.txt", &kind), -1, ".txt is none");
    arena_destroy(arena);
    return done_testing();
}

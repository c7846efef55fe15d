// SPDX-License-Identifier: GPL-2.0-or-later
// Rows of CSV, TSV and JSON as parameters.
#include "lib/text/param_table.h"

#include <csv.h>
#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/text/json_position.h"

struct table {
    struct arena *arena;
    struct error *err;
    char delimiter; // of CSV
    char **names;
    size_t columns, columns_space;
    struct param_value *cells; // row by row
    size_t count, space;       // of cells
    size_t row, column;        // where the reader is; row 0 is the header of CSV
    bool failed;
};

int param_table_kind(const char *name, enum param_table_kind *kind)
{
    static const struct {
        const char *extension;
        enum param_table_kind kind;
    } kinds[] = {{".csv", PARAM_TABLE_CSV},
                 {".tsv", PARAM_TABLE_TSV},
                 {".json", PARAM_TABLE_JSON},
                 {".jsonl", PARAM_TABLE_JSON_LINES},
                 {".ndjson", PARAM_TABLE_JSON_LINES}};
    const char *extension = strrchr(name, '.');
    for (size_t i = 0; extension && i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(extension, kinds[i].extension)) {
            *kind = kinds[i].kind;
            return 0;
        }
    return -1;
}

static bool is_word(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    for (; isalnum((unsigned char)*text) || *text == '_'; text++) {
    }
    return !*text;
}

static void fail(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fail(struct table *table, const char *format, ...)
{
    if (table->failed)
        return;
    va_list ap;
    va_start(ap, format);
    cleanup_free char *text = xvasprintf(format, ap);
    va_end(ap);
    error_set(table->err, ERROR_USAGE, 0, "%s", text);
    table->failed = true;
}

static void add_column(struct table *table, const char *name)
{
    for (size_t i = 0; i < table->columns; i++)
        if (!strcmp(table->names[i], name))
            fail(table, "two columns are called %.60s", name);
    if (!*name)
        fail(table, "column %zu has no name", table->columns + 1);
    else if (strpbrk(name, table->delimiter == '\t' ? ",;|" : ";\t|"))
        fail(table, "the columns \"%.60s\" must be divided by %s, as all cells", name,
             table->delimiter == '\t' ? "tabs" : "commas");
    else if (!is_word(name))
        fail(table,
             "the column name \"%.60s\" must be letters, digits and _, so that {%.60s} can stand "
             "in a text",
             name, name);
    table->names =
        array_grow(table->names, table->columns, &table->columns_space, sizeof *table->names);
    table->names[table->columns++] = arena_strdup(table->arena, name);
}

static struct param_value *add_cell(struct table *table)
{
    table->cells = array_grow(table->cells, table->count, &table->space, sizeof *table->cells);
    return &table->cells[table->count++];
}

// libcsv gives cells trimmed and unquoted.
static void on_cell(void *cell, size_t length, void *data)
{
    struct table *table = data;
    const char *text = arena_strndup(table->arena, cell ? cell : "", length);
    if (table->row == 0)
        add_column(table, text);
    else if (table->column < table->columns)
        add_cell(table)->text = text;
    table->column++;
}

static void on_row(int end, void *data)
{
    struct table *table = data;
    (void)end;
    if (table->row > 0 && table->column != table->columns)
        fail(table, "row %zu has %zu cell%s; the header has %zu", table->row, table->column,
             table->column == 1 ? "" : "s", table->columns);
    table->row++;
    table->column = 0;
}

static void read_divided(struct table *table, const char *text, size_t length, char delimiter)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI))
        abort();
    csv_set_delim(&parser, (unsigned char)delimiter);
    table->delimiter = delimiter;
    if (csv_parse(&parser, text, length, on_cell, on_row, table) < length ||
        csv_fini(&parser, on_cell, on_row, table))
        fail(table,
             csv_error(&parser) == CSV_EPARSE
                 ? "row %zu: a quote is not closed, or stands in a cell that does not begin "
                   "with one; write \"a \"\"quoted\"\" word\""
                 : "row %zu: the cells are too long",
             table->row);
    csv_free(&parser);
}

static void read_csv(struct table *table, const char *text, size_t length)
{
    read_divided(table, text, length, ',');
}

static void read_tsv(struct table *table, const char *text, size_t length)
{
    read_divided(table, text, length, '\t');
}

// A text is what it says; anything else as it was written, without the blanks inside.
static const char *value_text(struct table *table, const json_t *value, const char *raw,
                              size_t length)
{
    if (json_is_string(value))
        return arena_strdup(table->arena, json_string_value(value));
    char *text = arena_alloc(table->arena, length + 1);
    size_t kept = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        bool escape = quoted && raw[i] == '\\';
        quoted ^= raw[i] == '"';
        if (quoted || !memchr(" \t\r\n", raw[i], 4))
            text[kept++] = raw[i];
        if (escape)
            text[kept++] = raw[++i];
    }
    text[kept] = '\0';
    return text;
}

static size_t find_column(const struct table *table, const char *name)
{
    size_t i = 0;
    while (i < table->columns && strcmp(table->names[i], name) != 0)
        i++;
    return i;
}

// A row, which stands in the text at `at`; jansson keeps the order of its members.
static void read_object(struct table *table, json_t *object, const struct json_text *json,
                        size_t at)
{
    const char *key;
    json_t *value;
    struct json_items items;
    struct json_item item;
    table->row++;
    if (!json_is_object(object) || !json_object_size(object)) {
        fail(table, "row %zu is no object of names and values", table->row);
        return;
    }
    if (table->row == 1)
        json_object_foreach(object, key, value)
            add_column(table, key);
    for (size_t i = 0; i < table->columns; i++) {
        if (!json_object_get(object, table->names[i]))
            fail(table, "row %zu has no \"%s\"", table->row, table->names[i]);
        add_cell(table)->text = "";
    }
    if (json_object_size(object) != table->columns)
        fail(table, "row %zu has more values than the first, which has %zu", table->row,
             table->columns);
    if (table->failed || !json_items_open(json, at, &items))
        return;
    json_object_foreach(object, key, value)
        if (json_items_next(json, &items, &item) > 0)
            table->cells[table->count - table->columns + find_column(table, key)].text =
                value_text(table, value, json->text + item.value, item.value_length);
}

static void read_json(struct table *table, const char *text, size_t length)
{
    json_error_t where;
    const struct json_text json = {text, length};
    struct json_items items;
    struct json_item item;
    json_auto_t *rows = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (!rows)
        fail(table, "line %d: %s", where.line, where.text);
    else if (!json_is_array(rows) || !json_items_open(&json, 0, &items))
        fail(table, "the table is no list of objects");
    for (size_t i = 0; i < json_array_size(rows) && !table->failed; i++)
        if (json_items_next(&json, &items, &item) > 0)
            read_object(table, json_array_get(rows, i), &json, item.value);
}

static bool is_blank(const char *text, size_t length)
{
    while (length && memchr(" \t\r", text[length - 1], 3))
        length--;
    return !length;
}

static void read_json_lines(struct table *table, const char *text, size_t length)
{
    size_t line = 0;
    for (const char *at = text, *end = text + length, *next; at < end && !table->failed;
         at = next) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        next = stop ? stop + 1 : end;
        line++;
        size_t count = (size_t)((stop ? stop : end) - at);
        if (is_blank(at, count))
            continue;
        json_error_t where;
        json_auto_t *row = json_loadb(at, count, JSON_REJECT_DUPLICATES, &where);
        if (!row)
            fail(table, "line %zu: %s", line, where.text);
        else
            read_object(table, row, &(struct json_text){at, count}, 0);
    }
}

// The cells stand row by row; a parameter's values are a column.
static void make_lists(const struct table *table, struct params *params)
{
    size_t rows = table->count / table->columns;
    params->names = arena_alloc(table->arena, table->columns * sizeof *params->names);
    params->lists = arena_alloc(table->arena, table->columns * sizeof *params->lists);
    params->count = table->columns;
    for (size_t c = 0; c < table->columns; c++) {
        struct param_value *values = arena_alloc(table->arena, rows * sizeof *values);
        for (size_t r = 0; r < rows; r++)
            values[r] = table->cells[r * table->columns + c];
        params->names[c] = table->names[c];
        params->lists[c] = (struct param_list){.values = values, .count = rows};
    }
}

int param_table_read(const char *text, size_t length, enum param_table_kind kind,
                     struct arena *arena, struct params *params, struct error *err)
{
    static void (*const readers[])(struct table *, const char *,
                                   size_t) = {[PARAM_TABLE_CSV] = read_csv,
                                              [PARAM_TABLE_TSV] = read_tsv,
                                              [PARAM_TABLE_JSON] = read_json,
                                              [PARAM_TABLE_JSON_LINES] = read_json_lines};
    struct table table = {.arena = arena, .err = err};
    *params = (struct params){.mode = PARAM_ZIP};
    readers[kind](&table, text, length);
    if (!table.failed && !table.count)
        fail(&table, "the table has no rows");
    if (!table.failed)
        make_lists(&table, params);
    free(table.names);
    free(table.cells);
    return table.failed ? -1 : 0;
}

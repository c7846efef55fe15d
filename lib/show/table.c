// SPDX-License-Identifier: GPL-2.0-or-later
// Collects a page of cells, fits its columns to the screen, prints it.
#include "lib/show/table.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/show/format.h"

enum { PAGE_ROWS = 1000, COLUMNS_MOST = 24, SHRINK_WELL = 20, SHRINK_LEAST = 8, GAP = 2 };

struct cell {
    char *text;
    enum color color;
};

struct table {
    const struct screen *screen;
    enum table_style style;
    const struct table_column *columns;
    size_t columns_count, filled, space;
    struct cell *cells; // `filled` of them, row after row
    int width[COLUMNS_MOST];
    bool dropped[COLUMNS_MOST], started;
};

struct table *table_create(const struct screen *screen, enum table_style style,
                           const struct table_column *columns, size_t count)
{
    struct table *table = xcalloc(1, sizeof *table);
    table->screen = screen;
    table->style = style;
    table->columns = columns;
    table->columns_count = count < COLUMNS_MOST ? count : COLUMNS_MOST;
    return table;
}

static int width_of_all(const struct table *table)
{
    int width = -GAP;
    for (size_t i = 0; i < table->columns_count; i++)
        if (!table->dropped[i])
            width += table->width[i] + GAP;
    return width;
}

static bool shrink_widest(struct table *table, int least)
{
    int widest = -1;
    for (size_t i = 0; i < table->columns_count; i++) {
        enum table_fit fit = table->columns[i].fit;
        int floor = fit == FIT_NAME ? SHRINK_WELL : least;
        bool may = (fit == FIT_SHRINK || fit == FIT_NAME || fit == FIT_LIST) &&
                   !table->dropped[i] && table->width[i] > floor;
        if (may && (widest < 0 || table->width[i] > table->width[widest]))
            widest = (int)i;
    }
    if (widest >= 0)
        table->width[widest]--;
    return widest >= 0;
}

static bool drop_last(struct table *table, enum table_fit kind)
{
    for (size_t i = table->columns_count; i-- > 0;) {
        if (table->columns[i].fit == kind && !table->dropped[i])
            return table->dropped[i] = true;
    }
    return false;
}

static void fit(struct table *table)
{
    int natural[COLUMNS_MOST];
    for (size_t i = 0; i < table->columns_count; i++) {
        int title = text_width(table->columns[i].title);
        if (table->width[i] < title)
            table->width[i] = title;
    }
    for (size_t i = 0; i < table->filled; i++) {
        size_t column = i % table->columns_count;
        int width = text_width(table->cells[i].text);
        if (table->width[column] < width)
            table->width[column] = width;
    }
    memcpy(natural, table->width, sizeof natural);
    while (table->screen->cuts && width_of_all(table) > table->screen->width) {
        if (shrink_widest(table, SHRINK_WELL))
            continue;
        if (drop_last(table, FIT_DROP)) {
            memcpy(table->width, natural,
                   sizeof natural); // the room that it leaves is for the others
            continue;
        }
        if (shrink_widest(table, SHRINK_LEAST))
            continue;
        if (!drop_last(table, FIT_LATE))
            return;
        memcpy(table->width, natural, sizeof natural);
    }
}

// "a, b, …": as many whole items as there is room for.
static char *shorten_list(const char *text, int width, const char *ellipsis)
{
    size_t good = 0;
    for (const char *at = strstr(text, ", "); at; at = strstr(at + 1, ", ")) {
        cleanup_free char *head = xstrndup(text, (size_t)(at - text));
        if (text_width(head) + 3 <= width)
            good = (size_t)(at - text);
    }
    return text_width(text) > width && good ? xasprintf("%.*s, %s", (int)good, text, ellipsis)
                                            : text_shorten(text, width, ellipsis);
}

static void print_cell(const struct table *table, size_t column, const char *text, enum color color)
{
    bool last = true;
    for (size_t i = column + 1; i < table->columns_count; i++)
        last &= table->dropped[i];
    bool list = table->columns[column].fit == FIT_LIST;
    cleanup_free char *shown =
        (list ? shorten_list : text_shorten)(text, table->width[column], table->screen->ellipsis);
    int blanks = table->width[column] - text_width(shown);
    bool left = table->columns[column].align == ALIGN_LEFT;
    fprintf(table->screen->out, "%*s", left ? 0 : blanks, "");
    screen_print(table->screen, color, "%s", shown);
    fprintf(table->screen->out, "%*s", last ? 0 : (left ? blanks : 0) + GAP, "");
}

static void print_people(struct table *table)
{
    FILE *out = table->screen->out;
    fit(table);
    for (size_t i = 0; i < table->columns_count && !table->started; i++) {
        if (!table->dropped[i])
            print_cell(table, i, table->columns[i].title, COLOR_BOLD);
    }
    if (!table->started)
        fputc('\n', out);
    for (size_t i = 0; i < table->filled; i++) {
        size_t column = i % table->columns_count;
        if (!table->dropped[column])
            print_cell(table, column, table->cells[i].text, table->cells[i].color);
        if (column + 1 == table->columns_count)
            fputc('\n', out);
    }
}

static void print_field(FILE *out, const char *text, bool first)
{
    if (!first)
        fputc(',', out);
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++)
        fputs(*text == '"' ? "\"\"" : (char[]){*text, '\0'}, out);
    fputc('"', out);
}

static void print_csv(struct table *table)
{
    FILE *out = table->screen->out;
    bool first = true;
    for (size_t i = 0; i < table->columns_count && !table->started; i++) {
        if (!table->columns[i].key)
            continue;
        print_field(out, table->columns[i].key, first);
        first = false;
    }
    if (!table->started)
        fputs("\r\n", out);
    for (size_t i = 0; i < table->filled; i++) {
        size_t column = i % table->columns_count;
        first = column == 0 ? true : first;
        if (table->columns[column].key) {
            print_field(out, table->cells[i].text, first);
            first = false;
        }
        if (column + 1 == table->columns_count)
            fputs("\r\n", out);
    }
}

static void flush(struct table *table)
{
    if (table->style == TABLE_CSV)
        print_csv(table);
    else
        print_people(table);
    for (size_t i = 0; i < table->filled; i++)
        free(table->cells[i].text);
    table->filled = 0;
    table->started = true;
}

void table_destroy(struct table *table)
{
    if (!table)
        return;
    if (table->filled || !table->started)
        flush(table);
    free(table->cells);
    free(table);
}

static void add(struct table *table, enum color color, const char *text)
{
    if (table->filled == PAGE_ROWS * table->columns_count)
        flush(table);
    table->cells = array_grow(table->cells, table->filled, &table->space, sizeof *table->cells);
    bool csv = table->style == TABLE_CSV;
    char *kept = csv ? xstrdup(text ? text : "") : text_safe(text ? text : "-");
    table->cells[table->filled++] = (struct cell){.text = kept, .color = color};
}

static bool is_csv(const struct table *table)
{
    return table->style == TABLE_CSV;
}

void table_text(struct table *table, enum color color, const char *text)
{
    add(table, color, text);
}

void table_number(struct table *table, int64_t number)
{
    char text[FORMAT_SIZE];
    snprintf(text, sizeof text, "%lld", (long long)number);
    add(table, COLOR_NONE, number < 0 ? NULL : text);
}

void table_milli(struct table *table, int64_t milli)
{
    char text[FORMAT_SIZE];
    add(table, COLOR_NONE, milli < 0 ? NULL : format_milli(text, milli));
}

void table_bytes(struct table *table, int64_t bytes)
{
    char text[FORMAT_SIZE];
    if (is_csv(table))
        table_number(table, bytes);
    else
        add(table, COLOR_NONE, format_bytes(text, bytes));
}

void table_duration(struct table *table, int64_t usec)
{
    char text[FORMAT_SIZE];
    if (!is_csv(table))
        format_duration(text, usec);
    else
        snprintf(text, sizeof text, "%.6f", (double)usec / 1e6);
    add(table, COLOR_NONE, usec < 0 ? NULL : text);
}

void table_percent(struct table *table, int64_t part, int64_t whole)
{
    char text[FORMAT_SIZE];
    if (!is_csv(table))
        format_percent(text, part, whole);
    else
        snprintf(text, sizeof text, "%.4f", whole > 0 ? (double)part / (double)whole : 0.0);
    add(table, COLOR_NONE, part < 0 || whole <= 0 ? NULL : text);
}

void table_time(struct table *table, int64_t usec, int64_t base_usec)
{
    char text[FORMAT_SIZE];
    if (is_csv(table))
        format_iso(text, usec);
    else
        format_clock(text, usec, base_usec);
    add(table, COLOR_NONE, usec <= 0 ? NULL : text);
}

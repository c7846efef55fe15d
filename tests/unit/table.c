// SPDX-License-Identifier: GPL-2.0-or-later
// Tables: alignment, fitting to a width, CSV, pages.
#include "lib/show/table.h"

#include <locale.h>

#include "tests/tap.h"

static const struct table_column columns[] = {
    {"NAME", "name", ALIGN_LEFT, FIT_SHRINK},       {"N", "n", ALIGN_RIGHT, FIT_KEEP},
    {"MEM", "memory_bytes", ALIGN_RIGHT, FIT_KEEP}, {"TOOK", "wall_s", ALIGN_RIGHT, FIT_DROP},
    {"NOTE", NULL, ALIGN_LEFT, FIT_DROP},
};

static const struct {
    const char *name;
    int width;
    enum table_style style;
    bool color;
    const char *text;
} cases[] = {
    {"wide enough", 80, TABLE_PEOPLE, false,
     "NAME                     N   MEM  TOOK  NOTE\n"
     "short                    7  200m  1.5s  -\n"
     "a_rather_long_job_name  12     -     -  x, \"y\"\n"},
    {"columns drop out", 40, TABLE_PEOPLE, false,
     "NAME                     N   MEM  TOOK\n"
     "short                    7  200m  1.5s\n"
     "a_rather_long_job_name  12     -     -\n"},
    {"names shrink a little before columns drop", 44, TABLE_PEOPLE, false,
     "NAME                   N   MEM  TOOK  NOTE\n"
     "short                  7  200m  1.5s  -\n"
     "a_rather_l~_job_name  12     -     -  x, \"y\"\n"},
    {"then names shrink more", 24, TABLE_PEOPLE, false,
     "NAME             N   MEM\n"
     "short            7  200m\n"
     "a_rathe~b_name  12     -\n"},
    {"nothing to drop any more", 10, TABLE_PEOPLE, false,
     "NAME       N   MEM\n"
     "short      7  200m\n"
     "a_ra~ame  12     -\n"},
    {"colour", 80, TABLE_PEOPLE, true,
     "\033[1mNAME\033[0m                     \033[1mN\033[0m   \033[1mMEM\033[0m  "
     "\033[1mTOOK\033[0m  \033[1mNOTE\033[0m\n"
     "short                    7  200m  1.5s  -\n"
     "\033[31ma_rather_long_job_name\033[0m  12     -     -  x, \"y\"\n"},
    {"CSV", 10, TABLE_CSV, false,
     "name,n,memory_bytes,wall_s\r\n"
     "short,7,209715200,1.500000\r\n"
     "a_rather_long_job_name,12,,\r\n"},
};

static void fill(struct table *table)
{
    table_text(table, COLOR_NONE, "short");
    table_number(table, 7);
    table_bytes(table, 200 << 20);
    table_duration(table, 1500000);
    table_text(table, COLOR_NONE, NULL);
    table_text(table, COLOR_RED, "a_rather_long_job_name");
    table_number(table, 12);
    table_bytes(table, -1);
    table_duration(table, -1);
    table_text(table, COLOR_NONE, "x, \"y\"");
}

static void test_pages(void)
{
    char *text = NULL;
    size_t size = 0, lines = 0, headers = 0;
    struct screen screen = {.out = open_memstream(&text, &size), .width = 80, .ellipsis = "~"};
    struct table *table = table_create(&screen, TABLE_PEOPLE, columns, 2);
    for (int i = 0; i < 2500; i++) {
        table_text(table, COLOR_NONE, "job");
        table_number(table, i);
    }
    table_destroy(table);
    fclose(screen.out);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++)
        headers += !strncmp(line, "NAME", 4);
    is_int((int64_t)lines, 2501, "every row of several pages is there");
    is_int((int64_t)headers, 1, "one header");
    free(text);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        size_t size = 0;
        struct screen screen = {.out = open_memstream(&text, &size),
                                .width = cases[i].width,
                                .cuts = true,
                                .color = cases[i].color,
                                .ellipsis = "~"};
        struct table *table =
            table_create(&screen, cases[i].style, columns, sizeof columns / sizeof *columns);
        fill(table);
        table_destroy(table);
        fclose(screen.out);
        is_text(text, cases[i].text, cases[i].name);
        free(text);
    }
    test_pages();
    return done_testing();
}

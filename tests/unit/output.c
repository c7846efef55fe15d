// SPDX-License-Identifier: GPL-2.0-or-later
// The tail of what a job wrote: text, whatever it was.
#include "runner/job/output.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/tap.h"

#define R "\xef\xbf\xbd" // U+FFFD

static const struct {
    const char *written, *tail;
} rows[] = {
    {"plain\n", "plain\n"},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x8d\n", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x8d\n"},
    {"Gr\xf6\xdf"
     "e: ung\xfcltig",
     "Gr" R R "e: ung" R "ltig"},
    {"\xe2\x82", R R},
    {"\xe2\x82x", R R "x"},
    {"\xc0\xaf\xed\xa0\x80\xff", R R R R R R},
    {"\xf0\x9f\x8c.", R R R "."},
    {"a\x1b[31mb\x7f\rc\td", "a?[31mb??c\td"},
    {"", NULL},
};

int main(void)
{
    char folder[] = "/tmp/torc-output.XXXXXX", many[3001];
    struct error err;
    struct output output;
    struct arena *arena = arena_create();
    const struct output_files files = {.stderr_name = "e"};
    if (!ok(mkdtemp(folder) && !output_open(&output, folder, &err), "a folder"))
        return done_testing();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ok(output_write(&output, "e", rows[i].written, &err) == 0, "written");
        is_text(output_tail(&output, &files, arena), rows[i].tail,
                rows[i].tail ? rows[i].tail : "nothing");
    }
    memset(many, '\xe9', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    output_write(&output, "e", many, &err);
    const char *tail = output_tail(&output, &files, arena);
    ok(tail && strlen(tail) == 3 * 2048, "each byte of a long text has a place");
    memset(many, 'x', sizeof many - 1);
    memcpy(many + 3000 - 2048 - 2, "\xe2\x82\xac", 3);
    output_write(&output, "e", many, &err);
    tail = output_tail(&output, &files, arena);
    ok(tail && strlen(tail) == 2047 && *tail == 'x',
       "a character that the beginning cuts is left out");
    unlinkat(output.dir, "e", 0);
    output_close(&output);
    rmdir(folder);
    arena_destroy(arena);
    return done_testing();
}

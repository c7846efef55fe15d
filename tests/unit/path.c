// SPDX-License-Identifier: GPL-2.0-or-later
// The spellings of one path.
#include "lib/text/path.h"

#include "lib/base/arena.h"
#include "tests/tap.h"

static const struct {
    const char *path, *folder, *normal;
} rows[] = {
    {"out/x.txt", "/home/anna", "out/x.txt"},
    {"./out/x.txt", "/home/anna", "out/x.txt"},
    {"out//x.txt", "/home/anna", "out/x.txt"},
    {"out/./x.txt", "/home/anna", "out/x.txt"},
    {"out/x.txt/", "/home/anna", "out/x.txt"},
    {"out/x.txt/.", "/home/anna", "out/x.txt"},
    {"a/../out/x.txt", "/home/anna", "out/x.txt"},
    {"a/b/../../out/x.txt", "/home/anna", "out/x.txt"},
    {"/home/anna/out/x.txt", "/home/anna", "out/x.txt"},
    {"//home/./anna//out/x.txt", "/home/anna", "out/x.txt"},
    {"../anna/out/x.txt", "/home/anna", "out/x.txt"},
    {"../../home/anna/out/x.txt", "/home/anna", "out/x.txt"},
    {"../../../../home/anna/out/x.txt", "/home/anna", "out/x.txt"},
    {"../anna2/x", "/home/anna", "/home/anna2/x"},
    {"/home/annabel/x", "/home/anna", "/home/annabel/x"},
    {"/home/anna", "/home/anna", "."},
    {"/home/anna/", "/home/anna", "."},
    {".", "/home/anna", "."},
    {"./", "/home/anna", "."},
    {"a/..", "/home/anna", "."},
    {"..", "/home/anna", "/home"},
    {"../..", "/home/anna", "/"},
    {"/..", "/home/anna", "/"},
    {"/", "/home/anna", "/"},
    {"x", "/", "x"},
    {"/x/y", "/", "x/y"},
    {"/", "/", "."},
    {"...", "/home/anna", "..."},
    {"..x/.y", "/home/anna", "..x/.y"},
    {"./..x", "/home/anna", "..x"},
    {"a./b../", "/home/anna", "a./b.."},
    {" out/x", "/home/anna", " out/x"},
    {"./a/../../x", NULL, "../x"},
    {"../../x", NULL, "../../x"},
    {"../a/../../x", NULL, "../../x"},
    {"./a/..", NULL, "."},
    {"/a//b", NULL, "/a/b"},
    {"/../a", NULL, "/a"},
};

int main(void)
{
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = path_normalise(rows[i].path, rows[i].folder, arena);
        is_text(got, rows[i].normal, rows[i].path);
        is_text(path_normalise(got, rows[i].folder, arena), rows[i].normal, "and stays so");
    }
    arena_destroy(arena);
    return done_testing();
}

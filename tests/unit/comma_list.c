// SPDX-License-Identifier: GPL-2.0-or-later
// Comma-separated lists: their items, what is among them.
#include "lib/base/comma_list.h"

#include "tests/tap.h"

static const struct {
    const char *list, *items; // each item in brackets
} lists[] = {
    {NULL, ""},      {"", "[]"},      {"a", "[a]"},         {"a,bc", "[a][bc]"},
    {"a,", "[a][]"}, {",a", "[][a]"}, {"a,,b", "[a][][b]"}, {" a ,b", "[ a ][b]"},
};

static const struct {
    const char *list, *wanted;
    bool all;
} wanted[] = {
    {"a,b,c", "c,a", true}, {"a,b,c", "a,d", false}, {"a,b", "a,,b,", true},
    {"a,b", "", true},      {"ab", "a", false},      {NULL, "a", false},
};

int main(void)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char text[64] = "";
        const char *rest = lists[i].list;
        for (struct comma_item item; comma_list_next(&rest, &item);)
            snprintf(text + strlen(text), sizeof text - strlen(text), "[%.*s]", (int)item.length,
                     item.text);
        ok(!strcmp(text, lists[i].items), "%s: %s", lists[i].list ? lists[i].list : "none", text);
    }
    ok(comma_list_has("a,bc,d", "bc") && !comma_list_has("a,bc,d", "b") &&
           !comma_list_has(NULL, "a"),
       "an item is a whole one");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ok(comma_list_has_all(wanted[i].list, wanted[i].wanted) == wanted[i].all, "%s of %s",
           wanted[i].wanted, wanted[i].list ? wanted[i].list : "none");
    return done_testing();
}

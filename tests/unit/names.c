// SPDX-License-Identifier: GPL-2.0-or-later
// Names and their places, and the nearest name to a slip.
#include "lib/base/names.h"

#include "lib/base/suggest.h"
#include "tests/tap.h"

static void test_many(void)
{
    enum { MANY = 20000 };
    static char texts[MANY][16];
    struct names names;
    int wrong = 0;
    names_init(&names);
    for (int i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "n%d", i);
        wrong += names_add(&names, texts[i]) != (size_t)i;
    }
    for (int i = 0; i < MANY; i++) {
        char other[16];
        snprintf(other, sizeof other, "n%d", i);
        wrong += names_find(&names, other) != i;
    }
    is_int(wrong, 0, "20000 names are found where they were put");
    is_int((int64_t)names_add(&names, "n7"), 7,
           "a name that is there already gives its first place");
    is_int((int64_t)names_add(&names, "new"), MANY + 1,
           "and takes a place of its own all the same");
    is_int((int64_t)names_add(&names, NULL), MANY + 2, "no name takes a place, too");
    is_int(names_find(&names, NULL), NAMES_NONE, "that nobody finds");
    is_int(names_find(&names, "n20000"), NAMES_NONE, "what was not put in is not found");
    names_fini(&names);
    is_int(names_find(&names, "n1"), NAMES_NONE, "nothing is in an empty table");
}

static const char *const keys[] = {"memory", "command", "input_files", "output_files",
                                   NULL,     "cpus",    "depends_on"};

static const struct {
    const char *word, *nearest;
} slips[] = {
    {"memroy", "memory"},
    {"Memory", "memory"},
    {"comand", "command"},
    {"input_file", "input_files"},
    {"cpu", "cpus"},
    {"mem", "memory"},
    {"num_cpus", "cpus"},
    {"zebra", NULL},
    {"", NULL},
    {"x", NULL},
    {"dependson", "depends_on"},
    {"outputfiles", "output_files"},
};

int main(void)
{
    test_many();
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
        is_text(suggest_nearest(slips[i].word, keys, sizeof keys / sizeof *keys), slips[i].nearest,
                slips[i].word);
    return done_testing();
}

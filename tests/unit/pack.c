// SPDX-License-Identifier: GPL-2.0-or-later
// Which jobs a runner takes, by shape, order, labels and time.
#include "lib/store/pack.h"

#include "tests/tap.h"

static const struct {
    const char *what, *taken; // ids in the order they are taken
    struct pack pack;
    struct {
        int32_t cpus, gpus_milli;
        int64_t memory;
        int priority, rank, count;
    } classes[3]; // class i has ids 10 i, …
} rows[] = {
    {"as many as fit", "0 1 2", {{3, 0, 99}, {4, 0, 99}, 9, 0}, {{1, 0, 1, 0, 0, 5}}},
    {"no more than asked for", "0 1", {{9, 0, 99}, {9, 0, 99}, 2, 0}, {{1, 0, 1, 0, 0, 5}}},
    {"memory is what is short", "0 1", {{9, 0, 5}, {9, 0, 9}, 9, 0}, {{1, 0, 2, 0, 0, 5}}},
    {"GPUs in thousandths", "0 1 2", {{9, 1500, 99}, {9, 2000, 99}, 9, 0}, {{1, 500, 1, 0, 0, 5}}},
    {"a large job at the head does not hide small ones",
     "10 11",
     {{2, 0, 99}, {8, 0, 99}, 9, 0},
     {{8, 0, 1, 5, 5, 2}, {1, 0, 1, 0, 0, 3}}},
    {"priority before rank, rank before order",
     "20 10 0",
     {{3, 0, 99}, {3, 0, 99}, 9, 0},
     {{1, 0, 1, 0, 1, 1}, {1, 0, 1, 0, 9, 1}, {1, 0, 1, 1, 0, 1}}},
    {"prefetch takes what fits the empty runner",
     "0 1 10",
     {{2, 0, 99}, {4, 0, 99}, 9, 1},
     {{1, 0, 1, 0, 0, 2}, {4, 0, 1, 0, 0, 1}}},
    {"prefetch never takes what fits never",
     "0",
     {{1, 0, 99}, {4, 0, 99}, 9, 3},
     {{1, 0, 1, 0, 0, 1}, {5, 0, 1, 9, 0, 1}}},
    {"a full runner may still have jobs at hand",
     "0 1",
     {{0, 0, 0}, {4, 0, 99}, 9, 2},
     {{1, 0, 1, 0, 0, 9}}},
    {"nothing asked for", "", {{4, 0, 99}, {4, 0, 99}, 0, 0}, {{1, 0, 1, 0, 0, 9}}},
};

static void test_row(size_t r)
{
    struct pack pack = rows[r].pack;
    struct pack_head heads[3];
    int given[3] = {0}, i;
    char taken[200] = "";
    for (i = 0; i < 3; i++)
        heads[i] =
            (struct pack_head){.empty = rows[r].classes[i].count == 0,
                               .priority = rows[r].classes[i].priority,
                               .shape = {rows[r].classes[i].cpus, rows[r].classes[i].gpus_milli,
                                         rows[r].classes[i].memory},
                               .rank = rows[r].classes[i].rank,
                               .id = i * 10};
    while ((i = pack_next(&pack, heads, 3)) >= 0) {
        sprintf(taken + strlen(taken), "%s%lld", *taken ? " " : "", (long long)heads[i].id++);
        heads[i].empty = ++given[i] == rows[r].classes[i].count;
    }
    is_text(taken, rows[r].taken, rows[r].what);
}

static const struct {
    const char *runner, *class;
    bool fit;
} labels[] = {
    {NULL, NULL, true}, {NULL, "a", false},   {"a", NULL, false},    {"a,b", "a", true},
    {"a,b", "b", true}, {"a,b", "a,b", true}, {"a,b", "a,c", false}, {"ab", "a", false},
    {"a", "ab", false}, {"x,a", "a,x", true},
};

static const struct {
    const char *what;
    int left, walltime, elapsed, runtime; // seconds
    bool enforced;
    enum pack_time_fit fit;
} times[] = {
    {"no end", 0, 0, 5, 99999, true, PACK_TIME_YES},
    {"enough left", 100, 200, 50, 100, true, PACK_TIME_YES},
    {"a second short", 99, 7200, 4000, 100, true, PACK_TIME_NO},
    {"as long as the walltime, at its start", 3508, 3600, 2, 3600, true, PACK_TIME_YES},
    {"as long as the walltime, later", 3400, 3600, 110, 3600, true, PACK_TIME_TERMINABLE},
    {"longer than the walltime", 3508, 3600, 2, 7200, true, PACK_TIME_TERMINABLE},
    {"longer, the margin more than half of the walltime", 19, 60, 1, 180, true,
     PACK_TIME_TERMINABLE},
    {"longer, half of what such a margin leaves is gone", 9, 60, 11, 180, true, PACK_TIME_NO},
    {"longer, ten minutes left", 600, 36000, 35000, 86400, true, PACK_TIME_NO},
    {"longer, ten minutes are enough", 600, 36000, 35000, 5000, true, PACK_TIME_TERMINABLE},
    {"half of a short allocation", 60, 120, 60, 3600, true, PACK_TIME_TERMINABLE},
    {"not enforced: any time will do", 10, 3600, 3500, 3600, false, PACK_TIME_YES},
    {"time is up", -1, 3600, 3590, 1, true, PACK_TIME_NO},
    {"time is up, not enforced", -1, 3600, 3590, 1, false, PACK_TIME_NO},
};

static const struct {
    const char *what;
    int cpus, memory; // free
    int need_cpus, need_memory;
    struct {
        int at, cpus, memory;
    } ends[3];
    int at; // -1: never
} fits[] = {
    {"it fits now", 2, 9, 2, 9, {{50, 2, 0}}, 7},
    {"one must end", 1, 9, 2, 9, {{50, 1, 0}, {20, 1, 0}}, 20},
    {"all must end", 0, 9, 3, 9, {{50, 1, 0}, {20, 1, 0}, {30, 1, 0}}, 50},
    {"memory is what is short", 4, 1, 1, 5, {{20, 2, 1}, {30, 0, 3}}, 30},
    {"what is late ends now", 0, 9, 1, 9, {{3, 1, 0}}, 7},
    {"it is larger than what there is", 1, 9, 9, 9, {{20, 1, 0}, {30, 1, 0}}, -1},
};

static void test_fits_at(size_t r)
{
    struct pack_end ends[3];
    struct pack_shape free = {fits[r].cpus, 0, fits[r].memory},
                      need = {fits[r].need_cpus, 0, fits[r].need_memory};
    size_t count = 0;
    for (; count < 3 && fits[r].ends[count].at; count++)
        ends[count] = (struct pack_end){fits[r].ends[count].at,
                                        {fits[r].ends[count].cpus, 0, fits[r].ends[count].memory}};
    is_int(pack_fits_at(&free, &need, 7, ends, count), fits[r].at < 0 ? INT64_MAX : fits[r].at,
           fits[r].what);
}

static void test_passed(void)
{
    struct pack pack = {{2, 0, 99}, {8, 0, 99}, 9, 0};
    struct pack_head heads[] = {{.shape = {1, 0, 1}, .id = 5},
                                {.shape = {8, 0, 1}, .id = 4},
                                {.shape = {9, 0, 1}, .id = 3}};
    is_int(pack_passed(&pack, heads, 3), 1, "the first that fits an empty runner is passed");
    heads[0].priority = 1;
    is_int(pack_passed(&pack, heads, 3), -1, "one that comes first itself passes nobody");
    heads[0].empty = true;
    pack.free.cpus = 8;
    is_int(pack_passed(&pack, heads, 3), -1, "what fits is not passed");
    pack.free.cpus = pack.max_jobs = 0;
    is_int(pack_passed(&pack, heads, 3), -1, "nor is anybody when none are given out");
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_row(i);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        ok(pack_labels_fit(labels[i].runner, labels[i].class) == labels[i].fit,
           "labels %s of a runner, %s of a job", labels[i].runner ? labels[i].runner : "none",
           labels[i].class ? labels[i].class : "none");
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct pack_time t = {times[i].left * 1000000ll, times[i].walltime * 1000000ll,
                              times[i].elapsed * 1000000ll, false};
        is_int(pack_time_fits(&t, times[i].runtime * 1000000ll, times[i].enforced), times[i].fit,
               times[i].what);
    }
    struct pack_time of_others = {3508000000ll, 3600000000ll, 2000000ll, true};
    is_int(pack_time_fits(&of_others, 3600000000ll, true), PACK_TIME_TERMINABLE,
           "as long as the walltime, at the start of an allocation made for others");
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++)
        test_fits_at(i);
    test_passed();
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Settings: defaults, round trip, wrong types, and the times at the end of an allocation.
#include "lib/workflow/settings.h"

#include "tests/tap.h"

static void test_round_trip(void)
{
    struct settings a, b;
    struct error err = {0};
    settings_init(&a);
    a.limits = LIMITS_WARN;
    a.hash = HASH_ALL;
    a.max_allocations = 3;
    a.account = strdup("astro");
    char *text = settings_text(&a);
    is_int(settings_parse(&b, text, &err), 0, "what settings_text wrote is read");
    is_int(b.limits, LIMITS_WARN, "limits");
    is_int(b.hash, HASH_ALL, "hash");
    is_int(b.max_allocations, 3, "max_allocations");
    is_text(b.account, "astro", "account");
    is_text(b.qos, NULL, "qos is still not given");
    free(text);
    settings_fini(&a);
    settings_fini(&b);
}

static const struct {
    const char *text, *error;
} wrong[] = {
    {"[]", "workflow settings are no JSON object: []"},
    {"{\"limits\": \"maybe\"}", "workflow settings: wrong value of \"limits\""},
    {"{\"hash\": \"md5\"}", "workflow settings: wrong value of \"hash\""},
    {"{\"idle_secs\": \"x\"}", "workflow settings: wrong value of \"idle_secs\""},
    {"{\"sbatch_options\": [1]}", "workflow settings: \"sbatch_options\" is no list of texts"},
};

static const struct {
    int32_t lead, headroom;
    int64_t walltime, margin, kill; // seconds
} times[] = {
    {-1, -1, 0, 90, 60}, {-1, -1, 36000, 90, 60}, {-1, -1, 600, 60, 40},
    {-1, -1, 60, 10, 6}, {20, -1, 60, 80, 60},    {5, 3, 60, 8, 3},
};

int main(void)
{
    test_round_trip();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct settings s;
        struct error err = {0};
        settings_parse(&s, wrong[i].text, &err);
        is_text(err.text, wrong[i].error, wrong[i].text);
        settings_fini(&s);
    }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct settings s = {.sigterm_lead_secs = times[i].lead,
                             .sigkill_headroom_secs = times[i].headroom};
        struct end_times e = settings_end_times(&s, times[i].walltime * 1000000);
        ok(e.margin_usec / 1000000 == times[i].margin && e.headroom_usec / 1000000 == times[i].kill,
           "lead %d, headroom %d, walltime %lld s: margin %lld, kill %lld", times[i].lead,
           times[i].headroom, (long long)times[i].walltime, (long long)e.margin_usec / 1000000,
           (long long)e.headroom_usec / 1000000);
    }
    return done_testing();
}

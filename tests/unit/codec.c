// SPDX-License-Identifier: GPL-2.0-or-later
// Structs to JSON and back: every kind of field, text that is no UTF-8, wrong types.
#include "lib/store/row_codec.h"

#include "tests/tap.h"

static void test_round_trip(void)
{
    struct usage_record usages[2] = {
        {.node = "n1", .source = SOURCE_CGROUP2, .cpu_user_usec = 1ll << 40, .swap_peak_bytes = -1},
        {.node = "n2", .step = "3.0"}};
    struct attempt_end ends[1] = {{.start = {.job_id = 7, .attempt_id = 2, .stdout_path = "o"},
                                   .state = JOB_FAILED,
                                   .exit_code = -1,
                                   .signal = 9,
                                   .core = true,
                                   .reason = REASON_OOM,
                                   .message = "größer \"x\"\n",
                                   .stderr_tail = "caf\xe9 \xff\xc3(",
                                   .usages = usages,
                                   .usages_count = 2}};
    int64_t returned[] = {1, -5, INT64_MAX};
    struct sync_request q = {.runner_id = 3,
                             .seq = 1ll << 50,
                             .ends = ends,
                             .ends_count = 1,
                             .returned = returned,
                             .returned_count = 3,
                             .claim = {.max_jobs = 4, .memory_bytes = 5},
                             .leave = true},
                        r;
    struct arena *arena = arena_create();
    struct error err = {0};
    json_auto_t *json = codec_encode(&codec_sync_request, &q);
    char *text = json_dumps(json, 0);
    json_auto_t *again = json_loads(text, 0, NULL);
    is_int(codec_decode(&codec_sync_request, again, &r, arena, &err), 0, "a request is read back");
    ok(r.runner_id == 3 && r.seq == 1ll << 50 && r.leave && r.claim.max_jobs == 4 &&
           r.claim.memory_bytes == 5,
       "its numbers");
    ok(r.returned_count == 3 && r.returned[1] == -5 && r.returned[2] == INT64_MAX,
       "its lists of numbers");
    ok(r.starts == NULL && r.starts_count == 0, "an empty list");
    const struct attempt_end *e = r.ends;
    ok(r.ends_count == 1 && e->start.job_id == 7 && e->state == JOB_FAILED &&
           e->exit_code == UNKNOWN && e->core,
       "an end");
    is_text(e->message, ends[0].message, "text");
    is_text(e->stderr_tail, ends[0].stderr_tail, "text that is no UTF-8");
    is_text(e->start.stderr_path, NULL, "no text");
    ok(e->usages_count == 2 && e->usages[0].cpu_user_usec == 1ll << 40 &&
           e->usages[0].swap_peak_bytes == UNKNOWN && e->usages[0].source == SOURCE_CGROUP2,
       "usage");
    is_text(e->usages[1].step, "3.0", "of both nodes");
    json_auto_t *twice = codec_encode(&codec_sync_request, &r);
    ok(json_equal(json, twice), "and is written the same again");
    free(text);
    arena_destroy(arena);
}

static const char *const wrong[] = {
    "[]",
    "{\"runner_id\": \"x\"}",
    "{\"runner_id\": 1.5}",
    "{\"ends\": {}}",
    "{\"ends\": [1]}",
    "{\"ends\": [{\"message\": 7}]}",
    "{\"returned\": [\"x\"]}",
    "{\"claim\": []}",
    "{\"ends\": [{\"message\": []}]}",
};

int main(void)
{
    test_round_trip();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct arena *arena = arena_create();
        struct sync_request r;
        struct error err = {0};
        json_auto_t *json = json_loads(wrong[i], 0, NULL);
        ok(codec_decode(&codec_sync_request, json, &r, arena, &err) == -1 &&
               err.code == ERROR_UNREACHABLE,
           "refused: %s", wrong[i]);
        arena_destroy(arena);
    }
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Names of GPUs, and what is written of the looks at them.
#include "lib/meter/gpu.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

#define MIB ((int64_t)1 << 20)

static const struct gpu_device known[] = {
    {"GPU-aa10", "H200", 0, false},
    {"GPU-aa20", "H200", 2, false},
    {"MIG-bb", "H200 MIG 1g", 3, true},
    {"MIG-cc", "H200 MIG 1g", 3, true},
};
enum { KNOWN = sizeof known / sizeof *known };

static void test_names(void)
{
    static const struct {
        const char *id;
        bool renumbered;
        int32_t device;
    } rows[] = {{"0", false, 0},          {"2", false, 1},      {"1", false, UNKNOWN},
                {"3", false, UNKNOWN},    {"1", true, 1},       {"4", true, UNKNOWN},
                {"GPU-aa20", false, 1},   {"GPU-aa2", true, 1}, {"GPU-aa", false, UNKNOWN},
                {"MIG-cc", false, 3},     {"", false, UNKNOWN}, {"-1", false, UNKNOWN},
                {"GPU-dd", true, UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *id = xstrdup(rows[i].id);
        int32_t device = 77;
        gpu_find_devices(&id, 1, rows[i].renumbered, known, KNOWN, &device);
        if (!ok(device == rows[i].device, "\"%s\"%s is device %d", id,
                rows[i].renumbered ? ", renumbered," : "", rows[i].device))
            printf("# got %d\n", device);
        free(id);
    }
    ok(gpu_is_renumbered("0,1", "2,3"), "0,1 of 2,3 was renumbered");
    ok(!gpu_is_renumbered("2,3", "2,3"), "2,3 of 2,3 was not");
    ok(!gpu_is_renumbered("GPU-aa10", "0"), "nor is a UUID");
    ok(!gpu_is_renumbered("0", NULL) && !gpu_is_renumbered(NULL, "0"), "nor what nobody numbers");
}

// How each look differs from one second of an idle device.
static struct gpu_look look(int32_t percent, int32_t processes, int64_t bytes, int64_t energy_mj)
{
    return (struct gpu_look){.since_usec = 1000000,
                             .percent = percent,
                             .processes = processes,
                             .bytes = bytes,
                             .energy_mj = energy_mj};
}

static void is_json(struct gpu_use *use, const char *want, const char *name)
{
    cleanup_free char *text = gpu_uses_json(use, known, 1);
    is_text(text, want, name);
}

#define HEAD(given, shared)                                                                        \
    "[{\"uuid\":\"GPU-aa10\",\"index\":0,\"name\":\"H200\",\"given\":" given ",\"shared\":" shared \
    ","

static void test_alone(void)
{
    struct gpu_use use = {.given = true};
    is_json(&use,
            HEAD("true", "false") "\"processes_peak\":null,\"memory_peak_bytes\":null,"
                                  "\"utilization_mean\":null,\"utilization_max\":null,"
                                  "\"utilization_of\":null,\"samples\":null,\"energy_j\":null}]",
            "given and never looked at: nothing is known");
    struct gpu_look first = look(90, 0, 0, 1000), second = look(40, 2, 1030 * MIB, UNKNOWN),
                    third = look(60, 1, 774 * MIB, 251500);
    first.young = true;
    second.since_usec = 3000000;
    gpu_use_look(&use, &first);
    gpu_use_look(&use, &second);
    gpu_use_look(&use, &third);
    is_json(&use,
            HEAD("true", "false") "\"processes_peak\":2,\"memory_peak_bytes\":1080033280,"
                                  "\"utilization_mean\":0.45,\"utilization_max\":0.6,"
                                  "\"utilization_of\":\"device\",\"samples\":null,"
                                  "\"energy_j\":250.5}]",
            "alone: the device's rate by how long it held, from its first own moment; its energy");
    cleanup_free char *now = gpu_uses_now_json(&use, known, 1);
    is_text(now, "[{\"uuid\":\"GPU-aa10\",\"memory_bytes\":811597824,\"utilization\":0.6}]",
            "and now: what it holds, not what it held");
}

static void test_shared(void)
{
    struct gpu_use use = {.given = true};
    struct gpu_look one = look(100, 1, 646 * MIB, 1000), other = look(100, 1, 646 * MIB, 9000);
    other.shared = true;
    gpu_use_look(&use, &one);
    gpu_use_look(&use, &other);
    is_json(&use,
            HEAD("true", "true") "\"processes_peak\":1,\"memory_peak_bytes\":677380096,"
                                 "\"utilization_mean\":null,\"utilization_max\":null,"
                                 "\"utilization_of\":null,\"samples\":null,\"energy_j\":null}]",
            "shared: neither the device's rate nor its energy is the job's");
    gpu_use_sample(&use, 20);
    gpu_use_sample(&use, 140);
    is_json(&use,
            HEAD("true", "true") "\"processes_peak\":1,\"memory_peak_bytes\":677380096,"
                                 "\"utilization_mean\":0.6,\"utilization_max\":1.0,"
                                 "\"utilization_of\":\"processes\",\"samples\":2,"
                                 "\"energy_j\":null}]",
            "but what samples say of its processes, with their number");
}

static void test_not_given(void)
{
    struct gpu_use use = {0};
    struct gpu_look idle = look(5, 0, 0, UNKNOWN), busy = look(UNKNOWN, 1, UNKNOWN, UNKNOWN);
    gpu_use_look(&use, &idle);
    is_json(&use, NULL, "neither given nor used: nothing");
    gpu_use_look(&use, &busy);
    ok(use.not_given, "used and not given");
    is_json(&use,
            HEAD("false", "false") "\"processes_peak\":1,\"memory_peak_bytes\":null,"
                                   "\"utilization_mean\":0.05,\"utilization_max\":0.05,"
                                   "\"utilization_of\":\"device\",\"samples\":null,"
                                   "\"energy_j\":null}]",
            "memory that is not told is not known, and not 0");
}

int main(void)
{
    test_names();
    test_alone();
    test_shared();
    test_not_given();
    return done_testing();
}

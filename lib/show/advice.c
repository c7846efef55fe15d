// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/show/advice.h"

#include "lib/base/duration.h"
#include "lib/base/number.h"
#include "lib/base/size.h"
#include "lib/show/document.h"
#include "lib/store/read_each.h"

static const int64_t MiB = 1 << 20, SEC = 1000000, MINUTE = 60 * SEC;

static int64_t with_margin(int64_t most)
{
    return most > INT64_MAX / 2 ? INT64_MAX / 2 : most + most / 4;
}

// Few died of too little: the others tell how much is too much, not how much is enough.
static enum advice_why why(int64_t known, int64_t died, int64_t advised, int64_t asked)
{
    return known < ADVICE_JOBS       ? ADVICE_TOO_FEW
           : died && advised < asked ? ADVICE_DIED
                                     : ADVICE_MEASURED;
}

struct advice advice_make(const struct size_info *used)
{
    struct advice a = {used->cpus, used->memory_bytes, used->runtime_usec, 0, 0, 0};
    int64_t memory = with_margin(used->memory_most_bytes),
            runtime = with_margin(used->wall_most_usec),
            cpus = (used->cpus_most_milli + used->cpus_most_milli / 10 + 999) / 1000;
    int64_t step = memory < 1024 * MiB ? 16 * MiB : 256 * MiB;
    memory = divide_up(memory, step) * step;
    runtime = divide_up(runtime, MINUTE) * MINUTE;
    cpus = cpus < 1 ? 1 : cpus > used->cpus ? used->cpus : cpus;
    a.memory_why = why(used->memory_known, used->out_of_memory, memory, used->memory_bytes);
    if (a.memory_why == ADVICE_MEASURED && memory > used->memory_bytes && !used->out_of_memory &&
        used->anon_most_bytes >= 0 && with_margin(used->anon_most_bytes) <= used->memory_bytes)
        a.memory_why = ADVICE_CACHE;
    a.runtime_why = why(used->jobs, used->out_of_time, runtime, used->runtime_usec);
    a.cpus_why = why(used->cpus_known, used->out_of_time, cpus, used->cpus);
    a.memory_bytes = a.memory_why == ADVICE_MEASURED ? memory : used->memory_bytes;
    a.runtime_usec = a.runtime_why == ADVICE_MEASURED ? runtime : used->runtime_usec;
    a.cpus = a.cpus_why == ADVICE_MEASURED ? (int32_t)cpus : used->cpus;
    return a;
}

double advice_saved_cpu(const struct size_info *used, const struct advice *advice)
{
    return (double)(used->cpus - advice->cpus) * used->nodes * (double)used->wall_sum_usec;
}

double advice_saved_memory(const struct size_info *used, const struct advice *advice)
{
    return (double)(used->memory_bytes - advice->memory_bytes) * used->nodes *
           (double)used->wall_sum_usec;
}

static json_t *three(int64_t half, int64_t high, int64_t most, json_t *make(int64_t))
{
    return json_pack("{s:o, s:o, s:o}", "median", make(half), "p95", make(high), "max", make(most));
}

static json_t *milli(int64_t milli)
{
    return milli < 0 ? json_null() : json_real((double)milli / 1000);
}

static json_t *advised(enum advice_why why, json_t *value)
{
    static const char *const names[] = {"measured", "too_few", "died", "cache"};
    return json_pack("{s:o, s:s}", "value", value, "why", names[why]);
}

static int write(void *json, const struct read_reply *reply, uint32_t index, struct error *err)
{
    const struct size_info *u = &reply->sizes[index];
    struct advice a = advice_make(u);
    (void)err;
    json_stream_value(
        json, NULL,
        json_pack(
            "{s:s, s:I, s:i, s:I, s:o, s:{s:o, s:o, s:o}, s:{s:o, s:o, s:o}, s:{s:o, s:o, s:o}}",
            "name", u->name, "jobs", (json_int_t)u->jobs, "nodes", (int)u->nodes, "out_of_memory",
            (json_int_t)u->out_of_memory, "cpu_s_saved", json_real(advice_saved_cpu(u, &a) / 1e6),
            "cpus", "asked", json_known(u->cpus), "used",
            three(u->cpus_half_milli, u->cpus_high_milli, u->cpus_most_milli, milli), "advised",
            advised(a.cpus_why, json_known(a.cpus)), "memory_bytes", "asked",
            json_known(u->memory_bytes), "used",
            three(u->memory_half_bytes, u->memory_high_bytes, u->memory_most_bytes, json_known),
            "advised", advised(a.memory_why, json_known(a.memory_bytes)), "runtime_s", "asked",
            json_seconds(u->runtime_usec), "used",
            three(u->wall_half_usec, u->wall_high_usec, u->wall_most_usec, json_seconds), "advised",
            advised(a.runtime_why, json_seconds(a.runtime_usec))));
    return 0;
}

int document_advice(struct json_stream *json, struct store *store,
                    const struct workflow_info *workflow, struct error *err)
{
    struct read_request request = {.what = READ_SIZES, .workflow_id = workflow->id};
    json_stream_array(json, "advice");
    int result = store_read_each(store, request, write, json, err);
    json_stream_end(json);
    return result;
}

static int add(void *list, const struct read_reply *reply, uint32_t index, struct error *err)
{
    const struct size_info *used = &reply->sizes[index];
    struct advice advice = advice_make(used);
    char memory[SIZE_TEXT], runtime[DURATION_TEXT];
    (void)err;
    if (advice.cpus == used->cpus && advice.memory_bytes == used->memory_bytes &&
        advice.runtime_usec == used->runtime_usec)
        return 0;
    json_array_append_new(
        list, json_pack("{s:s, s:i, s:s, s:s}", "name", used->name, "num_cpus", (int)advice.cpus,
                        "memory", size_format(advice.memory_bytes, memory, sizeof memory),
                        "runtime", duration_format(advice.runtime_usec, runtime, sizeof runtime)));
    return 0;
}

int advice_document(struct store *store, int64_t workflow_id, json_t **document, struct error *err)
{
    json_t *list = json_array();
    struct read_request request = {.what = READ_SIZES, .workflow_id = workflow_id};
    if (store_read_each(store, request, add, list, err)) {
        json_decref(list);
        return -1;
    }
    *document = json_pack("{s:o}", "resource_requirements", list);
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/restart/escalate.h"

#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/number.h"
#include "lib/base/size.h"

enum { STEP_BYTES = 256 * 1024 * 1024 };

// One entry for a class and what its jobs died of.
static struct escalation *entry_of(struct escalations *all, uint32_t class_index, bool memory,
                                   bool runtime)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].class_index == class_index && all->list[i].memory == memory &&
            all->list[i].runtime == runtime)
            return &all->list[i];
    all->list = array_grow(all->list, all->count, &all->space, sizeof *all->list);
    all->list[all->count] = (struct escalation){
        .class_index = class_index, .memory = memory, .runtime = runtime, .peak_bytes = UNKNOWN};
    return &all->list[all->count++];
}

static int64_t half_more(int64_t value, int64_t step, int64_t most, bool *capped)
{
    int64_t more = value > INT64_MAX / 2 ? value : value + value / 2;
    more = more > INT64_MAX - step ? more : (more + step - 1) / step * step;
    *capped = most && more > most;
    return *capped ? most : more;
}

static void work_out(struct escalation *e, const struct restart_class *class,
                     const struct escalation_limits *limits)
{
    enum { USEC = 1000000, MINUTE = 60 };
    char memory[SIZE_TEXT], runtime[DURATION_TEXT];
    int64_t step_usec = class->runtime_usec < 10 * (int64_t)MINUTE * USEC ? USEC : MINUTE * USEC;
    e->memory_bytes = class->memory_bytes;
    e->runtime_usec = class->runtime_usec;
    if (e->memory)
        e->memory_bytes = half_more(larger(class->memory_bytes, e->peak_bytes), STEP_BYTES,
                                    limits->memory_bytes, &e->capped);
    if (e->runtime)
        e->runtime_usec =
            half_more(class->runtime_usec, step_usec, limits->runtime_usec, &e->capped);
    if (e->memory_bytes <= class->memory_bytes && e->runtime_usec <= class->runtime_usec) {
        e->jobs = 0;
        e->memory_bytes = class->memory_bytes;
        e->runtime_usec = class->runtime_usec;
    }
    e->name = xasprintf("%s+%s", class->name,
                        e->memory ? size_format(e->memory_bytes, memory, sizeof memory)
                                  : duration_format(e->runtime_usec, runtime, sizeof runtime));
}

void escalate(const struct restart_facts *f, const struct restart_verdict *verdicts,
              const struct escalation_limits *limits, struct escalations *all)
{
    *all = (struct escalations){.of_job = xcalloc(f->jobs_count + 1, sizeof *all->of_job)};
    for (uint32_t i = 0; i < f->jobs_count; i++) {
        const struct restart_job *job = &f->jobs[i];
        bool oom = job->reason == REASON_OOM, timeout = job->reason == REASON_TIMEOUT;
        all->of_job[i] = -1;
        if (verdicts[i].what != RESTART_AGAIN || job->class_index < 0 || !(oom || timeout) ||
            job->state == JOB_COMPLETED)
            continue;
        struct escalation *e = entry_of(all, (uint32_t)job->class_index, oom, timeout);
        e->jobs++;
        if (oom)
            e->peak_bytes = larger(e->peak_bytes, job->memory_peak_bytes);
        all->of_job[i] = e - all->list;
    }
    for (size_t i = 0; i < all->count; i++)
        work_out(&all->list[i], &f->classes[all->list[i].class_index], limits);
}

void escalations_fini(struct escalations *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->list[i].name);
    free(all->list);
    free(all->of_job);
    *all = (struct escalations){0};
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/simulate/workload.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"

static const int64_t MINUTE = 60 * 1000000ll;

int32_t workload_class(struct workload *w, int32_t cpus, int32_t gpus, int64_t memory_mib,
                       int32_t minutes)
{
    w->classes = array_grow(w->classes, w->classes_count, &w->classes_space, sizeof *w->classes);
    w->classes[w->classes_count] = (struct workload_class){
        .cpus = cpus, .gpus = gpus, .memory_mib = memory_mib, .runtime_usec = minutes * MINUTE};
    return (int32_t)w->classes_count++;
}

uint32_t workload_job(struct workload *w, int32_t class, int64_t runtime_usec)
{
    int64_t declared = w->classes[class].runtime_usec;
    w->jobs = array_grow(w->jobs, w->jobs_count, &w->jobs_space, sizeof *w->jobs);
    w->jobs[w->jobs_count] =
        (struct workload_job){.class = class,
                              .runtime_usec = runtime_usec < declared ? runtime_usec : declared,
                              .first = (uint32_t)w->needs_count};
    if (!w->stages)
        w->stages = 1;
    return (uint32_t)w->jobs_count++;
}

void workload_need(struct workload *w, uint32_t other)
{
    struct workload_job *job = &w->jobs[w->jobs_count - 1];
    w->needs = array_grow(w->needs, w->needs_count, &w->needs_space, sizeof *w->needs);
    w->needs[w->needs_count++] = other;
    job->needs++;
    if (job->stage <= w->jobs[other].stage)
        job->stage = w->jobs[other].stage + 1;
    if (w->stages <= job->stage)
        w->stages = job->stage + 1;
}

void workload_close(struct workload *w)
{
    w->starts = xcalloc(w->jobs_count + 2, sizeof *w->starts);
    w->list = xcalloc(w->needs_count + 1, sizeof *w->list);
    for (size_t i = 0; i < w->needs_count; i++)
        w->starts[w->needs[i] + 2]++;
    for (size_t j = 2; j < w->jobs_count + 2; j++)
        w->starts[j] += w->starts[j - 1];
    for (uint32_t j = 0; j < w->jobs_count; j++)
        for (uint32_t k = 0; k < w->jobs[j].needs; k++)
            w->list[w->starts[w->needs[w->jobs[j].first + k] + 1]++] = j;
}

void workload_fini(struct workload *w)
{
    free(w->classes);
    free(w->jobs);
    free(w->needs);
    free(w->starts);
    free(w->list);
    *w = (struct workload){0};
}

int32_t workload_partition(const struct workload *w, int32_t class)
{
    return w->classes[class].gpus && w->site->partitions[1] ? 1 : 0;
}

static void write_job(FILE *out, const struct workload *w, uint32_t j)
{
    const struct workload_job *job = &w->jobs[j];
    fprintf(out, "%s{\"name\":\"j%u\",\"command\":\"true\",\"resource_requirements\":\"c%d\"",
            j ? ",\n" : "", j, job->class);
    for (uint32_t k = 0; k < job->needs; k++)
        fprintf(out, "%s\"j%u\"", k ? "," : ",\"depends_on\":[", w->needs[job->first + k]);
    fputs(job->needs ? "]}" : "}", out);
}

char *workload_text(const struct workload *w)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    fputs("{\"name\":\"simulated\",\"resource_requirements\":[\n", out);
    for (size_t c = 0; c < w->classes_count; c++) {
        const struct workload_class *class = &w->classes[c];
        fprintf(out,
                "%s{\"name\":\"c%zu\",\"num_cpus\":%d,\"num_gpus\":%d,\"memory\":\"%lldm\","
                "\"runtime\":\"%lldm\"}",
                c ? ",\n" : "", c, class->cpus, class->gpus, (long long)class->memory_mib,
                (long long)(class->runtime_usec / MINUTE));
    }
    fputs("],\"jobs\":[\n", out);
    for (uint32_t j = 0; j < w->jobs_count; j++)
        write_job(out, w, j);
    fputs("]}\n", out);
    fclose(out);
    return text;
}

void workload_make(struct workload *w, const struct workload_set *set, uint64_t seed)
{
    *w = (struct workload){.site = &sites[set->site]};
    set->fill(w, &seed);
    workload_close(w);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Workflows of the shape of public traces (WfCommons, Coleman et al. 2022, github.com/wfcommons):
// the number of tasks of each kind is that of the instance named, the least and the longest runtime
// those of its recipe (wfcommons/wfchef/recipes/*/task_type_stats.json), drawn evenly between;
// declared is the longest, in whole minutes. The recipes say nothing of memory: what is here is of
// the order of Juve et al. 2013 (Montage, Epigenomics) and da Silva et al. 2019 (1000Genome),
// rounded up as users do.
#include "bench/simulate/random.h"
#include "bench/simulate/workload.h"

struct kind {
    int32_t cpus, memory_mib;
    double least_secs, most_secs;
};

static void add_kinds(struct workload *w, const struct kind *kinds, int32_t count)
{
    for (int32_t k = 0; k < count; k++)
        workload_class(w, kinds[k].cpus, 0, kinds[k].memory_mib,
                       1 + (int32_t)(kinds[k].most_secs / 60));
}

static uint32_t add(struct workload *w, const struct kind *kinds, int32_t k, uint64_t *seed)
{
    const struct kind *kind = &kinds[k];
    double secs = kind->least_secs + (kind->most_secs - kind->least_secs) * random_part(seed);
    return workload_job(w, k, 1000 + (int64_t)(secs * 1e6));
}

// montage-chameleon-2mass-02d-001: three bands
void traces_montage(struct workload *w, uint64_t *seed)
{
    enum { PROJECT, DIFF, CONCAT, MODEL, BACKGROUND, TABLE, ADD, VIEWER, KINDS };
    enum { BANDS = 3, IMAGES = 30, DIFFS = 141 };
    static const struct kind kinds[KINDS] = {[PROJECT] = {1, 512, 0, 1263.481},
                                             [DIFF] = {1, 256, 0.003, 46.525},
                                             [CONCAT] = {1, 256, 0.131, 12.386},
                                             [MODEL] = {1, 256, 0.388, 110.529},
                                             [BACKGROUND] = {1, 512, 0.117, 114.103},
                                             [TABLE] = {1, 256, 0, 1.762},
                                             [ADD] = {1, 1024, 0, 23.162},
                                             [VIEWER] = {1, 512, 0, 68.368}};
    uint32_t added[BANDS];
    add_kinds(w, kinds, KINDS);
    for (int b = 0; b < BANDS; b++) {
        uint32_t project[IMAGES], diff[DIFFS], background[IMAGES];
        for (int i = 0; i < IMAGES; i++)
            project[i] = add(w, kinds, PROJECT, seed);
        for (int i = 0; i < DIFFS; i++) { // of two images that overlap
            diff[i] = add(w, kinds, DIFF, seed);
            workload_need(w, project[i % IMAGES]);
            workload_need(w, project[(i + 1 + i / IMAGES) % IMAGES]);
        }
        uint32_t concat = add(w, kinds, CONCAT, seed);
        for (int i = 0; i < DIFFS; i++)
            workload_need(w, diff[i]);
        uint32_t model = add(w, kinds, MODEL, seed);
        workload_need(w, concat);
        for (int i = 0; i < IMAGES; i++) {
            background[i] = add(w, kinds, BACKGROUND, seed);
            workload_need(w, project[i]);
            workload_need(w, model);
        }
        uint32_t table = add(w, kinds, TABLE, seed);
        for (int i = 0; i < IMAGES; i++)
            workload_need(w, background[i]);
        added[b] = add(w, kinds, ADD, seed);
        workload_need(w, table);
        add(w, kinds, VIEWER, seed);
        workload_need(w, added[b]);
    }
    add(w, kinds, VIEWER, seed); // of all colours
    for (int b = 0; b < BANDS; b++)
        workload_need(w, added[b]);
}

// epigenomics-chameleon-ilmn-6seq-50k-001: six lanes
void traces_epigenomics(struct workload *w, uint64_t *seed)
{
    enum { SPLIT, FILTER, SOL, FAST, MAP, MERGE, CHR, PILEUP, KINDS };
    enum { LANES = 6, PARTS = 70 };
    static const struct kind kinds[KINDS] = {
        [SPLIT] = {1, 512, 1.344, 878.473}, [FILTER] = {1, 256, 0.067, 47.417},
        [SOL] = {1, 256, 0.024, 28.568},    [FAST] = {1, 256, 0.033, 10.513},
        [MAP] = {1, 1024, 24.836, 122.642}, [MERGE] = {1, 512, 1.574, 37.253},
        [CHR] = {1, 512, 2.115, 120.272},   [PILEUP] = {1, 1024, 23.112, 99.597}};
    uint32_t merged[LANES];
    add_kinds(w, kinds, KINDS);
    for (int l = 0; l < LANES; l++) {
        uint32_t mapped[PARTS], split = add(w, kinds, SPLIT, seed);
        for (int p = 0; p < PARTS; p++) {
            uint32_t last = split;
            for (int32_t k = FILTER; k <= MAP; k++) {
                uint32_t next = add(w, kinds, k, seed);
                workload_need(w, last);
                last = next;
            }
            mapped[p] = last;
        }
        merged[l] = add(w, kinds, MERGE, seed);
        for (int p = 0; p < PARTS; p++)
            workload_need(w, mapped[p]);
    }
    uint32_t all = add(w, kinds, MERGE, seed);
    for (int l = 0; l < LANES; l++)
        workload_need(w, merged[l]);
    uint32_t chr = add(w, kinds, CHR, seed);
    workload_need(w, all);
    add(w, kinds, PILEUP, seed);
    workload_need(w, chr);
}

// 1000genome-chameleon-22ch-250k-001: 22 chromosomes
void traces_genome(struct workload *w, uint64_t *seed)
{
    enum { INDIVIDUALS, MERGE, SIFTING, MUTATION, FREQUENCY, KINDS };
    enum { CHROMOSOMES = 22, PARTS = 25, POPULATIONS = 7 };
    static const struct kind kinds[KINDS] = {[INDIVIDUALS] = {1, 1024, 48.846, 192.232},
                                             [MERGE] = {1, 2048, 34.471, 157.346},
                                             [SIFTING] = {1, 1024, 0.293, 22.686},
                                             [MUTATION] = {1, 4096, 1.61, 92.154},
                                             [FREQUENCY] = {1, 4096, 76.023, 238.26}};
    add_kinds(w, kinds, KINDS);
    for (int c = 0; c < CHROMOSOMES; c++) {
        uint32_t parts[PARTS];
        for (int p = 0; p < PARTS; p++)
            parts[p] = add(w, kinds, INDIVIDUALS, seed);
        uint32_t merge = add(w, kinds, MERGE, seed);
        for (int p = 0; p < PARTS; p++)
            workload_need(w, parts[p]);
        uint32_t sifting = add(w, kinds, SIFTING, seed);
        for (int p = 0; p < 2 * POPULATIONS; p++) {
            add(w, kinds, p % 2 ? FREQUENCY : MUTATION, seed);
            workload_need(w, merge);
            workload_need(w, sifting);
        }
    }
}

// seismology-chameleon-1100p-001
void traces_seismology(struct workload *w, uint64_t *seed)
{
    enum { DECON, WRAPPER, KINDS };
    enum { PAIRS = 1100 };
    static const struct kind kinds[KINDS] = {
        [DECON] = {1, 256, 0.087, 5.615}, [WRAPPER] = {1, 256, 0.089, 1.351}};
    add_kinds(w, kinds, KINDS);
    for (int p = 0; p < PAIRS; p++)
        add(w, kinds, DECON, seed);
    add(w, kinds, WRAPPER, seed);
    for (uint32_t p = 0; p < PAIRS; p++)
        workload_need(w, p);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What fits where, and when nothing does, the sentence that says why.
#include "lib/plan/fit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/comma_list.h"
#include "lib/base/mem.h"
#include "lib/base/number.h"
#include "lib/plan/note.h"

enum { WHY = 256, WHOLE_GPU = 1000 };

// A limit of 0 is none.
static int64_t limited(int64_t value, int64_t limit)
{
    return limit && limit < value ? limit : value;
}

static int64_t gpu_slots(int32_t gpus_milli, int32_t gpus)
{
    return gpus_milli < WHOLE_GPU ? (int64_t)gpus * (WHOLE_GPU / gpus_milli)
                                  : (int64_t)gpus * WHOLE_GPU / gpus_milli;
}

int32_t fit_gpus(int32_t gpus_milli, int32_t jobs)
{
    if (gpus_milli < WHOLE_GPU) {
        int32_t each = WHOLE_GPU / gpus_milli;
        return (jobs + each - 1) / each;
    }
    return (int32_t)(((int64_t)gpus_milli * jobs + WHOLE_GPU - 1) / WHOLE_GPU);
}

int32_t fit_nodes(const struct fit *fit, const struct class_row *row)
{
    return row->nodes > 1 ? row->nodes : fit->asks.nodes > 1 ? fit->asks.nodes : 1;
}

// A class that nobody named takes what its allocation has.
int64_t fit_memory(const struct fit *fit, const struct class_row *row)
{
    bool all = row->enforced || fit->asks.memory_bytes <= 0;
    return all ? row->memory_bytes : smaller(row->memory_bytes, fit->asks.memory_bytes);
}

// With MaxMemPerCPU Slurm gives a job as many CPUs as its memory makes necessary.
static int32_t cpus_of_job(const struct fit *fit, const struct class_row *row)
{
    int64_t per_cpu = fit->memory_per_cpu_bytes;
    int64_t need = per_cpu ? (fit_memory(fit, row) + per_cpu - 1) / per_cpu : 0;
    int64_t least = row->cpus > 0 ? row->cpus : 1;
    return (int32_t)smaller(need > least ? need : least, INT_MAX);
}

// Jobs of the class that a node of this partition holds side by side.
// What such an allocation has of the node.
struct fit_least fit_share(const struct fit *fit, const struct cluster_node *node)
{
    const struct sbatch_asks *asks = &fit->asks;
    int64_t cpus = limited(node->cpus, fit->partition->max_cpus_per_node);
    int64_t memory = limited(node->memory_bytes, fit->memory_per_node_bytes);
    int32_t gpus = (int32_t)limited(node->gpus, fit->limits.most[LIMIT_GPUS]);
    bool some = asks->gpus >= 0 && asks->gpus < gpus;
    return (struct fit_least){
        .cpus = (int32_t)(fit->whole_nodes ? cpus : limited(cpus, sbatch_asks_cpus(asks))),
        .gpus = some ? asks->gpus : gpus,
        .memory_bytes =
            memory ? limited(memory, asks->memory_bytes > 0 ? asks->memory_bytes : 0) : 0,
        .tmp_bytes = node->tmp_bytes,
    };
}

// Does the node have what was asked for, whatever its jobs need?
static bool node_has(const struct fit *fit, const struct cluster_node *node)
{
    const struct sbatch_asks *asks = &fit->asks;
    return sbatch_asks_cpus(asks) <= node->cpus && asks->gpus <= node->gpus &&
           (!node->memory_bytes || asks->memory_bytes <= node->memory_bytes);
}

// Whoever gets nodes whole is counted as having all of them.
static bool may_have_whole(const struct fit *fit, const struct cluster_node *node)
{
    int64_t most = fit->limits.most[LIMIT_CPUS];
    return !fit->whole_nodes || !most || node->cpus <= most;
}

bool fit_takes(const struct fit *fit, const struct cluster_node *node)
{
    return node_has(fit, node) && may_have_whole(fit, node);
}

static int32_t node_width(const struct class_row *row, const struct fit *fit,
                          const struct cluster_node *node)
{
    struct fit_least share = fit_share(fit, node);
    int64_t width = fit_takes(fit, node) ? share.cpus / fit->cpus_per_job : 0,
            memory = share.memory_bytes;
    if (row->memory_bytes > 0 && memory)
        width = smaller(width, memory / fit_memory(fit, row));
    if (row->gpus_milli > 0)
        width = smaller(width, gpu_slots(row->gpus_milli, share.gpus));
    if (row->tmp_bytes > 0 && node->tmp_bytes)
        width = smaller(width, node->tmp_bytes / row->tmp_bytes);
    return (int32_t)width;
}

static void add_width(struct fit *fit, int32_t width)
{
    uint32_t at = 0;
    while (at < fit->widths_count && fit->widths[at] < width)
        at++;
    if (at < fit->widths_count && fit->widths[at] == width)
        return;
    fit->widths = xrealloc(fit->widths, fit->widths_count + 1, sizeof *fit->widths);
    memmove(fit->widths + at + 1, fit->widths + at, (fit->widths_count - at) * sizeof *fit->widths);
    fit->widths[at] = width;
    fit->widths_count++;
}

static void set_leasts(struct fit *fit, const struct cluster *cluster, const struct class_row *row,
                       bool up_only)
{
    const struct cluster_partition *partition = fit->partition;
    fit->leasts = xcalloc(fit->widths_count, sizeof *fit->leasts);
    for (uint32_t w = 0; w < fit->widths_count; w++) {
        struct fit_least least = {
            .cpus = INT_MAX, .gpus = INT_MAX, .memory_bytes = INT64_MAX, .tmp_bytes = INT64_MAX};
        for (uint32_t i = 0; i < partition->nodes_count; i++) {
            const struct cluster_node *node = &cluster->nodes[partition->nodes[i]];
            if ((up_only && !node->up) || node_width(row, fit, node) < fit->widths[w])
                continue;
            struct fit_least share = fit_share(fit, node);
            fit_unite(&least, &share);
            least.idle += node->idle;
        }
        fit->leasts[w] = least;
    }
}

static uint32_t count_fitting(const struct fit *fit, const struct cluster *cluster,
                              const struct class_row *row, bool up_only)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < fit->partition->nodes_count; i++) {
        const struct cluster_node *node = &cluster->nodes[fit->partition->nodes[i]];
        count += (!up_only || node->up) && node_width(row, fit, node) > 0;
    }
    return count;
}

// Nodes that are down for long are not planned for, unless there is nothing else: they may be back
// before the job starts.
static bool measure(struct fit *fit, const struct cluster *cluster,
                    const struct cluster_partition *partition, const struct class_row *row)
{
    bool unasked = fit->memory_unasked;
    int64_t asked = fit->asks.memory_per_cpu_bytes;
    int64_t most =
        unasked ? partition->default_memory_per_cpu_bytes : partition->max_memory_per_cpu_bytes;
    fit->partition = partition;
    fit->whole_nodes = partition->whole_nodes || fit->asks.whole_nodes;
    fit->memory_per_node_bytes =
        unasked ? partition->default_memory_per_node_bytes : partition->max_memory_per_node_bytes;
    fit->memory_per_cpu_bytes = asked && (!most || asked < most) ? asked : most;
    fit->cpus_per_job = cpus_of_job(fit, row);
    uint32_t want = (uint32_t)fit_nodes(fit, row);
    bool up_only = count_fitting(fit, cluster, row, true) >= want;
    if (!up_only && count_fitting(fit, cluster, row, false) < want)
        return false;
    for (uint32_t i = 0; i < partition->nodes_count; i++) {
        const struct cluster_node *node = &cluster->nodes[partition->nodes[i]];
        int32_t width = !up_only || node->up ? node_width(row, fit, node) : 0;
        if (width > 0 && (want <= 1 || !fit->widths_count))
            add_width(fit, width);
        else if (width > 0) // nodes of one allocation may differ: the tightest must do
            fit->widths[0] = (int32_t)smaller(fit->widths[0], width);
    }
    set_leasts(fit, cluster, row, up_only);
    return true;
}

// As whom, where nobody says it: Slurm's choice.
static const char *account_of(const struct fit *fit, const struct plan_request *request)
{
    const char *asked = fit->asks.account ? fit->asks.account : request->settings->account;
    return asked ? asked : limits_default_account(request->cluster);
}

static const char *qos_of(const struct fit *fit, const struct plan_request *request,
                          const struct cluster_partition *p)
{
    const char *asked = fit->asks.qos ? fit->asks.qos : request->settings->qos;
    return asked ? asked : limits_default_qos(request->cluster, p->name, account_of(fit, request));
}

// May this user submit here at all?
static bool accessible(const struct fit *fit, const struct cluster_partition *p,
                       const struct plan_request *request, char *why)
{
    const char *reason = NULL, *account = account_of(fit, request), *qos = qos_of(fit, request, p);
    if (!p->submits)
        reason = "takes no jobs now";
    else if (p->root_only)
        reason = "is for root only";
    else if (p->needs_reservation)
        reason = "takes only jobs of a reservation";
    else if (p->allow_groups && !p->group_allowed)
        reason = "is for members of other groups (AllowGroups)";
    if (reason)
        snprintf(why, WHY, "partition %s %s", p->name, reason);
    return !reason && limits_take(request->cluster, p, account, qos, why, WHY);
}

static bool asked_somewhere(const struct fit *fit, const struct cluster *cluster)
{
    for (uint32_t i = 0; i < fit->partition->nodes_count; i++)
        if (node_has(fit, &cluster->nodes[fit->partition->nodes[i]]))
            return true;
    return false;
}

// Is it account or QOS that do not allow what one job needs, or a whole node?
static bool explain_limits(const struct fit *fit, const struct class_row *row, char *why)
{
    const int64_t *most = fit->limits.most, nodes = fit_nodes(fit, row);
    int64_t cpus = fit->cpus_per_job * nodes;
    char want_text[NOTE_TEXT], have_text[NOTE_TEXT], by[LIMIT_TEXT];
    if (most[LIMIT_CPUS] && cpus > most[LIMIT_CPUS])
        snprintf(why, WHY, "it needs %lld CPUs, and %s allows %lld", (long long)cpus,
                 limits_say(&fit->limits, LIMIT_CPUS, by), (long long)most[LIMIT_CPUS]);
    else if (most[LIMIT_MEMORY] && row->memory_bytes * nodes > most[LIMIT_MEMORY])
        snprintf(why, WHY, "it needs %s of memory, and %s allows %s",
                 SIZE(want_text, row->memory_bytes * nodes),
                 limits_say(&fit->limits, LIMIT_MEMORY, by), SIZE(have_text, most[LIMIT_MEMORY]));
    else if (most[LIMIT_GPUS] && fit_gpus(row->gpus_milli, 1) * nodes > most[LIMIT_GPUS])
        snprintf(why, WHY, "it needs %g GPUs, and %s allows %lld", row->gpus_milli / 1000.0 * nodes,
                 limits_say(&fit->limits, LIMIT_GPUS, by), (long long)most[LIMIT_GPUS]);
    else if (most[LIMIT_CPUS] && fit->whole_nodes)
        snprintf(why, WHY, "partition %s gives whole nodes, and %s allows %lld CPUs",
                 fit->partition->name, limits_say(&fit->limits, LIMIT_CPUS, by),
                 (long long)most[LIMIT_CPUS]);
    else
        return false;
    return true;
}

// Why no node holds a job of this class: one sentence, of the first limit that is too low by
// itself.
static void explain(const struct fit *fit, const struct cluster *cluster,
                    const struct class_row *row, char *why)
{
    const struct cluster_partition *p = fit->partition;
    int32_t cpus = 0, gpus = 0, need = fit->cpus_per_job;
    int64_t memory = 0, tmp = 0;
    char want_text[NOTE_TEXT], have_text[NOTE_TEXT];
    bool named = fit->scheduler && fit->scheduler->name;
    if (explain_limits(fit, row, why))
        return;
    for (uint32_t i = 0; i < p->nodes_count; i++) {
        const struct cluster_node *node = &cluster->nodes[p->nodes[i]];
        cpus = node->cpus > cpus ? node->cpus : cpus;
        gpus = node->gpus > gpus ? node->gpus : gpus;
        memory = node->memory_bytes > memory ? node->memory_bytes : memory;
        tmp = node->tmp_bytes > tmp ? node->tmp_bytes : tmp;
    }
    if (!p->nodes_count)
        snprintf(why, WHY, "partition %s has no nodes", p->name);
    else if (row->nodes > (int32_t)p->nodes_count)
        snprintf(why, WHY, "it needs %d nodes, and partition %s has %u", row->nodes, p->name,
                 p->nodes_count);
    else if (p->max_cpus_per_node && p->max_cpus_per_node < cpus && need > p->max_cpus_per_node)
        snprintf(why, WHY,
                 "it needs %d CPUs, and partition %s allows %d on a node (MaxCPUsPerNode)", need,
                 p->name, p->max_cpus_per_node);
    else if (need > cpus && need > row->cpus)
        snprintf(why, WHY,
                 "it needs %d CPUs for its memory of %s (%sMemPerCPU), and the largest node of "
                 "partition %s has %d",
                 need, SIZE(want_text, row->memory_bytes), fit->memory_unasked ? "Def" : "Max",
                 p->name, cpus);
    else if (need > cpus)
        snprintf(why, WHY, "it needs %d CPUs, and the largest node of partition %s has %d", need,
                 p->name, cpus);
    else if (fit->memory_per_node_bytes && row->memory_bytes > fit->memory_per_node_bytes)
        snprintf(why, WHY,
                 "it needs %s of memory, and partition %s allows %s on a node (%sMemPerNode)",
                 SIZE(want_text, row->memory_bytes), p->name,
                 SIZE(have_text, fit->memory_per_node_bytes), fit->memory_unasked ? "Def" : "Max");
    else if (memory && row->memory_bytes > memory)
        snprintf(why, WHY, "it needs %s of memory, and the largest node of partition %s has %s",
                 SIZE(want_text, row->memory_bytes), p->name, SIZE(have_text, memory));
    else if (row->gpus_milli > 0 && gpu_slots(row->gpus_milli, gpus) < 1)
        snprintf(why, WHY, "it needs %g GPU%s, and partition %s has at most %d in a node",
                 row->gpus_milli / 1000.0, row->gpus_milli == 1000 ? "" : "s", p->name, gpus);
    else if (tmp && row->tmp_bytes > tmp)
        snprintf(why, WHY,
                 "it needs %s of local scratch, and the largest TmpDisk of partition %s is %s",
                 SIZE(want_text, row->tmp_bytes), p->name, SIZE(have_text, tmp));
    else if (!asked_somewhere(fit, cluster))
        snprintf(why, WHY, "no node of partition %s has what %s%s asks for", p->name,
                 named ? "scheduler " : "",
                 named ? fit->scheduler->name : "whoever gave these options for sbatch");
    else if (row->nodes > 1)
        snprintf(why, WHY, "partition %s has fewer than %d nodes with all that it needs on each",
                 p->name, row->nodes);
    else
        snprintf(why, WHY, "no node of partition %s has all of its CPUs, memory and GPUs together",
                 p->name);
}

// Is the runtime within what an allocation may last?
static bool time_fits(const struct fit *fit, const struct plan_request *request,
                      const struct plan_class *class, char *why)
{
    const struct cluster_partition *p = fit->partition;
    int64_t runtime = class->row->runtime_usec, cap = request->settings->walltime_usec,
            asked = fit->asks.walltime_usec;
    char want_text[NOTE_TEXT], have_text[NOTE_TEXT], by[LIMIT_TEXT];
    const char *limit = fit->limits.most[LIMIT_TIME] == p->max_time_usec && p->max_time_usec
                            ? limits_say(&fit->limits, LIMIT_TIME, by)
                            : "MaxTime";
    if (asked && p->max_time_usec && asked > p->max_time_usec) {
        snprintf(why, WHY,
                 "its allocations are asked for with a walltime of %s, and partition %s allows %s "
                 "(%s)",
                 TIME(want_text, asked), p->name, TIME(have_text, p->max_time_usec), limit);
        return false;
    }
    if (!class->row->enforced || class->any_length)
        return true;
    if (p->max_time_usec && runtime > p->max_time_usec)
        snprintf(why, WHY, "its runtime is %s, and partition %s allows %s (%s)",
                 TIME(want_text, runtime), p->name, TIME(have_text, p->max_time_usec), limit);
    else if (cap && !asked && runtime > cap)
        snprintf(why, WHY,
                 "its runtime is %s, and allocations on partition %s may last %s by option -t",
                 TIME(want_text, runtime), p->name, TIME(have_text, cap));
    else
        return true;
    return false;
}

static void clear(struct fit *fit)
{
    free(fit->widths);
    free(fit->leasts);
    fit->widths = NULL;
    fit->leasts = NULL;
    fit->widths_count = 0;
}

static bool partition_fits(struct fit *fit, const struct plan_request *request,
                           const struct plan_class *class, const struct cluster_partition *p,
                           char *why)
{
    const struct class_row *row = class->row;
    int32_t nodes = fit_nodes(fit, row);
    char by[LIMIT_TEXT];
    bool fits = false;
    if (!accessible(fit, p, request, why))
        return false;
    p = limits_partition(request->cluster, p, account_of(fit, request), qos_of(fit, request, p),
                         nodes, &fit->limits);
    if (nodes > 1 && p->max_nodes && nodes > p->max_nodes)
        snprintf(why, WHY, "it needs %d nodes, and partition %s allows %d (%s)", nodes, p->name,
                 p->max_nodes,
                 fit->limits.most[LIMIT_NODES] == p->max_nodes
                     ? limits_say(&fit->limits, LIMIT_NODES, by)
                     : "MaxNodes");
    else if (!measure(fit, request->cluster, p, row))
        explain(fit, request->cluster, row, why);
    else
        fits = time_fits(fit, request, class, why);
    if (!fits)
        clear(fit);
    return fits;
}

// -p a,b: the first that fits; the reason given is that of the last.
static int choose_named(struct fit *fit, struct plan *plan, const struct plan_request *request,
                        const struct plan_class *class, const char *names)
{
    char why[WHY] = "";
    for (struct comma_item name; comma_list_next(&names, &name);) {
        const struct cluster_partition *p =
            cluster_find_partition(request->cluster, name.text, name.length);
        if (!name.length)
            continue;
        if (!p)
            snprintf(why, WHY, "this cluster has no partition %.*s (see sinfo)", (int)name.length,
                     name.text);
        else if (partition_fits(fit, request, class, p, why))
            return 0;
    }
    plan_note(plan, class, true, "%s", why);
    return -1;
}

// What is asked for whatever the jobs need, and whether that holds one of them.
static int read_asks(struct fit *fit, struct plan *plan, const struct plan_request *request,
                     const struct plan_class *class)
{
    struct error err;
    char why[WHY];
    const struct settings *settings = request->settings;
    const char *name = class->row->scheduler ? class->row->scheduler : class->row->asks_with;
    *fit = (struct fit){.scheduler = schedulers_find(&settings->schedulers, name),
                        .memory_unasked = settings->memory_unasked};
    sbatch_asks_init(&fit->asks);
    if ((fit->scheduler && sbatch_asks_add(&fit->asks, &fit->scheduler->options, &err)) ||
        sbatch_asks_add(&fit->asks, &settings->sbatch_options, &err))
        plan_note(plan, class, true, "%s", err.text);
    else if (!scheduler_holds(fit->scheduler, &fit->asks, class->row, class->any_length, why, WHY))
        plan_note(plan, class, true, "%s", why);
    else
        return 0;
    return -1;
}

int fit_choose(struct fit *fit, struct plan *plan, const struct plan_request *request,
               const struct plan_class *class)
{
    const struct cluster *cluster = request->cluster;
    const struct cluster_partition *standard = NULL;
    char why[WHY] = "this cluster has no partition", other[WHY];
    if (read_asks(fit, plan, request, class))
        return -1;
    if (fit->asks.partition || request->settings->partition)
        return choose_named(fit, plan, request, class,
                            fit->asks.partition ? fit->asks.partition
                                                : request->settings->partition);
    for (uint32_t i = 0; i < cluster->partitions_count; i++)
        if (cluster->partitions[i].is_default)
            standard = &cluster->partitions[i];
    if (standard && partition_fits(fit, request, class, standard, why))
        return 0;
    for (int starts = 1; starts >= 0;
         starts--) { // one that starts jobs now, before one that only queues them
        for (uint32_t i = 0; i < cluster->partitions_count; i++) {
            const struct cluster_partition *p = &cluster->partitions[i];
            if (p == standard || p->starts != (bool)starts)
                continue;
            if (partition_fits(fit, request, class, p, other)) {
                plan_note(plan, class, false, "goes to partition %s: %s", p->name,
                          standard ? why : "this cluster has no default partition");
                return 0;
            }
            if (!standard)
                memcpy(why, other, WHY);
        }
    }
    plan_note(plan, class, true, "%s%s", why,
              cluster->partitions_count > 1 ? "; no other partition that you may use fits" : "");
    return -1;
}

void fit_fini(struct fit *fit)
{
    clear(fit);
}

const struct fit_least *fit_least_of(const struct fit *fit, int32_t width)
{
    for (uint32_t i = 0; i < fit->widths_count; i++)
        if (fit->widths[i] >= width)
            return &fit->leasts[i];
    return &fit->leasts[fit->widths_count - 1];
}

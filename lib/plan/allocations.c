// SPDX-License-Identifier: GPL-2.0-or-later
// From jobs to allocations: rounds, walltime, CPUs and memory.
#include "lib/plan/allocations.h"

#include "lib/base/number.h"

static const int64_t SEC = 1000000, MINUTE = 60 * SEC, HOUR = 60 * MINUTE;
static const int64_t LONGEST = 100LL * 366 * 24 * 60 * 60 * 1000000; // nothing takes longer
static const int64_t MiB = 1024 * 1024;

int64_t margin_of(const struct settings *settings, int64_t walltime_usec)
{
    return settings_end_times(settings, walltime_usec).margin_usec;
}

// The shortest walltime, in whole minutes, that leaves `work_usec` before the margin of its end.
// The margin grows with the walltime, but slower than it, so the first that fits is found by going
// up.
static int64_t walltime_for(const struct settings *settings, int64_t work_usec)
{
    int64_t work = smaller(larger(work_usec, 1), LONGEST),
            walltime = divide_up(work, MINUTE) * MINUTE;
    for (int64_t lacks; (lacks = work - (walltime - margin_of(settings, walltime))) > 0;)
        walltime += divide_up(lacks, MINUTE) * MINUTE;
    return walltime;
}

// T = -t, else min(MaxTime, max(4 h, runtime + margin)): four hours are short enough to be
// backfilled and long enough that starting allocations costs nothing. A class that named no runtime
// takes what its allocation has.
struct times class_times(const struct plan_request *request, const struct plan_class *class,
                         const struct fit *fit)
{
    const struct settings *settings = request->settings;
    const struct cluster_partition *partition = fit->partition;
    int64_t runtime = larger(class->row->runtime_usec, SEC);
    int64_t longest = settings->walltime_usec ? settings->walltime_usec
                                              : larger(4 * HOUR, walltime_for(settings, runtime));
    if (fit->asks.walltime_usec)
        longest = divide_up(fit->asks.walltime_usec, MINUTE) * MINUTE;
    else if (partition->max_time_usec)
        longest = smaller(longest, partition->max_time_usec);
    longest = larger(longest / MINUTE, 1) * MINUTE; // Slurm counts minutes
    int64_t room = larger(longest - margin_of(settings, longest), SEC);
    if (!class->row->enforced)
        runtime = smaller(runtime, room);
    int64_t rounds = smaller(larger(room / runtime, 1), PLAN_ALL_ROUNDS);
    return (struct times){.longest = longest, .runtime = runtime, .rounds = (int32_t)rounds};
}

// Jobs side by side: the tightest node type of the partition that holds any, so that an allocation
// may start on every one of them. When so many narrow allocations would be needed that
// --max-allocations forbids them, the next wider type.
static int32_t choose_slots(const struct fit *fit, int64_t jobs, int32_t rounds, int64_t most)
{
    for (uint32_t i = 0; i + 1 < fit->widths_count; i++)
        if (divide_up(jobs, (int64_t)fit->widths[i] * rounds) <= most)
            return fit->widths[i];
    return fit->widths[fit->widths_count - 1];
}

// Memory is that of all jobs side by side, not of one; clamped to the smallest node the allocation
// is meant for.
void group_set_resources(struct plan_group *group, const struct plan_request *request,
                         const struct class_row *row, const struct fit *fit,
                         const struct fit_least *least, const struct needed *needed)
{
    const struct sbatch_asks *asks = &fit->asks;
    group->nodes = fit_nodes(fit, row);
    group->whole_nodes = fit->whole_nodes;
    // --mem=0 too: what is asked for by the user is what there is
    bool all = asks->memory_bytes >= 0 || fit->memory_unasked;
    int32_t tasks = sbatch_tasks_per_node(asks), cpus = sbatch_asks_cpus(asks);
    group->cpus = group->whole_nodes ? least->cpus : cpus ? cpus : needed->cpus;
    group->cpus = (int32_t)divide_up(group->cpus, tasks) * tasks;
    group->gpus = asks->gpus >= 0        ? asks->gpus
                  : row->gpus_milli <= 0 ? 0
                  : group->whole_nodes   ? least->gpus
                                         : needed->gpus;
    int64_t memory =
        group->whole_nodes || all ? least->memory_bytes : needed->memory_bytes + PLAN_OWN_BYTES;
    if (least->memory_bytes)
        memory = smaller(memory, least->memory_bytes);
    if (fit->memory_per_cpu_bytes) // Slurm would add CPUs, or refuse
        memory = asks->memory_per_cpu_bytes || fit->memory_unasked
                     ? group->cpus * fit->memory_per_cpu_bytes
                     : smaller(memory, group->cpus * fit->memory_per_cpu_bytes);
    group->memory_bytes = !least->memory_bytes ? 0 : divide_up(memory, MiB) * MiB;
    group->tmp_bytes = least->tmp_bytes ? needed->tmp_bytes : 0;
    group->own_bytes =
        smaller(larger(group->memory_bytes - needed->memory_bytes, 0), PLAN_OWN_BYTES);
    group->memory_unasked = fit->memory_unasked;
    struct place_room has = {group->cpus, group->gpus * 1000, group->memory_bytes},
                      node = {least->cpus, least->gpus * 1000, least->memory_bytes};
    group->share = group->nodes * (group->whole_nodes ? 1 : shape_share(&has, &node));
    if (request->cluster->memory_shared)
        group->memory_bytes = group->own_bytes = 0;
}

void group_set_walltime(struct plan_group *group, const struct plan_request *request,
                        const struct fit *fit, int64_t work_usec, int64_t longest_usec)
{
    int64_t work = work_usec + START_SLACK_SECS * SEC;
    group->work_usec = work_usec;
    group->walltime_usec = fit->asks.walltime_usec
                               ? longest_usec
                               : smaller(walltime_for(request->settings, work), longest_usec);
    group->margin_usec = margin_of(request->settings, group->walltime_usec);
    group->kill_wait_secs = request->cluster->kill_wait_secs;
}

struct plan_group group_of(const struct plan_class *class, const struct fit *fit)
{
    return (struct plan_group){
        .class_id = class->class_id,
        .class_name = class->row->name,
        .classes = 1,
        .scheduler = fit->scheduler ? fit->scheduler->name : class->row->scheduler,
        .action = class->held ? class->row->action : 0,
        .asked = fit->scheduler,
        .partition = fit->partition->name,
        .now = class->ready > 0,
    };
}

int64_t group_most(const struct plan_request *request, const struct plan_class *class,
                   const struct fit *fit)
{
    int64_t most = larger(request->settings->max_allocations - class->allocations, 1);
    int64_t array = request->cluster->max_array_size;
    if (fit->limits.most[LIMIT_JOBS])
        most = smaller(most, larger(fit->limits.most[LIMIT_JOBS] - class->allocations, 1));
    return array ? smaller(most, array) : most;
}

struct widest {    // how many allocations there may be, of one class
    int32_t width; // jobs on a node
    int64_t slots, rounds, runtime, fewest, most;
    enum shape_limit *limit;
};

struct waves { // what waits for jobs of the first runs after them, in the same slots
    int64_t first, second;
};

// Where there is time for one round only, an allocation has none for the second wave.
static struct waves waves_of(const struct plan_class *class, int64_t jobs, int32_t rounds)
{
    int64_t soon = smaller(class->soon, jobs);
    return !class->ready || soon == jobs ? (struct waves){jobs, 0}
           : rounds < 2                  ? (struct waves){jobs - soon, 0}
                                         : (struct waves){jobs - soon, soon};
}

static int64_t slots_for(int64_t jobs, int64_t slots, int64_t count)
{
    return divide_up(jobs, count * larger(divide_up(jobs, slots * count), 1));
}

static int64_t rounds_of(const struct waves *waves, int64_t slots)
{
    return divide_up(waves->first, slots) + divide_up(waves->second, slots);
}

// More than the fewest, while nodes are idle: no more than end the work sooner, and none shorter
// than is worth a start, unless a single round is.
static int64_t widen(const struct plan_request *request, const struct plan_class *class,
                     const struct fit *fit, const struct waves *waves, struct widest w)
{
    const struct settings *settings = request->settings;
    int64_t idle = fit_least_of(fit, w.width)->idle / fit_nodes(fit, class->row);
    int64_t least = larger(divide_up(settings->shortest_usec, w.runtime), 1);
    int64_t all = waves->first + waves->second, worth = all / (w.slots * least);
    if (least == 1)
        worth = divide_up(all, w.slots);
    int64_t high = smaller(smaller(w.most, idle), larger(worth, 1)), count = w.fewest;
    bool tight = settings->pack != PACK_WIDE || class->held || idle <= count;
    high = tight ? 0 : high;
    *w.limit = count == w.most && count * w.slots * w.rounds < all ? SHAPE_LIMIT_MOST
               : tight                                             ? SHAPE_LIMIT_TIGHT
               : high == w.most                                    ? SHAPE_LIMIT_MOST
               : high == idle                                      ? SHAPE_LIMIT_IDLE
                                                                   : SHAPE_LIMIT_LEAST;
    while (count < high && rounds_of(waves, w.slots * count) > rounds_of(waves, w.slots * high))
        count++;
    if (rounds_of(waves, w.slots * count) <= (waves->second ? 2 : 1))
        *w.limit = SHAPE_LIMIT_LONGEST;
    return count;
}

// The jobs of the class that are side by side on a node.
static struct needed needed_of(const struct plan_group *group, const struct class_row *row,
                               const struct fit *fit)
{
    int32_t nodes = fit_nodes(fit, row);
    int32_t slots = row->nodes > 1 ? group->slots : (int32_t)divide_up(group->slots, nodes);
    return (struct needed){.cpus = slots * fit->cpus_per_job,
                           .gpus = row->gpus_milli > 0 ? fit_gpus(row->gpus_milli, slots) : 0,
                           .memory_bytes = slots * fit_memory(fit, row),
                           .tmp_bytes = slots * row->tmp_bytes};
}

// No more rounds, and no wider, than these jobs need.
void group_shape(struct plan_group *group, const struct plan_request *request,
                 const struct plan_class *class, const struct fit *fit, int64_t jobs)
{
    struct times times = class_times(request, class, fit);
    struct waves waves = waves_of(class, jobs, times.rounds);
    jobs = waves.first + waves.second;
    int64_t nodes =
        class->row->nodes > 1 ? 1 : fit_nodes(fit, class->row); // that hold jobs of their own
    int64_t most = group_most(request, class, fit);
    int32_t width = choose_slots(fit, divide_up(jobs, nodes), times.rounds, most);
    if (class->row->nodes > 1 && class->row->gpus_milli > 0)
        width = 1; // it holds all GPUs of its nodes: lib/store/sqlite_share.c
    int64_t slots = smaller(width * nodes, larger(waves.first, waves.second));
    int64_t count = smaller(divide_up(jobs, slots * times.rounds), most);
    enum shape_limit limit = SHAPE_LIMIT_NONE;
    count = widen(request, class, fit, &waves,
                  (struct widest){width, slots, times.rounds, times.runtime, count, most, &limit});
    int64_t rounds = smaller(times.rounds, rounds_of(&waves, slots * count));
    if (class->held && class->soon + class->later) // one after another, for all that is known
        rounds = smaller(times.rounds, jobs);
    if (fit->whole_nodes || sbatch_asks_cpus(&fit->asks))
        slots = width * nodes;
    else
        slots = smaller(slots, larger(slots_for(waves.first, slots, count),
                                      slots_for(waves.second, slots, count)));
    *group = group_of(class, fit);
    group->jobs = jobs;
    group->count = (int32_t)count;
    group->slots = (int32_t)slots;
    group->rounds = (int32_t)rounds;
    group->limit = limit;
    struct needed needed = needed_of(group, class->row, fit);
    const struct fit_least *least = fit_least_of(fit, width);
    struct place_room job = {fit->cpus_per_job, class->row->gpus_milli,
                             fit_memory(fit, class->row)},
                      node = {least->cpus, least->gpus * 1000, least->memory_bytes};
    group->bound_usec = larger(class->row->nodes, 1) * shape_share(&job, &node) * (double)jobs *
                        (double)times.runtime;
    group_set_resources(group, request, class->row, fit, least, &needed);
    group_set_walltime(group, request, fit, rounds * times.runtime, times.longest);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// slurm-query: asks libslurm and prints JSON. The only program that links it, because libslurm may
// end or hang its caller and changes its soname with every release; whoever runs this takes its
// death or silence for "unknown".
#include <errno.h>
#include <grp.h>
#include <jansson.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/comma_list.h"
#include "submitter/query_limits.h"

enum { EXIT_UNKNOWN = 3 };
static const json_int_t MiB = 1024 * 1024;

static int fail(const char *what)
{
    fprintf(stderr, "slurm-query: %s: %s\n", what, slurm_strerror(errno));
    return EXIT_UNKNOWN;
}

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

// Slurm's three ways to say "no limit" become null.
static json_t *limit32(uint32_t value, json_int_t unit)
{
    return value == INFINITE || value == NO_VAL ? json_null()
                                                : json_integer((json_int_t)value * unit);
}

// Is the caller in one of the groups? The group list of the process is what counts, as for
// slurmctld it is the database.
static bool in_groups(const char *list)
{
    if (!list || !*list || getuid() == 0)
        return true;
    int count = getgroups(0, NULL);
    gid_t *groups = calloc((size_t)count + 1, sizeof *groups);
    if (!groups || (count = getgroups(count, groups)) < 0)
        count = 0;
    if (groups)
        groups[count++] = getgid();
    bool found = false;
    for (int i = 0; i < count && !found; i++) {
        const struct group *g = getgrgid(groups[i]);
        found = g && comma_list_has(list, g->gr_name);
    }
    free(groups);
    return found;
}

// A node that only an administrator can bring back is not up; one that is powered down, rebooting
// or merely silent is.
static bool node_is_up(const node_info_t *node)
{
    uint32_t base = node->node_state & NODE_STATE_BASE;
    return base != NODE_STATE_DOWN && base != NODE_STATE_ERROR && base != NODE_STATE_FUTURE &&
           !(node->node_state & (NODE_STATE_DRAIN | NODE_STATE_FAIL));
}

static bool node_is_idle(const node_info_t *node)
{
    return node_is_up(node) && (node->node_state & NODE_STATE_BASE) == NODE_STATE_IDLE &&
           !(node->node_state & (NODE_STATE_COMPLETING | NODE_STATE_MAINT | NODE_STATE_RES));
}

// Without CR_*_MEMORY nobody has memory of his own.
static bool memory_is_shared(const slurm_conf_t *config)
{
    return !(config->select_type_param & CR_MEMORY);
}

static json_t *node_json(const node_info_t *node)
{
    if (!node->name || (node->node_state & NODE_STATE_BASE) == NODE_STATE_FUTURE)
        return json_object(); // keeps its place: partitions name nodes by index
    uint64_t memory = node->real_memory > node->mem_spec_limit
                          ? node->real_memory - node->mem_spec_limit
                          : node->real_memory;
    if (node->real_memory <= 1) // what Slurm takes where slurm.conf says nothing
        memory = 0;
    uint16_t cpus =
        node->cpus_efctv && node->cpus_efctv < node->cpus ? node->cpus_efctv : node->cpus;
    return json_pack("{s:s, s:s, s:o, s:o, s:i, s:I, s:o, s:I}", "name", node->name, "hostname",
                     node->node_hostname ? node->node_hostname : node->name, "up",
                     json_boolean(node_is_up(node)), "idle", json_boolean(node_is_idle(node)),
                     "cpus", (int)cpus, "memory_bytes", (json_int_t)memory * MiB, "gres",
                     text_or_null(node->gres), "tmp_bytes", (json_int_t)node->tmp_disk * MiB);
}

// MaxMemPerCPU and MaxMemPerNode share a field, and so do the defaults; the partition's wins over
// the cluster's.
static void set_memory(json_t *object, const char *per_cpu, const char *per_node,
                       uint64_t partition, uint64_t cluster)
{
    uint64_t value =
        partition && partition != INFINITE64 && partition != NO_VAL64 ? partition : cluster;
    if (!value || value == INFINITE64 || value == NO_VAL64 || value == INFINITE || value == NO_VAL)
        return;
    json_int_t bytes = (json_int_t)(value & ~MEM_PER_CPU) * MiB;
    json_object_set_new(object, value & MEM_PER_CPU ? per_cpu : per_node, json_integer(bytes));
}

static json_t *partition_json(const partition_info_t *p, const slurm_conf_t *config)
{
    const char *select = config->select_type ? config->select_type : "";
    bool linear = strstr(select, "linear") != NULL;
    const json_int_t minute = 60 * 1000000LL;
    json_t *o = json_pack(
        "{s:s, s:b, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o}", "name", p->name, "is_default",
        (p->flags & PART_FLAG_DEFAULT) != 0, "submits", (p->state_up & PARTITION_SUBMIT) != 0,
        "starts", (p->state_up & PARTITION_SCHED) != 0, "root_only",
        (p->flags & PART_FLAG_ROOT_ONLY) != 0, "needs_reservation",
        (p->flags & PART_FLAG_REQ_RESV) != 0, "whole_nodes", linear || p->max_share == 0,
        "max_time_usec", limit32(p->max_time, minute), "default_time_usec",
        limit32(p->default_time, minute), "max_nodes", limit32(p->max_nodes, 1),
        "max_cpus_per_node", p->max_cpus_per_node ? limit32(p->max_cpus_per_node, 1) : json_null());
    set_memory(o, "max_memory_per_cpu_bytes", "max_memory_per_node_bytes", p->max_mem_per_cpu,
               config->max_mem_per_cpu);
    set_memory(o, "default_memory_per_cpu_bytes", "default_memory_per_node_bytes",
               p->def_mem_per_cpu, config->def_mem_per_cpu);
    const struct {
        const char *name, *value;
    } texts[] = {{"allow_accounts", p->allow_accounts},
                 {"deny_accounts", p->deny_accounts},
                 {"allow_qos", p->allow_qos},
                 {"deny_qos", p->deny_qos},
                 {"allow_groups", p->allow_groups},
                 {"alloc_nodes", p->allow_alloc_nodes},
                 {"qos", p->qos_char}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_object_set_new(o, texts[i].name, text_or_null(texts[i].value));
    json_object_set_new(o, "group_allowed", json_boolean(in_groups(p->allow_groups)));
    json_t *ranges = json_array();
    for (const int32_t *at = p->node_inx; at && *at >= 0; at++)
        json_array_append_new(ranges, json_integer(*at));
    json_object_set_new(o, "node_ranges", ranges);
    return o;
}

static int print_json(json_t *root)
{
    int status = json_dumpf(root, stdout, JSON_COMPACT) || putchar('\n') == EOF || fflush(stdout)
                     ? EXIT_UNKNOWN
                     : 0;
    json_decref(root);
    return status;
}

static int print_cluster(void)
{
    slurm_conf_t *config = NULL;
    node_info_msg_t *nodes = NULL;
    partition_info_msg_t *partitions = NULL;
    if (slurm_load_ctl_conf(0, &config))
        return fail("configuration");
    if (slurm_load_node(0, &nodes, SHOW_ALL))
        return fail("nodes");
    if (slurm_load_partitions(0, &partitions, SHOW_ALL))
        return fail("partitions");
    json_t *node_list = json_array(), *partition_list = json_array();
    for (uint32_t i = 0; i < nodes->record_count; i++)
        json_array_append_new(node_list, node_json(&nodes->node_array[i]));
    for (uint32_t i = 0; i < partitions->record_count; i++)
        json_array_append_new(partition_list,
                              partition_json(&partitions->partition_array[i], config));
    json_t *root =
        json_pack("{s:{s:o, s:o, s:I, s:i, s:b}, s:o, s:o, s:o}", "config", "name",
                  text_or_null(config->cluster_name), "version", text_or_null(config->version),
                  "max_array_size", (json_int_t)config->max_array_sz, "kill_wait_secs",
                  (int)config->kill_wait, "memory_shared", memory_is_shared(config), "nodes",
                  node_list, "partitions", partition_list, "limits", query_limits(config));
    slurm_free_partition_info_msg(partitions);
    slurm_free_node_info_msg(nodes);
    slurm_free_ctl_conf(config);
    return print_json(root);
}

static const char *state_name(uint32_t state)
{
    static const char *const names[] = {"PENDING",   "RUNNING",   "SUSPENDED", "COMPLETED",
                                        "CANCELLED", "FAILED",    "TIMEOUT",   "NODE_FAIL",
                                        "PREEMPTED", "BOOT_FAIL", "DEADLINE",  "OUT_OF_MEMORY"};
    uint32_t base = state & JOB_STATE_BASE;
    return base < sizeof names / sizeof *names ? names[base] : "UNKNOWN";
}

// The names of a list like "n[1-3]".
static json_t *nodes_json(const char *list)
{
    // hostlist_t is a pointer up to 22.05, and a struct later
    __typeof__(slurm_hostlist_create("")) hosts = slurm_hostlist_create(list ? list : "");
    json_t *names = json_array();
    for (char *name; hosts && (name = slurm_hostlist_shift(hosts)); free(name))
        json_array_append_new(names, json_string(name));
    if (hosts)
        slurm_hostlist_destroy(hosts);
    return names;
}

static int print_job(const char *id)
{
    char *end = NULL;
    unsigned long number = strtoul(id, &end, 10);
    if (!*id || *end || number > UINT32_MAX) {
        fprintf(stderr, "slurm-query: \"%s\" is no Slurm job id\n", id);
        return EXIT_FAILURE;
    }
    job_info_msg_t *jobs = NULL;
    if (slurm_load_job(&jobs, (uint32_t)number, SHOW_ALL | SHOW_DETAIL)) {
        if (errno != ESLURM_INVALID_JOB_ID)
            return fail(id);
        return print_json(json_pack("{s:I, s:n}", "job_id", (json_int_t)number, "state"));
    }
    const slurm_job_info_t *job = NULL;
    for (uint32_t i = 0; i < jobs->record_count; i++)
        if (!job || jobs->job_array[i].job_id == number)
            job = &jobs->job_array[i];
    if (!job)
        return fail(id);
    json_t *root = json_pack("{s:I, s:s, s:o}", "job_id", (json_int_t)job->job_id, "state",
                             state_name(job->job_state), "nodes", nodes_json(job->nodes));
    slurm_free_job_info_msg(jobs);
    return print_json(root);
}

int main(int argc, char **argv)
{
    bool job = argc == 3 && !strcmp(argv[1], "job");
    if (argc != 1 && !job) {
        fputs("usage: slurm-query            the cluster: configuration, nodes, partitions\n"
              "       slurm-query job ID     one job: its state (null: Slurm knows it no more) and "
              "nodes\n",
              stderr);
        return EXIT_FAILURE;
    }
    slurm_init(NULL);
    int status = job ? print_job(argv[2]) : print_cluster();
    slurm_fini();
    return status;
}

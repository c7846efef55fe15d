// SPDX-License-Identifier: GPL-2.0-or-later
// What a job inside an allocation sees of the variables that sbatch(1) and srun(1) of 22.05 name:
// each is in one of three lists.
#include "runner/job/environment.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "tests/tap.h"

// of the allocation and its nodes, and what the user prefers of srun
static const char *const kept[] = {"SLURMD_DEBUG",
                                   "SLURMD_NODENAME",
                                   "SLURM_ACCOUNT",
                                   "SLURM_ACCTG_FREQ",
                                   "SLURM_BCAST",
                                   "SLURM_BCAST_EXCLUDE",
                                   "SLURM_BURST_BUFFER",
                                   "SLURM_CLUSTERS",
                                   "SLURM_CLUSTER_NAME",
                                   "SLURM_COMPRESS",
                                   "SLURM_CONF",
                                   "SLURM_CONSTRAINT",
                                   "SLURM_CONTAINER",
                                   "SLURM_DEBUG",
                                   "SLURM_DEBUG_FLAGS",
                                   "SLURM_DELAY_BOOT",
                                   "SLURM_DEPENDENCY",
                                   "SLURM_DISABLE_STATUS",
                                   "SLURM_EPILOG",
                                   "SLURM_EXIT_ERROR",
                                   "SLURM_EXIT_IMMEDIATE",
                                   "SLURM_EXPORT_ENV",
                                   "SLURM_HET_SIZE",
                                   "SLURM_IMMEDIATE",
                                   "SLURM_JOBID",
                                   "SLURM_JOB_ACCOUNT",
                                   "SLURM_JOB_DEPENDENCY",
                                   "SLURM_JOB_GPUS",
                                   "SLURM_JOB_ID",
                                   "SLURM_JOB_NAME",
                                   "SLURM_JOB_NODES",
                                   "SLURM_JOB_PARTITION",
                                   "SLURM_JOB_QOS",
                                   "SLURM_JOB_RESERVATION",
                                   "SLURM_KILL_BAD_EXIT",
                                   "SLURM_LABELIO",
                                   "SLURM_MPI_TYPE",
                                   "SLURM_NETWORK",
                                   "SLURM_NODE_ALIASES",
                                   "SLURM_OPEN_MODE",
                                   "SLURM_PARTITION",
                                   "SLURM_PMI_KVS_NO_DUP_KEYS",
                                   "SLURM_POWER",
                                   "SLURM_PRIO_PROCESS",
                                   "SLURM_PROFILE",
                                   "SLURM_PROLOG",
                                   "SLURM_QOS",
                                   "SLURM_REMOTE_CWD",
                                   "SLURM_REQ_SWITCH",
                                   "SLURM_RESERVATION",
                                   "SLURM_RESTART_COUNT",
                                   "SLURM_SEND_LIBS",
                                   "SLURM_SIGNAL",
                                   "SLURM_SRUN_REDUCE_TASK_EXIT_MSG",
                                   "SLURM_STDERRMODE",
                                   "SLURM_STDINMODE",
                                   "SLURM_STDOUTMODE",
                                   "SLURM_SUBMIT_DIR",
                                   "SLURM_SUBMIT_HOST",
                                   "SLURM_TASK_EPILOG",
                                   "SLURM_TASK_PROLOG",
                                   "SLURM_TEST_EXEC",
                                   "SLURM_TIMELIMIT",
                                   "SLURM_TOPOLOGY_ADDR",
                                   "SLURM_TOPOLOGY_ADDR_PATTERN",
                                   "SLURM_UMASK",
                                   "SLURM_UNBUFFEREDIO",
                                   "SLURM_USE_MIN_NODES",
                                   "SLURM_WAIT",
                                   "SLURM_WAIT4SWITCH",
                                   "SLURM_WCKEY",
                                   "SLURM_WORKING_DIR",
                                   "SRUN_CONTAINER",
                                   "SRUN_DEBUG",
                                   "SRUN_EXPORT_ENV"};

// of tasks: those of the allocation or of the runner's step, which are not the job's
static const char *const dropped[] = {"PMI2_I",
                                      "PMI_FANOUT",
                                      "PMI_FANOUT_OFF_HOST",
                                      "PMI_TIME",
                                      "SLURM_ARRAY_JOB_ID",
                                      "SLURM_ARRAY_TASK_COUNT",
                                      "SLURM_ARRAY_TASK_ID",
                                      "SLURM_ARRAY_TASK_MAX",
                                      "SLURM_ARRAY_TASK_MIN",
                                      "SLURM_ARRAY_TASK_STEP",
                                      "SLURM_CORE_SPEC",
                                      "SLURM_CPUS_PER_GPU",
                                      "SLURM_CPU_BIND",
                                      "SLURM_CPU_BIND_LIST",
                                      "SLURM_CPU_BIND_TYPE",
                                      "SLURM_CPU_BIND_VERBOSE",
                                      "SLURM_CPU_FREQ_REQ",
                                      "SLURM_DISTRIBUTION",
                                      "SLURM_DIST_PLANESIZE",
                                      "SLURM_EXACT",
                                      "SLURM_EXCLUSIVE",
                                      "SLURM_GPUS",
                                      "SLURM_GPUS_ON_NODE",
                                      "SLURM_GPUS_PER_NODE",
                                      "SLURM_GPUS_PER_SOCKET",
                                      "SLURM_GPUS_PER_TASK",
                                      "SLURM_GPU_BIND",
                                      "SLURM_GPU_FREQ",
                                      "SLURM_GRES",
                                      "SLURM_GRES_FLAGS",
                                      "SLURM_GTIDS",
                                      "SLURM_HINT",

                                      "SLURM_LAUNCH_NODE_IPADDR",
                                      "SLURM_LOCALID",
                                      "SLURM_MEM_BIND",
                                      "SLURM_MEM_BIND_LIST",
                                      "SLURM_MEM_BIND_PREFER",
                                      "SLURM_MEM_BIND_SORT",
                                      "SLURM_MEM_BIND_TYPE",
                                      "SLURM_MEM_BIND_VERBOSE",
                                      "SLURM_MEM_PER_CPU",
                                      "SLURM_MEM_PER_GPU",
                                      "SLURM_NODEID",
                                      "SLURM_NO_KILL",
                                      "SLURM_NTASKS_PER_CORE",
                                      "SLURM_NTASKS_PER_GPU",
                                      "SLURM_NTASKS_PER_NODE",
                                      "SLURM_NTASKS_PER_SOCKET",
                                      "SLURM_OVERCOMMIT",
                                      "SLURM_PROCID",
                                      "SLURM_RESV_PORTS",
                                      "SLURM_SHARDS_ON_NODE",
                                      "SLURM_SPREAD_JOB",
                                      "SLURM_SRUN_COMM_HOST",
                                      "SLURM_SRUN_COMM_PORT",
                                      "SLURM_STEPID",
                                      "SLURM_STEP_GPUS",
                                      "SLURM_STEP_GRES",
                                      "SLURM_STEP_ID",
                                      "SLURM_STEP_KILLED_MSG_NODE_ID",
                                      "SLURM_STEP_LAUNCHER_PORT",
                                      "SLURM_STEP_NODELIST",
                                      "SLURM_STEP_NUM_NODES",
                                      "SLURM_STEP_NUM_TASKS",
                                      "SLURM_STEP_TASKS_PER_NODE",
                                      "SLURM_TASK_PID",
                                      "SLURM_THREADS",
                                      "SLURM_THREADS_PER_CORE",
                                      "SLURM_THREAD_SPEC"};

static const struct {
    const char *name, *value; // the job's own
} own[] = {
    {"SLURM_CPUS_ON_NODE", "3"},   {"SLURM_CPUS_PER_TASK", "3"},  {"SLURM_JOB_CPUS_PER_NODE", "3"},
    {"SLURM_MEM_PER_NODE", "100"}, {"SLURM_NPROCS", "1"},         {"SLURM_NTASKS", "1"},
    {"SLURM_OVERLAP", "1"},        {"SLURM_TASKS_PER_NODE", "1"}, {"SRUN_CPUS_PER_TASK", "3"},
    {"SLURM_JOB_NODELIST", "n5"},  {"SLURM_JOB_NUM_NODES", "1"},  {"SLURM_NNODES", "1"},
    {"SLURM_NODELIST", "n5"}, // of an allocation of 97 nodes this one
};
#define COUNT(list) (sizeof(list) / sizeof *(list))

int main(void)
{
    char *inherited[COUNT(kept) + COUNT(dropped) + COUNT(own) + 2];
    size_t n = 0;
    for (size_t i = 0; i < COUNT(kept); i++)
        inherited[n++] = xasprintf("%s=97", kept[i]);
    for (size_t i = 0; i < COUNT(dropped); i++)
        inherited[n++] = xasprintf("%s=97", dropped[i]);
    for (size_t i = 0; i < COUNT(own); i++)
        inherited[n++] = xasprintf("%s=97", own[i].name);
    inherited[n++] = xstrdup("PATH=/bin");
    inherited[n] = NULL;
    struct node node = {.in_allocation = true, .slurm_job_id = 7, .name = (char *)"n5", .cpus = 4};
    struct runner_grant grant = {
        .run_id = 1, // of the workflow as the runner entered it: it may be restarted meanwhile
        .workflow_name = "w",
        .folder = "/"};
    struct environment *environment = environment_create(&(struct environment_options){
        .inherited = inherited, .node = &node, .grant = &grant, .db = "/db", .output_dir = "/out"});
    struct arena *arena = arena_create();
    struct claimed_job job = {
        .job_id = 4, .run_id = 2, .attempt_id = 3, .name = "j", .nodes = 1, .enforced = true};
    struct share share = {.cpus = 3, .memory_bytes = 100 << 20};
    char **list = environment_make(environment, &job, &(struct job_spec){0}, &share, arena);
    for (size_t i = 0; i < COUNT(kept); i++)
        is_text(environment_find(list, kept[i]), "97", kept[i]);
    for (size_t i = 0; i < COUNT(dropped); i++)
        ok(!environment_find(list, dropped[i]), "not %s", dropped[i]);
    for (size_t i = 0; i < COUNT(own); i++)
        is_text(environment_find(list, own[i].name), own[i].value, own[i].name);
    is_text(environment_find(list, "TORC_RUN_ID"), "2", "the run is that of the claim");
    is_text(environment_find(list, "TORC_STEP_ATTEMPT"), "2.3", "... for its steps, too");
    const char *hosts = environment_find(list, "SLURM_HOSTFILE");
    char line[64] = "";
    FILE *in = hosts ? fopen(hosts, "r") : NULL;
    ok(in && fgets(line, sizeof line, in) && !strcmp(line, "n5\n"),
       "... and its srun has it from a file");
    if (in)
        fclose(in);
    const char *path = environment_find(list, "PATH");
    ok(path && !strncmp(path, "/bin:/", 6), "the programs' folder is on the PATH, last: %s", path);
    job.nodes = 2;
    list = environment_make(environment, &job, &(struct job_spec){0}, &share, arena);
    ok(!environment_find(list, "SLURM_NTASKS"), "of a job of several nodes srun counts the tasks");
    ok(!environment_find(list, "SLURM_CPUS_PER_TASK"), "... which may be many on a node");
    is_text(environment_find(list, "SLURM_JOB_NODELIST"), "97", "... on all nodes there are");
    is_text(environment_find(list, "SLURM_TASKS_PER_NODE"), "3(x2)", "... for mpirun one a CPU");
    ok(!environment_find(list, "SLURM_HOSTFILE"), "... and not on one alone");
    environment_destroy(environment);
    arena_destroy(arena);
    while (n)
        free(inherited[--n]);
    return done_testing();
}

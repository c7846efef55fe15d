// SPDX-License-Identifier: GPL-2.0-or-later
// What reports and the torc command read, in pages, and the few things they change.
#ifndef LIB_STORE_READ_H
#define LIB_STORE_READ_H

#include "lib/record.h"
#include "lib/store.h"

struct workflow_info {
    int64_t id, created_usec, ended_usec; /* ended 0: not yet */
    int32_t run_id;
    enum workflow_state state;
    const char *name, *user, *description, *file, *command_line, *folder, *version, *settings, *environment;
    int64_t counts[JOB_STATES];
    int32_t runners_alive;
};
struct job_info {
    int64_t id, class_id;
    const char *name, *command, *class_name, *spec;
    enum job_state state;
    int32_t flags, priority, rank, unmet, attempts, continuations;
    const char **needs; /* names */
    uint32_t needs_count;
    const char *why; /* for blocked and canceled: the need that it waits for or that failed; else NULL */
};
struct attempt_info {
    int64_t id, job_id;
    const char *job_name;
    int32_t run_id;
    const char *node; int64_t slurm_job_id; /* 0: none */
    struct attempt_end end;                 /* end.end_usec 0: still running; end.state READY then */
};
struct class_info {
    int64_t id, jobs, counts[JOB_STATES];
    const char *name, *scheduler, *labels;
    int32_t cpus, gpus_milli, nodes;
    int64_t memory_bytes, runtime_usec;
    bool enforced;
    int64_t attempts, wall_max_usec, wall_sum_usec, cpu_sum_usec, memory_peak_max_bytes, memory_anon_max_bytes; /* or UNKNOWN */
};
struct allocation_info {
    int64_t id, submission_id, slurm_job_id, submitted_usec, start_usec, end_usec, limit_usec, walltime_usec, jobs_run;
    int32_t array_task_id, cpus, gpus, nodes; /* array_task_id UNKNOWN: no array */
    int64_t memory_bytes;
    enum allocation_state state;
    const char *partition, *node_list, *tag, *error;
};
struct runner_info {
    int64_t id, allocation_id, started_usec, heartbeat_usec, end_usec, jobs_run;
    const char *incarnation, *host, *node, *labels;
    int32_t pid, cpus, gpus_milli;
    int64_t memory_bytes;
    bool lost;
    enum usage_source accounting;
};
struct event_info {
    int64_t id, time_usec;
    const char *kind, *name, *job_name, *data; /* name: of a user's event; data: JSON or NULL */
    int64_t runner_id, attempt_id, submission_id, allocation_id; /* 0: none */
};
struct data_info {
    int64_t id;
    const char *name, *data;
    bool ephemeral;
};

struct file_info { /* or user data */
    int64_t id;
    const char *name, *path; /* path NULL: user data */
    bool temporary, known;   /* known: user data that has a value */
    const char **readers, **writers; /* names of jobs; with the request's job_id only that one */
    uint32_t readers_count, writers_count;
};

enum read_what {
    READ_WORKFLOWS, READ_JOBS, READ_ATTEMPTS, READ_CLASSES,
    READ_CLASSES_PLAIN, /* classes without what was used (attempts 0, the sums UNKNOWN), which takes a look at every attempt */
    READ_ALLOCATIONS, READ_RUNNERS, READ_EVENTS, READ_DATA,
    READ_BARRIERS,  /* in the reply's jobs: what stands for many needs, and is no job of the user's; class_id 0 */
    READ_FILES,     /* in the reply's files: who reads and writes them */
    READ_DATA_USES, /* likewise, user data */
    READS,
};

struct read_request {
    enum read_what what;
    int64_t workflow_id; /* 0 with READ_WORKFLOWS: all */
    int64_t after_id;    /* only rows with a greater id: 0 to begin, then the reply's last_id */
    uint32_t limit;      /* rows of one page; 0: 1000 */
    int64_t job_id;      /* READ_JOBS, _ATTEMPTS, _EVENTS, _FILES, _DATA_USES: of this job only; 0: of all */
    const char *job_glob; /* READ_JOBS, READ_EVENTS: of jobs whose names match ("sim_*"); NULL: of all */
    uint32_t states;     /* READ_JOBS: bits 1 << state; 0: all */
    const char *event_kind; /* READ_EVENTS: of this kind, or users' events of this name; NULL: all */
    int64_t since_usec;  /* READ_EVENTS: not older; 0: all */
};
struct read_reply {
    union { /* as many as count */
        struct workflow_info *workflows;
        struct job_info *jobs;
        struct attempt_info *attempts;
        struct class_info *classes;
        struct allocation_info *allocations;
        struct runner_info *runners;
        struct event_info *events;
        struct data_info *data;
        struct file_info *files;
    };
    uint32_t count;
    int64_t last_id;
    bool more;
    struct arena *arena;
};

int store_read(struct store *store, const struct read_request *request, struct read_reply *reply, struct error *err);
void read_reply_fini(struct read_reply *reply);

/* Cancels the workflow: no job starts any more, those that run are told at their runners' next sync; the submissions that
 * have not ended are returned for scancel. */
struct submissions;
int store_cancel(struct store *store, int64_t workflow_id, struct submissions *to_cancel, struct error *err);

#endif

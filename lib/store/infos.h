// SPDX-License-Identifier: GPL-2.0-or-later
// The rows that lib/store/read.h gives: plain structs, their pointers owned by the reply.
#ifndef LIB_STORE_INFOS_H
#define LIB_STORE_INFOS_H

#include "lib/base/record.h"
#include "lib/store/file_info.h"

struct workflow_info {
    int64_t id, uid /* of its owner */, created_usec, ended_usec; // ended 0: not yet
    int32_t run_id;
    enum workflow_state state;
    const char *name, *user, *description, *file, *command_line, *folder, *version, *settings,
        *environment;
    int64_t counts[JOB_STATES];
    int32_t runners_alive, last_actions; // commands for its end, not done yet
};
struct job_info {
    int64_t id, class_id;
    const char *name, *command, *class_name, *spec;
    enum job_state state;
    int32_t flags, priority, rank, unmet, attempts, continuations;
    const char **needs; // names
    uint32_t needs_count;
    // for blocked and canceled: the need that it waits for or that failed; else NULL
    const char *why;
    enum job_state why_state; // its state
};
struct attempt_info {
    int64_t id, job_id;
    const char *job_name;
    int32_t run_id;
    const char *node;
    int64_t slurm_job_id;   // 0: none
    struct attempt_end end; // end.end_usec 0: still running; end.state READY then
};
struct class_info {
    int64_t id, jobs, counts[JOB_STATES];
    const char *name, *scheduler, *labels;
    int32_t cpus, gpus_milli, nodes;
    int32_t action; // position of the one that covers its jobs; 0: none
    int64_t memory_bytes, runtime_usec;
    bool enforced;
    // of attempts that have ended; by enum usage_source, and SOURCES: by an unknown one
    int64_t attempts, sources[SOURCES + 1];
    // or UNKNOWN
    int64_t wall_max_usec, wall_sum_usec, cpu_sum_usec, memory_peak_max_bytes,
        memory_anon_max_bytes;
};
struct allocation_info {
    int64_t id, submission_id, slurm_job_id, submitted_usec, start_usec, end_usec, limit_usec,
        walltime_usec, jobs_run;
    int32_t array_task_id, cpus, gpus, nodes; // array_task_id UNKNOWN: no array
    int64_t memory_bytes;
    enum allocation_state state;
    // error: without a slurm_job_id sbatch's, else why it was canceled; or NULL
    const char *partition, *node_list, *tag, *error, *scheduler; // the last: or NULL
};
struct runner_info {
    int64_t id, allocation_id, started_usec, heartbeat_usec, end_usec, jobs_run;
    int64_t limit_usec; // when its allocation ends; 0: never
    const char *incarnation, *host, *node, *labels, *scheduler; // its allocation's, or NULL
    int32_t pid, cpus, gpus_milli;
    int64_t memory_bytes;
    bool lost;
    enum usage_source accounting;
    // Where its time went, in CPU microseconds: schema.sql. running: what attempts that run have
    // taken so far; first, last: of its attempts, 0: none.
    int64_t used_usec, running_usec, lost_usec, unfit_usec, unknown_usec, first_usec, last_usec;
};
struct event_info {
    int64_t id, time_usec;
    const char *kind, *name, *job_name, *data; // name: of a user's event; data: JSON or NULL
    int64_t runner_id, attempt_id, submission_id, allocation_id; // 0: none
};
struct data_info {
    int64_t id;
    const char *name, *data;
    bool ephemeral;
};

struct sample_info { // of a time series; job_name NULL: of the whole node
    int64_t id, time_usec, cpu_usec, memory_bytes; // the last two: or UNKNOWN
    const char *job_name, *node, *gpus;            // gpus: JSON or NULL
    int32_t run_id, attempt_id;
};

struct pace_info { // it runs, else the first three are 0
    // Jobs that have not ended, and what they take one after another: by the mean of those of their
    // class that ended, else by its runtime; of those that run, what is left.
    int64_t jobs_left, left_usec;
    int64_t jobs_ended;   // that ran
    int64_t worked_usec;  // what all attempts took so far, together
    int64_t runners_usec; // how long its runners lived, together
};

#endif

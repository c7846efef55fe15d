// SPDX-License-Identifier: GPL-2.0-or-later
// The records that travel between runner and store: a claimed job, the start and the end of an
// attempt, its usage. Plain structs; pointers are borrowed from whoever made the record.
#ifndef LIB_BASE_RECORD_H
#define LIB_BASE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/states.h"

struct claimed_data {
    const char *name, *json; // json NULL: never set
};

struct claimed_job {
    int64_t job_id;
    const char *name, *command, *spec; // spec: JSON of the seldom fields or NULL
    const char *class_name;
    int32_t flags, run_id, attempt_id, cpus, gpus_milli, nodes, continuations, retries;
    int64_t memory_bytes, runtime_usec;
    bool enforced; // false: cpus, memory and runtime are for planning only
    int64_t after; // of a hint: the job that it waits for, alone; 0: claimed
    // paths of files, relative to the submission folder or absolute
    const char **inputs, **outputs;
    uint32_t inputs_count, outputs_count;
    const struct claimed_data *data; // values that its command names, set by other jobs
    uint32_t data_count;
};

struct attempt_start {
    int64_t job_id, start_usec;
    int32_t run_id, attempt_id; // as claimed
    bool taken; // on a hint, without a claim: the store claims it now, if it is ready and free
    const char *stdout_path, *stderr_path; // NULL: not kept
    const char *message; // what happens while it has not ended; told again with it; NULL: it runs
    int64_t stream_at;   // 0: files; else where to look in a stream (lib/base/stream.h)
};

// in every number of a usage record: not known (NULL in the database, never 0)
enum { UNKNOWN = -1 };

struct usage_record {
    const char *node, *step; // step NULL: the job itself
    enum usage_source source;
    int64_t cpu_user_usec, cpu_system_usec, throttled_usec, memory_peak_bytes, memory_anon_bytes,
        memory_anon_low_bytes, memory_anon_high_bytes, memory_limit_bytes, swap_peak_bytes,
        io_read_bytes, io_write_bytes, oom_kills, processes_peak;
    int64_t start_usec, end_usec; // of a task of a step; 0: as long as the attempt, or not known
    const char *gpus;             // JSON (gpu_uses_json) or NULL
};

// What a job, or the node of its runner, has used so far and holds now: one of a time series.
struct usage_point {
    int64_t job_id; // 0: the whole node
    int32_t attempt_id;
    int64_t time_usec, cpu_usec, memory_bytes;
    const char *gpus; // JSON or NULL
};

// A file as a job found or left it. What stat says tells whether it is still the same; where that
// differs, the hash whether the content is (lib/base/content.h).
struct file_seen {
    int64_t size_bytes, mtime_usec, ctime_usec, inode; // all UNKNOWN: not there
    int64_t hash;                                      // of the content; UNKNOWN: not computed
};

void usage_record_init(struct usage_record *usage); // everything UNKNOWN

struct attempt_end {
    struct attempt_start start; // the same as was or would have been sent
    int64_t end_usec, wall_usec;
    enum job_state state; // COMPLETED, FAILED, TERMINATED, CANCELED, PENDING_FAILED; READY: goes on
                          // in another allocation, or is tried again
    int32_t exit_code, signal; // one of them UNKNOWN; both, when it never started
    bool core;
    bool retry;              // READY, because a failure handler says so
    const char *retry_class; // in one of this name, with that; NULL: its own
    int64_t retry_memory_bytes, retry_runtime_usec;
    enum attempt_reason reason;
    int32_t warnings; // bits of attempt_warning
    const char *message, *stderr_tail;
    const struct usage_record *usages;
    uint32_t usages_count;
    // of a job that completed: its inputs as it found them, then its outputs, each in the order of
    // the claim; none: they were not looked at
    const struct file_seen *files;
    uint32_t files_count;
};

// A job of several nodes has ended: what it used on another one; or what it has there gets a
// signal.
struct share_end {
    int64_t job_id;
    int32_t run_id, attempt_id, signal; // signal: 0: it has ended
    const struct usage_record *usages;  // in a reply: none, that is to be told
    uint32_t usages_count;
};

#endif

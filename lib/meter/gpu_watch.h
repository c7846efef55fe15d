// SPDX-License-Identifier: GPL-2.0-or-later
// A thread that looks at the GPUs while there are jobs: which processes are there, how busy the
// device is. It alone talks to the driver, which may take long or hang; nobody here waits for it.
#ifndef LIB_METER_GPU_WATCH_H
#define LIB_METER_GPU_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/error.h"

struct gpu_watch; // of one runner
struct gpu_job;   // of one attempt

// The GPUs by the runner's ids, which it copies; see gpu_find_devices.
struct gpu_watch *gpu_watch_create(char *const *ids, int count, bool renumbered, struct error *err);
// True: the thread hangs in the driver, and was left alone. Then the process must leave with _exit:
// what the library does at an exit may wait for that thread.
bool gpu_watch_destroy(struct gpu_watch *watch);

// Readable once, when it is known which devices there are, or that nobody tells.
int gpu_watch_fd(const struct gpu_watch *watch);
void gpu_watch_hear(struct gpu_watch *watch);
bool gpu_watch_is_ready(struct gpu_watch *watch);
// By what name a job is to be told the device of that id: its UUID; NULL: by the id.
const char *gpu_watch_name(struct gpu_watch *watch, int id);

struct gpu_job_options {
    int64_t job_id;
    int32_t run_id, attempt_id;
    pid_t first;
    const char *cgroup; // the name of its directory; NULL: it has none
    const int32_t *ids; // places in the watch's list; the job was given these
    int count;
};
struct gpu_job *gpu_job_create(struct gpu_watch *watch, const struct gpu_job_options *options);
void gpu_job_destroy(struct gpu_job *job); // NULL is fine

// It has ended: asks for a last look. True: come again in a few milliseconds; false: it was taken,
// is not worth waiting for, or does not come.
bool gpu_job_end(struct gpu_job *job);
// The JSON of gpu_uses_json; *not_given: the UUID of a device that it used and was not given, or
// NULL. Both the caller's to free.
char *gpu_job_usage(struct gpu_job *job, char **not_given);
char *gpu_job_now(struct gpu_job *job); // of gpu_uses_now_json

#endif

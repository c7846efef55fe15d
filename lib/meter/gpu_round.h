// SPDX-License-Identifier: GPL-2.0-or-later
// The inside of gpu_watch, for its own sources only: the jobs, and rounds of looks at all devices.
// A round is planned and noted under the watch's mutex, and done without it.
#ifndef LIB_METER_GPU_ROUND_H
#define LIB_METER_GPU_ROUND_H

#include <sys/queue.h>

#include "lib/meter/gpu_owner.h"
#include "lib/meter/gpu_source.h"

struct gpu_job {
    TAILQ_ENTRY(gpu_job) link;
    struct gpu_watch *watch;
    struct gpu_owner owner;
    int32_t ids[GPU_DEVICES]; // given, places in the watch's list
    int ids_count;
    int64_t start_usec, end_usec, looked_usec; // 0: not yet
    bool last_planned, last_done;              // the look after its end
    struct gpu_use *uses; // a place for each device; NULL: they are not known yet
};

struct gpu_seen { // a process on a device
    pid_t pid;
    int64_t first_usec, owner; // owner: number of a job; 0: none was found
    int tries;
};

struct gpu_device_round {
    bool want_energy, want_samples;
    int processes, samples;
    struct gpu_process list[GPU_PROCESSES];
    struct gpu_sample sample_list[GPU_PROCESSES];
    int32_t percent;
    int64_t energy_mj;
    uint64_t since;                    // of samples
    int64_t energy_usec, samples_usec; // when they were asked for last
    bool shared;                       // as the last round saw it
};

struct gpu_rounds {
    const struct gpu_source *source;
    void *data; // of it; NULL: there are no devices
    int count, proc;
    int32_t places[GPU_DEVICES]; // from ids to devices
    TAILQ_HEAD(, gpu_job) jobs;
    struct gpu_device_round *devices;
    struct gpu_seen *seen;
    struct gpu_owner *owners; // of the jobs, as planned
    size_t seen_count, owners_count, owners_space;
};

// A job that is new, once the devices are known.
void gpu_round_take(struct gpu_rounds *rounds, struct gpu_job *job);
void gpu_round_plan(struct gpu_rounds *rounds, int64_t now_usec);
void gpu_round_do(struct gpu_rounds *rounds, int64_t now_usec);
int64_t gpu_round_note(struct gpu_rounds *rounds, int64_t now_usec); // when the next one is due
bool gpu_round_is_wanted(const struct gpu_rounds *rounds);           // at once

#endif

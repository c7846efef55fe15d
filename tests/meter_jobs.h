// SPDX-License-Identifier: GPL-2.0-or-later
// For tests of the meter: jobs with known loads, and the part of a runner that starts and reaps
// them.
#ifndef TESTS_METER_JOBS_H
#define TESTS_METER_JOBS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "lib/meter/meter.h"

enum { MIB = 1 << 20 };

int64_t clock_usec(clockid_t clock);
void touch(size_t mib);

// Call first in main: with arguments this program is a job, of which this is the exit code; else it
// is the test: -1.
//   load MIB USEC    touches memory, burns CPU time
//   hold MIB         touches memory, waits for a signal
//   write MIB PATH   writes a file
//   daemon           leaves a process in its own session behind, which burns 0.3 s and writes its
//                    id to fd 3
int job_main(int argc, char **argv);

struct run {
    struct meter *meter;
    struct meter_job *job;
    pid_t pid;
    int status;
    struct usage_record usage;
    int64_t started_usec;
};

extern int run_late_msec; // on a busy machine: between its start and what follows for the meter
// argv: ends with NULL; argv[0] "self" is this program. fd3: becomes fd 3, or -1.
void run_start(struct run *run, struct meter *meter, int64_t job_id, int64_t limit_bytes, int fd3,
               const char *const argv[]);
// One wait4; true: it was the job's first process. Orphans are told to the meter.
bool run_reap(struct run *run, int flags, struct rusage *rusage);
// Until it has ended and nothing is left of it, taking samples when sampled. false: it did not end
// in time.
bool run_finish(struct run *run, bool sampled);

// Within 3 %? (25 with the sanitizers, whose own memory is in every process.)
bool is_near(int64_t got, int64_t want);

#endif

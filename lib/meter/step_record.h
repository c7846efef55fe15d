// SPDX-License-Identifier: GPL-2.0-or-later
// The usage record of one task of a Slurm step: written by the SPANK plugin, read by the runner of
// that node.
#ifndef LIB_METER_STEP_RECORD_H
#define LIB_METER_STEP_RECORD_H

#include <stddef.h>
#include <stdint.h>

struct error;

// A record is the file STEP_RECORD_DIR/UID/JOB.STEP.NODE.TASK (Slurm job id, step id as a number,
// node name, global task id). The folder UID is mode 0700 and the user's, so is the file (0600):
// the reader unlinks what it has committed. It appears whole (rename) before srun learns that the
// task has ended; names that begin with '.' are not records.
#define STEP_RECORD_DIR "/run/torc"

// Text, one "key value" a line. The first line is STEP_RECORD_MAGIC, the last one is "end"; keys
// that are not known are skipped, so that keys may be added. A value that could not be measured has
// no line.
#define STEP_RECORD_MAGIC "torc-usage 1"
#define STEP_RECORD_MAX 4096 // bytes, all in all

// The measured values, all >= 0: microseconds, bytes, counts, as the name ends. X(name)
//   start/end_usec         wall clock, when the task was about to exec and when it had been
//                          waited for
//   cpu_*                  cpuacct.usage* (v1, from ns), cpu.stat (v2); throttled: v2, where the
//                          cpu controller is on. cpu_usec is exact; on v1 user and system are
//                          counted in ticks and do not add up to it
//   memory_peak_bytes      max_usage_in_bytes / memory.peak: includes page cache
//   memory_{anon,file,shmem,kernel}_bytes
//                          what was charged when the task had ended, from memory.stat; not a peak.
//                          peak - file - kernel is a lower bound of what the task needed, if
//                          memory_reclaims is 0
//   memory_reclaims_count  pages stolen by reclaim (v2)
//   oom_kills_count        processes killed for memory: test > 0, never equality
//   pressure_*_usec        total of the "some" line of the .pressure files (v2)
//   populated_count        1 if processes of the task were still alive: then the figures are of
//                          so far
// clang-format off
#define STEP_RECORD_VALUES(X) \
    X(start_usec) X(end_usec) X(cpu_usec) X(cpu_user_usec) X(cpu_system_usec) \
    X(cpu_throttled_count) X(cpu_throttled_usec) \
    X(memory_peak_bytes) X(memory_anon_bytes) X(memory_file_bytes) X(memory_shmem_bytes) \
    X(memory_kernel_bytes) X(memory_reclaims_count) X(swap_peak_bytes) X(oom_kills_count) \
    X(pressure_cpu_usec) X(pressure_memory_usec) X(pressure_io_usec) \
    X(io_read_bytes) X(io_write_bytes) X(pids_peak_count) X(populated_count)
// clang-format on

enum step_value {
#define STEP_RECORD_ENUM(name) STEP_##name,
    STEP_RECORD_VALUES(STEP_RECORD_ENUM)
#undef STEP_RECORD_ENUM
        STEP_VALUES
};

struct step_record {
    uint32_t slurm_job_id;
    uint32_t step_id;
    uint32_t task; // global task id in the step
    char node[256];
    int64_t job;          // TORC_STEP_JOB, id in the workflow
    int64_t run, attempt; // TORC_STEP_ATTEMPT, "run.attempt"
    int status;           // as from wait()
    int cgroup;           // 1 or 2
    char gpus[256];       // SLURM_STEP_GPUS or SLURM_JOB_GPUS, "" if none: digits, ',' and '-'
    int64_t value[STEP_VALUES]; // by enum step_value; -1 = not measured
};

// Reads a record of size bytes. 0, or -1 with err set (then *record is not to be used): no magic,
// not ended, too long, a line that is none, a value that is no number or out of range, or one of
// slurm_job_id, step_id, task, node, job, attempt, status, cgroup missing.
int step_record_parse(const char *text, size_t size, struct step_record *record, struct error *err);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// What reports and the torc command read, in pages, and the few things they change.
#ifndef LIB_STORE_READ_H
#define LIB_STORE_READ_H

#include "lib/store/action.h"
#include "lib/store/infos.h"
#include "lib/store/size_info.h"
#include "lib/store/store.h"

enum read_what {
    READ_WORKFLOWS,
    READ_JOBS,
    READ_ATTEMPTS,
    READ_CLASSES,
    READ_ALLOCATIONS,
    READ_RUNNERS,
    READ_EVENTS,
    READ_DATA,
    READ_BARRIERS,  // in the reply's jobs: what stands for many needs, and is no job of the user's;
                    // class_id 0
    READ_FILES,     // in the reply's files: who reads and writes them
    READ_DATA_USES, // likewise, user data
    READ_PACE,      // one row: how the workflow gets on
    READ_SAMPLES,   // time series, in the order of time
    READ_TEXT,      // one row: the text of the workflow file
    READ_ACTIONS,   // in the order of the file
    READ_SIZES,     // of each class: what its jobs used, for advice
    READS,
};

struct read_request {
    enum read_what what;
    int64_t workflow_id; // 0 with READ_WORKFLOWS: all
    int64_t after_id;    // only rows with a greater id: 0 to begin, then the reply's last_id
    uint32_t limit;      // rows of one page; 0: 1000
    // READ_JOBS, _ATTEMPTS, _EVENTS, _FILES, _DATA_USES: of this job only; 0: of all
    int64_t job_id;
    // READ_JOBS, READ_EVENTS: of jobs whose names match ("sim_*"); NULL: of all
    const char *job_glob;
    uint32_t states;        // READ_JOBS: bits 1 << state; 0: all
    const char *event_kind; // READ_EVENTS: of this kind, or users' events of this name; NULL: all
    int64_t since_usec;     // READ_EVENTS: not older; 0: all
    bool warned; // READ_ATTEMPTS: the last ones of jobs that completed, but with a warning
    // READ_JOBS, _FILES, _DATA, _DATA_USES: the one of this name, found by index, of a file with at
    // most 1000 of its readers; NULL: all
    const char *name;
    bool bare; // READ_JOBS, _FILES: without needs, readers and writers
};
struct read_reply {
    union { // as many as count
        struct workflow_info *workflows;
        struct job_info *jobs;
        struct attempt_info *attempts;
        struct class_info *classes;
        struct allocation_info *allocations;
        struct runner_info *runners;
        struct event_info *events;
        struct data_info *data;
        struct file_info *files;
        struct pace_info *pace;
        struct sample_info *samples;
        struct text_info *texts;
        struct action_info *actions;
        struct size_info *sizes;
    };
    uint32_t count;
    int64_t last_id;
    bool more;
    struct arena *arena;
};

int store_read(struct store *store, const struct read_request *request, struct read_reply *reply,
               struct error *err);
void read_reply_fini(struct read_reply *reply);

// Cancels the workflow: no job starts any more, those that run are told at their runners' next
// sync; the submissions that have not ended are returned for scancel.
struct submissions;
int store_cancel(struct store *store, int64_t workflow_id, struct submissions *to_cancel,
                 struct error *err);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// The tables that have a row for each job.
#ifndef LIB_SHOW_JOB_TABLE_H
#define LIB_SHOW_JOB_TABLE_H

#include "lib/show/table.h"
#include "lib/store/read.h"

enum job_table_kind {
    JOB_TABLE_STATE, // how it went: state, why, node, start, how long
    JOB_TABLE_USAGE, // what it asked for and used
};

struct job_table {
    struct store *store;
    const struct screen *screen;
    enum table_style style;
    enum job_table_kind kind;
    int64_t now_usec;
    struct read_request request; // READ_JOBS: which jobs
};

// The CPU time that jobs of the class held in so much wall time; UNKNOWN where one of them is.
int64_t job_table_held_usec(const struct class_info *class, int64_t wall_usec);

int job_table_print(const struct job_table *what, struct error *err);

#endif

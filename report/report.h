// SPDX-License-Identifier: GPL-2.0-or-later
// One report of torc-report: what it is given, and the reports there are.
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "lib/show/screen.h"
#include "lib/show/table.h"
#include "lib/store/read.h"

struct report {
    struct store *store;
    const struct workflow_info *workflow;
    const struct screen *screen;
    enum table_style style;
    int64_t now_usec;
    size_t rows_most, rows_left; // of classes: shown at most; 0: all; and so many were not
};

// Each prints to the screen; 0, or -1 with err.
int report_summary(struct report *report, struct error *err);
int report_jobs(struct report *report, struct error *err);
int report_usage(struct report *report, struct error *err);
int report_actions(struct report *report, struct error *err);
int report_classes(struct report *report, struct error *err);
int report_advice(struct report *report, struct error *err);
// Writes what to ask for next time to the file, for torc-sbatch --resources.
int report_write_advice(struct report *report, const char *path, struct error *err);
int report_allocations(struct report *report, struct error *err);
int report_events(struct report *report, struct error *err);
int report_data(struct report *report, struct error *err);
int report_samples(struct report *report, struct error *err);

#endif

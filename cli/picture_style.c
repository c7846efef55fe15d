// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of colours and shapes.
#include "cli/picture_style.h"

#include <stddef.h>

const struct picture_style picture_states[JOB_STATES] = {
    [JOB_UNINITIALIZED] = {"#ffffff", "#9a9a9a", NULL, "box", NULL},
    [JOB_BLOCKED] = {"#ffffff", "#9a9a9a", NULL, "box", NULL},
    [JOB_READY] = {"#eaf5fc", "#56b4e9", NULL, "box", NULL},
    [JOB_PENDING] = {"#d3eaf8", "#56b4e9", NULL, "box", NULL},
    [JOB_RUNNING] = {"#b9d9ec", "#0072b2", "2", "box", NULL},
    [JOB_COMPLETED] = {"#cdeee3", "#009e73", NULL, "box", NULL},
    [JOB_FAILED] = {"#f9d5bf", "#d55e00", "2", "box", NULL},
    [JOB_CANCELED] = {"#ececec", "#777777", NULL, "box", "dashed"},
    [JOB_TERMINATED] = {"#f3dbe8", "#b0568c", "2", "box", NULL},
    [JOB_DISABLED] = {"#ffffff", "#bbbbbb", NULL, "box", "dotted"},
    [JOB_PENDING_FAILED] = {"#fdebc4", "#e69f00", "2", "box", NULL},
};

const struct picture_style picture_things[THINGS] = {
    [THING_JOB] = {"#f4f7fa", "#4a6078", NULL, "box", NULL},
    [THING_FILE] = {"#ffffff", "#7a7a7a", NULL, "note", NULL},
    [THING_GIVEN] = {"#eaf5fc", "#0072b2", NULL, "note", NULL},
    [THING_MISSING] = {"#f9d5bf", "#d55e00", "2", "note", "dashed"},
    [THING_DATA] = {"#fdf6dc", "#a68a00", NULL, "cylinder", NULL},
    [THING_DATA_MISSING] = {"#f9d5bf", "#d55e00", "2", "cylinder", "dashed"},
    [THING_CLASS] = {"#eef3e6", "#6b7f47", NULL, "component", NULL},
};

const char *const picture_thing_names[THINGS] = {
    [THING_JOB] = "job",
    [THING_FILE] = "file",
    [THING_GIVEN] = "file that no job writes",
    [THING_MISSING] = "file that no job writes and that does not exist",
    [THING_DATA] = "user data",
    [THING_DATA_MISSING] = "user data without value or writer",
    [THING_CLASS] = "resource class",
};

// SPDX-License-Identifier: GPL-2.0-or-later
// Colours and shapes of pictures: tints of the palette of Okabe and Ito, which people who are blind
// to some colours can tell apart, and dark text on them. Nothing is told by colour alone.
#ifndef CLI_PICTURE_STYLE_H
#define CLI_PICTURE_STYLE_H

#include "lib/base/record.h"

struct picture_style {
    const char *fill, *line, *pen; // pen: width, or NULL
    const char *shape;
    const char *dash; // "dashed", or NULL
};

extern const struct picture_style picture_states[JOB_STATES];

enum picture_thing {
    THING_JOB,
    THING_FILE,
    THING_GIVEN,
    THING_MISSING,
    THING_DATA,
    THING_DATA_MISSING,
    THING_CLASS,
    THINGS
};
extern const struct picture_style picture_things[THINGS];
extern const char *const picture_thing_names[THINGS]; // for the legend

#endif

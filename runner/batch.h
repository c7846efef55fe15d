// SPDX-License-Identifier: GPL-2.0-or-later
// A reply of the store that gave jobs: their texts live as long as it does. A flush makes it, each
// job that came with it is a user.
#ifndef RUNNER_BATCH_H
#define RUNNER_BATCH_H

#include "lib/store/run.h"

struct batch {
    struct sync_reply reply; // its own
    uint32_t users;
};

struct batch *batch_create(const struct sync_reply *reply); // with one user, who calls
void batch_release(struct batch *batch);                    // one user less; the last one frees it

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// The thread that talks to the database, so that the loop never waits for it: one sync and one
// batch of user data in flight, each tried again until it is answered; between them it watches for
// changes made by others.
#ifndef RUNNER_LINK_H
#define RUNNER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/show/estimate.h"
#include "lib/store/data.h"
#include "lib/store/run.h"

struct link;

// Takes over the use of store (not its ownership) until link_destroy.
struct link *link_create(struct store *store, struct error *err);
void link_destroy(struct link *link); // gives up what is in flight; NULL is fine

int link_fd(const struct link *link); // readable when there is news
bool link_is_idle(struct link *link);

// Begins a sync; the link must be idle. All that request points to stays as it is until the reply
// was taken. here: the first try is made by the caller's thread, which has nothing else to do: two
// changes of thread less, for chains of short jobs.
void link_send(struct link *link, const struct sync_request *request, bool here);

enum link_news {
    LINK_REPLY = 1,   // reply is filled; the caller's to free
    LINK_REFUSED = 2, // the store answered with an error that another try does not mend
    LINK_CHANGED = 4, // somebody else changed the database
    LINK_AGAIN = 8,   // with LINK_REPLY: it took more than one try; claimed jobs may be those that
                      // are here already
    LINK_DATA = 16,   // what link_send_data sent has its answer
};

// What has happened since the last call: bits of link_news, and with LINK_REFUSED the reason in
// err.
int link_take(struct link *link, struct sync_reply *reply, struct error *err);

// Beside the syncs: a batch of user data and events, one at a time, tried again until it is
// answered. What it points to stays as it is until then. link_take_data: true when there is an
// answer; reply is the caller's to free, and empty when the store refused the batch as a whole
// (err).
bool link_is_idle_of_data(const struct link *link);
void link_send_data(struct link *link, const struct data_request *request);
bool link_take_data(struct link *link, struct data_reply *reply, struct error *err);

// What the database said last of the time left; again: asks it anew, for a later call.
void link_estimate(struct link *link, int64_t workflow_id, bool again, struct estimate *estimate);

// How long the present sync has failed to reach the database; 0: it has not failed. why: as long as
// the link is not used.
int64_t link_outage_usec(struct link *link, struct error *why);

#endif

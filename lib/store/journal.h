// SPDX-License-Identifier: GPL-2.0-or-later
// Results of a runner that the database could not take, and what it has started because of them, in
// a file beside the output of its jobs, until somebody brings them in.
#ifndef LIB_STORE_JOURNAL_H
#define LIB_STORE_JOURNAL_H

#include <stdint.h>

#include "lib/store/run.h"

struct journal {
    int64_t workflow_id, runner_id;
    const char *incarnation;            // of the runner: its id alone may be another database's
    const struct attempt_end *ends;     // all that the store has not acknowledged
    const struct attempt_start *starts; // of jobs that run
    uint32_t ends_count, starts_count;
};

// Writes torc_journal_wf<W>_<runner id>.json in the folder, in place of an earlier one, and waits
// for the disk.
int journal_write(int folder, const struct journal *journal, struct error *err);
void journal_remove(int folder, int64_t workflow_id, int64_t runner_id);

// Brings in the journals of a workflow, wherever its settings say that they are, and removes what
// was taken. A result that is known already changes nothing; so a runner that still lives may be
// helped, too. To be done before a runner is declared lost: later the store refuses its results, as
// their jobs are somebody else's by then; such a file is kept under its name and ".refused".
// *results: how many the database has now because of it, may be NULL. A file that cannot be read,
// or that was refused, is told of in err (-1).
int journal_replay(struct store *store, int64_t workflow_id, int64_t *results, struct error *err);

#endif

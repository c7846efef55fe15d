// SPDX-License-Identifier: GPL-2.0-or-later
// Results of a runner that the database could not take, and what it has started because of them, in
// files until somebody brings them in: on its host at once, and beside the output of its jobs.
#ifndef LIB_STORE_JOURNAL_H
#define LIB_STORE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/store/run.h"

#define JOURNAL_HERE_PREFIX "torc-ends-1-"

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

// The same in memory of this host (here.h), where it outlives the process. *path: where it is, the
// caller's to free; given again, it is replaced.
int journal_write_here(const struct journal *journal, char **path, struct error *err);

struct journal_file {
    char *path;
    char *trouble;     // why not all of it was taken, and what became of the file; NULL: all was
    int64_t runner_id; // 0: unknown
    uint32_t starts, lines_bad; // lines_bad: torn, or of another version
    // ends: results that the database got from here, had already, or refuses
    uint32_t accepted, known, refused;
};

struct journal_found {
    struct journal_file *files; // in no order
    size_t count, space;
    int64_t accepted, known, refused, lines_bad; // of all files
    size_t troubled;
    char **kept; // paths of journals beside the output that were refused, now or before
    size_t kept_count, kept_space;
};

// Brings in the journals of a workflow that its output folder and this host have, and removes what
// was taken. A result that is known already changes nothing; so a runner that still lives may be
// helped, too. To be done before a runner is declared lost: later the store refuses its results, as
// their jobs are somebody else's by then; such a file is kept under its name and ".refused", and
// one with damaged lines, the others taken, as ".damaged". -1: the database did not answer.
// found: what there was, to be given to journal_found_fini either way.
int journal_replay(struct store *store, int64_t workflow_id, struct journal_found *found,
                   struct error *err);

// What it would find; nothing is changed, and the store may be one that is only read.
int journal_look(struct store *store, int64_t workflow_id, struct journal_found *found,
                 struct error *err);
void journal_found_fini(struct journal_found *found);

#endif

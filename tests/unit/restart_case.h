// SPDX-License-Identifier: GPL-2.0-or-later
// A random workflow with a random history: what the test of restarts plays (restart_world.h) and
// predicts (restart_naive.h). A seed gives the whole case.
#ifndef TESTS_UNIT_RESTART_CASE_H
#define TESTS_UNIT_RESTART_CASE_H

#include <stdint.h>

#include "lib/base/states.h"
#include "tests/unit/restart_edit.h"

enum { JOBS_MOST = 16, FILES_MOST = 24, DATA_MOST = 6, EDITS_MOST = 6, ROUNDS_MOST = 4 };

enum job_kind {
    KIND_PURE,     // what it writes depends on all that it reads
    KIND_COARSE,   // on little of it
    KIND_CONSTANT, // on nothing
    KIND_SALTED,   // on all, and is another each time
    KINDS,
};

struct case_job {
    enum job_kind kind;
    bool goes_on; // cancel_on_blocking_job_failure: false
    bool needs[JOBS_MOST];
    int regex_first, regex_last; // needs these by a regex; first < 0: none
    bool reads[FILES_MOST], writes[FILES_MOST], reads_data[DATA_MOST], sets_data[DATA_MOST];
    bool absent;                       // it is not in the file
    int command, env, class, priority; // which of several
};
struct case_file {
    bool temporary, folder, long_short; // long_short: its size differs with its content
    int writer;                         // -1: a source
    int path, name;                     // which of several
};
struct case_data {
    bool ephemeral;
    int writer;
    content initial;
};

struct outcome { // of a job, if it runs in this round
    enum job_state state;
    enum attempt_reason reason;
    bool writes; // although it does not complete
};
enum option { OPTION_NONE, OPTION_FAILED, OPTION_FORCE, OPTION_JOB, OPTIONS };
struct round { // edits, restart (in the first round: creation), run
    enum option option;
    int asked;      // OPTION_JOB: this one
    bool with_file; // the restart takes the file, even if it has not changed
    bool escalate;
    struct edit edits[EDITS_MOST];
    int edits_count;
    struct outcome outcomes[JOBS_MOST];
    // after so many jobs the user cancels, the runner leaves (0: never); so many are claimed at
    // once
    int cancel_after, stop_after, claims;
};

struct oracle_case {
    unsigned seed;
    uint64_t random;
    int jobs_count, files_count, data_count, rounds_count;
    struct case_job jobs[JOBS_MOST]; // a job needs only those before it
    struct case_file files[FILES_MOST];
    struct case_data data[DATA_MOST];
    int order[JOBS_MOST]; // in which the file has them
    struct round rounds[ROUNDS_MOST];
};
void case_generate(struct oracle_case *c, unsigned seed);
void case_init(struct oracle_case *c, int jobs, int files); // nothing random
char *case_text(const struct oracle_case *c);               // the workflow file; to be freed
void case_print(const struct oracle_case *c, FILE *out);

// One of the workflow file, where it is possible: of jobs that are absent too.
void case_edit(struct oracle_case *c, const struct edit *edit);
// The same without what absent jobs do: all that follows is asked of this one.
void case_now(const struct oracle_case *c, struct oracle_case *now);
int case_asked(const struct oracle_case *c, const struct round *round); // a job that there is
void case_path(const struct oracle_case *c, int file, char path[16]);

bool case_needs(const struct oracle_case *c, int job, int need); // for whatever reason
// What a job writes into a file (or FILES_MOST + data), given what it has read.
void case_produce(const struct oracle_case *c, int job, int output, int runs, const content *files,
                  const content *data, content result);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// Submits the groups of a plan: one sbatch each, its row committed before the call, so that
// whatever dies in between the allocation is found again by its tag. Used when a workflow is
// created and when a runner or --wait finds that more is needed.
#ifndef LIB_SLURM_SUBMIT_H
#define LIB_SLURM_SUBMIT_H

#include <stdio.h>

#include "lib/plan/plan.h"
#include "lib/store/plan.h"
#include "lib/store/store.h"
#include "lib/workflow/settings.h"

struct submit {
    struct store *store;
    int64_t workflow_id;                     // 0: none yet, for --test-only and to show
    const char *workflow_name, *db, *folder; // db and folder: absolute
    const char *environment;                 // as stored with the workflow, or NULL
    const struct settings *settings;
};

struct submit_request { // one group, ready for sbatch
    const struct plan_group *group;
    int32_t count; // allocations; less than the group's after Slurm refused so many
    char *tag, *job_name, *script;
    char *after; // Slurm jobs that have to end first: "12:13"; NULL: none
    struct sbatch_options options;
};

struct submitted { // what became of it
    const struct plan_group *group;
    int32_t count;
    int64_t job_id;     // 0: see error
    bool unknown;       // Slurm may have taken it; submit_heal finds out
    bool full;          // refused, as the user has so many jobs in Slurm: later it may be taken
    bool unanswered;    // sbatch gave no answer, and Slurm surely has it not: to be asked for again
    char *error, *said; // said: what sbatch printed besides
};
struct submitted_list {
    struct submitted *list;
    size_t count, space;
    size_t taken, unknown, unanswered, full; // of them
};

// Fills in what sbatch is called with; submit_request_fini is due.
void submit_request_init(struct submit_request *request, const struct submit *submit,
                         const struct plan_group *group, int32_t count);
void submit_request_fini(struct submit_request *request);

// It begins when these Slurm jobs ("12:13") have ended, besides what else it waits for.
void submit_request_after(struct submit_request *request, const char *jobs);

// Text as one word of the shell; plain words stay as they are, for people who read scripts.
void submit_write_word(FILE *out, const char *text);

// `sbatch --test-only`, one allocation: may this group run at all? ERROR_USAGE: Slurm says no, in
// its words.
int submit_test(const struct submit *submit, const struct plan_group *group, struct error *err);

// Submits the groups with `now`. Unless force, one whose class has a request waiting is left out.
// Of a plan of all stages, when Slurm takes nothing of one stage, what comes after is not asked
// for. -1 only when the database fails. submitted_list_fini is due in both cases.
int submit_groups(const struct submit *submit, const struct plan *plan, bool force,
                  struct submitted_list *done, struct error *err);
void submitted_list_fini(struct submitted_list *done);

// Looks for submissions of the workflow whose answer is not known: found, they are queued; not
// found, they never were, if their sbatch has surely ended. *wait_secs: for so long that is not
// sure of one of them, as the torc-sbatch that made it was killed; 0: all are known.
int submit_heal(const struct submit *submit, int *wait_secs, struct error *err);

// Cancels them in one request, and asks Slurm whether it has: that scancel says nothing is no
// proof. pending: only elements that have not started. *waiting: so many, now the first of the
// list, wait still.
int submit_cancel(const struct submission **list, uint32_t count, bool pending, uint32_t *waiting,
                  struct error *err);

// Cancels allocations that have not started and were made for classes whose jobs have all ended, in
// one request. demand NULL: the workflow has ended, so all of them; and, unless a runner lives that
// does it when it leaves, those that Slurm has put back into its queue, or holds there: it is asked
// once. No workflow needs it to succeed.
int submit_give_back(const struct submit *submit, const struct demand *demand, struct error *err);

// The job name that a recorded submission was given, for squeue; NULL: not known. The caller's to
// free.
char *submission_job_name(const struct submission *submission);
// Adds it to a list of names (NULL: none yet), separated by commas, unless it is there.
void submission_add_name(char **names, const struct submission *submission);

// The folder where runners' own output goes, absolute, the caller's to free.
char *submit_output_dir(const struct submit *submit);

// Can it be made, or written to? Creates nothing.
int submit_check_output_dir(const struct submit *submit, struct error *err);

// Makes it if it is missing: sbatch would lose the job without it.
int submit_make_output_dir(const struct submit *submit, struct error *err);

#endif

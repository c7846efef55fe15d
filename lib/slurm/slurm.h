// SPDX-License-Identifier: GPL-2.0-or-later
// Slurm, through its commands and slurm-query: nothing else of torc runs them. An answer that is
// empty, late, cut or garbled means "unknown" (ERROR_UNREACHABLE), never "no". Each call is one
// request to the controller, and lasts $TORC_SLURM_PATIENCE seconds at most, if that is set.
#ifndef LIB_SLURM_SLURM_H
#define LIB_SLURM_SLURM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/plan/cluster.h"

// Partitions, nodes and limits. On success cluster_fini is due.
int slurm_load_cluster(struct cluster *cluster, struct error *err);

// *gone: the controller answered that there is no such job (any more). Not answering is
// ERROR_UNREACHABLE.
int slurm_job_is_gone(int64_t job_id, bool *gone, struct error *err);
// Does nothing of its present start run any more: it has ended, waits to be started again, or is
// not known?
int slurm_job_is_over(int64_t job_id, bool *over, struct error *err);
// Or has this node left it, as one that died does of a job with --no-kill?
int slurm_job_has_left(int64_t job_id, const char *node, bool *over, bool *left, struct error *err);
// The nodes of a running job but this one, separated by commas, the caller's; -1: it has no other,
// or that is not known.
int slurm_job_other_nodes(int64_t job_id, const char *node, char **others, struct error *err);

struct sbatch_call {
    const char *const *options; // NULL-terminated, without "sbatch" and "--parsable"
    const char *script;         // given on standard input
    char *const *environment;   // NULL: ours
};
struct sbatch_answer {
    int64_t job_id; // 0 with --test-only
    bool too_many;  // refused because of a limit on the number of jobs: fewer might do
    bool unsure;    // it failed in words that are not known as Slurm's refusal
    char *said;     // what sbatch said on stderr besides, or NULL; sbatch_answer_fini frees it
};

// ERROR_USAGE: Slurm refused, in its words (unsure: it may have been taken all the same);
// ERROR_UNREACHABLE: unknown, it may have been taken.
// sbatch_answer_fini is due.
int slurm_sbatch(const struct sbatch_call *call, struct sbatch_answer *answer, struct error *err);

// Would it be taken? Creates nothing. Same codes.
int slurm_sbatch_test(const struct sbatch_call *call, struct sbatch_answer *answer,
                      struct error *err);
void sbatch_answer_fini(struct sbatch_answer *answer);

// Looks for the user's job of this name whose comment is tag, ended ones (as long as Slurm
// remembers) too. *job_id (of the array) 0: there surely is none, as Slurm has said so twice, some
// time apart.
int slurm_find_tag(const char *job_name, const char *tag, int64_t *job_id, struct error *err);

// Runs squeue over the user's jobs of these names (comma-separated), ended ones too. *lines: a line
// a job, the caller's. Only an answer that has its header and is not cut is one.
int slurm_queue(const char *names, const char *format, char **lines, struct error *err);

// One scancel for all of them; tasks: of each the element, or UNKNOWN: the whole; NULL: all whole;
// pending: only what has not started.
int slurm_cancel(const int64_t *job_ids, const int32_t *tasks, uint32_t count, bool pending,
                 struct error *err);

// What sbatch is to be given from here: our environment (or `stored`, a JSON array of NAME=value,
// inside of an allocation), within an allocation without SLURM_*, with SLURM_CONF; without torc's
// own variables of jobs, with TORC_RUNNER=tag. NULL-terminated; slurm_environment_free.
char **slurm_environment(const char *stored, const char *tag);
// What its other commands are run with: ours, without the user's SQUEUE_*, SCANCEL_* and formats,
// which would change what they print, select or ask.
char **slurm_command_environment(void);
void slurm_environment_free(char **environment);
char *slurm_environment_text(char *const *environment); // as such a JSON array; the caller's
bool slurm_inside_allocation(void);

struct program_result;
// The smaller of the two: how long a command may take, and what $TORC_SLURM_PATIENCE allows.
int slurm_patience_ms(int timeout_ms);
// program_run (lib/base/program.h) with that environment, in that time.
int slurm_command(const char *const *argv, int timeout_ms, struct program_result *result,
                  struct error *err);

#endif

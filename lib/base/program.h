// SPDX-License-Identifier: GPL-2.0-or-later
// Other programs: running one to its end, its input given, its output caught, its time limited;
// finding those that are installed beside this one.
#ifndef LIB_BASE_PROGRAM_H
#define LIB_BASE_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/error.h"

struct program_result {
    int exit_code;   // 128 + n for death by signal n
    bool timed_out;  // it was killed at the deadline; what it had printed by then is kept
    bool whole;      // out ended with a newline, or is empty: its last line was not cut
    char *out, *err; // never NULL; without the newlines at the end
};

// Runs argv[0], found on $PATH, with `input` (NULL: none) on its standard input and environment env
// (NULL: ours), in a process group of its own, so that ^C does not reach it half-way. -1 when it
// cannot be started. On 0 program_result_fini is due.
int program_run(const char *const *argv, const char *input, char *const *env, int timeout_ms,
                struct program_result *result, struct error *err);
void program_result_fini(struct program_result *result);

// Starts argv[0], found on $PATH, with default handlers of signals, none of them blocked, and in a
// process group of its own; fds: its first three files, NULL: ours. 0, and *pid is to be reaped;
// else errno.
int program_start(const char *const *argv, const int *fds, char *const *env, pid_t *pid);

// The folder that this program is in; NULL: not known. The caller's.
char *program_folder(void);

// The path of a program in the folder of this one (name: as seen from there); NULL: there is none
// that can be run. The caller's.
char *program_beside(const char *name);

// The path of a helper, which is not on the PATH: beside this program (not installed), in
// libexec/torc of the same prefix (installed elsewhere than configured), or as configured. The
// caller's.
char *program_helper(const char *name);

// The same as program_beside, or the name itself, for the PATH to know.
char *program_find(const char *name);

#endif

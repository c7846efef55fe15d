// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a command is one program with plain arguments, which needs no shell: executing it
// directly must be impossible to tell from `bash -c`. Pure.
#ifndef RUNNER_JOB_COMMAND_H
#define RUNNER_JOB_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

// Cuts command (of length bytes, modified in place) into words when it is one program with plain
// arguments: fills argv, of room for `most` words and the closing NULL, and gives their number. 0:
// it needs a shell (command is then unchanged).
int command_split(char *command, size_t length, char **argv, int most);

// Does an environment (NULL-terminated list of NAME=value) change what bash does with a command
// line, so that every command needs it: BASH_ENV, SHELLOPTS, BASHOPTS, exported functions, no PATH,
// or a PATH with relative folders?
bool command_needs_shell(char *const *environment);

#endif

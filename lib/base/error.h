// SPDX-License-Identifier: GPL-2.0-or-later
// The one way a function says what went wrong: a code and a text on the caller's stack.
#ifndef LIB_BASE_ERROR_H
#define LIB_BASE_ERROR_H

enum error_code { // also the exit code that a program ends with
    ERROR_NONE = 0,
    ERROR_JOBS = 1,        // ran, but some jobs did not complete
    ERROR_USAGE = 2,       // bad usage or bad workflow file
    ERROR_UNREACHABLE = 3, // Slurm, the database or the server could not be reached
    ERROR_INTERNAL = 4,    // an operation of the system failed (no space, no permission, …)
};

struct error {
    enum error_code code;
    int saved_errno; // 0 when the cause is no system call
    char text[1024];
};

// Sets err (may be NULL) to the formatted text, followed by ": strerror" when errnum is not 0.
// Always returns -1.
int error_set(struct error *err, enum error_code code, int errnum, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Puts "text: " in front of what err says already. Always returns -1.
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// Options of a program: one table for getopt_long, for the reading of values and for the help.
#ifndef LIB_BASE_COMMAND_LINE_H
#define LIB_BASE_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/base/error.h"

enum option_kind {  // how a value is read, and what is at the offset
    OPTION_TEXT,    // const char *, not empty
    OPTION_ANY,     // the same, also empty
    OPTION_FLAG,    // bool; no value
    OPTION_COUNT,   // int32_t, from 1
    OPTION_COUNT_0, // int32_t, from 0
    OPTION_ID,      // int64_t, from 1
    OPTION_SIZE,    // int64_t, lib/base/size.h; a bare number is bytes
    OPTION_MEMORY,  // the same, above 0; a bare number is megabytes, as for sbatch
    OPTION_TIME,    // int64_t, microseconds above 0: as sbatch reads them
                    // (lib/base/walltime.h), else lib/base/duration.h
    OPTION_WORD,    // int32_t: index in words
    OPTION_LABELS,  // char *, owned by the program: "a, b", added to those there are
                    // as "a,b"
    OPTION_REFUSED, // not there, and `help` says why
    OPTION_HELP,
    OPTION_VERSION,
};

struct option_row {
    const char *name;
    char letter; // 0: none
    enum option_kind kind;
    size_t offset;               // in the program's struct of options
    const char *argument, *help; // argument: what help calls the value; NULL: it takes none
    const char *const *words;    // of OPTION_WORD, NULL at the end
};

struct option_slip { // what users of other programs type; NULL at the end of a list
    const char *name;
    char letter;      // 0: none
    const char *here; // what it is in this program
};

struct command_line {
    const char *program;
    const char *usage;   // of --help: what stands before the options
    void (*notes)(void); // prints what stands behind them
    const struct option_row *rows;
    size_t count;
    const char *elsewhere;           // advice for an option that is none: "see torc-run --help"
    const struct option_slip *slips; // or NULL
    bool leading;                    // the options end before the first operand
    // Of a program that words its help and what is wrong with an option by itself (with what it has
    // read so far); else NULL. lacks_value: that is what is wrong, not that there is none such.
    void (*help)(const void *options);
    int (*refuse)(const void *options, const char *typed, bool lacks_value, struct error *err);
};

// Reads argv[1] to argv[argc - 1] into options; argv is put in order, operands last. Returns the
// index of the first operand, or -1 (ERROR_USAGE). *done: --help or --version was printed, nothing
// else is to be done.
int command_line_read(const struct command_line *line, void *options, int argc, char **argv,
                      bool *done, struct error *err);

// What a typed option ("--num-cpus=4", "-j") is here, or NULL.
const char *option_slip_find(const struct option_slip *slips, const char *typed);

// The words as one text, for the records; the caller's to free.
char *command_line_join(const char *program, int argc, char **argv);

#endif

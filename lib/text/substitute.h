// SPDX-License-Identifier: GPL-2.0-or-later
// ${files.input.N}, ${files.output.N}, ${user_data.input.N} and ${user_data.output.N} in a shell
// command.
#ifndef LIB_TEXT_SUBSTITUTE_H
#define LIB_TEXT_SUBSTITUTE_H

#include <stdbool.h>
#include <stddef.h>

enum substitute_kind {
    SUBSTITUTE_FILE_INPUT,
    SUBSTITUTE_FILE_OUTPUT,
    SUBSTITUTE_DATA_INPUT,
    SUBSTITUTE_DATA_OUTPUT
};

// The value of what a command names, or NULL: it is left as it stands.
typedef const char *(*substitute_lookup)(void *context, enum substitute_kind kind,
                                         const char *name);

// Does the text hold anything to replace?
bool substitute_wanted(const char *text);

// What looks like one and is none, such as "${file.input.N}", for which bash would end the job;
// *length: of its two words. NULL: there is none.
const char *substitute_slip(const char *text, size_t *length);

// What users of this program or of Snakemake write who forget the $, or who expect the names of a
// rule: "{files.input.N}", "{input}", "{output[0]}", "{wildcards.N}". bash gives it to the command
// as it stands.
const char *substitute_habit(const char *text, size_t *length);

// The text with every such thing replaced by its value, quoted for the place where it stands
// (lib/text/shell_place.h) if it has characters that mean something to the shell there; a plain
// value is left as it is. The caller's to free.
char *substitute(const char *text, substitute_lookup lookup, void *context);

// One word of a command, quoted if it must be. The caller's to free.
char *substitute_quote(const char *word);

#endif

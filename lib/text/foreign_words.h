// SPDX-License-Identifier: GPL-2.0-or-later
// What other tools, and Slurm's own options, call the keys of a workflow file.
#ifndef LIB_TEXT_FOREIGN_WORDS_H
#define LIB_TEXT_FOREIGN_WORDS_H

#include <stddef.h>

// Of the keys that an object may have (count names), the one that such a word stands for; or
// NULL.
const char *foreign_word_meant(const char *word, const char *const *names, size_t count);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// The name that was probably meant.
#ifndef LIB_BASE_SUGGEST_H
#define LIB_BASE_SUGGEST_H

#include <stddef.h>

// The entry of list (count entries, some may be NULL) nearest to word by insertions, deletions,
// changes and swaps of neighbours, or NULL when none is near enough to be a slip: a third of the
// word's length, at least 1, at most 4; or one is a large part of the other.
const char *suggest_nearest(const char *word, const char *const *list, size_t count);

// `; did you mean "x"?`, or nothing when no name is near. The caller's to free.
char *suggest_phrase(const char *word, const char *const *list, size_t count);

// The same for an option as it was typed, "--labl=x", of names without dashes.
char *suggest_option(const char *typed, const char *const *list, size_t count);

#endif

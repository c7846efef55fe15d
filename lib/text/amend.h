// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody probably meant by a size or a duration that is written in another way: "4 GB", "90
// minutes", "2h30".
#ifndef LIB_TEXT_AMEND_H
#define LIB_TEXT_AMEND_H

// A text that size_parse or duration_parse reads, such as "4g", or NULL when nothing is near. The
// caller's to free.
char *amend_size(const char *text);
char *amend_duration(const char *text);

#endif

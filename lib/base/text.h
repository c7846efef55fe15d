// SPDX-License-Identifier: GPL-2.0-or-later
// Text of users on terminals and in JSON: how wide it is, how to shorten it, how to make it
// harmless.
#ifndef LIB_BASE_TEXT_H
#define LIB_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

enum { TEXT_REPLACEMENT = 0xfffd };

// Reads one character of UTF-8 at *text and moves past it; a byte that is none gives U+FFFD and is
// one step. 0 at the end.
uint32_t text_next(const char **text);

// Control characters, and those that turn the direction of what follows: a terminal may obey
// them.
bool text_is_control(uint32_t c);
bool text_turns_direction(uint32_t c);

// A copy that a terminal cannot be harmed by: tabs, line ends and the rest of the control
// characters become a blank or "?", bytes that are no UTF-8 and direction overrides U+FFFD. The
// caller's to free.
char *text_safe(const char *text);

// A copy that is UTF-8 (jansson takes nothing else): bytes that are none become U+FFFD. The
// caller's to free.
char *text_utf8(const char *text);

// Columns on a terminal, by wcwidth: needs a locale of UTF-8 (screen_init sets one).
int text_width(const char *text);

// A copy at most `width` columns wide: what is too long loses its middle to `ellipsis` (one
// column). The caller's to free.
char *text_shorten(const char *text, int width, const char *ellipsis);

#endif

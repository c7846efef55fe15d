// SPDX-License-Identifier: GPL-2.0-or-later
// Durations as people, ISO 8601 and Slurm write them.
#ifndef LIB_BASE_DURATION_H
#define LIB_BASE_DURATION_H

#include <stddef.h>
#include <stdint.h>

enum { DURATION_TEXT = 48 }; // room for any duration_format

// Reads "PT1H30M", "P1DT2H", "P2W" (ISO 8601, weeks to seconds; the last number may have decimals),
// "HH:MM:SS", "D-HH:MM:SS", "1h30m", "30m", "90s", "2d", "1.5h". Years and months (no fixed
// length), "MM:SS" (read as hours by some) and bare numbers (no unit) are refused. Returns 0, or
// -1; so too when it is negative or does not fit 292 000 years.
int duration_parse(const char *text, int64_t *usec);

// "1h30m", "2d", "45s", "0.25s": duration_parse reads it back exactly. Returns buffer.
const char *duration_format(int64_t usec, char *buffer, size_t room);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers as people read them. Each function writes to the caller's buffer and returns it; what is
// not known (UNKNOWN, any negative number) is "-", never 0.
#ifndef LIB_SHOW_FORMAT_H
#define LIB_SHOW_FORMAT_H

#include <stdint.h>

enum { FORMAT_SIZE = 40 };

// 1024-based, as the workflow file writes sizes: "512", "1.5k", "200m", "1.2g"; a decimal below 10
// only.
char *format_bytes(char buffer[static FORMAT_SIZE], int64_t bytes);

// "0s" "4ms" "12.3s" "2m05s" "1h02m" "3d04h"
char *format_duration(char buffer[static FORMAT_SIZE], int64_t usec);

// Local time, "2026-11-22 22:09:11"; 0 is not known.
char *format_time(char buffer[static FORMAT_SIZE], int64_t usec);

// The same, short: "22:09:11" on the local day of base_usec, else "11-22 22:09".
char *format_clock(char buffer[static FORMAT_SIZE], int64_t usec, int64_t base_usec);

// "2026-11-22T22:09:11.123456Z"; 0 is not known.
char *format_iso(char buffer[static FORMAT_SIZE], int64_t usec);

// "63%", "<1%" for a little; "-" when part is not known or whole is not positive.
char *format_percent(char buffer[static FORMAT_SIZE], int64_t part, int64_t whole);

// Whole GPUs as "2", parts as "0.5".
char *format_milli(char buffer[static FORMAT_SIZE], int64_t milli);

#endif

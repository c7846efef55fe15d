// SPDX-License-Identifier: GPL-2.0-or-later
// Prints hash_bytes of what is on standard input, up to 1 MiB.
#include "lib/base/hash.h"

#include <inttypes.h>
#include <stdio.h>

int main(void)
{
    static char text[1 << 20];
    printf("%" PRId64 "\n", hash_bytes(text, fread(text, 1, sizeof text, stdin)));
    return 0;
}

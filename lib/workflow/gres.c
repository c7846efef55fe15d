// SPDX-License-Identifier: GPL-2.0-or-later
// "gpu:a100:2(S:0,1)": the one resource of a Gres text that is asked for.
#include "lib/workflow/gres.h"

#include <stdlib.h>
#include <string.h>

int32_t gres_count_gpus(const char *gres)
{
    int32_t gpus = 0;
    while (gres && *gres) {
        int depth = 0; // commas within parentheses do not end an item: gpu:2(S:0,1)
        size_t length = 0, count_at = 0;
        for (; gres[length] && (depth || gres[length] != ','); length++) {
            if (gres[length] == '(')
                depth++;
            else if (gres[length] == ')')
                depth--;
            else if (gres[length] == ':' && !depth)
                count_at = length + 1;
        }
        if (!strncmp(gres, "gpu", 3) &&
            (length == 3 || gres[3] == ':' || gres[3] == ',' || gres[3] == '(')) {
            char *end = NULL;
            long n = count_at ? strtol(gres + count_at, &end, 10) : 1;
            gpus += (int32_t)(count_at && end == gres + count_at ? 1 : n); // "gpu:a100" is one
        }
        gres += length + (gres[length] == ',');
    }
    return gpus;
}

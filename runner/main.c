// SPDX-License-Identifier: GPL-2.0-or-later
// torc-run: runs the jobs of a workflow on this node.
#include <stdio.h>

int main(void)
{
    fputs("torc-run: not built yet\n", stderr);
    return 2;
}

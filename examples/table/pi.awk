# SPDX-License-Identifier: GPL-2.0-or-later
# Estimates pi from random points in a square: how many are inside the circle?
BEGIN {
    srand(seed)
    for (i = 0; i < points; i++) {
        x = rand()
        y = rand()
        inside += x * x + y * y <= 1
    }
    printf "%d %s %.5f\n", points, run, 4 * inside / points
}

# SPDX-License-Identifier: GPL-2.0-or-later
# The Lyapunov exponent of x -> r x (1 - x): the mean logarithm of the slope along the orbit; above 0 it is chaotic.
BEGIN {
    for (i = 0; i < 1000; i++)
        x = r * x * (1 - x)
    for (i = 0; i < 20000; i++) {
        x = r * x * (1 - x)
        slope = r * (1 - 2 * x)
        sum += log(slope < 0 ? -slope : slope > 0 ? slope : 1e-300)
    }
    printf "%s %.4f %s\n", r, sum / 20000, (sum > 0 ? "chaotic" : "periodic")
}

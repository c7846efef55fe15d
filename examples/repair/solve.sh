#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# solve.sh RATE OUTPUT: y' = -RATE y, y(0) = 1, up to t = 1 by Euler's method, with the step in repair.out/JOB.step (at first 0.1).
# Exits with 3 when the step is too large for this rate: the solution grows, where it should fall.
set -eu
mkdir -p repair.out
[ -e "repair.out/$TORC_JOB_NAME.step" ] || echo 0.1 > "repair.out/$TORC_JOB_NAME.step"
awk -v rate="$1" 'BEGIN { diverged = 3 }
	{ y = 1; for (t = 0; t < 1; t += $1) { y -= rate * y * $1; if (y * y > 1000) exit diverged }
	  printf "%g %g %.6g\n", rate, $1, y }' "repair.out/$TORC_JOB_NAME.step" > "$2"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# halve.sh: the recovery script: halves the step of the job that failed.
set -eu
step=repair.out/$TORC_JOB_NAME.step
awk '{ print $1 / 2 }' "$step" > "$step.new"
echo "$TORC_JOB_NAME ended with $TORC_RETURN_CODE ($TORC_REASON): step $(cat "$step") becomes $(cat "$step.new")"
mv "$step.new" "$step"

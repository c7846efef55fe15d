#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# step.sh N: a generation of the iteration. 0 makes the rod and others relax the two halves that the
# workers before it have written; while the rod changes, two workers and the next step are added.
set -eu
n=$1 next=$(($1 + 1)) out=heat.out
mkdir -p $out
if [ "$n" = 0 ]; then
	awk 'BEGIN { for (i = 0; i <= 20; i++) print (i == 20 ? 100 : 0) }' > $out/rod_0.txt
	change=100
else
	cat "$out/left_$n.txt" "$out/right_$n.txt" > "$out/rod_$n.txt"
	change=$(paste "$out/rod_$((n - 1)).txt" "$out/rod_$n.txt" |
		awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > most) most = d } END { print most + 0 }')
fi
if awk "BEGIN { exit !($change < 0.05) }"; then
	cp "$out/rod_$n.txt" $out/rod.txt
	echo '{}' | torc spawn - --state "{\"change\": $change, \"converged\": true}"
	exit
fi
torc spawn - --state "{\"change\": $change, \"converged\": false}" << J
{"jobs": [
  {"name": "left_$next", "command": "awk -v from=0 -v to=9 -f examples/heat/relax.awk $out/rod_$n.txt > $out/left_$next.txt",
   "resource_requirements": "tiny", "output_files": ["left_$next"]},
  {"name": "right_$next", "command": "awk -v from=10 -v to=20 -f examples/heat/relax.awk $out/rod_$n.txt > $out/right_$next.txt",
   "resource_requirements": "tiny", "output_files": ["right_$next"]},
  {"name": "step_$next", "command": "examples/heat/step.sh $next", "resource_requirements": "tiny",
   "input_files": ["left_$next", "right_$next"]}],
 "files": [
  {"name": "left_$next", "path": "$out/left_$next.txt"},
  {"name": "right_$next", "path": "$out/right_$next.txt"}]}
J

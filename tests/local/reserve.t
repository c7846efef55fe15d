#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A job that fits the runner only when it is nearly empty: the small ones pass it for a while, then room is kept for it, and only
# what ends before goes on beside them.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

# The small ones end at different times, so that never more than one place is free at once. `large` comes first, but not at once.
jq -n '{name: "large", resource_requirements: [
	{name: "small", num_cpus: 1, memory: "20m", runtime: "PT4S"}, {name: "tiny", num_cpus: 1, memory: "20m", runtime: "PT1S"},
	{name: "large", num_cpus: 4, memory: "20m", runtime: "PT3S"}],
	jobs: ([{name: "first", command: "sleep 0.2", resource_requirements: "small", priority: 9},
		{name: "large", command: "true", depends_on: ["first"], resource_requirements: "large", priority: 9}] +
		[range(40) | {name: "s\(.)", command: "sleep 1.\(. * 37 % 90 + 10)", resource_requirements: "small"}] +
		[range(20) | {name: "t\(.)", command: "true", resource_requirements: "tiny"}])}' > large.json
before() { query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job JOIN attempt l ON l.job = (SELECT id FROM job WHERE name = 'large')
	WHERE j.name LIKE '$1%' AND a.start_usec < l.start_usec"; }
run large.json --cpus 4 --memory 900m
is $rc 0 "all complete" || diag "$(cat log)"
ok "a large job does not wait for all small ones before it runs" [ "$(before s)" -lt 24 ] || diag "$(before s) of 40 began before it"
is "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job JOIN attempt l ON l.job = (SELECT id FROM job WHERE name = 'large')
	WHERE j.name <> 'large' AND a.start_usec < l.end_usec AND a.end_usec > l.start_usec")" 0 "... alone, as it needs all"
is "$(query "SELECT count(*) FROM attempt")" 62 "... and each job was started once"
ok "... and what ends before it starts has gone on beside them" [ "$(before t)" -gt 0 ]

# Of many classes jobs are claimed in another way.
rm -rf torc.db*
jq '.jobs |= (to_entries | map(.key as $k | .value | if .name == "large" or .name == "first" then . else del(.resource_requirements) +
	{cpus: 1, memory: "\(20 + $k)m", runtime: (if .name[0:1] == "s" then "PT4S" else "PT1S" end)} end))' large.json > many.json
run many.json --cpus 4 --memory 900m
is "$rc $(query "SELECT count(*) > 50 FROM resource_class")" "0 1" "of many classes all complete, too" || diag "$(cat log)"
ok "... the large one early" [ "$(before s)" -lt 24 ] || diag "$(before s) of 40 began before it"
ok "... with what ends before it" [ "$(before t)" -gt 0 ]
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Pools on a real Slurm: classes that differ in figures only share one request.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --nodes 3 --cpus 8 --memory 4096

db() { runuser -u "$TEST_USER" -- sqlite3 -cmd '.timeout 10000' torc.db "$@"; }
torc_sbatch() { as_user "$TORC_BUILD/torc-sbatch" "$@"; }
fresh() { wait_until 60 '[ -z "$(squeue -h)" ]' || diag "still there: $(squeue -h)"; rm -rf torc.db* torc_output; }

# each JOBS: a class for every job, as a tool writes them: 1-3 CPUs, 100m-700m, 5m-11m
each() {
	awk -v n="$1" 'BEGIN {
		for (i = 1; i <= n; i++) {
			c = c sprintf("%s{\"name\": \"1cpu-%dm-%d\", \"num_cpus\": %d, \"memory\": \"%dm\", \"runtime\": \"PT%dM\"}",
				i > 1 ? "," : "", i, i, 1 + i % 3, 100 + i * 37 % 600, 5 + i % 7)
			j = j sprintf("%s{\"name\": \"j%d\", \"command\": \"true\", \"resource_requirements\": \"1cpu-%dm-%d\"}",
				i > 1 ? "," : "", i, i, i)
		}
		printf "{\"name\": \"each\", \"resource_requirements\": [%s], \"jobs\": [%s]}\n", c, j
	}'
}

# ---- 200 jobs, each of a class of its own: one request
each 200 > each.json
out=$(torc_sbatch --wait each.json 2>&1)
is $? 0 "200 jobs with 200 classes end well" || diag "$out"
is "$(db 'SELECT count(*) FROM submission')" 1 "one request"
is "$(db 'SELECT classes FROM submission')" 200 "for all of their classes"
is "$(db 'SELECT count(*), count(DISTINCT job) FROM attempt WHERE state = 5')" "200|200" "every job completed, once"
like "$out" '200 classes' "which is what it says, and no name that a tool made up"
like "$(as_user torc-report)" '  and 180 more: torc-report classes 1$' "the report has some of them, and says where all are"
is "$(as_user torc-report | grep -c ^1cpu-) $(as_user torc-report classes | grep -c ^1cpu-)" "20 200" "... twenty, and all"
is "$(db "SELECT count(*) FROM (SELECT sum(c.cpus) AS cpus, sum(c.memory_bytes) AS memory, r.cpus AS has_cpus,
	r.memory_bytes AS has_memory FROM attempt x JOIN runner r ON r.id = x.runner JOIN attempt y ON y.runner = x.runner AND
	y.start_usec <= x.start_usec AND y.end_usec > x.start_usec JOIN job j ON j.id = y.job JOIN resource_class c ON c.id = j.class
	GROUP BY x.id) WHERE cpus > has_cpus OR memory > has_memory")" 0 "never more CPUs or memory than granted"

# ---- as wide as nodes are idle, or as few as do it
fresh
awk 'BEGIN { for (i = 1; i <= 90; i++) print "true" }' > commands
plan() { torc_sbatch --dry-run --json --runtime 10m --memory 100m "$@" --commands commands | jq -r "$what"; }
what='.groups | map("\(.allocations)x\(.slots)x\(.rounds)") | join(" ")'
is "$(plan)" 3x8x4 "90 jobs of ten minutes: an allocation for each idle node"
is "$(plan --pack=tight)" 1x8x12 "or one, when few are asked for"
is "$(plan --max-allocations 2)" 2x8x6 "or as many as are allowed"
what=.outlook.limit
like "$(plan)" 'no more nodes are idle' "what keeps it from more is said"
like "$(plan --max-allocations 2)" 'max-allocations' "also where it is an option"
rows=$(as_user "$TORC_BUILD/torc" plan --explain each.json)
like "$rows" 'With --pack=tight: 1 request, ' "what else was weighed"
ok "a plan of 200 classes is one screen" test "$(wc -l <<<"$rows")" -lt 30

# ---- nobody waits beside idle nodes
cluster_again --nodes 8 --cpus 4 --memory 1024
awk 'BEGIN { for (i = 1; i <= 90; i++) print "sleep 6" }' > sleeps
out=$(torc_sbatch --wait -t 15 --memory 50m --commands sleeps 2>&1)
is $? 0 "90 jobs of six seconds on eight nodes end well" || diag "$out"
is "$(db 'SELECT count(*) FROM submission')" 1 "in one request"
is "$(db "SELECT max(n) FROM (SELECT count(DISTINCT r.node) AS n FROM attempt x JOIN attempt y ON y.start_usec <= x.start_usec AND
	y.end_usec > x.start_usec JOIN runner r ON r.id = y.runner GROUP BY x.id)")" 8 "all nodes are busy at once" || diag "$out"

done_testing

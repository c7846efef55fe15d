#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What to ask for next time: what was used becomes what is asked for, and the second run is planned on a fraction of the nodes.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 2 --cpus 8 --memory 4096

db() { sqlite3 -cmd '.timeout 10000' torc.db "$@"; }
torc_sbatch() { as_user "$TORC_BUILD/torc-sbatch" "$@"; }
planned='.groups | map("\(.allocations) of \(.cpus) CPUs with \(.slots) slots") | join(", ")'

# Each asks for a whole node, and takes one CPU, less than 100 MiB and a second.
cp -r "$TORC_TOP/examples/resize" . && chown -R "$TEST_USER:" resize && cd resize || bail_out "there is no example"
out=$(torc_sbatch --learn --wait workflow.yaml 2>&1)
is $? 0 "there is nothing to learn from yet: all runs as the file says" || diag "$out"
like "$out" 'there is no database .* yet; all is asked for as the file says' "... and that is said"
like "$(as_user "$TORC_BUILD/torc-report" advice)" 'square +6 +8 .* 1 +2g .* 1m00s' "one CPU is advised, and a minute" || diag "$(as_user torc-report advice)"
as_user "$TORC_BUILD/torc-report" --json advice > advice.out
is "$(jq -c '.advice[] | select(.name == "square") | [.jobs, .cpus.advised, .runtime_s.advised.value, .memory_bytes.used.max < .memory_bytes.advised.value,
	.memory_bytes.advised.value < 300 * 1048576]' advice.out)" '[6,{"value":1,"why":"measured"},60,true,true]' "... in JSON with why" || diag "$(cat advice.out)"
is "$(jq -c '.advice[] | select(.name == "sum") | [.cpus.advised.why, .memory_bytes.advised.why]' advice.out)" '["too_few","too_few"]' "of one job nothing is said"
most=$(jq '.advice[] | select(.name == "square").memory_bytes.used.max' advice.out)
is "$most" "$(db "SELECT max(coalesce(u.memory_anon_high_bytes, u.memory_peak_bytes)) FROM usage u JOIN attempt a ON a.id = u.attempt
	JOIN job j ON j.id = a.job JOIN resource_class c ON c.id = j.class WHERE c.name = 'square'")" "the most is what was measured"
is "$(as_user "$TORC_BUILD/torc-report" --json | jq 'has("advice")')" false "the whole document is without, as it looks at all attempts"

# ---- the second run
before=$(torc_sbatch --dry-run --json workflow.yaml | jq -r "$planned")
as_user "$TORC_BUILD/torc-report" --advice advice.json > said 2>&1
is "$? $(cat said)" "0 advice.json: 1 class; to plan with it: torc-sbatch --resources advice.json WORKFLOW" "it is written to a file"
is "$(jq -c '.resource_requirements[] | [.name, .num_cpus, .runtime]' advice.json)" '["square",1,"1m"]' "... in the terms of workflow files" || diag "$(cat advice.json)"
after=$(torc_sbatch --dry-run --json --resources advice.json workflow.yaml 2> err | jq -r "$planned")
like "$before" '^2 of 8 CPUs with 1 slots' "six jobs that ask for a node were planned on two"
like "$after" '^1 of [67] CPUs with [67] slots' "... and are on a part of one now" || diag "$after"
like "$(cat err)" 'class square: 1 CPU, not 8, memory [0-9]+m, not 2g, runtime 1m, not 10m' "what has changed is said"
out=$(torc_sbatch --learn --wait workflow.yaml 2>&1)
is "$? $(db "SELECT count(*) FROM job_status WHERE workflow = 2 AND state = 'completed'")" "0 7" "all complete with what was learnt, too" || diag "$out"
like "$out" '--learn: from workflow 1.*class square: 1 CPU, not 8' "... from the last workflow of that name"
is "$(db "SELECT cpus FROM resource_class WHERE workflow = 2 AND name = 'square'")" 1 "... and the database has what it asked for"

# ---- what cannot be
echo '{"resource_requirements": [{"name": "square", "num_cpus": "many"}]}' > bad.json
out=$(torc_sbatch --resources bad.json workflow.yaml 2>&1)
is $? 2 "a file that says something else is refused" || diag "$out"
like "$out" 'bad.json: resource_requirements\[0\]: a name, and num_cpus' "... with what is expected"
echo '{"resource_requirements": [{"name": "squares", "num_cpus": 1}]}' > other.json
like "$(torc_sbatch --dry-run --resources other.json workflow.yaml 2>&1)" 'other.json: the workflow has no class squares' "a class that is not there is told"
out=$(torc_sbatch --resources none.json workflow.yaml 2>&1)
is "$? $out" "2 torc-sbatch: unable to open none.json: No such file or directory" "and a file that is not"
out=$(torc_sbatch --learn --top-up 1 2>&1)
is $? 2 "a workflow that exists does not learn"
done_testing

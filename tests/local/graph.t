#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# torc graph and torc plan: of a file, of a workflow that has run, of many jobs and of odd names. TORC_UPDATE=1 writes the
# expected texts anew, for a look at the difference.
. "$TORC_SOURCE/tests/lib/tap.sh" || exit 99
. "$TORC_SOURCE/tests/lib/local.sh" || exit 99
here=$TORC_SOURCE/tests/local/graph
export TZ=UTC LC_ALL=C.UTF-8 COLUMNS=100
mkdir -p examples && cp -r "$TORC_SOURCE/examples/diamond" examples/ && chmod -R u+w examples

same() { # NAME FILE COMMAND...: prints exactly FILE
	local name=$1 file=$here/$2
	shift 2
	"$@" > got 2>&1
	[ -z "${TORC_UPDATE:-}" ] || cp got "$file"
	diff -u "$file" got > difference
	tap_result $? "$name" || diag "$(cat difference)"
}

says() { # NAME CODE TEXT COMMAND...: exits with CODE, and its output has TEXT
	local name=$1 code=$2 text=$3 got
	shift 3
	"$@" > got 2>&1
	got=$?
	[ $got -eq "$code" ] && grep -qF -- "$text" got
	tap_result $? "$name" || diag "exit $got: $(cat got)"
}

well_formed() { # NAME FILE: an SVG picture that is XML
	xmllint --noout "$2" 2> got && grep -q '<svg' "$2"
	tap_result $? "$1" || diag "$(cat got)"
}

same "the diamond, job by job" diamond.dot torc graph examples/diamond/workflow.json
same "with its files" diamond-files.dot torc graph --kind job-file examples/diamond/workflow.json
same "with its classes" diamond-classes.dot torc graph --kind requirements examples/diamond/workflow.json
torc graph -o diamond.svg examples/diamond/workflow.json
well_formed "an SVG by the name of the file" diamond.svg
torc graph --format svg - < examples/diamond/workflow.json > input.svg
well_formed "of standard input" input.svg
says "without Graphviz: what to install" 2 "the package graphviz" env PATH=/nowhere "$TORC_BUILD/torc" graph --format svg examples/diamond/workflow.json

cat > sweep.json <<'JSON'
{"name": "sweep", "parameters": {"i": "1:1000"}, "files": [{"name": "table", "path": "no/table"},
   {"name": "out_{i}", "path": "out/{i}", "use_parameters": ["i"]}],
 "jobs": [{"name": "prepare", "command": "true", "input_files": ["table"]},
   {"name": "sim_{i}", "command": "true", "use_parameters": ["i"], "depends_on": ["prepare"], "output_files": ["out_{i}"]},
   {"name": "merge", "command": "true", "input_file_regexes": ["^out_"]}]}
JSON
torc graph sweep.json > sweep.dot 2> log
is "$(grep -c ' -> ' sweep.dot)" 2 "a sweep of 1000 jobs has two arrows"
ok "and one box for them" grep -qF 'label="sim_* (1000)"' sweep.dot
is "$(torc graph --all sweep.json 2> log | grep -c ' -> ')" 2000 "with --all, each its own"
torc graph --kind job-file sweep.json > files.dot 2> log
ok "their files are one, too" grep -qF 'label="out_* (1000)"' files.dot
ok "an input that is missing stands out" grep -q 'label="table".*color="#d55e00"' files.dot

cat > odd.json <<'JSON'
{"name": "od\"d <b>&amp;", "user_data": [{"name": "a\\b"}], "jobs": [{"name": "q\"uote \\n", "command": "true", "output_user_data": ["a\\b"]},
   {"name": "<b>&lt;</b>", "command": "true"}, {"name": "größe →", "command": "true", "input_user_data": ["a\\b"],
   "depends_on_regexes": ["^[q<]"]}, {"name": "last", "command": "true", "depends_on_regexes": ["^[q<]"]}]}
JSON
for kind in job-job job-file requirements; do
	torc graph --kind $kind odd.json -o odd-$kind.svg
	well_formed "odd names: $kind" odd-$kind.svg
done
ok "a name with markup reads as it is" grep -qF '&lt;b&gt;&amp;lt;&lt;/b&gt;' odd-job-job.svg
ok "quotes and backslashes, too" grep -qF 'q&quot;uote \n' odd-job-job.svg
cat > stages.json <<'JSON'
{"name": "stages", "jobs": [{"name": "a{i}", "command": "true", "parameters": {"i": "1:5"}},
   {"name": "b{i}", "command": "true", "parameters": {"i": "1:5"}, "depends_on_regexes": ["^a\\d$"]}]}
JSON
torc graph stages.json > stages.dot
is "$(grep -c 'barrier[0-9]* \[shape="point"' stages.dot)" 1 "a barrier is a point"
nok "and has no name" grep -qF '^a' stages.dot
is "$(grep -c ' -> ' stages.dot)" 10 "which all arrows go through"

cat > fails.json <<'JSON'
{"name": "fails", "files": [{"name": "in", "path": "fails.json"}, {"name": "mid", "path": "mid"}], "user_data": [{"name": "d", "data": 1}],
 "jobs": [{"name": "a", "command": "touch mid", "input_files": ["in"], "input_user_data": ["d"], "output_files": ["mid"]},
   {"name": "b", "command": "exit 3", "input_files": ["mid"]}, {"name": "c", "command": "true", "depends_on": ["b"]}]}
JSON
run fails.json
is "$rc" 1 "a workflow that fails"
same "states of its jobs" fails.dot torc graph
same "files and data of the database" fails-files.dot torc graph --kind job-file 1
TORC_STORE_CODEC=1 same "and through the codec" fails-files.dot torc graph --kind job-file fails
torc graph -o fails.svg
well_formed "with states" fails.svg
ok "the legend counts them" grep -qF 'failed 1' fails.svg
says "torc show tells what a job reads" 0 "reads      fails.json" torc show a
says "and writes" 0 "writes     mid" torc show a
says "and its user data" 0 "reads      d (user data)" torc show a

export TORC_SLURM_QUERY=/bin/false
same "the plan of the diamond, without Slurm" diamond-plan.txt torc plan examples/diamond/workflow.json
same "of a sweep" sweep-plan.txt torc plan sweep.json
same "what is left of a workflow that has run" fails-plan.txt torc plan 1
cat > query <<'Q'
#!/bin/sh
cat <<'JSON'
{"config": {"cluster_name": "c", "version": "22.05.8", "max_array_size": 1001, "kill_wait_secs": 30},
 "nodes": [{"name": "n1", "hostname": "n1", "up": true, "cpus": 8, "memory_bytes": 8589934592, "gres": null, "tmp_bytes": 0}],
 "partitions": [{"name": "p", "is_default": true, "submits": true, "starts": true, "max_time_usec": null, "max_nodes": 1,
   "allow_groups": null, "group_allowed": true, "node_ranges": [0, 0]}]}
JSON
Q
chmod +x query
TORC_SLURM_QUERY=./query torc plan --json sweep.json > plan.json 2> log
is "$(jq -c '[.stages[] | [.stage, .name, .jobs, .needs]]' plan.json)" \
	'[[1,"prepare",1,[]],[2,"sim_*",1000,["prepare"]],[3,"merge",1,["sim_*"]]]' "stages as JSON"
is "$(jq -c '[.groups[0] | .class, .jobs, .allocations, .slots, .now]' plan.json)" '["default",1001,16,8,true]' "allocations as JSON"
says "that there are more jobs than room" 0 "more is asked for as these end" env TORC_SLURM_QUERY=./query torc plan sweep.json
nok "... is said of no other plan" grep -q "more is asked for" <(TORC_SLURM_QUERY=./query torc plan examples/diamond/workflow.json)
is "$(jq -c '.critical_path' plan.json)" '{"runtime_s":10800,"jobs":["prepare","sim_1","merge"]}' "the critical path as JSON"
is "$(torc plan --json stages.json 2> log | jq -c '[.groups, .stages[1].needs, .jobs]')" '[null,["a*"],10]' \
	"needs through a barrier are those behind it"
is "$(torc plan --all --json stages.json 2> log | jq -c '[.stages | length, (.[9].needs | length)]')" '[10,5]' "--all: job by job"

says "of a workflow that has ended nothing is asked for" 0 "Allocations: none would be asked for now." \
	env TORC_SLURM_QUERY=./query torc plan 1
echo '{"name": "giant", "jobs": [{"name": "a", "command": "true", "cpus": 64, "memory": "1g"}]}' > giant.json
says "without slurm-query" 0 "there is no ./none; was torc built without Slurm's headers" env COLUMNS=200 TORC_SLURM_QUERY=./none torc plan sweep.json
says "a job that fits no node" 2 "job a (class 64cpu-1g-1h): it needs 64 CPUs, and the largest node of partition p has 8" \
	env TORC_SLURM_QUERY=./query torc plan giant.json

says "no such kind" 2 'there is no "job-jobs"; did you mean "job-job"?' torc graph --kind job-jobs
says "a picture that Graphviz has to write" 2 'torc graph | dot -Tpng -o a.PNG' torc graph -o a.PNG
nok "... is not written" [ -e a.PNG ]
says "no such format" 2 'there is no "pgn"' torc graph --format pgn
says "no such workflow" 2 'there is no workflow 77' torc graph 77
says "no such file" 2 "none.json" torc graph none.json
says "a file with errors" 2 ": 1 error" torc graph "$TORC_SOURCE/tests/cases/json5-unclosed/error"
says "where it cannot be written" 2 "no/such/folder.dot" torc graph -o no/such/folder.dot

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# torc import: instances of WfCommons as workflows, and torc replay, which stands for their programs. The instances in
# tests/local/import are made up, in the shape of known ones; wfcommons-validator.py takes them.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
here=$TORC_SOURCE/tests/local/import

sizes() { # INSTANCE FOLDER: files of the instance that are not there with their size; its names here are ours
	jq -r '.workflow.specification.files[] | "\(.id | gsub("[^A-Za-z0-9_.-]"; "_")) \(.sizeInBytes)"' "$1" | while read -r name size; do
		[ "$(stat -c %s "$2/$name" 2>&1)" = "$size" ] || echo "$name: $(stat -c %s "$2/$name" 2>&1), not $size"
	done
}
levels() { torc plan --json "$1" | jq -c '[.stages[].jobs]'; }

# ---- replayed, to the end ----
for one in montage:montage_like:14:26 epigenomics:epigenomics:16:20; do
	IFS=: read -r name folder jobs files <<< "$one"
	rm -f db*
	is "$(torc import "$here/$name.json" --replay 0.01 -o "$name.json" 2>&1; echo $?)" "$name.json: $jobs jobs, $files files
$folder.data: $(ls "$folder.data" | wc -l) input files made, sparse; run it from this folder
0" "$name becomes a workflow"
	is "$(torc validate "$name.json" 2>&1)" "$name.json: valid, $jobs jobs" "... a valid one"
	is "$(ls "$folder.data" | sort | xargs)" "$(jq -r '(.workflow.specification.tasks | map(.outputFiles[])) as $made | .workflow.specification.files[].id |
		select(IN($made[]) | not) | gsub("[^A-Za-z0-9_.-]"; "_")' "$here/$name.json" | sort | xargs)" "... with the files that no task writes"
	run "$name.json"
	is "$rc $(query "SELECT count(*) FROM job_status WHERE state = 'completed'")" "0 $jobs" "... which runs" || diag "$(cat log)"
	is "$(sizes "$here/$name.json" "$folder.data")" "" "... and leaves every file with its size"
	jq -r '.workflow.specification.tasks[] | .id as $t | .parents[] | "\(.) \($t)"' "$here/$name.json" | while read -r parent task; do
		query "SELECT '$parent $task' WHERE (SELECT max(end_usec) FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = '$parent') >
			(SELECT min(start_usec) FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = '$task')"
	done > early
	is "$(cat early)" "" "... and no task starts before its parents have ended"
done
is "$(jq -c '.jobs[] | select(.depends_on) | [.name, .depends_on]' epigenomics.json)" '["pileup_ID16",["maqIndex_ID15"]]' \
	"needs that no file says are said, and no others"
is "$(jq -c '[.resource_requirements[].name]' epigenomics.json)" '["1cpu-64m-1m","2cpu-64m-1m"]' "few classes: what is alike is one"
is "$(jq -r '.jobs[9].command' epigenomics.json)" "torc replay --runtime 0.220 --cpu 180.5 --memory 1900000 \
epigenomics.data/ref_chr21.bfa epigenomics.data/split_2_out.bfq epigenomics.data/split_2_out.map=40000" "a task is replayed for so much of its time and memory"
is "$(torc import "$here/montage.json" --replay 0.01 -o again.json 2>&1; cmp montage.json again.json && echo same)" "again.json: 14 jobs, 26 files
montage_like.data: 0 input files made, sparse; run it from this folder
same" "once more is the same, and files that are there stay"
truncate -s 7 montage_like.data/region.hdr
like "$(torc import "$here/montage.json" --replay 1 -o again.json 2>&1; echo "rc $?")" 'region.hdr is there already, and is no file of 300 bytes; move it away.*rc 2$' \
	"a file that is another one is left alone"
is "$(stat -c %s montage_like.data/region.hdr)" 7 "... as it was"
rm montage_like.data/region.hdr

# ---- with its own commands ----
torc import "$here/montage.json" > kept.json 2> log
is "$? $(cat log)" "0 " "without -o it goes to standard output"
is "$(jq -c '.jobs[0], .metadata' kept.json)" '{"name":"mProject_ID0000001","command":"mProject -X raw_0.fits p_0.fits region.hdr",'\
'"resource_requirements":"1cpu-64m-1m","input_files":["region.hdr","raw_0.fits"],"output_files":["p_0.fits","p_0_area.fits"]}
{"WfCommons":{"schemaVersion":"1.5","makespanInSeconds":41.4}}' "without --replay commands and paths are kept"
is "$(jq -c '[.resource_requirements[].name]' kept.json)" '["1cpu-64m-1m","1cpu-64m-2m","1cpu-1g-1m","1cpu-128m-1m"]' \
	"memory and runtime are those of the category, with room, rounded up; 1g where nothing is known"
rm -f db*; seq 100 | head -c 100 > in.txt
torc import "$here/old.json" -o old.json > log 2>&1
is "$? $(jq -c '[.jobs[] | [.name, .command, .resource_requirements, .depends_on]]' old.json)" '0 [["split","split -n 2 in.txt","1cpu-64m-1m",null],'\
'["left","cat a.txt","2cpu-1g-1m",null],["right","cat b.txt","2cpu-1g-1m",null],["end","true","1cpu-64m-1m",["left","right"]]]' "WfFormat 1.4 is read as well"
jq -c '.jobs[0].command = "head -c 50 in.txt > a.txt; tail -c +51 in.txt > b.txt"' old.json > own.json
run own.json
is "$rc $(cat torc_output/*.o | cmp - in.txt && echo same)" "0 same" "and runs with its own commands"

# ---- what is wrong with it: where, and what was expected ----
wrong() { # NAME JQ TEXT
	jq -c "$2" "$here/${instance:-montage}.json" > wrong.json
	is "$(torc import wrong.json ${replay:-} 2>&1 > /dev/null | sed 's/^torc: wrong.json:[0-9:]* //'; echo "${PIPESTATUS[0]}")" "$3
2" "$1"
}
wrong "no name" 'del(.name)' '"name" is missing: text'
wrong "another version" '.schemaVersion = "1.2"' 'schemaVersion: expected "1.5" or "1.4", found "1.2"; wfcommons-migrate-instance.py of WfFormat brings older ones up to date'
wrong "no workflow" '.workflow = 3' 'workflow: expected an object, found the number 3'
wrong "no specification" 'del(.workflow.specification)' 'workflow: "specification" is missing: an object with tasks'
wrong "no tasks" '.workflow.specification.tasks = []' 'workflow.specification.tasks: there is no task'
wrong "a task without an id" 'del(.workflow.specification.tasks[13].id, .workflow.execution.tasks[13])' 'workflow.specification.tasks[13]: "id" is missing: text'
wrong "two tasks of one id" '.workflow.specification.tasks[1].id = "mProject_ID0000001" | del(.workflow.execution) | del(.workflow.specification.tasks[].children) |
	del(.workflow.specification.tasks[].parents)' 'workflow.specification.tasks[1].id: the id "mProject_ID0000001" is that of tasks[0] too'
wrong "an unknown parent" '.workflow.specification.tasks[3].parents[1] = "nobody"' 'workflow.specification.tasks[3].parents[1]: there is no task with the id "nobody"'
wrong "a file that is no text" '.workflow.specification.tasks[2].inputFiles[1] = 7' 'workflow.specification.tasks[2].inputFiles[1]: expected the id of a file, found the number 7'
wrong "a size below 0" '.workflow.specification.files[4].sizeInBytes = -1' 'workflow.specification.files[4].sizeInBytes: expected a number from 0 to 1e15, found the number -1'
wrong "two writers" '.workflow.specification.tasks[1].outputFiles[0] = "p_0.fits"' \
	'workflow.specification.tasks[1].outputFiles[0]: the file "p_0.fits" is written by the task "mProject_ID0000001" too: a file has one writer'
wrong "a runtime that is none" '.workflow.execution.tasks[0].runtimeInSeconds = "long"' \
	'workflow.execution.tasks[0].runtimeInSeconds: expected a number from 0 to 1e15, found "long"'
wrong "an execution of another task" '.workflow.execution.tasks[0].id = "x"' 'workflow.execution.tasks[0].id: there is no task with the id "x"'
wrong "arguments that are no texts" '.workflow.execution.tasks[0].command.arguments[1] = {}' 'workflow.execution.tasks[0].command.arguments[1]: expected text, found an object'
wrong "a circle" '.workflow.specification.tasks[0].parents = ["mViewer_ID0000014"]' \
	'jobs[0]: these jobs wait for each other, so none could ever start: "mProject_ID0000001" needs "mViewer_ID0000014" needs "mAdd_ID0000013" '\
'(file "mosaic.fits") needs "mBackground_ID0000009" (file "c_0.fits") needs "mProject_ID0000001" (file "p_0.fits")'
wrong "no command" 'del(.workflow.execution.tasks[5, 7].command)' \
	'workflow: 2 of 14 tasks have no command, the first is "mDiffFit_ID0000006"; with --replay SCALE none is needed'
instance=old wrong "a link of 1.4" '.workflow.tasks[0].files[1].link = "inout"' 'workflow.tasks[0].files[1].link: expected "input" or "output", found "inout"'
echo '{"name": "x",' > broken.json
like "$(torc import broken.json 2>&1; echo "rc $?")" '^torc: broken.json:2:1: this is no JSON: .*rc 2$' "what is no JSON is said to be none"
like "$(torc import "$here/montage.json" --replay 0 2>&1; echo "rc $?")" '"0" is no share of the time.*rc 2$' "a scale is above 0"
jq 'del(.workflow.execution, .workflow.specification.files)' "$here/montage.json" > bare.json
is "$(torc import bare.json --replay 1 -o w.json 2>&1 | grep -c 'warning: .*\(14 of 14 tasks have no runtimeInSeconds\|26 of 26 files have no sizeInBytes\)')" 2 \
	"what is not known is warned of"
jq '.workflow.specification.tasks[0].inputFiles += ["../../../etc/torc-was-here", "/etc/torc-was-here", "-x", "a b", "..", "$(id)"]' "$here/montage.json" > evil.json
torc import evil.json --replay 1 -o evil-w.json > log 2>&1
is "$? $(torc validate evil-w.json 2>&1; ls -A | grep -c torc-was-here)" "0 evil-w.json: valid, 14 jobs
0" "no name leads out of the folder, nor into the shell" || diag "$(cat log)"

# ---- torc replay ----
head -c 3000000 /dev/zero > in
rm -f db*
cat > replay.yaml <<'Y'
name: replay
execution_config: {limit_resources: true}
jobs:
- {name: fits, command: "torc replay --memory 40000000 in out=12345", memory: 128m, cpus: 1} # a sanitizer's too
- {name: bursts, command: "torc replay --memory 400000000 in", memory: 128m, cpus: 1}
- {name: lacks, command: "torc replay missing"}
- {name: long, command: "torc replay --runtime 100", runtime: 1s}
Y
run replay.yaml
is "$rc $(jobs | tr '\n' ' ')$(stat -c %s out)" "1 fits completed bursts failed oom lacks failed exit long failed timeout 12345" \
	"it has its memory, takes its time, reads its inputs and writes its outputs"
is "$(query "SELECT memory_peak_bytes > 40000000 FROM job_usage WHERE name = 'fits'")" 1 "... which is measured"
like "$(torc replay --runtime x 2>&1; echo "rc $?")" 'replay: --runtime: "x" is no amount.*rc 2$' "what is no amount is refused"
done_testing

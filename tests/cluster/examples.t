#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples on a Slurm of two nodes: order and parallelism from the recorded times, and results that are checked.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 2 --cpus 4 --memory 2048 --plugin "$TORC_BUILD/plugin/.libs/spank_torc.so"
cp -r "$TORC_TOP/examples" . && chown -R "$TEST_USER:" examples
query() { [ ! -s torc.db ] || sqlite3 -readonly -cmd '.timeout 10000' torc.db "$1"; }

as_user torc-sbatch --wait examples/diamond/workflow.json > out 2>&1
is $? 0 "torc-sbatch --wait of the diamond ends with 0" || diag "$(cat out)"
is "$(query "SELECT group_concat(name || ' ' || state, ', ') FROM (SELECT * FROM job_status ORDER BY id)")" \
	"preprocess completed, work1 completed, work2 completed, postprocess completed" "all four jobs completed"
times() { query "SELECT a.$2 FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = '$1'"; }
ok "work1 starts after preprocess has ended" [ "$(times work1 start_usec)" -ge "$(times preprocess end_usec)" ]
ok "work2 starts after preprocess has ended" [ "$(times work2 start_usec)" -ge "$(times preprocess end_usec)" ]
ok "work1 and work2 run side by side" [ "$(times work1 start_usec)" -lt "$(times work2 end_usec)" -a "$(times work2 start_usec)" -lt "$(times work1 end_usec)" ]
ok "postprocess starts after work1" [ "$(times postprocess start_usec)" -ge "$(times work1 end_usec)" ]
ok "postprocess starts after work2" [ "$(times postprocess start_usec)" -ge "$(times work2 end_usec)" ]
is "$(jq -r '.north.count, .south.count' diamond.out/report.json | tr '\n' ' ')" "1440 1440 " "the report has all values of both stations"
is "$(jq -r '.difference_of_means' diamond.out/report.json)" \
	"$(jq -r '(.south | add / length) - (.north | add / length)' examples/diamond/inputs.json | awk '{ printf "%.3f", $1 }')" \
	"the difference of the means is that of a direct computation"

as_user torc-sbatch --wait examples/words/workflow.json > out 2>&1
is $? 0 "torc-sbatch --wait of words ends with 0" || diag "$(cat out)"
is "$(query "SELECT count(*) FROM job_status WHERE workflow = 2 AND state = 'completed'")" 67 "all 67 jobs completed"
like "$(cat words.out/verified.txt)" 'all counts verified$' "its own verification agrees"
is "$(head -n 1 words.out/ranked.txt)" \
	"$(find /usr/share/common-licenses -type f -exec cat {} + | grep -aoiE '[a-z]+' | tr A-Z a-z | sort | uniq -c | sort -k1,1nr | awk 'NR == 1 { print $1, $2 }')" \
	"the most frequent word is that of a direct computation"
ok "two classes make at most two submissions" [ "$(query "SELECT count(*) FROM submission WHERE workflow = 2")" -le 2 ]
is "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE j.workflow = 2")" 67 "each job ran once"
is "$(query "SELECT group_concat(DISTINCT source) FROM job_usage")" "$([ -e /sys/fs/cgroup/cgroup.controllers ] && echo cgroup2 || echo cgroup1)" \
	"all usage was counted in cgroups"
is "$(query "SELECT count(*) FROM job_usage WHERE cpu_user_s + cpu_system_s <= 0 OR memory_peak_bytes <= 0 OR memory_peak_bytes IS NULL")" 0 \
	"every job has its CPU time and memory peak"
as_user torc-sbatch --wait examples/data/workflow.json > out 2>&1
is $? 0 "torc-sbatch --wait of the example with user data ends with 0" || diag "$(cat out)"
is "$(cat best.txt)" "best seed: $(query "SELECT json_extract(data, '$.seed') || ', largest value: ' || format('%.6f', json_extract(data, '$.value'))
	FROM user_data WHERE name LIKE 'found_%' ORDER BY json_extract(data, '$.value') DESC LIMIT 1")" "the best of what its searches told is chosen"
is "$(query "SELECT count(*) FROM event WHERE kind = 50 AND name = 'searched' AND job IS NOT NULL")" 3 "each search posted an event"

# with a failure handler: each attempt a step of Slurm
jq '.execution_config = {mode: "slurm"}' examples/repair/workflow.json > repair.json
as_user torc-sbatch --wait repair.json > out 2>&1
is $? 0 "torc-sbatch --wait of the example with a failure handler, as steps, ends with 0" || diag "$(cat out)"
is "$(query "SELECT group_concat(name || ' ' || attempts, ', ') FROM (SELECT * FROM job_status WHERE workflow = 4 ORDER BY id)")" \
	"solve_10 1, solve_100 4, solve_1000 7, table 1" "each was tried until its step was small enough"
is "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE j.workflow = 4 AND a.exit_code = 3")" 9 "what failed is recorded"
is "$(awk '{ print $1, $2 }' repair.out/table.txt | tr '\n' ' ')" "10 0.1 100 0.0125 1000 0.0015625 " "the steps are those that solve it"
as_user torc-sbatch --wait examples/actions/workflow.yaml > out 2>&1
is "$? $(cat walks.out/state)" "0 complete" "torc-sbatch --wait of the example with actions ends with 0" || diag "$(cat out)"
is "$(query "SELECT group_concat(scheduler) FROM (SELECT scheduler FROM submission WHERE action IS NOT NULL ORDER BY action)")" draw,compare \
	"its actions asked for their nodes, each once"

# heat: what jobs add needs allocations like any others, here of a class that the file names and no job of it
as_user sh -c 'jq ".resource_requirements += [{name: \"wide\", num_cpus: 2, memory: \"128m\", runtime: \"PT1M\"}]" examples/heat/workflow.json > heat.json &&
	sed -i "/left_\$next\\.txt\",\$/{n;s/tiny/wide/}" examples/heat/step.sh'
as_user torc-sbatch --wait heat.json > out 2>&1
is $? 0 "torc-sbatch --wait of a workflow whose jobs add jobs ends with 0" || diag "$(cat out)"
is "$(query "SELECT group_concat(n, ' ') FROM (SELECT class || ' ' || count(*) AS n FROM job_status WHERE workflow = (SELECT max(id) FROM workflow)
	AND state = 'completed' GROUP BY class ORDER BY class)")" "tiny 13 wide 6" "all that they added has run, six of a class that came later"
is "$(wc -l < heat.out/rod.txt)" 21 "and has converged"

# a class that no node can hold is refused at the call, by what Slurm says of its nodes
echo '{"name": "fat", "jobs": [{"name": "seed", "command": "torc spawn more.json", "cpus": 1, "memory": "64m", "runtime": "PT1M"}]}' > fat.json
echo '{"jobs": [{"name": "a", "command": "true", "cpus": 64, "memory": "64m", "runtime": "PT1M"}]}' > more.json
as_user torc-sbatch --wait fat.json > out 2>&1
is $? 1 "a job that adds jobs which no node can hold" || diag "$(cat out)"
fat=$(as_user torc list --json | jq '[.workflows[] | select(.name == "fat").id][0]')
said=$(as_user torc logs "$fat.seed" --stderr 2>&1)
like "$said" 'job "?a"?.*64.*refused, nothing was added' "... is told so, with what the nodes have" || diag "$said"
is "$(as_user torc jobs "$fat" --json | jq '.jobs | length')" 1 "... and nothing is added"

# a trace of somebody else's workflow, replayed for a hundredth of its time and memory
cp "$TORC_TOP/tests/local/import/montage.json" instance.json
as_user torc import instance.json --replay 0.01 -o montage.json > out 2>&1 && as_user torc-sbatch --wait montage.json >> out 2>&1
is $? 0 "an instance of WfCommons is imported, and its replay runs" || diag "$(cat out)"
is "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE j.workflow = (SELECT max(id) FROM workflow) AND a.state = 5")" 14 "each of its tasks once"
is "$(jq -r '.workflow.specification.files[] | "\(.id | gsub("[^A-Za-z0-9_.-]"; "_")) \(.sizeInBytes)"' instance.json | while read -r name size; do
	[ "$(stat -c %s "montage_like.data/$name" 2>&1)" = "$size" ] || echo "$name"; done)" "" "every file has its size"

wait_until 10 '[ -z "$(squeue -h)" ]'
is "$(squeue -h)" "" "no allocation is left"
is "$(sinfo -h -N -o %t | sort -u)" idle "both nodes are idle"
done_testing

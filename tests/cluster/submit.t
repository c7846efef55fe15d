#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# torc-sbatch on a real Slurm: as few submissions as do the work, stages that follow, refusals that leave nothing behind,
# crashes that lose nothing, and what --wait says.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --nodes 2 --cpus 8 --memory 4096 --partitions 'main,short:MaxTime=2'

# sbatch, counted: every request is a line of sbatch.log. What a test writes to sbatch.do happens first.
as_user mkdir bin
cat > bin/sbatch <<'W'
#!/bin/bash
here=$(dirname "$(dirname "$0")")
echo "$*" >> "$here/sbatch.log"
[ ! -f "$here/sbatch.do" ] || . "$here/sbatch.do"
exec /usr/bin/sbatch "$@"
W
chmod 755 bin/sbatch
torc_sbatch() { as_user env PATH="$TEST_DIR/bin:$TORC_BUILD:$PATH" torc-sbatch "$@"; }
submissions() { grep -cv -e --test-only sbatch.log; }
# As the user: the files that root's SQLite makes beside a database are root's for a moment.
db() { runuser -u "$TEST_USER" -- sqlite3 -cmd '.timeout 10000' torc.db "$@"; }
# A new folder, so to speak: not before the last runner has closed the old database.
fresh() { wait_until 60 '[ -z "$(squeue -h)" ]' || diag "still there: $(squeue -h)"; rm -rf torc.db* torc_output sbatch.log sbatch.do out seen; }
ended() { wait_until 60 '[ "$(db "SELECT state FROM workflow WHERE id = '"$1"'")" = 1 ]'; }

# jobs NAME COUNT CLASS COMMAND: entries of "jobs"
jobs() { local i; for ((i = 1; i <= $2; i++)); do printf '{"name": "%s%d", "command": "%s", "resource_requirements": "%s"},\n' "$1" $i "$4" "$3"; done; }
# class NAME CPUS MEMORY RUNTIME
class() { printf '{"name": "%s", "num_cpus": %d, "memory": "%s", "runtime": "%s"},\n' "$@"; }
# workflow FILE: classes from the variable CLASSES, jobs from stdin
workflow() { printf '{"name": "%s", "resource_requirements": [%s], "jobs": [%s]}\n' "${1%.json}" "${CLASSES%,*}" "$(sed '$s/,$//')" > "$1"; }

# ---- many jobs of two classes that can share allocations: one request, each job once, no node overbooked
CLASSES=$(class slim 1 100m PT1M; class wide 3 700m PT1M)
{ jobs s 150 slim 'sleep 0.02'; jobs w 50 wide 'sleep 0.05'; } | workflow many.json
out=$(torc_sbatch --wait many.json 2>&1)
is $? 0 "200 jobs of two classes end well" || diag "$out"
like "$out" 'Workflow 1 \(many\), 200 jobs' "it says what was submitted"
is "$(submissions)" 1 "they made one submission"
is "$(grep -c -e --test-only sbatch.log)" 1 "which was tried with --test-only first"
is "$(db 'SELECT count(*), max(classes) FROM submission')" "1|2" "and the database knows of it, for two classes"
is "$(db 'SELECT count(*), count(DISTINCT job) FROM attempt WHERE state = 5')" "200|200" "every job completed, once"
overbooked="FROM (SELECT sum(c.cpus) AS cpus, sum(c.memory_bytes) AS memory, r.cpus AS has_cpus, r.memory_bytes AS has_memory
	FROM attempt x JOIN runner r ON r.id = x.runner JOIN attempt y ON y.runner = x.runner AND y.start_usec <= x.start_usec AND
	y.end_usec > x.start_usec JOIN job j ON j.id = y.job JOIN resource_class c ON c.id = j.class GROUP BY x.id)"
is "$(db "SELECT count(*) $overbooked WHERE cpus > has_cpus OR memory > has_memory")" 0 "never more CPUs or memory than granted"
is "$(db "SELECT max(cpus) > 1 $overbooked")" 1 "several jobs ran side by side"
is "$(db "SELECT count(*) FROM (SELECT sum(c.cpus) AS cpus, sum(c.memory_bytes) AS memory FROM attempt x
	JOIN runner r ON r.id = x.runner JOIN runner q ON q.node = r.node JOIN attempt y ON y.runner = q.id AND
	y.start_usec <= x.start_usec AND y.end_usec > x.start_usec JOIN job j ON j.id = y.job
	JOIN resource_class c ON c.id = j.class GROUP BY x.id) WHERE cpus > 8 OR memory > 4096 * 1048576")" 0 \
	"nor more than a node has, all runners on it together"
fresh
{ jobs s 15 slim true; jobs w 5 wide true; } | workflow few.json
torc_sbatch --wait few.json >/dev/null 2>&1
is "$(submissions)" 1 "a tenth of the jobs makes as many submissions"

# ---- both nodes work when the walltime makes it necessary
fresh
meet='mkdir -p seen/$SLURMD_NODENAME; for i in $(seq 300); do [ $(ls seen | wc -l) -ge 2 ] && exit 0; sleep 0.1; done; exit 1'
CLASSES=$(class slim 1 100m PT1M) && jobs m 16 slim "$meet" | workflow meet.json
torc_sbatch --wait -t 2 meet.json >/dev/null 2>&1
is $? 0 "jobs that wait for one another on two nodes end"
is "$(submissions)" 1 "from one submission"
like "$(grep -v -e --test-only sbatch.log)" '--array=0-1' "of an array of two"
is "$(db 'SELECT count(DISTINCT node) FROM runner')" 2 "on both nodes"

# ---- allocations that nothing needs any more are not left in the queue
fresh
jobs g 64 slim 'sleep 0.1' | workflow given.json
torc_sbatch -t 2 given.json >/dev/null 2>&1
like "$(grep -v -e --test-only sbatch.log)" '--array=0-7' "eight allocations, of which two do all the work"
ok "the workflow completes" ended 1
ok "what waits in Slurm is given back, though nobody waits" wait_until 30 '[ -z "$(squeue -h -t PD,R,CG)" ]'
is "$(squeue -h -t all -o %T | grep -c FAILED)" 0 "and what started in vain did not fail"
is "$(db 'SELECT count(*) FROM allocation WHERE state IN (0, 1, 2)')" 0 "nor is any of it alive in the database"

# ---- all memory of a node, by one job and by several
fresh
CLASSES=$(class whole 1 4096m PT1M; class quarters 2 1g PT1M) && { jobs w 1 whole true; jobs q 4 quarters 'sleep 1'; } | workflow whole.json
out=$(torc_sbatch --wait whole.json 2>&1)
is $? 0 "a job that asks for all memory of a node runs" || diag "$out"
is "$(db 'SELECT count(*) FROM submission')" 1 "... in the allocation that was asked for both"
is "$(db "SELECT count(*) FROM attempt a JOIN attempt b ON a.id < b.id AND a.start_usec < b.end_usec AND b.start_usec < a.end_usec
	JOIN job j ON j.id = a.job JOIN job k ON k.id = b.job WHERE j.name LIKE 'q%' AND k.name LIKE 'q%' AND a.runner = b.runner")" 6 \
	"... and four that share it run side by side"

# ---- stages of different classes: nobody waits, the runners submit what follows
fresh
cat > diamond.json <<'J'
{"name": "diamond",
 "resource_requirements": [{"name": "small", "num_cpus": 1, "memory": "100m", "runtime": "PT1M"},
  {"name": "medium", "num_cpus": 2, "memory": "200m", "runtime": "PT1M"}, {"name": "large", "num_cpus": 6, "memory": "1g", "runtime": "PT1M"}],
 "jobs": [{"name": "first", "command": "true", "resource_requirements": "small"},
  {"name": "left", "command": "sleep 0.5", "resource_requirements": "medium", "depends_on": ["first"]},
  {"name": "right", "command": "sleep 0.5", "resource_requirements": "medium", "depends_on": ["first"]},
  {"name": "last", "command": "true", "resource_requirements": "large", "depends_on": ["left", "right"]}]}
J
out=$(torc_sbatch diamond.json 2>&1)
is $? 0 "a diamond is submitted" || diag "$out"
like "$out" 'medium, large +3 +later' "what comes later is shown"
ok "all of it completes, though nobody waits" ended 1 || diag "$(cat torc_output/runner*; db 'SELECT * FROM job_status')"
is "$(db "SELECT group_concat(c.name, ' ') FROM submission s JOIN resource_class c ON c.id = s.class ORDER BY s.id")" \
	"small medium large" "one submission for each stage"
is "$(db "SELECT count(*) FROM dependency d JOIN attempt a ON a.job = d.job JOIN attempt n ON n.job = d.needs
	WHERE a.start_usec < n.end_usec")" 0 "no job started before what it needs had ended"
is "$(db "SELECT count(*) FROM attempt a JOIN attempt b ON a.start_usec < b.end_usec AND b.start_usec < a.end_usec
	JOIN job j ON j.id = a.job JOIN job k ON k.id = b.job WHERE j.name = 'left' AND k.name = 'right'")" 1 "left and right ran side by side"

# ---- a runtime of all the time that the partition gives
fresh
CLASSES=$(class all 1 100m PT2M) && jobs l 3 all true | workflow all.json
torc_sbatch -p short all.json > out 2>&1 || diag "$(cat out)"
ok "jobs as long as their partition allows run" ended 1
is "$(submissions)" 1 "... in the allocation that was made for them"

# ---- refused, with nothing left behind
fresh
before=$(squeue -h -t all | wc -l)
CLASSES=$(class small 1 100m PT1M; class giant 64 1g PT1M)
{ jobs ok 1 small true; jobs big 1 giant true; } | workflow giant.json
out=$(torc_sbatch giant.json 2>&1)
is $? 2 "a job that can never fit is refused"
like "$out" 'job big1 \(class giant\): it needs 64 CPUs, and the largest node of partition main has 8; no other' "with the reason"
CLASSES=$(class long 1 100m PT10M) && jobs l 1 long true | workflow long.json
like "$(torc_sbatch -p short long.json 2>&1)" 'job l1 .*its runtime is 10m, and partition short allows 2m \(MaxTime\)' "too long for its partition"
like "$(torc_sbatch long.json -- --constraint=nowhere 2>&1)" 'class long on partition main: Slurm refused: Invalid feature' "Slurm's own word"
CLASSES=$(class small 1 100m PT1M) && jobs j 4 small true | workflow four.json
out=$(as_user env TORC_SLURM_QUERY=/bin/false torc-sbatch four.json 2>&1)
is "$? $out" "3 torc-sbatch: nothing was submitted: Slurm could not be asked: slurm-query gave no answer" "no Slurm, no submission"
out=$(torc_sbatch --dry-run four.json)
is $? 0 "--dry-run"
like "$out" 'small +4 +now +main +1 +4 +1 ' "shows the plan"
like "$out" 'exec .*torc-run --db .*/torc.db' "and the script"
is "$(torc_sbatch --dry-run --json four.json | jq -c '[.groups[] | .jobs, .allocations, .slots, .cpus, .memory_bytes]')" \
	"[4,1,4,4,486539264]" "as JSON, too"
is "$(as_user torc plan --json four.json | jq -cS '.groups')" \
	"$(torc_sbatch --dry-run --json four.json | jq -cS '[.groups[] | del(.options, .script, .whole_nodes)]')" "torc plan says the same"
torc_sbatch four.json extra >/dev/null 2>&1
is $? 2 "bad usage"
is "$(ls -d torc.db torc_output 2>/dev/null)" "" "all this created neither database nor output"
is "$(squeue -h -t all | wc -l)" "$before" "and no Slurm job"

# ---- a database that jobs could not open
cat > elsewhere <<W
#!/bin/sh
"$TORC_BUILD/slurm-query" "\$@" | sed 's/"hostname":"[^"]*"/"hostname":"elsewhere"/g'
W
chmod 755 elsewhere
like "$(as_user env TORC_SLURM_QUERY=./elsewhere torc-sbatch four.json 2>&1)" \
	"the database $TEST_DIR/torc.db is on a local disk of .*, which the nodes of partition main cannot see; put it on" \
	"a database on a local disk, jobs on other hosts"
ok "on a network file system it is taken" as_user env TORC_FS_NETWORK=NFS TORC_SLURM_QUERY=./elsewhere torc-sbatch --dry-run four.json
device=$((0x$(stat -c %D .)))
echo "36 35 $((device >> 8 & 0xfff)):$((device & 0xff | device >> 12 & 0xfff00)) / /home rw - nfs srv:/home rw,vers=3,nolock" > mounts
like "$(as_user env TORC_FS_MOUNTINFO=mounts TORC_FS_NETWORK=NFS TORC_SLURM_QUERY=./elsewhere torc-sbatch four.json 2>&1)" \
	"the database $TEST_DIR/torc.db is on NFS, where no lock reaches the nodes of partition main \(nfs mounted with nolock\); put it on" \
	"but not on one that is mounted without locks"

printf '#!/bin/sh\n"%s/slurm-query" "$@" | sed s/\\"alloc_nodes\\":null/\\"alloc_nodes\\":\\"login1\\"/g\n' "$TORC_BUILD" > elsewhere
like "$(as_user env TORC_SLURM_QUERY=./elsewhere torc-sbatch --dry-run diamond.json 2>&1)" \
	'warning: partition main takes jobs only from login1 \(AllocNodes\), so all stages are submitted now' "where compute nodes may not submit, all stages are, at once"
like "$(as_user env TORC_SLURM_QUERY=./elsewhere torc-sbatch --on-ready=submit --dry-run diamond.json 2>&1)" \
	'warning: partition main takes jobs only from login1 \(AllocNodes\); where runners may not' "... unless it is said that they do"

# ---- sbatch fails when it counts
echo '[[ $1 == --test-only ]] || { echo "sbatch: error: Batch job submission failed: Out of luck" >&2; exit 1; }' > sbatch.do
out=$(torc_sbatch four.json 2>&1)
is $? 2 "sbatch refuses, although its test did not"
like "$out" 'class small: Slurm refused: Out of luck' "in its words"
is "$(db 'SELECT count(*) FROM workflow') $(db 'SELECT count(*) FROM submission') $(db 'SELECT count(*) FROM job')" "0 0 0" \
	"no half of a workflow is left"

# ---- killed between sbatch and its answer: one Slurm job, found again
fresh
echo '[[ $1 == --test-only ]] || { /usr/bin/sbatch --hold "$@" > sbatch.out; kill -9 $PPID; exit; }' > sbatch.do
torc_sbatch four.json >/dev/null 2>&1
is $? 137 "torc-sbatch is killed after Slurm took the job"
id=$(cat sbatch.out) && rm sbatch.do
is "$(db 'SELECT slurm_job_id IS NULL FROM submission')" 1 "its answer was not recorded"
torc_sbatch --top-up 1 >/dev/null
is "$(db 'SELECT slurm_job_id FROM submission')" "$id" "the next one finds the job"
is "$(submissions) $(db 'SELECT count(*) FROM submission')" "1 1" "and does not submit again"
scontrol release "$id"
ok "the workflow completes" ended 1

# ---- fewer allocations when Slurm takes no more, the rest later
fresh
cat > sbatch.do <<'W'
case "$*" in *--test-only*) ;; *--array=0-3*)
	echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)" >&2
	exit 1 ;;
esac
W
CLASSES=$(class slim 1 100m PT1M) && jobs h 32 slim true | workflow half.json
torc_sbatch --wait -t 2 half.json >/dev/null 2>&1
is $? 0 "an array that is too large for the user's limit"
is "$(db 'SELECT group_concat(allocations) FROM submission WHERE id <= 2')" "4,2" "is halved"
like "$(db 'SELECT error FROM submission WHERE id = 1')" "job submit limit" "and the refusal is kept"

# ---- all stages at once, for where runners may not submit
fresh
jq -n '{name: "stages", resource_requirements: [{name: "small", num_cpus: 1, memory: "100m", runtime: "PT1M"}, {name: "big", num_cpus: 8, memory: "200m", runtime: "PT1M"}],
	jobs: [{name: "a", command: "true", resource_requirements: "small"}, {name: "b{i}", parameters: {i: "1:2"}, command: "true", resource_requirements: "big", depends_on: ["a"]},
	{name: "c", command: "true", resource_requirements: "small", depends_on: ["b1", "b2"]}]}' > stages.json
is "$(torc_sbatch --on-ready=upfront --dry-run --json stages.json | jq -c '[.groups[] | [.stage, .class, .jobs]]')" '[[1,"small",1],[2,"big",2],[3,"small",1]]' \
	"--on-ready=upfront plans each stage by itself"
like "$(torc_sbatch --on-ready=upfront --dry-run stages.json)" 'stage 3.*All stages are submitted at once' "... and says so"
is "$(grep -c -e --test-only sbatch.log)" 4 "... each shape is tried once"
out=$(torc_sbatch --on-ready=upfront stages.json 2>&1)
is "$? $(submissions) $(db 'SELECT count(*) FROM submission')" "0 3 3" "three stages are three submissions, at once" || diag "$out"
is "$(grep -v -e --test-only sbatch.log | grep -o 'afterany:[0-9:]*' | paste -sd ' ')" "$(db "SELECT 'afterany:' || slurm_job_id FROM submission LIMIT 2" | paste -sd ' ')" \
	"... each begins after the one before"
ok "... and the workflow completes" ended 1
is "$(submissions) $(db 'SELECT count(*) FROM attempt WHERE state = 5')" "3 4" "... with nothing more asked for"
ok "... and nothing is left in Slurm's queue" wait_until 60 '[ -z "$(squeue -h)" ]' || diag "$(squeue)"
echo '[[ $1 == --test-only || $* != *afterany* ]] || { echo "sbatch: error: Batch job submission failed: Out of luck" >&2; exit 1; }' > sbatch.do
rm sbatch.log
out=$(torc_sbatch --on-ready=upfront stages.json 2>&1)
is "$? $(submissions) $(db 'SELECT group_concat(state) FROM submission WHERE id > 3')" "0 2 1,4,4" "after a stage that Slurm refuses no more are asked for" || diag "$out"
like "$out" 'class big: Slurm refused: Out of luck' "... which is said"
rm sbatch.do
ok "... what is missing comes when it is due" ended 2

# ---- what --wait says
fresh
CLASSES=$(class small 1 100m PT1M) && { jobs ok 3 small true; jobs bad 1 small 'exit 3'; } | workflow bad.json
out=$(torc_sbatch -W bad.json 2>&1)
is $? 1 "--wait gives 1 when a job failed"
like "$out" '1 of 4 jobs did not complete \(1 failed.*torc-report [0-9]+; to run them again: torc restart [0-9]+' "and says how many, and what to do"
is "$(torc_sbatch --parsable four.json)" 2 "--parsable gives the workflow's id alone"
is "$(torc_sbatch --json four.json | jq -c '[.workflow_id, .submissions[0].slurm_job_id > 0]')" "[3,true]" "--json"
as_user bash -c 'rm -f wait.out; torc-sbatch -W four.json -- --hold > wait.out 2>&1 & until grep -qs "Where it stands" wait.out; do sleep 0.05; done
	kill -INT $!; wait $!'
is $? 130 "^C detaches"
like "$(cat wait.out)" 'detached, workflow 4 goes on' "and says how to look again"
scontrol release "$(db 'SELECT slurm_job_id FROM submission ORDER BY id DESC LIMIT 1')"
ok "the workflow did go on" ended 4
as_user bash -c 'rm -f wait.out; torc-sbatch -W four.json -- --hold > wait.out 2>&1 & until grep -qs "Where it stands" wait.out; do sleep 0.05; done
	scancel $(sqlite3 -cmd ".timeout 20000" torc.db "SELECT slurm_job_id FROM submission ORDER BY id DESC LIMIT 1"); wait $!'
is $? 1 "--wait ends when the allocations are canceled"
like "$(cat wait.out)" 'were canceled in Slurm; 4 jobs are left' "and says so"
like "$(torc_sbatch --top-up 5)" "Workflow 5: 1 submission made" "--top-up submits again"
scontrol release "$(db 'SELECT slurm_job_id FROM submission ORDER BY id DESC LIMIT 1')"
ok "and the workflow goes on" ended 5
torc_sbatch four.json -- --hold > /dev/null
scancel "$(db 'SELECT slurm_job_id FROM submission ORDER BY id DESC LIMIT 1')"
like "$(as_user torc status)" "is not in Slurm's queue any more.*--top-up 6" "torc status tells of an allocation that was canceled while nobody looked"
like "$(torc_sbatch --top-up 6)" "Workflow 6: 1 submission made" "--top-up alone submits again, too"
is "$(as_user torc event list --kind allocation_canceled --json | jq -c '[.events[].data.error]')" '["it was canceled in Slurm"]' "the cancel is an event"
scontrol release "$(db 'SELECT slurm_job_id FROM submission ORDER BY id DESC LIMIT 1')"
ok "which goes on" ended 6

done_testing

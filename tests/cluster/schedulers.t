#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# slurm_schedulers and slurm_defaults on a real Slurm: what Slurm itself was asked for, whose jobs run where, one allocation after
# another, what the command line changes, and what is refused.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --nodes 2 --cpus 8 --memory 4096 --partitions 'main,short:MaxTime=10'
torc_sbatch() { as_user torc-sbatch "$@"; }
db() { runuser -u "$TEST_USER" -- sqlite3 -cmd '.timeout 10000' torc.db "$@"; }
fresh() { wait_until 60 '[ -z "$(squeue -h)" ]' || diag "still there: $(squeue -h)"; rm -rf torc.db* torc_output out*; }
ended() { wait_until 60 '[ "$(db "SELECT state FROM workflow WHERE id = '"$1"'")" = 1 ]'; }
# What Slurm knows of the job that this runs in, one KEY=VALUE a line; written by jobs, read by asked.
ASK='scontrol show job -o $SLURM_JOB_ID | tr " " "\n" > out.$TORC_JOB_NAME'
asked() { sed -n "s/^$2=//p" "out.$1" | head -n 1; } # JOB KEY

# ---- the scheduler's options reach Slurm; what it leaves out is planned; the jobs of others run elsewhere
node=$(sinfo -h -N -o %N | sort | head -n 1)
jq -n --arg ask "$ASK" --arg node "$node" '{name: "two", slurm_defaults: {nice: 7, "mail-type": "NONE", requeue: false},
	slurm_schedulers: [{name: "quick", partition: "short", walltime: "5", mem: "600m", extra: "--nodelist=\($node) -c 3"}],
	jobs: [{name: "a", scheduler: "quick", cpus: 1, memory: "100m", runtime: "1m", command: $ask},
		{name: "b", cpus: 2, memory: "700m", runtime: "2m", command: $ask},
		{name: "c", scheduler: "quick", command: "true"}]}' > two.json
out=$(torc_sbatch --wait two.json 2>&1)
is $? 0 "a workflow with a scheduler" || diag "$out"
is "$(asked a Partition) $(asked a TimeLimit) $(asked a NumCPUs) $(asked a MinMemoryNode)" "short 00:05:00 3 600M" "what it asks for"
is "$(asked a NodeList) $(asked a Nice)" "$node 7" "its extra and slurm_defaults too"
is "$(asked b Partition) $(asked b Nice)" "main 7" "a job that names none is planned for, with slurm_defaults"
is "$(asked b NumCPUs) $(asked b TimeLimit)" "2 00:03:00" "from its own class"
is "$(db "SELECT j.name || ' ' || coalesce(s.scheduler, '-') || ' ' || s.partition || ',' FROM attempt a
	JOIN job j ON j.id = a.job JOIN runner r ON r.id = a.runner JOIN allocation l ON l.id = r.allocation
	JOIN submission s ON s.id = l.submission ORDER BY j.name" | tr '\n' ' ')" "a quick short, b - main, c quick short, " "each ran in an allocation of its own kind"
is "$(db "SELECT DISTINCT s.memory_bytes >> 20 FROM submission s WHERE s.scheduler = 'quick'")" 600 "... a job without a class in what the scheduler asks for, less than 1 GiB"

# ---- a job's scheduler is binding: what another scheduler's allocation has room for is not for it
fresh
jq -n '{name: "bound", slurm_schedulers: [{name: "held", extra: "--begin=now+1hour"}, {name: "other"}],
	jobs: [range(3) | {name: "h\(.)", scheduler: "held", memory: "50m", runtime: "1m", command: "true"},
		{name: "o\(.)", scheduler: "other", memory: "50m", runtime: "1m", command: "true"}]}' > bound.json
torc_sbatch bound.json > /dev/null 2>&1
ok "the jobs of one scheduler run" wait_until 60 '[ "$(db "SELECT count(*) FROM job WHERE state = 5")" = 3 ]'
ok "and its runner leaves" wait_until 90 '[ -z "$(squeue -h -t R,CG)" ]'
is "$(db "SELECT group_concat(DISTINCT substr(name, 1, 1)) FROM job WHERE state = 2")" h "the others wait for their own"
scancel -u "$TEST_USER"

# ---- the only scheduler, which nobody names, is for all that name none
fresh
jq -n --arg ask "$ASK" '{name: "sole", slurm_schedulers: [{account: "nobody", partition: "short"}],
	jobs: [{name: "a", memory: "100m", runtime: "1m", command: $ask}]}' > sole.json
torc_sbatch --wait sole.json > /dev/null 2>&1
is "$? $(asked a Partition) $(asked a Account)" "0 short nobody" "the only scheduler is used"
out=$(as_user env SBATCH_PARTITION=main SBATCH_ACCOUNT=env torc-sbatch --dry-run --json sole.json | jq -c '.groups[0].options')
like "$out" '"--partition=short".*"--account=nobody"\]' "also against the environment"
torc_sbatch --wait -p main -A mine -t 8 sole.json > /dev/null 2>&1
is "$? $(asked a Partition) $(asked a Account)" "0 main mine" "but the command line wins over it"

# ---- one allocation after another
fresh
jq -n '{name: "serial", slurm_schedulers: [{name: "turn", walltime: "1", extra: "--cpus-per-task=1", serialize_allocations: true}],
	jobs: [range(2) | {name: "a\(.)", scheduler: "turn", memory: "50m", runtime: "49s", command: "sleep 7"}]}' > serial.json
out=$(torc_sbatch --dry-run --json serial.json | jq -c '.groups[0] | [.allocations, (.options[] | select(test("^--(array|dependency|job-name)=")))]')
is "$out" '[2,"--job-name=torc-wf-turn","--array=0-1%1","--dependency=singleton"]' "serialize_allocations: one name, one at a time"
torc_sbatch --wait serial.json > /dev/null 2>&1
is "$? $(db "SELECT count(DISTINCT runner) FROM attempt")" "0 2" "each in an allocation of its own"
is "$(db "SELECT count(*) FROM allocation a JOIN allocation b ON a.id < b.id WHERE a.start_usec < b.end_usec AND b.start_usec < a.end_usec")" \
	0 "and never two at once"
like "$(squeue -h -t all -o '%j %k' | sort -u)" 'torc-wf1-turn torc-wf1-[0-9a-f]{8}' "the tag is in the comment"
is "$(squeue -h -t all -n torc-wf1-turn -o %F | sort -u)" "$(db 'SELECT slurm_job_id FROM submission')" "where a lost answer is looked for"

# ---- what cannot be
fresh
jq -n '{name: "long", slurm_schedulers: [{name: "brief", walltime: "00:05:00"}],
	jobs: [{name: "a", scheduler: "brief", runtime: "10m", command: "true"}]}' > long.json
out=$(torc_sbatch long.json 2>&1)
is $? 2 "a job that is longer than its scheduler's walltime is refused"
like "$out" 'job a \(class .*\): its runtime is 10m, and scheduler brief asks for 5m' "with the reason"
is "$(grep -c runtime <<< "$out")" 1 "said once"
like "$(as_user torc validate long.json 2>&1; echo $?)" 'warning: jobs\[0\]: its runtime is 10m.*torc-sbatch will refuse it.*0$' "a warning when it is validated"
ok "unless the command line gives it more" torc_sbatch --dry-run -t 20 long.json
jq '.jobs[0].supports_termination = true' long.json > ends.json
ok "or it supports termination" torc_sbatch --dry-run ends.json
jq '.jobs[0].runtime = "1m" | .slurm_schedulers[0].extra = "--constraint=nowhere"' long.json > nowhere.json
like "$(torc_sbatch nowhere.json 2>&1)" 'class .* on partition main: Slurm refused: Invalid feature' "what only Slurm knows, Slurm says"
jq '.jobs[0].runtime = "1m" | .slurm_schedulers[0].nodes = 2' long.json > nodes.json
is "$(torc_sbatch --dry-run --json nodes.json | jq -c '.groups[0] | [.nodes, .slots, (.options | contains(["--nodes=2", "--no-kill"]))]')" '[2,1,true]' \
	"several nodes are asked for"
like "$(torc_sbatch long.json -- --job-name=mine 2>&1)" 'the option --job-name of sbatch is torc.s own: torc finds' "so is what torc must give itself"
is "$(torc_sbatch --dry-run --json sole.json -- -N2 | jq -c '.groups[0] | [.nodes, .options[-1]]')" '[2,"--nodes=2"]' "also behind --"
is "$(torc_sbatch --dry-run --json sole.json -- --mem-per-cpu=300M -t 7 | jq -c '.groups[0] | [.walltime_s, .memory_bytes / 1048576, .options[-2:]]')" \
	'[420,300,["--mem-per-cpu=300M","--time=7"]]' "what stands behind -- is planned with"
is "$(ls -d torc.db 2>/dev/null)" "" "and nothing was created"

done_testing

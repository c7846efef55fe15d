#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What Slurm does to allocations while jobs run in them, or before: daemons and nodes that die, scancel, drain, preemption. The
# workflow completes with nobody's help but that of the torc-sbatch --wait that lives; every start has its attempt, every job one
# that completed. (An sbatch that answers too late: answers.t, slow and held.)
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 2 --cpus 4 --memory 2048
export TEST_COMMAND_SECS=120

db() { [ ! -s torc.db ] || sqlite3 -cmd '.timeout 20000' torc.db "$@"; }
fresh() { wait_until 60 '[ -z "$(squeue -h)" ]'; rm -rf torc.db* torc_output ran go; }
job='echo $TORC_JOB_NAME $TORC_ATTEMPT_ID >> ran; until [ -e go ]; do sleep 0.1; done'
jq -n --arg c "$job" '{name: "four", resource_requirements: [{name: "one", num_cpus: 1, memory: "50m", runtime: "PT5M"}],
	jobs: [{name: ("a", "b", "c"), command: $c, resource_requirements: "one"},
	{name: "d", command: $c, depends_on: ["a", "b", "c"], resource_requirements: "one"}]}' | as_user tee four.json > /dev/null

begin() { as_user "${sbatch:-torc-sbatch}" --wait "$@" four.json > log 2>&1 & waiting=$!; }
# running N: its three jobs run, after so many starts, in allocation $alloc on $node, by runner $pid
running() {
	wait_until 60 '[ "$(db "SELECT count(*) FROM job WHERE state = 4")" = 3 ] && [ "$(wc -l < ran)" -ge '"$1"' ]' || diag "not running: $(cat log; squeue)"
	IFS='|' read -r alloc node pid <<< "$(db 'SELECT a.slurm_job_id, r.node, r.pid FROM runner r JOIN allocation a ON a.id = r.allocation ORDER BY r.id DESC LIMIT 1')"
}
# completes WHAT ATTEMPTS: from now on the jobs may end
completes() {
	as_user touch go
	await $waiting
	is "$? $(reasons)" "0 $2" "$1: the workflow completes, with its attempts" || diag "$(cat log; squeue; cat torc_output/runner*)"
	is "$(db 'SELECT count(*), count(DISTINCT job) FROM attempt WHERE state = 5')" "4|4" "... each job has one that completed"
	is "$(sort ran | uniq -d; comm -3 <(sort ran) <(db "SELECT j.name || ' ' || a.attempt_id FROM attempt a JOIN job j ON j.id = a.job" | sort))" "" \
		"... and each start one of its own"
}
reasons() { db "SELECT count(*) || ' ' || coalesce(r.name, 'completed') FROM attempt a LEFT JOIN attempt_reason r ON r.id = a.reason GROUP BY a.reason ORDER BY 1" | paste -sd ' '; }
# Slurm has put the allocation back into the queue: not held for its two minutes
requeued() { ok "$1: Slurm puts the allocation back" wait_until 30 '[ "$(job_state '"$alloc"')" = PENDING ] && scontrol update JobId='"$alloc"' StartTime=now' || diag "$(squeue)"; }

begin
running 3
sandbox kill-node "$node" --daemon-only
sandbox start-node "$node"
completes "slurmd is killed and started again" "4 completed"

# ---- slurmd is away for so long that the allocation begins elsewhere: the first runner and its jobs are still there
fresh
begin
running 3
first=$pid first_node=$node
sandbox kill-node "$node" --daemon-only
requeued "slurmd stays away"
running 6
isnt "$pid" "$first" "... and there is a second runner beside the first"
ok "... which ends, and its jobs" wait_until 60 '! kill -0 '"$first"
sandbox start-node "$first_node"
completes "slurmd stays away" "3 lost 4 completed"

fresh
begin
running 3
first_node=$node
sandbox kill-node "$node"
requeued "a node dies"
running 6
sandbox start-node "$first_node"
completes "a node dies" "3 lost 4 completed"

# ---- Slurm holds what it has put back, or lets it wait: of a workflow that is complete nothing stays in its queue
empty() { ok "$1" wait_until 30 '[ -z "$(squeue -h)" ]' || diag "$(squeue)"; }
fresh
begin
running 3
first=$alloc first_node=$node
sandbox kill-node "$node"
ok "a node dies: Slurm puts the allocation back" wait_until 30 '[ "$(job_state '"$first"')" = PENDING ] && scontrol hold '"$first"
as_user torc recover 1 > said 2>&1
as_user torc-sbatch --top-up 1 >> said 2>&1
running 6
isnt "$alloc" "$first" "... and holds it: jobs go on in another" || diag "$(cat said)"
completes "held by Slurm" "3 lost 4 completed"
empty "... and what was held is given back"
sandbox start-node "$first_node"
scontrol requeuehold "$alloc" # as it does by itself with what it has missed five times
ok "Slurm holds an allocation of a workflow that is complete" wait_until 30 '[ -n "$(squeue -h -t PD)" ]' || diag "$(squeue -t all)"
as_user torc recover 1 > said 2>&1
empty "... torc recover gives it back" || diag "$(cat said)"

fresh
begin
running 3
keeper=$(ps -o ppid= -p "$pid") stepd=$(ps -o ppid= -p $keeper)
is "$(ps -o comm= -p $stepd)" slurmstepd "the slurmstepd of the allocation is found"
kill -9 $stepd
completes "slurmstepd is killed" "4 completed"
empty "... and Slurm hears of the end"

# ---- who begins the allocation anew where its runner still lives clears the place: the plugin does, after a slurmstepd was killed
cgroups() { find /sys/fs/cgroup/ -depth -type d -path "*_$node/*/job_$alloc/*/torc_*" 2>/dev/null; }
fresh
begin
running 3
ok "jobs have cgroups" [ "$(cgroups | wc -l)" -ge 3 ]
kill -STOP "$pid"
kill -9 $(cgroups | sed 's|$|/cgroup.procs|' | xargs cat | sort -u)
ok "somebody kills all jobs and removes their cgroups" wait_until 10 'cgroups | xargs -r rmdir 2> /dev/null; [ -z "$(cgroups)" ]'
kill -CONT "$pid"
ok "... the runner gives way" wait_until 10 '! kill -0 '"$pid"
as_user torc recover 1 > said 2>&1
as_user torc-sbatch --top-up 1 >> said 2>&1
running 6
completes "jobs that somebody swept away are lost, not failed" "3 lost 4 completed"
like "$(cat torc_output/runner*)" 'somebody has killed its jobs, as Slurm has begun the allocation anew' "... which the log tells"

# ... or has not removed them yet: it was slurmstepd's end that made Slurm begin anew
fresh
begin
running 3
kill -9 $(ps -o ppid= -p $(ps -o ppid= -p "$pid"))
kill -9 $(cgroups | sed 's|$|/cgroup.procs|' | xargs cat | sort -u)
ok "slurmstepd is killed, and then all jobs: the runner gives way" wait_until 10 '! kill -0 '"$pid"
as_user torc recover 1 > said 2>&1
as_user torc-sbatch --top-up 1 >> said 2>&1
running 6
completes "jobs that die with their slurmstepd are lost, not failed" "3 lost 4 completed"
empty "... and Slurm hears of the end"

fresh
as_user tee idle.json > /dev/null <<'J'
{"name": "idle", "resource_requirements": [{"name": "one", "num_cpus": 1, "memory": "50m", "runtime": "PT1M"}],
 "jobs": [{"name": "a{i}", "parameters": {"i": "1:3"}, "command": "sleep 0.2", "resource_requirements": "one"},
  {"name": "b", "command": "find /sys/fs/cgroup/ -depth -type d -path \"*_$SLURMD_NODENAME/*/job_$SLURM_JOB_ID/*/torc_*\" | xargs rmdir || :", "resource_requirements": "one", "depends_on_regexes": ["^a"]},
  {"name": "c{i}", "parameters": {"i": "1:3"}, "command": "sleep 0.2", "resource_requirements": "one", "depends_on": ["b"]}]}
J
as_user torc-sbatch --wait idle.json > said 2>&1
is "$? $(db 'SELECT count(*) FROM attempt WHERE state = 5')" "0 7" "a cgroup that was kept for the next job and is gone is made anew" || diag "$(cat said; as_user torc list 1)"

fresh
as_user touch go
scontrol update PartitionName=debug State=DOWN
as_user torc-sbatch four.json > said 2>&1
is "$(squeue -h -o %T)" PENDING "an allocation waits" || diag "$(cat said)"
as_user torc-run --cpus 2 --memory 500m --workflow 1 > said 2>&1
is $? 0 "... by hand the workflow completes without it" || diag "$(cat said)"
empty "... and it is given back"
scontrol update PartitionName=debug State=UP

fresh
begin
running 3
first=$alloc
as_user scancel "$alloc"
running 6
isnt "$alloc" "$first" "scancel by the user: jobs go on in a new allocation"
completes "scancel by the user" "3 terminated 4 completed"

fresh
begin
running 3
scontrol update NodeName="$node" State=DRAIN Reason=test
completes "a node is drained: what runs there goes on" "4 completed"
drained=$node
fresh
begin
running 3
isnt "$node" "$drained" "... the next allocation is elsewhere"
scontrol update NodeName="$drained" State=RESUME

scontrol update NodeName="$node" State=DOWN Reason=test
first_node=$node
requeued "a node is set down"
running 6
completes "a node is set down" "3 terminated 4 completed"
scontrol update NodeName="$first_node" State=RESUME

# ---- the batch script, with all that it has, is killed before the runner starts
fresh
as_user mkdir bin
as_user cp "$TORC_BUILD/torc-sbatch" "$TORC_BUILD/slurm-query" bin
as_user tee bin/torc-run > /dev/null <<S
#!/bin/bash
echo >> $TEST_DIR/came
[ "\$(wc -l < $TEST_DIR/came)" -gt 1 ] || kill -9 \$PPID \$\$
exec $TORC_BUILD/torc-run "\$@"
S
chmod 755 bin/torc-run
sbatch=bin/torc-sbatch
begin
running 3
completes "the batch script is killed before the runner starts" "4 completed"
is "$(wc -l < came) $(db 'SELECT count(*) FROM allocation')" "2 2" "... so there was a second allocation (ends.t has how many there are at most)"
sbatch=

# ---- preemption
cluster_again --nodes 1 --cpus 4 --memory 2048 --partitions 'low:PriorityTier=1,high:PriorityTier=2' \
	--conf PreemptType=preempt/partition_prio --conf PreemptMode=REQUEUE
rm -f ran go
begin -p low
running 3
urgent=$(as_user sbatch --parsable -p high -c 4 --mem 2048 --wrap "until [ -e $TEST_DIR/enough ]; do sleep 0.1; done" -o /dev/null)
ok "a job of a higher tier gets the node" wait_until 60 '[ "$(job_state '"$urgent"')" = RUNNING ]'
as_user touch enough
requeued "preempted"
running 6
completes "preempted and requeued" "3 terminated 4 completed"
done_testing

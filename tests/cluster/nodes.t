#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocations of several nodes: a runner on each, jobs of several nodes beside those of one, MPI, what they used on each node, the
# signal before their end, a node that dies, nodes that leave early.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
command -v mpicc.mpich > /dev/null || skip_all "MPICH is not installed (libmpich-dev)"
plugin=$TORC_BUILD/plugin/.libs/spank_torc.so
cluster_start --nodes 3 --cpus 8 --memory 2048 --plugin "$plugin"
cp -r "$TORC_TOP/examples" . && chown -R "$TEST_USER:" examples
mpicc.mpich -o sum "$TORC_TOP/tests/mpi_sum.c" || bail_out "no MPI program"
export TEST_COMMAND_SECS=120

db() { [ ! -s torc.db ] || sqlite3 -cmd '.timeout 20000' torc.db "$@"; }
fresh() { wait_until 60 '[ -z "$(squeue -h)" ]'; rm -rf torc.db* torc_output ran go; }
states() { db "SELECT group_concat(name || ' ' || state || ' ' || attempts, ', ') FROM (SELECT * FROM job_status ORDER BY id)"; }
logs() { cat log torc_output/*.e torc_output/runner* 2> /dev/null; squeue; }
output() { cat "torc_output/job_wf1_j$1_r1_a1.o"; }

as_user torc-sbatch --wait examples/nodes/workflow.yaml > log 2>&1
is "$? $(states)" "0 seeds completed 1, sample completed 1, mean completed 1" "the example completes" || diag "$(logs)"
is "$(cut -d ' ' -f 1 nodes.out/points.txt | sort | uniq -c | awk '{ print $1, $2 }')" "2 $NODE1"$'\n'"2 $NODE2"$'\n'"2 $NODE3" \
	"... its own srun has two tasks on each of three nodes"
like "$(cat nodes.out/pi.txt)" '^3\.1' "... and its result is right"
ok "soon nobody holds anything for it any more" wait_until 20 '[ "$(db "SELECT count(*) FROM share")" = 0 ]'
is "$(db "SELECT count(*), count(DISTINCT u.node), count(DISTINCT u.source), min(u.cpu_user_s + u.cpu_system_s) > 0 FROM job_usage u
	WHERE name = 'sample' AND step IS NOT NULL")" "6|3|1|1" "what it used is recorded of each task on each node" || diag "$(db 'SELECT * FROM job_usage')"
is "$(as_user torc-report --json | jq '[.jobs[] | select(.name == "sample").attempts[0].usage] | (.[0].cpu_user_s + .[0].cpu_system_s) >=
	([.[0].nodes[] | .cpu_user_s + .cpu_system_s] | add) * 0.99')" true "... and added up" || diag "$(as_user torc-report --json | jq '.jobs[1]')"
is "$(as_user torc-report --json allocations | jq '.allocations[] | select(.nodes == 3) | .cpus as $cpus | .node_time |
	.asked_cpu_s / .held_cpu_s > 1 and .used_cpu_s > 0 and .used_cpu_s <= .held_cpu_s')" true "a job of three nodes holds CPUs on each" ||
	diag "$(as_user torc-report --json allocations)"
records() { ls "/run/torc/$(id -u "$TEST_USER")" 2> /dev/null | grep -E "\.($NODE1|$NODE2|$NODE3)\."; }
ok "no record of a step is left" wait_until 20 '[ -z "$(records)" ]' || diag "$(records)"

# ---- MPI; two jobs of three nodes side by side, those of one node beside them
fresh
cat > mpi.json <<'J'
{"name": "mpi", "resource_requirements": [{"name": "three", "num_nodes": 3, "num_cpus": 2, "memory": "200m", "runtime": "PT2M"},
	{"name": "one", "num_cpus": 1, "memory": "50m", "runtime": "PT2M"}],
 "jobs": [{"name": "a", "command": "touch a; until [ -e b ]; do sleep 0.05; done; srun --mpi=pmi2 -n 6 ./sum", "resource_requirements": "three"},
	{"name": "b", "command": "touch b; until [ -e a ]; do sleep 0.05; done; srun --mpi=pmi2 ./sum; env", "resource_requirements": "three"},
	{"name": "c", "command": "srun bash -c 'echo $SLURMD_NODENAME'; echo $SLURM_JOB_NODELIST", "resource_requirements": "one", "depends_on": ["a"]}]}
J
as_user torc-sbatch --wait mpi.json > log 2>&1
is "$? $(states)" "0 a completed 1, b completed 1, c completed 1" "an MPI program runs on three nodes, two side by side" || diag "$(logs)"
is "$(output 1 | cut -d ' ' -f 1-6,7- | sort)" "$(for r in 0 1 2 3 4 5; do n=NODE$((r / 2 + 1)); echo "rank $r of 6 on ${!n} sum 15"; done)" \
	"... with six ranks"
is "$(output 2 | grep -c '^rank . of 3 on .* sum 3$')" 3 "... or one on each node"
is "$(output 2 | grep -E '^(SLURM_(JOB_NUM_NODES|NNODES|CPUS_ON_NODE|TASKS_PER_NODE|MEM_PER_NODE|NTASKS|NO_KILL)|OMP_NUM_THREADS)=' | sort | paste -sd ' ')" \
	"SLURM_CPUS_ON_NODE=2 SLURM_JOB_NUM_NODES=3 SLURM_MEM_PER_NODE=200 SLURM_NNODES=3 SLURM_TASKS_PER_NODE=2(x3)" "its environment is that of its share"
is "$(output 3 | uniq | wc -l)" 1 "the srun of a job of one node stays on it" || diag "$(output 3)"

# ---- the signal before the end reaches all tasks: no request to Slurm takes part in this
fresh
cat > tell.sh <<'S'
for signal in TERM USR1; do trap "echo $TORC_JOB_NAME $SLURMD_NODENAME $signal >> told; exit 3" $signal; done
echo >> begun
while :; do sleep 0.1; done
S
cat > told.json <<'J'
{"name": "told", "execution_config": {"sigterm_lead_seconds": 60}, "resource_requirements": [{"name": "three", "num_nodes": 3, "num_cpus": 2, "memory": "100m", "runtime": "PT2M"}],
 "jobs": [{"name": "term", "command": "srun bash tell.sh", "resource_requirements": "three"},
	{"name": "usr", "command": "srun bash tell.sh", "resource_requirements": "three", "termination_signal": "SIGUSR1"}]}
J
as_user torc-sbatch --wait told.json > log 2>&1 & waiting=$!
wait_until 60 '[ "$(wc -l < begun)" = 6 ]' || diag "$(logs)"
as_user torc cancel --class three > cancel.log 2>&1 || diag "$(cat cancel.log)"
await $waiting
is "$(sort told)" "$(for n in $NODE1 $NODE2 $NODE3; do echo "term $n TERM"; done; for n in $NODE1 $NODE2 $NODE3; do echo "usr $n USR1"; done)" \
	"each task of a job of three nodes gets its termination signal, once" || diag "$(logs)"
is "$(states)" "term canceled 1, usr canceled 1" "... and it ends by it"

# ---- a runner is killed, an allocation canceled
job='echo $TORC_JOB_NAME $TORC_ATTEMPT_ID $SLURMD_NODENAME >> ran; until [ -e go ]; do sleep 0.1; done'
jq -n --arg c "$job" '{name: "dies", slurm_schedulers: [{name: "three", nodes: 3}],
	resource_requirements: [{name: "three", num_nodes: 3, num_cpus: 2, memory: "100m", runtime: "PT5M"},
		{name: "one", num_cpus: 2, memory: "50m", runtime: "PT5M"}],
	jobs: [{name: "s{i}", parameters: {i: "1:3"}, command: $c, resource_requirements: "one", scheduler: "three"},
		{name: "w", command: ("srun bash -c \u0027" + $c + "\u0027"), resource_requirements: "three", scheduler: "three"}]}' > dies.json
begin() { fresh; as_user torc-sbatch --wait dies.json > log 2>&1 & waiting=$!; }
begin
wait_until 60 '[ "$(wc -l < ran)" = 6 ]' || diag "$(cat ran; logs)"
for pid in $(db "SELECT pid FROM runner WHERE nodes = 3"); do kill -9 "$pid"; done
ok "the first runner is killed: what it had started runs again" wait_until 60 '[ "$(grep -c " 2 " ran)" = 4 ]' || diag "$(cat ran; logs)"
tasks() { for p in $(pgrep -u "$TEST_USER" -f 'until .* -e go'); do tr '\0' '\n' < "/proc/$p/environ"; done 2> /dev/null | grep -c "^TORC_STEP_ATTEMPT=1.$1$"; }
ok "... and nothing of it goes on, on any node" wait_until 30 '[ "$(db "SELECT count(*) FROM share WHERE ended")" = 0 ] && [ "$(tasks 1)" = 2 ]' ||
	diag "$(tasks 1) $(ps -u "$TEST_USER" -f)"
as_user scancel $(squeue -h -o %i)
ok "the allocations are canceled: all goes on in others" wait_until 60 '[ "$(grep -c . ran)" = 16 ]' || diag "$(cat ran; logs)"
as_user touch go
await $waiting
is "$? $(db "SELECT ifnull(r.name, 'completed'), count(*) FROM attempt a LEFT JOIN attempt_reason r ON r.id = a.reason GROUP BY 1" | paste -sd ' ')" \
	"0 completed|4 lost|2 terminated|4" "... with a signal to each job on each node" || diag "$(logs)"

# ---- a node dies
begin
wait_until 60 '[ "$(wc -l < ran)" = 6 ]' || diag "$(cat ran; logs)"
is "$(grep ^s ran | sort | cut -d ' ' -f 1,2 | paste -sd ' ') $(grep ^s ran | cut -d ' ' -f 3 | sort -u | wc -l) $(grep -c ^w ran)" \
	"s1 1 s2 1 s3 1 3 3" "jobs of one node are on all three, and one of three nodes beside them" || diag "$(cat ran)"
dead=$(awk '/^s/ { print $3 }' ran | grep -vx "$(squeue -h -t R -o %B | head -n 1)" | tail -n 1)
victim=$(awk -v n="$dead" '/^s/ && $3 == n { print $1 }' ran)
sandbox kill-node "$dead"
ok "what ran on a node that died runs again" wait_until 90 "as_user torc recover; grep -q '^$victim 2' ran" || diag "$(cat ran; logs)"
is "$(grep "^$victim 2" ran | grep -c "$dead")" 0 "... on another one"
sandbox start-node "$dead"
ok "... and the job of three nodes, on three" wait_until 60 '[ "$(grep -c "^w 2" ran)" = 3 ]' || diag "$(cat ran; logs; db 'SELECT * FROM share')"
as_user touch go
await $waiting
is "$? $(db "SELECT j.name || ' ' || ifnull(r.name, 'completed') FROM attempt a JOIN job j ON j.id = a.job LEFT JOIN attempt_reason r ON r.id = a.reason
	ORDER BY (j.name = 'w'), (j.name = '$victim'), j.id, a.id" | sed "s/^$victim/victim/; s/^s[123]/other/" | paste -sd ' ')" \
	"0 other completed other completed victim lost victim completed w lost w completed" "the rest goes on: nothing else was begun again" || diag "$(cat ran; logs)"

# ---- a job that fails by itself, and nodes that have nothing left to do
fresh
cat > early.json <<'J'
{"name": "early", "compute_node_wait_for_new_jobs_seconds": 1, "slurm_schedulers": [{"name": "three", "nodes": 3}],
 "resource_requirements": [{"name": "three", "num_nodes": 3, "num_cpus": 8, "memory": "100m", "runtime": "PT2M"},
	{"name": "one", "num_cpus": 8, "memory": "100m", "runtime": "PT2M"}],
 "jobs": [{"name": "w", "command": "srun sh -c 'exit 3'", "resource_requirements": "three", "scheduler": "three"},
	{"name": "x", "command": "until [ -e go ]; do sleep 0.1; done", "resource_requirements": "one", "scheduler": "three"}]}
J
as_user torc-sbatch --wait early.json > log 2>&1 & waiting=$!
ok "nodes that have nothing left to do are given back" wait_until 60 '[ "$(squeue -h -o %D | sort -n | head -n 1)" -le 2 ]' || diag "$(logs)"
as_user touch go
await $waiting
is "$? $(db "SELECT group_concat(name || ' ' || state || ' ' || ifnull(exit_code, ''), ', ') FROM (SELECT * FROM job_status ORDER BY id)")" \
	"1 w failed 3, x completed 0" "... and what runs on the others goes on; a failure of a job of several nodes is one" || diag "$(logs)"
ok "the allocations end by themselves" wait_until 30 '[ -z "$(squeue -h)" ]'
is "$(sinfo -h -o %T | sort -u)" idle "... and all nodes are idle"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Workflows as users of Slurm write them for NREL's torc, with schedulers and actions (tests/slurm): all at once on two nodes, and
# what each must end in.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 2 --cpus 4 --memory 2048 --plugin "$TORC_BUILD/plugin/.libs/spank_torc.so"
cp "$TORC_TOP"/tests/slurm/*.yaml . && chown "$TEST_USER:" ./*.yaml
db() { sqlite3 -readonly -cmd '.timeout 20000' torc.db "$1"; }
declare -A id

jobs() { db "SELECT name, state, coalesce(reason, '') FROM job_status WHERE workflow = ${id[$1]} ORDER BY id" | sed 's/|/ /g; s/ $//' | paste -s -d ,; }
running() { [ "$(db "SELECT count(*) FROM job WHERE workflow = ${id[$1]} AND state = 4")" = "$2" ]; }
ends() { # ends NAME CODE JOBS [FILE TEXT]: torc wait gives CODE, its jobs are in these states, the file has this text
	as_user torc wait "${id[$1]}" > wait.log 2>&1
	is "$? $(jobs "$1")" "$2 $3" "$1 ends" || diag "$(cat wait.log; as_user torc status "${id[$1]}" 2>&1)"
	[ $# -lt 5 ] || is "$(cat "$4" 2>&1)" "$5" "... and left what it must"
}
all() { # all STATE NAME...: jobs of them in this state
	local state=$1
	shift
	printf '%s\n' "$@" | sed "s/\$/ $state/" | paste -s -d ,
}

for file in *.yaml; do
	name=${file%.yaml}
	id[$name]=$(as_user torc-sbatch --parsable "$file" 2> "$name.log") || { fail "$file is submitted"; diag "$(cat "$name.log")"; }
	is "$(cat "$name.log")" "" "$file is submitted without a warning"
done

ok "cancel_workflow: its jobs run" wait_until 120 'running cancel_workflow 2'
as_user torc cancel "${id[cancel_workflow]}" > cancel.log 2>&1
as_user torc wait "${id[cancel_workflow]}" > wait.log 2>&1
is "$? $(db "SELECT group_concat(state) FROM job_status WHERE workflow = ${id[cancel_workflow]}")" "1 canceled,canceled,canceled" "cancel_workflow ends" ||
	diag "$(cat wait.log)"
ok "sync_status: its first job runs" wait_until 120 'running sync_status 1'
as_user touch sync_go.txt
as_user scancel "$(db "SELECT a.slurm_job_id FROM allocation a JOIN submission s ON s.id = a.submission WHERE s.workflow = ${id[sync_status]}")"

ends single_node_basic 0 "$(all completed first middle_1 middle_2 last)" last.txt 2+3
is "$(db "SELECT count(*) FROM submission WHERE workflow = ${id[single_node_basic]}")" 1 "... in one allocation"
ends no_srun_basic 0 "$(all completed first after_1 after_2)"
is "$(head -n 1 no_srun.txt)" "$(head -n 1 no_srun.txt | grep -x 'step .*')" "... its jobs were no steps of their own"
ends multi_node_parallel 0 "$(all completed work_{1..8})"
is "$(ls parallel | wc -l)" 2 "... on both nodes"
ends multi_node_mpi_step 0 "$(all completed solve count)" nodes.txt 2
ends multi_node_direct 0 "once completed" starts.txt started
is "$(sort -u direct.txt | wc -l)" 2 "... a part of it on each node"
ends job_parallelism 0 "$(all completed work_{1..6})"
is "$(db "SELECT max((SELECT count(*) FROM attempt b JOIN job k ON k.id = b.job WHERE k.workflow = j.workflow
	AND b.start_usec <= a.start_usec AND b.end_usec > a.start_usec))
	FROM attempt a JOIN job j ON j.id = a.job WHERE j.workflow = ${id[job_parallelism]}")" 2 "... two at a time"
ends oom_detection 1 "greedy failed oom,modest completed,after canceled"
ends timeout_detection 1 "slow failed timeout,modest completed" told.txt told
ends resource_monitoring 0 "$(all completed busy idle)"
is "$(db "SELECT (SELECT cpu_user_s + cpu_system_s FROM job_usage WHERE workflow = w AND name = 'busy') >
	5 * (SELECT cpu_user_s + cpu_system_s FROM job_usage WHERE workflow = w AND name = 'idle'),
	(SELECT count(*) > 0 FROM samples WHERE workflow = w AND job = 'busy') FROM (SELECT ${id[resource_monitoring]} w)")" "1|1" \
	"... with what they used, and samples"
ends srun_termination_signal 1 "solver failed timeout" checkpoint.txt checkpoint
ends failure_recovery 0 "$(all completed flaky after)" mended.txt 10
ends sync_status 0 "$(all completed cut_off after)" cut_off.txt $'start\nstart'
ends watch_recover_oom 1 "grows failed oom,after canceled,apart completed"
as_user torc restart --escalate "${id[watch_recover_oom]}" > restart.log 2>&1 || diag "$(cat restart.log)"
ends watch_recover_oom 0 "$(all completed grows after apart)" recovered_oom.txt 104857600
is "$(cat apart.txt)" once "... and what had completed did not run again"
ends stages 0 "$(all completed first second_1 second_2)" stages/log $'between\ncomplete'
is "$(db "SELECT scheduler, count(*) FROM submission WHERE workflow = ${id[stages]} GROUP BY 1 ORDER BY 1")" $'first|1\nsecond|1' \
	"... an allocation for each stage"
ends workers 0 "work completed"
ok "... its runner staged out" wait_until 20 '[ "$(cat staged.txt)" = "in
work
out" ]'
ok "no allocation is left" wait_until 60 '[ -z "$(squeue -h)" ]'
is "$(sinfo -h -N -o %t | sort -u)" idle "both nodes are idle"
done_testing

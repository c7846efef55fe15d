#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Jobs that are Slurm steps end as others do: told, then killed; their memory; what is known of them without the plugin.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 1 --cpus 4 --memory 2048
export TEST_COMMAND_SECS=120
mark=2000$$

db() { [ -s torc.db ] && sqlite3 -readonly -cmd '.timeout 20000' torc.db "$@"; }
fresh() { wait_until 60 '[ -z "$(squeue -h)" ]'; rm -rf torc.db* torc_output out; as_user mkdir out; }
jobs() { db "SELECT name, state, coalesce(exit_code, ''), coalesce(reason, '') FROM job_status ORDER BY id"; }
running() { wait_until 60 '[ "$(db "SELECT count(*) FROM job WHERE state = 4")" = '"$1"' ]'; }
alive() { pgrep -f -- "$1" | grep -vx $$; }
slurm='"execution_config": {"mode": "slurm", "srun_termination_signal": "USR1@2", "sigkill_headroom_seconds": 5}'
class='"resource_requirements": [{"name": "brief", "num_cpus": 1, "memory": "64m", "runtime": "PT3S"},
 {"name": "long", "num_cpus": 1, "memory": "64m", "runtime": "PT2M"}]'

# ---- the runtime is over: the signal to all its processes, with time to end, then KILL
fresh
cat > limit.json <<J
{"name": "limit", $slurm, $class, "jobs": [
 {"name": "heeds", "command": "trap 'echo told > out/heeds; exit 0' USR1; sleep $mark.1 & wait", "resource_requirements": "brief"},
 {"name": "child", "command": "bash -c \"trap 'echo told > out/child; exit 0' USR1; sleep $mark.2 & wait\"; exit 7", "resource_requirements": "brief"},
 {"name": "deaf", "command": "trap 'date +%s > out/deaf' USR1; while :; do sleep 0.1; done", "resource_requirements": "brief"},
 {"name": "modest", "command": "exit 3", "resource_requirements": "brief"}]}
J
as_user torc-sbatch --wait limit.json > log 2>&1
is $? 1 "steps that run longer than they said" || diag "$(cat log)"
is "$(jobs)" "heeds|failed|0|timeout
child|failed||timeout
deaf|failed||timeout
modest|failed|3|exit" "... have timed out"
is "$(cat out/heeds out/child)" $'told\ntold' "... and were told so first"
ok "... with the time that srun_termination_signal gives between signal and KILL" \
	[ "$(db "SELECT end_usec / 1000000 FROM attempt WHERE job = 3")" -ge "$(($(cat out/deaf || echo 9999999999) + 1))" ]
is "$(alive "sleep $mark\.")" "" "... nothing of them is alive"
is "$(db "SELECT count(*) FROM job_usage")" 0 "nobody measured them without the plugin, and no figure says otherwise"
like "$(as_user torc show heeds)" 'exit|timeout|runtime' "torc show shows them"
unlike "$(as_user torc show heeds)" 'cgroup1|cgroup2|proc' "... without a source"

# ---- the allocation ends: the same; it goes on in another one
fresh
cat > end.json <<J
{"name": "end", ${slurm/USR1/TERM}, $class, "jobs": [
 {"name": "saves", "command": "[ -e out/saved ] && exit 0; trap 'echo saved > out/saved; exit 9' TERM; sleep $mark.3 & wait", "resource_requirements": "long"}]}
J
as_user torc-sbatch end.json > log 2>&1 || diag "$(cat log)"
running 1
ok "its task runs" wait_until 30 '[ -n "$(alive "sleep $mark\.3")" ]'
as_user scancel "$(squeue -h -o %A | head -n 1)"
as_user torc wait 1 > log 2>&1
is "$? $(cat out/saved) $(jobs)" "0 saved saves|completed|0|" "a step whose allocation is canceled writes its checkpoint and completes in another"
is "$(db "SELECT group_concat(coalesce((SELECT name FROM attempt_reason WHERE id = reason), '-')) FROM attempt")" "terminated,-" "... as its attempts say"

# ---- it is canceled
fresh
cat > cancel.json <<J
{"name": "cancel", $slurm, $class, "jobs": [{"name": "stays", "command": "trap '' USR1; sleep $mark.4 & sleep $mark.5", "resource_requirements": "long"}]}
J
as_user torc-sbatch cancel.json > log 2>&1 || diag "$(cat log)"
running 1
ok "it runs" wait_until 30 '[ "$(alive "sleep $mark\.[45]" | wc -l)" -ge 2 ]'
as_user torc cancel 1 > log 2>&1
ok "torc cancel ends it" wait_until 30 '[ "$(db "SELECT state FROM job")" = 7 ]'
ok "... and all of it" wait_until 10 '[ -z "$(alive "sleep $mark\.[45]")" ]'

# ---- too much memory
fresh
cat > memory.json <<J
{"name": "memory", $slurm, $class, "jobs": [
 {"name": "itself", "command": "exec tail -c 300m /dev/zero > /dev/null", "resource_requirements": "long"},
 {"name": "child", "command": "head -c 300m /dev/zero | tail -c 300m > /dev/null", "resource_requirements": "long"},
 {"name": "killed", "command": "kill -KILL \$\$", "resource_requirements": "long"},
 {"name": "fails", "command": "exit 1", "resource_requirements": "long"}]}
J
sed -i 's|tail -c 300m /dev/zero|head -c 300m /dev/zero \| exec tail -c 300m|; s|exec head|head|' memory.json
as_user torc-sbatch --wait memory.json > log 2>&1
is "$(jobs)" "itself|failed||oom
child|failed||oom
killed|failed||signal
fails|failed|1|exit" "a step that is killed for memory is told from one that is killed" || diag "$(cat log)"
is "$(sinfo -h -N -o %t | sort -u)" idle "no node is drained"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# torc-run in allocations of a real Slurm: the end of an allocation, scancel, a killed runner, steps by srun.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

plugin=$TORC_BUILD/plugin/.libs/spank_torc.so
[ -f "$plugin" ] && with_plugin=(--plugin "$plugin") || with_plugin=()
cluster_start --nodes 2 --cpus 4 --memory 2048 "${with_plugin[@]}"
export TEST_COMMAND_SECS=120

db() { [ -s torc.db ] && sqlite3 -cmd '.timeout 20000' torc.db "$@"; }
quit() { as_user torc cancel --last > cancel.log 2>&1; } # who goes back gets another allocation
fresh() { [ ! -s torc.db ] || quit; wait_until 60 '[ -z "$(squeue -h)" ]'; rm -rf torc.db* torc_output out; }
class='"resource_requirements": [{"name": "one", "num_cpus": 1, "memory": "100m", "runtime": "PT1M"}]'
ended() { wait_until 90 '[ "$(db "SELECT state FROM workflow")" = 1 ]'; }
running() { wait_until 60 '[ "$(db "SELECT count(*) FROM job WHERE state = 4")" = '"$1"' ]'; }
attempts() { db "SELECT j.name, coalesce(s.name, 'open'), coalesce(r.name, '') FROM attempt a JOIN job j ON j.id = a.job
	LEFT JOIN job_state s ON s.id = a.state LEFT JOIN attempt_reason r ON r.id = a.reason ORDER BY j.id, a.id"; }
alive() { pgrep -f -- "$1" | grep -vx $$; }
mark=1000$$

# ---- a runner that is killed in an allocation is started again there, and its jobs run again
cat > long.json <<J
{"name": "long", $class, "jobs": [
 {"name": "a", "command": "[ -e go ] || { setsid sleep $mark.21 & sleep $mark.22; }", "resource_requirements": "one"},
 {"name": "b", "command": "true", "resource_requirements": "one", "depends_on": ["a"]}]}
J
as_user torc-sbatch long.json > log 2>&1 || diag "$(cat log)"
running 1
wait_until 20 '[ "$(alive "sleep $mark\.2" | wc -l)" = 2 ]'
as_user touch go
kill -KILL "$(db 'SELECT pid FROM runner ORDER BY id DESC LIMIT 1')"
ok "a workflow whose runner is killed ends all the same" ended
is "$(attempts)" "a|ready|lost
a|completed|
b|completed|" "... with what ran when it was killed run again, once"
is "$(alive "sleep $mark\.2")" "" "... and nothing of the first attempt alive"
is "$(db 'SELECT count(DISTINCT allocation), count(*) FROM runner')" "1|2" "... in the same allocation"
as_user rm go

# ---- scancel: what ran goes back, with a record
fresh
as_user torc-sbatch long.json > log 2>&1 || diag "$(cat log)"
running 1
job=$(squeue -h -o %A | head -n 1)
as_user scancel "$job"
ok "scancel: the job is recorded before the allocation is gone" wait_until 40 '[ "$(db "SELECT count(*) FROM attempt WHERE state = 2")" = 1 ]'
is "$(attempts | head -n 1)" "a|ready|terminated" "... and goes back"
quit
ok "... nothing of it is left" wait_until 20 '[ -z "$(alive "sleep $mark\.2")" ]'
like "$(sinfo -h -o %t | sort -u | tr '\n' ' ')" '^(idle|comp|mix|alloc) ' "... and no node is drained"

# ---- the same with a job that ignores TERM: it is killed, and recorded, before Slurm kills the runner
fresh
cat > deaf.json <<J
{"name": "deaf", $class, "jobs": [
 {"name": "a", "command": "trap '' TERM; while :; do sleep 0.2; done", "resource_requirements": "one"}]}
J
as_user torc-sbatch deaf.json > log 2>&1 || diag "$(cat log)"
running 1
as_user scancel "$(squeue -h -o %A | head -n 1)"
ok "scancel: so is one that ignores TERM" wait_until 40 '[ -n "$(db "SELECT end_usec FROM runner")" ]'
is "$(attempts | head -n 1)" "a|ready|terminated" "... and goes back"

# ---- the end of an allocation comes before the end of a job
fresh
cat > drain.json <<J
{"name": "drain", "execution_config": {"sigterm_lead_seconds": 5, "sigkill_headroom_seconds": 15}, $class, "jobs": [
 {"name": "polite", "command": "trap 'echo stopped > out; exit 9' TERM; [ -e out ] && exit 0; while :; do sleep 0.2; done",
  "resource_requirements": "one", "supports_termination": true},
 {"name": "deaf", "command": "trap '' TERM; [ -e out ] && exit 0; while :; do sleep 0.2; done", "supports_termination": true,
  "resource_requirements": "one"}]}
J
as_user sbatch --wrap "exec torc-run --db $TEST_DIR/torc.db drain.json" -t 1 -c 2 --mem 512 -o drain.log > /dev/null
ok "an allocation that ends before its jobs: they are recorded" wait_until 90 '[ "$(db "SELECT count(*) FROM attempt WHERE end_usec IS NOT NULL")" -ge 2 ]'
is "$(db "SELECT j.name, s.name, r.name, a.exit_code, a.signal FROM attempt a JOIN job j ON j.id = a.job JOIN job_state s ON s.id = a.state
	JOIN attempt_reason r ON r.id = a.reason GROUP BY j.id HAVING a.id = min(a.id) ORDER BY j.id")" \
	"polite|ready|terminated|9|
deaf|ready|terminated||9" "... the polite one by its signal, the deaf one killed, both to go on"
ok "... and the runner has left by itself" wait_until 30 '[ -n "$(db "SELECT end_usec FROM runner")" ]'
is "$(db 'SELECT lost FROM runner')" 0 "... in order"

# ---- Slurm does not answer when a later stage wants its allocation: the runner asks until it does
fresh
cat > query <<'S'
#!/bin/sh
echo >> asked
[ ! -e down ] || { echo "slurm-query: nobody is there" >&2; exit 1; }
exec "$QUERY"
S
chmod 755 query
cat > stages.json <<J
{"name": "stages", "resource_requirements": [{"name": "one", "num_cpus": 1, "memory": "100m", "runtime": "PT1M"},
  {"name": "four", "num_cpus": 4, "memory": "100m", "runtime": "PT1M"}], "jobs": [
 {"name": "a", "command": "touch down", "resource_requirements": "one"},
 {"name": "b", "command": "true", "resource_requirements": "four", "depends_on": ["a"]}]}
J
rm -f down
query=$(ls "$TORC_BUILD/slurm-query" "$TORC_BUILD/submitter/slurm-query" 2> /dev/null | head -n 1)
as_user env TORC_SLURM_QUERY="$TEST_DIR/query" QUERY="$query" torc-sbatch stages.json > log 2>&1 || diag "$(cat log)"
ok "Slurm does not answer" wait_until 40 '[ "$(wc -l < asked)" -ge 2 ]'
rm -f down
ok "... and is asked again, and the next stage runs" ended

# ---- steps by srun
fresh
cat > step.json <<J
{"name": "step", $class, "jobs": [
 {"name": "step", "command": "echo \$SLURM_STEP_ID \$SLURM_CPUS_PER_TASK; i=0; while [ \$i -lt 300000 ]; do i=\$((i + 1)); done", "launcher": "srun", "resource_requirements": "one"},
 {"name": "fails", "command": "sh -c 'exit 4' | cat", "shell": "strict", "launcher": "srun", "resource_requirements": "one"},
 {"name": "signal", "command": "kill -SEGV \$\$", "launcher": "srun", "resource_requirements": "one"},
 {"name": "slow", "command": "sleep $mark.31", "launcher": "srun", "cpus": 1, "memory": "50m", "runtime": "PT2S"},
 {"name": "inside", "command": "srun -n1 true && echo done", "resource_requirements": "one"},
 {"name": "after", "command": "srun -n1 ./load --mem 100 --cpu 0.4 && srun -n1 ./load --mem 50 --cpu 0.2", "cpus": 1, "memory": "200m", "runtime": "PT1M"}]}
J
as_user cp "$TORC_BUILD/tests/load" load
as_user torc-sbatch step.json > log 2>&1 || diag "$(cat log)"
ok "jobs as Slurm steps end" ended
is "$(db "SELECT name, state, coalesce(exit_code, ''), reason FROM job_status ORDER BY id")" "step|completed|0|
fails|failed|4|exit
signal|failed||signal
slow|failed||timeout
inside|completed|0|
after|completed|0|" "... each as it should"
like "$(cat torc_output/*_j1_*.o)" '^[0-9]+ 1$' "... in a step of its own, with its share"
is "$(alive "sleep $mark\.3")" "" "... with nothing left alive"
if [ -f "$plugin" ]; then
	is "$(db "SELECT source FROM job_usage WHERE name = 'step' AND step IS NULL")" spank "its usage comes from the plugin"
	is "$(db "SELECT cpu_user_s + cpu_system_s > 0.05 AND memory_peak_bytes > 0 FROM job_usage WHERE name = 'step' AND step IS NULL")" 1 "... with figures"
	is "$(db "SELECT count(*) FROM job_usage WHERE name = 'inside' AND source = 'spank' AND step IS NOT NULL")" 1 "an srun inside a job has a record of its own"
	as_user torc-report --json > report.json
	is "$(jq -c '.jobs[] | select(.name == "after").attempts[0].usage | [(.memory_peak_low_bytes / 1048576 | . >= 100 and . < 103),
		(.memory_peak_bytes / 1048576 | . >= 100 and . < 120), .cpu_user_s + .cpu_system_s >= 0.6,
		(.cpu_user_s + .cpu_system_s - ([.nodes[] | .cpu_user_s + .cpu_system_s] | add) | fabs) < 0.00001]' report.json)" "[true,true,true,true]" \
		"of two steps, one after the other, the peak is that of the larger, and CPU time is added up" || diag "$(jq '.jobs[] | select(.name == "after")' report.json)"
	like "$(as_user torc show after)" 'memory +10[0-9]m to 1[01][0-9]m at most' "... and it is said between what it was"
	ok "no record is left" wait_until 20 '! ls /run/torc/"$(id -u "$TEST_USER")" 2> /dev/null | grep -qF ".$NODE1."'
else
	skip "the plugin is not built" 6
fi

# ---- what execution_config says of srun; a wrapper writes down how srun was called
as_user mkdir bin
printf '#!/bin/sh\necho "$*" >> srun.log\nexec /usr/bin/srun "$@"\n' > bin/srun
chmod 755 bin/srun
for bind in true false; do
	fresh
	as_user rm -f srun.log
	cat > bind.json <<J
{"name": "bind", "execution_config": {"mode": "slurm", "enable_cpu_bind": $bind},
 $class, "jobs": [{"name": "a", "command": "echo \$SLURM_CPU_BIND_TYPE", "resource_requirements": "one"}]}
J
	as_user env PATH="$TEST_DIR/bin:$TORC_BUILD:$PATH" torc-sbatch bind.json > log 2>&1 || diag "$(cat log)"
	ok "enable_cpu_bind: $bind" ended
	[ $bind = true ] && how=cores || how=none
	like "$(cat srun.log)" "--cpu-bind=$how .*torc-step .*bash -c" "... is what srun is told"
	is "$(cat torc_output/*.o)" $how "... and what the step has"
done

# ---- the output of jobs and steps of an allocation in one file
fresh
cat > stream.json <<J
{"name": "stream", $class, "jobs": [
 {"name": "direct", "command": "echo direct; echo aside >&2", "resource_requirements": "one"},
 {"name": "step", "command": "echo step; echo aside >&2", "launcher": "srun", "resource_requirements": "one"}]}
J
as_user torc-sbatch --stdio stream stream.json > log 2>&1 || diag "$(cat log)"
ok "a workflow of jobs and steps with one stream" ended
wait_until 60 '[ -z "$(squeue -h)" ]'
is "$(ls torc_output | grep -c '^runner_wf1_.*\.stream$') $(ls torc_output | grep -c '^job_')" "$(db 'SELECT count(*) FROM runner') 0" "... has a file for each runner"
is "$(as_user torc logs --stdout direct) $(as_user torc logs --stdout step) $(as_user torc logs --stderr step)" "direct step aside" \
	"... with what each printed"

# ---- whose PATH has no srun does not keep others from it
fresh
cat > path.json <<J
{"name": "path", $class, "jobs": [
 {"name": "a", "command": "true", "launcher": "srun", "env": {"PATH": "/nowhere"}, "resource_requirements": "one"},
 {"name": "b", "command": "true", "launcher": "srun", "resource_requirements": "one", "depends_on": ["a"],
  "cancel_on_blocking_job_failure": false}]}
J
as_user torc-sbatch path.json > log 2>&1 || diag "$(cat log)"
ok "a job whose PATH has no srun, and one after it" ended
is "$(db "SELECT name, state, coalesce(reason, '') FROM job_status ORDER BY id")" "a|failed|spawn_error
b|completed|" "... which has its own PATH"

# ---- a runner that has nothing to do does not hold the CPUs which the job before its next one needs
fresh
cat > between.json <<J
{"name": "between", "compute_node_wait_for_new_jobs_seconds": 600,
 "resource_requirements": [{"name": "half", "num_cpus": 2, "memory": "100m", "runtime": "PT1M"},
  {"name": "whole", "num_cpus": 4, "memory": "100m", "runtime": "PT1M"}], "jobs": [
 {"name": "a", "command": "true", "resource_requirements": "half"},
 {"name": "b", "command": "true", "resource_requirements": "whole", "depends_on": ["a"]},
 {"name": "c", "command": "true", "resource_requirements": "half", "depends_on": ["b"]}]}
J
as_user torc-sbatch between.json -- -w "$NODE1" --time=60 > log 2>&1 || diag "$(cat log)"
ok "a job that needs the whole node, between two that need half of it" ended
is "$(db "SELECT group_concat(DISTINCT state) FROM job_status")" completed "... all completed"

# ---- several tasks of one step: the first runs the workflow
fresh
echo '{"name": "tasks", "jobs": [{"name": "a", "command": "echo ran >> ran"}]}' > tasks.json
as_user srun -n 2 torc-run tasks.json > log 2>&1
is $? 0 "srun -n 2 torc-run" || diag "$(cat log)"
is "$(cat ran) $(db "SELECT count(*) FROM workflow")" "ran 1" "... runs the workflow once"
like "$(cat log)" 'task 1 of 2: the first task runs the workflow, this one ends' "... and says so"
done_testing

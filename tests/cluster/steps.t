#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Jobs as Slurm steps, without the plugin: they end as those that are started directly. And GPUs: no two jobs on one device.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

slow=${TEST_SLOW:-1} # limits that jobs run into leave time for what they do before
cluster_start --nodes 1 --cpus 4 --memory 2048 --gpus 2 --conf KillWait=$((8 * slow)) --conf MessageTimeout=$((slow > 1 ? 100 : 10))
export TEST_COMMAND_SECS=120
install -m 755 "$TORC_BUILD/tests/load" load
mark=2000$$

db() { [ -s torc.db ] && sqlite3 -cmd '.timeout 20000' torc.db "$@"; }
fresh() {
	[ ! -s torc.db ] || as_user torc cancel --last > cancel.log 2>&1
	wait_until 60 '[ -z "$(squeue -h)" ]'
	as_user rm -rf torc.db* torc_output went begun began go
}
ended() { wait_until 90 '[ "$(db "SELECT state FROM workflow")" = 1 ]'; }
jobs() { db "SELECT name, state, coalesce(exit_code, ''), coalesce(signal, ''), reason FROM job_status ORDER BY id"; }
attempts() { db "SELECT j.name, s.name, coalesce(r.name, '') FROM attempt a JOIN job j ON j.id = a.job
	JOIN job_state s ON s.id = a.state LEFT JOIN attempt_reason r ON r.id = a.reason ORDER BY j.id, a.id"; }
alive() { pgrep -f -- "$1" | grep -vx $$; }
asked() { grep -cE 'REQUEST_(CANCEL|KILL)_JOB_STEP' "$SANDBOX_DIR"/log/slurmctld.log; }
classes='"resource_requirements": [{"name": "one", "num_cpus": 1, "memory": "60m", "runtime": "PT'$slow'M"},
 {"name": "short", "num_cpus": 1, "memory": "60m", "runtime": "PT'$((3 * slow))'S"}]'
scontrol setdebugflags +protocol > /dev/null 2>&1

# ---- how they end; of one srun makes no step in time
as_user mkdir bin
printf '#!/bin/sh\nexec sleep %s.7\n' $mark > bin/srun
chmod 755 bin/srun
cat > ends.json <<J
{"name": "ends", "execution_config": {"mode": "slurm", "srun_termination_signal": "TERM@$((3 * slow))"}, $classes, "jobs": [
 {"name": "well", "command": "echo \$SLURM_CPUS_PER_TASK; sed -n 's/^Cpus_allowed_list:.//p' /proc/self/status", "resource_requirements": "one"},
 {"name": "code", "command": "exit 139", "resource_requirements": "one"},
 {"name": "signal", "command": "kill -SEGV \$\$", "resource_requirements": "one"},
 {"name": "oom", "command": "./load --mem 200", "resource_requirements": "one"},
 {"name": "child", "command": "./load --mem 200; exit 0", "resource_requirements": "one"},
 {"name": "near", "command": "./load --mem 52", "resource_requirements": "one"},
 {"name": "polite", "command": "trap 'echo stopped; exit 0' TERM; while :; do sleep 0.1; done", "resource_requirements": "short"},
 {"name": "deaf", "command": "trap 'echo asked' TERM; while :; do sleep 0.1; done", "resource_requirements": "short"},
 {"name": "nested", "command": "trap 'wait; exit 7' TERM; bash -c \"trap 'echo told; exit 0' TERM; sleep $mark.6 & wait\" & wait", "resource_requirements": "short"},
 {"name": "unborn", "command": "true", "env": {"PATH": "$TEST_DIR/bin:/usr/bin:/bin"}, "resource_requirements": "short"},
 {"name": "leaves", "command": "setsid sleep $mark.1 & env -i sleep 0.1", "resource_requirements": "one"}]}
J
as_user torc-sbatch ends.json > log 2>&1 || diag "$(cat log)"
ok "jobs as Slurm steps end" ended
is "$(jobs)" "well|completed|0||
code|failed|139||exit
signal|failed||11|signal
oom|failed||9|oom
child|completed|0||
near|completed|0||
polite|failed|0||timeout
deaf|failed||9|timeout
nested|failed|7||timeout
unborn|failed||15|timeout
leaves|completed|0||" "... as those do that are started directly"
is "$(cat torc_output/*_j7_*.o torc_output/*_j8_*.o torc_output/*_j9_*.o)" "stopped
asked
told" "... at their runtime limit they get the workflow's signal, and then a while"
is "$(db "SELECT name FROM attempt a JOIN job j ON j.id = a.job WHERE a.message LIKE 'it completed, but one of its processes was killed for memory%'")" child \
	"... a child that was killed for memory is told of"
is "$(alive "sleep $mark\.")" "" "... and nothing is left of them"
is "$(db "SELECT group_concat(DISTINCT source) FROM job_usage")" "cgroup$([ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] && echo 2 || echo 1)" \
	"what they used is from the cgroup that Slurm made for each"
is "$(db "SELECT name, memory_peak_bytes > 50000000, oom_kills, memory_limit_bytes / 1048576 FROM job_usage WHERE name IN ('oom', 'near') ORDER BY name")" \
	"near|1|0|60
oom|1|1|60" "... exact, an OOM too"
is "$(db "SELECT count(*), sum(name = 'unborn') FROM job_usage")" "10|0" "... and nothing is said of one that nobody has measured"

# ---- the end of the runner's time: a checkpoint, and the rest in the next allocation; a job's own srun is no different
fresh
save="trap 'echo saved > NAME.saved; exit 3' USR1; [ -e NAME.saved ] && exit 0; touch went; while :; do sleep 0.1; done"
cat > end.json <<J
{"name": "end", "execution_config": {"mode": "slurm", "srun_termination_signal": "USR1@$((4 * slow))", "sigkill_headroom_seconds": $((2 * slow))}, $classes, "jobs": [
 {"name": "polite", "command": "${save//NAME/a}", "resource_requirements": "one", "supports_termination": true},
 {"name": "inner", "command": "srun -n1 bash inner.sh", "launcher": "direct", "resource_requirements": "one", "supports_termination": true},
 {"name": "quits", "command": "trap 'exit 0' USR1; while :; do sleep 0.1; done", "resource_requirements": "one", "supports_termination": true},
 {"name": "deaf", "command": "[ -e a.saved ] && exit 0; trap '' USR1; while :; do sleep 0.1; done", "resource_requirements": "one", "supports_termination": true}]}
J
echo "${save//NAME/b}" > inner.sh
as_user sbatch --wrap "exec torc-run --db $TEST_DIR/torc.db --time $((12 * slow))s end.json" -c 4 --mem 1000 -o end.log > /dev/null
ok "a runner whose time ends before its jobs" wait_until 60 '[ "$(db "SELECT count(*) FROM attempt WHERE end_usec IS NOT NULL")" -ge 4 ]'
is "$(attempts | awk -F '|' '!seen[$1]++')" "polite|ready|terminated
inner|ready|terminated
quits|completed|
deaf|ready|terminated" "... one that exits 0 at the signal has completed, the others are to go on"
is "$(cat a.saved b.saved)" "saved
saved" "... each task got the signal, and time to save"
is "$(db "SELECT j.name, coalesce(a.exit_code, ''), coalesce(a.signal, '') FROM attempt a JOIN job j ON j.id = a.job WHERE j.name IN ('polite', 'deaf') GROUP BY j.id ORDER BY j.id")" \
	"polite|3|
deaf||9" "... one that ignores it is killed"
wait_until 30 '[ -n "$(db "SELECT end_usec FROM runner LIMIT 1")" ]'
[ "$(db "SELECT state FROM workflow")" = 1 ] || as_user sbatch --wrap "exec torc-run --db $TEST_DIR/torc.db --workflow 1" -c 4 --mem 1000 -o end2.log > /dev/null
ok "... and they go on" ended
is "$(jobs | cut -d '|' -f 1,2)" "polite|completed
inner|completed
quits|completed
deaf|completed" "... to their end"
is "$(asked)" 0 "no request to Slurm was made for any of their ends"

# ---- the allocation is taken away, and the workflow canceled: nothing is left
fresh
cat > away.json <<J
{"name": "away", "execution_config": {"mode": "slurm"}, $classes, "jobs": [
 {"name": "a", "command": "touch begun; trap 'touch went; exit 7' TERM; sleep $mark.2 & wait", "resource_requirements": "one"}]}
J
begin() {
	as_user torc-sbatch away.json > log 2>&1 || diag "$(cat log)"
	wait_until 60 '[ -e begun ]'
}
begin
as_user scancel "$(squeue -h -o %A | head -n 1)"
ok "scancel: the job is recorded" wait_until 40 '[ "$(db "SELECT count(*) FROM attempt WHERE end_usec IS NOT NULL")" -ge 1 ]'
is "$(attempts | head -n 1) $(ls went)" "a|ready|terminated went" "... it got its signal, and goes back"
fresh
begin
as_user torc cancel --last > log 2>&1
ok "torc cancel ends a step" wait_until 40 '[ "$(attempts)" = "a|canceled|canceled" ]'
ok "... which got its signal" [ -e went ]
ok "... nothing is left of it" wait_until 20 '[ -z "$(alive "sleep $mark\.2")" ]'

# ---- an srun inside of a step, and steps that a killed srun leaves
fresh
cat > inner.json <<J
{"name": "inner", "execution_config": {"sigterm_lead_seconds": $((2 * slow))}, $classes, "jobs": [
 {"name": "polite", "command": "srun -n1 bash inner.sh", "launcher": "srun", "resource_requirements": "one"},
 {"name": "deaf", "command": "srun -n1 bash inner.sh deaf", "launcher": "srun", "resource_requirements": "one"},
 {"name": "direct", "command": "srun -n1 bash inner.sh deaf", "resource_requirements": "one"},
 {"name": "leaves", "command": "srun -n1 bash inner.sh deaf & until grep leaves began; do sleep 0.1; done", "launcher": "srun", "resource_requirements": "one"}]}
J
cat > inner.sh <<S
trap "\${1:+:} echo told >> told; \${1:+:} exit 7" TERM
echo \$TORC_JOB_NAME >> began
while :; do sleep $mark.8; done
S
as_user torc-sbatch inner.json > log 2>&1 || diag "$(cat log)"
wait_until 60 '[ "$(sort -u began 2> /dev/null | wc -l)" = 4 ] && db "SELECT 1 FROM job_status WHERE state = '"'completed'"'" | grep -q 1' || diag "$(cat began)"
as_user torc cancel --class one > cancel.log 2>&1 || diag "$(cat cancel.log)"
ok "jobs with an srun of their own are ended" ended
is "$(db "SELECT name, state, coalesce(exit_code, ''), coalesce(signal, ''), coalesce(warnings, '') FROM job_status ORDER BY id")" "polite|canceled|7||
deaf|canceled||9|
direct|canceled||9|
leaves|completed|0||background_killed,steps_not_counted" "... a task in a step in a step gets the signal; what is not in the usage is told of"
is "$(cat told)" told "... once"
is "$(alive "inner.sh|sleep $mark\.8")" "" "... and nothing is left of them"

# ---- the allocation is suspended: that time does not count
fresh
wait="echo >> began; until [ -e go ]; do sleep 0.1; done"
cat > suspended.json <<J
{"name": "suspended", $classes, "jobs": [
 {"name": "step", "command": "$wait", "launcher": "srun", "resource_requirements": "one"},
 {"name": "direct", "command": "$wait", "resource_requirements": "one"},
 {"name": "inner", "command": "srun -n1 bash -c '$wait'", "resource_requirements": "one"}]}
J
as_user torc-sbatch suspended.json > log 2>&1 || diag "$(cat log)"
wait_until 60 '[ "$(wc -l < began)" = 3 ]' || diag "$(cat log)"
allocation=$(squeue -h -o %A)
scontrol suspend "$allocation"
runner=$(db 'SELECT pid FROM runner')
wait_until 20 'grep -qE "freez|refrigerator|signal_stop" "/proc/$runner/wchan"' || diag "$(cat "/proc/$runner/wchan")"
since=$EPOCHSECONDS
wait_until 20 '[ $((EPOCHSECONDS - since)) -ge 5 ]'
as_user touch go
scontrol resume "$allocation"
ok "jobs of an allocation that was suspended end" ended
is "$(jobs | cut -d '|' -f 1-3)" "step|completed|0
direct|completed|0
inner|completed|0" "... well"
is "$(db "SELECT count(*) FROM job_status s JOIN attempt a ON a.job = s.id WHERE wall_s + 2.5 < (end_usec - start_usec) / 1e6")" 3 \
	"... in the time in which they ran" || diag "$(db "SELECT name, wall_s, (end_usec - start_usec) / 1e6 FROM job_status s JOIN attempt a ON a.job = s.id")"

# ---- srun is killed, its runner is killed: the step goes with them, before anything else has its share
fresh
begin
pkill -KILL -u "$TEST_USER" -x -f 'srun --overlap .*--job-name=a .*torc-step.*'
ok "a step whose srun is killed has failed" wait_until 40 '[ "$(jobs | cut -d "|" -f 1,2)" = "a|failed" ]'
is "$(alive "sleep $mark\.2")" "" "... and nothing is left of it"
fresh
cat > killed.json <<J
{"name": "killed", $classes, "jobs": [
 {"name": "step", "command": "sleep $mark.2", "launcher": "srun", "resource_requirements": "one"},
 {"name": "inner", "command": "srun -n1 sleep $mark.9", "resource_requirements": "one"}]}
J
tasks() { for p in $(pgrep -f "^[^ ]*sleep $mark\.[29]$"); do tr '\0' '\n' < "/proc/$p/environ"; done 2> /dev/null | grep -c "^TORC_STEP_ATTEMPT=1.$1$"; }
blind() { # srun has a child that asks Slurm to end its step when it dies; it is not to help here
	for pid in $(pgrep -u "$TEST_USER" -f "^srun .*sleep $mark\.[29]$"); do pkill -KILL -P "$pid" -x srun; done
}
last() { db 'SELECT pid FROM runner ORDER BY id DESC LIMIT 1'; }
as_user sbatch --wrap "torc-run --db $TEST_DIR/torc.db killed.json; until [ -e go ]; do sleep 0.1; done" -c 4 --mem 1000 -o killed.log > /dev/null
wait_until 60 '[ "$(tasks 1)" = 2 ]' || diag "$(cat killed.log)"
blind
kill -KILL "$(last)"
ok "a runner is killed: another one in its place starts its jobs again" wait_until 60 '[ "$(tasks 2)" = 2 ]' || diag "$(cat killed.log)"
is "$(tasks 1)" 0 "... when nothing is left of what ran, not even in steps by an srun of a job's own"
blind
runner=$(last)
kill -STOP "$runner"
kill -KILL "$(ps -o ppid= -p "$runner" | tr -d ' ')" "$runner"
ok "none is in its place: a step ends by itself, though its allocation goes on" wait_until 40 '[ -z "$(alive "sleep $mark\.2")" ]' || diag "$(cat killed.log)"
is "$(squeue -h -o %T)" RUNNING "... which it does"
as_user touch go

# ---- GPUs. Whoever has a device holds its lock, with all that it leaves; so a clash is seen.
cat > gpu <<'S'
#!/bin/bash
# gpu whole|half COMMAND…: with the job's devices locked; `clash` says which two had one
take() { # DEVICE KIND
	exec {fd}>> "lock.$1"
	[ "$2" = whole ] && { flock -n "$fd" || echo "$1 $TORC_JOB_NAME" >> clash; return; }
	flock -sn "$fd" || echo "$1 $TORC_JOB_NAME" >> clash
	for part in 1 2; do
		exec {fd}>> "lock.$1.$part"
		flock -n "$fd" && return
	done
	echo "$1 $TORC_JOB_NAME" >> clash
}
for device in ${CUDA_VISIBLE_DEVICES//,/ }; do take "$device" "$1"; done
echo "$TORC_JOB_NAME $CUDA_VISIBLE_DEVICES" >> used
shift
exec "$@"
S
chmod 755 gpu
fresh
cat > gpus.json <<J
{"name": "gpus", "execution_config": {"sigterm_lead_seconds": $slow, "sigkill_headroom_seconds": $slow}, "resource_requirements": [
 {"name": "whole", "num_cpus": 1, "num_gpus": 1, "memory": "60m", "runtime": "PT${slow}M"},
 {"name": "brief", "num_cpus": 1, "num_gpus": 1, "memory": "60m", "runtime": "PT$((2 * slow))S"},
 {"name": "two", "num_cpus": 1, "num_gpus": 2, "memory": "60m", "runtime": "PT${slow}M"},
 {"name": "half", "num_cpus": 1, "num_gpus": 0.5, "memory": "60m", "runtime": "PT${slow}M"},
 {"name": "none", "num_cpus": 1, "memory": "60m", "runtime": "PT${slow}M"}],
 "failure_handlers": [{"name": "again", "rules": [{"match_all_exit_codes": true, "max_retries": 2, "recovery_script": "./gpu whole sleep 0.2"}]}],
 "jobs": [
 {"name": "long_a", "command": "./gpu whole bash -c '[ -e go ] || sleep $mark.3'", "resource_requirements": "whole", "priority": 9},
 {"name": "long_b", "command": "./gpu whole bash -c '[ -e go ] || sleep $mark.3'", "resource_requirements": "whole", "launcher": "srun", "priority": 9},
 {"name": "direct_{i}", "parameters": {"i": "1:3"}, "command": "./gpu whole sleep 0.2", "resource_requirements": "whole"},
 {"name": "step_{i}", "parameters": {"i": "1:3"}, "command": "./gpu whole sleep 0.2", "resource_requirements": "whole", "launcher": "srun"},
 {"name": "two_{i}", "parameters": {"i": "1:2"}, "command": "./gpu whole sleep 0.2", "resource_requirements": "two"},
 {"name": "half_{i}", "parameters": {"i": "1:4"}, "command": "./gpu half sleep 0.2", "resource_requirements": "half"},
 {"name": "inner", "command": "srun -n1 ./gpu whole sleep 0.2", "resource_requirements": "whole"},
 {"name": "leaves", "command": "./gpu whole bash -c '(setsid sleep $mark.4 &)'", "resource_requirements": "whole", "launcher": "srun"},
 {"name": "fails_{i}", "parameters": {"i": "1:2"}, "command": "./gpu whole bash -c 'sleep 0.1; [ \$TORC_ATTEMPT_ID = 3 ]'", "resource_requirements": "whole", "failure_handler": "again"},
 {"name": "retried", "command": "./gpu whole bash -c 'sleep 0.1; [ \$TORC_ATTEMPT_ID = 2 ]'", "resource_requirements": "whole", "failure_handler": "again", "launcher": "srun"},
 {"name": "oom", "command": "./gpu whole ./load --mem 200", "resource_requirements": "whole", "launcher": "srun"},
 {"name": "slow", "command": "./gpu whole sleep $mark.5", "resource_requirements": "brief", "launcher": "srun"},
 {"name": "deaf", "command": "./gpu whole bash -c 'trap \"\" TERM; sleep $mark.5'", "resource_requirements": "brief"},
 {"name": "cpu", "command": "echo \"[\$CUDA_VISIBLE_DEVICES]\"", "resource_requirements": "none"},
 {"name": "cpu_step", "command": "echo \"[\$CUDA_VISIBLE_DEVICES]\"", "resource_requirements": "none", "launcher": "srun"},
 {"name": "cpu_inner", "command": "srun -n1 bash -c 'echo \"[\$CUDA_VISIBLE_DEVICES]\"'", "resource_requirements": "none"}]}
J
as_user sbatch --wrap "exec torc-run --db $TEST_DIR/torc.db gpus.json" -t $((3 * slow)) -c 4 --mem 1000 --gres=gpu:2 -o gpus.log > /dev/null
ok "two jobs have a GPU each" wait_until 60 '[ "$(sort used)" = "long_a 0
long_b 1" ] || [ "$(sort used)" = "long_a 1
long_b 0" ]'
wait_until 60 '[ "$(jobs | grep -c "^cpu.*|completed")" = 3 ]' # those that need no GPU have run beside them
as_user touch go
kill -KILL "$(db 'SELECT pid FROM runner ORDER BY id DESC LIMIT 1')"
ok "their runner is killed, and goes on with them and all others" ended
is "$(jobs | grep -v '|completed|0')" "oom|failed||9|oom
slow|failed||15|timeout
deaf|failed||9|timeout" "... to their end" || diag "$(cat gpus.log)"
is "$(db 'SELECT count(*) FROM runner') $(attempts | grep -c lost)" "2 2" "... what ran then runs once more"
is "$(db "SELECT j.name, count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE j.name IN ('fails_1', 'fails_2', 'retried') GROUP BY j.id")" \
	"fails_1|3
fails_2|3
retried|2" "... failed ones are tried again, with GPUs"
is "$(cat clash 2>&1)" "cat: clash: No such file or directory" "no two jobs ever had one device, nor three halves of it"
is "$(cut -d ' ' -f 2 used | sort | uniq | tr '\n' ' ')" "0 0,1 1 " "... and both were used"
is "$(for job in $(db "SELECT id FROM job WHERE name LIKE 'cpu%'"); do cat torc_output/job_wf1_j"$job"_*.o; done)" "[]
[]
[]" "who asks for no GPU sees none, in steps too"
is "$(alive "sleep $mark\.")" "" "and nothing is left of any of them"

fresh
cp -r "$TORC_TOP/examples" . && chown -R "$TEST_USER:" examples
as_user torc-sbatch --wait examples/gpus/workflow.yaml > log 2>&1
is $? 0 "the example with GPUs" || diag "$(cat log)"
is "$(cat torc_output/*.e | sort | uniq -c | wc -l) $(cat torc_output/*.e | wc -l)" "2 6" "... six of its jobs had GPUs, and both were used"
like "$(cat gpus.out/best.txt)" '^0\.0[0-9]* seed [123]$' "... and the best is chosen"

# ---- what steps do on GPUs is their jobs': by a library that says what files say (tests/local/nvml.c) ----
fresh
as_user mkdir stub lib
install -m 755 "$TORC_BUILD/tests/local/.libs/nvml.so" lib/libnvidia-ml.so.1
as_user sh -c 'echo "GPU-a0 NVIDIA H200" > stub/devices; echo "GPU-a1 NVIDIA H200" >> stub/devices'
cat > on <<'S'
#!/bin/bash
# on MIB: is on the first device until it was looked at some times
looks() { cat "$NVML_STUB/0.looks" 2> /dev/null || echo 0; }
first=$(looks)
echo "$CUDA_VISIBLE_DEVICES"
echo "$$ $1" > "$NVML_STUB/0.processes"
until [ $(($(looks) - first)) -ge 4 ]; do read -rt 0.01 < <(:); done
: > "$NVML_STUB/0.processes"
S
chmod 755 on
cat > seen.json <<J
{"name": "seen", "resource_requirements": [{"name": "gpu", "num_cpus": 1, "num_gpus": 1, "memory": "60m", "runtime": "PT1M"}], "jobs": [
 {"name": "direct", "command": "./on 300", "resource_requirements": "gpu"},
 {"name": "step", "command": "./on 400", "resource_requirements": "gpu", "launcher": "srun"},
 {"name": "inner", "command": "srun -n1 ./on 500", "resource_requirements": "gpu"}]}
J
as_user sbatch --wait --wrap "export NVML_STUB=$TEST_DIR/stub LD_LIBRARY_PATH=$TEST_DIR/lib; exec torc-run --db $TEST_DIR/torc.db seen.json" \
	-t 3 -c 4 --mem 1000 --gres=gpu:1 -o gpus.log > /dev/null
is "$(as_user torc-report --db torc.db --json | jq -c '[.jobs[] | [.name, (.attempts[0].usage.gpus[] | .uuid, .given, .memory_peak_bytes / 1048576)]]')" \
	'[["direct","GPU-a0",true,300],["step","GPU-a0",true,400],["inner","GPU-a0",true,500]]' \
	"what a job and its steps had on a GPU is told of it" || diag "$(cat gpus.log stub/*)"
is "$(cat torc_output/*.o | sort | uniq -c | xargs)" "3 GPU-a0" "... and they were told the device by UUID"
done_testing

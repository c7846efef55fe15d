#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# torc-run that is killed, interrupted, taken up again, or not alone.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

running() { [ "$(query "SELECT count(*) FROM job WHERE workflow = $1 AND state = 4")" = "$2" ]; }
started() { wait_until 20 "running $1 $2" || bail_out "the jobs do not run: $(cat log)"; }
# lost_before WORKFLOW N: so many attempts were lost, and the next one runs
lost_before() { wait_until 20 '[ "$(query "SELECT sum(a.state = 2), sum(a.end_usec IS NULL) FROM attempt a JOIN job j ON j.id = a.job WHERE j.workflow = '"$1"'")" = "'"$2"'|1" ]' || bail_out "it does not run again: $(attempts "$1")"; }
attempts() { query "SELECT j.name, coalesce(s.name, 'open'), coalesce(r.name, '') FROM attempt a JOIN job j ON j.id = a.job
	LEFT JOIN job_state s ON s.id = a.state LEFT JOIN attempt_reason r ON r.id = a.reason WHERE j.workflow = $1 ORDER BY j.id, a.id"; }

mark=1000$$

# ---- the runner is killed: its jobs end, and its keeper starts it again ----
cat > long.json <<J
{"name": "long", "jobs": [
 {"name": "first", "command": "true"},
 {"name": "tree", "command": "[ -e go ] || { setsid sleep $mark.11 & (sleep $mark.12 &); sleep $mark.13; }", "depends_on": ["first"]},
 {"name": "last", "command": "true", "depends_on": ["tree"]}]}
J
start_run long.json
started 1 1
wait_until 10 '[ "$(alive "sleep $mark\.1" | wc -l)" = 3 ]'
touch go
kill -KILL "$runner"
await "$pid"
is $? 0 "torc-run whose runner is killed goes on by itself" || diag "$(cat log)"
is "$(alive "sleep $mark\.1")" "" "... and leaves nothing of its jobs alive"
like "$(cat log)" "killed by signal 9 .*started again .1 of 3 times" "... and says so"
is "$(query 'SELECT count(*), max(workflow) FROM runner')" "2|1" "... on the same workflow"
is "$(attempts 1)" "first|completed|
tree|ready|lost
tree|completed|
last|completed|" "... and what had not ended ran again, once, and nothing else"
rm go

# ---- runner and keeper are killed at once ----
start_run long.json
started 2 1
wait_until 10 '[ "$(alive "sleep $mark\.1" | wc -l)" = 3 ]'
kill -STOP "$pid" "$runner" # else the runner may still act on the death of its keeper
kill -KILL "$runner" "$pid" # in this order: the kernel lets a stopped process go on when its group is orphaned
await "$pid" 2>/dev/null
touch go
TORC_WORKFLOW_ID=2 SLURM_STEP_ID=0 sleep $mark.41 & # as a step that a job of another runner has started
step=$!
run --workflow 2
is $rc 0 "runner and keeper killed at once: the run can be taken up" || diag "$(cat log)"
is "$(alive "sleep $mark\.1")" "" "... which ends what the killed one left"
ok "... and no task of a Slurm step" kill "$step"
rm go

# ---- the keeper alone is killed ----
start_run long.json
started 3 1
kill -KILL "$runner"
next_runner
lost_before 3 1
kill -KILL "$pid"
await "$pid" 2>/dev/null
ok "keeper killed, after it started the runner again: the runner ends its jobs and leaves" wait_until 10 '! kill -0 "$runner"'
is "$(alive "sleep $mark\.1")" "" "... nothing is left"
is "$(attempts 3)" "first|completed|
tree|ready|lost
tree|ready|terminated" "... and what ran is recorded, and can go on"

# ---- ^C ----
start_run long.json
started 4 1
kill -INT "$pid"
await "$pid"
is $? 130 "interrupted once: exit code 130"
is "$(attempts 4)" "first|completed|
tree|terminated|terminated" "... the job is terminated"
is "$(alive "sleep $mark\.1")" "" "... and nothing of it is left"
cat > deaf.json <<J
{"name": "deaf", "jobs": [{"name": "a", "command": "trap '' TERM; echo > deaf; while :; do sleep $mark.14; done"}]}
J
start_run deaf.json
started 5 1
wait_until 10 '[ -e deaf ]'
kill -KILL "$runner"
next_runner
lost_before 5 1
kill -INT "$pid"
wait_until 10 'grep -q "once more" log'
kill -INT "$pid"
await "$pid"
is $? 130 "interrupted twice, after a runner that was killed: a job that ignores TERM is killed"
is "$(alive "sleep $mark\.1") $(attempts 5)" " a|ready|lost
a|terminated|terminated" "... and recorded"

# ---- two at once ----
awk 'BEGIN { print "{\"name\": \"many\", \"jobs\": ["; for (i = 0; i < 300; i++) printf "%s{\"name\": \"j%d\", \"command\": \"echo x >> out.%d\"%s}\n", (i ? "," : ""), i, i, (i < 100 ? "" : ", \"depends_on\": [\"j" (i - 100) "\"]"); print "]}" }' > many.json
start_run many.json
wait_until 10 '[ "$(query "SELECT count(*) FROM workflow")" = 6 ]'
timed torc-run --cpus 2 --memory 2g --workflow 6 > log2 2>&1
rc2=$?
await "$pid"
is "$? $rc2" "0 0" "two torc-run on one workflow end well" || diag "$(cat log log2)"
is "$(cat out.* | wc -l) $(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE workflow = 6") $(query "SELECT count(*) FROM job WHERE workflow = 6 AND state = 5")" \
	"300 300 300" "... and no job ran twice"
start_run long.json
started 7 1
timed torc-run --cpus 2 --memory 2g diamond.json > /dev/null 2>&1
echo '{"name": "x", "jobs": [{"name": "a", "command": "true"}]}' > x.json
run x.json
is $rc 0 "another workflow in the same database runs beside it"
torc-run --cpus 2 --memory 2g long.json > log3 2>&1 &
second=$!
wait_until 10 'grep -q "has not ended" log3'
like "$(cat log3)" "workflow 7 of the same file has not ended.*--workflow 7" "a second run of a file names the unfinished one"
kill -QUIT "$pid" "$second"
await "$pid"
await "$second"
is "$(alive "sleep $mark\.1")" "" "SIGQUIT kills at once"

# ---- everything is suspended, as Slurm does it: that time counts in no limit ----
cat > suspended.json <<'J'
{"name": "suspended", "jobs": [{"name": "a", "cpus": 1, "memory": "100m", "runtime": "PT3S",
  "command": "echo $$ > job.pid; i=0; while [ $i -lt 10 ]; do sleep 0.1; i=$((i + 1)); done"},
 {"name": "b", "cpus": 1, "memory": "100m", "runtime": "PT1S", "command": "sleep 300", "depends_on": ["a"]}]}
J
start_run suspended.json
wait_until 20 '[ -s job.pid ]' || bail_out "the job does not run: $(cat log)"
kill -STOP "$(cat job.pid)" "$runner"
since=$EPOCHSECONDS
wait_until 20 '[ $((EPOCHSECONDS - since)) -ge 5 ]'
kill -CONT "$(cat job.pid)" "$runner"
await "$pid"
is "$? $(jobs | tail -n 2 | xargs)" "1 a completed b failed timeout" "a job that was suspended for longer than its runtime completes" || diag "$(cat log)"
ok "... and its time is that in which it ran" [ "$(query "SELECT max(wall_s) < 3 FROM job_status WHERE name = 'a' AND wall_s > 0 AND workflow = (SELECT max(id) FROM workflow)")" = 1 ]
ok "... as is the runtime of a job that is started afterwards" [ "$(query "SELECT max(end_usec - start_usec) BETWEEN 1e6 AND 4e6 FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = 'b' AND j.workflow = (SELECT max(id) FROM workflow)")" = 1 ]

# ---- time ----
start_run --time 12s long.json
await "$pid"
is $? 1 "torc-run --time ends in time, with jobs that did not complete"
is "$(attempts "$(query 'SELECT max(id) FROM workflow')" | tail -n 1)" "tree|ready|terminated" "... which can go on"

# ---- the warning that the allocation ends: the runner that knows when keeps to that, as Slurm warns up to a minute early ----
cat > warned.json <<J
{"name": "warned", "execution_config": {"sigterm_lead_seconds": 5, "sigkill_headroom_seconds": 5}, "jobs": [
 {"name": "a", "command": "until [ -e go ]; do sleep 0.02; done"}, {"name": "b", "command": "true", "depends_on": ["a"]}]}
J
mkdir bin
cat > bin/squeue <<'S'
#!/bin/sh
cat end 2> /dev/null
echo asked >> asked
S
chmod 755 bin/squeue
# in_allocation END: a runner as Slurm starts one; END 0: nobody says when it ends
in_allocation() {
	rm -f go asked
	id=$(($(query 'SELECT max(id) FROM workflow') + 1))
	PATH=$PWD/bin:$PATH SLURM_JOB_ID=7 SLURM_CPUS_ON_NODE=2 SLURM_MEM_PER_NODE=2048 SLURM_JOB_END_TIME=$1 start_run warned.json
	started "$id" 1
}
in_allocation $((EPOCHSECONDS + 3600))
kill -USR1 "$pid"
ok "warned long before the end, the runner asks Slurm when that is" wait_until 20 '[ -s asked ]'
touch go
await "$pid"
is "$? $(attempts "$id" | xargs)" "0 a|completed| b|completed|" "... and without an answer its jobs go on, and new ones start" || diag "$(cat log)"
date -d '+9 seconds' '+7|%Y-%m-%dT%H:%M:%S|' > end
in_allocation $((EPOCHSECONDS + 3600))
kill -USR1 "$pid"
await "$pid"
is "$? $(attempts "$id" | xargs)" "1 a|ready|terminated" "an end that was moved to the front is what it keeps to" || diag "$(cat log)"
rm end
in_allocation 0
kill -USR1 "$pid"
await "$pid"
is "$? $(attempts "$id" | xargs)" "1 a|ready|terminated" "where nobody knows the end, the warning is believed" || diag "$(cat log)"

# ---- ^C on a terminal ----
script -qec "torc-run --cpus 2 --memory 2g long.json" tty > log < /dev/null &
pid=$!
id=$(($(query 'SELECT max(id) FROM workflow') + 1))
started "$id" 1
wait_until 10 'grep -qa "1 of 3 jobs ended" tty'
kill -INT "$(query "SELECT pid FROM runner WHERE workflow = $id")"
await "$pid"
ok "the line of progress is one line of a terminal of any width" grep -qa $'\r\033\\[K\033\\[?7l1 of 3 jobs ended, 1 running, 0 failed[^\r]*\033\\[?7h' tty
ok "... and makes way for messages" grep -qa $'\r\033\\[Ktorc-run: ending 1 running job; once more to kill it' tty

# ---- killed again and again ----
start_run --time 1h long.json
id=$(query 'SELECT max(id) FROM workflow')
started "$id" 1
for lost in 1 2 3; do
	kill -KILL "$runner"
	next_runner
	lost_before "$id" "$lost"
done
kill -KILL "$runner"
await "$pid"
is "$? $(grep -c 'started again' log)" "4 3" "a runner that is killed a fourth time in a row is not started again" || diag "$(cat log)"
like "$(tail -n 1 log)" "to go on where it was, run: torc-run --workflow $id" "... and what to do is said"
is "$(alive "sleep $mark\.1")" "" "... nothing of its jobs is alive"
touch go
run --workflow "$id"
is "$rc $(attempts "$id" | grep -c lost)" "0 4" "... torc-run --workflow takes it up" || diag "$(cat log)"
rm go
jq -n '{name: "series", jobs: [range(6) | {name: "s\(.)", command: "until [ -e go.\(.) ]; do sleep 0.02; done"} + if . > 0 then {depends_on: ["s\(. - 1)"]} else {} end]}' > series.json
start_run series.json
id=$((id + 1))
for ((i = 0; i < 6; i++)); do
	wait_until 20 '[ "$(query "SELECT name FROM job WHERE state = 4 AND workflow = $id")" = s$i ]'
	kill -KILL "$runner"
	next_runner
	lost_before "$id" $((i + 1))
	touch go.$i
done
await "$pid"
is "$? $(attempts "$id" | grep -c lost) $(attempts "$id" | grep -c completed) $(grep -c '1 of 3' log)" "0 6 6 6" "six times with a job that ends in between is not in a row" || diag "$(cat log)"
start_run long.json
id=$((id + 1))
started "$id" 1
kill -STOP "$runner"
kill -TERM "$pid"
kill -KILL "$runner"
await "$pid"
isnt $? 0 "killed after it was told to end: it is not started again"
is "$(query "SELECT count(*) FROM runner WHERE workflow = $id")" 1 "... there was one" || diag "$(cat log)"

# ---- everybody sees that the runner is dead, and nobody waits for it ----
died() { # a workflow whose keeper and runner were killed: its id in $id
	start_run long.json
	id=$(query 'SELECT max(id) FROM workflow')
	started "$id" 1
	kill -STOP "$pid" "$runner" # else the runner may still act on the death of its keeper
	kill -KILL "$runner" "$pid" # in this order: the kernel lets a stopped process go on when its group is orphaned
	await "$pid" 2>/dev/null
	wait_until 10 '[ ! -e /proc/$runner ] || grep -q "^State:.*Z" /proc/$runner/status'
}
died
like "$(torc status "$id")" "1 runner of this host died.*nothing will run" "torc status does not take it for alive"
like "$(torc-report "$id")" ", 0 runners alive" "... nor does torc-report"
torc wait "$id" 2> wait.log &
waiter=$!
ok "torc wait says that nothing will come" wait_until 20 "grep -q 'no live runner.*--workflow $id' wait.log"
like "$(torc recover "$id")" "gave back the jobs of 1 dead runner" "torc recover gives its jobs back"
is "$(attempts "$id")" "first|completed|
tree|ready|lost" "... as lost"
await "$waiter"
is $? 3 "... and has ended with that"
ok "torc cancel" timed torc cancel "$id"
died
ok "torc cancel of a workflow whose runner is dead" timed torc cancel "$id"
is "$(torc jobs --json "$id" | jq -r '.jobs[].state' | xargs)" "completed canceled canceled" "... leaves no job running"
is "$(torc event list --workflow "$id" --kind job_canceled --json | jq -r '.events[] | .job' | sort | xargs)" "last tree" "... and says so of each"
died
ok "torc delete does not wait for a runner that is dead" timed torc delete "$id"
pkill -KILL -f -- "sleep $mark\\.1" # those that would have ended them are dead
done_testing

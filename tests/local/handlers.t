#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Failure handlers: what is tried again, how often, with what, and after which script.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

attempts() { # attempts WORKFLOW JOB: state, reason of each
	query "SELECT a.run_id || '.' || a.attempt_id, s.name, coalesce(r.name, '-') FROM attempt a JOIN job j ON j.id = a.job
		JOIN job_state s ON s.id = a.state LEFT JOIN attempt_reason r ON r.id = a.reason
		WHERE j.workflow = $1 AND j.name = '$2' ORDER BY a.id" | tr '|' ' ' | xargs
}
state() { query "SELECT state FROM job_status WHERE workflow = $1 AND name = '$2'"; }
message() { query "SELECT message FROM job_status WHERE workflow = $1 AND name = '$2'"; }
class() { query "SELECT c.name, c.memory_bytes, c.runtime_usec FROM job j JOIN resource_class c ON c.id = j.class WHERE j.workflow = $1 AND j.name = '$2'"; }

# Each attempt, and each script, leaves a word in "log.NAME".
cat > w.json <<'J'
{"name": "w",
 "failure_handlers": [
  {"name": "twice", "rules": [{"exit_codes": [3], "max_retries": 2,
    "recovery_script": "echo $TORC_JOB_NAME:$TORC_ATTEMPT_ID:$TORC_RETURN_CODE:$TORC_REASON >> log.$TORC_JOB_NAME; sleep 300 & echo $! > left.pid"}]},
  {"name": "hopeless", "rules": [{"match_all_exit_codes": true, "recovery_script": "echo no way; exit 7"}]},
  {"name": "plain", "rules": [{"match_all_exit_codes": true, "max_retries": 1}]},
  {"name": "segv", "rules": [{"signal": "SEGV"}]},
  {"name": "more", "rules": [{"oom": true, "scale_memory": 20}, {"timeout": true, "scale_runtime": 60}]},
  {"name": "codes", "rules": [{"exit_codes": [152], "scale_runtime": 60}]}],
 "resource_requirements": [
  {"name": "small", "num_cpus": 1, "memory": "20m", "runtime": "PT1M"},
  {"name": "short", "num_cpus": 1, "memory": "100m", "runtime": "PT1S"}],
 "jobs": [
  {"name": "flaky", "command": "echo $TORC_ATTEMPT_ID >> log.flaky; [ $TORC_ATTEMPT_ID = 3 ] || exit 3", "failure_handler": "twice"},
  {"name": "after", "command": "cat log.flaky > after.txt", "depends_on": ["flaky"]},
  {"name": "never", "command": "echo $TORC_ATTEMPT_ID >> log.never; exit 3", "failure_handler": "twice"},
  {"name": "doomed", "command": "true", "depends_on": ["never"]},
  {"name": "other", "command": "exit 4", "failure_handler": "twice"},
  {"name": "hopeless", "command": "exit 5", "failure_handler": "hopeless"},
  {"name": "nowhere", "command": "true", "workdir": "/no/such/folder", "failure_handler": "plain"},
  {"name": "segv", "command": "[ $TORC_ATTEMPT_ID = 2 ] || kill -SEGV $$", "failure_handler": "segv"},
  {"name": "oom", "command": "x=$(head -c 30m /dev/zero | tr '\\0' a); [ $TORC_ATTEMPT_ID = 2 ] || sleep 300",
   "resource_requirements": "small", "failure_handler": "more"},
  {"name": "slow", "command": "[ $TORC_ATTEMPT_ID = 2 ] || sleep 300", "resource_requirements": "short", "failure_handler": "more"},
  {"name": "code", "command": "[ $TORC_ATTEMPT_ID = 2 ] || sleep 300", "resource_requirements": "short", "failure_handler": "codes"},
  {"name": "none", "command": "exit 3"}]}
J
run w.json
is "$rc" 1 "a workflow with failure handlers ends" || diag "$(cat log)"
is "$(attempts 1 flaky)" "1.1 ready exit 1.2 ready exit 1.3 completed -" "a failure that a rule is for is tried again, and every attempt is recorded"
is "$(xargs < log.flaky)" "1 flaky:1:3:exit 2 flaky:2:3:exit 3" "the recovery script runs before each retry, and knows why"
is "$(xargs < after.txt)" "$(xargs < log.flaky)" "what needs the job waits for the attempt that completes"
ok "what the script leaves in the background is killed" test -s left.pid -a ! -d "/proc/$(cat left.pid)"
is "$(attempts 1 never) $(state 1 doomed)" "1.1 ready exit 1.2 ready exit 1.3 failed exit canceled" "after max_retries it has failed, and so have those that need it"
is "$(message 1 never)" "exit code 3; it was tried again 2 times, as its failure handler twice allows" "... which it says"
is "$(attempts 1 other)" "1.1 failed exit" "a failure that no rule is for is not tried again"
is "$(attempts 1 hopeless)" "1.1 failed exit" "nor one whose recovery script fails"
log=$(ls torc_output/*.recovery.log)
is "$(message 1 hopeless)" "exit code 5; its recovery script failed with exit code 7, so it is not tried again; what it printed is in $log" "... which it says"
is "$(cat "$log")" "no way" "... and what the script printed is there; those that print nothing leave no file"
is "$(attempts 1 nowhere)" "1.1 failed spawn_error" "what cannot be started is not tried again"
is "$(attempts 1 segv)" "1.1 ready signal 1.2 completed -" "a rule for a signal"
is "$(attempts 1 oom) $(class 1 oom)" "1.1 ready oom 1.2 completed - small+400m|419430400|60000000" "a job that ran out of memory has more the next time"
is "$(attempts 1 slow) $(class 1 slow)" "1.1 ready timeout 1.2 completed - short+1m|104857600|60000000" "one that ran out of time, too"
is "$(attempts 1 code) $(class 1 code)" "1.1 ready timeout 1.2 completed - short+1m|104857600|60000000" "152 is a timeout; what has the same needs has one class"
like "$(query "SELECT message FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = 'oom' ORDER BY a.id LIMIT 1")" \
	'tried again \(1 of 3\), with 400m of memory$' "the attempt says what the next one gets"
is "$(attempts 1 none)" "1.1 failed exit" "a job without a handler has failed"
is "$(query "SELECT sum(jobs) FROM class_count WHERE jobs <> 0") $(query "SELECT count(*) FROM (SELECT class, state, count(*) n FROM job GROUP BY 1, 2) g
	JOIN class_count k ON k.class = g.class AND k.state = g.state WHERE k.jobs <> g.n")" "12 0" "the counts of the classes are right"

torc restart --db db 1 > out 2>&1
run --workflow 1
is "$(attempts 1 never)" "1.1 ready exit 1.2 ready exit 1.3 failed exit 2.1 ready exit 2.2 ready exit 2.3 failed exit" "a restart counts anew"

# ---- what no rule is for may wait for the user ----
cat > pending.json <<'J'
{"name": "p", "use_pending_failed": true, "failure_handlers": [{"name": "h", "rules": [{"exit_codes": [3]}]}], "jobs": [
 {"name": "a", "command": "test -e fixed", "failure_handler": "h"}, {"name": "b", "command": "true", "depends_on": ["a"]},
 {"name": "c", "command": "exit 1"}]}
J
run pending.json
is "$rc $(state 2 a) $(state 2 b) $(state 2 c)" "1 pending_failed blocked failed" "with use_pending_failed it waits for the user, and so does what needs it"
like "$(message 2 a)" "exit code 1; no rule of its failure handler h is for that: .* torc restart" "... with what to do"
touch fixed
torc restart --db db 2 > out 2>&1
run --workflow 2
is "$(state 2 a) $(state 2 b)" "completed completed" "torc restart runs it again" || diag "$(cat out log)"

# ---- while a recovery script runs ----
cat > long.json <<'J'
{"name": "l", "failure_handlers": [{"name": "h", "rules": [{"match_all_exit_codes": true, "recovery_script": "echo $$ > script.pid; exec sleep 300"}]}],
 "resource_requirements": [{"name": "c", "num_cpus": 2, "memory": "100m", "runtime": "PT1M"}],
 "jobs": [{"name": "a", "command": "echo $TORC_ATTEMPT_ID >> log.long; [ $TORC_ATTEMPT_ID = 2 ]", "resource_requirements": "c", "failure_handler": "h"},
 {"name": "next", "command": "true", "resource_requirements": "c"}]}
J
start_long() { # start_long WORKFLOW
	rm -f script.pid log.long
	start_run "${2-long.json}"
	wait_until 20 'test -s script.pid' || bail_out "no recovery script: $(cat log)"
}
start_long 3
is "$(state 3 next)" ready "a recovery script has the share of its job"
kill -INT "$pid"
await "$pid"
is "$? $(state 3 a)" "130 failed" "^C ends it, and the job has failed" || diag "$(cat log)"
like "$(message 3 a)" "exit code 1; its recovery script was ended, as the user stopped torc-run" "... which it says"
ok "nothing of it is left" test ! -d "/proc/$(cat script.pid)"
start_long 4
torc cancel --db db 4 > out 2>&1
await "$pid"
is "$(state 4 a) $(wc -l < log.long)" "canceled 1" "torc cancel ends it, and the job is canceled"
ok "nothing of it is left" test ! -d "/proc/$(cat script.pid)"
sed 's/PT1M/PT1S/' long.json > limited.json
run limited.json
is "$(attempts 5 a) $(state 5 next)" "1.1 failed exit completed" "a script that hangs has the runtime of its job, and no more"
like "$(message 5 a)" "its recovery script ran for the job's runtime and was ended" "... which it says"
start_long 6
kill -9 "$runner"
await "$pid"
run --workflow 6
is "$(attempts 6 a)" "1.1 ready lost 1.2 completed -" "of a runner that is killed then the attempt is lost, and the job runs again"

# ---- where the output goes into a stream ----
cat > stream.json <<'J'
{"name": "s", "failure_handlers": [{"name": "h", "rules": [{"exit_codes": [3], "recovery_script": "echo cpus $OMP_NUM_THREADS > cpus.txt"}]}],
 "resource_requirements": [{"name": "c", "num_cpus": 2, "memory": "100m", "runtime": "PT1M"}],
 "jobs": [{"name": "a", "command": "echo try $TORC_ATTEMPT_ID; [ $TORC_ATTEMPT_ID = 2 ] || exit 3", "resource_requirements": "c", "failure_handler": "h"}]}
J
run --stdio=stream stream.json
is "$rc $(attempts 7 a) $(cat cpus.txt)" "0 1.1 ready exit 1.2 completed - cpus 2" "the script has the CPUs of the job there, too" || diag "$(cat log)"
like "$(torc logs --db db --attempt all 7.a 2>&1 | xargs)" "try 1.*try 2" "and each attempt its own output"
done_testing

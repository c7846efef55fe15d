#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# torc-run on this machine: order, failures, limits, what is left behind, the environment and the output of jobs.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

# ---- a diamond ----
cat > diamond.json <<'J'
{"name": "diamond", "jobs": [
 {"name": "pre", "command": "echo 3 > a; echo 4 > b", "output_files": ["a", "b"]},
 {"name": "w1", "command": "sleep 0.3; cat a > c", "input_files": ["a"], "output_files": ["c"]},
 {"name": "w2", "command": "sleep 0.3; cat b > d", "input_files": ["b"], "output_files": ["d"]},
 {"name": "post", "command": "cat c d > e", "input_files": ["c", "d"], "output_files": ["e"]}],
 "files": [{"name": "a", "path": "a"}, {"name": "b", "path": "b"}, {"name": "c", "path": "c"}, {"name": "d", "path": "d"},
           {"name": "e", "path": "e"}]}
J
run diamond.json
is $rc 0 "a diamond of jobs completes" || diag "$(cat log)"
is "$(cat e | tr '\n' ' ')" "3 4 " "its last job has what the others wrote"
is "$(query "SELECT count(*) FROM attempt a JOIN dependency d ON d.job = a.job JOIN attempt b ON b.job = d.needs WHERE a.start_usec < b.end_usec")" 0 \
	"no job started before what it needs had ended"
is "$(query "SELECT count(*) FROM job_status x, job_status y WHERE x.name = 'w1' AND y.name = 'w2' AND x.start < y.end AND y.start < x.end")" 1 \
	"the two in the middle ran side by side"
is "$(query "SELECT count(*) FROM usage WHERE cpu_user_usec IS NOT NULL")" 4 "each has a usage record"

# ---- every way to end ----
cat > ends.json <<'J'
{"name": "ends", "jobs": [
 {"name": "fails", "command": "echo words >&2; exit 3"},
 {"name": "child", "command": "true", "depends_on": ["fails"]},
 {"name": "grandchild", "command": "true", "depends_on": ["child"]},
 {"name": "greatgrandchild", "command": "true", "depends_on": ["grandchild"]},
 {"name": "runs_anyway", "command": "true", "depends_on": ["fails"], "cancel_on_blocking_job_failure": false},
 {"name": "no_program", "command": "nosuchprogram --x"},
 {"name": "not_executable", "command": "./ends.json"},
 {"name": "signal", "command": "kill -SEGV $$"},
 {"name": "no_output", "command": "true", "output_files": ["x"]},
 {"name": "too_slow", "command": "exec sleep 1000.01", "runtime": "PT1S", "cpus": 1, "memory": "100m"},
 {"name": "no_folder", "command": "/bin/true", "workdir": "not/there"},
 {"name": "daemons", "command": "setsid sleep 1000.02 & setsid -f sleep 1000.03; (sleep 1000.04 &) ; true"},
 {"name": "good", "command": "/bin/true"}],
 "files": [{"name": "x", "path": "not_written"}]}
J
run ends.json
is $rc 1 "a workflow with failed jobs ends with 1"
is "$(jobs | tail -n 13)" "fails failed exit
child canceled
grandchild canceled
greatgrandchild canceled
runs_anyway completed
no_program failed exit
not_executable failed exit
signal failed signal
no_output failed missing_output
too_slow failed timeout
no_folder failed spawn_error
daemons completed
good completed" "jobs end as they should, and dependents through three levels with them"
is "$(query "SELECT name, exit_code, signal FROM job_status WHERE name IN ('fails', 'no_program', 'not_executable', 'signal')")" \
	"fails|3|
no_program|127|
not_executable|126|
signal||11" "exit codes and signals are told apart; 127 and 126 are the shell's"
is "$(query "SELECT stderr_tail FROM last_attempt WHERE exit_code = 3")" words "the tail of standard error is kept"
like "$(query "SELECT message FROM last_attempt a JOIN job j ON j.id = a.job WHERE name = 'no_folder'")" "not/there" \
	"a job that cannot start says why"
is "$(alive 'sleep 1000\.0')" "" "nothing of any job is alive"
like "$(cat log)" "fails failed: exit code 3" "the summary names failed jobs"

# ---- a job that ignores TERM ----
cat > stubborn.json <<'J'
{"name": "stubborn", "execution_config": {"sigterm_lead_seconds": 1}, "jobs": [
 {"name": "a", "command": "trap '' TERM; while :; do sleep 1000.05; done", "runtime": "PT1S", "cpus": 1, "memory": "100m"}]}
J
run stubborn.json
is "$rc $(jobs | tail -n 1)" "1 a failed timeout" "a job that ignores TERM is killed" || diag "$(cat log)"
is "$(query "SELECT signal FROM job_status WHERE name = 'a' AND state = 'failed'")" 9 "... by SIGKILL"
is "$(alive 'sleep 1000\.0')" "" "... with what it started"

# ---- environment ----
cat > environment.json <<'J'
{"name": "environment", "env": {"BOTH": "workflow", "ONE": "w"}, "jobs": [
 {"name": "direct", "command": "env", "env": {"BOTH": "job"}},
 {"name": "shell", "command": "env; readlink /proc/self/fd/0", "env": {"BOTH": "job"}},
 {"name": "open", "command": "ls -1 /proc/self/fd"}]}
J
id=$(query "SELECT max(id) + 1 FROM workflow")
TORC_RUNNER=x PMI_RANK=1 SLURM_ARRAY_TASK_ID=3 LEAK=kept run environment.json 7</dev/zero
is $rc 0 "jobs with variables complete"
out() { cat torc_output/job_wf${id}_j"$(query "SELECT id FROM job WHERE workflow = $id AND name = '$1'")"_r1_a1.o; }
is "$(out direct | grep -E '^(BOTH|ONE|LEAK|TORC_WORKFLOW_(ID|NAME)|TORC_JOB_NAME|TORC_RUN_ID|TORC_ATTEMPT_ID|OMP_NUM_THREADS|TORC_DB|TORC_OUTPUT_DIR|TORC_WORKFLOW_SUBMISSION_DIR|TORC_RUNNER|PMI_RANK|SLURM_ARRAY_TASK_ID)=' | sort)" \
	"BOTH=job
LEAK=kept
OMP_NUM_THREADS=1
ONE=w
TORC_ATTEMPT_ID=1
TORC_DB=$TEST_DIR/db
TORC_JOB_NAME=direct
TORC_OUTPUT_DIR=$TEST_DIR/torc_output
TORC_RUN_ID=1
TORC_WORKFLOW_ID=$id
TORC_WORKFLOW_NAME=environment
TORC_WORKFLOW_SUBMISSION_DIR=$TEST_DIR" "a job has the variables it should have, and not those of the runner"
is "$(out direct | sort | grep -vE '^(TORC_JOB_|SHLVL=)')" \
	"$(out shell | grep -v /dev/null | sort | grep -vE '^(TORC_JOB_|SHLVL=)')" "with or without bash, they are the same"
is "$(out shell | tail -n 1)" /dev/null "standard input is /dev/null"
is "$(out open | tr '\n' ' ')" "0 1 2 3 " "no other file is open"

# ---- where output goes ----
for mode in separate combined no_stdout no_stderr none; do
	cat > stdio.json <<-J
	{"name": "$mode", "execution_config": {"stdio": {"mode": "$mode"}}, "jobs": [{"name": "a", "command": "echo out; echo err >&2"}]}
	J
	rm -rf torc_output
	run stdio.json
	declare -A want=([separate]="e:err o:out " [combined]="log:out err " [no_stdout]="e:err " [no_stderr]="o:out " [none]="")
	is "$(cd torc_output && for f in *; do [ ! -e "$f" ] || echo "${f##*.}:$(cat "$f")"; done | sed 's/^job.*\.//' | tr '\n' ' ')" \
		"${want[$mode]}" "stdio $mode"
done

# ---- a command too long for one argument ----
{ printf '{"name": "long", "jobs": [{"name": "a", "command": "echo '; head -c 300000 /dev/zero | tr '\0' x; printf ' | wc -c > length"}]}'; } > long.json
run long.json
is "$rc $(cat length)" "0 300001" "a command of 300 000 characters runs"
is "$(ls torc_output | grep -c 'sh$')" 0 "... and leaves no file behind"

# ---- a job that cannot be started, as its environment is too large, fails once and holds nobody up ----
printf '{"name": "large", "jobs": [{"name": "a", "command": "true", "env": {"LARGE": "%0200000d"}}, {"name": "b", "command": "true"}]}' 0 > large.json
run large.json
is "$rc $(query "SELECT name, state, attempts, reason, message FROM job_status WHERE workflow = (SELECT max(id) FROM workflow)" | xargs -d '\n')" \
	"1 a|failed|1|spawn_error|cannot execute its command: Argument list too long b|completed|1||" "a job whose environment is too large cannot be started"

# ---- a job that removes the folder of the output ----
cat > remove.json <<'J'
{"name": "remove", "jobs": [{"name": "a", "command": "rm -rf torc_output"},
 {"name": "b", "command": "echo there", "depends_on": ["a"]}]}
J
run remove.json
is "$rc $(cat torc_output/*.o)" "0 there" "the folder of the output is made anew when a job has removed it" || diag "$(cat log)"

# ---- and one that may not be written to: no job fails for it, there is none
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
	mkdir -p bare/torc_output && chmod 711 . && cp remove.json bare && chown 54321 bare
	(cd bare && timed setpriv --reuid 54321 --clear-groups "$(command -v torc-run)" --db db -Q remove.json) > log 2>&1
	is "$? $(ls bare)" $'2 remove.json\ntorc_output' "a folder of the output that is somebody else's: nothing is created"
	like "$(cat log)" "the folder for the output, torc_output, cannot be written to, so nothing was started" "... and it is named"
else
	skip "only root can be another user" 2
fi

# ---- refused before anything is created ----
before=$(query "SELECT count(*) FROM workflow")
echo '{"name": "big", "jobs": [{"name": "huge", "command": "true", "cpus": 3, "memory": "1m", "runtime": "1h"}]}' > big.json
run big.json
is "$rc $(query "SELECT count(*) FROM workflow")" "2 $before" "a job that never fits is refused"
like "$(cat log)" 'huge.*needs 3 CPUs, and there are 2' "... by name and limit"
echo '{"name": "any", "jobs": [{"name": "a", "command": "echo ran > any.out"}, {"name": "b", "command": "echo ran >> any.out"}]}' > any.json
run --memory 100m -t 60s any.json
is "$rc $(paste -sd' ' any.out)" "0 ran ran" "but what a job that says nothing is planned with is no limit"
before=$((before + 1))
echo '{"name": "input", "jobs": [{"name": "a", "command": "true", "input_files": ["f"]}], "files": [{"name": "f", "path": "nowhere"}]}' > input.json
run input.json
is "$rc $(query "SELECT count(*) FROM workflow")" "2 $before" "a missing input file is refused"
like "$(cat log)" nowhere "... by name"
run --allow-missing input.json
is "$rc $(jobs | tail -n 1)" "1 a failed missing_input" "with --allow-missing the job waits for it, and fails"
echo 1 > first && ln -s first second
echo '{"name": "left", "files": [{"name": "a", "path": "first"}, {"name": "b", "path": "second"}], "jobs": [{"name": "a", "command": "true", "output_files": ["a"]},
 {"name": "b", "command": "true", "output_files": ["b"]}]}' > left.json
run --allow-missing left.json
is "$rc $(grep -F 'left.json:' log)" '0 torc-run: left.json: warning: files[1].path: "second" is the same file as "first" by a link on the disk; torc takes them for two, and no job waits for who writes the other one: remove the link, which a job would write through, or write one path for both' \
	"a link of an earlier run where a job is to write is warned of, also with --allow-missing"
run nosuchfile.json
is $rc 2 "a workflow file that is not there is bad usage"
run --no-such-option diamond.json
is $rc 2 "an unknown option is bad usage"
like "$(torc-run --help)" "usage: torc-run" "--help"
like "$(torc-run --version)" "^torc-run [0-9]" "--version"

# ---- limits of open files ----
cat > files.json <<'J'
{"name": "files", "jobs": [{"name": "a", "command": "ulimit -Sn > soft; grep 'open files' /proc/$PPID/limits > runner"}]}
J
(ulimit -Sn 200; run files.json)
is "$(cat soft)" 200 "a job has the limit of open files that torc-run was started with"
like "$(cat runner)" "^Max open files +$(ulimit -Hn) " "... while the runner itself uses all it may"

# ---- how long a job took ----
echo '{"name": "crowd", "parameters": {"i": "1:200"}, "jobs": [{"name": "a_{i}", "command": "true", "use_parameters": ["i"]}]}' > crowd.json
timed torc-run --quiet --cpus 200 --memory 200g crowd.json > log 2>&1
is "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE j.name GLOB 'a_*' AND a.wall_usec > a.end_usec - a.start_usec + 200")" 0 \
	"of many jobs that start at once, none is said to have run for longer than it did"

# ---- about how long it takes still ----
cat > pace.json <<'J'
{"name": "pace", "resource_requirements": [{"name": "long", "num_cpus": 1, "memory": "100m", "runtime": "PT30M"}],
 "jobs": [{"name": "a", "command": "true"}, {"name": "b", "command": "true"},
  {"name": "c_{i}", "command": "until [ -e go ]; do sleep 0.05; done", "resource_requirements": "long", "parameters": {"i": "1:3"}}]}
J
start_run pace.json
estimate() { torc status --json | jq -r '.estimate | if . then "\(.left_s > 1700 and .left_s < 5500) \(.basis)" else . end'; }
ok "the estimate goes by the slots that there are, and by the declared runtime where nothing has ended" \
	wait_until 20 '[ "$(estimate)" = "true from 2 jobs that ended, 2 at a time" ]' || diag "$(torc status --json | jq -c .estimate)"
like "$(torc status)" $'about [3-9][0-9] min left \\(from 2 jobs that ended, 2 at a time\\)\n' "torc status says it"
touch go
await "$pid"
is "$(estimate) $(torc status | grep -c left)" "null 0" "of what has ended none is made"

# ---- one job takes all processes that the user may have: of a user who has no others
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
	cat > crowd.json <<-J
	{"name": "crowd", "jobs": [{"name": "crowd", "command": "$TORC_BUILD/tests/load --crowd --sleep 0.5"},
	 {"name": "next", "command": "/bin/true", "input_files": ["full"]}], "files": [{"name": "full", "path": "full"}]}
	J
	mkdir crowd && chmod 711 . && chown 54321 crowd && cp crowd.json crowd
	# LeakSanitizer, where it is built in, wants a process of its own
	(cd crowd && ulimit -u 12 && ASAN_OPTIONS=detect_leaks=0 timed setpriv --reuid 54321 --clear-groups "$(command -v torc-run)" --db db --cpus 2 --memory 2g -Q --allow-missing crowd.json) > log 2>&1
	is "$? $(sqlite3 crowd/db "SELECT count(*) FROM job_status WHERE state = 'completed'")" "0 2" \
		"a job that finds no process to be had waits for one" || diag "$(cat log; sqlite3 crowd/db "SELECT name, state, message FROM job_status")"
else
	skip "only root can be a user who has no other process"
fi

# ---- restarted while the runner lives: jobs that are claimed then are of the new run ----
cat > runs.json <<'J'
{"name": "runs", "jobs": [
 {"name": "restart", "command": "sqlite3 -cmd '.timeout 20000' $TORC_DB \"UPDATE workflow SET run_id = 2 WHERE id = $TORC_WORKFLOW_ID\"; touch restarted"},
 {"name": "other", "command": "while [ ! -e restarted ]; do sleep 0.02; done"},
 {"name": "next", "command": "echo $TORC_RUN_ID", "depends_on": ["restart", "other"]}]}
J
run runs.json
is "$(cat torc_output/*_r2_a1.o)" 2 "a job is told the run that it was claimed in, and its output is named so" || diag "$(cat log)"
is "$(query "SELECT run_id FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = 'next' AND a.stdout GLOB '*_r2_a1.o'")" 2 "... as its attempt is"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Actions that run commands: each trigger, once, not before its time and not too late; whatever fails, dies or runs again.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

states() { query "SELECT group_concat(s.name, ' ') FROM (SELECT state FROM action WHERE workflow = $1 ORDER BY position) a JOIN action_state s ON s.id = a.state"; }
runs() { query "SELECT coalesce(s.name, 'running') FROM action_run u JOIN action a ON a.id = u.action LEFT JOIN action_state s ON s.id = u.state
	WHERE a.workflow = $1 AND a.position = $2 ORDER BY u.id" | xargs; }
ended() { [ -n "$(query "SELECT ended_usec FROM workflow WHERE id = $1 AND state = ${2:-1}")" ]; }

# ---- every trigger: a need fails, so jobs are canceled, which completes what waits for their end, but makes nothing ready
cat > all.yaml <<'END'
name: all
actions:
  - {trigger_type: on_workflow_start, action_type: run_commands, commands: ["echo start $TORC_RUN_ID >> out", "sleep 0.4; echo started >> out"]}
  - {trigger_type: on_jobs_ready, action_type: run_commands, jobs: [b], commands: ["echo ready >> out"]}
  - {trigger_type: on_jobs_ready, action_type: run_commands, job_name_regexes: ["^[bd]$"], commands: ["echo never >> out"]}
  - {trigger_type: on_jobs_complete, action_type: run_commands, job_name_regexes: ["^(c|d|e)$"],
     commands: ["pwd; echo more >&2; exit 3", "echo never >> out"]}
  - {trigger_type: on_worker_start, action_type: run_commands, commands: ["echo worker >> out"]}
  - {trigger_type: on_worker_complete, action_type: run_commands, commands: ["echo left >> out"]}
  - {trigger_type: on_workflow_complete, action_type: run_commands, commands: ["sleep 0.4; echo end $TORC_WORKFLOW_STATE $TORC_WORKFLOW_ID >> out"]}
  - {trigger_type: on_jobs_complete, action_type: run_commands, jobs: [a], commands: ["kill -SEGV $$"]}
jobs:
  - {name: a, command: "echo a >> out"}
  - {name: b, command: "echo b >> out; exit 1", depends_on: [a]}
  - {name: c, command: "echo c >> out", depends_on: [b]}
  - {name: d, command: "echo d >> out", depends_on: [c]}
  - {name: e, command: "echo e >> out", depends_on: [d]}
END
start_run all.yaml
wait_until 10 '[ -e out ]'
timed torc wait 1 > /dev/null 2>&1
is "$? $(grep -c ^end out)" "1 1" "torc wait waits for the commands of on_workflow_complete, too"
await "$pid"
is $? 1 "a workflow with every trigger" || diag "$(cat log)"
is "$(head -n 4 out | xargs)" "start 1 started worker a" "what is for the start ends before any job starts"
is "$(grep -v never out | tail -n 2 | xargs)" "end failed 1 left" "what is for the end comes last, and is told how it ended"
is "$(sort out | xargs)" "a b end failed 1 left ready start 1 started worker" "each was done once, and no command after one that failed"
is "$(states 1)" "done done waiting failed fired fired done failed" "how each ended"
is "$(query "SELECT exit_code, signal, commands_done, output FROM action_run WHERE state = 4 ORDER BY exit_code IS NULL" | xargs)" \
	"3||0|$TEST_DIR more |11|0|" "failures are recorded with their end and what they printed"
is "$(cat "$(query "SELECT log FROM action_run WHERE exit_code = 3")" | xargs)" "$TEST_DIR more" "... of which there is all in a file; commands run in the submission folder"
is "$(query "SELECT count(*) FROM event WHERE kind = 2")" 1 "the workflow ended once"
like "$(torc show 1)" 'never: job d was canceled before it was ready.*command 1 failed with exit code 3; see torc_output' "torc show says what never comes, and why others failed"
like "$(torc status 1)" 'on_jobs_complete +3 ' "torc status shows them"
is "$(torc-report --json | jq -r '([.actions[].state] | join(" ")), .actions[3].runs[0].exit_code' | xargs)" "$(states 1) 3" "torc-report --json has them"
is "$(torc-report --csv actions | sed -n '4p' | cut -d , -f 1-2)" "3,on_jobs_ready" "torc-report actions"
is "$(query "SELECT count(*) FROM event_kind k JOIN event e ON e.kind = k.id WHERE k.name IN ('action_fired', 'action_started', 'action_ended')")" 19 "what happened to them are events"

# ---- the same through the other door
rm out
TORC_STORE_CODEC=1 run all.yaml
is "$rc $(sort out | xargs)" "1 a b end failed 2 left ready start 1 started worker" "through the codec" ||
	diag "$(torc show 2; torc-report events 2; cat log)"

# ---- a restart: only what waits for jobs that run again
: > out
sed -i 's/exit 1"/true"/' all.yaml
run --restart 1 all.yaml
is "$rc $(sort out | xargs)" "0 b c d e end complete 1 left never ready worker" "after a restart what waits for jobs that run again happens again" || diag "$(cat log)"
is "$(states 1)" "done done done failed fired fired done failed" "... nothing else does"
is "$(runs 1 1) / $(runs 1 8) / $(runs 1 2)" "done / failed / done done" "... not the start, nor what waited for a job that stays"
: > out
touch unchanged
run --restart 1
is "$(xargs < out)" "" "a restart with nothing to do does nothing"

# ---- a killed runner: what it had claimed is done again, and jobs wait for it
cat > killed.yaml <<'END'
name: killed
actions: [{trigger_type: on_workflow_start, action_type: run_commands, commands: ["echo x >> tries; [ -e go ] || exec sleep 300"]}]
jobs: [{name: a, command: "touch a.ran"}]
END
start_run killed.yaml
wait_until 10 '[ -s tries ]'
nok "no job runs while commands for the start do" test -e a.ran
touch go
kill -KILL "$runner"
await "$pid"
is "$? $(wc -l < tries) $(runs 3 1)" "0 2 fired done" "the runner is killed: its commands are run again" || diag "$(cat log)"
ok "... and then the jobs run" test -e a.ran
rm -f go tries a.ran
start_run killed.yaml
wait_until 10 '[ -s tries ]'
kill -STOP "$pid" "$runner"
kill -KILL "$runner" "$pid"
await "$pid" 2> /dev/null
touch go
run --workflow 4
is "$rc $(wc -l < tries) $(runs 4 1)" "0 2 fired done" "killed with its keeper: whoever takes it up does it again" || diag "$(cat log)"
rm -f go tries
start_run killed.yaml
wait_until 10 '[ -s tries ]'
kill -TERM "$runner"
await "$pid"
is "$(runs 5 1) $(states 5)" "fired fired" "a runner that is told to leave ends them, and leaves them to others"
touch go
run --workflow 5
is "$rc $(runs 5 1)" "0 fired done" "... who do them" || diag "$(cat log)"

# ---- runners side by side: each action once, but what is once a runner
cat > many.yaml <<'END'
name: many
actions:
  - {trigger_type: on_workflow_start, action_type: run_commands, commands: ["until [ -e two ]; do sleep 0.05; done; echo start >> once"]}
  - {trigger_type: on_worker_start, action_type: run_commands, commands: ["echo $PPID >> workers"]}
  - {trigger_type: on_jobs_complete, action_type: run_commands, job_name_regexes: [^j], commands: ["echo jobs >> once"]}
  - {trigger_type: on_jobs_complete, action_type: run_commands, job_name_regexes: [^j], persistent: true, commands: ["echo $PPID >> each"]}
  - {trigger_type: on_workflow_complete, action_type: run_commands, commands: ["echo end >> once"]}
jobs: [{name: "j_{i}", parameters: {i: "1:20"}, command: "sleep 0.05; cat once >> seen"}]
END
start_run many.yaml
first=$pid
timed torc-run --cpus 2 --memory 2g --workflow 6 > log2 2>&1 &
second=$!
wait_until 20 '[ "$(query "SELECT count(*) FROM runner WHERE workflow = 6")" = 2 ]'
touch two
await "$first"
rc=$?
await "$second"
is "$rc $? $(xargs < once)" "0 0 start jobs end" "two runners: each action is done by one of them" || diag "$(cat log log2)"
is "$(sort -u workers | wc -l) $(wc -l < workers)" "2 2" "on_worker_start in each, once"
is "$(sort -u each | wc -l) $(wc -l < each)" "2 2" "... and so what is persistent"
is "$(sort -u seen)" start "no job ran before the start's commands had ended, in neither"

# ---- torc cancel
cat > cancel.yaml <<'END'
name: cancel
actions: [{trigger_type: on_workflow_complete, action_type: run_commands, commands: ["sleep 0.5; echo $TORC_WORKFLOW_STATE > canceled"]}]
jobs: [{name: a, command: "sleep 300"}, {name: b, command: "true", depends_on: [a]}]
END
start_run cancel.yaml
wait_until 10 '[ "$(query "SELECT state FROM job WHERE workflow = 7 AND name = '"'a'"'")" = 4 ]'
torc cancel 7 > /dev/null 2>&1
timed torc wait 7 > /dev/null 2>&1
is "$? $(cat canceled)" "1 canceled" "a workflow that is canceled: on_workflow_complete all the same, before torc wait ends"
await "$pid"
ok "... and it has ended" ended 7 2

# ---- a changed file: an action that waits goes on waiting, a new one happens, one that is gone does not
cat > changed.yaml <<'END'
name: changed
actions:
  - {trigger_type: on_jobs_complete, action_type: run_commands, jobs: [b], commands: ["echo gone >> changed.out"]}
  - {trigger_type: on_jobs_complete, action_type: run_commands, jobs: [a, b], commands: ["echo both >> changed.out"]}
jobs: [{name: a, command: "true"}, {name: b, command: "false", depends_on: [a]}]
END
start_run changed.yaml
await "$pid"
is "$(xargs < changed.out)" "gone both" "both happen when the jobs have ended, however"
sed -i 's/gone/new/; s/"false"/"true"/' changed.yaml
: > changed.out
run --restart 8 changed.yaml
is "$rc $(xargs < changed.out)" "0 new both" "with a changed file: the new one, and the one that waits for the job that ran again" || diag "$(cat log)"
is "$(query "SELECT count(*) FROM action WHERE workflow = 8")" 2 "... and the old one is no more"
: > changed.out
sed -i 's/jobs: \[b\]/jobs: [a]/' changed.yaml
run --restart 8 changed.yaml
is "$rc $(query "SELECT count(*) FROM action WHERE workflow = 8 AND waits_for IS NULL AND state = 0")" "0 0" "... nothing waits for nothing"
done_testing

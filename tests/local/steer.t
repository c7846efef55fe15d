#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Jobs are canceled, disabled and enabled one by one, workflows held and released, classes updated, while runners live and without.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

states() { query "SELECT group_concat(name || ' ' || state, ' ') FROM (SELECT j.name, s.name AS state FROM job j JOIN job_state s ON s.id = j.state
	WHERE class IS NOT NULL ORDER BY j.id)"; }
counted() { query "SELECT count(*) FROM (SELECT class, state, count(*) AS n FROM job WHERE class IS NOT NULL GROUP BY 1, 2
	EXCEPT SELECT class, state, jobs FROM class_count)"; }
has() { wait_until 10 "[[ \$(states) = *'$1'* ]]" || diag "$(states)"; }

cat > s.yaml <<'X'
name: steer
jobs:
  - {name: "s_{i}", command: "echo $$ > pid_{i}; exec sleep 600", parameters: {i: "1:4"}}
  - {name: after, command: "true", depends_on: [s_1]}
  - {name: b, command: "true", depends_on: [s_4]}
X
start_run s.yaml
has "s_1 running"
first=$(query "SELECT name FROM job WHERE state = 4 AND name <> 's_1'")
out=$(torc cancel 1.s_1); is "$?" 0 "a job that is running is canceled"
is "$out" "jobs canceled: 0; that run and are being ended: 1; that had ended: 0" "and that is told"
has "s_1 canceled"; has "after canceled"
nok "nothing of it is left" kill -0 "$(cat pid_1)"
is "$(query "SELECT reason FROM attempt WHERE job = 1")" 9 "its attempt says by whom"
out=$(torc disable "1.$first"); like "$out" "1 left as it is, because a runner has it" "one that is running is not disabled"
timed torc hold > /dev/null; is "$(query "SELECT state FROM workflow")" 3 "the workflow is held"
torc cancel '1.s_*' > out; like "$(cat out)" "that had ended: 1" "jobs by a pattern"
for i in 2 3 4; do has "s_$i canceled"; done
has "b canceled"; await "$pid"; is "$?" 1 "and the runner ends, as nothing is left"
is "$(counted)" 0 "counts are what the rows are"
is "$(query "SELECT count(*) FROM job WHERE runner IS NOT NULL")" 0 "no runner has any job"
torc cancel 1.s_1 > out; like "$(cat out)" "that had ended: 1" "what has ended stays as it is"

# a held workflow starts nothing
rm -f db*; cat > h.yaml <<'X'
name: held
jobs:
  - {name: a, command: "read x < gate"}
  - {name: z, command: "true", depends_on: [a]}
X
mkfifo gate; start_run h.yaml; has "a running"
torc hold > out; is "$(cat out)" "workflow 1 is held: no more jobs start, until 'torc release'" "hold"
torc hold > out; is "$(cat out)" "workflow 1 was held before" "held twice"
echo > gate; has "a completed"
is "$(states)" "a completed z ready" "what ran has ended, what needs it does not start"
torc restart --force > out; is "$(query "SELECT state, run_id FROM workflow")" "3|2" "a restart leaves it held"
torc release > out; is "$(cat out)" "workflow 1 is released" "release"
has "a running"; echo > gate
await "$pid"; is "$? $(states)" "0 a completed z completed" "and it goes on"
torc hold > out 2>&1; is "$?" 2 "what has ended is not held"

# disabled jobs count as met, and run when they are enabled
rm -f db*; cat > d.yaml <<'X'
name: dis
jobs:
  - {name: a, command: "exit 3"}
  - {name: b, command: "echo b >> ran", depends_on: [a]}
  - {name: c, command: "echo c >> ran", cpus: 1, memory: 64m, runtime: 1m}
X
torc-run -Q --max-fails 1 d.yaml > log 2>&1; torc restart > out
torc disable 1.a > out; is "$(cat out)" "1 job disabled" "disable"
is "$(states)" "a disabled b ready c completed" "who needs it is ready"
run -Q --workflow 1; is "$rc $(states)" "0 a disabled b completed c completed" "all that is left has completed"
is "$(torc restart)" "workflow 1: nothing must run again" "a restart leaves it"
torc enable 1.a > out; like "$(cat out)" "1 job enabled" "enable"
is "$(states) $(query "SELECT state FROM workflow")" "a ready b completed c completed 0" "it is to run"
run -Q --workflow 1; is "$rc $(states)" "1 a failed b completed c completed" "and does"
is "$(counted)" 0 "counts are what the rows are"
torc disable --class default > out; is "$(cat out)" "2 jobs disabled" "a class"
torc disable 1 > out 2>&1; is "$?" 2 "a whole workflow is not disabled"
torc disable 1.nobody > out 2>&1; is "$?" 2 "nor what is not there"
is "$(torc cancel --json --class default | jq -c .)" '{"workflow_id":1,"jobs_canceled":0,"jobs_ending":0,"left":2}' "as JSON"

# a class gets more
rm -f db* ran; cat > u.yaml <<'X'
name: up
resource_requirements:
  - {name: small, num_cpus: 1, memory: 64m, runtime: PT1M}
jobs:
  - {name: a, command: "read x < gate", resource_requirements: small}
  - {name: b, command: "true", resource_requirements: small, depends_on: [a]}
X
start_run u.yaml; has "a running"
seq=$(query "SELECT seq FROM runner")
out=$(torc update small --memory 128m --runtime 2m); is "$out" "class small of workflow 1: 1 job that has not started will get it" "update"
wait_until 10 '[ "$(query "SELECT seq FROM runner")" -gt $seq ]' # the runner has heard of it
echo > gate; await "$pid"
is "$(query "SELECT memory_bytes, runtime_usec FROM resource_class")" "134217728|120000000" "the class has it"
is "$(query "SELECT count(DISTINCT memory_limit_bytes) FROM usage WHERE memory_limit_bytes IS NOT NULL")" \
	"$(query "SELECT CASE WHEN (SELECT count(memory_limit_bytes) FROM usage) > 0 THEN 2 ELSE 0 END")" "and so had the job that started then"
torc update nix --memory 1g > out 2>&1; is "$?" 2 "a class that is not there"
torc update small --memory lots > out 2>&1; is "$?" 2 "a size that is none"
torc update small > out 2>&1; is "$?" 2 "nothing to change"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Jobs that add jobs by torc spawn, on this machine: what they may name, what is refused, calls that are made again, restarts.
examples=$(cd "$(dirname "$0")/../../examples" && pwd)
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
out() { cat torc_output/job_wf"$1"_j"$(query "SELECT id FROM job WHERE workflow = $1 AND name = '$2'")"_r1_a"${4:-1}"."${3:-o}"; }
state() { query "SELECT state || ' ' || attempts FROM job_status WHERE workflow = $1 AND name = '$2'"; }
whole() { query "PRAGMA integrity_check; PRAGMA foreign_key_check"; }
fresh() { rm -f db* ./*.json; }

# ---- what is added runs, with what the workflow's file says ----
cat > wf.json <<'J'
{"name": "grows", "env": {"A": "b"}, "parameters": {"k": "1:2"},
 "resource_requirements": [{"name": "small", "num_cpus": 1, "memory": "100m", "runtime": "PT1M"}],
 "files": [{"name": "x", "path": "x.txt"}], "user_data": [{"name": "conf", "data": 5}, {"name": "made"}],
 "jobs": [
  {"name": "seed", "command": "mkdir -p d && cd d && torc spawn ../more.json --json --state '{\"n\": 1}'"},
  {"name": "other", "command": "echo hi > x.txt; torc data set made '\"m\"'", "output_files": ["x"], "output_user_data": ["made"]}]}
J
cat > more.json <<'J'
{"jobs": [
  {"name": "a_{k}", "command": "cat ${files.input.x}; echo $TORC_ORCHESTRATOR_LINEAGE_ID $A {k} ${user_data.input.conf} ${user_data.input.made} | tee ${files.output.y_{k}}",
   "use_parameters": ["k"], "resource_requirements": "small"},
  {"name": "end", "command": "cat y_1.txt y_2.txt; torc spawn last.json", "depends_on_regexes": ["^a_"], "depends_on": ["other"], "cpus": 2}],
 "files": [{"name": "y_{k}", "path": "y_{k}.txt", "use_parameters": ["k"]}]}
J
echo '{"jobs": [{"name": "last", "command": "echo $TORC_ORCHESTRATOR_LINEAGE_ID", "depends_on": ["a_1"]}]}' > last.json
run wf.json
is "$rc $(jobs | grep -c ' completed$')" "0 6" "added jobs run, and the workflow ends with them" || diag "$(cat log; jobs; cat torc_output/*.e)"
is "$(out 1 seed)" '{"workflow":1,"lineage":"seed","generation":1,"added":3,"same":0}' "--json says what was added"
is "$(out 1 a_2)" $'hi\nseed b 2 5 "m"' "they have the file's classes, parameters and env, files and data of its jobs"
is "$(out 1 end)" $'seed b 1 5 "m"\nseed b 2 5 "m"\n1 job added, generation 2 of seed' "and wait for each other"
is "$(out 1 last)" seed "what they add in turn is of their lineage"
is "$(torc data get seed.1)" '{"n": 1}' "the state is user data of the lineage"
is "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job, attempt b JOIN job k ON k.id = b.job
	WHERE j.name <> 'other' AND k.name = 'seed' AND j.id > k.id + 1 AND a.start_usec < b.end_usec")" 0 "none starts before the one that added it has ended"
is "$(query "SELECT count(*) FROM dependency d JOIN job j ON j.id = d.job JOIN job n ON n.id = d.needs WHERE j.name = 'last' AND n.name = 'end'")" 1 "each needs it"

# ---- what is refused adds nothing ----
like "$(torc spawn more.json 2>&1; echo $?)" 'for jobs while they run.*--restart.*2$' "outside of a job there is nobody to add"
fresh
refuse() { # refuse REGEX DESCRIPTION: the call of the file new.json in a job
	cat > new.json
	rm -rf torc_output
	run refuse.json
	n=$((n + 1))
	like "$(cat torc_output/job_wf"$n"_j*.e)" "$1" "$2"
	is "$(query "SELECT state || ' ' || (SELECT count(*) FROM job WHERE workflow = $n AND name <> 'seed' AND name <> 'reader')
		FROM job_status WHERE workflow = $n AND name = 'seed'")" "failed 0" "... and adds nothing"
}
n=0
touch there
cat > refuse.json <<'J'
{"name": "refuses", "dynamic_jobs": {"max_iterations": 1},
 "files": [{"name": "x", "path": "x.txt"}, {"name": "there", "path": "there"}, {"name": "y", "path": "y.txt"}], "user_data": [{"name": "conf", "data": 5}],
 "jobs": [{"name": "seed", "command": "torc spawn new.json || exit"},
          {"name": "reader", "command": "true > y.txt", "input_files": ["there"], "output_files": ["y"]}]}
J
refuse 'new.json:1:[0-9]+: jobs\[0\].depends_on\[0\]: no job is named "sed"; did you mean "seed"' "a slip in a name" <<< '{"jobs": [{"name": "a", "command": "true", "depends_on":["sed"]}]}'
refuse 'stat: unknown key; did you mean "state"' "a key that is none" <<< '{"jobs": [], "stat": 1}'
refuse 'job "reader" is there already, of the workflow.s file' "a name of the file" <<< '{"jobs": [{"name": "a", "command": "true"}, {"name": "reader", "command": "true"}]}'
refuse 'waits? for each other|circle|cycle' "a circle" <<< '{"jobs": [{"name": "a", "command": "true", "depends_on": ["b"]}, {"name": "b", "command": "true", "depends_on": ["a"]}]}'
refuse 'job "reader" is there already, and reads what "a" would write' "what an earlier job reads is written" <<< '{"jobs": [{"name": "a", "command": "true", "output_files": ["there"]}]}'
refuse 'file "x" is there already, as x.txt' "a file of that name with another path" <<< '{"jobs": [{"name": "a", "command": "true", "output_files": ["x"]}], "files": [{"name": "x", "path": "z"}]}'
refuse 'file "y" is already written by' "what an earlier job writes is written" <<< '{"jobs": [{"name": "a", "command": "true", "output_files": ["y"]}]}'
refuse 'file "y", which is also "o", is already written' "... by another spelling of its path" <<< '{"jobs": [{"name": "a", "command": "true", "output_files": ["o"]}], "files": [{"name": "o", "path": "./sub/../y.txt"}]}'
refuse 'user data "conf" is there already, with another value' "data of that name with another value" <<< '{"jobs": [], "user_data": [{"name": "conf", "data": 6}]}'
refuse 'nowhere' "an input that is not there" <<< '{"jobs": [{"name": "a", "command": "true", "input_files": ["n"]}], "files": [{"name": "n", "path": "nowhere"}]}'
refuse 'job "a" \(class "3cpu-1g-1h"\) can never run' "what does not fit this machine" <<< '{"jobs": [{"name": "a", "command": "true", "cpus": 3}]}'
is "$(whole)" ok "the database is whole"

# ---- what the new jobs need of what there is: writers of files and data, by the names alone, and a regex ----
fresh
cat > needs.json <<'J'
{"name": "needs", "files": [{"name": "f", "path": "f.txt"}, {"name": "g", "path": "g.txt"}], "user_data": [{"name": "d"}],
 "jobs": [{"name": "seed", "command": "torc spawn new.json", "priority": 1},
  {"name": "wf", "command": "touch f.txt", "depends_on": ["seed"], "output_files": ["f"]},
  {"name": "wd", "command": "torc data set d 7", "depends_on": ["seed"], "output_user_data": ["d"]},
  {"name": "wg", "command": "touch g.txt", "depends_on": ["seed"], "output_files": ["g"]}]}
J
echo '{"jobs": [{"name": "rf", "command": "test -e f.txt", "input_files": ["f"]}, {"name": "rd", "command": "test ${user_data.input.d} = 7"},
 {"name": "rg", "command": "cat ${files.input.h}"}], "files": [{"name": "h", "path": "./g.txt"}]}' > new.json
needs_of() { query "SELECT group_concat(name, ' ') FROM (SELECT n.name FROM dependency d JOIN job j ON j.id = d.job JOIN job n ON n.id = d.needs WHERE j.name = '$1' ORDER BY n.id)"; }
run needs.json
is "$rc $(needs_of rf)/$(needs_of rd)/$(needs_of rg)" "0 seed wf/seed wd/seed wg" "new jobs need who writes what they read" || diag "$(cat log torc_output/*.e)"
needs=$(cat needs.json)
fresh
echo "$needs" > needs.json
echo '{"jobs": [{"name": "late", "command": "true", "depends_on_regexes": ["^w[fg]$"]}]}' > new.json
run needs.json
is "$rc $(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job, (SELECT max(b.end_usec) last FROM attempt b JOIN job w ON w.id = b.job WHERE w.name IN ('wf', 'wg'))
	WHERE j.name = 'late' AND a.start_usec >= last")" "0 1" "... and whom a regex selects" || diag "$(cat log torc_output/*.e)"

# ---- a call that is made again ----
fresh
cat > again.json <<'J'
{"name": "again", "failure_handlers": [{"name": "h", "rules": [{"match_all_exit_codes": true, "max_retries": 1}]}],
 "dynamic_jobs": {"max_iterations": 1}, "jobs": [
  {"name": "seed", "command": "torc spawn same.json --state 1 && torc spawn same.json --state 1; torc spawn same.json --state 2; echo $?; torc spawn other.json; echo $?; torc spawn wider.json; echo $?; exit $((TORC_ATTEMPT_ID == 1))",
   "failure_handler": "h"}]}
J
echo '{"jobs": [{"name": "a", "command": "echo a >> ran"}, {"name": "b", "command": "true", "depends_on": ["a"]}]}' > same.json
echo '{"jobs": [{"name": "a", "command": "echo b >> ran"}]}' > other.json
echo '{"jobs": [{"name": "a", "command": "echo a >> ran"}, {"name": "c", "command": "true"}]}' > wider.json
run again.json
is "$rc $(state 1 seed) $(cat ran)" "0 completed 2 a" "a job that is tried again makes its call again" || diag "$(cat log; jobs; cat torc_output/*)"
is "$(out 1 seed o 2)" $'nothing new: these jobs are generation 1 of seed\nnothing new: these jobs are generation 1 of seed\n2\n2\n2' "which changes nothing"
like "$(out 1 seed e 2)" 'with another state.*job "a" was added by this job before, with another command.*max_iterations' "what differs is an error, and a generation too many"
is "$(query "SELECT count(*) FROM job") $(torc data get seed.1)" "3 1" "and adds nothing"

# ---- the one that adds fails, or its runner dies ----
fresh
cat > fails.json <<'J'
{"name": "fails", "jobs": [{"name": "seed", "command": "torc spawn new.json; exit 3"}, {"name": "bad", "command": "exit 1"},
 {"name": "late", "command": "torc spawn late.json", "depends_on": ["bad"], "cancel_on_blocking_job_failure": false}]}
J
echo '{"jobs": [{"name": "a", "command": "true"}, {"name": "b", "command": "true", "depends_on": ["a"]}]}' > new.json
echo '{"jobs": [{"name": "c", "command": "true", "depends_on": ["bad"]}, {"name": "d", "command": "true", "depends_on": ["c"]},
 {"name": "e", "command": "true", "depends_on": ["bad"], "cancel_on_blocking_job_failure": false}]}' > late.json
run fails.json
is "$rc $(state 1 a) $(state 1 b)" "1 canceled 0 canceled 0" "what a job added is canceled when it fails"
is "$(state 1 c) $(state 1 d) $(state 1 e)" "canceled 0 canceled 0 completed 1" "a need that has failed cancels, unless the job does not mind"
fresh
cat > dies.json <<'J'
{"name": "dies", "jobs": [{"name": "seed", "command": "torc spawn new.json && if [ $TORC_ATTEMPT_ID = 1 ]; then touch spawned; exec sleep 100; fi"}]}
J
echo '{"jobs": [{"name": "a", "command": "echo a > ran"}]}' > new.json
start_run dies.json
wait_until 20 '[ -e spawned ]'
kill -9 "$runner"
await "$pid"
is "$? $(state 1 seed) $(state 1 a)" "0 completed 2 completed 1" "when the runner is killed the job runs again, and its call is the same" || diag "$(cat log; jobs)"

# ---- two at once, one name ----
fresh
cat > two.json <<'J'
{"name": "two", "jobs": [{"name": "one", "command": "torc spawn new.json"}, {"name": "two", "command": "torc spawn new.json"}]}
J
echo '{"lineage": "both", "jobs": [{"name": "a", "command": "true"}, {"name": "b", "command": "true"}]}' > new.json
run two.json
is "$rc $(query "SELECT group_concat(state, ' ') FROM (SELECT state FROM job_status WHERE id < 3 ORDER BY state)") $(query "SELECT count(*) FROM job")" \
	"1 completed failed 4" "of two jobs that add the same names one does"

# ---- many ----
fresh
cat > many.json <<'J'
{"name": "many", "jobs": [{"name": "seed", "command": "torc spawn new.json"}]}
J
echo '{"jobs": [{"name": "a_{i}", "command": "true", "parameters": {"i": "1:2000"}}, {"name": "end_{i}", "command": "true", "depends_on_regexes": ["^a_"], "parameters": {"i": "1:5"}}]}' > new.json
run many.json
is "$rc $(query "SELECT count(*) FROM job_status WHERE state = 'completed'") $(query "SELECT count(*) FROM dependency")" "0 2006 4010" \
	"many at once, whose needs are counted by a barrier" || diag "$(cat log)"

# ---- the example, and restarts ----
fresh
cp -r "$examples" . && chmod -R u+w examples
run examples/heat/workflow.json
is "$rc $(query "SELECT count(*) FROM job_status WHERE state = 'completed'") $(wc -l < heat.out/rod.txt)" "0 19 21" "the example goes on until it has converged" || diag "$(cat log)"
is "$(sed -n 11p heat.out/rod.txt | cut -c 1-4)" 49.9 "with the result that it must have"
is "$(torc data get start.7)" '{"change": 0.0327, "converged": true}' "its last state says so"
like "$(torc restart 2>&1)" 'nothing must run again' "a restart finds nothing to do"
torc restart --job step_5 > restarted
is "$(query "SELECT group_concat(name, ' ') FROM job WHERE state <> 5") $(query "SELECT count(*) FROM job")" "step_5 16" "what step_5 added goes when it is to run again"
is "$(torc data list --json | jq '.data | length')" 5 "with its state"
run --workflow 1
is "$rc $(query "SELECT count(*) FROM job_status WHERE state = 'completed'") $(query "SELECT max(generation) FROM spawn")" "0 19 7" "and comes again"
run --restart 1 examples/heat/workflow.json
is "$rc $(query "SELECT count(*) FROM job_status WHERE state = 'completed'")" "0 19" "with a changed file all of it is made anew"
is "$(whole)" ok "and the database is whole"
ok "a workflow with all of this can be deleted" torc delete 1
is "$(query "SELECT (SELECT count(*) FROM spawn) + (SELECT count(*) FROM spawned) + (SELECT count(*) FROM job)")" 0 "and nothing of it stays"
done_testing

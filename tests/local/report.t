#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# torc-report and torc on a database with a workflow of every kind of end: what people read to the letter, what programs read
# key by key. TORC_UPDATE=1 writes the expected texts anew, for a look at the difference.
set -u
. "$TORC_SOURCE/tests/lib/tap.sh"
here=$TORC_SOURCE/tests/local/report
report=$TORC_BUILD/torc-report torc=$TORC_BUILD/torc
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
export TZ=UTC LC_ALL=C.UTF-8 COLUMNS=80 TORC_DB=$scratch/torc.db
unset NO_COLOR
sqlite3 "$TORC_DB" < "$TORC_SOURCE/lib/store/schema.sql" && sqlite3 "$TORC_DB" < "$here/fixture.sql" && sqlite3 "$TORC_DB" < "$here/fixture_5.sql" &&
    sqlite3 "$TORC_DB" < "$TORC_SOURCE/lib/store/class_used.sql" && sqlite3 "$TORC_DB" < "$TORC_SOURCE/lib/store/runner_work.sql" || exit 1
same() { # NAME FILE COMMAND...: prints exactly FILE
    local name=$1 file=$here/$2
    shift 2
    "$@" > "$scratch/got" 2>&1
    [ -z "${TORC_UPDATE:-}" ] || cp "$scratch/got" "$file"
    diff -u "$file" "$scratch/got" > "$scratch/diff"
    tap_result $? "$name" || diag "$(cat "$scratch/diff")"
}

json() { # NAME FILTER: true of $scratch/json
    [ -s "$scratch/json" ] && jq -e "$2" "$scratch/json" > "$scratch/answer" 2>&1
    tap_result $? "$1" || diag "$(cat "$scratch/answer")"
}

says() { # NAME CODE TEXT COMMAND...: exits with CODE, and its output has TEXT
    local name=$1 code=$2 text=$3 got
    shift 3
    "$@" > "$scratch/got" 2>&1
    got=$?
    [ $got -eq "$code" ] && { [ -z "$text" ] || grep -qF -- "$text" "$scratch/got"; }
    tap_result $? "$name" || diag "exit $got: $(cat "$scratch/got")"
}

kinds=$("$report" --help | sed -n '/^Reports:/,$s/^  \([a-z]*\) .*/\1/p')
for kind in $kinds; do
    same "$kind" "$kind.txt" "$report" "$kind" 1
done
for kind in ${kinds#summary}; do
    same "$kind as CSV" "$kind.csv" "$report" --csv "$kind" 1
done
COLUMNS=60 same "60 columns" jobs-60.txt "$report" jobs 1
COLUMNS=200 same "200 columns" usage-200.txt "$report" usage analysis
for width in 50 60 80 100 120; do
    for kind in jobs usage classes allocations; do
        COLUMNS=$width "$report" $kind 1 > "$scratch/got"
        [ -s "$scratch/got" ] && [ "$(wc -L < "$scratch/got")" -le $width ]
        tap_result $? "$kind fits $width columns"
    done
done
"$report" summary 2 > "$scratch/got" && grep -qF 'red?[31m' "$scratch/got" && ! grep -q $'[\033\a]' "$scratch/got"
tap_result $? "no control character of a name or an error text comes through"
"$torc" jobs 2 > "$scratch/got" && grep -qF 'evil?]0;owned?' "$scratch/got" && ! grep -q $'[\033\a]' "$scratch/got"
tap_result $? "nor in torc jobs"

"$report" --json 1 > "$scratch/json"
json "workflow" '.workflow | .id == 1 and .name == "analysis" and .run_id == 1 and .state == "complete"'
json "times are ISO 8601 with microseconds" '.workflow.created == "2023-11-14T22:13:20.000000Z"'
json "counts by state" '.workflow.counts == {"completed": 3, "failed": 4, "canceled": 1, "blocked": 0, "disabled": 0, "pending": 0,
    "pending_failed": 0, "ready": 0, "running": 0, "terminated": 0, "uninitialized": 0}'
json "jobs in order, barriers not among them" '[.jobs[].id] == [1, 2, 3, 4, 6, 7, 8, 9]'
json "a barrier that is needed goes by its name" '.jobs[4].needs == ["hungry", "*sim"]'
json "keys of a job" '.jobs[0] | [.name, .state, .why, .class, .command, .needs, .stdout, .stderr] ==
    ["prepare", "completed", null, "small", "./prepare.sh in.dat", [], "/home/ada/run/torc_output/1.o",
    "/home/ada/run/torc_output/1.e"]'
json "keys of an attempt" '.jobs[0].attempts[0] | [.run_id, .attempt_id, .node, .slurm_job_id, .start, .end, .wall_s, .exit_code,
    .signal, .reason] == [1, 1, "node1", 72, "2023-11-14T22:13:25.000001Z", "2023-11-14T22:13:27.500001Z", 2.5, 0, null, null]'
json "usage" '.jobs[0].attempts[0].usage | [.source, .cpu_user_s, .cpu_system_s, .memory_peak_bytes, .memory_anon_bytes,
    .io_read_bytes, .io_write_bytes, .oom_kills, .gpus] == ["cgroup2", 2, 0.1, 209715200, 157286400, 1048576, 0, 0, []]'
json "what is not known is null" '.jobs[2].attempts[0] | [.memory_limit_bytes, .usage.memory_anon_bytes, .usage.io_read_bytes,
    .usage.oom_kills] == [null, null, null, null]'
json "every attempt is there" '[.jobs[3].attempts[] | [.attempt_id, .reason, .signal, .exit_code]] ==
    [[1, "lost", 15, null], [2, "oom", 9, null]]'
json "a limit that was set" '.jobs[3].attempts[1].memory_limit_bytes == 536870912'
json "a job that never started" '.jobs[4] | .state == "canceled" and .attempts == [] and .stdout == null'
json "two nodes: CPU summed, memory of the fullest" '.jobs[5].attempts[0].usage | [.source, .cpu_user_s, .memory_peak_bytes,
    (.nodes | length), .nodes[1].node, .nodes[1].step] == ["spank", 31, 419430400, 2, "node2", "72.0"]'
json "not measured" '.jobs[7].attempts[0].usage == null'
json "standard error as text" '.jobs[2].attempts[0].stderr_tail == "line 1\nValueError: \u001b[31mno such seed\n"'
json "classes" '.classes[1] | [.name, .cpus, .memory_bytes, .gpus, .nodes, .runtime_s, .jobs] ==
    ["large", 4, 2147483648, 0.5, 1, 3600, 3]'
json "allocations" '.allocations[0] | [.id, .slurm_job_id, .array_task_id, .partition, .nodes, .state, .submitted, .start, .end,
    .walltime_s] == [1, 72, 0, "debug", 1, "ended", "2023-11-14T22:13:21.000000Z", "2023-11-14T22:13:23.000000Z",
    "2023-11-14T22:15:25.000000Z", 3600]'
json "node time of an allocation: CPUs times seconds" '.allocations[0].node_time == {"asked_cpu_s": 14400, "held_cpu_s": 488, "used_cpu_s": 282.5,
    "running_cpu_s": 0, "lost_cpu_s": 162, "waited_cpu_s": 0, "unfit_cpu_s": 15.499996, "startup_cpu_s": 8.000004, "drain_cpu_s": 20, "unknown_cpu_s": 0}'
json "... of one that never started" '.allocations[2].node_time | .asked_cpu_s == 14400 and .held_cpu_s == null and .used_cpu_s == null'
json "... of the workflow, and its parts are the whole" '.node_time | .held_cpu_s == 728 and .asked_cpu_s == 28800 and .used_cpu_s == 282.5 and
    .held_cpu_s == ([to_entries[] | select(.key != "asked_cpu_s" and .key != "held_cpu_s") | .value] | add * 1000000 | round / 1000000)'
json "events" '[.events[].kind] == ["workflow_created", "job_started", "workflow_ended"]'
json "actions" '[.actions[] | .state] == ["done", "waiting", "waiting", "fired", "failed"] and .actions[2].waits_for[:9] == "simulate_" and
    .actions[0].commands == ["mkdir -p logs", "date > logs/start"] and .actions[1].commands == null and
    .actions[4].runs[0].exit_code == 127 and .actions[4].runs[0].output == "./mail: not found"'
json "samples" '.samples[0] == {"time": "2023-11-14T22:13:35.000000Z", "job": null, "run_id": null, "attempt_id": null, "node": "node1",
    "cpu_s": 86400, "memory_bytes": 4294967296, "gpus": []} and .samples[2].memory_bytes == null and .samples[1].attempt_id == 1'
json "data" '.data == [{"id": 1, "name": "threshold", "data": {"low": 0.1}, "ephemeral": false},
    {"id": 2, "name": "best", "data": null, "ephemeral": true}]'
"$report" --json classes 1 > "$scratch/json"
json "one part of it" 'keys == ["classes", "workflow"]'
"$report" --json 2 > "$scratch/json"
json "a running attempt has no end" '.jobs[1].attempts[0] | [.end, .wall_s, .exit_code, .reason, .usage] ==
    [null, null, null, null, null]'
json "the last workflow's run" '.workflow.run_id == 2 and .workflow.state == "running" and .workflow.ended == null'

same "torc show" show.txt "$torc" show 1.hungry
same "torc show: several" show-sim.txt "$torc" show '1.sim*'
same "torc jobs of a state" jobs-failed.txt "$torc" jobs 1 --state failed,canceled
"$torc" list --json > "$scratch/json"
json "torc list" '[.workflows[] | [.id, .state]] == [[1, "complete"], [2, "running"], [3, "running"]]'
"$torc" jobs --json '1.s*' > "$scratch/json"
json "torc jobs with a pattern" '[.jobs[].name] ==
    ["simulate_temperature_330_pressure_12_seed_00017", "simulate_b", "slow"]'
"$torc" status --json 2 > "$scratch/json"
json "torc status" '.runners[0].node == "laptop" and .workflow.counts.running == 1'
says "status names the labels that nobody has" 0 "torc-run --workflow 3 --label tape" "$torc" status
says "status says what to do" 0 "a runner with the labels tape, which nobody has" "$torc" status 3
says "status of a job that runs" 0 "runs" "$torc" status 2
says "the last workflow is the one meant" 0 "Workflow 3 waiting: running" "$torc" status
is "$(COLUMNS=40 "$torc" status 1 | sed -n 3,4p)" "3 completed, 4 failed, 1 canceled
of 8 jobs" "status in few columns"
says "wait: some jobs did not complete" 1 "" timed "$torc" wait 1

mkdir -p "$scratch/out" && echo "to stdout" > "$scratch/out/o" && echo "to stderr" > "$scratch/out/e"
sqlite3 "$TORC_DB" "UPDATE attempt SET stdout = '$scratch/out/o', stderr = '$scratch/out/e' WHERE id = 3"
says "logs: standard output" 0 "to stdout" "$torc" logs 1.simulate_b
says "logs: standard error" 0 "==> simulate_b stderr <==" "$torc" logs 1.simulate_b
is "$("$torc" logs --stderr 1.simulate_b)" "to stderr" "logs --stderr"
is "$("$torc" logs --follow --stdout 1.simulate_b)" "to stdout" "logs --follow ends with the job"
says "logs of a job that has not started" 0 "merge has not started: it is canceled" "$torc" logs 1.merge
says "logs that are gone" 0 "torc_output/1.o" "$torc" logs 1.prepare

says "logs of a job that wrote nothing" 0 "simulate_b has written nothing to standard output" sh -c ': > "$2/out/o"; "$1" logs --stdout 1.simulate_b' - "$torc" "$scratch"
says "logs of all that failed" 0 "==> simulate_b stderr <==" "$torc" logs --failed 1
nok "... and of nobody else" grep -q prepare "$scratch/got"
says "logs of what failed, and nothing did" 0 "no job of workflow 3 has failed" "$torc" logs --failed
echo first > "$scratch/out/4" && sqlite3 "$TORC_DB" "UPDATE attempt SET stdout = '$scratch/out/4', stderr = NULL WHERE id = 4"
is "$("$torc" logs --attempt 1 1.hungry)" "==> hungry stdout, attempt 1 <==
first" "logs of an attempt"
says "logs of all attempts" 0 "torc_output/4_2.o" "$torc" logs --attempt all 1.hungry
"$torc" logs --json --failed 1 > "$scratch/json" 2> "$scratch/got"
json "logs --json" '.logs[0] | .job == "simulate_b" and .attempt_id == 1 and .stderr.text == "to stderr\n" and (.stdout.path | endswith("/out/o"))'
says "logs of no attempt" 0 "hungry has no attempt 3" "$torc" logs --attempt 3 1.hungry
says "no such attempt" 2 '"x" is no number' "$torc" logs --attempt x 1.hungry
says "logs of what" 2 "TARGET is missing" "$torc" logs

long=$(printf 'x%.0s' {1..150})
sqlite3 "$TORC_DB" "INSERT INTO event (workflow, time_usec, kind, job, data) VALUES (3, 1700002000000000, 50, 30, '\"$long\"');
	UPDATE job SET name = '$long' WHERE id = 30; UPDATE workflow SET name = '$long' WHERE id = 3"
for command in "$torc list" "$torc jobs 3" "$torc status 3" "$report 3" "$report events 3" "$torc plan 3"; do
	says "never cut where there is no terminal: ${command##*/}" 0 "$long" env -u COLUMNS $command
done
sqlite3 "$TORC_DB" "UPDATE job SET name = 'archive' WHERE id = 30; UPDATE workflow SET name = 'waiting' WHERE id = 3; DELETE FROM event WHERE workflow = 3"
cat > "$scratch/wide.json" <<'JSON'
{"name": "wide", "jobs": [{"name": "a_rather_long_name_of_a_job", "command": "true", "cpus": 4, "memory": "8g", "runtime": "30m"},
 {"name": "another_long_name_of_a_job", "command": "true", "cpus": 4, "memory": "8g", "runtime": "40m"},
 {"name": "third_name", "command": "true", "cpus": 4, "memory": "8g", "runtime": "50m"},
 {"name": "one_that_waits_for_all_of_them", "command": "true", "cpus": 4, "memory": "8g", "runtime": "35m",
  "depends_on": ["third_name", "another_long_name_of_a_job", "a_rather_long_name_of_a_job"]}]}
JSON
own=(env TORC_WORKFLOW_ID=1 TORC_JOB_ID=3)
for command in "status analysis" "jobs prepare" "plan analysis" "graph analysis"; do
	says "inside a job torc ${command% *} means its own workflow" 0 "${command#* }" "${own[@]}" "$torc" ${command% *}
done
says "torc show, too" 0 "Job 1.hungry" "${own[@]}" "$torc" show hungry
says "torc-report, too" 0 "Workflow 1 analysis" "${own[@]}" "$report"
says "... not with --db" 0 "Workflow 3 waiting" "${own[@]}" "$torc" status --db "$TORC_DB"
says "torc plan in 80 columns: no class is cut" 0 "4cpu-8g-35m" "$torc" plan "$scratch/wide.json"
says "... nor an item of a list" 0 "a_rather_long_name_of_a_job, …" env COLUMNS=105 "$torc" plan "$scratch/wide.json"
for code in 139:SEGV 137:KILL; do
	sqlite3 "$TORC_DB" "UPDATE attempt SET exit_code = ${code%:*} WHERE id = 3"
	says "exit code $code" 0 "exit ${code/:/ }" "$torc" jobs 1
	says "... in words" 0 "exit code ${code%:*}: signal $((${code%:*} - 128)) (${code#*:}) ended" "$torc" show 1.simulate_b
done
sqlite3 "$TORC_DB" "UPDATE attempt SET exit_code = 3 WHERE id = 3"
says "no samples" 0 "workflow 3 has no samples: none were asked for" "$report" samples 3
says "no actions" 0 "workflow 3 has no actions" "$report" actions 3
says "no data" 0 "workflow 3 has no user data" "$report" data 3
sqlite3 "$TORC_DB" "UPDATE workflow SET settings = '{\"strict\": true, \"walltime_usec\": 3600000000, \"resource_monitor\": {\"sample\": 5}}' WHERE id = 3"
is "$("$torc" show 3 | grep -A 3 settings | head -n 3)" "  settings   strict: true
             walltime: 1h00m
             resource_monitor.sample: 5" "settings for people"
says "a job that is not there is not canceled" 2 "nobody" "$torc" cancel 3.nobody
says "NREL's torc lists jobs in another way" 2 'NREL'"'"'s "torc jobs list" is here: torc jobs ID' "$torc" jobs list

says "no such workflow" 2 'there is no workflow 9' "$report" 9
says "no such workflow by name" 2 'no workflow "nine"' "$report" jobs nine
says "no such job" 2 'workflow 1 (analysis) has no job "hungr"' "$torc" show 1.hungr
says "no such state" 2 'no job is ever "fialed"; did you mean "failed"?' "$torc" jobs --state fialed
name=hungry slip=hungyr
workflow=$(sqlite3 "$TORC_DB" "SELECT name FROM workflow WHERE id = 1")
says "no such option" 2 'there is no option --jsn; did you mean --json?' "$torc" status --jsn
says "no such letter" 2 "there is no option -x; see 'torc status --help'" "$torc" status -x
says "no value" 2 "needs a value" "$torc" status --db
says "no such data command" 2 'there is no "torc data gte"; did you mean "get"?' "$torc" data gte
says "no such event command" 2 'there is no "torc event pots"; did you mean "post"?' "$torc" event pots
says "no such job, in logs" 2 "has no job \"$slip\"; did you mean \"$name\"?" "$torc" logs "1.$slip"
says "no such job, in show" 2 "has no job \"$slip\"; did you mean \"$name\"?" "$torc" show "1.$slip"
says "no such workflow" 2 "no workflow \"x$workflow\"; did you mean \"$workflow\"?" "$torc" status "x$workflow"
says "no such report" 2 'there is no report and no workflow "usge"; did you mean "usage"?' "$TORC_BUILD/torc-report" usge
says "no such option of a report" 2 '--jsn is no option of torc-report; did you mean --json?' "$TORC_BUILD/torc-report" --jsn
says "no such option of torc-run" 2 '--lable is no option of torc-run; did you mean --label?' "$TORC_BUILD/torc-run" --lable x
says "no such option of torc-sbatch" 2 '--partitoin is no option of torc-sbatch; did you mean --partition?' "$TORC_BUILD/torc-sbatch" --partitoin x
says "no labels for allocations" 2 'starts torc-run --workflow ID --label A,B' "$TORC_BUILD/torc-sbatch" --label x w.json
says "two reports" 2 'one report at a time, or an ID after it, not "usage"' "$report" jobs usage
says "no state" 2 "which state?" "$torc" jobs --state=
says "--watch and --json" 2 "exclude each other" "$torc" status --watch --json
says "how torc cancel is called" 0 "usage: torc cancel [OPTION...] ID|TARGET" "$torc" cancel --help
says "how torc list is called" 0 "The workflows of the database." "$torc" list --help
says "torc -V" 0 "torc " "$torc" -V
says "no such command" 2 'there is no command "staus"; did you mean "status"?' "$torc" staus
says "one argument too many" 2 "one argument too many" "$report" jobs 1 2
says "an argument is missing" 2 "TARGET is missing" "$torc" show
says "cancel wants to be told which" 2 "say which" "$torc" cancel
says "no database" 3 "no workflow database" "$report" --db "$scratch/none.db"
cd "$scratch/out" || exit 1
says "no database here: what to do" 3 "go to the folder where" env -u TORC_DB "$torc" list
echo "no database" > "$scratch/text"
says "no torc database" 3 "$scratch/text" "$torc" list --db "$scratch/text"

sqlite3 "$TORC_DB" "UPDATE submission SET slurm_job_id = 99, error = 'all its jobs had ended before' WHERE id = 2;
    UPDATE allocation SET slurm_job_id = 99 WHERE id = 3"
says "what was not needed any more was not refused" 0 "1 canceled" "$report" summary 1
nok "... by nobody" grep -q refused "$scratch/got"
says "... and the report of allocations says why" 0 "Slurm job 99 canceled: all its jobs had ended before" "$report" allocations 1

archive="$scratch/an archive? 100%#1"
mkdir "$archive" && sqlite3 "$TORC_DB" "PRAGMA journal_mode = WAL" > "$scratch/got" && cp "$TORC_DB" "$archive/torc.db"
chmod 755 "$scratch" && chmod 444 "$archive/torc.db" && chmod 555 "$archive"
nobody=()
[ "$(id -u)" != 0 ] || nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups) # who may not write there
same "an archive that is read-only can be read" usage.txt "${nobody[@]}" "$report" --db "$archive/torc.db" usage 1
says "... but not changed" 3 "read-only for this user" "${nobody[@]}" "$torc" --db "$archive/torc.db" cancel 3
is "$(ls "$archive")" torc.db "... and nothing is left in it"
chmod 755 "$archive"

says "torc help" 0 "Commands:" "$torc" help
says "torc help of a command" 0 "usage: torc cancel [OPTION...] ID|TARGET" "$torc" help cancel
says "torc help of none" 2 'there is no command "cancl"; did you mean "cancel"?' "$torc" help cancl
"$torc" check --json > "$scratch/json"
json "torc check --json" '.checks | length == 7 and all(.verdict as $v | ["ok", "note", "fails"] | index($v))'
cp "$TORC_DB" "$scratch/copy.db"
"$torc" cancel --json --db "$scratch/copy.db" 3 > "$scratch/json"
json "torc cancel --json" '.workflow.id == 3 and .canceled and .jobs_canceled == 1 and .jobs_ending == 0 and .submissions_canceled == 0'
"$torc" cancel --json --db "$scratch/copy.db" 3 > "$scratch/json"
json "... again" '.canceled == false'
"$torc" wait --json --db "$scratch/copy.db" 1 > "$scratch/json"
json "torc wait --json" '.workflow.state == "complete" and .workflow.counts.failed == 4'
"$torc" delete --json --db "$scratch/copy.db" 3 > "$scratch/json"
json "torc delete --json" '.workflow == {"id": 3, "name": "waiting"} and .deleted'
says "cancel" 0 "canceled workflow 3 (waiting): jobs that will not start: 1;" "$torc" cancel 3
says "cancel again" 0 "is canceled already" "$torc" cancel --last
"$report" --json 3 > "$scratch/json"
json "canceled" '.workflow.state == "canceled" and .jobs[0].state == "canceled"'
says "delete" 0 "deleted workflow 1 (analysis)" "$torc" delete 1
says "deleted" 2 'there is no workflow 1' "$report" 1

cat > "$scratch/good.json" <<'JSON'
{"name": "good", "jobs": [{"name": "a", "command": "true", "input_files": ["f"]}],
 "files": [{"name": "f", "path": "not/there"}]}
JSON
echo '{"name": "bad", "jobs": [{"name": "a", "comand": "true"}], "x": 1}' > "$scratch/bad.json"
says "validate: a good file" 0 "good.json: valid, 1 job" "$torc" validate "$scratch/good.json"
says "validate: warns of a missing input" 0 "\"not/there\" does not exist" "$torc" validate "$scratch/good.json"
says "validate: a bad file" 2 "comand" "$torc" validate "$scratch/bad.json"
"$torc" validate --json "$scratch/bad.json" > "$scratch/json"
json "validate --json" '.valid == false and (.problems | length) >= 2 and .problems[0].line == 1'

# ---- torc status --watch leaves the terminal as it was, also when it is told to end
cat > "$scratch/watch" <<'W'
stty -g > before
sh -c 'torc status --watch 2 < /dev/tty & p=$!; until stty -a | grep -q -- " -icanon"; do sleep 0.02; done; kill -TERM $p; wait $p'
stty -g > after
W
mkdir "$scratch/tty" && (cd "$scratch/tty" && PATH=$TORC_BUILD:$PATH timeout 20 script -qec "bash ../watch" typed > /dev/null < /dev/null)
[ -s "$scratch/tty/before" ] && cmp -s "$scratch/tty/before" "$scratch/tty/after"
tap_result $? "torc status --watch restores the terminal when it is killed" || diag "$(cat "$scratch/tty/"{before,after,typed} 2>&1 | tail -n 5)"
# what is said of each figure of usage, and of each source
page=$TORC_SOURCE/doc/accounting.md
first=$(grep '^|' "$page" | cut -d '|' -f 2)
for column in $(sqlite3 "$TORC_DB" "SELECT name FROM pragma_table_info('usage') UNION SELECT name FROM pragma_table_info('job_usage')"); do
    ok "doc/accounting.md has a row for $column" grep -qF "\`$column\`" <<< "$first"
done
for source in $(sqlite3 "$TORC_DB" "SELECT name FROM usage_source"); do
    ok "... and a column for $source" grep -q "^| column .*\`$source\`" "$page"
done
done_testing

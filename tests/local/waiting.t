#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Why jobs wait, in a clause each: torc status puts those together that wait for the same, torc show says it of one, and --json
# of both has the same.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

cat > w.json <<'J'
{"name": "w", "use_pending_failed": true, "failure_handlers": [{"name": "h", "rules": [{"exit_codes": [7]}]}], "resource_requirements": [
  {"name": "big", "num_cpus": 1, "memory": "1g", "runtime": "PT1H"}, {"name": "gpu", "num_cpus": 1, "memory": "1g", "runtime": "PT1H"},
  {"name": "wide", "num_cpus": 1, "memory": "1g", "runtime": "PT1H"}, {"name": "one", "num_cpus": 1, "memory": "100m", "runtime": "PT10M"}],
 "jobs": [{"name": "bad", "command": "false", "priority": 9, "failure_handler": "h", "resource_requirements": "one"},
  {"name": "a", "command": "until [ -e go ]; do sleep 0.05; done", "priority": 8, "resource_requirements": "one"},
  {"name": "next", "command": "true", "priority": 7, "resource_requirements": "one"},
  {"name": "a2", "command": "true", "resource_requirements": "one"}, {"name": "late", "command": "true", "depends_on": ["bad"]},
  {"name": "b_{i}", "command": "true", "depends_on": ["a"], "parameters": {"i": "1:3"}}, {"name": "c", "command": "true", "depends_on": ["b_1"]},
  {"name": "l", "command": "true", "labels": ["tape"]}, {"name": "huge", "command": "true", "resource_requirements": "big"},
  {"name": "g", "command": "true", "resource_requirements": "gpu"}, {"name": "m", "command": "true", "resource_requirements": "wide"}]}
J
why() { torc show "1.$1" | sed -n "s/^Job 1.$1: //p"; }

start_run --cpus 1 w.json
ok "the first job runs" wait_until 30 '[ "$(query "SELECT state FROM job WHERE name = '"'a'"'")" = 4 ]'
query "UPDATE resource_class SET cpus = 64 WHERE name = 'big'; UPDATE resource_class SET gpus_milli = 1500 WHERE name = 'gpu';
	UPDATE resource_class SET memory_bytes = 3 << 30 WHERE name = 'wide'"

# ---- while somebody runs
of_next() { query "SELECT s.name FROM job j JOIN job_state s ON s.id = j.state WHERE j.name = 'next'"; }
# settled COMMAND...: $said, what it printed while `next` was in $state: what is claimed is given back in a second
settled() { while state=$(of_next) said=$("$@"); [ "$(of_next)" != "$state" ]; do :; done; }
declare -A of=([pending]="pending, claimed by a runner, which has not started it yet" [ready]="ready, waits for its turn on 1 runner")
settled why next
is "$said" "${of[$state]}" "what is claimed waits for the runner, or for its turn"
is "$(why a2)" "ready, waits for its turn on 1 runner" "what fits waits for its turn"
is "$(why b_2)" "blocked, waits for a, which is running" "what needs a job that runs says which"
is "$(why c)" "blocked, waits for b_1, which is blocked" "... or one that waits itself"
like "$(why bad)" '^pending_failed, failed, and waits for your decision' "what failed waits for the user"
is "$(why late)" "blocked, waits for bad, which is pending_failed" "... and so does what needs it"
is "$(why l)" "ready, waits for a runner with the labels tape, which nobody has: torc-run --workflow 1 --label tape" "labels that nobody has"
lacks='no allocation that it fits is queued'
is "$(why huge)" "ready, no runner has the CPUs (it needs 64, the most is 1); $lacks" "more CPUs than anybody has"
is "$(why g)" "ready, no runner has the GPUs (it needs 1.5, the most is 0); $lacks" "GPUs"
is "$(why m)" "ready, no runner has the memory (it needs 3g, the most is 2g); $lacks" "memory"
settled torc status
like "$said" "Waiting +$([ "$state" = pending ] && echo 1 || echo 2) ready of one: waits for its turn"'.* 1 ready of big: no runner has the CPUs.* 3 blocked: waits for a, which is running' "torc status has a line for each reason"
is "$(torc status --json | jq -r '.why[] | select(.state == "blocked") | "\(.jobs) \(.reason)"' | paste -sd '|')" \
	"3 waits for a, which is running|1 waits for bad, which is pending_failed|1 waits for b_1, which is blocked" "--json has the same, what is at the root first"
is "$(torc status --json | jq '[.why[].jobs] | add')" 12 "... of every job that waits"
is "$(torc show --json 1.g | jq -r '.jobs[].why')" "no runner has the GPUs (it needs 1.5, the most is 0); $lacks" "torc show --json, too"

# ---- a runner that says nothing any more, and one that is not there
query "UPDATE runner SET heartbeat_usec = heartbeat_usec - 1000000000"
kill -STOP "$runner"
query "UPDATE runner SET heartbeat_usec = heartbeat_usec - 1000000000"
like "$(why a2)" 'ready, it is not known why: .* not been heard of' "with a runner that is silent it is not known"
kill -CONT "$runner"
torc hold 1 > /dev/null
is "$(why a2)" "ready, the workflow is held, and no job starts: torc release 1" "a workflow that is held says so"
torc release 1 > /dev/null
touch go
await "$pid"
is "$(why g)" "ready, no runner is alive, and $lacks" "without a runner nobody is coming"
like "$(torc status)" 'so nothing will run' "... and torc status says what to do"

# ---- commands of actions that end before any job starts, or any of this runner; a recovery script
cat > actions.yaml <<'END'
name: actions
actions:
  - {trigger_type: on_workflow_start, action_type: run_commands, commands: ["until [ -e start ]; do sleep 0.05; done"]}
  - {trigger_type: on_worker_start, action_type: run_commands, commands: ["until [ -e worker ]; do sleep 0.05; done"]}
  - {trigger_type: on_jobs_complete, action_type: schedule_nodes, jobs: [a], scheduler: only}
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, jobs: [fails], scheduler: start}
slurm_schedulers: [{name: only, walltime: "10"}, {name: start, walltime: "10"}]
failure_handlers: [{name: h, rules: [{exit_codes: [3], recovery_script: "until [ -e recover ]; do sleep 0.05; done"}]}]
jobs:
  - {name: a, command: "true"}
  - {name: free, scheduler: only, command: "true"}
  - {name: fails, command: "[ -e recover ] || exit 3", failure_handler: h, depends_on: [a]}
END
why() { torc show "2.$1" | sed -n "s/^Job 2.$1: //p"; }
start_run --cpus 1 actions.yaml
ok "the commands for the start run" wait_until 30 '[ "$(query "SELECT count(*) FROM action_run")" = 1 ]'
node=$(query "SELECT node FROM runner WHERE workflow = 2") time='20[0-9-]+ [0-9:]+'
like "$(why a)" "^ready, waits for the commands of action 1 \(on_workflow_start\), which $node has run since $time\$" "a ready job waits for them, and says whose they are"
like "$(torc status 2)" 'Waiting +2 ready of default: waits for the commands of action 1 ' "... for torc status, too"
touch start
ok "then those of the runner" wait_until 30 '[ "$(query "SELECT count(*) FROM action_run")" = 2 ]'
like "$(why a)" "^ready, waits for the commands of action 2 \(on_worker_start\), which $node has run since $time\$" "... and for them"
kill -STOP "$pid" "$runner"
kill -KILL "$runner" "$pid"
await "$pid" 2> /dev/null
is "$(why free)" "ready, its allocations are those of action 3 (on_jobs_complete), which waits for the end of job a" "without a runner: which action is to ask for allocations, and what that waits for"
touch worker
start_run --workflow 2
ok "a recovery script runs" wait_until 30 'torc show 2.fails | grep -q "recovery script"'
is "$(why fails)" "running, exit code 3; its recovery script runs" "a job that has failed and whose recovery script runs says so"
is "$(torc show --json 2.fails | jq -r '.jobs[].why')" "exit code 3; its recovery script runs" "... in --json"
like "$(torc status 2)" 'fails \(recovery script\)' "... in torc status"
like "$(torc jobs 2)" 'fails +running +recovery script' "... and in torc jobs"
touch recover
await "$pid"
is "$? $(query "SELECT group_concat(coalesce(message, '-'), '|') FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = 'fails' ORDER BY a.id")" \
	"0 exit code 3; it is tried again after its recovery script|-" "once it has ended it is not said any more"
is "$(torc-report --json 2 | jq -r '.actions[] | select(.action_type == "schedule_nodes") | .why' | sort -u)" "not needed: nothing asked" \
	"in a run by hand no allocation of an action was needed"
done_testing

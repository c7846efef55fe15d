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
is "$(why a2)" "ready, waits for its turn on 1 runner" "what fits waits for its turn"
is "$(why next)" "pending, claimed by a runner, which has not started it yet" "... or has been claimed"
is "$(why b_2)" "blocked, waits for a, which is running" "what needs a job that runs says which"
is "$(why c)" "blocked, waits for b_1, which is blocked" "... or one that waits itself"
like "$(why bad)" '^pending_failed, failed, and waits for your decision' "what failed waits for the user"
is "$(why late)" "blocked, waits for bad, which is pending_failed" "... and so does what needs it"
is "$(why l)" "ready, waits for a runner with the labels tape, which nobody has: torc-run --workflow 1 --label tape" "labels that nobody has"
lacks='no allocation that it fits is queued'
is "$(why huge)" "ready, no runner has the CPUs (it needs 64, the most is 1); $lacks" "more CPUs than anybody has"
is "$(why g)" "ready, no runner has the GPUs (it needs 1.5, the most is 0); $lacks" "GPUs"
is "$(why m)" "ready, no runner has the memory (it needs 3g, the most is 2g); $lacks" "memory"
like "$(torc status)" 'Waiting +1 ready of one: waits for its turn.* 1 ready of big: no runner has the CPUs.* 3 blocked: waits for a, which is running' "torc status has a line for each reason"
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
done_testing

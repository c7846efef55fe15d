#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a runner says to the database, and how often; what it gives back; and what it starts before the database has said so.
# Requests are counted (runner.seq), and compared with the pauses that there can have been: a slow machine has more of these.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

syncs() { query "SELECT max(seq) FROM runner WHERE workflow = $1"; }

# ---- what waits for a running job is hung behind it, and starts without asking; not so if the job fails ----
cat > fails.json <<'J'
{"name": "fails", "jobs": [{"name": "bad", "command": "exit 3"},
 {"name": "after", "command": "echo x > after.ran", "depends_on": ["bad"]}, {"name": "late", "command": "true", "depends_on": ["after"]}]}
J
run fails.json
is "$rc $(jobs | xargs)" "1 bad failed exit after canceled late canceled" "what waits for a job that failed is canceled" || diag "$(cat log)"
is "$(ls -d after.ran torc_output/job_wf1_j2* 2> /dev/null)" "" "... and was never started"

# ---- one job: a request to claim it, one that it has started, one that it has ended, one to leave, and few besides ----
echo '{"name": "one", "jobs": [{"name": "a", "command": "sleep 1"}]}' > one.json
run one.json
ok "a runner with nothing to say says nothing" [ "$(syncs 2)" -le 10 ] || diag "$(syncs 2) requests for one job"

# ---- a chain: each job is at hand when the one before ends, so that no slot is empty, and 50 ms pass before the end is told ----
awk 'BEGIN { printf "{\"name\": \"chain\", \"jobs\": [{\"name\": \"j1\", \"command\": \"true\"}"
	for (i = 2; i <= 60; i++) printf ",\n{\"name\": \"j%d\", \"command\": \"true\", \"depends_on\": [\"j%d\"]}", i, i - 1; print "]}" }' > chain.json
run --cpus 1 chain.json
pauses=$(query "SELECT (max(a.end_usec) - min(a.start_usec)) / 50000 FROM attempt a JOIN job j ON j.id = a.job WHERE workflow = 3")
ok "ends are told together" [ "$(syncs 3)" -le $((pauses + 10)) ] || diag "$(syncs 3) requests for a chain of 60 jobs, $pauses pauses"

# ---- a runner whose jobs are short has the next ones at hand; when those are long, it gives back what it cannot start ----
cat > held.json <<'J'
{"name": "held", "jobs": [
 {"name": "short_{i}", "command": "true", "priority": 1, "parameters": {"i": "1:40"}},
 {"name": "long_{i}", "command": "echo > long.{i}; while [ ! -e go ]; do sleep 0.05; done", "parameters": {"i": "1:8"}}]}
J
got=8 returned=0 id=3
while [ "$got" = 8 ] && [ "$returned" = 0 ] && [ $id -lt 8 ]; do # on a very slow machine it may have none at hand
	rm -f go long.*
	start_run --cpus 1 held.json
	id=$((id + 1))
	wait_until 60 'ls long.*' || bail_out "no long job runs: $(cat log)"
	torc-run --cpus 8 --memory 100g --workflow $id > log2 2>&1 &
	second=$!
	wait_until 20 '[ "$(ls long.* | wc -l)" = 8 ]' || diag "$(query "SELECT name, state FROM job_status WHERE workflow = $id AND name GLOB 'long*'")"
	got=$(ls long.* | wc -l)
	touch go
	await "$pid"
	await $second
	returned=$(query "SELECT count(*) FROM event e JOIN event_kind k ON k.id = e.kind WHERE e.workflow = $id AND k.name = 'job_returned'")
done
is "$got" 8 "what a runner has at hand and cannot start, another one gets"
isnt "$returned" 0 "... as it was given back"
done_testing

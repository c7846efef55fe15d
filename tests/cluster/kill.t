#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runners killed with -9 in the middle: their jobs are gone within 10 s, run again, and each has exactly one completed attempt.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 2 --cpus 4 --memory 2048 --plugin "$TORC_BUILD/plugin/.libs/spank_torc.so"
query() { [ ! -s torc.db ] || sqlite3 -readonly -cmd '.timeout 10000' torc.db "$1"; }
running() { query "SELECT count(*) FROM job_status WHERE state = 'running'"; }
state() { query "SELECT state FROM workflow_state WHERE id = (SELECT state FROM workflow ORDER BY id DESC LIMIT 1)"; }

as_user bash -c 'awk '\''BEGIN { print "{\"name\": \"many\", \"resource_requirements\": [{\"name\": \"c\", \"num_cpus\": 1, \"memory\": \"32m\", \"runtime\": \"PT1M\"}], \"jobs\": ["
	for (i = 1; i <= 60; i++) printf "%s{\"name\": \"j%d\", \"resource_requirements\": \"c\", \"command\": \"sleep 0.501; echo %d >> done.txt; sleep 0.502\"}", (i > 1 ? "," : ""), i, i
	print "]}" }'\'' > many.json'
as_user torc-sbatch -t 2 --wait many.json > out 2>&1 & waiting=$!
wait_until 30 '[ "$(running)" -ge 8 ]' || diag "not 8 jobs running: $(running)"
runner_pid() { query "SELECT pid FROM runner WHERE end_usec IS NULL ORDER BY id $1 LIMIT 1"; }
victim=$(runner_pid ASC)
ok "a runner is killed in the middle" kill -9 "$victim"
await $waiting; rc=$?
is $rc 0 "torc-sbatch --wait ends with 0 all the same" || diag "$(cat out)"
[ $rc = 0 ] || diag "$(query "SELECT name, state, reason, message, node FROM job_status WHERE state = 'failed'" | head -n 20; query "SELECT * FROM runner"; tail -n 5 torc_output/*.log 2>/dev/null)"
is "$(query "SELECT count(*) FROM job_status WHERE state = 'completed'")" 60 "all 60 jobs completed"
is "$(query "SELECT count(*) FROM (SELECT job FROM attempt WHERE state = 5 GROUP BY job HAVING count(*) = 1)")" 60 "each with exactly one completed attempt"
ok "some attempts were recorded as lost" [ "$(query "SELECT count(*) FROM attempt a JOIN attempt_reason r ON r.id = a.reason WHERE r.name = 'lost'")" -gt 0 ]
is "$(sort -n done.txt | uniq | wc -l)" 60 "every job did its work"
wait_until 10 '[ -z "$(squeue -h)" ]'
nok "no job process is left" pgrep -u "$TEST_USER" -f "sleep 0.50[12]"

# a job kills its runner as its first act, and the keeper starts another: both starts have their row, their number and their files
as_user rm -f torc.db
as_user tee first.json > /dev/null << 'J'
{"name": "first", "jobs": [{"name": "a", "command": "echo \"start $TORC_ATTEMPT_ID\"; echo \"$TORC_ATTEMPT_ID\" >> starts.txt; [ $TORC_ATTEMPT_ID != 1 ] || { kill -9 $PPID; sleep 100; }"}]}
J
as_user torc-sbatch --wait first.json > out 2>&1 & waiting=$!
await $waiting; rc=$?
is $rc 0 "a job that kills its runner as its first act completes the second time" || diag "$(cat out)"
is "$(query "SELECT a.attempt_id, coalesce(r.name, '') FROM attempt a LEFT JOIN attempt_reason r ON r.id = a.reason ORDER BY a.id" | xargs) $(xargs < starts.txt)" \
	"1|lost 2| 1 2" "each start has its row"
is "$(query "SELECT stdout FROM attempt ORDER BY id" | xargs cat | xargs)" "start 1 start 2" "and its files"
wait_until 10 '[ -z "$(squeue -h)" ]'

# keeper and runner at once: Slurm sees its task die; what is left over is gone within 10 s, and torc-run takes the workflow up
as_user rm -f torc.db done.txt
printf '{"name": "long", "jobs": [{"name": "a", "command": "sleep 303.25; true"}, {"name": "b", "command": "sleep 303.25; true"}]}' | as_user tee long.json > /dev/null
as_user torc-sbatch long.json > out 2>&1 || diag "$(cat out)"
wait_until 30 '[ "$(running)" -ge 1 ]' || diag "nothing runs: $(as_user torc status 2>&1)"
pkill -9 -u "$TEST_USER" -f "torc-run.*$TEST_DIR"
ok "the jobs of a keeper and runner killed at once are gone within 10 s" wait_until 10 '! pgrep -u "$TEST_USER" -f "sleep 303.25"'
as_user torc cancel --last > out 2>&1
is $? 0 "what is left of it can be canceled" || diag "$(cat out)"
wait_until 15 '[ -z "$(squeue -h)" ]'
is "$(squeue -h)" "" "and holds no allocation"
is "$(sinfo -h -N -o %t | sort -u)" idle "no node was drained"
done_testing

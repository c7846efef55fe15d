#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong in jobs, on a real Slurm: exit codes, failures through three levels, memory, time, TERM ignored, daemons left
# behind, outputs missing; and two workflows in one database.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 1 --cpus 8 --memory 4096 --plugin "$TORC_BUILD/plugin/.libs/spank_torc.so"
cp "$TORC_BUILD/tests/load" . && chmod 755 load
query() { [ ! -s torc.db ] || sqlite3 -readonly -cmd '.timeout 10000' torc.db "$1"; }
state() { query "SELECT state || coalesce(' ' || reason, '') || coalesce(' exit ' || exit_code, '') || coalesce(' signal ' || signal, '') FROM job_status WHERE name = '$1'"; }

# where cgroups are v1, a job can move to the runner's
as_user tee desert > /dev/null <<'S'
for c in memory cpuacct; do
	up=$(sed -n "s|^[0-9]*:$c:\(/.*\)/[^/]*$|\1|p" /proc/$$/cgroup)
	[ -z "$up" ] || echo $$ > /sys/fs/cgroup/$c$up/cgroup.procs
done
S
chmod 755 desert

as_user tee failures.json > /dev/null <<'J'
{"name": "failures",
 "execution_config": {"sigterm_lead_seconds": 1, "sigkill_headroom_seconds": 5},
 "resource_requirements": [
   {"name": "small", "num_cpus": 1, "memory": "64m", "runtime": "PT1M"},
   {"name": "brief", "num_cpus": 1, "memory": "64m", "runtime": "PT2S"}],
 "files": [{"name": "promised", "path": "promised.txt"}],
 "jobs": [
   {"name": "good", "command": "echo fine", "resource_requirements": "small"},
   {"name": "bad", "command": "echo broken pipe of dreams >&2; exit 3", "resource_requirements": "small"},
   {"name": "level1", "command": "true", "depends_on": ["bad"], "resource_requirements": "small"},
   {"name": "level2", "command": "true", "depends_on": ["level1", "good"], "resource_requirements": "small"},
   {"name": "level3", "command": "true", "depends_on": ["level2"], "resource_requirements": "small"},
   {"name": "anyway", "command": "true", "depends_on": ["bad"], "cancel_on_blocking_job_failure": false, "resource_requirements": "small"},
   {"name": "greedy", "command": "./load --mem 300", "resource_requirements": "small"},
   {"name": "neighbour", "command": "./load --mem 20 --sleep 3", "resource_requirements": "small"},
   {"name": "long", "command": "sleep 60", "resource_requirements": "brief"},
   {"name": "stubborn", "command": "./load --mem 1 --ignore-term --sleep 60", "resource_requirements": "brief"},
   {"name": "killed", "command": "kill -SEGV $$", "resource_requirements": "small"},
   {"name": "missing", "command": "no_such_program --at all", "resource_requirements": "small"},
   {"name": "forgetful", "command": "true", "output_files": ["promised"], "resource_requirements": "small"},
   {"name": "traced", "command": "./load --traced --exit 4", "resource_requirements": "small"},
   {"name": "deserter", "command": ". ./desert; setsid -f sleep 309.25", "resource_requirements": "small"},
   {"name": "deserted", "command": "pgrep -fx 'sleep 309.25'", "depends_on": ["deserter"], "resource_requirements": "small"},
   {"name": "truant", "command": "trap '' TERM; . ./desert; while :; do sleep 0.1; done", "resource_requirements": "brief"},
   {"name": "parent", "command": "./load --mem 1 --sleep 307 --daemon; echo $$ > parent.pid", "resource_requirements": "small"}
 ]}
J
as_user torc-sbatch --wait failures.json > out 2>&1
is $? 1 "torc-sbatch --wait ends with 1 when jobs failed" || diag "$(cat out)"
is "$(state good)" "completed exit 0" "a good job completes"
is "$(state bad)" "failed exit exit 3" "an exit code is a failure"
is "$(query "SELECT stderr_tail FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = 'bad'")" "broken pipe of dreams" "with the tail of its stderr"
for job in level1 level2 level3; do is "$(state $job)" canceled "$job is canceled with it"; done
is "$(state anyway)" "completed exit 0" "a job that does not mind runs"
like "$(state greedy)" "^failed oom" "a job over its memory is reported oom"
is "$(state neighbour)" "completed exit 0" "its neighbour completes"
ok "the greedy one had a kernel OOM kill in its own cgroup" [ "$(query "SELECT oom_kills FROM job_usage WHERE name = 'greedy'")" -gt 0 ]
is "$(query "SELECT oom_kills FROM job_usage WHERE name = 'neighbour'")" 0 "and the neighbour none"
like "$(state long)" "^failed timeout" "a job over its runtime is reported timeout"
like "$(state stubborn)" "^failed timeout signal 9" "one that ignores TERM is killed"
is "$(state killed)" "failed signal signal 11" "death by a signal is a signal, no exit code"
is "$(state missing)" "failed exit exit 127" "a missing program is 127"
is "$(state forgetful)" "failed missing_output exit 0" "exit 0 without the declared output is a failure"
is "$(state parent)" "completed exit 0" "a job that leaves a daemon behind completes"
ok "and the daemon is gone" wait_until 5 '! pgrep -u "$TEST_USER" -f "load --mem 1 --sleep 307"'
nok "so is the one that ignored TERM" pgrep -u "$TEST_USER" -f "load --mem 1 --ignore-term"
is "$(state traced)" "failed exit exit 4" "a job that wants to be traced ends as it does without"
is "$(state deserter) $(state deserted)" "completed exit 0 failed exit exit 1" "nothing is left of a job that leaves its cgroup"
is "$(state truant)" "failed timeout signal 9" "nor is its runtime unlimited"

report=$(as_user torc-report 2>&1)
like "$report" "bad" "the report names what failed"
like "$report" "broken pipe of dreams" "with the tail of its stderr"
like "$report" "greedy: oom" "and why"
is "$(as_user torc-report --json allocations | jq -c '[.allocations[].node_time, .node_time | select(.held_cpu_s != null)
	| (to_entries | map(select(.key != "asked_cpu_s" and .key != "held_cpu_s").value) | add) as $sum
	| ($sum - .held_cpu_s | fabs) < 0.00001 and .used_cpu_s > 0 and .lost_cpu_s > 0 and .running_cpu_s == 0] | unique')" "[true]" \
	"where the time of the nodes went, in parts that are the whole" || diag "$(as_user torc-report --json allocations)"

# two workflows of one database at once
printf '{"name": "first", "jobs": [{"name": "a", "command": "sleep 1; echo first > first.txt"}]}' | as_user tee first.json > /dev/null
printf '{"name": "second", "jobs": [{"name": "a", "command": "sleep 1; echo second > second.txt"}]}' | as_user tee second.json > /dev/null
as_user torc-sbatch --wait first.json > out1 2>&1 & one=$!
as_user torc-sbatch --wait second.json > out2 2>&1 & two=$!
await $one; is $? 0 "the first of two workflows in one database ends with 0" || diag "$(cat out1)"
await $two; is $? 0 "the second too" || diag "$(cat out2)"
is "$(cat first.txt second.txt | tr '\n' ' ')" "first second " "each ran its own job"
is "$(query "SELECT count(*) FROM job_status WHERE workflow > 1 AND state = 'completed'")" 2 "each has its own result"
is "$(query "PRAGMA foreign_key_check; PRAGMA integrity_check")" ok "the database is sound"
wait_until 10 '[ -z "$(squeue -h)" ]'
is "$(sinfo -h -N -o %t)" idle "the node was not drained"
# A job that is tried again with more memory than its allocation has goes on in another one; no more than a node has is asked for.
as_user tee retry.json > /dev/null <<'J'
{"name": "retry", "failure_handlers": [{"name": "more", "rules": [{"oom": true, "scale_memory": 4, "max_retries": 2}]},
  {"name": "most", "rules": [{"oom": true, "scale_memory": 100, "max_retries": 1}]}],
 "resource_requirements": [{"name": "tight", "num_cpus": 1, "memory": "64m", "runtime": "PT1M"}],
 "jobs": [{"name": "grows", "command": "./load --mem 600", "resource_requirements": "tight", "failure_handler": "more"},
          {"name": "huge", "command": "./load --mem 8000", "resource_requirements": "tight", "failure_handler": "most"},
          {"name": "beside", "command": "./load --mem 8 --sleep 1", "resource_requirements": "tight"}]}
J
as_user torc-sbatch --wait --db retry.db retry.json > out 2>&1
is "$? $(sqlite3 -readonly retry.db "SELECT group_concat(name || ' ' || state, ', ') FROM (SELECT name, state FROM job_status ORDER BY id)")" \
	"1 grows completed, huge failed, beside completed" "a failure handler gives more memory, within what a node has" || diag "$(cat out)"
is "$(sqlite3 -readonly retry.db "SELECT count(*), count(DISTINCT n.allocation) > 1, max(u.memory_limit_bytes) >> 20 FROM attempt a JOIN job j ON j.id = a.job
	JOIN runner n ON n.id = a.runner JOIN usage u ON u.attempt = a.id WHERE j.name = 'grows'")" "3|1|1024" "each attempt with its own limit, in an allocation that has it"
like "$(sqlite3 -readonly retry.db "SELECT c.memory_bytes >> 20 FROM job j JOIN resource_class c ON c.id = j.class WHERE j.name = 'huge'")" '^40[0-9][0-9]$' \
	"no more than the largest node has"
done_testing

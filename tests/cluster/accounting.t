#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What jobs of a runner in an allocation are said to have used, and how they are held to it: known loads, as an ordinary user.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

slow=${TEST_SLOW:-1}
cpu=$((slow > 1 ? 12 : 2)) # seconds; where all is slow, touching the memory takes more than 2
hold=$((slow > 1 ? 6 : 2)) # samples are 5 s apart in the end, points of a series 1 s
[ -d /sys/fs/cgroup/memory ] && source=cgroup1 || source=cgroup2

# v1 as Slurm 22.05 leaves it; on v2 the plugin delegates
with_plugin=()
[ $source = cgroup1 ] || with_plugin=(--plugin "$TORC_BUILD/plugin/.libs/spank_torc.so")
cluster_start --nodes 1 --cpus 4 --memory 2000 "${with_plugin[@]}"
load=load$$ # a name that no other test's process has
cp "$TORC_BUILD/tests/load" $load && chmod 755 $load || bail_out "no tests/load in $TORC_BUILD"
# one daemon that ends before its job, one that would outlive it
cat >daemons.sh <<J && chmod 755 daemons.sh
#!/bin/bash
./$load --mem 20 --cpu 1 --daemon
./$load --sleep 600 --daemon
while pgrep -fx './$load --mem 20 --cpu 1 --daemon' >/dev/null; do sleep 0.05; done
J
as_user tee workflow.json >/dev/null <<J
{"name": "accounting", "resource_monitor": {"enabled": true, "granularity": "time_series", "sample_interval_seconds": 1},
 "resource_requirements": [
   {"name": "normal", "num_cpus": 1, "memory": "400m", "runtime": "PT5M"},
   {"name": "small", "num_cpus": 1, "memory": "64m", "runtime": "PT5M"}],
 "jobs": [
   {"name": "known", "command": "./$load --mem 200 --cpu $cpu --sleep $hold", "resource_requirements": "normal"},
   {"name": "neighbour", "command": "./$load --mem 20 --sleep $((3 * (slow > 1 ? 5 : 1)))", "resource_requirements": "small"},
   {"name": "greedy", "command": "./$load --mem 200 --sleep 1", "resource_requirements": "small"},
   {"name": "daemon", "command": "./daemons.sh", "resource_requirements": "small"},
   {"name": "short", "command": "/bin/true", "resource_requirements": "small"}]}
J
as_user tee long.json >/dev/null <<J
{"name": "long", "jobs": [{"name": "long", "command": "echo > long.started; setsid -w ./$load --mem 10 --sleep 600", "cpus": 1, "memory": "64m",
                           "runtime": "PT5M"}]}
J

db() { sqlite3 -noheader -separator ' ' torc.db "$1"; }
usage() { db "SELECT $2 FROM job_usage WHERE name = '$1'"; } # JOB COLUMN
status() { db "SELECT state || coalesce(' ' || reason, '') FROM job_status WHERE name = '$1'"; }
within() { # GOT WANT DESCRIPTION: to 3 %
	awk -v got="${1:-0}" -v want="$2" 'BEGIN { exit !(got >= 0.97 * want && got <= 1.03 * want) }'
	tap_result $? "$3: $1" || diag "want: $2, to 3 %"
}
start() { as_user env TORC_RUNNER=test sbatch --parsable -c 4 --mem=1500 -t 10 -o "$1.out" --wrap "exec torc-run $1.json"; }
ended() { case $(job_state "$1") in PENDING | RUNNING | COMPLETING) false ;; esac; }
left_of() { find /sys/fs/cgroup -type d -path "*$NODE1*" -path "*job_$1*" 2>/dev/null; }

job=$(start workflow)
wait_until $((60 * slow)) 'ended $job' || diag "job $job is $(job_state "$job")"
diag "$(cat workflow.out)"
is "$(db "SELECT DISTINCT source FROM job_usage")" "$source" "every job was measured in a cgroup of its own"

is "$(status known)" "completed" "the known load completed"
within "$(usage known memory_peak_bytes)" $((200 << 20)) "peak of 200 MiB"
within "$(usage known memory_anon_bytes)" $((200 << 20)) "anonymous memory of 200 MiB"
within "$(usage known 'cpu_user_s + cpu_system_s')" $cpu "CPU time of $cpu s"
series=$(db "SELECT max(memory_bytes), max(cpu_s) BETWEEN 0.75 * $cpu AND 1.03 * $cpu FROM samples WHERE job = 'known'")
within "${series% *}" $((200 << 20)) "its memory in a series of samples"
is "${series#* }" 1 "and its CPU time, less what its end takes"
is "$(usage known oom_kills)" 0 "no OOM kill"
is "$(usage known memory_limit_bytes)" $((400 << 20)) "its limit"

is "$(status greedy)" "failed oom" "a job that needs more than it asked for is killed for it"
is "$(usage greedy 'oom_kills > 0')" 1 "by the kernel"
is "$(usage greedy memory_peak_bytes)" $((64 << 20)) "at its limit"
is "$(status neighbour)" "completed" "the job beside it completed"
is "$(usage neighbour oom_kills)" 0 "without an OOM kill"
within "$(usage neighbour memory_peak_bytes)" $((20 * 1048576 + 400 * 1024)) "its own peak"
is "$(db "SELECT n.start_usec < g.end_usec AND g.start_usec < n.end_usec FROM attempt n, attempt g
	WHERE n.job = (SELECT id FROM job WHERE name = 'neighbour') AND g.job = (SELECT id FROM job WHERE name = 'greedy')")" 1 \
	"they ran at the same time"

is "$(status daemon)" "completed" "a job that leaves a daemon completed"
is "$(usage daemon 'cpu_user_s + cpu_system_s >= 0.97')" 1 "the daemon's CPU time is the job's"
is "$(usage daemon 'memory_peak_bytes >= 20 << 20')" 1 "and its memory"
is "$(status short)" "completed" "a job shorter than a sample completed"
is "$(usage short 'memory_peak_bytes > 0 AND memory_peak_bytes < 5 << 20')" 1 "and has a peak of its own"
is "$(pgrep -x $load)" "" "no process is left"
ok "no cgroup is left" wait_until 10 '[ -z "$(left_of $job)" ]' || diag "$(left_of "$job")"

job=$(start long)
ok "a job runs in another allocation" wait_until $((30 * slow)) '[ -e long.started ]' || diag "$(cat long.out)"
as_user scancel "$job"
wait_until $((60 * slow)) 'ended $job' || diag "job $job is $(job_state "$job")"
ok "after scancel no process is left" wait_until 10 '[ -z "$(pgrep -x $load)" ]'
ok "and no cgroup" wait_until 10 '[ -z "$(left_of $job)" ]' || diag "$(left_of "$job")"

# ---- a runner that is killed: its keeper clears up
again=long$$
cp long.json $again.json
job=$(start $again)
wait_until $((60 * slow)) '[ -n "$(pgrep -x $load)" ]' || diag "$(cat $again.out)"
ok "a runner's job runs in a cgroup of its own" wait_until 10 '[ -n "$(left_of $job | grep -E "/(torc|job)_[^/]+_[^/]+$")" ]'
runner_of() { pgrep -P "$(pgrep -o -fx "torc-run $again.json")" -fx "torc-run $again.json"; } # of the keeper
for n in 1 2 3 4; do # it starts another one three times
	runner=$(runner_of)
	kill -9 "$runner"
	[ $n = 4 ] || wait_until $((60 * slow)) 'now=$(runner_of) && [ "$now" != "$runner" ] && [ -n "$(pgrep -x $load)" ]' || diag "$(cat $again.out)"
done
ok "an allocation whose runner is killed again and again ends" wait_until $((60 * slow)) 'ended $job' || diag "$(cat $again.out)"
is "$(pgrep -x $load)" "" "no process is left"
ok "and no cgroup" wait_until 10 '[ -z "$(left_of $job)" ]' || diag "$(left_of "$job")"
done_testing

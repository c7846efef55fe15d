#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# "Completed, but": what went wrong in a job that ended well is stored with its attempt, and fails it where the workflow is strict.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
rows() { query "SELECT name, state, coalesce(reason, ''), coalesce(warnings, '') FROM job_status WHERE workflow = $1 ORDER BY id"; }

cat > wf.json <<'J'
{"name": "warnings", "jobs": [
 {"name": "background", "command": "(sleep 30; echo done > c.out) &"},
 {"name": "old", "command": "true", "output_files": ["a"]},
 {"name": "both", "command": "sleep 30 & true", "output_files": ["b"]},
 {"name": "touched", "command": "touch -d 2001-01-01 c.txt", "output_files": ["c"]},
 {"name": "anew", "command": "cp -p a.txt d.txt.new; mv d.txt.new d.txt", "output_files": ["d"]},
 {"name": "waits", "command": "(sleep 0.1; true) & wait"},
 {"name": "pipe", "command": "seq 100000 | tail -n 1"},
 {"name": "reads", "command": "cat a.txt", "input_files": ["a"]}],
 "files": [{"name": "a", "path": "a.txt"}, {"name": "b", "path": "b.txt"}, {"name": "c", "path": "c.txt"}, {"name": "d", "path": "d.txt"}]}
J
touch -d 2020-01-01 {a,b,c,d}.txt
run wf.json
is $rc 0 "warnings are no failures" || diag "$(cat log)"
is "$(rows 1)" "background|completed||background_killed
old|completed||output_not_written
both|completed||output_not_written,background_killed
touched|completed||
anew|completed||
waits|completed||
pipe|completed||
reads|completed||" "each is stored with its attempt"
like "$(query "SELECT message FROM job_status WHERE name = 'both'")" "it completed, but it did not write its output file b.txt, which was there before; 1 process that it left running in the background was killed" "in words, too"

# whoever looks is told
export COLUMNS=120
like "$(torc jobs 1)" $'both +completed +output_not_written, background_killed ' "torc jobs says it of completed jobs"
like "$(torc-report jobs --csv 1)" 'old,completed,output_not_written,' "so does torc-report jobs --csv"
is "$(torc jobs --json 1 | jq -c '[.jobs[].attempts[0].warnings]')" \
	'[["background_killed"],["output_not_written"],["output_not_written","background_killed"],[],[],[],[],[]]' "and --json, by name"
torc-report 1 > log
like "$(cat log)" "jobs +8 completed \(3 with a warning\) of 8" "the summary counts them"
like "$(grep -A 6 '^Completed, but' log | tr '\n' '|')" "\|  background: background_killed\|    it completed, but [12] process" "and has a section for them"
like "$(grep -A 6 '^Completed, but' log | tr '\n' '|')" "\|  both: output_not_written, background_killed\|    it completed" "... with all of them"
like "$(torc status 1)" "3 jobs completed with a warning: torc-report 1" "torc status says that there are some"
like "$(torc-report 1 | head -n 1)" '^Workflow 1 warnings: complete$' "all completed: it is complete"
jq '.strict = true' wf.json > strict.json
run strict.json
is $rc 1 "with strict: true they are"
is "$(rows 2 | grep -v 'completed||$')" "background|failed|strict|background_killed
old|failed|strict|output_not_written
both|failed|strict|output_not_written,background_killed
reads|canceled||" "... and what needs the old file does not run"
like "$(torc jobs 2)" 'old +failed +strict: output_not_written ' "torc jobs says so"
for command in 'torc status 2' 'torc-report 2' 'torc show 2'; do
	like "$($command | head -n 1)" '^Workflow 2 warnings: ended, 3 of 8 failed' "$command: what has ended badly is not complete"
	unlike "$($command)" 'Completed, but|with a warning:|with a warning\)' "... and what failed is not told twice"
done
like "$(torc list)" '2  warnings  ended, 3 of 8 failed ' "nor is it in torc list"
is "$(torc list --json | jq -r '.workflows[1].state')" complete "for programs its state is as it was"
unset COLUMNS

# the kernel's kills are known where the job has a cgroup; here it is seen in the wall time that no attempt is negative
awk 'BEGIN { print "{\"name\": \"chains\", \"jobs\": ["
	for (c = 1; c <= 16; c++) for (i = 1; i <= 40; i++) printf "%s{\"name\": \"c%d_%d\", \"command\": \"/bin/true\"%s}\n", (c + i > 2 ? "," : ""), c, i, (i > 1 ? ", \"depends_on\": [\"c" c "_" i - 1 "\"]" : "")
	print "]}" }' > chains.json
torc-run --quiet --cpus 16 --memory 16g chains.json > log 2>&1
is "$? $(query 'SELECT count(*), sum(wall_usec < 0), sum(end_usec < start_usec), sum(abs(end_usec - start_usec - wall_usec) > 1000) FROM attempt a JOIN job j ON j.id = a.job WHERE workflow = 3')" "0 640|0|0|0" "no duration is negative, and start, end and wall time agree to 1 ms"

cat > ignored.json <<'J'
{"name": "ignored", "jobs": [{"name": "a", "command": "trap '' CHLD; (i=0; while [ $i -lt 2000000 ]; do i=$((i + 1)); done; times > times) & while [ ! -s times ]; do sleep 0.2; done"}]}
J
jq '.jobs[0].command |= "sh -c \(@sh)"' ignored.json > sh.json
run --accounting=proc sh.json
ok "CPU time of a child that nobody waits for is what was seen of it" [ "$(query "SELECT cpu_user_s + cpu_system_s > 0.3 * wall_s FROM job_usage WHERE workflow = 4")" = 1 ] || diag "$(query "SELECT cpu_user_s, cpu_system_s FROM job_usage WHERE workflow = 4") $(cat log)"
done_testing

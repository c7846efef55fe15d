#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every start has its row and its number, also when the runner dies before it could tell of it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

attempts() { query "SELECT j.name, a.attempt_id, coalesce(s.name, 'open'), coalesce(r.name, '') FROM attempt a JOIN job j ON j.id = a.job
	LEFT JOIN job_state s ON s.id = a.state LEFT JOIN attempt_reason r ON r.id = a.reason WHERE j.workflow = $1 ORDER BY j.id, a.attempt_id"; }
logs() { ls /dev/shm/torc-starts-2-*"-$1" /tmp/torc-starts-2-*"-$1" 2>/dev/null; } # of the runner with that process id
text() { jq -Rs 'rtrimstr("\n")' <<< "$1"; } # as JSON
killed_run() { # a run that a job of it kills: what it gave, and its runner in $runner
	torc-run --cpus 2 --memory 2g "$@" > log 2>&1 & # not by timeout: one whose child is stopped stops, too
	await $! 2> /dev/null
	rc=$?
	runner=$(query 'SELECT pid FROM runner ORDER BY id DESC LIMIT 1')
	return $rc
}
# as a job sees it: the runner is its parent, and the keeper the runner's
say='echo "$TORC_JOB_NAME $TORC_ATTEMPT_ID"; echo "$TORC_JOB_NAME $TORC_ATTEMPT_ID" >> starts'
# in a process of its own, as the job's first dies with the runner
both='(read -r _ _ _ keeper _ < /proc/$PPID/stat; kill -STOP $keeper; kill -9 $PPID $keeper)'

# ---- a job kills its runner as its first act; beside it, one that was claimed and has not started ----
cat > killer.json <<J
{"name": "killer", "files": [{"name": "late", "path": "late"}], "jobs": [
 {"name": "waits", "command": $(text "$say"), "input_files": ["late"], "priority": 1},
 {"name": "kills", "command": $(text "$say; [ -e late ] || { touch late; kill -9 \$PPID; sleep 100; }")}]}
J
killed_run --allow-missing killer.json
is "$rc $(query 'SELECT count(*) FROM runner')" "0 2" "a job kills its runner as its first act: the next one goes on" || diag "$(cat log)"
is "$(attempts 1)" "waits|1|completed|
kills|1|ready|lost
kills|2|completed|" "the start that nobody was told of has its row; what was claimed only has none"
is "$(sort starts | xargs)" "kills 1 kills 2 waits 1" "the next start has the next number"
is "$(query "SELECT stdout FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = 'kills' ORDER BY a.id" | xargs cat)" "kills 1
kills 2" "... and files of its own: those of the first are as it left them"
is "$(logs "$runner")" "" "the note is gone"
rm -f late starts

# ---- runner and keeper at once; torc recover is who comes by ----
cat > both.json <<J
{"name": "both", "jobs": [{"name": "kills", "command": $(text "$say; [ -e go ] || { $both; sleep 100; }")}]}
J
killed_run both.json
like "$(logs "$runner")" "/torc-starts-2-" "runner and keeper killed at once by a job leave a note of what was started"
like "$(torc recover 2)" "gave back the jobs of 1 dead runner" "... torc recover sees it"
is "$(attempts 2)" "kills|1|ready|lost" "... and records the start"
touch go
run --workflow 2
is "$rc $(attempts 2 | xargs) $(xargs < starts)" "0 kills|1|ready|lost kills|2|completed| kills 1 kills 2" "the next has the next number" || diag "$(cat log)"
rm -f go starts

# ---- started on a hint: the job before it has ended, and the database knows of neither ----
cat > chain.json <<J
{"name": "chain", "jobs": [{"name": "one", "command": $(text "$say")},
 {"name": "two", "command": $(text "$say; [ -e go ] || { $both; sleep 100; }"), "depends_on": ["one"]}]}
J
killed_run --cpus 1 chain.json
touch go
run --workflow 3
# on a busy machine the end of the first may have been told: then it runs once
like "$rc $(query "SELECT name, attempts FROM job WHERE workflow = 3 ORDER BY id" | xargs)" '^0 one\|[12] two\|2$' "a start on a hint counts, too" || diag "$(cat log)"
is "$(attempts 3 | cut -d '|' -f 1,2 | tr '|' ' ')" "$(sort starts)" "... each with its row"
rm -f go starts

# ---- nothing says what had started: as when a node dies ----
killed_run both.json
rm -f "$(logs "$runner")"
touch go
run --workflow 4
is "$rc $(attempts 4 | xargs) $(xargs < starts)" "0 kills|1|ready|lost kills|2|completed| kills 1 kills 2" "what was claimed counts as started when nobody knows" || diag "$(cat log)"
rm -f go starts

# ---- the same in an outage: the end is in the journal, and so is the start that it caused ----
cat > away.json <<J
{"name": "away", "jobs": [{"name": "one", "command": $(text "$say; while [ ! -e end ]; do sleep 0.02; done")},
 {"name": "two", "command": $(text "$say; [ -e go ] || sleep 100"), "depends_on": ["one"]}]}
J
start_run --cpus 1 away.json
wait_until 20 '[ "$(query "SELECT state FROM job WHERE workflow = 5 AND name = '\''one'\''")" = 4 ]' || diag "$(cat log)"
mkfifo sql
sqlite3 -cmd '.timeout 20000' "$TORC_DB" < sql > locked &
holder=$!
exec 9<> sql # does not wait for a reader
printf 'BEGIN IMMEDIATE;\nSELECT 1;\n' >&9
wait_until 20 '[ -s locked ]' || bail_out "no lock"
touch end
wait_until 30 'ls torc_output/torc_journal_wf5_*.json' || diag "no journal: $(cat log)"
kill -STOP "$pid"
kill -KILL "$runner" "$pid"
await "$pid" 2> /dev/null
exec 9>&-
await "$holder"
rm -f "$(logs "$runner")"
touch go
run --workflow 5
is "$rc $(attempts 5 | xargs) $(xargs < starts)" "0 one|1|completed| two|1|ready|lost two|2|completed| one 1 two 1 two 2" "a start that only the journal knows counts, too" || diag "$(cat log)"
rm -f go end starts

# ---- the second, begun on a hint, has ended before its begin could be told, but its file is still being read ----
cat > pair.json <<-'J'
	{"name": "pair", "files": [{"name": "a", "path": "a"}, {"name": "b", "path": "b"}], "jobs": [
	{"name": "one", "command": "echo one >> starts; touch a", "output_files": ["a"]},
	{"name": "two", "command": "echo two >> starts; truncate -s 60M b", "input_files": ["a"], "output_files": ["b"]}]}
J
timed torc-run --cpus 1 --memory 2g --db pair.db pair.json > log 2>&1
is "$? $(xargs < starts)" "0 one two" "a short job on a hint, whose file takes long to read, runs once" || diag "$(cat log)"
rm -f starts a b

# ---- many short jobs, killed again and again ----
awk -v command="$(text "$say" | sed 's/\\/\\\\/g')" 'BEGIN { print "{\"name\": \"many\", \"jobs\": ["
	for (i = 0; i < 600; i++) printf "%s{\"name\": \"j%d\", \"command\": %s%s}\n", (i ? "," : ""), i, command, (i < 300 ? "" : ", \"depends_on\": [\"j" (i - 300) "\"]")
	print "]}" }' > many.json
touch starts
set -- many.json
for ((round = 1; round <= 6; round++)); do
	[ $((round % 2)) = 0 ] && next_runner || start_run --max-fails 1000 "$@"
	wait_until 20 "[ \$(wc -l < starts) -ge $((round * 80)) ]" || diag "$(cat log)"
	[ $((round % 2)) = 1 ] || kill -STOP "$pid"
	kill -KILL "$runner"
	[ $((round % 2)) = 1 ] && continue # its keeper starts the next one
	kill -KILL "$pid"
	await "$pid" 2> /dev/null
	set -- --workflow 6
done
run --workflow 6
is "$rc $(query "SELECT count(*) FROM job WHERE workflow = 6 AND state = 5")" "0 600" "600 jobs, a runner killed six times: all complete" || diag "$(cat log)"
is "$(sort starts | uniq -d)" "" "no two starts have one number"
attempts 6 | cut -d '|' -f 1,2 | tr '|' ' ' | sort > rows
is "$(sort starts | comm -23 - rows)" "" "each start has its row"
is "$(sort rows | uniq -d)$(query "SELECT name FROM job j WHERE workflow = 6 AND attempts != (SELECT count(*) FROM attempt WHERE job = j.id)")" "" "... and each row its number"
ok "... of which some were lost" [ "$(attempts 6 | grep -c '|lost')" -gt 0 ]
done_testing

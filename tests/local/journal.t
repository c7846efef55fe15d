#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The database is away while jobs end: their results are kept on the disk, and brought in by whoever comes next.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

attempts() { query "SELECT j.name, s.name, coalesce(r.name, ''), coalesce(a.exit_code, '') FROM attempt a JOIN job j ON j.id = a.job
	JOIN job_state s ON s.id = a.state LEFT JOIN attempt_reason r ON r.id = a.reason WHERE j.workflow = $1 ORDER BY j.id, a.id"; }
journals() { ls torc_output/torc_journal_*.json 2>/dev/null; } # what is still being written has another ending

# Takes the write lock of the database, and keeps it until release.
lock() {
	mkfifo sql
	sqlite3 -cmd '.timeout 20000' "$TORC_DB" < sql > locked &
	holder=$!
	exec 9<> sql # does not wait for a reader
	printf 'BEGIN IMMEDIATE;\nSELECT 1;\n' >&9
	wait_until 20 '[ -s locked ]' || bail_out "no lock"
}
release() { exec 9>&-; await "$holder"; rm -f sql locked; }
running() { [ "$(query "SELECT count(*) FROM job WHERE workflow = $1 AND state = 4")" = "$2" ]; }

cat > wf.json <<'J'
{"name": "away", "jobs": [
 {"name": "good", "command": "echo x >> good.out; while [ ! -e go ]; do sleep 0.02; done"},
 {"name": "bad", "command": "echo x >> bad.out; while [ ! -e go ]; do sleep 0.02; done; printf 'caf\\351 \\303\\251\\n' >&2; exit 3"},
 {"name": "next", "command": "true", "depends_on": ["good"]}]}
J

# ---- away, and back ----
start_run wf.json
wait_until 20 'running 1 2' || bail_out "the jobs do not run: $(cat log)"
lock
touch go
ok "results are kept on the disk when the database is away" wait_until 20 'journals | grep -q .'
ok "... and the user is told" wait_until 20 'grep -q "the database does not answer; results are kept in torc_output" log'
ok "... in a file of hers alone" [ "$(stat -c %a "$(journals)")" = 600 ]
release
await "$pid"
is "$(attempts 1)" "good|completed||0
bad|failed|exit|3
next|completed||0" "when it is back they are recorded"
is "$(journals)" "" "... and the file is gone"
rm go *.out

# ---- away until runner and keeper are killed ----
start_run wf.json
wait_until 20 'running 2 2' || bail_out "the jobs do not run: $(cat log)"
lock
touch go
wait_until 20 'journals | grep -q .' || bail_out "no journal: $(cat log)"
wait_until 20 '[ "$(grep -o "\"exit_code\"" $(journals) | wc -l)" -ge 2 ]' || bail_out "not all results are in it"
kill -KILL "$pid" "$runner"
await "$pid" 2> /dev/null
release
run --workflow 2
is $rc 1 "a run whose last results were on the disk ends as they say" || diag "$(cat log)"
is "$(attempts 2)" "good|completed||0
bad|failed|exit|3
next|completed||0" "the next run takes the results of one that was killed" || diag "$(cat log)"
is "$(cat good.out bad.out)" "x
x" "... and runs no job again"
is "$(journals)" "" "... and removes the file"
like "$(query "SELECT stderr_tail FROM attempt WHERE exit_code = 3 LIMIT 1")" "caf" "texts come through"
rm go *.out

# ---- TERM while it is away ----
start_run wf.json
wait_until 20 'running 3 2' || bail_out "the jobs do not run: $(cat log)"
lock
kill -INT "$pid"
ok "what is ended by a signal is kept, too" wait_until 20 '[ "$(cat $(journals) /dev/null | grep -o "\"exit_code\"" | wc -l)" = 2 ]'
kill -KILL "$pid" "$runner"
await "$pid" 2> /dev/null
echo '{"torc_journal": 1' > torc_output/torc_journal_wf3_99.json
release
torc recover 3 > log 2>&1
isnt $? 0 "torc recover, with a torn journal among others, fails"
is "$(attempts 3)" "good|terminated|terminated|
bad|terminated|terminated|" "... but takes in what there is"
like "$(cat log)" "took in 2 results.*torc_journal_wf3_99.json is damaged" "a torn journal is named, and does not hide the others"
ok "... and left" [ -e torc_output/torc_journal_wf3_99.json ]
rm -f go *.out torc_output/torc_journal_*

# ---- a runner that was declared lost comes back with its results: they are kept, not counted as taken ----
start_run wf.json
wait_until 20 'running 4 2' || bail_out "the jobs do not run: $(cat log)"
lock
touch go
wait_until 20 '[ "$(cat $(journals) /dev/null | grep -o "\"exit_code\"" | wc -l)" -ge 2 ]' || bail_out "no journal: $(cat log)"
kill -KILL "$pid" "$runner"
wait "$pid" 2> /dev/null
release
kept=$(basename "$(journals)")
mv "torc_output/$kept" aside
run --workflow 4 # next may have started on a hint, too
ok "... a start on a hint is one lost attempt, and the next has another number" [ "$(query "SELECT count(*) = max(attempt_id) AND
	total(a.reason = 7) <= 1 AND total(a.state = 5) = 1 FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = 'next' AND j.workflow = 4")" = 1 ]
is "$(attempts 4 | sort | grep -v 'next|ready|lost')" "bad|failed|exit|3
bad|ready|lost|
good|completed||0
good|ready|lost|
next|completed||0" "without its results the jobs of a dead runner run again" || diag "$(cat log)"
mv aside "torc_output/$kept"
torc recover 4 > log 2>&1
isnt $? 0 "results that come too late are told"
like "$(cat log)" "took in 0 results.*[23] results of a runner came too late.*kept in $kept.refused" "... not counted as taken"
ok "... and kept" [ -s "torc_output/$kept.refused" ]
rm -f go *.out torc_output/torc_journal_*

# ---- the file is moved away: SQLite would go on with it, and nobody would ever see what it holds ----
start_run wf.json
wait_until 20 'running 5 2' || bail_out "the jobs do not run: $(cat log)"
mv db moved
touch go
ok "results are kept when the file of the database is gone" wait_until 20 'journals | grep -q .'
like "$(cat log)" "the file was removed or replaced" "... and it is said why"
mv moved db
await "$pid"
is "$(attempts 5)" "good|completed||0
bad|failed|exit|3
next|completed||0" "when it is put back it goes on"
rm go *.out

# ---- it stays away: the runner does not wait for ever ----
start_run wf.json
wait_until 20 'running 6 2' || bail_out "the jobs do not run: $(cat log)"
mv db moved
touch go
wait_until 20 'journals | grep -q .' || bail_out "no journal: $(cat log)"
kill -INT "$pid"
await "$pid"
is $? 3 "a runner that was told to end does so, though the database is away"
like "$(cat log)" "results kept in torc_output: [23]; .*torc-run --workflow 6" "... and says where its results are, and how to go on"
mv moved db
run --workflow 6
is "$(attempts 6)" "good|completed||0
bad|failed|exit|3
next|completed||0" "... and the next one has them" || diag "$(cat log)"

# ---- one that was killed while it wrote ----
touch torc_output/torc_journal_wf6_98.json.new
touch -d '1 hour ago' torc_output/torc_journal_wf6_99.json.new
timed torc recover --db db 6 > log 2>&1
is "$? $(cd torc_output && echo *.new)" "0 torc_journal_wf6_98.json.new" "a half written journal goes, but not while somebody may write it" || diag "$(cat log)"
done_testing

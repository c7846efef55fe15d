#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The database is away while jobs end: their results are kept on the disk, and brought in by whoever comes next.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

attempts() { query "SELECT j.name, s.name, coalesce(r.name, ''), coalesce(a.exit_code, '') FROM attempt a JOIN job j ON j.id = a.job
	JOIN job_state s ON s.id = a.state LEFT JOIN attempt_reason r ON r.id = a.reason WHERE j.workflow = $1 ORDER BY j.id, a.id"; }
journals() { ls torc_output/torc_journal_*.json 2>/dev/null; } # what is still being written has another ending

here() { ls {/dev/shm,/tmp}/torc-ends-1-*-"$runner.json" 2> /dev/null; } # the same on this host alone

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
is "$(journals)$(here)" "" "... and the files are gone"
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
is "$(journals)$(here)" "" "... and removes the files"
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
rm "$(here)" # as on another node
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
like "$(cat log)" "took in 0 results.*[23] results of a runner came too late.*kept in .*$kept.refused" "... not counted as taken"
ok "... and kept" [ -s "torc_output/$kept.refused" ]
like "$(torc recover 4 2>&1; echo "; $?")" "/$kept.refused: kept; its runner had been declared lost.*; 0\$" "... of which torc recover tells each time"
is "$(torc recover 4 --json | jq -c '[.refused, (.kept | map(sub(".*/"; "")))]')" "[0,[\"$kept.refused\"]]" "... also in JSON"
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
rm -f go *.out

# ---- away for longer than a runner waits with nothing to do, while a job runs: it waits from its end on ----
sed 's/"away",/"away", "compute_node_wait_for_new_jobs_seconds": 6,/; s/while \[ ! -e go \]; do sleep 0.02; done; printf/sleep 16; printf/' wf.json > long.json
start_run long.json
wait_until 20 'running 7 2' || bail_out "the jobs do not run: $(cat log)"
lock
touch go
wait_until 40 '[ "$(cat $(journals) /dev/null | grep -c "\"exit_code\":3")" = 1 ]' || diag "no result of bad: $(cat log)"
release
await "$pid"
is "$? $(attempts 7 | grep -c 'good|completed\|bad|failed\|next|completed')" "1 3" "a runner that had jobs all the time waits for the database" || diag "$(cat log)"
rm -f go *.out

# ---- what is taken in, from whatever was left of the files ----
all() { query "SELECT count(*) FROM attempt; SELECT count(*) FROM event; SELECT count(*) FROM usage; SELECT * FROM class_count"; }
start_run wf.json
wait_until 20 'running 8 2' || bail_out "the jobs do not run: $(cat log)"
lock
touch go
ok "results are on this host before they are beside the output" wait_until 20 '[ "$(cat $(here) /dev/null | grep -c "\"end\"")" -ge 2 ]'
wait_until 20 '[ "$(cat $(journals) /dev/null | grep -c "\"end\"")" -ge 2 ]' || bail_out "no journal: $(cat log)"
kill -KILL "$pid" "$runner"
await "$pid" 2> /dev/null
release
rm -f "$(here)" # the third result, of next, may be there or not
kept=$(basename "$(journals)")
mv "torc_output/$kept" whole
head="$(head -n 1 whole)"
line() { grep "\"job_id\":$(query "SELECT id FROM job WHERE workflow = 8 AND name = '$1'")," whole | grep '"end"'; }
{ echo "$head"; line good; line good; echo "$head"; line bad | head -c 100; } > "torc_output/$kept"
cp "torc_output/$kept" given
was=$(all)
torc recover --dry-run --json 8 > log 2>&1
is "$(jq -c '[.accepted, .known, .refused, .lines_damaged, .runners_lost, .dry_run]' log 2> /dev/null)" "[1,1,0,1,1,true]" "a dry run says what there is" || diag "$(cat log)"
is "$(all) $(cmp "torc_output/$kept" given)" "$was " "... and changes nothing"
timed torc recover 8 > log 2>&1
is $? 1 "a torn line is told"
like "$(cat log)" "results taken in: 1; known already: 1; refused: 0; damaged lines: 1.*took in 1 results.*1 line of the journal is damaged, the others were good; kept in .*$kept.damaged" "... the others are taken in, each once" || diag "$(cat log)"
is "$(attempts 8 | grep -v next)" "good|completed||0
bad|ready|lost|" "... and the job whose line it was runs again"
was=$(all)
{ head -n 1 whole; line good; } > given_whole
cp whole "torc_output/torc_journal_wf8_copy.json"
sed '/"bad"/d' given | head -n 3 > "torc_output/$kept"
torc recover 8 > log 2>&1
is "$(all)" "$was" "a second copy changes nothing" || diag "$(cat log)"
like "$(cat log)" "known already: 2; refused: 0; damaged lines: 0" "... what is known is told"
like "$(cat log)" "came too late.*torc_journal_wf8_copy.json.refused" "... and what the database has given to others is refused and kept"
nok "... a file of which all is known is gone" [ -e "torc_output/$kept" ]
jq -cs '.[0] + {torc_journal: 1, sync: {runner_id: .[0].runner_id, ends: map(.end // empty), starts: map(.start // empty)}}' given_whole > \
	"torc_output/torc_journal_wf8_8.json"
torc recover 8 > log 2>&1
like "$? $(cat log)" "^0 .*known already: 1; refused: 0; damaged lines: 0" "a journal of an earlier torc can be read"
sed 's/"incarnation":"[^"]*"/"incarnation":"elsewhere"/' whole > torc_output/torc_journal_wf8_1.json
torc recover 8 > log 2>&1
is "$? $(all)" "1 $was" "a journal of another database changes nothing"
like "$(cat log)" "torc_journal_wf8_1.json is of a runner that this database does not know" "... and is told of"
rm torc_output/torc_journal_*
run --workflow 8
is "$(attempts 8 | grep bad)" "bad|ready|lost|
bad|failed|exit|3" "what was not there has run again" || diag "$(cat log)"
torc recover 8 > log 2>&1
is "$? $(cat log)" "0 workflow 8: took in 0 results, gave back the jobs of 0 dead runners" "where nothing was left, nothing is done"
nok "... and a workflow that does not exist is a mistake" torc recover 99
torc recover 99 > log 2>&1
is $? 2 "... of the user's"
torc recover --db nowhere 8 > log 2>&1
is $? 3 "... and a database that is not there cannot be reached"

# ---- one that was killed while it wrote ----
touch torc_output/torc_journal_wf6_98.json.new
touch -d '1 hour ago' torc_output/torc_journal_wf6_99.json.new
timed torc recover --db db 6 > log 2>&1
is "$? $(cd torc_output && echo *.new)" "0 torc_journal_wf6_98.json.new" "a half written journal goes, but not while somebody may write it" || diag "$(cat log)"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Jobs of three times the longest walltime: they go on from their checkpoints in allocation after allocation until they are done, by
# whoever is there to ask for these; what was only claimed is handed back; and no more is asked for than leads anywhere.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 4 --cpus 2 --memory 1024 --partitions 'main:MaxTime=1'
db() { [ ! -s torc.db ] || runuser -u "$TEST_USER" -- sqlite3 -readonly -cmd '.timeout 10000' torc.db "$@"; }
# Workflows have folders of their own and run side by side: they wait for walltimes, which are minutes.
in_folder() { cd "$TEST_DIR" && as_user mkdir -p "$1" && cd "$1" || exit; }
ended() { wait_until 280 '[ "$(db "SELECT state FROM workflow")" = 1 ]'; }
attempts() { db "SELECT group_concat(s.name || coalesce(' ' || r.name, ''), ', ') FROM (SELECT * FROM attempt ORDER BY id) a
	JOIN job j ON j.id = a.job JOIN job_state s ON s.id = a.state LEFT JOIN attempt_reason r ON r.id = a.reason WHERE j.name = '$1'"; }
# most allocations alive at a time
most() { db "SELECT max(n) FROM (SELECT count(*) AS n FROM allocation a JOIN allocation b ON b.start_usec <= a.start_usec AND
	coalesce(b.end_usec, 9e18) > a.start_usec GROUP BY a.id)"; }

# climb NAME STEPS: counts its steps of 0.1 s; told to end it writes down how far it came and leaves with 9.
cat > climb <<'S'
#!/bin/bash
n=$(cat "at.$1" 2> /dev/null || echo 0)
echo "$n" >> "from.$1"
trap 'echo $n > at.$1; exit 9' TERM
while [ $n -lt $2 ]; do sleep 0.1 & wait $!; n=$((n + 1)); done
echo "$n" > "done.$1"
S
# deaf NAME: ignores TERM; saves as it goes
cat > deaf <<'S'
#!/bin/bash
n=$(cat "at.$1" 2> /dev/null || echo 0)
echo "$n" >> "from.$1"
trap '' TERM
while [ $n -lt $2 ]; do sleep 0.1; n=$((n + 1)); echo $n > new.$1; mv new.$1 at.$1; done
echo "$n" > "done.$1"
S
# sbatch as on a cluster whose compute nodes may not submit
mkdir bin
cat > bin/sbatch <<'S'
#!/bin/sh
! grep -q job_ /proc/self/cgroup || { echo "sbatch: error: Access/permission denied" >&2; exit 1; }
exec /usr/bin/sbatch "$@"
S
chmod 755 climb deaf bin/sbatch
# an allocation of a minute leaves its jobs about 20 s
job() { printf '{"name": "%s", "command": "%s", "cpus": %d, "memory": "50m", "runtime": "3m", "supports_termination": true%s}' "$@"; }
workflow() { printf '{"name": "%s", "execution_config": {"sigterm_lead_seconds": 8, "sigkill_headroom_seconds": 32}, "jobs": [%s]}' "$@" > "$1.json"; }

in_folder waited
workflow waited "$(job a '../climb a 450' 1 ', "output_files": ["out"]')"
jq '.files = [{name: "out", path: "done.a"}]' waited.json > out.json && mv out.json waited.json
as_user env PATH="$TEST_DIR/bin:$TORC_BUILD:$PATH" torc-sbatch --wait waited.json > log 2>&1 & waited=$!
in_folder alone
workflow alone "$(job a '../climb a 450' 1 ''), $(job d '../deaf d 620' 1 '')"
as_user torc-sbatch alone.json > log 2>&1
in_folder spent
workflow spent "$(job a '../climb a 9999' 1 ', "max_continuations": 1')"
as_user torc-sbatch --wait spent.json > log 2>&1 & spent=$!

cd "$TEST_DIR/alone" || exit
ok "jobs of three times the longest walltime complete, though nobody waits" ended || diag "$(cat log torc_output/runner*)"
is "$(db "SELECT group_concat(state) FROM job_status")" completed,completed "... both that stops at a checkpoint and that is killed"
for j in a d; do
	like "$(attempts $j)" '^(ready terminated, ){2,}completed$' "... $j in three allocations or more, each attempt recorded"
	is "$(sort -nu from.$j | wc -l)" "$(wc -l < from.$j)" "... each from where the last one came to" || diag "$(cat from.$j)"
done
like "$(db "SELECT message FROM attempt WHERE id = 1")" 'its allocation ended; it goes on in another one' "... with the reason"
is "$(db "SELECT (SELECT count(*) FROM submission) <= (SELECT count(*) FROM attempt WHERE state = 2) + 1")" 1 "no more requests than ends of a job"

cd "$TEST_DIR/waited" || exit
await $waited; is $? 0 "one whose compute nodes may not submit completes under --wait" || diag "$(cat log)"
like "$(attempts a)" '^(ready terminated, ){2,}completed$' "... in as many allocations"
is "$(cat done.a)" 450 "... with all its steps"

cd "$TEST_DIR/spent" || exit
await $spent; is $? 1 "one that is not done when its continuations are spent ends the workflow with 1"
is "$(attempts a)" "ready terminated, terminated terminated" "... terminated"
like "$(cat log)" '1 of 1 jobs did not complete .*1 terminated' "... as --wait says"
like "$(as_user torc-report 2>&1 | tr -s '\n ' ' ')" 'its allocation ended, for the 2. time \(max_continuations 1\); torc restart goes on' "... and the report, with what to do"
is "$(db 'SELECT count(*) FROM submission')" 2 "... and nothing more is asked for"

# ---- of jobs that do not fit in side by side, what was only claimed goes back at once; no more allocations than are allowed
in_folder many
workflow many "$(for i in 1 2 3 4 5 6 7; do job $i "[ -e half ] || { trap '' TERM; sleep 9876; }" 2 ''; [ $i = 7 ] || printf ', '; done)"
as_user torc-sbatch --max-allocations 2 many.json > log 2>&1
ok "runners claim ahead" wait_until 60 '[ "$(db "SELECT count(*) FROM job WHERE state = 3")" -gt 1 ]'
ok "... and hand it back at the end" wait_until 100 '[ "$(db "SELECT count(*) FROM job WHERE state = 3")" = 0 ]'
is "$(db "SELECT count(*) FROM attempt WHERE end_usec IS NOT NULL")" 0 "... at once, while what runs has its time to end"
wait_until 60 '[ "$(db "SELECT count(*) FROM attempt WHERE reason IS NOT NULL")" -ge 2 ]'
is "$(db "SELECT count(*) FROM attempt WHERE reason <> (SELECT id FROM attempt_reason WHERE name = 'terminated')")" 0 "jobs that were only claimed have no attempt"
is "$(db "SELECT max(n) FROM (SELECT count(*) AS n FROM attempt GROUP BY runner)")" 1 "... of seven, each allocation ran one"
as_user touch half
ok "the workflow completes" ended || diag "$(db 'SELECT * FROM job_status')"
is "$(most)" 2 "never more allocations than --max-allocations"

# ---- allocations in which nothing can run
in_folder vain
mkdir bin
printf '#!/bin/bash\nexec /usr/bin/sbatch "${@/#--mem=*/--mem=20M}"\n' > bin/sbatch
chmod 755 bin/sbatch
workflow vain "$(job a true 1 '')"
as_user env PATH="$TEST_DIR/vain/bin:$TORC_BUILD:$PATH" torc-sbatch --wait vain.json > log 2>&1
is $? 1 "allocations that are too small for any job are not asked for for ever" || diag "$(cat log)"
is "$(db 'SELECT count(*), (SELECT count(*) FROM attempt) FROM submission')" "3|0" "... but three times"
like "$(cat log)" 'the last 3 requests for class .* ended without having run any job, so no more are asked for' "... as is said"
done_testing

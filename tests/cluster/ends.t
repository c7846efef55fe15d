#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocations that end without a runner ever having come: in which folders that must not be, when no more are asked for,
# and what is said of it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --nodes 2 --cpus 4 --memory 4096

cat > one.json <<'J'
{"name": "one", "jobs": [{"name": "a", "command": "true"}, {"name": "b", "command": "true"}]}
J
db() { runuser -u "$TEST_USER" -- sqlite3 -cmd '.timeout 10000' torc.db "$@"; }
# in FOLDER COMMAND...: as the user, there
within() { (cd "$1" && shift && as_user "$@"); }
copy() { install -d -o "$TEST_USER" "$1" && cp one.json "$1"; }

# ---- the submission folder may have any name: Slurm expands % and \ in what it is told of the output
for name in 'a%jb' 'a%%' 'a\b' 'a\%A' $'a\nb' "a'\"\$b" 'ä ü'; do
	copy "$name"
	out=$(within "$name" timeout 40 torc-sbatch --wait one.json 2>&1)
	is $? 0 "a workflow runs in $(printf %q "$name")" || diag "$out"
	is "$(ls "$name/torc_output" | grep -c '^runner_.*\.log$')" 1 "... and its runner's log is there"
	is "$(ls -I "torc.db*" "$name" | sort | tr '\n' ' ')" "one.json torc_output " "... and nothing else"
done
out=$(as_user timeout 40 torc-sbatch --wait one.json -- --chdir=/var 2>&1)
is $? 0 "a --chdir to a folder where nobody may write harms nothing" || diag "$out"

# ---- allocations that die before a runner comes: three in a row, then no more, and it is said why
fresh() { wait_until 60 '[ -z "$(squeue -h)" ]'; rm -rf torc.db* torc_output; }
fresh
as_user mkdir bin
printf '#!/bin/sh\necho "no libraries here" >&2\nexit 127\n' > bin/torc-run && chmod 755 bin/torc-run
as_user cp "$TORC_BUILD/torc-sbatch" "$TORC_BUILD/slurm-query" bin
out=$(as_user timeout 250 bin/torc-sbatch --wait one.json 2>&1)
is $? 1 "--wait ends when allocations die before a runner comes"
like "$out" 'the last 3 ended before a runner came; Slurm job [0-9]+: FAILED \(NonZeroExitCode\)' "... with Slurm's word on it"
like "$out" 'runner_wf1_[0-9]+\.log says: no libraries here' "... and the end of the runner's log"
like "$(as_user torc status 1)" 'Allocations  3 ended.* Slurm job [0-9]+: FAILED \(NonZeroExitCode\); .*runner_wf1_[0-9]+\.log says: no libraries here' \
	"... which torc status says, too"
like "$out" 'Slurm job [0-9]+: FAILED \(NonZeroExitCode\); .*no libraries here; asking for another \(1 in a row ended before a runner came, after 3 no more are asked for\)' "... said at the first one"
is "$(grep -c 'asking for another' <<< "$out")" 2 "... and at the second, when another was asked for"
like "$out" 'has no allocation any more, so nothing will run: no more are asked for' "... and at the last that nothing will run"
is "$(db 'SELECT count(*), sum(l.state = 3) FROM submission s JOIN allocation l ON l.submission = s.id')" "3|3" "... after three of them, which ended"
out=$(as_user torc-sbatch --top-up 1 2>&1)
like "$out" 'the last 3 allocations ended before a runner came.*1 submission made' "--top-up by hand says so, and asks for one"
ok "which does the work, if torc-run is there" wait_until 60 '[ "$(db "SELECT state FROM workflow")" = 1 ]'

# ---- one that Slurm does not know any more: that is said, and another one asked for
fresh
as_user torc-sbatch --wait one.json -- --hold > out 2>&1 &
pid=$!
wait_until 30 '[ "$(db "SELECT state FROM allocation")" = 1 ]' || diag "$(cat out)"
first=$(db 'SELECT slurm_job_id FROM submission')
db "UPDATE submission SET slurm_job_id = 4000000, tag = tag || 'x'; UPDATE allocation SET slurm_job_id = 4000000 WHERE slurm_job_id IS NOT NULL"
ok "that an allocation has vanished is said at once" wait_until 60 'grep -q "asking for another" out' || diag "$(cat out)"
like "$(cat out)" 'Slurm job 4000000: Slurm does not know it any more; .*; asking for another \(1 in a row' "... with its job, and what is done"
scancel "$first"
scontrol release "$(db 'SELECT max(slurm_job_id) FROM submission WHERE slurm_job_id <> 4000000')"
await "$pid"
is $? 0 "... which does the work" || diag "$(cat out)"

# ---- an output folder where nobody may write is told before anything is made
fresh
install -d -m 755 torc_output
out=$(as_user torc-sbatch one.json 2>&1)
is $? 2 "an output folder that cannot be written to is refused"
like "$out" "the folder for the output, $TEST_DIR/torc_output, cannot be written to.*Permission denied" "... with the folder and the reason"
is "$(ls -d torc.db* 2>/dev/null; squeue -h)" "" "... and nothing was made or submitted"

# ---- delete and cancel take what is queued along, and want to know which
fresh
as_user torc-sbatch one.json -- --hold > /dev/null
as_user torc-sbatch one.json -- --begin=now+1hour > /dev/null
wait_until 60 'squeue -h -o "%r %S" | grep -q "^BeginTime 20"'
as_user scontrol hold "$(db 'SELECT max(slurm_job_id) FROM submission')"
out=$(as_user torc status 2)
like "$out" "Slurm job [0-9]+ waits: JobHeldUser; it is held by its owner; to let it go: scontrol release $(db 'SELECT max(slurm_job_id) FROM submission')" \
	"torc status says that a job is held in Slurm"
unlike "$out" "expected to start" "... and no time at which it will not start" || diag "$(squeue -h -o '%i|%T|%r|%S')"
like "$(as_user torc delete one 2>&1)" '2 workflows have the name one: say which by its ID \(1, 2\)' "delete wants to know which"
like "$(as_user torc cancel one 2>&1)" '2 workflows have the name one: say which' "so does cancel"
is "$(db 'SELECT count(*) FROM workflow WHERE state = 0') $(squeue -h | wc -l)" "2 2" "and nothing has happened"
printf '#!/bin/sh\necho "scancel: error: Unable to contact slurm controller (connect failure)" >&2; exit 1\n' > bin/scancel && chmod 755 bin/scancel
out=$(as_user env PATH="$TEST_DIR/bin:$TORC_BUILD:$PATH" "$TORC_BUILD/torc" delete 1 2>&1)
is $? 3 "without Slurm nothing is deleted" || diag "$out"
is "$(db 'SELECT count(*) FROM workflow')" 2 "... and both are there"
rm bin/scancel
out=$(as_user torc delete 1 2>&1)
is $? 0 "delete" || diag "$out"
like "$out" 'canceled 1 submission in Slurm.*deleted workflow 1' "... cancels what is queued first"
is "$(squeue -h | wc -l)" 1 "... and nothing else"
scancel "$(db 'SELECT slurm_job_id FROM submission')"
list_says() { as_user torc list | awk '$1 == 2 {print $3 ", " $4 " jobs"}'; }
status_says() { as_user torc status 2 | sed -n 's/^Workflow 2 one: \([^,]*\),.*/\1,/p; s/^.* of \([0-9]* jobs\)$/\1/p' | paste -sd ' '; }
is "$(list_says)" "$(status_says)" "after a scancel of all that was queued torc list and torc status say the same"
out=$(as_user timeout 60 torc wait 2 2>&1)
is $? 3 "wait ends when all that was queued was canceled in Slurm"
like "$out" 'workflow 2 has no live runner and no allocation, so nothing will run' "... and says so"
is "$(db 'SELECT state FROM allocation')" 4 "... which is written down"
is "$(list_says) $(status_says)" "running, 2 jobs running, 2 jobs" "... torc list and torc status say the same still"
like "$(as_user torc status 2)" 'Allocations  1 canceled.*No runner is alive and no allocation is queued, so nothing will run' "... and status why nothing runs"
ok "a workflow whose allocations Slurm has ended can be deleted" as_user torc delete 2

# ---- one element of an array is canceled: the other goes on, and counts
fresh
printf '{"name": "eight", "jobs": [%s]}\n' "$(for i in 1 2 3 4 5 6 7 8; do printf '{"name": "j%d", "command": "until [ -e go ]; do sleep 0.1; done"},' $i; done | sed 's/,$//')" > eight.json
as_user torc-sbatch -t 61 eight.json > out
ok "two runners come" wait_until 60 '[ "$(db "SELECT count(*) FROM runner")" -ge 2 ]' || diag "$(cat out; squeue -t all)"
id=$(db 'SELECT slurm_job_id FROM submission')
scancel "${id}_1"
wait_until 60 '[ -z "$(squeue -h -r -t R,CG -o %K -j '$id' | grep 1)" ]'
as_user torc-sbatch --top-up 1 > /dev/null 2>&1
is "$(db 'SELECT state FROM submission WHERE id = 1') $(db 'SELECT state FROM allocation WHERE id = 1')" "2 2" "the one that runs is not canceled with it"
as_user touch go
ok "the workflow completes" wait_until 90 '[ "$(db "SELECT state FROM workflow")" = 1 ]'

# ---- a prolog that fails: Slurm drains the node and holds the job
printf '#!/bin/sh\n[ -e %s/mended ]\n' "$TEST_DIR" > "$TEST_DIR/prolog" && chmod 755 "$TEST_DIR/prolog"
cluster_again --nodes 4 --cpus 4 --memory 4096 --conf Prolog="$TEST_DIR/prolog"
held() { ok "$1" wait_until 60 'squeue -h -o %r | grep -q "launch failed"' || diag "$(squeue; sinfo -N)"; }
as_user torc-sbatch one.json > out 2>&1
held "a node's prolog fails, and Slurm holds the allocation"
like "$(as_user torc status 1)" 'waits for Slurm job [0-9]+ \(launch failed requeued held\), which Slurm could not start; to ask for another: torc-sbatch --top-up 1' \
	"... which torc status tells"
as_user torc-sbatch --top-up 1 > out 2>&1
is "$(squeue -h | wc -l) $(db 'SELECT group_concat(state) FROM allocation')" "1 3,1" "--top-up cancels it and asks for another" || diag "$(cat out; squeue)"
held "... which ends so, too"
as_user torc-sbatch --top-up 1 > out 2>&1
held "... and the next"
touch mended
out=$(as_user timeout 100 torc-sbatch --top-up 1 --wait 2>&1)
is "$? $(db 'SELECT group_concat(state) FROM allocation')" "0 3,3,3,3" "--wait cancels it and asks, and the workflow completes on the last node" || diag "$out"
like "$out" 'the last 3 allocations ended before a runner came; Slurm job [0-9]+: PENDING \(launch failed requeued held\)' "... Slurm's words are told"

fresh
rm mended
scontrol update NodeName=ALL State=RESUME 2> /dev/null # of those that are idle it says that they cannot
as_user timeout 150 torc-sbatch --wait one.json > out 2>&1 & waiting=$!
held "a node's prolog fails while somebody waits"
touch mended
await $waiting
is "$? $(squeue -h | wc -l) $(db 'SELECT group_concat(state) FROM allocation')" "0 0 3,3" "... who cancels what Slurm holds and asks for another: the workflow completes" ||
	diag "$(cat out)"
like "$(cat out)" 'PENDING \(launch failed requeued held\).*asking for another \(1 in a row' "... and says so"

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The output of all jobs of a runner in one stream file: the same as with files, whatever dies or is full.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

files() { ls torc_output | wc -l; }
running() { [ "$(query "SELECT count(*) FROM job WHERE workflow = $1 AND state = 4")" = "$2" ]; }
logs() { torc logs "$@" 2> err; }

# ---- what is read is what was printed ----
cat > w.json <<'J'
{"name": "w", "execution_config": {"stdio": {"mode": "stream"}}, "jobs": [
 {"name": "both", "command": "echo out; echo err >&2; sleep 0.05; echo more; exit 3"},
 {"name": "much", "command": "seq 400000"},
 {"name": "binary", "command": "head -c 100000 /dev/zero; printf '\\377\\000end' > /dev/stdout"},
 {"name": "silent", "command": "exec > /dev/null 2>&1; echo x"},
 {"name": "closes", "command": "exec >&- 2>&-; true"},
 {"name": "leaves", "command": "(while sleep 0.01; do echo tick; done) & echo here"},
 {"name": "file", "command": "echo in a file", "stdio": {"mode": "separate"}},
 {"name": "deleted", "command": "echo gone", "stdio": {"mode": "stream", "delete_on_success": true}}]}
J
run w.json
is "$rc" 1 "a workflow with one stream runs" || diag "$(cat log)"
is "$(ls torc_output | sed 's/_1_[0-9a-f]*\.stream/_1_H.stream/' | paste -s -d' ')" "job_wf1_j7_r1_a1.e job_wf1_j7_r1_a1.o runner_wf1_1_H.stream" \
	"one file of the runner, and those of the job that asks for files"
is "$(logs both)" $'==> both stdout <==\nout\nmore\n==> both stderr <==\nerr' "torc logs shows both outputs as it does with files"
is "$(logs --stderr both)" err "... or one of them"
is "$(logs --stdout much | md5sum)" "$(seq 400000 | md5sum)" "much of it"
is "$(logs --stdout binary | md5sum)" "$({ head -c 100000 /dev/zero; printf '\377\000end'; } | md5sum)" "and binary, also by way of /dev/stdout"
is "$(logs silent)$(cat err)" "torc: silent has written nothing" "who prints nothing has written nothing"
like "$(logs --stdout leaves)" "here" "what is left running holds nobody up"
is "$(logs --stdout file)" "in a file" "a file beside it"
is "$(logs deleted)$(cat err)" 'torc: no output of deleted was kept; the workflow says so with "stdio"' "delete_on_success shows nothing"
is "$(query "SELECT stderr_tail FROM attempt WHERE job = 1")" err "a job that failed has the end of its stderr"
like "$(cat log)" "both failed: exit code 3; see torc logs 1.both" "... and torc-run says where to look"
is "$(torc logs --json both | jq -c '.logs[0] | [.stdout.text, .stderr.text]')" '["out\nmore\n","err\n"]' "--json has both"
like "$(torc show both)" "stream .*/torc_output/runner_wf1_1_[0-9a-f]*\.stream" "torc show names the file"
is "$(torc-report --json 1 | jq -c '.jobs[0].attempts[0] | [.stdout == .stderr, (.stream_at > 0)]')" "[true,true]" "... and --json, and where to look in it"

# ---- nobody prints ----
cat > quiet.json <<'J'
{"name": "quiet", "jobs": [{"name": "fails", "command": "exit 3"}, {"name": "true", "command": "/bin/true"}]}
J
mkdir quiet && cd quiet
run --stdio stream --db ../quiet.db ../quiet.json
is "$rc:$(ls torc_output)" "1:" "jobs that print nothing make no file" || diag "$(cat log)"
is "$(TORC_DB=../quiet.db logs '1.*')$(sort err | paste -s)" $'torc: fails has written nothing\ttorc: true has written nothing' "... and have written nothing"
is "$(TORC_DB=../quiet.db torc logs --json 1.true | jq -c '.logs[0].stdout.text')" '""' "... in --json, too"
like "$(TORC_DB=../quiet.db torc show 1.true)" "stream *it printed nothing" "torc show says so"
is "$(TORC_DB=../quiet.db torc-report --json 1 | jq -c '[.jobs[].attempts[].stream_at]')" "[1,1]" "... and --json"
cd ..

# ---- attempts apart ----
torc restart 1 > /dev/null 2>&1
run --workflow 1
is "$(logs --attempt all --stdout both)" $'==> both stdout, attempt 1 <==\nout\nmore\n==> both stdout, attempt 1 <==\nout\nmore' "attempts are shown apart"

# ---- follow ----
cat > slow.json <<'J'
{"name": "slow", "jobs": [{"name": "slow", "command": "echo one; while [ ! -e go ]; do sleep 0.02; done; echo two"}]}
J
start_run --stdio stream slow.json
wait_until 20 'running 2 1' || bail_out "it does not run: $(cat log)"
torc logs --follow 2.slow > followed 2> err &
follower=$!
ok "torc logs --follow shows what a job prints while it runs" wait_until 20 'grep -q one followed'
touch go
await $follower
is "$?:$(grep -v '==>' followed | paste -s -d' ')" "0:one two" "... to its end"
await "$pid"

# ---- the runner is killed in the middle ----
cat > killed.json <<'J'
{"name": "killed", "jobs": [{"name": "before", "command": "echo all of it"},
 {"name": "loud", "command": "i=0; while [ ! -e stop ]; do i=$((i+1)); echo line $i; done; echo last", "depends_on": ["before"]}]}
J
start_run --stdio stream killed.json
wait_until 20 '[ "$(logs --stdout 3.loud | wc -l)" -gt 1000 ]' || bail_out "it prints nothing: $(cat log)"
kill -KILL "$pid" "$runner" # with its keeper, which would go on
await "$pid" 2> /dev/null
torc list > /dev/null 2>&1 # the dead runner is noticed
logs --stdout 3.loud > killed.out
is "$(head -n 1000 killed.out)" "$(seq -f 'line %.0f' 1000)" "of a job whose runner was killed what was read is there"
is "$(sed '$d' killed.out | md5sum)" "$(seq -f 'line %.0f' $(($(wc -l < killed.out) - 1)) | head -n $(($(sed '$d' killed.out | wc -l))) | md5sum)" "... without a gap"
is "$(logs --stdout 3.before)" "all of it" "what had ended is whole"
stream=$(query "SELECT stdout FROM attempt WHERE job = (SELECT id FROM job WHERE name = 'loud') LIMIT 1")
truncate -s -7 "$stream"
lines=$(wc -l < killed.out)
touch stop
run --workflow 3
is "$rc:$(query "SELECT count(DISTINCT stdout) FROM attempt WHERE job = (SELECT id FROM job WHERE name = 'loud')")" 0:2 \
	"the next runner begins a file of its own"
logs --attempt 1 --stdout 3.loud > torn.out
ok "a torn end is cut" test "$(wc -l < torn.out)" -lt "$lines"
like "$(cat err)" "what begins at byte [0-9]* is torn or damaged and is not shown" "... and torc logs says so"
is "$(logs --stdout 3.loud)" last "... the attempt after it is whole"

# ---- a disk that is full ----
if mkdir small && mount -t tmpfs -o size=256k none small 2> mount.err; then
	mkdir small/torc_output && rm -rf torc_output.was && mv torc_output torc_output.was && ln -s small/torc_output torc_output
	cat > full.json <<-'J'
	{"name": "full", "jobs": [{"name": "big", "command": "echo begins; head -c 1000000 /dev/zero; echo ends"},
	 {"name": "next", "command": "while [ ! -e room ]; do sleep 0.02; done; echo there is room", "depends_on": ["big"]}]}
	J
	start_run --stdio stream full.json
	wait_until 20 'running 4 1 && [ "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = '\''big'\'' AND end_usec > 0")" = 1 ]' ||
		diag "$(cat log)"
	like "$(query "SELECT warnings FROM job_status WHERE name = 'big'")" output_lost "output for which there is no room is a warning of the attempt"
	like "$(query "SELECT message FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = 'big'")" "No space left" "... that says why"
	like "$(logs --stdout 4.big | tr -d '\000')" begins "what was written before is shown"
	like "$(cat err)" "big printed" "... and that more was printed"
	mount -o remount,size=4m small
	touch room
	await "$pid"
	is "$(logs --stdout 4.next)" "there is room" "with room again all is kept"
	rm torc_output; mv torc_output.was torc_output; umount small
else
	skip "no tmpfs can be mounted: $(cat mount.err)" 5
fi

# ---- many jobs, few files; auto ----
many() { jq -n --argjson n "$1" '{name: "many", parameters: {i: "1:\($n)"}, jobs: [{name: "j{i}", command: "echo {i}", use_parameters: ["i"]}]}'; }
rm -rf torc_output
many 1000 > many.json
run --stdio stream many.json
is "$rc:$(files)" 0:1 "a thousand jobs make one file" || diag "$(tail -n 3 log)"
id=$(query "SELECT max(id) FROM workflow")
is "$(torc logs --stdout "$id.j*" | grep -v '==>' | sort -n | md5sum)" "$(seq 1000 | md5sum)" "... that has the output of each"
many 10000 > few.json; many 10001 > more.json
like "$(torc plan few.json)" "Output of jobs: separate" "auto is files up to 10000 jobs, and the plan says so"
like "$(torc plan more.json)" "Output of jobs: stream" "... and one stream above"
like "$(torc validate more.json)" "Output of jobs: stream" "... and torc validate"
is "$(torc validate --json few.json | jq -r .stdio) $(torc plan --json more.json | jq -r .stdio)" "separate stream" "... and --json"
done_testing

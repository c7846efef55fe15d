#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Outputs that are not there when a job has ended: waited for where the file system may show them late.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

attempts() { query "SELECT j.name, coalesce(s.name, 'open'), coalesce(r.name, '') FROM attempt a JOIN job j ON j.id = a.job
	LEFT JOIN job_state s ON s.id = a.state LEFT JOIN attempt_reason r ON r.id = a.reason WHERE j.workflow = $1 ORDER BY j.id, a.id" | xargs; }
state() { query "SELECT state FROM job_status WHERE workflow = $1 AND name = '$2'"; }
message() { query "SELECT a.message FROM attempt a JOIN job j ON j.id = a.job WHERE j.workflow = $1 AND j.name = '$2' ORDER BY a.id DESC LIMIT 1"; }

# "late" ends without its output; "seen" ends when the runner has reaped that, and so has looked for the output in vain
cat > late.json <<'J'
{"name": "late", "files": [{"name": "out", "path": "new/out.txt"}], "jobs": [
 {"name": "late", "command": "echo $$ > late.pid", "output_files": ["out"]},
 {"name": "seen", "command": "until [ -s late.pid ] && ! kill -0 $(cat late.pid); do sleep 0.03; done 2> err"},
 {"name": "reader", "command": "cat ${files.input.out} > read.txt"}]}
J
start_late() { # WORKFLOW: to where the output of "late" is waited for
	rm -rf late.pid new
	start_run late.json
	wait_until 20 "[ \"\$(state $1 seen)\" = completed ]" || bail_out "\"seen\" does not end: $(cat log)"
}

# ---- on a local file system missing is missing ----
run late.json
is "$rc $(attempts 1)" "1 late|failed|missing_output seen|completed|" "on a local file system nothing is waited for" || diag "$(cat log)"
is "$(message 1 late)" "it ended well, but its output file new/out.txt is not there" "... which its message says"

# ---- on a network file system, as this one now calls itself ----
export TORC_FS_NETWORK=NFS
start_late 2
is "$(state 2 late)" running "on a network file system a job whose output is not there yet has no verdict"
mkdir new && echo late > new/out.txt
await "$pid"
is "$? $(attempts 2)" "0 late|completed| seen|completed| reader|completed|" "it completes when the output comes, together with its folder" || diag "$(cat log)"
is "$(cat read.txt)" late "... and who reads it goes on"

start_late 3
await "$pid"
is "$? $(attempts 3)" "1 late|failed|missing_output seen|completed|" "it fails when none comes" || diag "$(cat log)"
is "$(message 3 late)" "it ended well, but its output file new/out.txt is not there (looked for it for 5 s)" "... and says how long it was looked for"

# ---- the end of the runner meanwhile ----
start_late 4
kill -INT "$pid"
await "$pid"
is "$(attempts 4)" "late|terminated|terminated seen|completed|" "a runner that is stopped meanwhile stops the job" || diag "$(cat log)"

start_late 5
kill -KILL "$pid"
await "$pid" 2> /dev/null
wait_until 20 '! kill -0 "$runner"'
is "$(attempts 5)" "late|ready|terminated seen|completed|" "one whose time is over gives the job back" || diag "$(cat log)"

start_late 6
kill -KILL "$runner"
next_runner
mkdir new && echo late > new/out.txt
await "$pid"
is "$? $(attempts 6)" "0 late|ready|lost late|completed| seen|completed| reader|completed|" "after one that was killed it runs again" || diag "$(cat log)"

start_late 7
timed torc cancel 7 > cancel.log 2>&1
await "$pid"
is "$(attempts 7)" "late|canceled|canceled seen|completed|" "a job that is canceled meanwhile is canceled" || diag "$(cat log cancel.log)"
done_testing

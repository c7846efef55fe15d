#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A runner that can write nowhere ends, when it is told to or when its folder is gone; one at a terminal reads from it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
ended() { ! kill -0 "$pid" 2> /dev/null || grep -q '^State:.*Z' "/proc/$pid/status"; }

cat > wf.json <<'J'
{"name": "adrift", "jobs": [{"name": "a", "command": "while [ ! -e go ]; do sleep 0.02; done"}]}
J
start_run wf.json
wait_until 20 '[ "$(query "SELECT state FROM job")" = 4 ]' || bail_out "the job does not run: $(cat log)"
mv db moved
rm -rf torc_output
touch torc_output go # no folder can be made there
wait_until 20 'grep -q "results are in /dev/shm/torc-ends-.* only" log' || diag "$(cat log)"
kill -TERM "$pid"
ok "TERM ends a runner that can write neither database nor output" wait_until 40 ended || kill -KILL "$pid" "$runner"
wait "$pid"
is $? 3 "... with exit code 3"
like "$(cat log)" "results kept in /dev/shm/torc-ends-[^ ]*: 1; .* on this host" "... and says where its results are"
rm torc_output go
mv moved db

mkdir home
sed 's|-e go|-e '$TEST_DIR'/go|' wf.json > home/wf.json
(cd home && TORC_DB=$PWD/db exec torc-run --cpus 1 wf.json > ../log 2>&1) &
pid=$!
wait_until 20 '[ "$(sqlite3 home/db "SELECT state FROM job" 2> /dev/null)" = 4 ]' || bail_out "the job does not run: $(cat log)"
rm -rf home
touch go
ok "a runner whose folder was removed ends" wait_until 60 ended || kill -KILL "$pid"
wait "$pid"
rm -f /dev/shm/torc-ends-*-"$runner.json" $(sed -n 's/.*results kept in \([^ ]*\): .*/\1/p' log)

{ printf '{"name": "typed", "jobs": [{"name": "j", "command": "true"}]}\n'; wait_until 10 'grep -qa typed tty'; printf '\004'; wait_until 20 'grep -qa "rc " tty'; } |
	timeout 40 script -qefc 'torc-run --quiet --cpus 1 -; echo "rc $?"' tty > /dev/null
ok "torc-run - at a terminal reads what is typed" grep -qa "^rc 0" tty || diag "$(cat tty)"
mkdir plain
touch plain/torc_output
(cd plain && TORC_DB=$PWD/db timed torc-run ../wf.json > ../log 2>&1)
is "$? $(ls plain)" "2 torc_output" "a folder for the output that cannot be one: nothing is created"
like "$(cat log)" "folder for the output, torc_output, cannot be written to, so nothing was started" "... and it is said"
torc validate /dev/zero > log 2>&1
is $? 2 "a file without end is refused"
like "$(cat log)" "/dev/zero.* is larger than 1000 MB" "... at a size that is said"
done_testing

# SPDX-License-Identifier: GPL-2.0-or-later
# torc-run on this machine, for one test file.
#
#     . "$(dirname "$0")/../lib/tap.sh"
#     . "$(dirname "$0")/../lib/local.sh"
#
# Gives: $TEST_DIR, an empty folder and the current one; torc-run and the others on PATH; TORC_DB=$TEST_DIR/db;
#   query SQL          the answer of the database, rows by line, columns by |
#   run ARGUMENT...    torc-run with 2 CPUs and 2 GiB; output in $TEST_DIR/log, exit code in $rc: 124 when it was timed out
#   start_run ARG...   the same in the background; $pid is the keeper, $runner its runner; await "$pid" ends it
#   next_runner        the keeper $pid has started a runner again: that is $runner now
#   jobs               "name state reason" of all jobs, by line
#   alive MARK         the processes whose command line contains MARK, by line

: "${TORC_BUILD:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../build" && pwd)}"
TORC_SOURCE=$(cd "${TORC_SOURCE:-$(dirname "${BASH_SOURCE[0]}")/../..}" && pwd) # the folder changes below
export PATH=$TORC_BUILD:$PATH TORC_SOURCE
TEST_DIR=$(mktemp -d /tmp/torc-test.XXXXXX)
export TORC_DB=$TEST_DIR/db
cd "$TEST_DIR" || exit 99
trap 'cd /; rm -rf "$TEST_DIR"' EXIT

query() { sqlite3 -cmd '.timeout 20000' "$TORC_DB" "$1"; }
run() {
	timed torc-run --cpus 2 --memory 2g "$@" > log 2>&1
	rc=$?
	[ $rc != 124 ] || tail -n 1 log
}
start_run() {
	torc-run --cpus 2 --memory 2g "$@" > log 2>&1 &
	pid=$!
	wait_until 10 '[ -n "$(pgrep -P $pid torc-run)" ]' || bail_out "torc-run does not start: $(cat log)"
	runner=$(pgrep -P $pid torc-run)
}
next_runner() {
	wait_until 20 'now=$(pgrep -P $pid torc-run) && [ "$now" != "$runner" ]' || bail_out "no other runner: $(cat log)"
	runner=$now
}
jobs() { query "SELECT name, state, coalesce(reason, '') FROM job_status ORDER BY workflow, id" | tr '|' ' ' | sed 's/ $//'; }
alive() { pgrep -f -- "$1" | grep -vx $$; }

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

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The walltime of an allocation is extended while it runs: its runner asks once more before it drains, and goes on.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 1 --cpus 2 --memory 2048
mkdir bin
printf '#!/bin/sh\necho "$@" >> %s/asked\nexec %s "$@"\n' "$TEST_DIR" "$(command -v squeue)" > bin/squeue
chmod 755 bin/squeue
# told to end 20 s before the end of its minute, unless the runner knows better by then
as_user tee long.json > /dev/null <<'J'
{"name": "long", "execution_config": {"sigterm_lead_seconds": 5, "sigkill_headroom_seconds": 15},
 "jobs": [{"name": "a", "command": "sleep 46", "supports_termination": true}]}
J
as_user env PATH="$TEST_DIR/bin:$TORC_BUILD:$PATH" torc-sbatch -t 1 long.json > log 2>&1 || diag "$(cat log)"
query() { [ ! -s torc.db ] || sqlite3 -readonly -cmd '.timeout 5000' torc.db "$1"; }
wait_until 20 '[ "$(query "SELECT count(*) FROM attempt")" = 1 ]' || diag "$(squeue)"
job=$(squeue -h -o %A)
ok "the allocation gets another minute" scontrol update "JobId=$job" TimeLimit=2
wait_until 90 '[ "$(query "SELECT state FROM workflow")" = 1 ]' || diag "$(query 'SELECT * FROM attempt')"
is "$(query "SELECT group_concat(s.name) FROM attempt a JOIN job_state s ON s.id = a.state")" completed "a job that needs it completes at its first attempt"
is "$(grep -c -- "-j $job" asked)" 2 "Slurm was asked for the end twice: at the beginning, and before the drain" || diag "$(cat asked)"
done_testing

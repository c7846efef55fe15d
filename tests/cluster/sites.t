#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A site that does not count memory, and one whose nodes are all drained.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --nodes 2 --cpus 4 --memory 1 --conf SelectTypeParameters=CR_CPU

cat > one.json <<'J'
{"name": "one", "resource_requirements": [{"name": "c", "num_cpus": 1, "memory": "500m", "runtime": "PT1M"}],
 "jobs": [{"name": "a", "command": "true", "resource_requirements": "c"}, {"name": "b", "command": "true", "resource_requirements": "c"}]}
J
out=$(as_user timeout 60 torc-sbatch --wait one.json 2>&1)
is $? 0 "where Slurm counts no memory jobs of any size run" || diag "$out"
is "$(as_user torc-sbatch --dry-run --json one.json | jq -c '[.groups[0].options[] | select(startswith("--mem"))]')" "[]" "... and no --mem is sent"

for n in "$NODE1" "$NODE2"; do scontrol update nodename="$n" state=drain reason=test; done
out=$(as_user torc-sbatch one.json 2>&1)
is $? 0 "where all nodes are drained a workflow is submitted" || diag "$out"
like "$out" 'warning: all nodes of partition debug are down or drained' "... with a warning"
for n in "$NODE1" "$NODE2"; do scontrol update nodename="$n" state=resume; done
ok "... and runs when they are back" wait_until 60 '[ "$(runuser -u $TEST_USER -- sqlite3 torc.db "SELECT state FROM workflow WHERE id = 2")" = 1 ]'

done_testing

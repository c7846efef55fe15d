#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Why jobs wait that wait for Slurm: which allocation, when it is expected, what those that run lack, and how much time they have left.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --nodes 1 --cpus 2 --memory 2048

cat > w.json <<'J'
{"name": "w", "resource_requirements": [{"name": "small", "num_cpus": 1, "memory": "100m", "runtime": "PT30M"}, {"name": "long", "num_cpus": 1, "memory": "100m", "runtime": "PT30M"}],
 "jobs": [{"name": "run_{i}", "command": "until [ -e go ]; do sleep 0.1; done", "priority": 5, "resource_requirements": "small", "parameters": {"i": "1:2"}},
  {"name": "turn", "command": "true", "priority": 4, "resource_requirements": "small"}, {"name": "turn2", "command": "true", "priority": 4, "resource_requirements": "small"},
  {"name": "turn3", "command": "true", "priority": 3, "resource_requirements": "small"}, {"name": "slow", "command": "true", "resource_requirements": "long"},
  {"name": "bound", "command": "true"}, {"name": "after", "command": "true", "depends_on": ["turn"], "resource_requirements": "small"}]}
J
db() { runuser -u "$TEST_USER" -- sqlite3 -cmd '.timeout 10000' torc.db "$@"; }
why() { as_user torc show "1.$1" | sed -n "s/^Job 1.$1: ready, //p"; }

# ---- queued: behind the job of somebody else, which ends
blocker=$(as_user sbatch --parsable -t 10 -c 2 --wrap 'until [ -e free ]; do sleep 0.1; done')
wait_until 30 '[ "$(job_state $blocker)" = RUNNING ]'
as_user torc-sbatch -t 33 --max-allocations 2 w.json > out 2>&1 || diag "$(cat out)"
ids=($(db 'SELECT slurm_job_id FROM submission ORDER BY 1')) id=${ids[0]}
is "$(db 'SELECT group_concat(allocations) FROM submission')" 2,1 "allocations for the classes that share them, and for the job that named none"
ok "Slurm has estimates" wait_until 60 '[ "$(squeue -h -t PD -o %S | grep -c ^20)" = 2 ]' || diag "$(squeue -l; cat out)"
at=$(squeue -h -o %S -j "$id" | head -n 1)
more='; 2 more allocations are to come'
is "$(why turn)" "waits for Slurm job $id (Resources), expected to start at $at$more" "what is queued, why, and when it is expected"
is "$(as_user torc status --json | jq -r '.why[] | select(.state == "ready") | "\(.jobs) \(.reason)"' | sort -u)" \
	"7 waits for Slurm job $id (Resources), expected to start at $at$more" "torc status --json has it for all of them"
like "$(as_user torc status)" "Waiting +7 ready: waits for Slurm job $id \(Resources\), expected to start at $at$more" "so has torc status"
as_user scontrol hold "$id"
like "$(why turn)" "^waits for Slurm job ${ids[1]} \(.*\), expected to start at 20.*$more" "another one is earlier than one that is held in Slurm"
as_user scontrol hold "${ids[1]}"
is "$(why turn)" "waits for Slurm job $id (JobHeldUser), which starts when it is released$more" "one that is held in Slurm is not expected"
printf '#!/bin/sh\necho "squeue: error: Unable to contact slurm controller (connect failure)" >&2; exit 1\n' > squeue && chmod 755 squeue
is "$(as_user env PATH="$TEST_DIR:$TORC_BUILD:$PATH" torc show 1.turn | head -n 1)" \
	"Job 1.turn: ready, waits for Slurm job $id; when it starts is not known: squeue: error: Unable to contact slurm controller (connect failure)$more" \
	"without an answer it is not known"
as_user scontrol release "$id"

# ---- running: two have the CPUs, the others wait for their turn, or for what this allocation has not
as_user touch free
ok "the allocation runs two jobs" wait_until 60 '[ "$(db "SELECT count(*) FROM job WHERE state = 4")" = 2 ]' || diag "$(squeue -l; cat torc_output/runner*)"
like "$(why turn3)" '^waits for its turn on 1 runner, with 3[01]m[0-9]+s left at most \(it may take 30m00s\)$' "what fits waits for its turn, with the time that is left"
db "UPDATE resource_class SET runtime_usec = 7200000000 WHERE name = 'long'; UPDATE resource_class SET scheduler = 'gpu' WHERE id = (SELECT class FROM job WHERE name = 'bound')"
like "$(why slow)" '^no runner has the time \([0-9a-z]+ are left at most, it may take 2h00m\); no allocation that it fits is queued$' "less time left than it needs"
is "$(why bound)" 'no runner is in an allocation of scheduler "gpu"; no allocation that it fits is queued' "a scheduler of which nothing runs"
as_user touch go
done_testing

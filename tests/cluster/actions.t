#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Actions on a real Slurm: nodes that they ask for at the start, when jobs are ready and when they have ended, with the scheduler
# that only they name; jobs that none covers; what is left when these nodes are gone; restarts; and commands around it all.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --nodes 2 --cpus 4 --memory 4096 --partitions 'main,short:MaxTime=10'
torc_sbatch() { as_user torc-sbatch "$@"; }
db() { runuser -u "$TEST_USER" -- sqlite3 -cmd '.timeout 10000' torc.db "$@"; }
fresh() { wait_until 60 '[ -z "$(squeue -h)" ]' || diag "still there: $(squeue -h)"; rm -rf torc.db* torc_output out* log; }
# JOB ACTION SCHEDULER of each job's last attempt
places() { db "SELECT j.name || ' ' || coalesce(s.action, '-') || ' ' || coalesce(s.scheduler, '-') || ',' FROM job j
	JOIN last_attempt a ON a.job = j.id JOIN runner r ON r.id = a.runner JOIN allocation l ON l.id = r.allocation
	JOIN submission s ON s.id = l.submission ORDER BY j.name" | tr '\n' ' '; }
submissions() { db "SELECT coalesce(action, '-') || ' ' || allocations || ',' FROM submission ORDER BY coalesce(action, 99), id" | tr '\n' ' '; }

# ---- nodes at the start, for a chain when its first job is ready, and after jobs have ended; one job is nobody's
cat > chain.yaml <<'END'
name: chain
slurm_schedulers:
  - {name: cpu, account: proj, partition: main, walltime: "3"}
  - {name: gpu, partition: short, walltime: "4", mem: "500m"}
  - {name: end, partition: short, walltime: "2"}
  - {name: own, partition: main, walltime: "2"}
resource_requirements:
  - {name: small, num_cpus: 1, memory: 100m, runtime: PT30S}
  - {name: tiny, num_cpus: 1, memory: 20m, runtime: PT30S}
  - {name: large, num_cpus: 1, memory: 400m, runtime: PT30S}
actions:
  - {trigger_type: on_workflow_start, action_type: run_commands, commands: ["sleep 0.5; echo start >> log"]}
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: cpu, scheduler_type: slurm, num_allocations: 1}
  - {trigger_type: on_jobs_ready, action_type: schedule_nodes, job_name_regexes: ["^train_"], scheduler: gpu, num_allocations: 1,
     start_one_worker_per_node: true}
  - {trigger_type: on_jobs_complete, action_type: schedule_nodes, jobs: [train_2], scheduler: end, num_allocations: 2}
  - {trigger_type: on_workflow_complete, action_type: run_commands,
     commands: ["sleep 0.5; echo end $TORC_WORKFLOW_STATE $SLURM_JOB_ID >> log"]}
jobs:
  - {name: other, scheduler: own, command: "echo other >> log", resource_requirements: tiny}
  - {name: prepare, command: "echo prepare >> log; scontrol show job -o $SLURM_JOB_ID > out.prepare", resource_requirements: small}
  - {name: train_1, command: "test ! -e fail", depends_on: [prepare], resource_requirements: large}
  - {name: train_2, command: "true", depends_on: [train_1], resource_requirements: large}
  - {name: last, scheduler: end, command: "true", depends_on: [train_2], resource_requirements: small}
END
out=$(as_user torc plan chain.yaml 2>&1)
like "$out" 'on_jobs_ready' "torc plan says what actions wait for"
out=$(torc_sbatch --wait chain.yaml 2>&1)
is $? 0 "nodes come when actions say so" || diag "$out"
is "$(places)" "last 4 end, other - own, prepare 2 cpu, train_1 3 gpu, train_2 3 gpu, " "each job ran in the nodes of the action that covers it"
is "$(submissions)" "2 1, 3 1, 4 2, - 1, " "each action asked once, for as many allocations as it says"
like "$(cat out.prepare)" 'Account=proj .*TimeLimit=00:03:00' "with the account and walltime of its scheduler"
like "$(head -n 1 log)/$(tail -n 1 log)" '^start/end complete [0-9]+$' "commands ran before the first job and after the last, before --wait ended" ||
	diag "$(cat log)"
is "$(db "SELECT group_concat(state) FROM (SELECT state FROM action ORDER BY position)")" 3,3,3,3,3 "all are done"
like "$(as_user torc show 1)" 'on_jobs_complete' "torc show lists them"
is "$(as_user torc-report --json 1 | jq -r '[.actions[].state] | unique | join(" ")')" done "... and the report"

# ---- a restart asks for nodes for what runs again, not for the start once more
db "UPDATE job SET signature = signature + 1 WHERE name = 'train_2'" # as if its command had changed
torc_sbatch --restart 1 --wait chain.yaml > /dev/null 2>&1
is "$?" 0 "a restart"
is "$(db "SELECT position || ':' || run_id || ',' FROM action ORDER BY position" | tr '\n' ' ')" "1:1, 2:1, 3:2, 4:2, 5:2, " \
	"fires what waits for jobs that run again"
is "$(db "SELECT count(*) FROM submission WHERE action = 2")" 1 "... and asks for nothing at the start"
is "$(db "SELECT count(*) FROM attempt WHERE run_id = 2")" 2 "... for two jobs"

# ---- the nodes of an action are gone before its jobs have ended: as others, with its scheduler; what jobs there are at a time
fresh
cat > gone.yaml <<'END'
name: gone
slurm_schedulers: [{name: only, partition: short, walltime: "3"}]
resource_requirements: [{name: small, num_cpus: 1, memory: 100m, runtime: PT30S}]
actions:
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: only, num_allocations: 1, max_parallel_jobs: 1}
  - {trigger_type: on_worker_start, action_type: run_commands, commands: ["echo worker >> log"]}
jobs:
  - {name: long, priority: 1, command: "test -e out.again || { touch out.again; exec sleep 60; }", resource_requirements: small}
  - {name: "more_{i}", command: "true", parameters: {i: "1:2"}, resource_requirements: small}
END
torc_sbatch gone.yaml > out.sbatch 2>&1
ok "a job of an action runs" wait_until 60 '[ "$(db "SELECT count(*) FROM job WHERE state = 4")" = 1 ]'
is "$(db "SELECT group_concat(state) FROM job WHERE name LIKE 'more%'")" 2,2 "max_parallel_jobs: one at a time"
scancel "$(db "SELECT slurm_job_id FROM submission")"
ok "what was left when its nodes were gone runs all the same" wait_until 60 '[ "$(db "SELECT state FROM workflow")" = 1 ]' ||
	diag "$(as_user torc status 1 2>&1)"
is "$(db "SELECT count(*) FROM job WHERE state = 5")" 3 "... all of it"
is "$(db "SELECT group_concat(DISTINCT scheduler) || count(action) FROM submission")" only1 "... with the action's scheduler"
is "$(sort -u log | tr '\n' ' ')$(wc -l < log)" "worker $(db "SELECT count(*) FROM runner")" "on_worker_start: once in each runner"

# ---- compute nodes may not submit: what an action asks for while others still run, by --top-up and by --wait
fresh
as_user mkdir -p bin
cat > bin/sbatch <<'W'
#!/bin/bash
if [[ $* != *--test-only* ]] && tr '\0' '\n' < /proc/$PPID/environ | grep -q ^SLURM_JOB_ID=; then
	echo "sbatch: error: Batch job submission failed: Access/permission denied" >&2
	exit 1
fi
exec /usr/bin/sbatch "$@"
W
chmod 755 bin/sbatch
cat > nosubmit.yaml <<'END'
name: nosubmit
slurm_schedulers: [{name: cpu, partition: main, walltime: "3"}, {name: gpu, partition: short, walltime: "2"}]
resource_requirements: [{name: small, num_cpus: 1, memory: 100m, runtime: PT30S}]
actions: [{trigger_type: on_jobs_complete, action_type: schedule_nodes, jobs: [first], scheduler: gpu}]
jobs:
  - {name: first, scheduler: cpu, command: "true", resource_requirements: small}
  - {name: long, scheduler: cpu, command: "until [ -e out.second ]; do sleep 0.1; done", resource_requirements: small}
  - {name: second, scheduler: gpu, command: "touch out.second", depends_on: [first], resource_requirements: small}
END
torc_nosubmit() { as_user env PATH="$TEST_DIR/bin:$TORC_BUILD:$PATH" torc-sbatch "$@"; }
torc_nosubmit nosubmit.yaml > out.sbatch 2>&1
ok "a runner may not ask for the nodes of an action" wait_until 60 '[ -n "$(db "SELECT error FROM submission WHERE action = 1")" ]' || diag "$(cat out.sbatch)"
like "$(as_user torc show 1.second | head -n 1)" 'ready, .*Access/permission denied' "the job says why it waits" || diag "$(as_user torc status 1)"
torc_nosubmit --top-up 1 > out.topup 2>&1
is $? 0 "torc-sbatch --top-up asks for them" || diag "$(cat out.topup)"
ok "... and all jobs run" wait_until 60 '[ "$(db "SELECT state FROM workflow")" = 1 ]' || diag "$(as_user torc status 1 2>&1)"
fresh
out=$(torc_nosubmit --wait nosubmit.yaml 2>&1)
is "$? $(places)" "0 first - cpu, long - cpu, second 1 gpu, " "--wait asks for them, although other jobs run" || diag "$out"
is "$(db "SELECT group_concat(action) FROM submission WHERE slurm_job_id IS NOT NULL AND action IS NOT NULL")" 1 "... once" || diag "$(db "SELECT id, action, tag, state, error FROM submission")"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A row for each kind of site: one that does not count memory, one whose nodes are all drained, one with two threads a core.
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

# ---- hardware threads
cluster_again --cpus 8 --threads 2 --memory 1000
is "$(sinfo -h -o '%c %z')" "8 1:4:2" "a site with two threads a core"
cat > three.json <<'J'
{"name": "three", "resource_requirements": [{"name": "c", "num_cpus": 3, "memory": "100m", "runtime": "PT1M"}],
 "jobs": [{"name": "inside", "command": "srun sleep 1", "resource_requirements": "c"},
          {"name": "alone", "command": "srun hostname", "resource_requirements": "c", "depends_on": ["inside", "by"]},
          {"name": "by", "command": "hostname", "launcher": "srun", "resource_requirements": "c"}]}
J
out=$(as_user timeout 60 torc-sbatch --wait three.json 2>&1)
is $? 0 "jobs of three CPUs, which are no whole cores, have steps there" || diag "$out"
is "$(as_user sqlite3 torc.db "SELECT name, coalesce(warnings, '') FROM job_status WHERE name != 'alone' ORDER BY name")" "by|
inside|steps_not_counted" "... and without the plugin steps by an srun of the job's own are not in its usage"
like "$(as_user torc show 1.inside)" 'what it started with srun is not in its usage, as nothing recorded its steps' "... which it is told with"

# ---- a filter of the site refuses whoever says --mem
cluster_again --nodes 2 --cpus 4 --memory 1000 --conf DefMemPerCPU=200
cat > "$SANDBOX_DIR/etc/job_submit.lua" <<'L'
function slurm_job_submit(job, partitions, uid)
	if job.min_mem_per_node ~= nil or job.min_mem_per_cpu ~= nil then
		slurm.log_user("--mem is not allowed here")
		return slurm.ERROR
	end
	return slurm.SUCCESS
end
function slurm_job_modify(job, record, partitions, uid)
	return slurm.SUCCESS
end
L
echo JobSubmitPlugins=lua >> "$SLURM_CONF"
scontrol reconfigure
wait_until 20 '[[ $(sbatch --test-only --mem=1 --wrap true 2>&1) == *"not allowed"* ]]' || diag "the filter is not there"
cat > filter.json <<'J'
{"name": "filter", "resource_requirements": [{"name": "c", "num_cpus": 1, "memory": "300m", "runtime": "PT1M"},
                                                   {"name": "d", "num_cpus": 4, "memory": "790m", "runtime": "PT1M"}],
 "jobs": [{"name": "a", "command": "true", "resource_requirements": "c"}, {"name": "b", "command": "true", "resource_requirements": "c"},
          {"name": "later", "command": "true", "resource_requirements": "d", "depends_on": ["a", "b"]}]}
J
out=$(as_user torc-sbatch --dry-run --json filter.json 2> err | jq -r '.groups[0] | "\(.cpus) \(.options | map(select(startswith("--mem"))) | length)"')
is "$out" "4 0" "where --mem is refused none is sent, and CPUs bring the memory"
is "$(grep -c . err)" 1 "... which is said once"
like "$(cat err)" 'warning: .*Slurm refused: --mem is not allowed here; it is taken without --mem' "... in the site's words"
out=$(as_user timeout 60 torc-sbatch --wait filter.json 2>&1)
is $? 0 "... and jobs run" || diag "$out"
is "$(as_user sqlite3 torc.db "SELECT count(*), sum(arguments LIKE '%--mem%') FROM submission")" "2|0" "... without it, those of later stages too"
like "$(as_user torc-sbatch filter.json -- --mem=900 2>&1)" 'Slurm refused: --mem is not allowed here$' "who says it himself is told"
rm "$SANDBOX_DIR/etc/job_submit.lua"

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where an allocation's CPUs are known, every job has CPUs of its own.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
[ "$(nproc)" -ge 2 ] || skip_all "this machine has one CPU"
cluster_start --nodes 1 --cpus 2 --memory 2048
as_user tee bind.json > /dev/null <<'J'
{"name": "bind", "resource_requirements": [{"name": "one", "num_cpus": 1, "memory": "64m", "runtime": "PT1M"},
                                           {"name": "two", "num_cpus": 2, "memory": "64m", "runtime": "PT1M"}],
 "jobs": [
  {"name": "a", "resource_requirements": "one", "command": "touch a; while [ ! -e b ]; do sleep 0.02; done; taskset -cp $$ > a.cpus"},
  {"name": "b", "resource_requirements": "one", "command": "touch b; while [ ! -e a ]; do sleep 0.02; done; taskset -cp $$ > b.cpus"},
  {"name": "both", "resource_requirements": "two", "depends_on": ["a", "b"], "command": "taskset -cp $$ > both.cpus"}]}
J
as_user torc-sbatch --wait bind.json > log 2>&1
is $? 0 "two jobs side by side, then one on both CPUs" || diag "$(cat log)"
all=$(sed 's/.*: //' both.cpus)
is "$(cat a.cpus b.cpus | sed 's/.*: //' | sort -n | paste -sd ' ')" "$(echo "$all" | tr ',-' '  ')" "each of the two has one CPU, and not the same"
isnt "$all" "" "the last has both: $all"

as_user rm -f ./*.cpus a b torc.db*
sed -i 's/"name": "bind",/"name": "bind", "execution_config": {"mode": "slurm"},/' bind.json
as_user torc-sbatch --wait bind.json > log 2>&1
is $? 0 "the same as Slurm steps" || diag "$(cat log)"
is "$(cat a.cpus b.cpus | sed 's/.*: //' | sort -n | paste -sd ' ') $(sed 's/.*: //' both.cpus)" "$(echo "$all" | tr ',-' '  ') $all" "... on the same CPUs"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The idioms of torc's workflow files on a Slurm of 64 CPUs: those that run anywhere, submitted by torc-sbatch.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 1 --cpus 64 --memory 262144 --gpus 4 --partitions 'standard,short:MaxTime=240,debug:MaxTime=60,gpu:MaxTime=2880'
cp -r "$TORC_TOP/tests/idioms" files && chown -R "$TEST_USER:" files
query() { sqlite3 -readonly -cmd '.timeout 10000' torc.db "$1"; }
jobs() { query "SELECT name, state, coalesce(reason, '') FROM job_status ORDER BY id" | tr '|' ' ' | sed 's/ $//'; }

runs() {
	cd "$TEST_DIR" || bail_out "no folder"
	as_user cp -r files "run.$1"
	cd "run.$1" || bail_out "no folder"
	as_user torc-sbatch --wait "$1" > log 2>&1
	is $? "${ends:-0}" "$1 runs" || diag "$(cat log)"
	is "$(export TORC_DB=$PWD/torc.db PATH=$TORC_BUILD:$PATH; eval "$3" 2>&1)" "$2" "and leaves what it must" || diag "$(cat log)"
}

. "$TORC_TOP/tests/lib/idioms.sh"

# ---- schedulers ----
submitted="SELECT scheduler, partition, walltime_usec / 60000000, cpus, memory_bytes / 1048576 FROM submission ORDER BY id"
runs scheduler-without-cpus.yaml $'20\nshort|short|30|40|81984' 'ls case_*.txt | wc -l; query "$submitted"'
runs scheduler-of-all.json $'100\nstandard|standard|120|50|102464' 'ls work_*.txt | wc -l; query "$submitted"'
runs schedulers-and-defaults.json5 $'16\ncpu|short|240|64|245760\ngpu|gpu|1440|8|32832' 'cat trained.txt; query "$submitted"'
# ---- actions: with programs that leave a word in the folder
cd "$TEST_DIR" || bail_out "no folder"
for program in prepare train merge stage-in stage-out; do
	printf '#!/bin/sh\necho "%s $*" >> done.txt\n' $program > files/$program
	chmod +x files/$program
done
runs actions-per-stage.yaml $'complete\n8 8 1\n2 cpu 2,3 gpu 1\n3,3,3,3,3' 'cat logs/end; grep -c prepare done.txt | tr "\n" " "; grep -c train done.txt |
	tr "\n" " "; grep -c merge done.txt; query "SELECT group_concat(x) FROM (SELECT action || char(32) || scheduler || char(32) || allocations AS x
	FROM submission WHERE action IS NOT NULL ORDER BY action)"; query "SELECT group_concat(state) FROM (SELECT state FROM action WHERE NOT each_runner ORDER BY position)"'
done_testing

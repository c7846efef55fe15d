#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The idioms in which workflows for NREL's torc (0.12 and 1.0) are written, a file each in tests/idioms: every file validates
# and plans; those that need nothing but this machine also run, and leave behind what they must.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

idioms=$(cd "${TORC_SOURCE:-$TORC_BUILD/..}/tests/idioms" && pwd)
export TORC_SLURM_QUERY=/bin/false
checked=

# plans FILE: it validates and plans; what is not there yet may be a warning
plans() {
	local jobs
	checked+=" $1"
	rm -rf "$TEST_DIR/run"
	cp -r "$idioms" "$TEST_DIR/run"
	cd "$TEST_DIR/run" || bail_out "no folder"
	rc=0 && torc validate "$1" > checked.log 2>&1 || rc=$?
	is $rc 0 "$1 validates" || diag "$(cat checked.log)"
	jobs=$(sed -n 's/.*: valid, \([0-9]* job\).*/\1/p' checked.log)
	rc=0 && torc plan "$1" > plan.log 2>&1 || rc=$?
	is "$rc ${jobs:-none}" "0 $(sed -n 's/^Plan for .*: \([0-9]* job\).*/\1/p' plan.log)" "and is planned with as many jobs" || diag "$(cat plan.log)"
}

# runs FILE WANT COMMAND: it also validates without a warning, and runs; WANT is what COMMAND then prints
runs() {
	plans "$1"
	is "$(grep -c . checked.log)" 1 "and has no warning" || diag "$(cat checked.log)"
	run --db run.db "${options[@]}" "$1"
	is $rc "${ends:-0}" "$1 runs" || diag "$(cat log)"
	is "$(TORC_DB=$PWD/run.db; eval "$3" 2>&1)" "$2" "and leaves what it must" || diag "$(cat log)"
}

. "$idioms/../lib/idioms.sh"

# ---- the order of jobs, where two CPUs are all there is; labels ----
runs priorities.json "high low first second" 'echo $(cat order.txt)'
runs sort-method.yaml "long large short" 'echo $(cat order.txt)'
options=(--label licence,gui)
runs labels.yaml $'mesh\nmesh' 'cat view_1.txt view_2.txt'
options=()

# ---- what needs a cluster, or a later version ----
for file in scheduler-without-cpus.yaml scheduler-of-all.json schedulers-and-defaults.json5 actions-per-stage.yaml actions-queue.json \
	recovery-return-code.yaml execution-codes.yaml execution-slurm.yaml execution-auto.yaml monitor.yaml \
	dynamic-jobs.json5 ro-crate.yaml many-nodes.yaml gpus.json5; do
	plans "$file"
done

# ---- none is left out ----
is "$(cd "$idioms" && ls | grep -v '^runs\.\|^sites\.txt' | LC_ALL=C sort)" "$(printf '%s\n' $checked | LC_ALL=C sort)" "every file is here"
done_testing

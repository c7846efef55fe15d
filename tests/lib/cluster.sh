# SPDX-License-Identifier: GPL-2.0-or-later
# A private Slurm for one test file, on top of contrib/sandbox.
#
#     . "$(dirname "$0")/../lib/tap.sh"
#     . "$(dirname "$0")/../lib/cluster.sh"
#     cluster_start --nodes 2 --cpus 8         # options of `contrib/sandbox start`
#     is "$(as_user srun -N2 hostname | wc -l)" 2 "two nodes"
#     done_testing                             # an EXIT trap stops the sandbox and removes TEST_DIR
#
# Given to the test:
#   $TORC_TOP      the source tree            $TORC_BUILD     the build tree, whose programs are on as_user's PATH
#   $TEST_DIR      an empty folder of the ordinary user, and the current folder after cluster_start
#   $SANDBOX_DIR   the sandbox's folder       $SLURM_CONF     exported, so that root's sinfo and scontrol work too
#   $NODE1 $NODE2  … names of the nodes       $TEST_USER      the ordinary user's name
#   as_user COMMAND...                        runs it as that user in the current folder; its output and exit code,
#                                             124 after TEST_COMMAND_SECS (300), see timed in tests/lib/tap.sh
#   sandbox COMMAND...                        contrib/sandbox for this sandbox: sandbox kill-node 1
#   cluster_again OPTION...                   a Slurm of another kind in its place, as for cluster_start; no database is left
#   job_state ID                              Slurm's state of a job, empty when it is unknown
#   node_state N|NAME                         sinfo's state of a node: idle, mix, alloc, down, idle*, …
# With TEST_KEEP=1 the sandbox goes on and TEST_DIR stays, to look around; `contrib/sandbox stop` ends it.
# A test that wants a cleanup of its own defines on_exit; it runs before the sandbox is stopped.

TORC_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ -z "${TORC_BUILD:-}" ]; then
	TORC_BUILD=${abs_top_builddir:-${TORC_BUILD_DIR:-$TORC_TOP/build}}
	[ -d "$TORC_BUILD" ] || TORC_BUILD=$TORC_TOP
fi
export TORC_BUILD TORC_BUILD_DIR=$TORC_BUILD
: "${TEST_COMMAND_SECS:=300}"

cluster_start() {
	local p out i
	[ "$(id -u)" = 0 ] || skip_all "a private Slurm needs root"
	for p in munged slurmctld slurmd sinfo; do
		command -v $p >/dev/null || skip_all "$p is not installed"
	done
	setpriv --reuid 65534 --regid 65534 --clear-groups test -r "$TORC_BUILD/torc-run" ||
		bail_out "an ordinary user must be able to read $TORC_BUILD: build elsewhere, or use contrib/check"
	TEST_DIR=$(mktemp -d /tmp/torc-test.XXXXXX)
	SANDBOX_DIR=$TEST_DIR.slurm
	trap 'exit 130' INT TERM HUP
	trap cluster_stop EXIT
	out=$(timed "$TORC_TOP/contrib/sandbox" start --dir "$SANDBOX_DIR" "$@" 2>&1) || bail_out "the sandbox does not start: $out"
	diag "$out"
	export SLURM_CONF=$SANDBOX_DIR/etc/slurm.conf
	i=1
	for p in $(sinfo -h -N -o %N | sort -uV); do declare -g "NODE$i=$p"; i=$((i + 1)); done
	TEST_USER=$(sandbox exec -- id -un 2>/dev/null) || bail_out "no command runs in the sandbox"
	chown "$TEST_USER:" "$TEST_DIR" && chmod 755 "$TEST_DIR" && cd "$TEST_DIR" || bail_out "cannot use $TEST_DIR"
}

cluster_again() {
	local out
	sandbox stop >/dev/null
	rm -rf torc.db* torc_output
	out=$(sandbox start "$@" 2>&1) || bail_out "the sandbox does not start: $out"
	diag "$out"
}

cluster_stop() {
	local rc=$?
	trap '' INT TERM HUP
	trap - EXIT
	! declare -F on_exit >/dev/null || on_exit
	cd / || exit 1
	if [ "${TEST_KEEP:-0}" = 1 ]; then
		diag "kept: folder $TEST_DIR, sandbox $SANDBOX_DIR; export SLURM_CONF=$SANDBOX_DIR/etc/slurm.conf"
		exit $rc
	fi
	timed "$TORC_TOP/contrib/sandbox" stop --dir "$SANDBOX_DIR" >/dev/null || rc=1
	rm -rf "$TEST_DIR"
	exit $rc
}

sandbox() { timed "$TORC_TOP/contrib/sandbox" "$1" --dir "$SANDBOX_DIR" "${@:2}"; }
# Not as root: the files that it makes beside a database are root's for a moment, in which no program of the user's can open it.
sqlite3() { runuser -u "$TEST_USER" -- sqlite3 "$@"; }
as_user() { timed "$TORC_TOP/contrib/sandbox" exec --dir "$SANDBOX_DIR" -- "$@"; }
job_state() { squeue -h -t all -o %T -j "$1" 2>/dev/null | head -n 1; }
node_state() { local n="NODE$1"; [[ $1 == [0-9]* ]] && set -- "${!n}"; sinfo -h -N -n "$1" -o %t | head -n 1; }

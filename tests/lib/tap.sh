# SPDX-License-Identifier: GPL-2.0-or-later
# TAP (the Test Anything Protocol) for tests in bash.
#
#     . "$(dirname "$0")/../lib/tap.sh"
#     plan 3                                   # or done_testing at the end
#     ok "the file is there" [ -f x ]          # runs the command; its output is shown when it fails
#     is "$got" "$want" "the sum"
#     like "$text" 'regex' "the message"       # extended regular expression, bash's =~
#     wait_until 10 'job_state 1 COMPLETED' || diag "still $(job_state)"
#     timed torc wait 1                        # runs it, not for ever
#     await $pid                               # waits for a job of this shell, not for ever
#     done_testing                             # prints the plan if there was none, and exits 0 or 1
#
# Assertions return 0 or 1 and never end the test. There are no sleeps in tests: wait_until SECS CONDITION; and nothing is
# waited for without a deadline: a bare `wait`, or a program that may hang, hides from everybody which of them it was.
# skip and skip_all are for what this machine cannot do; with TEST_STRICT=1 they are failures.

TAP_COUNT=0 TAP_FAILED=0 TAP_PLAN=

plan() { TAP_PLAN=$1; echo "1..$1"; }
diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

tap_result() { # STATUS DESCRIPTION
	TAP_COUNT=$((TAP_COUNT + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TAP_COUNT - $2"
	else
		TAP_FAILED=$((TAP_FAILED + 1))
		echo "not ok $TAP_COUNT - $2"
	fi
	return "$1"
}

pass() { tap_result 0 "$1"; }
fail() { tap_result 1 "$1"; }

ok() { # DESCRIPTION COMMAND...
	local out rc=0
	out=$("${@:2}" 2>&1) || rc=$?
	tap_result $((rc != 0)) "$1" || { diag "exit code $rc of: ${*:2}"; [ -z "$out" ] || diag "$out"; false; }
}

nok() { # DESCRIPTION COMMAND...: the command must fail
	local out rc=0
	out=$("${@:2}" 2>&1) || rc=$?
	tap_result $((rc == 0)) "$1" || { diag "did not fail: ${*:2}"; [ -z "$out" ] || diag "$out"; false; }
}

is() { # GOT WANT DESCRIPTION
	[ "$1" = "$2" ]
	tap_result $? "$3" || { diag "got:  $1"; diag "want: $2"; false; }
}

isnt() { # GOT UNWANTED DESCRIPTION
	[ "$1" != "$2" ]
	tap_result $? "$3" || { diag "got what it must not be: $1"; false; }
}

like() { # TEXT REGEX DESCRIPTION
	[[ $1 =~ $2 ]]
	tap_result $? "$3" || { diag "text:  $1"; diag "regex: $2"; false; }
}

unlike() { # TEXT REGEX DESCRIPTION
	! [[ $1 =~ $2 ]]
	tap_result $? "$3" || { diag "text:  $1"; diag "must not match: $2"; false; }
}

# wait_until SECS CONDITION...: evaluates the condition until it holds; 1 when SECS (times TEST_SLOW, on an emulated machine)
# have passed. No TAP line.
wait_until() {
	local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * ${TEST_SLOW:-1} * 1000000))
	shift
	until eval "$*" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$deadline" ] || return 1
		sleep 0.03
	done
}

# timed COMMAND...: runs a program; what takes longer than TEST_COMMAND_SECS (120, times TEST_SLOW) is ended, said so of on
# standard error, and gives 124.
timed() {
	local rc=0 start=$SECONDS secs=$((${TEST_COMMAND_SECS:-120} * ${TEST_SLOW:-1}))
	timeout --foreground -k 10 $secs "$@" || rc=$?
	[ $rc != 137 ] || [ $((SECONDS - start)) -lt $secs ] || rc=124 # it did not mind TERM
	[ $rc != 124 ] || echo "# TIMED OUT after $secs s: $*" >&2
	return $rc
}

# await PID: waits for a process that this shell has started; its exit code, or 124 as above, told of in the TAP output.
await() {
	local secs=${TEST_COMMAND_SECS:-120} command
	wait_until "$secs" "! kill -0 $1" && { wait "$1"; return; }
	command=$(tr '\0' ' ' < "/proc/$1/cmdline")
	diag "TIMED OUT after $((secs * ${TEST_SLOW:-1})) s of waiting for process $1: $command"
	kill -TERM "$1"
	wait_until 10 "! kill -0 $1" || kill -KILL "$1"
	wait "$1"
	return 124
}

skip() { # WHY [N]: N assertions that cannot be made here
	local i
	for ((i = 0; i < ${2:-1}; i++)); do
		TAP_COUNT=$((TAP_COUNT + 1))
		if [ "${TEST_STRICT:-0}" = 1 ]; then
			TAP_FAILED=$((TAP_FAILED + 1))
			echo "not ok $TAP_COUNT - skipped, and TEST_STRICT=1: $1"
		else
			echo "ok $TAP_COUNT # SKIP $1"
		fi
	done
}

skip_all() { # WHY: ends the test file
	if [ "${TEST_STRICT:-0}" = 1 ]; then
		echo "1..1"
		echo "not ok 1 - skipped, and TEST_STRICT=1: $1"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

bail_out() { echo "Bail out! $*"; exit 255; }

done_testing() {
	[ -n "$TAP_PLAN" ] || echo "1..$TAP_COUNT"
	if [ "${TAP_PLAN:-$TAP_COUNT}" != "$TAP_COUNT" ]; then
		diag "planned $TAP_PLAN tests, ran $TAP_COUNT"
		exit 1
	fi
	[ "$TAP_FAILED" = 0 ] && [ "$TAP_COUNT" -gt 0 ]
	exit
}

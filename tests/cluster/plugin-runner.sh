# SPDX-License-Identifier: GPL-2.0-or-later
# A stand-in for the runner, for batch scripts of plugin.t: puts jobs into the cgroup that the plugin delegated.
#
#     . plugin-runner.sh
#     pack NAME MIB COMMAND...    starts COMMAND in a cgroup of its own with that limit; its pid is in $!
#     report NAME                 waits for it and prints "NAME STATUS PEAK_BYTES CPU_USEC OOM_KILLS"

member() { # CONTROLLER, or '' for cgroup v2
	awk -F: -v c="$1" '
		c == "" && $1 == 0 { print $3 }
		c != "" { n = split($2, list, ","); for (i = 1; i <= n; i++) if (list[i] == c) print $3 }' /proc/self/cgroup
}

kind=2 base=$(member '') cpu=
case $base in
*/user/task_*) base=/sys/fs/cgroup${base%/*}/torc_${base##*_} ;;
*) kind=1 base=/sys/fs/cgroup/memory$(member memory) cpu=/sys/fs/cgroup/cpuacct$(member cpuacct) ;;
esac
declare -A pids
echo "cgroup v$kind, delegated $([ -w "$base/cgroup.procs" ] && echo yes || echo no), base $base"

pack() {
	local name=$1 bytes=$(($2 << 20))
	shift 2
	mkdir "$base/$name"
	if [ $kind = 2 ]; then
		echo $bytes > "$base/$name/memory.max"
	else
		mkdir "$cpu/$name"
		echo $bytes > "$base/$name/memory.limit_in_bytes"
	fi
	(
		echo $BASHPID > "$base/$name/cgroup.procs"
		[ $kind = 2 ] || echo $BASHPID > "$cpu/$name/cgroup.procs"
		exec "$@"
	) &
	pids[$name]=$!
}

report() {
	local name=$1 status=0
	wait "${pids[$name]}" 2>/dev/null || status=$?
	if [ $kind = 2 ]; then
		echo "$name $status $(cat "$base/$name/memory.peak") $(awk '/^usage_usec/ { print $2 }' "$base/$name/cpu.stat")" \
			"$(awk '/^oom_kill / { print $2 }' "$base/$name/memory.events")"
	else
		echo "$name $status $(cat "$base/$name/memory.max_usage_in_bytes") $(($(cat "$cpu/$name/cpuacct.usage") / 1000))" \
			"$(awk '/^oom_kill / { print $2 }' "$base/$name/memory.oom_control")"
	fi
}

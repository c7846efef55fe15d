# SPDX-License-Identifier: GPL-2.0-or-later
# What a sandbox is: its folder, its tag, its entry in the registry, and which processes and cgroups are its own.
# Sourced by contrib/sandbox.
#
# A sandbox is a folder D and a tag. The registry entry $REGISTRY/TAG holds the path of D and the ports it took; it is
# written before anything is made or started, so that `stop` finds whatever is left of a start that died. All that is
# started carries TORC_SANDBOX=D in its environment, and nodes are named TAGn1, TAGn2, ...: a process is proved to be
# ours by that variable, by slurmd's own variable with the name of one of our nodes, or by the cgroup of such a node.

REGISTRY=${TORC_SANDBOX_REGISTRY:-/run/torc-sandbox} # another one: for tests

fail() { printf 'sandbox: %s\n' "$*" >&2; exit 1; }
usage_error() { printf "sandbox: %s; see 'sandbox --help'\n" "$*" >&2; exit 2; }
say() { printf 'sandbox: %s\n' "$*"; }

need_root() {
	[ "$(id -u)" = 0 ] || fail "$1 must run as root: daemons change to the users of jobs, and make cgroups"
}

# wait_for SECS COMMAND...: until the command succeeds; 1 when SECS have passed
wait_for() {
	local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$deadline" ] || return 1
		sleep 0.02
	done
}

# ---- registry

# Changes to the registry are ordered by a lock on /run itself: a lock file of ours would have to be left behind.
with_lock() { (flock 9 && "$@" 9>&-) 9</run; }

listening_ports() {
	local sl address remote state rest
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r sl address remote state rest; do
		[ "$state" != 0A ] || printf '%d ' "0x${address##*:}"
	done
}

# The script itself, not a subshell that goes on when it was killed
script_lives() {
	local stat
	stat=$(cat /proc/$$/stat 2>/dev/null) && [[ $stat != *') Z '* ]]
}

# registry_add N [DIR]: takes a tag and N ports, writes the entry, prints the tag.
# The ports are below those that the kernel hands out by itself.
registry_add() {
	local tag=sb used port ports=() i
	mkdir -p -m 755 "$REGISTRY"
	for i in 1 2 3 4 5; do tag+=$(printf '%b' "\\x$(printf %x $((97 + RANDOM % 26)))"); done
	used=" $(listening_ports) $(sed -n 's/^ports=//p' "$REGISTRY"/* 2>/dev/null | tr '\n' ' ') "
	port=$((20000 + RANDOM % 8000))
	while [ ${#ports[@]} -lt "$1" ]; do
		[[ $used == *" $port "* ]] || ports+=("$port")
		port=$((port + 1))
	done
	script_lives || return 1
	printf 'dir=%s\nports=%s\n' "${2:-/tmp/torc-sandbox.$tag}" "${ports[*]}" > "$REGISTRY/$tag"
	echo "$tag"
}

registry_remove() {
	rm -f "$REGISTRY/$1"
	rmdir "$REGISTRY" 2>/dev/null || true
}

registry_get() { sed -n "s/^$2=//p" "$REGISTRY/$1"; } # TAG KEY
registry_tags() { ls -t "$REGISTRY" 2>/dev/null || true; } # newest first

# sandbox_find [DIR]: sets D and TAG to the sandbox in DIR, else to the only one; 1 when there is none. Of several none is
# taken: they may be somebody else's. After a reboot the registry is empty, but the mark in the folder still says what it was.
sandbox_find() {
	local tag tags=() dirs=''
	for tag in $(registry_tags); do
		D=$(registry_get "$tag" dir) TAG=$tag
		[ "$D" != "$1" ] || return 0
		tags+=("$tag") dirs+=" $D"
	done
	if [ -z "$1" ]; then
		[ ${#tags[@]} -le 1 ] || usage_error "several sandboxes are there, say which with --dir:$dirs"
		[ ${#tags[@]} = 1 ] && return
	fi
	D=$1 TAG=
	[ -n "$D" ] && [ -f "$D/.torc-sandbox" ] && TAG=$(cat "$D/.torc-sandbox") && [[ $TAG == sb[a-z]* ]]
}

sandbox_any() { # the newest of them, whosever it is
	TAG=$(registry_tags | head -n 1)
	[ -n "$TAG" ] && D=$(registry_get "$TAG" dir)
}

node_name() { case $1 in "$TAG"n*) echo "$1" ;; *) echo "${TAG}n$1" ;; esac; }

# ---- processes

# cgroup_dirs NODE|GLOB: the directories that Slurm made for a node, in every hierarchy
cgroup_dirs() {
	local d
	for d in /sys/fs/cgroup/*/slurm_$1 /sys/fs/cgroup/*/$1_slurmstepd.scope; do
		[ -d "$d" ] && [ ! -L "${d%/*}" ] && echo "$d"
	done
	return 0
}

# Slurm's own processes that wrote their title over their environment keep its end, with SLURM_CONF; which node a
# slurmstepd is of, its log tells. The user's own programs may have SLURM_CONF too: that alone proves nothing.
slurm_pids() { # [NODE]
	local f
	for f in $(grep -lzxF -e "SLURM_CONF=$D/etc/slurm.conf" /proc/[0-9]*/environ); do
		f=${f%/environ}
		[[ $(cat "$f/comm") == slurm* ]] || continue
		[ -z "${1:-}" ] || [ -n "$(find "$f/fd" -lname "$D/log/slurmd.$1.log" -print -quit)" ] || continue
		echo "${f#/proc/}"
	done
}

# Pids of the sandbox, or with an argument of that node. Never this script or whoever called it.
own_pids() {
	local pid=$$ skip=' ' dirs env=(-e "TORC_SANDBOX=$D" -e "SLURMD_NODENAME=${TAG}n[0-9]*")
	while [ "${pid:-0}" -gt 1 ]; do
		skip+="$pid "
		pid=$(sed 's/.*) [A-Z] \([0-9]*\) .*/\1/' "/proc/$pid/stat" 2>/dev/null)
	done
	[ -z "${1:-}" ] || env=(-e "SLURMD_NODENAME=$1")
	dirs=$(cgroup_dirs "${1:-${TAG}n[0-9]*}")
	{
		grep -lzx "${env[@]}" /proc/[0-9]*/environ | cut -d/ -f3
		slurm_pids "$@"
		[ -z "$dirs" ] || find $dirs -name cgroup.procs -exec cat {} +
	} 2>/dev/null | sort -un | while read -r pid; do
		[[ $skip == *" $pid "* ]] || echo "$pid"
	done
}

# freezer FROZEN|THAWED [NODE]: all dies at once, none outlives another and acts on its end. A frozen process dies only when
# thawed (v1); v2 kills it frozen.
freezer() {
	local f dirs
	dirs=$(cgroup_dirs "${2:-${TAG}n[0-9]*}")
	for f in $(find $dirs /dev/null -name freezer.state 2>/dev/null | sort -r); do
		echo "$1" > "$f"
	done 2>/dev/null
	[ "$1" = THAWED ] || for f in $dirs; do
		echo 1 > "$f/cgroup.freeze"
	done 2>/dev/null
}

none_left() {
	local pids
	pids=$(own_pids "$@")
	[ -n "$pids" ] || return 0
	freezer FROZEN "$@"
	kill -9 $pids 2>/dev/null
	freezer THAWED "$@"
	return 1
}

kill_own() {
	wait_for 30 none_left "$@" || none_left "$@" || fail "these processes do not die: $(own_pids "$@" | tr '\n' ' ')"
}

cgroups_gone() {
	local dirs
	dirs=$(cgroup_dirs "${1:-${TAG}n[0-9]*}")
	[ -n "$dirs" ] || return 0
	find $dirs -depth -type d -exec rmdir {} + 2>/dev/null
	return 1
}

remove_cgroups() {
	wait_for 10 cgroups_gone "$@" || fail "these cgroups cannot be removed: $(cgroup_dirs "${1:-${TAG}n[0-9]*}" | tr '\n' ' ')"
}

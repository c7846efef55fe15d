# SPDX-License-Identifier: GPL-2.0-or-later
# A cgroup of one's own in every hierarchy that there is, v1 or v2, which a cgroup namespace then shows as the top, so that all
# that is made there can be found and removed. Where cgroups cannot be made, all of this does nothing. Sourced by in-debian.

# The tops of the hierarchies of v1, or of v2 where that is the only one.
own_cgroup_tops() {
	local dir
	if [ "$(stat -f -c %T /sys/fs/cgroup 2> /dev/null)" = cgroup2fs ]; then
		echo /sys/fs/cgroup
		return
	fi
	for dir in /sys/fs/cgroup/*; do
		[ -L "$dir" ] || case ${dir##*/} in systemd | unified) ;; *) [ ! -e "$dir/cgroup.procs" ] || echo "$dir" ;; esac
	done
}

own_cgroup_make() { # NAME
	local top file controller
	for top in $(own_cgroup_tops); do
		mkdir "$top/$1" 2> /dev/null || continue
		for controller in cpuset cpu io memory pids; do
			[ ! -e "$top/cgroup.subtree_control" ] || echo "+$controller" > "$top/cgroup.subtree_control"
		done 2> /dev/null || true
		for file in cpuset.cpus cpuset.mems; do # v1's begin empty
			[ "$top" = /sys/fs/cgroup ] || [ ! -e "$top/$1/$file" ] || cat "$top/$file" > "$top/$1/$file"
		done
	done
}

own_cgroup_enter() { # NAME
	local top
	for top in $(own_cgroup_tops); do
		[ ! -d "$top/$1" ] || echo "$BASHPID" > "$top/$1/cgroup.procs"
	done
}

# v2 passes no controllers down from a cgroup that has processes: once it is the top of the namespace, this one goes below it.
own_cgroup_leave_top() { # NAME
	[ "$(own_cgroup_tops)" = /sys/fs/cgroup ] && [ -d "/sys/fs/cgroup/$1" ] || return 0
	mkdir "/sys/fs/cgroup/$1/init"
	echo $$ > "/sys/fs/cgroup/$1/init/cgroup.procs"
}

# Mounts at TO what a cgroup namespace shows, and as the host has it: a folder a hierarchy, or v2 alone.
own_cgroup_mount() { # TO
	local top link
	if [ "$(own_cgroup_tops)" = /sys/fs/cgroup ]; then
		umount --recursive --lazy /sys/fs/cgroup # Slurm 24.11 ends itself when process 1 also sees the one from outside
		mount -t cgroup2 cgroup2 "$1" || true
		return
	fi
	mount -t tmpfs -o mode=755 tmpfs "$1"
	for top in $(own_cgroup_tops); do
		mkdir "$1/${top##*/}"
		mount -t cgroup -o "${top##*/}" cgroup "$1/${top##*/}" || rmdir "$1/${top##*/}"
	done
	for link in /sys/fs/cgroup/*; do # cpu is a link to cpu,cpuacct
		[ ! -L "$link" ] || cp -P "$link" "$1/"
	done
}

# Kills all that is in it and removes it, within 20 s.
own_cgroup_remove() { # NAME
	local dirs pids round
	for round in {1..200}; do
		dirs=$(for top in $(own_cgroup_tops); do [ ! -d "$top/$1" ] || echo "$top/$1"; done)
		[ -n "$dirs" ] || return 0
		find $dirs -name freezer.state -exec sh -c 'echo THAWED > "$1"' sh {} \; 2> /dev/null # frozen ones do not die
		pids=$(find $dirs -name cgroup.procs -exec cat {} + 2> /dev/null | sort -un)
		[ -z "$pids" ] || kill -9 $pids 2> /dev/null || true
		find $dirs -depth -type d -exec rmdir {} \; 2> /dev/null
		sleep 0.1
	done
	return 1
}

# SPDX-License-Identifier: GPL-2.0-or-later
# The configuration files of a sandbox, from its options and from what the machine can do. Sourced by contrib/sandbox.

# Prints v2, v1 or none: which cgroups slurmd can use here. On a hybrid host the controllers are in the v1 hierarchies.
cgroup_kind() {
	local c
	if [ "$(stat -f -c %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ]; then
		[ -w /sys/fs/cgroup/cgroup.procs ] && { echo v2; return; }
	else
		for c in freezer memory cpuset cpuacct; do
			[ -w "/sys/fs/cgroup/$c/cgroup.procs" ] || { echo none; return; }
		done
		echo v1; return
	fi
	echo none
}

# Where no systemd runs, nobody has made Slurm's slice or passed controllers down, and 22.05 makes only its scope.
prepare_cgroup2() {
	local top=/sys/fs/cgroup d c
	[ ! -d /run/systemd/system ] || return 0
	mkdir -p $top/system.slice
	for d in $top $top/system.slice; do
		for c in cpuset cpu io memory pids; do
			echo +$c > $d/cgroup.subtree_control
		done 2>/dev/null
	done
}

# Slurm resolves even 127.0.0.1 with AI_ADDRCONFIG, which glibc refuses while that is the only address there is.
prepare_loopback() {
	command -v ip >/dev/null || return 0
	ip link set lo up 2>/dev/null
	if ! ip -4 -o addr | grep -v ' 127\.0\.0\.1/' | grep -q inet; then
		ip addr add 10.255.0.1/32 dev lo && say "gave the loopback device the address 10.255.0.1, this machine had none"
	fi
}

# partition_lines SPEC: 'short:MaxTime=10,Nodes=1-2,long' -> one PartitionName line each. An item NAME or NAME:KEY=VALUE
# begins a partition, an item KEY=VALUE belongs to the one before. Nodes are numbers, joined by '+'.
partition_lines() {
	local item name='' key value line='' default='' items
	[[ ${1,,} == *default=yes* ]] || default=' Default=YES'
	IFS=, read -ra items <<< "$1"
	for item in "${items[@]}"; do
		if [[ $item =~ ^([A-Za-z][A-Za-z0-9_-]*)(:(.*))?$ ]]; then
			[ -z "$name" ] || { partition_line; default=; }
			name=${BASH_REMATCH[1]} item=${BASH_REMATCH[3]} line=
			[ -n "$item" ] || continue
		fi
		[[ -n $name && $item == [A-Za-z]*=?* ]] || usage_error "--partitions: '$item' is not NAME or KEY=VALUE"
		key=${item%%=*} value=${item#*=}
		[[ $key != Nodes || $value == ALL ]] || value="${TAG}n[${value//+/,}]"
		line+=" $key=$value"
	done
	[ -n "$name" ] || usage_error "--partitions: no partition in '$1'"
	partition_line
}

partition_line() {
	[[ $line == *' Nodes='* ]] || line=" Nodes=ALL$line"
	[[ $line == *' MaxTime='* ]] || line+=' MaxTime=1-00:00:00'
	[[ $line == *' State='* ]] || line+=' State=UP'
	echo "PartitionName=$name$line$default"
}

# Loopback only, where it can be: daemons and srun then listen at the address of their host's name alone. With another one
# (127.0.1.1 on a stock Debian) nobody would find them; they listen at all addresses, and the munge key keeps others out.
communication_lines() {
	! getent ahostsv4 "$(hostname)" | grep -q '^127\.0\.0\.1 ' || echo CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
}

# Ports: slurmctld's, one for each node, slurmdbd's.
slurm_conf_defaults() {
	cat <<-C
	ClusterName=$TAG
	SlurmctldHost=$(hostname)(127.0.0.1)
	SlurmctldPort=${PORTS[0]}
	SlurmUser=root
	SlurmdUser=root
	AuthType=auth/munge
	CredType=cred/munge
	AuthInfo=socket=$D/run/munge.sock
	StateSaveLocation=$D/ctld
	SlurmdSpoolDir=$D/spool.%n
	SlurmctldPidFile=$D/run/slurmctld.pid
	SlurmdPidFile=$D/run/slurmd.%n.pid
	SlurmctldLogFile=$D/log/slurmctld.log
	SlurmdLogFile=$D/log/slurmd.%n.log
	SlurmctldDebug=verbose
	SlurmdDebug=verbose
	PlugStackConfig=$D/etc/plugstack.conf
	MpiDefault=none
	MailProg=/bin/true
	ReturnToService=2
	JobRequeue=1
	SlurmdTimeout=5
	SlurmctldTimeout=10
	MessageTimeout=5
	InactiveLimit=0
	KillWait=5
	UnkillableStepTimeout=60
	SlurmdParameters=config_overrides
	SchedulerParameters=batch_sched_delay=0,sched_interval=1
	SelectType=select/cons_tres
	SelectTypeParameters=CR_Core_Memory
	JobAcctGatherFrequency=task=1
	C
	[ "$ACCOUNTING" = yes ] && accounting_lines || echo AccountingStorageType=accounting_storage/none
	communication_lines
	[ "$GPUS" = 0 ] || echo GresTypes=gpu
	if [ "$CGROUP" = none ]; then
		printf '%s\n' ProctrackType=proctrack/linuxproc TaskPlugin=task/none JobAcctGatherType=jobacct_gather/linux
	else
		printf '%s\n' ProctrackType=proctrack/cgroup "TaskPlugin=$(task_plugins)" JobAcctGatherType=jobacct_gather/cgroup
	fi
}

# CPUs that the machine does not have cannot be bound to.
task_plugins() { [ "$CPUS" -gt "$(nproc --all)" ] && echo task/cgroup || echo task/affinity,task/cgroup; }

node_lines() {
	local i cores= own
	[ "$THREADS" = 1 ] || cores=" Sockets=1 CoresPerSocket=$((CPUS / THREADS)) ThreadsPerCore=$THREADS"
	for ((i = 1; i <= NODES; i++)); do
		own=${OTHERS[i]:-$CPUS$cores:$MEMORY}
		echo "NodeName=${TAG}n$i NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=${PORTS[i]} CPUs=${own%:*}" \
			"RealMemory=${own##*:}${GRES:+ Gres=$GRES} State=UNKNOWN"
	done
}

cgroup_conf_defaults() {
	local cores=yes
	[ "$CPUS" -le "$(nproc --all)" ] || cores=no
	case $CGROUP in
	none) [[ $VERSION == 22.* ]] && echo CgroupPlugin=cgroup/v1 || echo CgroupPlugin=disabled; return ;; # 22.05's v1 then does nothing
	v1) printf '%s\n' CgroupPlugin=cgroup/v1 CgroupMountpoint=/sys/fs/cgroup ;;
	v2) echo CgroupPlugin=cgroup/v2; [ -d /run/systemd/system ] || echo IgnoreSystemd=yes ;;
	esac
	printf '%s\n' ConstrainRAMSpace=yes "ConstrainCores=$cores" ConstrainDevices=no
}

# with_own LINE...: stdin without the keys that the LINEs set, then the LINEs
with_own() {
	local line key own=" "
	for line in "$@"; do key=${line%%=*}; own+="${key,,} "; done
	while IFS= read -r line; do
		key=${line%%=*}
		[[ $own == *" ${key,,} "* ]] || printf '%s\n' "$line"
	done
	[ $# = 0 ] || printf '%s\n' "$@"
}

# Devices that read as empty: with a count alone slurmd reports no GPU, and jobs get no GPU numbers.
fake_gpus() {
	local i
	mkdir -p "$D/gpu"
	for ((i = 0; i < GPUS; i++)); do
		mknod -m 666 "$D/gpu/fake$i" c 1 3 2>/dev/null || : > "$D/gpu/fake$i"
		echo "Name=gpu File=$D/gpu/fake$i"
	done
}

write_conf() {
	local e=$D/etc plugin args
	local GRES=
	[ "$GPUS" = 0 ] || GRES=gpu:$GPUS
	: > "$e/gres.conf"
	[ "$GPUS" = 0 ] || fake_gpus > "$e/gres.conf"
	: > "$e/plugstack.conf"
	if [ -n "$PLUGIN" ]; then
		read -r plugin args <<< "$PLUGIN"
		# a copy, so that a build under a running slurmd does not change what is mapped
		install -D -m 644 "$plugin" "$D/plugin/${plugin##*/}" || exit 1
		echo "optional $D/plugin/${plugin##*/}${args:+ $args}" > "$e/plugstack.conf"
	fi
	cgroup_conf_defaults | with_own "${CGROUP_CONF[@]}" > "$e/cgroup.conf"
	local partitions
	partitions=$(partition_lines "$PARTITIONS") || exit $?
	{ slurm_conf_defaults; node_lines; printf '%s\n' "$partitions"; } > "$e/slurm.conf.default"
	with_own "${CONF[@]}" < "$e/slurm.conf.default" > "$e/slurm.conf"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/sandbox on the real thing: two side by side, limits, fake resources, death of nodes, nothing left behind.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
SANDBOX=$TORC_TOP/contrib/sandbox

# What is left of the sandbox in folder $1 whose nodes begin with $2.
leftovers() {
	grep -lzxF -e "TORC_SANDBOX=$1" /proc/[0-9]*/environ 2>/dev/null
	grep -lzF -e "$1/" /proc/[0-9]*/cmdline 2>/dev/null | while read -r f; do
		[[ $(cat "${f%/*}/comm" 2>/dev/null) == slurm* || $(cat "${f%/*}/comm" 2>/dev/null) == munged ]] && echo "$f"
	done
	find /sys/fs/cgroup -maxdepth 3 -name "*$2*" 2>/dev/null
	ls -d "$1" "/run/torc-sandbox/$2" 2>/dev/null
	[ ! -d /run/systemd/system ] || systemctl list-units --all --plain --no-legend "*$2*"
}
tag_of() { cat "$1/.torc-sandbox"; }
# A killed process may stay for a while as a zombie, where nobody reaps it.
alive() { [[ $(ps -o stat= -p "$1") == [!Z]* ]]; }
usage_of() { "$SANDBOX" "$@" >/dev/null 2>&1; echo $?; }

cluster_start --nodes 2 --cpus 8 --memory 2000 --gpus 2 --conf SlurmdTimeout=3 \
	--partitions 'short:MaxTime=10,long:MaxTime=2:00:00,Nodes=2'
TAG1=$(tag_of "$SANDBOX_DIR")
OTHER=$TEST_DIR.other
on_exit() { "$SANDBOX" stop --dir "$OTHER" >/dev/null; }

# ---- side by side
ok "a second sandbox starts beside the first" "$SANDBOX" start --dir "$OTHER" --nodes 2 --cpus 8 --memory 1000
TAG2=$(tag_of "$OTHER")
isnt "$TAG2" "$TAG1" "their nodes have other names"
ok "status of the first" sandbox status
is "$(as_user srun -N2 -n2 bash -c 'echo $(id -un) $SLURMD_NODENAME' | sort | tr '\n' ' ')" \
	"$TEST_USER $NODE1 $TEST_USER $NODE2 " "both nodes of the first run steps of an ordinary user"
is "$("$SANDBOX" exec --dir "$OTHER" -- srun -N2 -n2 bash -c 'echo $(id -un) $SLURMD_NODENAME' | sort | tr '\n' ' ')" \
	"$TEST_USER ${TAG2}n1 $TEST_USER ${TAG2}n2 " "both nodes of the second too"
is "$(sinfo -h -N -n "$NODE1" -p short -o '%c %m %G')" "8 2000 gpu:2" "nodes have the CPUs, memory and GPUs asked for"
is "$(sinfo -h -o '%P %l %D')" "short* 10:00 2
long 2:00:00 1" "partitions are as asked for"
like "$(scontrol show config)" "SlurmdTimeout += 3 sec" "--conf takes the place of a default"

# ---- exec
cd / && is "$(as_user pwd)" / "exec keeps the folder" && cd "$TEST_DIR" || exit 1
as_user bash -c 'exit 7'
is $? 7 "exec keeps the exit code"
is "$(echo text | as_user cat)" text "exec passes stdin on"
is "$(SLURM_JOB_ID=5 TORC_X=1 as_user bash -c 'echo "${SLURM_JOB_ID-none} $TORC_X $SLURM_CONF"')" \
	"none 1 $SANDBOX_DIR/etc/slurm.conf" "exec drops foreign SLURM variables and keeps TORC's"
is "$(as_user bash -c 'touch "$HOME/x" && stat -c %U "$HOME/x"')" "$TEST_USER" "the user has a home"
mkdir -m 700 closed
is "$(cd closed && as_user true 2>&1 | cut -d, -f1)" "sandbox: $TEST_USER cannot enter this folder" "a closed folder is named"

# ---- cgroups and fake GPUs
cat > job.sh <<'J'
#!/bin/bash
cg=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
if [ -n "$cg" ]; then
	cat /sys/fs/cgroup/memory/${cg%/task_*}/memory.limit_in_bytes
	mkdir /sys/fs/cgroup/memory/$cg/mine && echo 33554432 > /sys/fs/cgroup/memory/$cg/mine/memory.limit_in_bytes &&
		cat /sys/fs/cgroup/memory/$cg/mine/memory.limit_in_bytes && rmdir /sys/fs/cgroup/memory/$cg/mine
else
	cat /sys/fs/cgroup/$(sed -n 's/^0:://; s,/step_.*,,p' /proc/self/cgroup)/memory.max
fi
J
job=$(as_user sbatch --parsable --mem=100 -o job.out job.sh)
wait_until 20 '[ "$(job_state $job)" = COMPLETED ]' || diag "job $job is $(job_state "$job"): $(cat job.out)"
is "$(sed -n 1p job.out)" $((100 << 20)) "the memory limit of a job is in force"
if [ -d /sys/fs/cgroup/memory ] && [[ $(slurmd -V) == *" 22."* ]]; then
	is "$(sed -n 2p job.out)" $((32 << 20)) "v1: a job's user makes a cgroup with a limit below her task"
	as_user srun -n1 --mem=50 bash -c 'head -c 80M /dev/zero | tail -c 80M >/dev/null' 2>step.err
	isnt $? 0 "a step above its memory is killed"
fi
is "$(as_user srun -n1 --gres=gpu:1 bash -c 'echo $SLURM_GPUS_ON_NODE $SLURM_STEP_GPUS')" "1 0" "a fake GPU is allocated"
nok "more GPUs than a node has are refused" as_user srun -n1 --gres=gpu:3 true

# ---- death of a node
long=$(as_user sbatch --parsable --no-requeue -w "$NODE2" -p long --mem=100 -o long.out --wrap 'setsid sleep 600 & echo $!; sleep 600')
wait_until 20 '[ -s long.out ]' || diag "the job is $(job_state "$long")"
ok "a task of the job runs" alive "$(cat long.out)"
ok "kill-node" sandbox kill-node 2
nok "kills what runs there" alive "$(cat long.out)"
ok "the node is down" wait_until 30 '[[ $(node_state 2) == down* ]]'
is "$(job_state "$long")" NODE_FAIL "its job ended with it"
is "$(node_state 1)" idle "the other node is idle"
ok "start-node brings it back" sandbox start-node 2
is "$(node_state 2)" idle "it is idle again"
pid=$(cat "$SANDBOX_DIR/run/slurmd.$NODE1.pid")
hold=$(as_user sbatch --parsable -w "$NODE1" --mem=100 -o hold.out --wrap 'echo $$; exec sleep 600')
wait_until 20 '[ -s hold.out ]' || diag "the job is $(job_state "$hold")"
sandbox kill-node "$NODE1" --daemon-only
nok "kill-node --daemon-only kills slurmd" alive "$pid"
ok "and no job" alive "$(cat hold.out)"
ok "start-node takes the job up" sandbox start-node 1
is "$(job_state "$hold")" RUNNING "it still runs"
is "$(usage_of kill-node --dir "$SANDBOX_DIR" 9) $(usage_of nonsense) $(usage_of start --gpus x) $(usage_of start --cpus 8 --threads 3)" "1 2 2 2" "errors have exit codes"

# ---- stop
as_user sleep 600 &
sleeping=$!
ok "stop kills a running job and all else" sandbox stop
is "$(leftovers "$SANDBOX_DIR" "$TAG1")" "" "stop leaves nothing"
await $sleeping
ok "a second stop is no error" sandbox stop
ok "the other sandbox lives on" "$SANDBOX" status --dir "$OTHER"
pkill -9 -f "slurm(d|ctld) .*$OTHER/etc/slurm.conf"
ok "a dead sandbox can be stopped" "$SANDBOX" stop --dir "$OTHER"
is "$(leftovers "$OTHER" "$TAG2")" "" "and leaves nothing"

# ---- whatever /etc/hosts says of this host: a loopback address as on a stock Debian, or one of no use
with_hosts() { timeout 60 unshare -m bash -c 'mount --bind hosts /etc/hosts && exec "$@"' bash "$SANDBOX" "$@"; }
for address in 127.0.1.1 10.255.7.7; do
	printf '127.0.0.1 localhost\n%s %s\n' $address "$(hostname)" > hosts
	ok "starts where this host's name is $address" with_hosts start --dir "$OTHER"
	is "$(with_hosts exec --dir "$OTHER" -- srun id -un)" "$TEST_USER" "and runs steps"
	"$SANDBOX" stop --dir "$OTHER" > /dev/null
done

# ---- a start that dies in the middle: with a sinfo that answers nothing it waits for ever
mkdir fake && printf '#!/bin/sh\nexit 1\n' > fake/sinfo && chmod 755 fake/sinfo
for signal in KILL TERM; do
	PATH=$PWD/fake:$PATH "$SANDBOX" start --dir "$OTHER" >start.out 2>&1 &
	start=$!
	wait_until 20 'pgrep -f "slurmd .*$OTHER/etc/slurm.conf"' || diag "no slurmd was started"
	TAG2=$(tag_of "$OTHER")
	kill -$signal $start
	await $start
	[ $signal = TERM ] || isnt "$(leftovers "$OTHER" "$TAG2")" "" "kill -9 of start leaves daemons"
	[ $signal = TERM ] || ok "stop finds them" "$SANDBOX" stop --dir "$OTHER"
	is "$(leftovers "$OTHER" "$TAG2")" "" "after SIG$signal nothing is left"
done

# ---- one that dies before it has done anything: it waits for the lock of the registry, which is ours
exec 8< /run
flock 8
"$SANDBOX" start --dir "$OTHER" > start.out 2>&1 8<&- &
start=$!
wait_until 20 'waits=$(pgrep -P "$(pgrep -P $start)") && pgrep -P "$waits" -x flock' || diag "it does not wait for the lock"
kill -KILL $start
exec 8<&-
ok "what start was about to do ends with it" wait_until 20 '! alive "$waits"'
await $start
is "$(grep -lFx "dir=$OTHER" /run/torc-sandbox/*)" "" "... and nothing is written of it"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The SPANK plugin on a real Slurm: delegation, usage records, clean-up, and that nothing else changes. v1 and v2 alike.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
here=$(cd "$(dirname "$0")" && pwd)
plugin=$TORC_BUILD/plugin/.libs/spank_torc.so
load=$TORC_BUILD/tests/load
[ -e "$plugin" ] || skip_all "the plugin was not built: Slurm's headers are not installed"

is "$(nm -D --defined-only "$plugin" | awk '{ print $3 }' | LC_ALL=C sort | tr '\n' ' ')" \
	"plugin_name plugin_type plugin_version slurm_spank_exit slurm_spank_task_exit slurm_spank_task_post_fork spank_plugin_version " \
	"the plugin exports its hooks and the four names of SPANK, nothing else"
unlike "$(nm -D --undefined-only "$plugin")" ' (exit|abort|malloc|printf|fopen|pthread_create|atexit)' \
	"and calls nothing that ends or allocates"

cluster_start --nodes 1 --cpus 8 --memory 2000 --gpus 2 --plugin "$plugin" --conf KillWait=3
sandbox=$SANDBOX_DIR/etc
id=$(id -u "$TEST_USER")
install -m 755 "$load" load
install -m 755 "$here/plugin-runner.sh" .
[ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] && v=2 || v=1

# An emulated machine (tests/guest) needs a second for what is not part of a load, and minutes for all that is tested here:
# there the share of that is kept within 3 %, and what is not about cgroups and the time limit are left out.
slow=${TEST_SLOW:-1} cpu_secs=2 mib=200
[ "$slow" = 1 ] || cpu_secs=5 mib=80

# ---- helpers

script() { # NAME: from stdin, a batch script
	cat - > "$1"
	chmod 755 "$1"
}
submit() { # 'SCRIPT ARGUMENT' SBATCH-OPTION...: as a runner's job; the id
	as_user env TORC_RUNNER=test.1 sbatch --parsable -o "$TEST_DIR/%j.out" --open-mode=append --mem=500 -n1 "${@:2}" $1
}
ended() { case "$(job_state "$1")" in PENDING | CONFIGURING | RUNNING | COMPLETING | SUSPENDED) return 1 ;; esac; }
says() { grep -qE "$2" "$1.out"; }
cgroups_of() { find /sys/fs/cgroup -type d -path "*$NODE1*/job_$1/*" 2>/dev/null | head -n 5; }
processes() { # PATTERN: those of this test that are left; other tests run as the same user
	local pid
	for pid in $(pgrep -u "$TEST_USER" -f "$1"); do
		[ "$(readlink "/proc/$pid/cwd")" != "$TEST_DIR" ] || echo "$pid"
	done | grep .
}
records() { ls "/run/torc/$id" 2>/dev/null | grep -F ".$NODE1." | sort | tr '\n' ' '; }
# a job has ended: nothing of it is left, the node is as before
gone() { # JOB WHAT
	wait_until 40 "ended $1" || diag "job $1 is $(job_state "$1"): $(cat "$1.out")"
	wait_until 10 "[ -z \"\$(cgroups_of $1)\" ]"
	is "$(cgroups_of "$1")" "" "$2: no cgroup is left"
	ok "$2: no entry is left" [ ! -e "/run/torc/.steps/$1.4294967291.$NODE1" ]
}
field() { sed -n "s/^$2 //p" "/run/torc/$id/$1"; } # RECORD KEY
near() { # GOT WANT PERCENT DESCRIPTION
	awk -v got="$1" -v want="$2" -v percent="$3" 'BEGIN { d = got - want; exit !(got && d * d <= (want * percent / 100) ^ 2) }'
	tap_result $? "$4" || diag "got $1, want $2 within $3 %"
}

# ---- the time limit takes a minute: it runs beside all the others

script limit.sh <<-'S'
	#!/bin/bash
	. ./plugin-runner.sh
	trap 'echo got TERM' TERM
	pack stubborn 50 ./load --mem 5 --sleep 600 --ignore-term
	echo started
	while kill -0 $! 2>/dev/null; do wait; done
S
[ "$slow" != 1 ] || limit=$(submit limit.sh --time=1 --mem=100)

# ---- a runner that packs three jobs, and leaves a fourth running

script pack.sh <<-'S'
	#!/bin/bash
	. ./plugin-runner.sh
	echo "owner $(stat -c %U "$base")"
	pack a 300 ./load --mem "$2" --cpu "$1"
	pack greedy 60 ./load --mem 120
	report greedy
	report a
	pack left 50 ./load --mem 5 --sleep 600 --ignore-term --daemon
	report left
	mkdir "$base/left/deeper" "$base/empty"
	if [ $kind = 2 ]; then
		for file in ../memory.max ../cgroup.subtree_control ../cgroup.kill memory.max cgroup.max.descendants; do
			if (echo max > "$base/$file") 2>/dev/null; then echo "may write $file"; fi
		done
		if (echo $BASHPID > "$base/../cgroup.procs") 2>/dev/null; then echo "may enter user"; fi
	fi
S
job=$(submit "pack.sh $cpu_secs $mib")
gone "$job" "a runner that leaves a daemon"
like "$(cat "$job.out")" "cgroup v$v, delegated yes" "its task got a cgroup"
like "$(cat "$job.out")" "owner $TEST_USER" "that is the user's"
read -r _ status peak cpu oom < <(grep '^a ' "$job.out")
is "$status.$oom" 0.0 "a job in it ends well beside a greedy one"
near "$peak" $((mib << 20)) 3 "its memory is counted"
near "$cpu" ${cpu_secs}000000 3 "its CPU time is counted"
read -r _ status peak cpu oom < <(grep '^greedy ' "$job.out")
is "$status" 137 "the greedy one is killed"
ok "and the kernel says why" [ "${oom:-0}" -gt 0 ]
is "$(processes 'load.*--daemon')" "" "the daemon is killed"
is "$(grep '^may' "$job.out")" "" "what is above it stays root's"

# ---- what hides in names and depth (v1 has no bound on it), and what one step can take

script hide.sh <<-'S'
	#!/bin/bash
	. ./plugin-runner.sh
	pack ..x 50 ./load --mem 5 --sleep 600.$SLURM_JOB_ID --ignore-term
	mkdir "$base/..x/.y" "$base/.z"
	[ $kind = 2 ] || mkdir -p "$base/deep/$(seq -s / 300)" "$cpu/deep/$(seq -s / 300)"
	ls -A "$base" > hidden
S
job=$(submit hide.sh)
gone "$job" "a runner whose cgroups begin with dots and are deep"
is "$(grep -c '^\.' hidden)" 2 "it had such"
is "$(processes "sleep 600.$job")" "" "what ran in one is killed"

script many.sh <<-'S'
	#!/bin/bash
	export TORC_SLURM_JOB_ID=$SLURM_JOB_ID
	srun --overlap bash -c '
		. ./plugin-runner.sh
		[ $kind = 2 ] && [ -w "$base/cgroup.procs" ] || exit 0
		n=0
		while mkdir "$base/$n" 2>/dev/null; do
			[ $n -ge 4 ] || { sleep 600 & echo $! > "$base/$n/cgroup.procs"; }
			n=$((n + 1))
		done
		echo "made $n"'
S
job=$(submit many.sh -n5)
gone "$job" "a step of five tasks"
is "$(grep -c "cgroup v$v" "$job.out") $(grep -c 'delegated yes' "$job.out")" "5 1" "one of them got a cgroup"
if [ $v = 2 ]; then
	is "$(grep made "$job.out")" "made 40" "which may have eight more a CPU"
	entry=/run/torc/.steps/1.0.$NODE1
	echo "stepd $$ $(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20) user $id 16384" > "$entry"
	job=$(submit hide.sh)
	gone "$job" "a runner whose user has enough in other steps"
	like "$(cat "$job.out")" "delegated no" "it got none"
	rm "$entry"
fi

# ---- steps that are none of ours

script foreign.sh <<-'S'
	#!/bin/bash
	. ./plugin-runner.sh
	[ $kind = 2 ] || echo "owner $(stat -c %U "$base/cgroup.procs")"
	[ "${1:-}" = steps ] || exit 0
	srun -n1 ./load --mem 1
	TORC_SLURM_JOB_ID=1$SLURM_JOB_ID TORC_STEP_JOB=1 TORC_STEP_ATTEMPT=1.1 srun -n1 ./load --mem 1
	TORC_SLURM_JOB_ID=$SLURM_JOB_ID TORC_STEP_JOB=../x TORC_STEP_ATTEMPT=1.1 srun -n1 ./load --mem 1
	TORC_SLURM_JOB_ID=$SLURM_JOB_ID TORC_STEP_JOB=1 TORC_STEP_ATTEMPT=1 srun -n1 ./load --mem 1
	TORC_RUNNER=x srun -n1 bash -c '. ./plugin-runner.sh'
S
plain=$(as_user sbatch --parsable -o "$TEST_DIR/%j.out" --mem=500 -n1 foreign.sh steps)
nested=$(as_user env TORC_RUNNER=x TORC_SLURM_JOB_ID=999999 sbatch --parsable -o "$TEST_DIR/%j.out" --mem=500 -n1 foreign.sh)
for job in $plain $nested; do
	gone "$job" "a foreign job"
	is "$(grep -c "cgroup v$v" "$job.out")" $((1 + (job == plain))) "it ran"
	# Slurm 22.05 on v1 gives the directories away by itself, but not their files
	unlike "$(cat "$job.out")" "delegated yes|owner $TEST_USER" "nothing was delegated to it"
	is "$(records)" "" "nothing was written about it"
done

# ---- steps of a job: a record per task

script steps.sh <<-'S'
	#!/bin/bash
	export TORC_SLURM_JOB_ID=$SLURM_JOB_ID TORC_STEP_JOB=12 TORC_STEP_ATTEMPT=1.2
	unset TORC_RUNNER
	srun -n2 --mem=450 bash -c 'exec ./load --mem $1 --cpu $0 --exit $((SLURM_PROCID * 3))' "$@"
	srun -n1 --mem=60 ./load --mem 120
	srun -n1 --gres=gpu:1 ./load --mem 1
	sbatch --parsable --mem=50 -n1 -o nested.out --wrap 'srun -n1 ./load --mem 1' > nested
S
job=$(as_user sbatch --parsable --mem=500 -n2 --gres=gpu:2 -o "$TEST_DIR/%j.out" steps.sh "$cpu_secs" "$mib")
gone "$job" "a job with steps"
nested=$(cat nested)
wait_until 40 "ended $nested"
is "$(records)" "$job.0.$NODE1.0 $job.0.$NODE1.1 $job.1.$NODE1.0 $job.2.$NODE1.0 " \
	"a record for each of its tasks, none for a job that it submitted"
is "$(stat -c '%U %a' /run/torc "/run/torc/$id" "/run/torc/$id/$job.0.$NODE1.0" | tr '\n' ' ')" \
	"root 755 $TEST_USER 700 $TEST_USER 600 " "the folder is root's, what is hers the user's alone"
for task in 0 1; do
	record=$job.0.$NODE1.$task
	near "$(field "$record" memory_peak_bytes)" $((mib << 20)) 3 "task $task: its memory"
	near "$(field "$record" cpu_usec)" ${cpu_secs}000000 3 "task $task: its CPU time"
	is "$(field "$record" status)" $((task * 3 << 8)) "task $task: how it ended"
	is "$(field "$record" job) $(field "$record" attempt) $(field "$record" cgroup)" "12 1.2 $v" "task $task: whose it is"
done
ok "a step that was killed for memory: the record says so" [ "$(field "$job.1.$NODE1.0" oom_kills_count)" -gt 0 ]
like "$(field "$job.2.$NODE1.0" gpus)" '^[01]$' "a step with a GPU: which one"
ok "the user removes them" as_user sh -c "rm /run/torc/$id/*.$NODE1.*"

# ---- links in the user's folder, and no room: as another user, for the folder is not this test's alone

script trap.sh <<-'S'
	#!/bin/bash
	export TORC_SLURM_JOB_ID=$SLURM_JOB_ID TORC_STEP_JOB=12 TORC_STEP_ATTEMPT=1.2
	cd "$1" && srun -n1 ./load --mem 1
	folder=/run/torc/$UID name=$SLURM_JOB_ID.1.$SLURMD_NODENAME.0
	ln -s "$folder/victim" "$folder/.$name.new"
	ln -s "$folder/victim" "$folder/$name"
	srun -n1 ./load --mem 1
	(cd "$folder" && touch $(seq 5000))
	srun -n1 ./load --mem 1 || exit 3
S
lay_traps() {
	local job
	rm -rf /run/torc/65534
	job=$(sandbox exec --user nobody -- sbatch --parsable -o /dev/null --mem=200 -n1 trap.sh "$TEST_DIR")
	gone "$job" "a job that lays traps"
	is "$(job_state "$job")" COMPLETED "a full folder fails no step"
	is "$(cd /run/torc/65534 && stat -c '%n %F' "$job".*)" "$job.0.$NODE1.0 regular file
$job.1.$NODE1.0 regular file" "links in the way are replaced; where 4096 files are no record is written"
	ok "and nothing was written where they point to" [ ! -e /run/torc/65534/victim ]
	rm -rf /run/torc/65534
}
[ "$slow" != 1 ] || lay_traps

# ---- scancel, of a runner that obeys and of one that does not

for mood in obeys stays; do
	script cancel.sh <<-S
		#!/bin/bash
		. ./plugin-runner.sh
		trap 'echo got TERM; [ $mood = stays ] || exit 0' TERM
		pack job 50 ./load --mem 5 --sleep 600 --ignore-term
		touch /run/torc/$id/{\$SLURM_JOB_ID,other}.0.$NODE1.0
		echo started
		while kill -0 \$! 2>/dev/null; do wait; done
	S
	job=$(submit cancel.sh)
	wait_until 20 "says $job started"
	as_user scancel "$job"
	gone "$job" "scancel of a runner that $mood"
	like "$(cat "$job.out")" "got TERM" "it got SIGTERM first"
	is "$(job_state "$job")" CANCELLED "Slurm calls it cancelled"
	is "$(records)" "other.0.$NODE1.0 " "records of its steps that it did not read are removed, others are not"
done
rm "/run/torc/$id/other.0.$NODE1.0"

# ---- suspend and resume

script suspend.sh <<-'S'
	#!/bin/bash
	. ./plugin-runner.sh
	pack job 50 bash -c 'while sleep 0.1; do echo tick >> ticks; done'
	echo "started $!"
	wait
S
frozen() { # PID
	local path
	[ $v = 1 ] && path=/sys/fs/cgroup/freezer$(sed -n 's/^[0-9]*:freezer://p' "/proc/$1/cgroup") &&
		[ "$(cat "$path/freezer.state")" = FROZEN ] ||
		{ [ $v = 2 ] && grep -qx 'frozen 1' "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/cgroup.events"; }
}
job=$(submit suspend.sh)
wait_until 20 "says $job started && [ -s ticks ]"
pid=$(sed -n 's/^started //p' "$job.out")
scontrol suspend "$job"
ok "a packed job is frozen when its allocation is suspended" wait_until 10 "frozen $pid"
scontrol resume "$job"
: > ticks
ok "and runs on when it is resumed" wait_until 20 '[ -s ticks ]'
as_user scancel "$job"
gone "$job" "then scancel"

# ---- slurmstepd dies

script sleep.sh <<-'S'
	#!/bin/bash
	. ./plugin-runner.sh
	pack job 50 ./load --mem 5 --sleep 600.$SLURM_JOB_ID --ignore-term
	echo started
	wait
S
script short.sh <<-'S'
	#!/bin/bash
	. ./plugin-runner.sh
	pack job 50 ./load --mem 5
	report job
S
job=$(submit sleep.sh)
wait_until 20 "says $job started"
other=$(submit short.sh)
gone "$other" "a second runner on the node"
ok "it does not touch the first one's jobs" processes "sleep 600.$job"
read -r _ stepd _ < "/run/torc/.steps/$job.4294967291.$NODE1"
like "$(tr '\0' ' ' < "/proc/$stepd/cmdline")" "slurmstepd: \[$job.batch\]" "the entry names the runner's slurmstepd"
kill -9 "$stepd"
wait_until 10 "! kill -0 $stepd"
ok "when slurmstepd is killed, jobs stay" processes "sleep 600.$job"
entry=/run/torc/.steps/$job.4294967291.$NODE1 text=$(< "$entry")
sed -i -E 's/^(v[12]) [0-9]+/\1 1/' "$entry"
other=$(submit short.sh)
gone "$other" "a runner beside directories that were made again since"
ok "it does not touch them" processes "sleep 600.$job"
echo "$text" > "$entry"
other=$(submit short.sh)
gone "$other" "the next runner on the node"
is "$(processes "sleep 600.$job")" "" "it ends what was left"
ok "and its entry is gone" [ ! -e "/run/torc/.steps/$job.4294967291.$NODE1" ]
as_user scancel "$job"
wait_until 60 "ended $job"

# ---- slurmstepd died, and another one lives in the same place: the job was requeued, and its new task waits for its cgroup

job=$(submit sleep.sh)
wait_until 20 "says $job started"
entry=/run/torc/.steps/$job.4294967291.$NODE1
read -r _ stepd _ < "$entry"
sed -i '1s/.*/stepd 999999999 1/' "$entry"
other=$(submit short.sh)
gone "$other" "a runner beside one that was started again"
ok "it does not touch its jobs" processes "sleep 600.$job"
is "$(job_state "$job")" RUNNING "nor the other runner"
SLURM_JOB_ID=$job "$TORC_TOP/contrib/epilog.d/torc"
ok "nor does the Epilog" processes "sleep 600.$job"
kill -9 "$stepd"
wait_until 10 "! kill -0 $stepd"
SLURM_JOB_ID=$job "$TORC_TOP/contrib/epilog.d/torc"
is "$(processes "sleep 600.$job")$(cgroups_of "$job" | grep -v /freezer/)" "" "when that slurmstepd is dead too, it ends all"
ok "and the entry" [ ! -e "$entry" ]
as_user scancel "$job"
wait_until 60 "ended $job"

# ---- slurmstepd dies, and Slurm starts the job again in the same place

script again.sh <<-'S'
	#!/bin/bash
	. ./plugin-runner.sh
	if [ "${SLURM_RESTART_COUNT:-0}" = 0 ]; then
		pack job 50 ./load --mem 5 --sleep 600.$SLURM_JOB_ID --ignore-term
		echo started
		wait
		exit
	fi
	pack job 50 ./load --mem 5
	report job
	echo again
S
job=$(submit again.sh --requeue)
wait_until 20 "says $job started"
read -r _ stepd _ < "/run/torc/.steps/$job.4294967291.$NODE1"
kill -9 "$stepd"
wait_until 10 "! kill -0 $stepd"
scontrol requeue "$job"
# Slurm holds a requeued job back for two minutes; it may start now, but not in the second of its end: slurmd takes a credential of
# that second for one of the run it has just killed ("already killed, do not launch batch job")
requeued=$(date +%s)
wait_until 20 '[ "$(job_state '"$job"')" != RUNNING ] && [ "$(date +%s)" -gt $((requeued + 1)) ]'
ok "a job whose slurmstepd died can run again on its node" \
	wait_until 60 "says $job again || { scontrol update jobid=$job starttime=now; false; }"
is "$(processes "sleep 600.$job")" "" "what its first start left is ended"
gone "$job" "a job that ran again"

# ---- delegate=no

sed -i '/spank_torc/s/$/ delegate=no/' "$sandbox/plugstack.conf"
job=$(submit foreign.sh)
gone "$job" "a runner where the site says delegate=no"
is "$(grep -c "cgroup v$v" "$job.out")" 1 "it ran"
unlike "$(cat "$job.out")" "delegated yes|owner $TEST_USER" "nothing is delegated"

# ---- the time limit is over by now

if [ "$slow" = 1 ]; then
	wait_until 120 "ended $limit"
	gone "$limit" "a runner at its time limit"
	is "$(job_state "$limit")" TIMEOUT "Slurm calls it timed out"
	like "$(cat "$limit.out")" "got TERM" "it got SIGTERM first"
fi
is "$(processes .)" "" "no process of any job is left"
wait_until 20 '[ "$(node_state 1)" = idle ]'
is "$(node_state 1)" idle "the node is idle: nothing ever drained it"
is "$(grep -h 'spank_torc.*are left' "$SANDBOX_DIR"/log/slurmd*.log)" "" "no clean-up was incomplete"
done_testing

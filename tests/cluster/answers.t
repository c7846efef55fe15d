#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every answer of Slurm's commands spoilt in every way (tests/lib/slurm-faults), alone and in pairs: the workflow completes, by
# itself or with one torc-sbatch --top-up, each job runs once, and nothing is asked of Slurm twice.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
: "${ANSWERS_WIDE:=6}" # cases side by side

cluster_start --nodes 4 --cpus 8 --memory 8192 --partitions 'main:Nodes=1+2+3,narrow:Nodes=4'
as_user mkdir bin
cp "$TORC_TOP/tests/lib/slurm-faults" bin/slurm-faults
for c in sbatch squeue scancel scontrol slurm-query; do ln -s slurm-faults bin/$c; done
patience=4

cat > diamond.json <<'J'
{"name": "diamond",
 "resource_requirements": [{"name": "small", "num_cpus": 1, "memory": "50m", "runtime": "PT1M"},
  {"name": "medium", "num_cpus": 2, "memory": "60m", "runtime": "PT1M"}],
 "jobs": [{"name": "first", "command": "echo first >> ran", "resource_requirements": "small"},
  {"name": "left", "command": "echo left >> ran", "resource_requirements": "medium", "depends_on": ["first"]},
  {"name": "right", "command": "echo right >> ran", "resource_requirements": "medium", "depends_on": ["first"]},
  {"name": "last", "command": "echo last >> ran", "resource_requirements": "small", "depends_on": ["left", "right"]}]}
J
# More allocations than are needed, one at a time: the last ones are given back.
printf '{"name": "many", "jobs": [%s]}\n' "$(for i in {1..64}; do printf '{"name": "j%d", "command": "echo j%d >> ran", "resource_requirements": "c"},' $i $i
	done | sed 's/,$//')], \"resource_requirements\": [{\"name\": \"c\", \"num_cpus\": 2, \"memory\": \"1g\", \"runtime\": \"PT1M\"}" > many.json

# What a case does, in a folder of its own: case FOLDER FAULTS. It leaves `said` and `wrong`, which is empty when all is well.
cat > case <<'C'
#!/bin/bash
mkdir -p "$1" && cd "$1" || exit 1
export FAULTS=$2 FAULTS_DIR=$PWD FAULTS_SECS=$((TORC_SLURM_PATIENCE + 1))
db() { sqlite3 -cmd '.timeout 20000' torc.db "$@"; }
wrong() { echo "$*" >> wrong; }
over() { [ "$(db 'SELECT state FROM workflow' 2>> said)" = 1 ]; }
# ends: nothing of it is in Slurm any more
quiet() { for j in $(cat taken 2> /dev/null); do [ -z "$(/usr/bin/squeue -h -t PD,R,CG,S -j "${j%;*}" 2> /dev/null)" ] || return 1; done; }
settled() { # SECS: completes, or nothing runs that could complete it
	local end=$((SECONDS + $1))
	until over && quiet; do
		[ $SECONDS -lt $end ] || return 1
		! quiet || { sleep 1; quiet && ! pgrep -u "$(id -u)" -f -- "--top-up .*$PWD|--db $PWD/torc.db" > /dev/null && return 1; }
		sleep 0.1
	done
}
: > wrong
file=diamond.json options= after=
case $FAULTS in
*scancel*) file=many.json options='-p narrow -t 2' ;;
wait*) options=-W after='-- --begin=now+7' ;;
esac
for try in 1 2 3; do # what was not made is asked for by the user once more
	torc-sbatch -p main $options ../$file $after >> said 2>&1
	rc=$?
	echo "torc-sbatch: exit code $rc" >> said
	[ "$(db 'SELECT count(*) FROM workflow' 2> /dev/null)" = 1 ] && break
	[[ $rc =~ ^(3|137)$ ]] || wrong "exit code $rc, and there is no workflow"
	[ ! -s taken ] || wrong "nothing was made, but Slurm has $(cat taken)"
done
[[ $rc =~ ^(0|3|137)$ ]] || wrong "exit code $rc"
settled 60 || { torc-sbatch --top-up 1 >> said 2>&1; echo "top-up: exit code $?" >> said; settled 60; }
over || wrong "it does not complete"
for f in $FAULTS; do [[ $f != *:*:* || $FAULTS == any* ]] || grep -q "^${f%%:*}:[0-9]*:${f##*:}" spoilt || wrong "nothing was spoilt by $f"; done
[ "$(sort ran | uniq -d)" = "" ] || wrong "ran twice: $(sort ran | uniq -d)"
[ "$(wc -l < ran)" = "$(db 'SELECT count(*) FROM job')" ] || wrong "$(wc -l < ran) jobs ran"
[ "$(db 'SELECT count(*) FROM job WHERE state <> 5')" = 0 ] || wrong "jobs failed"
[ "$(db 'SELECT count(*) FROM attempt')" = "$(db 'SELECT count(*) FROM job')" ] || wrong "more attempts than jobs"
took=$(sed 's/;.*//' taken | sort -n | paste -sd ' ')
knows=$(db 'SELECT slurm_job_id FROM submission WHERE slurm_job_id IS NOT NULL' | sort -n | paste -sd ' ')
[ "$took" = "$knows" ] || wrong "Slurm took $took, the database knows $knows"
# all is over in Slurm: at the latest when somebody looks the rows say so
[ "$(db 'SELECT count(*) FROM allocation WHERE state IN (0, 1, 2, 5)')" = 0 ] || {
	FAULTS= torc-sbatch --top-up 1 >> said 2>&1
	[ "$(db 'SELECT count(*) FROM allocation WHERE state IN (0, 1, 2, 5)')" = 0 ] || wrong "allocations live on in the database"
}
db "SELECT 'submission', id, state, slurm_job_id, answered_usec IS NOT NULL, error FROM submission; SELECT 'allocation', submission, array_task_id,
	state, slurm_job_id FROM allocation; SELECT 'job', name, state FROM job WHERE state <> 5" >> said
cat torc_output/runner* >> said 2> /dev/null
C
chmod 755 case

faults=(empty fail lost slow held cut lie killed)
cases=()
for f in "${faults[@]}"; do
	cases+=("sbatch-test:1:$f" "sbatch:1:$f" "sbatch:2:$f" "squeue:1:$f" "slurm-query:1:$f" "slurm-query:2:$f" "scancel:1:$f")
	# --wait asks what became of allocations that are long in coming
	cases+=("wait squeue:1:$f")
	# a look by the tag comes only after an sbatch that gave no answer; those that never end are left to the runner that comes
	cases+=("sbatch:1:lost squeue:1:$f" "sbatch:1:fail squeue:1:$f" "sbatch:2:lost squeue:*:$f")
done
cases+=("wait squeue:1:none" "sbatch:1:lost squeue:1:none" "sbatch:1:killed squeue:1:none" "sbatch:2:held squeue:2:none")
# of the other pairs some: others by another seed
RANDOM=${ANSWERS_SEED:=331}
any() { local list=("$@"); picked=${list[RANDOM % $#]}; }
for ((i = 0; i < ${ANSWERS_PAIRS:-16}; i++)); do
	any sbatch:1 sbatch:2 slurm-query:1 slurm-query:2 squeue:1 sbatch-test:1 && one=$picked
	any sbatch:3 squeue:2 squeue:3 slurm-query:3 && two=$picked
	any "${faults[@]}" && one+=:$picked
	any "${faults[@]}" none && cases+=("any $one $two:$picked")
done
[ -z "${ANSWERS_ONLY:-}" ] || mapfile -t cases <<< "$ANSWERS_ONLY"

begin=$SECONDS
for i in "${!cases[@]}"; do printf '%s\0%s\0' "$TEST_DIR/c$i" "${cases[i]}"; done > list
as_user env PATH="$TEST_DIR/bin:$TORC_BUILD:$PATH" TORC_SLURM_QUERY="$TEST_DIR/bin/slurm-query" FAULTS_QUERY="$TORC_BUILD/slurm-query" \
	TORC_SLURM_PATIENCE=$patience xargs -0 -n 2 -P "$ANSWERS_WIDE" ./case < list > out 2>&1
diag "${#cases[@]} cases in $((SECONDS - begin)) s; ANSWERS_SEED=$ANSWERS_SEED"
for i in "${!cases[@]}"; do
	is "$(cat "c$i/wrong" 2>&1)" "" "${cases[i]}" || diag "$(cat "c$i/spoilt" "c$i/said" 2>&1)"
done
# said CASE: what torc-sbatch said and its exit code
said() { local i; for i in "${!cases[@]}"; do [ "${cases[i]}" != "$1" ] || sed '/^torc-sbatch: exit code/q' "c$i/said"; done; }
if [ -z "${ANSWERS_ONLY:-}" ]; then
	like "$(said sbatch:1:lost)" 'Workflow 1 .*exit code 0$' "an answer that is lost: the job is found by its tag, as if nothing had been"
	like "$(said sbatch:1:fail)" 'nothing was created; submit it again when Slurm answers.*exit code 3$' "Slurm surely has it not: so it is said"
	like "$(said 'sbatch:1:lost squeue:1:fail')" 'workflow 1 is kept, .*torc-sbatch --top-up 1.*exit code 3$' "nobody knows: it is kept"
fi

# ---- torc cancel and torc delete: at the second try, at the latest, nothing of it waits in Slurm
cat > steer <<'C'
#!/bin/bash
mkdir "$1.$2" && cd "$1.$2" || exit 1
export FAULTS= FAULTS_DIR=$PWD FAULTS_SECS=$((TORC_SLURM_PATIENCE + 1))
TORC_SLURM_PATIENCE= torc-sbatch -p main ../diamond.json -- --hold > said 2>&1
for try in 1 2; do
	FAULTS=$2 torc "$1" 1 >> said 2>&1
	rc=$?
	[ $rc = 3 ] || break
done
[ -s spoilt ] || echo "nothing was spoilt"
echo "exit code $rc, $(/usr/bin/squeue -h -t PD,R -j "$(cat taken)" | wc -l) left"
C
chmod 755 steer
for c in cancel delete; do
	for f in "${faults[@]}" none; do
		for n in scancel squeue; do printf '%s\0%s\0' $c "$n:1:$f"; done
	done
done > list
as_user env PATH="$TEST_DIR/bin:$TORC_BUILD:$PATH" TORC_SLURM_QUERY="$TEST_DIR/bin/slurm-query" FAULTS_QUERY="$TORC_BUILD/slurm-query" \
	TORC_SLURM_PATIENCE=2 xargs -0 -n 2 -P "$ANSWERS_WIDE" bash -c './steer "$1" "$2" > "steered.$1.$2" 2>&1' - < list
for i in steered.*; do is "$(cat "$i")" "exit code 0, 0 left" "torc ${i#*.}" || diag "$(cat "${i#*.}/said")"; done

# ---- scontrol: torc check shows what it says, and goes on without
for f in "${faults[@]}"; do
	mkdir -p "check.$f" && chown "$TEST_USER:" "check.$f"
	as_user env PATH="$TEST_DIR/bin:$TORC_BUILD:$PATH" FAULTS="scontrol:*:$f" FAULTS_DIR="$TEST_DIR/check.$f" FAULTS_SECS=2 TORC_SLURM_PATIENCE=1 \
		torc check > "check.$f/out" 2>&1
	like "$? $(cat "check.$f/out")" '^[013] .*(Slurm|slurm)' "torc check, scontrol:*:$f"
done
done_testing

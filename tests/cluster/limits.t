#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A site that counts and limits: accounts, QOS and their limits as slurmdbd has them, small arrays, whole nodes and unlike ones.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

for program in slurmdbd mariadbd; do
	command -v $program > /dev/null || skip_all "$program is not installed"
done
cluster_start --accounting --nodes 3 --cpus 4 --memory 4000 --node 3=2:1000 --conf AccountingStorageEnforce=associations,limits,qos \
	--conf MaxArraySize=3 --partitions 'debug,bio:AllowAccounts=bio,vip:AllowQos=vip,whole:OverSubscribe=EXCLUSIVE'

torc_sbatch() { as_user timeout 100 torc-sbatch "$@" 2>&1; }
# The plan's partition, the most that one of its allocations has of CPUs and minutes, and how many they are
planned() { # EXPRESSION OPTION... FILE
	as_user torc-sbatch --dry-run --json "${@:2}" 2> err | jq -r "(.groups[0].partition) as \$partition | ([.groups[].cpus] | max) as \$cpus |
		([.groups[].walltime_s] | max / 60) as \$minutes | ([.groups[].allocations] | add) as \$count | $1"
}
db() { as_user sqlite3 -cmd '.timeout 10000' torc.db "$@"; }
fresh() { rm -rf torc.db* torc_output; }
qos() { sacctmgr -Qi modify qos normal set "$@" > /dev/null || diag "sacctmgr does not set $*"; }
workflow() { # NAME CPUS RUNTIME JOBS COMMAND
	jq -n --arg name "$1" --argjson cpus "$2" --arg runtime "$3" --arg jobs "1:$4" --arg command "$5" '{name: $name,
		jobs: [{name: "j{i}", parameters: {i: $jobs}, command: $command, cpus: $cpus, memory: "50m", runtime: $runtime}]}' > "$1.json"
}
workflow short 1 1m 4 true
workflow many 1 60m 48 true
workflow wide 4 1m 1 true
# b goes on until it may end; c comes when a has ended, and fits no allocation that there is
jq -n '{name: "two", jobs: [{name: "a", command: "true", cpus: 1, memory: "50m", runtime: "5m"},
	{name: "b", command: "until [ -e go ]; do sleep 0.1; done", cpus: 1, memory: "50m", runtime: "5m"},
	{name: "c", command: "true", depends_on: ["a"], cpus: 4, memory: "500m", runtime: "5m"}]}' > two.json

# ---- accounts
out=$(torc_sbatch -A nope short.json)
is $? 2 "an account that is not the user's is refused"
like "$out" 'Slurm refused: Invalid account .*; say one of yours with -A: sacctmgr show assoc ' "... in Slurm's word, with what to do"
mkdir none && chown nobody none
like "$(cd none && timed "$TORC_TOP/contrib/sandbox" exec --dir "$SANDBOX_DIR" --user nobody -- torc-sbatch ../short.json 2>&1)" \
	'Slurm refused: Invalid account .* who has none asks the site for one' "so is whoever has no account"
out=$(torc_sbatch -q nope short.json)
is $? 2 "so is a QOS"
like "$out" 'Slurm refused: Invalid qos .*; say one of yours with -q: sacctmgr show assoc ' "... likewise"
is "$(db 'SELECT count(*) FROM workflow' 2> /dev/null)" "" "nothing was created"
out=$(torc_sbatch --wait -A torc short.json)
is $? 0 "with her account a workflow completes" || diag "$out"
id=$(db 'SELECT slurm_job_id FROM submission')
ok "... and stands in sacct under it" wait_until 20 '[ "$(as_user sacct -nXP -o account,state -j $id)" = "torc|COMPLETED" ]' || diag "$(sacct -a)"

out=$(torc_sbatch -p bio short.json)
is $? 2 "a partition that does not take the user's default account is refused"
like "$out" 'partition bio does not take jobs of account torc \(AllowAccounts, DenyAccounts\)' "... for AllowAccounts"
sacctmgr -Qi add account bio > /dev/null && sacctmgr -Qi add user "$TEST_USER" account=bio > /dev/null
like "$(torc_sbatch -p bio short.json)" '; it does with -A bio' "another account of hers, which it takes, is named"
is "$(planned '$partition' -A bio -p bio short.json)" bio "... and planned with"
like "$(torc_sbatch -p vip short.json)" 'partition vip does not take jobs of QOS normal \(AllowQos, DenyQos\)' "so is one for another QOS"
scontrol update partition=debug AllowAccounts=root
is "$(planned '$partition' short.json)" whole "where the default partition does not take the account, another one is chosen" || diag "$(cat err)"
like "$(cat err)" 'goes to partition whole: partition debug does not take jobs of account torc' "... and said so"
scontrol update partition=debug AllowAccounts=ALL

# ---- what one allocation may have
is "$(planned '$cpus > 1 and $minutes > 62 and $count == 3' many.json)" true "without limits an allocation has more CPUs, more time and is one of as many as MaxArraySize"
for limit in MaxTRESPerUser=cpu=1 GrpTRES=cpu=1 MaxTRESPerJob=cpu=1; do
	qos $limit
	is "$(planned '$cpus' many.json)" 1 "with $limit it has one"
	qos ${limit%=*}=-1
done
qos MaxTRESPerUser=cpu=2
like "$(torc_sbatch wide.json)" 'it needs 4 CPUs, and MaxTRESPerUser of QOS normal allows 2' "a job that is over a limit is refused, and the limit named"
like "$(torc_sbatch -p whole wide.json)" 'it needs 4 CPUs, and MaxTRESPerUser of QOS normal allows 2' "... on whole nodes, too"
qos MaxWall=62 MaxJobsPerUser=1
is "$(planned '$minutes' many.json)" 62 "the longest allocation is that of MaxWall"
out=$(torc_sbatch --wait many.json)
is $? 0 "with MaxTRESPerUser, MaxWall and MaxJobsPerUser a workflow completes" || diag "$out"
qos MaxWall=30
like "$(torc_sbatch many.json)" 'its runtime is 1h, and partition debug allows 30m \(MaxWall of QOS normal\)' "a job that is longer is refused"
qos MaxTRESPerUser=cpu=-1 MaxWall=-1
fresh

# ---- how many at a time
blocker=$(as_user sbatch --parsable -t 10 --mem=10 --wrap 'sleep 600')
wait_until 20 '[ "$(job_state $blocker)" = RUNNING ]'
torc_sbatch short.json > /dev/null
ok "torc status has Slurm's word for MaxJobs" wait_until 20 '[[ $(as_user torc status) == *QOSMaxJobsPerUserLimit* ]]' || diag "$(as_user torc status)"
scancel "$blocker"
as_user timeout 60 torc wait 1 > /dev/null
is $? 0 "... and the workflow completes when there is room"
qos MaxJobsPerUser=-1 MaxSubmitJobsPerUser=2
is "$(planned '$count' many.json)" 2 "no more are planned than may be submitted"
like "$(cat err)" 'no more than 2 allocations at a time, by MaxSubmitJobsPerUser of QOS normal' "... with the limit's name"
fresh
held=$(as_user sbatch --parsable -H --wrap true)
out=$(torc_sbatch --wait many.json)
is "$? $(db 'SELECT group_concat(allocations) FROM submission WHERE id <= 2')" "0 2,1" "where others take part of it, the array is halved" || diag "$out"
scancel "$held"

fresh
qos MaxSubmitJobsPerUser=1
held=$(as_user sbatch --parsable -H --wrap true)
out=$(torc_sbatch short.json)
is "$? $(db 'SELECT count(*) FROM workflow' 2> /dev/null)" "2 " "where Slurm takes none, nothing is created" || diag "$out"
like "$out" 'Slurm refused: QOSMaxSubmitJobPerUserLimit; so many of your jobs are in Slurm already' "... and why"
scancel "$held"
as_user timeout 100 torc-sbatch --wait two.json > out 2>&1 &
waiter=$!
ok "torc status tells of a later stage that Slurm does not take yet" \
	wait_until 30 '[[ $(as_user torc status 2> /dev/null) == *"Slurm refused: QOSMaxSubmitJobPerUserLimit"* ]]' || diag "$(as_user torc status)"
as_user touch go
await $waiter
is $? 0 "... which is submitted when the first has ended" || diag "$(cat out)"
ok "... after few requests" [ "$(db 'SELECT count(*) FROM submission')" -le 5 ] || diag "$(db 'SELECT id, error FROM submission')"
qos MaxSubmitJobsPerUser=-1

# ---- nodes of two kinds, and whole ones
fresh
jq -n '{name: "mixed", jobs: [{name: "small{i}", parameters: {i: "1:8"}, command: "true", cpus: 1, memory: "300m", runtime: "1m"},
	{name: "large{i}", parameters: {i: "1:2"}, command: "true", cpus: 3, memory: "2g", runtime: "1m"},
	{name: "last", command: "true", cpus: 2, memory: "500m", runtime: "1m", depends_on_regexes: [".*[0-9]"]}]}' > mixed.json
for partition in debug whole; do
	out=$(torc_sbatch --wait -p $partition mixed.json)
	is $? 0 "a mixed workflow completes on nodes of two kinds, partition $partition" || diag "$out"
done
is "$(db 'SELECT DISTINCT state FROM job_status')" completed "... all of it"

# ---- what jobs used, beside what Slurm has measured of the same processes (doc/accounting.md)
fresh
cp "$TORC_BUILD/tests/load" load && chmod 755 load || bail_out "no tests/load in $TORC_BUILD"
jq -n '{name: "known", jobs: [{name: "child", command: "./load --mem 100 --cpu 1 --sleep 5", cpus: 1, memory: "200m", runtime: "5m"},
	{name: "step", launcher: "srun", command: "./load --mem 100 --cpu 1 --sleep 5", cpus: 1, memory: "200m", runtime: "5m"}]}' > known.json
torc_sbatch known.json > /dev/null
id=$(db 'SELECT slurm_job_id FROM submission')
kib() { local k=${1%K}; echo "${k:-0}"; } # "102620K"
shows() { [ "$(kib "$(as_user sstat -nP -o maxrss -j "$1" 2> /dev/null)")" -ge 97280 ]; }
ok "sstat shows the memory of a job that is a step, as it runs" wait_until 60 'shows $id.0'
as_user timeout 60 torc wait 1 > /dev/null
wait_until 20 '[ "$(as_user sacct -nXP -o state -j $id)" = COMPLETED ]' || diag "$(sacct -a)"
# JOB STEP CPU MEMORY: so much more, in seconds and MiB, may Slurm have counted; less, of either, by a twentieth at most
beside() {
	local used slurm
	used=$(as_user torc-report usage --json | jq -r ".jobs[] | select(.name == \"$1\").attempts[0].usage | \"\(.cpu_user_s + .cpu_system_s) \(.memory_peak_bytes / 1048576)\"")
	slurm=$(as_user sacct -nP -o totalcpu,maxrss -j "$id.$2" | tr '|' ' ')
	echo "$used $slurm" | sed -E 's/([0-9]+:)+//' | awk -v cpu="$3" -v memory="$4" '
		{ exit !($3 >= 0.95 * $1 && $3 <= 1.05 * $1 + cpu && $4 / 1024 >= 0.95 * $2 && $4 / 1024 <= 1.05 * $2 + memory) }'
	tap_result $? "$1: torc and sacct measure the same: $used, $slurm"
}
beside step 0 0 0
beside child batch 1 24 # the runner is in it, too

# ---- nothing is left
ok "stop ends database and all" sandbox stop
is "$(grep -lzxF -e "TORC_SANDBOX=$SANDBOX_DIR" /proc/[0-9]*/environ 2> /dev/null; ls -d "$SANDBOX_DIR" 2> /dev/null)" "" "... and leaves nothing"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A database that somebody else wrote (`--db colleague.db`) shows what it can: nothing of it crashes a program, harms a
# terminal, or runs.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
here=$TORC_SOURCE/tests/local/report
export LC_ALL=C.UTF-8
unset TORC_DB
sqlite3 good.db < "$TORC_SOURCE/lib/store/schema.sql" && sqlite3 good.db < "$here/fixture.sql" &&
	sqlite3 good.db < "$TORC_SOURCE/lib/store/class_used.sql" && sqlite3 good.db < "$TORC_SOURCE/lib/store/runner_work.sql" || exit 1
commands=('torc list' 'torc list --json' 'torc status 1' 'torc status --json 1' 'torc jobs 1' 'torc jobs --json 1' 'torc jobs 2' 'torc show 1'
	'torc show 1.*' 'torc show --json 1.*' 'torc plan 1' 'torc plan --json 1' 'torc graph 1' 'torc graph --kind requirements 1'
	'torc graph --kind job-file 1' 'torc event list --workflow 1' 'torc event list --workflow 1 --json' 'torc data list --workflow 1'
	'torc logs 1.hungry' 'torc logs --json 1.hungry' 'torc-report summary 1' 'torc-report jobs 1' 'torc-report usage 1' 'torc-report classes 1'
	'torc-report allocations 1' 'torc-report events 1' 'torc-report data 1' 'torc-report samples 1' 'torc-report --json 1'
	'torc-report usage --csv 1' 'torc-report classes --csv 1')

# all commands on foreign.db, made by SQL: those that died, did not end, or do not say whose fault it is
try() { # SQL
	local command rc
	cp good.db foreign.db && sqlite3 foreign.db "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; $1" || return
	for command in "${commands[@]}"; do
		set -f; timeout 20 $command --db foreign.db > out 2> err; rc=$?; set +f
		[ $rc -lt 124 ] && [ $rc != 4 ] && ! grep -q 'runtime error\|AddressSanitizer\|integer overflow' err || echo "$command: $rc $(head -n 3 err)"
		[[ $command != *--json* || $rc != 0 ]] || jq -e . out > jq.out 2>&1 || echo "$command: no JSON"
		[[ $command = *--csv* ]] || ! LC_ALL=C grep -q $'[\001-\010\013-\037]' <(tr -d '\r' < out) || echo "$command: control characters"
	done
}

declare -A columns=(
	[workflow]='state run_id created_usec ended_usec' [job]='state flags attempts priority' [resource_class]='cpus memory_bytes gpus_milli nodes runtime_usec'
	[class_count]='state jobs' [class_used]='state source attempts wall_usec wall_max_usec cpu_usec memory_peak_bytes memory_anon_bytes' [attempt]='state reason warnings exit_code signal attempt_id wall_usec start_usec end_usec'
	[usage]='source cpu_user_usec memory_peak_bytes memory_limit_bytes' [runner]='accounting pid cpus jobs_run heartbeat_usec used_usec lost_usec first_usec last_usec unfit_usec unknown_usec'
	[allocation]='state start_usec end_usec array_task_id' [submission]='nodes cpus walltime_usec' [event]='kind time_usec' [usage_sample]='time_usec memory_bytes'
)
for value in 99 -1 9223372036854775807 1e308 "'text'"; do
	sql=
	for table in "${!columns[@]}"; do
		for column in ${columns[$table]}; do
			sql+="UPDATE OR REPLACE $table SET $column = $value;"
		done
	done
	is "$(try "$sql")" '' "every number is $value"
done
is "$(sed 's/sum(1\.0 \*//g' "$TORC_SOURCE/lib/store/sql.def" | grep -F 'sum(')" '' "no sum of integers is left, which can overflow"
for column in workflow.state job.state attempt.reason usage.source; do
	is "$(try "UPDATE ${column%.*} SET ${column#*.} = 99")" '' "$column alone is 99"
done
cp good.db foreign.db && sqlite3 foreign.db "UPDATE job SET state = 99; UPDATE attempt SET reason = 'text'; UPDATE usage SET source = -1; UPDATE workflow SET state = 1e308"
is "$(torc-report --db foreign.db --json 1 | jq -c '[.workflow.state, .jobs[0].state, .jobs[2].attempts[0].reason, .jobs[0].attempts[0].usage.source]')" \
	'["unknown","unknown","unknown","unknown"]' "what is not known is called so"
like "$(torc-report --db foreign.db jobs 1)" 'prepare +unknown' "in tables, too"

mkfifo pipe
is "$(try "UPDATE workflow SET state = 0; UPDATE allocation SET state = 3, start_usec = NULL, end_usec = 9;
	UPDATE submission SET arguments = '[\"--output=$PWD/pipe\"]'; UPDATE attempt SET stdout = '$PWD/pipe', stderr = '$PWD/pipe'")" '' \
	"who is led to a pipe does not wait for its writer"
evil="'a' || char(27) || '[31m' || char(7) || char(10) || 'b' || x'ff'"
texts=(workflow.name workflow.user workflow.folder workflow.description workflow.file workflow.settings workflow.version
	workflow.command_line job.name job.command job.spec resource_class.name resource_class.labels resource_class.scheduler
	submission.partition submission.error allocation.node_list runner.node runner.host attempt.message attempt.stderr_tail
	attempt.stdout attempt.stderr usage.node usage.step usage.gpus user_data.name user_data.data event.name event.data)
sql=
for text in "${texts[@]}"; do
	sql+="UPDATE ${text%.*} SET ${text#*.} = $evil || rowid;"
done
is "$(try "$sql")" '' "every text would harm a terminal"
is "$(try "UPDATE job SET state = 7, class = 1; DELETE FROM dependency; INSERT INTO dependency VALUES (1, 2), (2, 1), (3, 2), (1, 4)")" '' "needs go in a circle"
like "$(torc plan --db foreign.db 1 2>&1)" 'need each other in a circle' "... which is said"

# ---- nothing of it runs ----
cp good.db view.db && sqlite3 view.db "PRAGMA legacy_alter_table = ON; ALTER TABLE workflow RENAME TO hidden; CREATE VIEW workflow AS SELECT * FROM hidden"
refused='cannot read the database view.db: .*prohibited.*; it is damaged or was written by another program; give another one with --db.*rc 3$'
like "$(torc list --db view.db 2>&1; echo "rc $?")" "$refused" "a view in place of a table is not read"
unlike "$(torc list --db view.db 2>&1)" 'SELECT' "... without SQL in the message"
is "$(try 'DROP TABLE usage; DROP TABLE class_count; DROP TABLE class_used')" '' "tables that are missing"
like "$(torc list --db foreign.db 2>&1; echo "rc $?")" 'database foreign.db: no such table.*another program.*rc 3$' "... which is said"
cp good.db trigger.db && sqlite3 trigger.db "CREATE TABLE ran (x); CREATE TRIGGER t AFTER UPDATE ON workflow BEGIN INSERT INTO ran VALUES (1); END"
torc cancel --db trigger.db 3 > log 2>&1
is "$? $(sqlite3 trigger.db 'SELECT count(*) FROM ran; SELECT state FROM workflow WHERE id = 3' | tr '\n' ' ')" "0 0 2 " "a trigger does not run"
before=$(sha256sum < good.db)
for command in "${commands[@]}"; do set -f; $command --db good.db > out 2>&1; set +f; done
is "$(sha256sum < good.db)" "$before" "who only reads changes nothing"
for offset in 8192 40960; do
	cp good.db damaged.db && head -c 64 /dev/zero | tr '\0' '\377' | dd of=damaged.db bs=1 seek=$offset conv=notrunc status=none
	bad=
	for command in "${commands[@]}"; do
		set -f; timeout 20 $command --db damaged.db > out 2> err; rc=$?; set +f
		[ $rc -lt 124 ] || bad+="$command: $rc; "
	done
	is "$bad" '' "a page that is damaged at $offset"
done
done_testing

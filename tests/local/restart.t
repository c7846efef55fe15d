#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# torc restart runs again exactly what must: decided by content, told with its reason, done at once.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

ran() { query "SELECT group_concat(name, ' ') FROM (SELECT DISTINCT j.name FROM attempt a JOIN job j ON j.id = a.job
	WHERE a.run_id = (SELECT run_id FROM workflow WHERE id = j.workflow) AND j.workflow = ${1:-1} ORDER BY j.id)"; }
would() { torc restart --dry-run --json "$@" | jq -r '[.jobs[].name] | join(" ")'; }
perhaps() { torc restart --dry-run --json "$@" | jq -r '[.if_changed[].name] | join(" ")'; }
again() { # again [ARGUMENT…]: restarts and runs; what ran, in $got
	local before after
	before=$(query "SELECT run_id FROM workflow WHERE id = 1")
	torc restart "$@" > restart.out 2>&1 || diag "$(cat restart.out)"
	run -Q --workflow 1
	after=$(query "SELECT run_id FROM workflow WHERE id = 1")
	got=; [ "$before" = "$after" ] || got=$(ran)
}
diamond() { # a new database with the diamond, run once
	rm -f db* f? code; echo 0 > code; echo a > f1
	cat > d.yaml <<-'X'
		name: diamond
		files:
		  - {name: f1, path: f1}
		  - {name: f2, path: f2}
		  - {name: f3, path: f3}
		  - {name: f4, path: f4}
		  - {name: f5, path: f5}
		  - {name: f6, path: f6}
		jobs:
		  - {name: preprocess, command: "cat f1 > f2; cat f1 > f3", input_files: [f1], output_files: [f2, f3]}
		  - {name: work1, command: "cat f2 > f4", input_files: [f2], output_files: [f4]}
		  - {name: work2, command: "cat f3 > f5; exit $(cat code)", input_files: [f3], output_files: [f5]}
		  - {name: postprocess, command: "cat f4 f5 > f6", input_files: [f4, f5], output_files: [f6]}
	X
	run -Q d.yaml
}

# the six cases of the language's description
diamond
is "$(would)" "" "nothing changed: nothing runs"
touch f1
is "$(would)" "" "f1 touched: nothing runs"
again
is "$got $(torc restart)" " workflow 1: nothing must run again" "and its new identity is kept: it is not a new run"
rm f4; is "$(would)+$(perhaps)" "work1+postprocess" "f4 deleted: its writer, and its reader only if it has changed"
again; is "$got" work1 "it has not"
is "$(cat f6)" $'a\na' "and the result stands"
rm f6; again; is "$got" postprocess "the last output deleted: its writer only"
echo b > f1; again
is "$got $(cat f6 | tr '\n' ' ')" "preprocess work1 work2 postprocess b b " "f1 changed: all four"
diamond; echo 3 > code; sed -i 's/cat f3 > f5;/cat f3 f3 > f5;/' d.yaml
rm -f db*; run -Q d.yaml
is "$rc $(query "SELECT state FROM job WHERE name = 'postprocess'")" "1 7" "work2 fails, and postprocess is canceled"
echo 0 > code; again; is "$got" "work2 postprocess" "work2 failed: it and what needs it"
is "$(query "SELECT count(*) FROM attempt WHERE job = 3")|$(query "SELECT run_id, attempt_id, state FROM attempt WHERE job = 3 AND run_id = 2")" \
	"2|2|1|5" "its attempts are counted from 1 in each run, and all kept"
diamond; query "UPDATE job SET state = 6 WHERE name = 'postprocess'; UPDATE attempt SET state = 6, reason = 4 WHERE job = 4"
is "$(would)" postprocess "the last one timed out: only it"
like "$(torc restart --dry-run)" "postprocess +it is failed \(timeout\)" "with the reason"

# content, not time
diamond; cp -p f1 keep; echo b > f1; touch -r keep f1
is "$(would)" "preprocess work1 work2 postprocess" "other content of the same size and mtime is seen"
diamond; echo x > f2; is "$(would)" "work1 postprocess" "a file between two jobs that was edited: its readers"
diamond; rm f2 f3
again; is "$got" preprocess "what its readers read is as it was: they stay"
diamond; cp f2 f2.new && mv f2.new f2
strace -f -e trace=openat -o trace torc restart > out; grep -c '"[^"]*f[1-6]"' trace > opened
is "$(cat out) $(cat opened)" "workflow 1: nothing must run again 1" "only the file with another identity is read"
strace -f -e trace=openat -o trace torc restart > out
is "$(grep -c '"[^"]*f[1-6]"' trace)" 0 "and no file the next time"

# choices
diamond
is "$(would --job work1)" "work1 postprocess" "--job: it and what needs it"
is "$(would --job 'work*')" "work1 work2 postprocess" "--job with a pattern"
is "$(would --force)" "preprocess work1 work2 postprocess" "--force: all"
echo b > f1; is "$(would --failed)" "" "--failed looks at no file"
torc restart --job nobody > out 2>&1; is $? 2 "--job of no job is refused"
like "$(cat out)" nobody "by its name"
torc restart --force --failed > out 2>&1; is $? 2 "two choices at once are refused"
diamond; echo 3 > code; rm -f db*; run -Q d.yaml; echo 0 > code
is "$(would --job postprocess)" "work2 postprocess" "--job of what was canceled takes along what it lacks"
is "$(torc restart --dry-run --json | jq -c '[.dry_run, .run_id, .jobs[0], .if_changed, .removed]')" \
	'[true,1,{"name":"work2","reason":"it is failed (exit)"},[],[]]' "as JSON"
is "$(query "SELECT run_id, state FROM workflow")" "1|1" "a dry run changes nothing"

rm -f db*; cat > two.yaml <<'X'
name: two
user_data: [{name: word, is_ephemeral: true}]
jobs:
  - {name: a, command: "exit $(cat code)"}
  - {name: b, command: "false"}
  - {name: set, command: "torc data set word 1", output_user_data: [word]}
  - {name: get, command: "test $(torc data get word) = 1 && exit $(cat code)", input_user_data: [word]}
  - {name: all, command: "true", depends_on: [a, b]}
X
echo 3 > code; run -Q two.yaml; echo 0 > code
again --job a; is "$got $(query "SELECT name, state FROM job" | tr '\n' ' ')" "a a|5 b|6 set|5 get|6 all|7 " \
	"--job of one need of two: who waits for the other stays canceled"
again --failed; is "$got $(query "SELECT state FROM job WHERE name = 'get'")" "b get 5" "--failed keeps ephemeral data of a job that does not run"

# files of a kind
rm -f db*; mkdir -p in; echo 1 > in/a; cat > k.yaml <<'X'
name: kinds
files:
  - {name: in, path: in}
  - {name: tmp, path: tmp, temporary: true}
  - {name: out, path: out}
  - {name: other, path: other}
jobs:
  - {name: make, command: "cat in/* > tmp", input_files: [in], output_files: [tmp]}
  - {name: use, command: "cat tmp > out; rm tmp", input_files: [tmp], output_files: [out]}
  - {name: after, command: "cat out > other", input_files: [out], output_files: [other]}
X
run -Q k.yaml
is "$rc $(would)" "0 " "a temporary file that is missing is no reason"
rm out; is "$(would)+$(perhaps)" "make use+after" "but is made again for a reader that runs again"
again; is "$got" "make use" "and what it wrote is as before"
echo 2 > in/b; is "$(would)" "make use after" "a folder has another entry"

# user data
rm -f db*; cat > u.yaml <<'X'
name: data
user_data:
  - {name: limit, data: 3}
  - {name: seed, is_ephemeral: true, data: 1}
  - {name: best}
jobs:
  - {name: a, command: "torc data set best \"{\\\"x\\\": 1}\"", output_user_data: [best], input_user_data: [limit]}
  - {name: b, command: "torc data get best", input_user_data: [best]}
  - {name: c, command: "true", input_user_data: [seed]}
X
run -Q u.yaml
is "$rc $(would)" "0 " "data as it was: nothing"
torc data set best '{ "x":1 }'; is "$(would)" "" "the same value, spaced otherwise"
torc data set limit 4; is "$(would)+$(perhaps)" "a b+" "a value that the user has set: its readers, and what comes after"
again; is "$got" "a b" "they run"
torc data set seed 2; is "$(would)" "" "ephemeral data is what the file gave"
again; is "$(torc data get seed)" 2 "and is set back only when something runs"
torc data set limit 5; again; is "$(torc data get seed)" 1 "as now"

# needs by a regex, and a job that waits for all, failed or not
rm -f db*; echo 3 > code; cat > r.yaml <<'X'
name: fan
jobs:
  - {name: "s_{i}", command: "exit $(( {i} == 2 ? $(cat code) : 0 ))", parameters: {i: "1:3"}}
  - {name: all, command: "true", depends_on_regexes: ["^s_"]}
  - {name: tidy, command: "true", depends_on_regexes: ["^s_"], cancel_on_blocking_job_failure: false}
X
run -Q r.yaml; echo 0 > code
is "$(would)" "s_2 all tidy" "through a barrier: what failed, and what waited for it"
like "$(torc restart --dry-run)" "tidy +it needs s_2" "told by the job behind it"
again; is "$got" "s_2 all tidy" "and it runs so"
is "$(query "SELECT sum(jobs) FROM class_count WHERE state = 5")" 5 "the counts are right"

# while a runner lives
rm -f db*; mkfifo gate; cat > l.yaml <<'X'
name: live
jobs:
  - {name: slow, command: "read x < gate"}
  - {name: bad, command: "exit $(cat code)"}
X
echo 3 > code; start_run l.yaml
wait_until 10 '[ "$(query "SELECT sum(state) FROM job WHERE state IN (4, 6)" 2> /dev/null)" = 10 ]' || diag "$(torc jobs)" # one runs, one failed
echo 0 > code; torc restart > out
wait_until 10 '[ "$(query "SELECT state FROM job WHERE name = '"'bad'"'")" = 5 ]'
is "$(query "SELECT name, state FROM job ORDER BY id" | tr '\n' ' ')" "slow|4 bad|5 " "a live runner takes what was reset, and goes on with what runs"
echo go > gate; await "$pid"; is "$?" 0 "and ends well"
is "$(query "SELECT name, run_id, attempt_id FROM attempt a JOIN job j ON j.id = a.job ORDER BY a.id" | sort | tr '\n' ' ')" \
	"bad|1|1 bad|2|1 slow|1|1 " "each attempt is of the run that it began in"
like "$(ls torc_output)" "job_wf1_j2_r2_a1.o" "and has its own output files"

recount() { # rows of class_used that are not what the rows of attempts make
	{ echo "CREATE TEMP TABLE class_used AS SELECT * FROM main.class_used WHERE 0;"; cat "$TORC_SOURCE/lib/store/class_used.sql"
		echo "SELECT * FROM main.class_used EXCEPT SELECT * FROM temp.class_used; SELECT * FROM temp.class_used EXCEPT SELECT * FROM main.class_used;"; } |
		sqlite3 "$TORC_DB"
}

miscounted() { query "SELECT count(*) FROM (SELECT class, state, count(*) AS n FROM job WHERE class > 0 GROUP BY 1, 2 EXCEPT
	SELECT class, state, jobs FROM class_count)"; }

# a changed file
diamond; sed -i 's/cat f2 > f4/cat f2 f2 > f4/' d.yaml
run --restart d.yaml; is "$rc $(ran)" "0 work1 postprocess" "another command: it and what needs it"
is "$(cat f6 | wc -l)" 3 "with the new result"
sed -i 's/- {name: work2, /&cpus: 2, memory: 100m, runtime: 5m, priority: 3, /' d.yaml
run --restart 1 d.yaml; is "$rc $(query "SELECT run_id FROM workflow")" "0 2" "other resources: nothing"
is "$(query "SELECT c.cpus FROM job j JOIN resource_class c ON c.id = j.class WHERE j.name = 'work2'")" 2 "but they are known"
is "$(recount)$(miscounted)" "0" "what attempts used is counted where their jobs are now, and so are the jobs"
cat >> d.yaml <<'X'
  - {name: more, command: "cat f6", input_files: [f6]}
X
run --restart d.yaml; is "$rc $(ran)" "0 more" "a job that is new"
sed -i '/name: more/d; s/f4, f5/f4/' d.yaml
run --restart d.yaml; is "$rc $(ran)" "0 postprocess" "one that is gone, and another that reads less"
is "$(query "SELECT count(*) FROM job WHERE name = 'more'")$(query "SELECT count(*) FROM attempt WHERE job NOT IN (SELECT id FROM job)")" 00 \
	"what is gone is gone with its attempts"
is "$(recount)" "" "and with what they used"
is "$(query "PRAGMA foreign_key_check; PRAGMA integrity_check")" ok "and nothing points to it"
sed -i 's/cpus: 2, memory: 100m, runtime: 5m, //' d.yaml; run --restart d.yaml
is "$rc $(ran) $(query "SELECT count(*) FROM resource_class")$(query "PRAGMA foreign_key_check")" "0 postprocess 1" "a class that nobody asks for any more is gone"
(mkdir -p elsewhere && cd elsewhere && run -Q --restart ../d.yaml); is "$rc" 0 "from another folder, too"
echo 'name: other' > o.yaml; echo 'jobs: [{name: a, command: "true"}]' >> o.yaml
run --restart o.yaml; is "$rc" 2 "a file that no workflow came from is refused"
like "$(cat log)" "no workflow of this database came from" "and said"
run --workflow 1; is "$rc" 0 "torc-run --workflow of what is complete ends as it ended"
diamond; echo 3 > code; rm -f db*; run -Q d.yaml; run -Q --workflow 1; is "$rc" 1 "of what failed, too"

diamond; rm f2; torc restart > out; sed -i 's/cat f1 > f2; /&: ; /' d.yaml
run --restart d.yaml; is "$rc $(ran)" "0 preprocess work1 work2 postprocess" "one that an earlier restart has left to write its file again, changed"
sed -i 's/^  - {name: "s_.*/  - {name: "s_{i}", command: "true", parameters: {i: "1:12"}}/; /tidy/d; s/name: all, /&depends_on: [s_1], /' r.yaml; rm -f db*; run -Q r.yaml
cat >> r.yaml <<'X'
  - {name: tidy, command: "true", depends_on_regexes: ["^s_"]}
X
run --restart r.yaml; is "$rc $(ran)" "0 tidy" "a new job with the many needs of another: it alone"

# more for what ran out of memory or time
rm -f db*; cat > e.yaml <<'X'
name: more
resource_requirements:
  - {name: small, num_cpus: 1, memory: 64m, runtime: PT4S}
jobs:
  - {name: greedy, command: "test -e big || dd if=/dev/zero bs=120M count=1 | sleep 60", resource_requirements: small}
  - {name: slow, command: "test -e big || exec sleep 60", resource_requirements: small}
  - {name: bad, command: "test -e big", resource_requirements: small}
  - {name: good, command: "true", resource_requirements: small}
X
run -Q e.yaml
is "$(query "SELECT group_concat(reason) FROM attempt WHERE state = 6 ORDER BY job")" "3,4,1" "one dies of memory, one of time, one by itself" ||
	diag "$(torc jobs)"
torc restart --escalate --dry-run > out
like "$(cat out)" "class small: 1 job that ran out of memory gets 256m instead of 64m \(largest use [0-9.]+[km]\)" "what it gets, and from what" || diag "$(cat out)"
like "$(cat out)" "class small: 1 job that ran out of time gets 6s instead of 4s" "time, too"
is "$(query "SELECT count(*) FROM resource_class")" 1 "a dry run makes no class"
: > big; again --escalate
is "$rc $got" "0 greedy slow bad" "all of them run again"
is "$(query "SELECT j.name, c.name FROM job j JOIN resource_class c ON c.id = j.class ORDER BY j.id" | tr '\n' ' ')" \
	"greedy|small+256m slow|small+6s bad|small good|small " "those two alone with more"
is "$(query "SELECT memory_bytes, runtime_usec FROM resource_class ORDER BY id" | tr '\n' ' ')" "67108864|4000000 268435456|4000000 67108864|6000000 " "as was said"
is "$(miscounted)" 0 "counts are what the rows are"

# inside a job, its own workflow is meant and not the last one
run -Q e.yaml
is "$(TORC_WORKFLOW_ID=1 TORC_JOB_ID=1 torc restart --dry-run --json | jq .workflow_id) $(torc restart --dry-run --json | jq .workflow_id)" "1 2" \
	"a job restarts its own workflow"

# two at once
diamond; echo b > f1
torc restart > one & first=$!
torc restart > two 2>&1; await "$first"
is "$(query "SELECT run_id FROM workflow")" 2 "two restarts at once are one"
run -Q --workflow 1; is "$rc $(ran)" "0 preprocess work1 work2 postprocess" "and it runs once"
done_testing

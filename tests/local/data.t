#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# User data and events by torc-run and torc: set in a job, read by others; many writers, large values, bad clients of the socket.
examples=$(cd "$(dirname "$0")/../../examples" && pwd)
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
client=$TORC_BUILD/tests/local/socket_client
out() { cat torc_output/job_wf"$1"_j"$(query "SELECT id FROM job WHERE workflow = $1 AND name = '$2'")"_r1_a1."${3:-o}"; }

# ---- from one job to another ----
cat > values.json <<'J'
{"name": "values", "user_data": [{"name": "conf", "data": {"a": 0.10, "s": "it's"}}, {"name": "made"}, {"name": "other"}],
 "jobs": [
  {"name": "make", "command": "torc data get conf; torc data set made @made.json",
   "output_user_data": ["made"]},
  {"name": "bare", "command": "echo ${user_data.input.made}"},
  {"name": "double", "command": "echo \"${user_data.input.made}\""},
  {"name": "single", "command": "echo '${user_data.input.made}'"},
  {"name": "get", "command": "torc data get made", "input_user_data": ["made"]},
  {"name": "name", "command": "torc data set ${user_data.output.other} 1; torc data set other 2; torc data get other"}]}
J
want='{"n": 0.10, "q": "$HOME; it'"'"'s", "big": 123456789012345678}'
echo "$want" > made.json
run values.json
is "$rc $(jobs | grep -c ' completed$')" "0 6" "jobs that set and read data complete" || diag "$(cat log; jobs; cat torc_output/*.e)"
is "$(out 1 make)" '{"a":0.1,"s":"it'"'"'s"}' "a value of the file is there in a job"
for place in bare double single get; do
	is "$(out 1 $place)" "$want" "a value that a job wrote comes to another one as it was written: $place"
done
is "$(out 1 name)" 2 "the last one counts"
is "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job, attempt b JOIN job k ON k.id = b.job
	WHERE j.name IN ('bare', 'double', 'single', 'get') AND k.name = 'make' AND a.start_usec < b.end_usec")" 0 "who reads waits for who writes"
is "$(torc data get made)" "$want" "torc data get outside of jobs"
ok "torc data set outside of jobs" torc data set other '[1,
	2]'
is "$(torc data get other)" '[1, 	2]' "... takes any JSON"
long='{"long": -12345678901234567890123, "short": 5}'
ok "... integers of any length" torc data set other "$long"
is "$(torc data get other)" "$long" "... which are kept"
is "$(torc data list --json | jq -c '[.data[2].data.short, (.data[2].data.long < -1e22)]')" "[5,true]" "... and are numbers in --json"
like "$(torc data set other '{"a": 1, "a": 2}' 2>&1; echo $?)" 'duplicate object key.*2$' "a key that is there twice is refused, as in a job"
like "$(torc data set other -5 2>&1; echo $?)" 'goes after --.*2$' "a minus is no option"
like "$(torc data set other '' 2>&1; echo $?)" 'the value is empty.*2$' "nothing is no JSON"
like "$(torc data get other other 2>&1; echo $?)" 'one argument too many.*2$' "torc data get wants one name"
like "$(torc data list other 2>&1; echo $?)" 'one argument too many.*2$' "torc data list none"
echo '{"x": 1}' > file.json
ok "... from a file" torc data set other @file.json
is "$(torc data get other)" '{"x": 1}' "... which it is then"
ok "... from standard input" torc data set other - < <(echo '"text"')
is "$(torc data list --json | jq -c '[.data[] | [.name, .ephemeral]]')" '[["conf",false],["made",false],["other",false]]' "torc data list"
like "$(torc data set oter 1 2>&1; echo $?)" 'no user data "oter"; did you mean "other".*2$' "a slip in a name is told"
like "$(torc data set other text 2>&1; echo $?)" "text needs quotes.*2$" "a word without quotes too"
like "$(torc data set other '[1,' 2>&1; echo $?)" 'line 1, column 3.*2$' "and what is no JSON otherwise"
like "$(torc data get nothing 2>&1; echo $?)" '2$' "data that there is not"

# ---- data that is missing ----
cat > missing.json <<'J'
{"name": "missing", "user_data": [{"name": "set"}, {"name": "never"}],
 "jobs": [
  {"name": "forgets", "command": "torc data set set null", "output_user_data": ["set", "never"]},
  {"name": "child", "command": "true", "input_user_data": ["never"]},
  {"name": "anyway", "command": "echo ${user_data.input.never}", "cancel_on_blocking_job_failure": false}]}
J
run missing.json
is "$rc $(jobs | tail -n 3 | paste -s -d,)" "1 forgets failed missing_output,child canceled,anyway failed missing_input" \
	"declared data that was not set fails the job, and those that need it"
like "$(query "SELECT message FROM last_attempt WHERE reason = 6")" "output data never" "... by name"
like "$(query "SELECT message FROM last_attempt WHERE reason = 5")" "input data never" "... also where it is to be put into a command"
is "$(torc data get set; torc data get never 2> err; echo $?)" "null
1" "null is a value, no value is none"

# ---- many writers ----
names= writers=
for i in {1..40}; do
	names+=",{\"name\": \"d$i\"}"
	writers+=",{\"name\": \"w$i\", \"command\": \"for i in 1 2 3 4 5; do torc data set d$i \$i; torc event post tick \$i; done\",
		\"resource_requirements\": \"small\", \"output_user_data\": [\"d$i\"]}"
done
echo "{\"name\": \"writers\", \"resource_requirements\": [{\"name\": \"small\", \"num_cpus\": 1, \"memory\": \"64m\"}],
	\"user_data\": [${names#,}], \"jobs\": [${writers#,}]}" > writers.json
timed torc-run --quiet --cpus 8 --memory 2g writers.json > log 2>&1
is $? 0 "40 jobs that write at the same time complete" || diag "$(cat log; cat torc_output/*.e | sort | uniq -c | head)"
is "$(query "SELECT count(*) FROM user_data WHERE workflow = 3 AND data = '5'")" 40 "no value is lost"
is "$(query "SELECT count(*), sum(data) FROM event WHERE workflow = 3 AND name = 'tick'")" "200|600" "and no event, nor counted twice"

# ---- large values, bad clients ----
cat > garbage <<'J'
hello

[1]
{}
{"op":"drop","name":"n"}
{"op":"set","name":"n"}
{"value":{"a":["}\""]},"op":"set","name":"n"}
J
printf '\377\n{"op":"get","name":"n"}\n' >> garbage
cat > clients.json <<J
{"name": "clients", "user_data": [{"name": "large"}, {"name": "n", "data": 0}],
 "jobs": [{"name": "large", "command": "{ printf '\"'; head -c 1048574 /dev/zero | tr '\\\\0' x; printf '\"'; } > value; torc data set large @value && torc data get large | cmp - <(cat value; echo) && echo same",
   "output_user_data": ["large"]},
  {"name": "partial", "command": "printf '{\"op\":\"set\",\"name\":\"n\",\"value\":1}\n{\"op\":\"set\",\"name\":\"n\",\"val' | $client", "depends_on": ["large"]},
  {"name": "long", "command": "head -c 6000000 /dev/zero | tr '\\\\0' x | $client", "depends_on": ["partial"]},
  {"name": "garbage", "command": "$client < garbage", "depends_on": ["long"]},
  {"name": "leaves", "command": "for i in 1 2 3 4 5 6 7 8 9; do yes '{\"op\":\"get\",\"name\":\"large\"}' | head -n 500 | $client --leave; done", "depends_on": ["garbage"]},
  {"name": "many", "command": "seq 1 5000 | sed 's/.*/{\"op\":\"set\",\"name\":\"n\",\"value\":&}/' | $client | sort | uniq -c", "depends_on": ["leaves"]},
  {"name": "gone", "command": "rm -rf \$(dirname \$TORC_SOCKET); torc data set n 7; torc event post fallback", "depends_on": ["many"]}]}
J
run clients.json
is "$rc $(jobs | tail -n 7 | grep -c ' completed$')" "0 7" "a runner with bad clients goes on" || diag "$(cat log; jobs | tail -7; tail -n 3 torc_output/*wf4*.e)"
is "$(out 4 large)" same "a value of 1 MiB"
is "$(out 4 partial)" '{"ok":true}' "a line without its end is not applied, those before are"
like "$(out 4 long)" '"ok":false,"error":"a line has more than 4 MiB' "a line that does not end is refused"
is "$(out 4 garbage | grep -c '"ok":false')" 7 "lines that make no sense are refused, each" || diag "$(out 4 garbage)"
is "$(out 4 garbage | tail -n 1)" '{"ok":true,"value":{"a":["}\""]}}' "... and the next one is served, in its turn"
is "$(out 4 many | sed 's/^ *//')" '5000 {"ok":true}' "5000 requests in one go are all answered"
is "$(torc data get n)" 7 "without a socket, torc goes to the database"

# ---- idle connections ----
cat > idle.json <<J
{"name": "idle", "user_data": [{"name": "n"}],
 "jobs": [{"name": "holds", "command": "$client --idle 400 < /dev/null > held & while [ ! -e over ]; do sleep 0.05; done; kill \$!"},
  {"name": "sets", "command": "while [ ! -s held ]; do sleep 0.05; done; timeout 60 torc data set n 5; echo \$?; timeout 60 $client < get; touch over"}]}
J
echo '{"op":"get","name":"n"}' > get
run idle.json
is "$rc $(out 5 sets | paste -s -d' ')" '0 0 {"ok":true,"value":5}' "400 idle connections of a job keep no other one out" || diag "$(cat log; jobs | tail -n 2)"

# ---- events ----
cat > events.json <<'J'
{"name": "events", "jobs": [
 {"name": "a", "command": "torc event post begun; torc event post half '{\"percent\": 50}'; while [ ! -e go ]; do sleep 0.05; done; torc event post end"},
 {"name": "b", "command": "exit 3", "depends_on": ["a"]}, {"name": "c", "command": "true", "depends_on": ["b"]}]}
J
start_run events.json
wait_until 10 '[ "$(query "SELECT max(id) FROM workflow")" = 6 ]'
torc event list --follow > followed &
follower=$!
wait_until 10 'grep -q half followed' || diag "$(cat followed)"
ok "torc event list --follow shows an event while its job runs" grep -q '{"percent": 50}' followed
touch go
await $pid
wait_until 10 '! kill -0 $follower' || kill $follower
is "$(awk '{ print $2 }' followed | sort | uniq -c | awk '{ print $2 "=" $1 }' | paste -s -d' ')" \
	"begun=1 end=1 half=1 job_canceled=1 job_claimed=2 job_ended=2 job_ready=1 job_started=2 runner_left=1 runner_started=1 workflow_created=1 workflow_ended=1" \
	"... to the end of the workflow, everything once" || diag "$(cat followed)"
is "$(torc event list --kind user --json | jq -c '[.events[] | [.name, .job, .data]]')" '[["begun","a",null],["half","a",{"percent":50}],["end","a",null]]' \
	"events of a user, with name, job and data"
is "$(torc event list --kind job_ended --job b --json | jq -c '[.events[].data | [.state, .exit_code, .reason]]')" '[["failed",3,"exit"]]' "by kind and job"
is "$(torc event list --kind job_ready --json | jq -c '.events[] | [.job, .data]')" '["b",{"state":"ready"}]' "what became ready"
is "$(torc event list --kind job_canceled --json | jq -c '.events[] | [.job, .data]')" '["c",{"state":"canceled","need":"b"}]' \
	"what was canceled, and for what"
is "$(torc event list --since 2100-01-01T00:00:00Z)" "" "by time"
isnt "$(torc event list --since 1h)" "" "... also by how long ago"
last=$(torc event list --json | jq -r '.events[-1].time')
is "$(torc event list --since "$last" --json | jq '.events | length > 0 and all(.time >= "'"$last"'")')" true "... to the microsecond, as --json has it"
like "$(torc event list --since "${last}x" 2>&1; echo $?)" 'is no time.*2$' "... and what is no time is refused"
like "$(torc-report events)" "half" "torc-report events shows them"
ok "an event from outside of jobs" torc event post --workflow 1 note '[1]'
is "$(torc event list --workflow 1 --kind note --json | jq -c '.events[0] | [.job, .data]')" '[null,[1]]' "... has no job"

cat > slow.json <<'J'
{"name": "slow", "jobs": [{"name": "a", "command": "trap 'sleep 1; exit 5' TERM; touch trapped; while :; do sleep 0.1; done"}]}
J
start_run slow.json
wait_until 10 '[ -e trapped ]'
torc event list --follow > followed &
follower=$!
torc cancel --last > log 2>&1
await $pid
wait_until 10 '! kill -0 $follower' || kill $follower
is "$(awk '{ print $2 }' followed | tail -n 3 | paste -s -d' ')" "job_ended workflow_ended runner_left" \
	"--follow goes on after a cancel, until the jobs have ended and their runner has left" || diag "$(cat followed)"
is "$(torc event list --kind workflow_canceled --json | jq -c '.events[] | .data')" '{"state":"canceled"}' "a cancel is an event"
like "$(torc event list --kind job_edned 2>&1)" 'no event "job_edned" so far; did you mean "job_ended"' "a slip in a kind is told"
is "$(torc event list --kind job_edned 2> err)" "" "... on standard error"
like "$(torc event list --job aa 2>&1; echo $?)" 'has no job "aa".*2$' "and one in a job"

# ---- a database that is locked for a while ----
cat > locked.json <<J
{"name": "locked", "user_data": [{"name": "n"}, {"name": "m"}],
 "jobs": [{"name": "a", "command": "touch ready; while [ ! -e locked ]; do sleep 0.02; done; $client --idle 400 < set > answers & while [ ! -s answers ]; do sleep 0.02; done; torc data set n 1; touch done; while ! grep -q ok answers && kill -0 \$!; do sleep 0.02; done; kill \$!",
   "output_user_data": ["n"]}]}
J
echo '{"op":"set","name":"m","value":2}' > set
start_run locked.json
wait_until 10 '[ -e ready ]'
mkfifo pipe
TORC_BUSY_SECS=1 sqlite3 "$TORC_DB" < pipe > /dev/null & holder=$!
exec 9<> pipe # does not wait for a reader
printf 'PRAGMA busy_timeout = 20000;\nBEGIN EXCLUSIVE;\n.shell touch locked\n' >&9
wait_until 20 '[ -e locked ]'
wait_until 1 '[ -e done ]'
nok "nothing is answered while the database cannot keep it" [ -e done ]
exec 9>&-
await $holder
await $pid
is "$? $(torc data get n)" "0 1" "then it is, and the job completes" || diag "$(cat log)"
is "$(paste -s -d' ' answers)" 'idle {"ok":true}' "... who waits for an answer has left for nobody"

# ---- killed ----
echo '{"name": "killed", "jobs": [{"name": "a", "command": "echo $TORC_SOCKET > socket; [ -e again ] || exec sleep 1000.06"}]}' > killed.json
start_run killed.json
wait_until 10 '[ -s socket ]'
ok "the socket is there while the runner lives" [ -S "$(cat socket)" ]
is "$(stat -c %a "$(cat socket)" "$(dirname "$(cat socket)")" | paste -s -d' ')" "600 700" "... for its user only"
was=$(cat socket)
touch again
kill -9 "$runner"
await $pid
nok "a runner that was killed leaves none behind" [ -e "$(dirname "$was")" ]
rm again

echo '{"name": "one", "jobs": [{"name": "a", "command": "true"}]}' > one.json
mkdir -p run/torc-abcdef run/torc-ghijkl/x && XDG_RUNTIME_DIR=$TEST_DIR/run start_run killed.json
wait_until 10 '[ -S "$(cat socket)" ] && [[ $(cat socket) = */run/* ]]'
left=$(dirname "$(cat socket)")
kill -9 $pid "$runner"
wait_until 10 '[ -z "$(alive "sleep 1000\.06")" ]' || pkill -9 -f 'sleep 1000\.06'
ok "a runner killed with its keeper leaves its socket" [ -S "$left/socket" ]
touch -d '2 minutes ago' run/*
XDG_RUNTIME_DIR=$TEST_DIR/run run one.json
is "$rc $(ls run | paste -s -d' ')" "0 torc-ghijkl" "... which the next one removes, with folders that no runner came to use, and nothing else" || diag "$(cat log)"

# ---- the example ----
mkdir examples && cp -r "$examples/data" examples && run examples/data/workflow.json
is "$rc" 0 "the example with user data and events runs" || diag "$(cat log; cat torc_output/*.e)"
like "$(cat best.txt)" "best seed: [0-9]+" "... and writes its report"
done_testing

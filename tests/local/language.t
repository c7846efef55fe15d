#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The workflow language, run on this machine: stages through barriers, parameters, formats, standard input, the examples.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

# ---- stages that need all of the one before ----
cat > stages.yaml <<'Y'
name: stages
jobs:
- {name: "a_{i}", command: "true", parameters: {i: "1:100"}}
- {name: "b_{i}", command: "true", depends_on_regexes: ["^a_"], parameters: {i: "1:100"}}
- {name: "c_{i}", command: "true", depends_on_regexes: ["^b_"], parameters: {i: "1:100"}}
Y
run stages.yaml
is $rc 0 "three stages of 100 jobs complete" || diag "$(cat log)"
is "$(query "SELECT count(*) FROM dependency")" 400 "with 200 rows for each boundary"
is "$(query "SELECT count(*) FROM job_status")" 300 "barriers are in no list of jobs"
span() { query "SELECT $2 FROM attempt a JOIN job j ON j.id = a.job WHERE j.name LIKE '$1%'"; }
ok "no b starts before the last a has ended" [ "$(span b_ 'min(start_usec)')" -ge "$(span a_ 'max(end_usec)')" ]
ok "no c starts before the last b has ended" [ "$(span c_ 'min(start_usec)')" -ge "$(span b_ 'max(end_usec)')" ]

# ---- a failure in a stage: those that go on, and those that do not ----
rm -f db*
cat > fails.json5 <<'Y'
{name: 'fails', jobs: [
  {name: 'a_{i}', command: 'exit {i}', parameters: {i: '0:9'}},
  {name: 'b_{i}', command: 'true', depends_on_regexes: ['^a_'], parameters: {i: '1:9'}},
  {name: 'c_{i}', command: 'true', depends_on_regexes: ['^a_'], cancel_on_blocking_job_failure: false, parameters: {i: '1:9'}},
]}
Y
run fails.json5
is $rc 1 "a stage with failures ends with 1"
is "$(query "SELECT substr(name, 1, 1), state, count(*) FROM job_status GROUP BY 1, 2" | tr '\n' ' ')" \
	"a|completed|1 a|failed|9 b|canceled|9 c|completed|9 " "what needs the stage is canceled, or goes on, as it says"

# ---- one file in several spellings, with an old one left over ----
rm -rf db* out
mkdir out && echo old > out/x.txt
cat > spellings.json <<Y
{"name": "spellings", "files": [
  {"name": "w", "path": "out/x.txt"}, {"name": "r", "path": "./out//x.txt"}, {"name": "a", "path": "$PWD/a/../out/x.txt"}],
 "jobs": [{"name": "read", "command": "cat \${files.input.r} > read.txt"}, {"name": "absolute", "command": "cat < out/x.txt > absolute.txt",
   "input_files": ["a"]}, {"name": "write", "command": "sleep 0.1; echo new > \${files.output.w}"}]}
Y
run spellings.json
is "$rc $(cat read.txt absolute.txt | tr '\n' ' ')" "0 new new " "who reads a file waits for who writes it, however both spell it" || diag "$(cat log)"
is "$(query "SELECT command FROM job WHERE name = 'read'")" "cat ./out//x.txt > read.txt" "and gets the path as it was written"

# ---- a path put into a command means the file that is checked, wherever the job runs ----
rm -rf db* 'a b'
mkdir -p 'a b/wd_1' && cd 'a b' && echo in > in.txt
cat > workdir.json <<Y
{"name": "workdir", "parameters": {"n": [1]},
 "files": [{"name": "in", "path": "in.txt"}, {"name": "o_{n}", "path": "out_{n}.txt", "use_parameters": ["n"]}, {"name": "s", "path": "sub/s.txt"}, {"name": "abs", "path": "$PWD/abs.txt"},
  {"name": "dot", "path": "dot.txt"}, {"name": "same", "path": "same.txt"}, {"name": "up", "path": "up.txt"}],
 "jobs": [
  {"name": "other", "workdir": "wd_{n}", "use_parameters": ["n"], "invocation_script": "cat \${files.input.in} > \"\${files.output.s}\"\n",
   "command": "pwd > \${files.output.o_{n}}; cat '\${files.input.in}' > \${files.output.abs}"},
  {"name": "dot", "workdir": "./", "command": "echo > \${files.output.dot}"},
  {"name": "same", "workdir": "$PWD/", "command": "echo > \${files.output.same}"},
  {"name": "up", "workdir": "wd_1/..", "command": "cat \${files.input.s} > \${files.output.up}"}]}
Y
mkdir sub
run workdir.json
is "$rc $(cat out_1.txt sub/s.txt abs.txt up.txt | tr '\n' ' ')" "0 $PWD/wd_1 in in in " "files named in the commands of jobs with a workdir are those of the submission folder" ||
	diag "$(cat log; query "SELECT name, command FROM job")"
is "$(query "SELECT command FROM job WHERE name = 'other'")" "cat '$PWD/in.txt' > \"$PWD/sub/s.txt\"
pwd > '$PWD/out_1.txt'; cat '$PWD/in.txt' > '$PWD/abs.txt'" "their paths are absolute, in the quotes of where they stand"
is "$(query "SELECT command FROM job WHERE name IN ('dot', 'same') ORDER BY name" | xargs)" "echo > dot.txt echo > same.txt" "a workdir that is the submission folder changes no path"
cd ..

# ---- what an invocation script must not swallow ----
rm -rf db*
echo 'VALUE=from_env' > env.sh
scripts=('source env.sh' '. ./env.sh' 'source env.sh\n' 'set -e' 'ulimit -c 0' 'umask 022' 'export A=1' 'cd .' 'shopt -s nullglob' 'trap true USR1'
	'alias x=y' 'true' 'mkdir -p made' 'A=1 . ./env.sh' 'command . ./env.sh' '. ./env.sh && cd .' 'set -e; ulimit -c 0' '. ./env.sh # note'
	'if [ -e env.sh ]; then . ./env.sh; fi' '{ cd .; }' '(cd .)' 'f() { true; }' 'eval \"$(cat env.sh)\"' 'module() { true; }; module load x'
	'. ./env.sh;' '. ./env.sh &&' 'set -e; exec' 'A=1' 'env A=1' 'env A=1 # note' 'nice -n 1' 'time' 'command' 'cd . && nice')
for i in "${!scripts[@]}"; do
	printf '%s{"name": "s%d", "invocation_script": "%s", "command": "bash -c \"exit 5\""}' "${comma-}" "$i" "${scripts[i]}" && comma=,
done | sed 's/"bash -c "exit 5""/"bash -c \\"exit 5\\""/g; 1s/^/{"name": "scripts", "jobs": [/; $s/$/]}/' > scripts.json
run scripts.json
is "$(query "SELECT group_concat(j.name || ':' || coalesce(a.exit_code, '-'), ' ') FROM job j JOIN attempt a ON a.job = j.id WHERE a.exit_code IS NOT 5")" "" \
	"the command behind each of ${#scripts[@]} scripts runs, and says with what it ended" || diag "$(cat log)"
is "$(query "SELECT count(*) FROM attempt WHERE exit_code = 5")" ${#scripts[@]} "all of them"
cat > value.json <<'Y'
{"name": "value", "jobs": [{"name": "a", "invocation_script": "source env.sh", "command": "echo $VALUE > value.txt"}]}
Y
run value.json
is "$rc $(cat value.txt)" "0 from_env" "and what a script sets is there" || diag "$(cat log)"

# ---- standard input ----
rm -f db*
printf 'name: piped\njobs:\n- {name: "p_{i}", command: "cat; echo {i} > p_{i}.txt", parameters: {i: [x, 010]}}\n' > piped
run - < piped
is $rc 0 "a workflow comes from standard input" || diag "$(cat log)"
is "$(cat p_x.txt p_010.txt | tr '\n' ' ')" "x 010 " "and its jobs do not read it"

# ---- the examples ----
rm -f db*
cp -r "${TORC_SOURCE:-$TORC_BUILD/..}/examples" .
run examples/sweep/workflow.yaml
is $rc 0 "the sweep over two parameters completes" || diag "$(cat log)"
is "$(query "SELECT count(*) FROM job_status")" 27 "with a job for each of 13 x 2 values and the table"
is "$(wc -l < sweep.out/table.txt)" 26 "the table has a row for each"
is "$(awk '$1 == 4 { print ($2 > 0.66 && $2 < 0.72) ? "ln 2" : $2 }' sweep.out/table.txt | sort -u)" "ln 2" "at rate 4 the exponent is ln 2"
is "$(awk '$1 < 3.5 { print $3 }' sweep.out/table.txt | sort -u)" periodic "below 3.5 nothing is chaotic"
run examples/table/workflow.yaml
is $rc 0 "the sweep over a table completes" || diag "$(cat log)"
is "$(awk '{ print $1, $2, ($3 > 2.9 && $3 < 3.4) ? "pi" : $3 }' table.out/summary.txt)" "1000 quick pi
10000 fair pi
100000 good pi
300000 better pi" "and its one last job has read what all wrote"

# ---- a list of commands ----
rm -f db*
printf '# what to run\n\necho "one  \\ two" > c1\n  echo $((1 + 1)) > c2\r\n#echo no\nexit 3\n' > list.txt
run --commands list.txt
is $rc 1 "a list of commands runs, and one that fails is told"
is "$(cat c1 c2)" 'one  \ two
2' "each line as it stands"
is "$(jobs)" "cmd_1 completed
cmd_2 completed
cmd_3 failed exit" "as jobs that are numbered"
is "$(query "SELECT name FROM workflow")" list "and named after the file"
rm -f db* c1
printf '\xef\xbb\xbfecho marked > c1' > list.txt
run --commands list.txt
is "$rc $(cat c1)" "0 marked" "the mark of some editors and a missing last line end are no part of a command"
printf '\xff\xfee\0' > wide.txt
run --commands wide.txt
is "$rc $(cat log)" "2 torc-run: wide.txt:1:1: the file is UTF-16; save it as UTF-8" "UTF-16 is called by its name"
printf 'echo a \\\n  b\necho c \\\\\n' > goes-on.txt
run --commands goes-on.txt
is "$rc $(head -n 1 log)" '1 torc-run: goes-on.txt:1:1: warning: this command ends in \, but does not go on: each line is a command of its own' \
	"a command that would go on in the next line is warned of"
is "$(grep -c warning log)" 1 "and no other"
seq 1 30 | sed 's/.*/cat ${files.input.x}/' > bad.txt
run --commands bad.txt
is "$rc $(tail -n 1 log)" "2 torc-run: bad.txt: 10 more errors" "nobody is sent to torc validate, which reads no list"
printf '\n# nothing\n' > empty.txt
run --commands empty.txt
is "$rc $(cat log)" "2 torc-run: empty.txt:1:1: there is no command here; each line is one, blank lines and # lines are skipped" \
	"a list without commands is refused"
run --commands list.txt stages.yaml
is "$rc $(cat log)" "2 torc-run: either a workflow or --commands FILE, not both" "a list and a file are too much"

# ---- what people are shown is in the order of the file, numbers in the order of numbers: nothing is sorted by name ----
rm -f db*
cat > order.json <<'J'
{"name": "order", "resource_requirements": [{"name": "c10", "num_cpus": 1, "memory": "30m"}, {"name": "c9", "num_cpus": 1, "memory": "20m"},
  {"name": "c2", "num_cpus": 1, "memory": "10m"}],
 "files": [{"name": "f10", "path": "f10"}, {"name": "f9", "path": "f9"}, {"name": "f2", "path": "f2"}],
 "user_data": [{"name": "d10", "data": 1}, {"name": "d9", "data": 1}, {"name": "d2", "data": 1}],
 "jobs": [{"name": "j10", "command": "touch f10 f9 f2", "output_files": ["f10", "f9", "f2"], "resource_requirements": "c10"},
  {"name": "j9", "command": "true", "resource_requirements": "c9"}, {"name": "j2", "command": "true", "resource_requirements": "c2"},
  {"name": "p_{i}", "command": "true", "parameters": {"i": "8:11"}, "resource_requirements": "c2"},
  {"name": "last", "command": "true", "depends_on": ["p_11", "p_9", "p_10", "p_8"], "resource_requirements": "c2"}]}
J
run order.json
names() { "$@" 2>&1 | grep -oE '\b([cdfj](10|9|2)|p_[0-9]+)\b' | tr '\n' ' '; }
is "$(names torc jobs)" "j10 j9 j2 p_8 p_9 p_10 p_11 " "jobs"
is "$(names torc-report usage)" "j10 j9 j2 p_8 p_9 p_10 p_11 " "... and their report"
is "$(names torc-report classes)" "c10 c9 c2 " "classes"
is "$(names torc data list)" "d10 d9 d2 " "user data"
is "$(names torc show j10 | tr ' ' '\n' | grep f | tail -n 3 | tr '\n' ' ')" "f10 f9 f2 " "the files of a job"
is "$(names torc show last | tr ' ' '\n' | grep p | tr '\n' ' ')" "p_8 p_9 p_10 p_11 " "what it needs"
is "$(torc graph --all | grep -o 'tooltip="[^"]*"' | tr -d '\n')" \
	"$(printf 'tooltip="%s"' j10 j9 j2 p_8 p_9 p_10 p_11 last)" "the nodes of a picture"
done_testing

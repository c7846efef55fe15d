#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Mistakes outside the language itself: files that cannot be read, far too many mistakes, databases that are none, jobs that
# never fit. What a workflow file may get wrong is in tests/cases.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

said() { timed "$@" > log 2>&1; echo "$? $(cat log)"; }
CASES=${TORC_SOURCE:-$TORC_BUILD/..}/tests/cases

# ---- a thousand mistakes ----
cp "$CASES/thousand-errors/input.json" many.json
for program in 'torc validate' torc-run torc-sbatch 'torc plan' 'torc graph'; do
	said $program many.json > all
	is "$(grep -c 'unknown key\|no job is named' all)" 20 "$program prints a screen of a thousand mistakes"
	like "$(cat all)" 'many.json: 1980 more errors; torc validate --all many.json shows all' "and says how many more there are"
	like "$(cat all)" '^2 ' "$program exits with 2"
done
said torc validate --all many.json > all
is "$(grep -c 'unknown key\|no job is named' all)" 2000 "torc validate --all prints all"
unlike "$(tail -n 1 all)" 'more' "and nothing is left"
torc validate --json many.json > many.out 2> many.err
is "$? $(jq -c '[.valid, (.problems | length)]' many.out) $(cat many.err)" '2 [false,2000] ' "so does --json"
torc validate --json "$CASES/many-instances/input.json" > json
is "$(jq '.problems | length' json)" 1 "one mistake of 500 instances is one"

# ---- files ----
mkdir folder
is "$(said torc validate folder)" '2 torc: folder is a folder, not a file' "a folder is no workflow"
is "$(said torc-run none.json)" '2 torc-run: none.json: No such file or directory' "a file that is not there"
like "$(said torc-run - < /dev/null)" '^2 torc-run: -:1:1: the file is empty; a workflow has at least a "name" and "jobs"$' "nothing on standard input"
printf '\xef\xbb\xbfname: bom\njobs:\n- {name: a, command: "true"}\n' > bom.yaml
is "$(said torc validate bom.yaml)" '0 bom.yaml: valid, 1 job' "the mark of some editors is no mistake in YAML"
printf "\xef\xbb\xbf{name: 'bom', jobs: [{name: 'a', command: 'true'}]}" > bom.json5
is "$(said torc validate bom.json5)" '0 bom.json5: valid, 1 job' "nor in JSON5"

name=$'odd\n\e[31m\xe2\x80\xae.yaml'
printf 'name: w\njobs:\n- {name: a}\n' > "$name"
is "$(said torc validate "$name")" '2 torc: odd\x0a\x1b[31m\u202e.yaml:3:3: jobs[0]: "command" is missing' "the name of a file cannot harm a terminal"
printf 'echo one\necho two\n' > list.txt
is "$(said torc validate list.txt)" "2 torc: list.txt:1:1: expected a workflow, name: … jobs: …, found \"echo one echo two\"; a list of commands \
is for the option --commands" "a list of commands is known as one"

# ---- databases ----
printf '{"name": "w", "jobs": [{"name": "a", "command": "true"}]}' > w.json
is "$(said torc-run --db folder w.json)" '3 torc-run: folder is a folder, not a database; name a file in it: folder/torc.db' "a folder is no database"
is "$(said torc-run --db none/x.db w.json)" '3 torc-run: cannot create the database none/x.db: No such file or directory' "its folder must be there"
echo text > text.db
like "$(said torc-run --db text.db w.json)" '^3 .*database text.db: .*give another one with --db' "neither is a text"
touch empty.db
like "$(said torc status --db empty.db)" '^3 torc: database empty.db is empty; torc-sbatch and torc-run fill one$' "an empty one has nothing to show"

# ---- jobs that never fit ----
printf '{"name": "w", "jobs": [{"name": "big_{i}", "command": "true", "cpus": 999, "parameters": {"i": "1:500"}},
	{"name": "wide", "command": "true", "nodes": 2}]}' > big.json
said torc-run big.json > all
like "$(cat all)" '^2 .*job "big_1" and 499 more \(class "[^"]*"\) can never run: it needs 999 CPUs' "jobs of a class that never fits are told once"
like "$(cat all)" 'job "wide" \(class "[^"]*"\) can never run: it needs 2 nodes' "and the others, too"
printf '{"name": "w", "jobs": [{"name": "a_{i}", "command": "true", "launcher": "srun", "parameters": {"i": "1:3"}}]}' > srun.json
like "$(said torc-run srun.json)" '^2 .*job "a_1" and 2 more: the launcher srun needs a Slurm allocation; use torc-sbatch' "no srun without Slurm"
is "$(ls db* 2> /dev/null)" '' "nothing was created by any of these"
# ---- contrib/sandbox: which one is meant ----
mkdir registry && printf 'dir=/tmp/one\nports=1\n' > registry/sbone
sandbox=$TORC_SOURCE/contrib/sandbox
export TORC_SANDBOX_REGISTRY=$PWD/registry
is "$(said "$sandbox" status --dir "$PWD/none" | head -n 1)" "1 sandbox: no sandbox in $PWD/none; begin with: sandbox start" "no sandbox in that folder"
printf 'dir=/tmp/two\nports=2\n' > registry/sbtwo
like "$(said "$sandbox" exec -- true)" '^2 sandbox: several sandboxes are there, say which with --dir:.* /tmp/one' "of several sandboxes none is taken"
rm -r registry
is "$(said "$sandbox" exec -- true)" '1 sandbox: no sandbox is running; begin with: sandbox start' "no sandbox at all"
done_testing

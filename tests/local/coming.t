#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Coming over from NREL's torc, sbatch, disBatch, HyperQueue: what people type and write there, and what they are told here.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

# ---- commands ----
page=$TORC_SOURCE/doc/from-torc.md
sed -n '/^## Commands/,$s/^| *\(.*\) | *\(.*\) | *\(.*\) |$/\1 \2/p' "$page" | grep -oE '`torc [^`]*`' | tr -d '`' | sort -u > typed
ok "the page for users of torc has many commands" [ "$(wc -l < typed)" -gt 40 ]
known=$(torc --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p')
wrong=
while read -r program command rest; do
	grep -qx -e "$command" <<< "$known" && [[ $command != jobs && $command != logs ]] && continue
	torc "$command" $rest 7 > log 2>&1
	[ $? = 2 ] && grep -qE '^torc: ("torc .*" is here|[a-z-]+: -[a-z-]+ is here|-s is here)' log || wrong+="$program $command $rest: $(cat log); "
done < typed
is "$wrong" "" "each is answered with what it is here, and 2"
wrong=
for command in create run exec submit submit-slurm watch workflows jobs files user-data events resource-requirements results failure-handlers \
	compute-nodes scheduled-compute-nodes tui slurm hpc remote reports logs job-dependencies ro-crate admin ping config plot-resources completions; do
	torc $command list 7 > log 2>&1 # two operands
	[ $? = 2 ] && grep -qE '^torc: ("torc '"$command"'( list)?" is here|logs: one)' log || wrong+="$command: $(cat log); "
done
is "$wrong" "" "all commands of torc 1.0, too"
meant=$(grep -oE '"[^"]*"' "$TORC_SOURCE/cli/foreign.c" | grep -oE 'torc [a-z]+' | sort -u | cut -d' ' -f2 | grep -vxE "$(tr '\n' '|' <<< "$known")help" | tr '\n' ' ')
is "$meant" "export " "and what is named instead is there (export comes)"
is "$(torc workflows get 7 2>&1; echo $?)" 'torc: "torc workflows get" is here: torc show ID
2' "in these words"
is "$(torc help user-data 2>&1; echo $?)" 'torc: "torc user-data" is here: torc data list --workflow ID
2' "torc help says it as well"

# ---- options ----
while IFS='|' read -r command want; do
	like "$($command 2>&1; echo "rc $?")" "$want.*"$'\n''rc 2$' "$command"
done <<'T'
torc -s exec -c x|^torc: -s is here: nothing: no server runs
torc -f json jobs list 7|^torc: -f is here: --json, after the command
torc jobs list -f json 7|^torc: jobs: -f is here: --json, after the command
torc --url http://x list|^torc: --url is here: nothing: no server
torc recover --no-prompts 7|torc restart --escalate
torc-run --num-cpus 4 w.yaml|^torc-run: --num-cpus is no option of torc-run; it is here: --cpus N
torc-run --memory-gb=4 w.yaml|is here: --memory 4g
torc-run -j 4 w.yaml|is here: --cpus N
torc-run -p debug w.yaml|torc-sbatch --partition
torc-sbatch -n 4 w.yaml|is here: num_cpus of a class
torc-sbatch -N2 w.yaml|is here: num_nodes of a class
torc-sbatch --array=1-100 w.yaml|is here: parameters of a job
torc-sbatch --wrap date|is here: --commands FILE
torc-sbatch -J x w.yaml|is here: the name of the workflow
torc-sbatch -i w.yaml|is here: --allow-missing
torc-sbatch --each-line f x|is here: --commands FILE
torc-sbatch --nonsense w.yaml|options for sbatch go after --
T
shadowed=
for file in submitter/options.c runner/options.c; do # a slip that is an option is never said
	program=torc-$([ $file = runner/options.c ] && echo run || echo sbatch)
	for name in $(sed -n '/option_slip slips/,/^};/s/^    {"\([a-z-]*\)".*/\1/p' "$TORC_SOURCE/$file"); do
		! "$program" --help | grep -qE -- "--$name[= ]" || shadowed+="$program --$name; "
	done
	for letter in $(sed -n '/option_slip slips/,/^};/s/^    {"[a-z-]*", .\(.\)., .*/\1/p' "$TORC_SOURCE/$file"); do
		! "$program" --help | grep -qE -- "^  -$letter," || shadowed+="$program -$letter; "
	done
done
is "$shadowed" "" "no option that is there is taken for a slip"

# ---- a list of commands that was a batch script, or a task list of disBatch ----
cat > batch.txt <<'T'
#!/bin/bash
# SBATCH is no word of this line
  #SBATCH -t 0:30 --mem=1G -J mine
#SBATCH --cpus-per-task=2 -p debug -A acct --exclusive
#SBATCH --constraint=fast&big # a comment
##SBATCH --qos=never
true
#SBATCHED is not meant
T
run --commands batch.txt
is "$rc $(grep warning log)" "0 torc-run: batch.txt:3:1: warning: #SBATCH lines have no effect in a list of commands; instead, torc-sbatch takes \
-t 0:30 --mem 1G -c 2 -p debug -A acct -- --exclusive '--constraint=fast&big' (-t, -c and --mem say what each command gets)" \
	"lines of a batch script are warned of, once, with what to type instead"
printf '#DISBATCH PREFIX cd x ;\ntrue\n#DISBATCH BARRIER\ntrue\n#DISBATCH BARRIER CHECK\n' > dis.txt
run --commands dis.txt
is "$rc $(grep warning log)" "0 torc-run: dis.txt:1:1: warning: #DISBATCH lines have no effect in a list of commands; write a workflow file, \
which has depends_on for BARRIER, invocation_script for PREFIX" "so are those of disBatch"
printf '#SBATCH\n#SBATCH --job-name=x\ntrue # #SBATCH -t 1\n' > few.txt
run --commands few.txt
like "$rc $(grep warning log)" '^0 torc-run: few.txt:2:1: .*; instead, torc-sbatch takes -t -c --mem -p -A -q \(' "what torc gives itself is not asked for"

# ---- a table with tabs ----
printf 'name\tvalue\nfirst\t1, 2\n second \t"3\t4"\n' > table.tsv
cat > table.yaml <<'Y'
name: table
jobs:
- {name: "{name}", command: "echo '{value}' > {name}.txt", parameters_file: table.tsv}
Y
run table.yaml
is "$rc $(cat first.txt second.txt)" "0 1, 2
3	4" "a table whose cells are between tabs gives a job a row"

# ---- shell: strict ----
rm -f db*
yes 'echo a very long line of a command that is to be kept' | head -n 3000 | tr '\n' ';' > long.txt
cat > strict.yaml <<Y
name: strict
shell: strict
failure_handlers:
- {name: again, rules: [{match_all_exit_codes: true, max_retries: 1, recovery_script: 'false | true; unset_here=\$nobody_has_set_this; echo yes > recovered'}]}
jobs:
- {name: pipe, command: "sh -c 'exit 3' | cat"}
- {name: first, command: "false; touch never"}
- {name: unset, command: "echo \$nobody_has_set_this"}
- {name: wrapper, invocation_script: "env A=1", command: "sh -c 'exit 4' | cat"}
- {name: preamble, invocation_script: "export A=1\n", command: "sh -c 'exit 5' | cat"}
- {name: source, invocation_script: "source missing.sh\n", command: "touch never"}
- {name: long, command: "$(cat long.txt) sh -c 'exit 6' | cat"}
- {name: lenient, shell: bash, command: "false | cat; echo \$nobody_has_set_this"}
- {name: missing, command: "no-such-program-here"}
- {name: handled, command: "false | cat", failure_handler: again}
- {name: good, command: "touch good"}
Y
run strict.yaml
is "$rc $(query "SELECT name, state, exit_code FROM job_status" | tr '\n' ' ')" "1 pipe|failed|3 first|failed|1 unset|failed|1 wrapper|failed|4 \
preamble|failed|5 source|failed|1 long|failed|6 lenient|completed|0 missing|failed|127 handled|failed|1 good|completed|0 " \
	"in a strict workflow the first command that fails ends the job, in a pipe, behind a wrapper, below a preamble and in a long one"
nok "and nothing behind it runs" [ -e never ]
is "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE j.name = 'handled'") $(cat recovered)" "2 yes" "recovery scripts are not strict"
like "$(torc show pipe)" 'shell: strict' "torc show says that a job is strict"
cat > strict2.yaml <<Y
name: strict2
jobs:
- {name: own, shell: strict, command: "false | true"}
- {name: other, command: "false | true"}
Y
run strict2.yaml
is "$rc $(jobs | tail -n 2 | tr '\n' ' ')" "1 own failed exit other completed " "a job can be strict by itself"
sed -i 's/shell: strict, //' strict2.yaml
run --restart strict2.yaml
is "$rc $(jobs | tail -n 2 | tr '\n' ' ')" "0 own completed other completed " "or no longer, after a change of the file"
sed -i '1a shell: strict' strict2.yaml
run --restart strict2.yaml
is "$rc $(jobs | tail -n 2 | tr '\n' ' ')" "1 own failed exit other failed exit " "which counts as a change of the command"
done_testing

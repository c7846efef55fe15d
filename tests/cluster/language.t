#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The workflow language on a Slurm of two nodes: a list of commands, standard input, sweeps, barriers between stages.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"
cluster_start --nodes 2 --cpus 4 --memory 2048
cp -r "$TORC_TOP/examples" . && chown -R "$TEST_USER:" examples
query() { [ ! -s torc.db ] || sqlite3 -readonly -cmd '.timeout 10000' torc.db "$1"; }

printf '# three commands\necho one > 1\n\necho two > 2\necho three > 3\n' > list.txt
as_user torc-sbatch --commands list.txt -c 1 --mem 100m -t 10 --wait > out 2>&1
is $? 0 "a list of commands is submitted and runs" || diag "$(cat out)"
is "$(cat 1 2 3 | tr '\n' ' ')" "one two three " "each of them"
is "$(query "SELECT cpus, memory_bytes >> 20, runtime_usec / 60000000 FROM resource_class")" "1|100|10" "with what the command line asks for"

as_user bash -c 'torc-sbatch --wait - < examples/sweep/workflow.yaml' > out 2>&1
is $? 0 "a sweep from standard input runs" || diag "$(cat out)"
is "$(wc -l < sweep.out/table.txt)" 26 "each of its points"
is "$(query "SELECT count(*) FROM submission WHERE workflow = 2")" 1 "in one submission"

as_user torc-sbatch --wait examples/table/workflow.yaml > out 2>&1
is $? 0 "a sweep over a table runs" || diag "$(cat out)"
is "$(wc -l < table.out/summary.txt)" 4 "each row of it"

cat > stages.json5 <<'J'
{name: 'stages', parameters: {i: '1:20'}, jobs: [
  {name: 'a_{i}', command: 'true', use_parameters: ['i'], cpus: 1, memory: '50m', runtime: '5m'},
  {name: 'b_{i}', command: 'true', use_parameters: ['i'], cpus: 1, memory: '50m', runtime: '5m', depends_on_regexes: ['^a_']},
]}
J
as_user torc-sbatch --wait stages.json5 > out 2>&1
is $? 0 "stages with a barrier between them run" || diag "$(cat out)"
times() { query "SELECT $2 FROM attempt a JOIN job j ON j.id = a.job WHERE j.workflow = 4 AND j.name LIKE '$1%'"; }
ok "in order" [ "$(times b_ 'min(start_usec)')" -ge "$(times a_ 'max(end_usec)')" ]
is "$(query "SELECT count(*) FROM job_status WHERE workflow = 4 AND state = 'completed'")" 40 "all of them"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A restart on a real Slurm: the six cases of the diamond, with allocations for just what runs again; single jobs are canceled in
# allocations, too.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/cluster.sh"

cluster_start --nodes 2 --cpus 4 --memory 2048

db() { runuser -u "$TEST_USER" -- sqlite3 -cmd '.timeout 10000' torc.db "$@"; }
ran() { db "SELECT group_concat(name, ' ') FROM (SELECT DISTINCT j.name FROM attempt a JOIN job j ON j.id = a.job
	WHERE a.run_id = (SELECT run_id FROM workflow WHERE id = j.workflow) AND j.workflow = $1 ORDER BY j.id)"; }
ended() { wait_until 60 '[ "$(db "SELECT state FROM workflow WHERE id = '"$1"'")" = 1 ]' || diag "$(as_user torc status "$1")"; }
submissions() { db "SELECT count(*) FROM submission WHERE workflow = $1"; }
# again ID [ARGUMENT…]: restarts and waits; what ran, in $got, and how many submissions it took, in $took
again() {
	local id=$1 before run
	shift; before=$(submissions "$id") run=$(db "SELECT run_id FROM workflow WHERE id = $id")
	as_user torc restart "$id" "$@" > restart.out 2>&1 || diag "$(cat restart.out)"
	ended "$id"
	took=$(($(submissions "$id") - before)); got=
	[ "$(db "SELECT run_id FROM workflow WHERE id = $id")" = "$run" ] || got=$(ran "$id")
}
gone() { wait_until 60 '[ -z "$(squeue -h)" ]' || diag "still there: $(squeue -h)"; }

as_user bash -c 'echo a > f1; echo "cat f3 > f5" > work2.sh; echo "cat f4 f5 > f6" > post.sh'
as_user tee d.yaml > yaml.out <<'X'
name: diamond
resource_requirements:
  - {name: small, num_cpus: 1, memory: 100m, runtime: PT1M}
  - {name: short, num_cpus: 1, memory: 100m, runtime: PT3S}
files:
  - {name: f1, path: f1}
  - {name: f2, path: f2}
  - {name: f3, path: f3}
  - {name: f4, path: f4}
  - {name: f5, path: f5}
  - {name: f6, path: f6}
jobs:
  - {name: preprocess, command: "cat f1 > f2; cat f1 > f3", input_files: [f1], output_files: [f2, f3], resource_requirements: small}
  - {name: work1, command: "cat f2 > f4", input_files: [f2], output_files: [f4], resource_requirements: small}
  - {name: work2, command: "bash ./work2.sh", input_files: [f3], output_files: [f5], resource_requirements: small}
  - {name: postprocess, command: "bash ./post.sh", input_files: [f4, f5], output_files: [f6], resource_requirements: short}
X
out=$(as_user torc-sbatch --wait d.yaml 2>&1); is "$? $(ran 1)" "0 preprocess work1 work2 postprocess" "the diamond" || diag "$out"
gone
again 1; is "$got $took $(cat restart.out)" " 0 workflow 1: nothing must run again" "nothing changed: nothing runs, nothing is submitted"
as_user touch f1; again 1; is "$got $took" " 0" "f1 touched: the same"
as_user rm f4; again 1; is "$got $took" "work1 1" "f4 deleted: its writer, in one submission"
gone
as_user bash -c 'echo b > f1'; again 1
is "$got $(cat f6 | tr '\n' ' ')" "preprocess work1 work2 postprocess b b " "f1 changed: all four"
gone
as_user bash -c 'echo "x=\$(head -c 400000000 /dev/zero | tr \"\\0\" x); cat f3 > f5" > work2.sh; rm f5'
again 1; is "$(db "SELECT reason FROM attempt WHERE job = 3 ORDER BY id DESC LIMIT 1") $(db "SELECT state FROM job WHERE id = 4")" "3 7" "work2 dies of memory"
gone
as_user torc restart 1 --escalate --dry-run > out
like "$(cat out)" "work2 +it is failed \(oom\).*postprocess +it is canceled.*2 jobs would run again.*class small: 1 job that ran out of memory gets" "what would run, and with what" || diag "$(cat out)"
as_user bash -c 'echo "cat f3 > f5" > work2.sh'
again 1 --escalate; is "$got $((took <= 2))" "work2 postprocess 1" "it and what needs it, in allocations for the two"
is "$(db "SELECT s.memory_bytes >= c.memory_bytes AND c.memory_bytes > 100 * 1048576 FROM job j JOIN resource_class c ON c.id = j.class
	JOIN submission s ON s.class = c.id WHERE j.id = 3")" 1 "large enough for its new class"
gone
as_user bash -c 'echo "sleep 60" > post.sh; rm f6'
again 1; is "$(db "SELECT reason FROM attempt WHERE job = 4 ORDER BY id DESC LIMIT 1")" 4 "postprocess runs out of time"
gone
as_user bash -c 'echo "cat f4 f5 > f6" > post.sh'
again 1; is "$got $took" "postprocess 1" "only it runs again"
gone

# a changed file
as_user sed -i 's/cat f2 > f4/cat f2 f2 > f4/' d.yaml
out=$(as_user torc-sbatch --restart --dry-run d.yaml 2>&1); like "$out" "work1 +it changed in the file.*2 jobs would run again" "another command: what it would mean"
out=$(as_user torc-sbatch --restart --wait d.yaml 2>&1); is "$? $(ran 1)" "0 work1 postprocess" "and what it does" || diag "$out"
gone
out=$(as_user torc-sbatch --restart 7 d.yaml 2>&1); is "$?" 2 "of a workflow that is not there"

# jobs that run in an allocation are canceled, one by one, and leave nothing
as_user tee c.yaml > yaml.out <<'X'
name: cancel
resource_requirements:
  - {name: small, num_cpus: 1, memory: 100m, runtime: PT5M}
jobs:
  - {name: "s_{i}", command: "exec sleep 30{i}", parameters: {i: "1:3"}, resource_requirements: small}
  - {name: after, command: "true", depends_on: [s_1], resource_requirements: small}
X
as_user torc-sbatch c.yaml > out
wait_until 60 '[ "$(db "SELECT count(*) FROM job WHERE workflow = 2 AND state = 4")" = 3 ]' || diag "$(as_user torc jobs 2)"
as_user torc cancel 2.s_1 > out
wait_until 5 '! pgrep -f "^sleep 301" > pids' || diag "still there: $(cat pids)"
nok "a canceled job is gone within five seconds" pgrep -f '^sleep 301'
is "$(db "SELECT group_concat(state, ' ') FROM (SELECT state FROM job WHERE workflow = 2 AND class IS NOT NULL ORDER BY id)")" "7 4 4 7" "with what needs it; the others run"
as_user torc cancel 2 > out
wait_until 5 '! pgrep -f "^sleep 30[23]" > pids' || diag "still there: $(cat pids)"
nok "and so are those of a canceled workflow" pgrep -f '^sleep 30[23]'
gone
again 2 --job s_2 --dry-run
like "$(cat restart.out)" "s_2 +it was asked for" "what was canceled can be asked for"
done_testing

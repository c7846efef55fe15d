#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Jobs with labels: who takes them, who does not, and what is said about those that nobody takes.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

cat > w.json <<'J'
{"name": "w", "jobs": [{"name": "a", "command": "true"},
 {"name": "b", "command": "true", "labels": ["gpu", "big"]},
 {"name": "c", "command": "true", "depends_on": ["b"]},
 {"name": "d", "command": "true", "labels": ["licence"], "depends_on": ["b"]}]}
J
said() { timed torc-run --cpus 2 "$@" > log 2>&1; echo "$? $(cat log)"; }

# ---- a runner takes its own, and leaves when only others' are left ----
like "$(said w.json)" '^1 ' "torc-run ends with 1 when jobs for others are left"
like "$(cat log)" '1 job waits for a runner with the labels big,gpu: torc-run --workflow 1 --label big,gpu' "and names them"
unlike "$(cat log)" 'to go on with it' "it does not say that the same again would help"
is "$(jobs)" $'a completed\nb ready\nc blocked\nd blocked' "a runner without labels has taken what has none"
like "$(torc status)" '1 ready of default: waits for a runner with the labels big,gpu, which nobody has' "torc status names labels that nobody has"
like "$(torc status)" 'torc-run --workflow 1 --label big,gpu' "and what to do"
like "$(said --workflow 1 --label gpu)" '^1 .*labels big,gpu' "one of two labels is not enough"
like "$(said --workflow 1 --label other)" '^1 .*labels big,gpu' "another label is of no use"
is "$(query "SELECT count(*) FROM attempt")" 1 "neither has started anything"
like "$(said --workflow 1 --label 'gpu, other' --label big)" '^1 ' "a runner that has both, and more"
is "$(jobs)" $'a completed\nb completed\nc ready\nd ready' "takes the job, and none without labels"
like "$(cat log)" 'a runner without labels: torc-run --workflow 1' "which it names, too"
like "$(cat log)" 'the labels licence: torc-run --workflow 1 --label licence' "beside those of other labels"
like "$(said --workflow 1)" '^1 .*labels licence' "then the one without labels is done"
like "$(said --workflow 1 --label licence)" '^0 .*4 of 4 jobs completed' "and the last"

# ---- while somebody else may finish what they wait for, runners stay ----
mkfifo gate
printf '{"name": "w", "jobs": [{"name": "b", "command": "cat gate", "labels": ["x"]}, {"name": "c", "command": "true", "depends_on": ["b"]},
	{"name": "d", "command": "true", "labels": ["x"], "depends_on": ["c"]}]}' > w2.json
like "$(said w2.json)" '^1 ' "nothing to do at first"
torc-run --cpus 2 --workflow 2 --label x > other 2>&1 &
other=$!
ok "the one with the label starts it" wait_until 20 '[ "$(query "SELECT count(*) FROM job WHERE state = 4")" = 1 ]'
torc-run --cpus 2 --workflow 2 > log 2>&1 &
plain=$!
ok "the one without has come" wait_until 20 '[ "$(query "SELECT count(*) FROM runner WHERE workflow = 2 AND end_usec IS NULL")" = 2 ]'
timed sh -c 'echo > gate'
await $plain
is "$(query "SELECT j.name FROM attempt a JOIN job j ON j.id = a.job JOIN runner r ON r.id = a.runner WHERE r.workflow = 2 AND r.labels IS NULL")" \
	c "it stays, and takes what then is ready" || diag "$(cat log other)"
await $other
is $? 0 "the other stays, too, and all is done" || diag "$(cat other)"

# ---- two that wait for a third, which is not there ----
printf '{"name": "w", "jobs": [{"name": "b", "command": "true", "labels": ["none"]}, {"name": "c", "command": "true", "depends_on": ["b"]},
	{"name": "d", "command": "true", "labels": ["x"], "depends_on": ["b"]}]}' > w3.json
said w3.json > /dev/null
torc-run --workflow 3 > log 2>&1 &
plain=$!
torc-run --workflow 3 --label x > other 2>&1 &
other=$!
await $plain
is $? 1 "do not wait for each other" || diag "$(cat log)"
await $other
is $? 1 "neither the one nor the other" || diag "$(cat other)"

# ---- what a file and an option may say ----
like "$(said --workflow 3 --label 'a,,b')" '^2 .*--label: "a,,b"' "an empty label is refused"
like "$(said --workflow 3 --label '')" '^2 .*--label: ""' "so is none at all"
printf '{"name": "w", "jobs": [{"name": "b_{i}", "command": "true", "labels": ["l{i}"], "parameters": {"i": "1:2"}}]}' > w4.json
like "$(said w4.json)" 'labels l1: .*labels l2: ' "labels may have parameters"
done_testing

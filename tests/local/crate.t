#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# torc export --ro-crate: a run as RO-Crate, held against the profile Workflow Run Crate by a validator from PyPI
# (tests/lib/crate_requirements.txt; contrib/check installs it, $TORC_PYTHON is the interpreter that has it).
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

check=$(cd "${TORC_SOURCE:-$TORC_BUILD/..}/tests/lib" && pwd)/crate_check.py
cat > w.json <<'J'
{"name": "w", "description": "Counts words", "enable_ro_crate": true,
 "files": [{"name": "raw", "path": "raw data.txt", "identifier": "https://doi.org/10.5281/zenodo.1"}, {"name": "out", "path": "out.txt"},
  {"name": "dir", "path": "indir"}, {"name": "none", "path": "none.txt"}],
 "failure_handlers": [{"name": "h", "rules": [{"exit_codes": [3], "max_retries": 1}]}],
 "user_data": [{"name": "conf", "data": {"k": 1}}, {"name": "res"}],
 "jobs": [{"name": "count", "command": "wc -w < ${files.input.raw} > ${files.output.out}", "input_files": ["raw", "dir"], "output_files": ["out"], "input_user_data": ["conf"]},
 {"name": "set", "command": "torc data set res '{\"n\": 1}'", "output_user_data": ["res"], "depends_on": ["count"]},
 {"name": "bad", "command": "echo no >&2; exit 3", "failure_handler": "h", "input_files": ["out"], "output_files": ["none"]},
 {"name": "late", "command": "true", "input_files": ["none"]}]}
J
mkdir indir
echo a b c > 'raw data.txt'
run w.json
is "$rc $(jobs | xargs)" "1 count completed set completed bad failed exit late canceled" "a run, not all of it well" || diag "$(cat log)"
said=$(torc export --ro-crate crate 2>&1)
is "$? $said" "0 " "is exported"
is "$(ls -A crate | xargs)" "ro-crate-metadata.json w.json" "the crate has the metadata and the workflow file"
ok "... as it was run" cmp w.json crate/w.json

graph() { jq -r --arg id "$1" ".\"@graph\"[] | select(.\"@id\" == \$id) | $2" "${crate:-crate}/ro-crate-metadata.json"; }
raw=file://$TEST_DIR/raw%20data.txt out=file://$TEST_DIR/out.txt
is "$(graph ./ '.mainEntity."@id"') $(graph w.json '.programmingLanguage."@id"')" "w.json #torc" "the workflow file is the main entity, in torc's language"
is "$(graph "$raw" '"\(.identifier) \(.contentSize)"')" "https://doi.org/10.5281/zenodo.1 6" "an input has its identifier and size"
hash=$(query "SELECT printf('%016x', v.hash) FROM file f JOIN file_version v ON v.id = f.version WHERE f.name = 'out'")
is "$(graph "$(graph "$out" '.additionalProperty."@id"')" '"\(.propertyID) \(.value)"')" "https://xxhash.com/ $hash" "an output has its hash, and which it is"
is "$(graph "file://$TEST_DIR/none.txt" 'has("additionalProperty") or has("contentSize")')" false "what was never there has none"
is "$(graph "file://$TEST_DIR/indir/" '."@type"')" Dataset "a folder is a data set"
is "$(graph '#run' '[.object, .result | map(."@id")] | map(join(",")) | join(" ")')" \
	"$raw,file://$TEST_DIR/indir/,#data-1 $out,file://$TEST_DIR/none.txt,#data-2" "the run has inputs and outputs"
is "$(graph '#data-2' .value)" '{"n": 1}' "user data has its value"
is "$(jq -r '."@graph"[] | select(.instrument."@id" == "#job-3") | "\(.name): \(.actionStatus) \(.error | split(";")[0])"' crate/ro-crate-metadata.json)" \
	$'attempt 1 of bad in run 1: http://schema.org/FailedActionStatus exit code 3\nattempt 2 of bad in run 1: http://schema.org/FailedActionStatus exit code 3' \
	"each attempt is an action, with how it ended" || diag "$(query 'SELECT * FROM attempt')"
node=$(query "SELECT node FROM runner")
is "$(graph '#attempt-1-1-1' '"\(.agent."@id") \(.location) \(.result."@id") \(.endTime > .startTime)"')" "#user $node $out true" "... who, where, when, and what it wrote"
is "$(graph '#attempt-1-1-1-wall' '.value > 0')" true "... and what it used"
is "$(jq '[."@graph"[]."@id"] | length == (unique | length)' crate/ro-crate-metadata.json)" true "no two entities have one name"
is "$(jq '(."@graph" | map(."@id")) as $have | [."@graph"[] | .. | objects | select(keys == ["@id"])."@id"] - $have | unique | map(select(startswith("https://") | not))' -c \
	crate/ro-crate-metadata.json)" '[]' "what is named is there"
ok "the same again" cp -r crate before
torc export --ro-crate crate
ok "... gives the same bytes" diff -r before crate

# ---- the validator
if HOME=$TEST_DIR "${TORC_PYTHON:=python3}" -c 'import rocrate_validator, rocrate' 2> /dev/null; then
	valid() { HOME=$TEST_DIR timed "$TORC_PYTHON" "$check" "$1" 2>&1; }
	answer=$(valid crate)
	is "$?" 0 "it is a valid Workflow Run Crate" || diag "$answer"
	unlike "$answer" 'Time|actionStatus|error|contentSize|conformsTo' "... and what is recommended of actions holds" || diag "$answer"
	cp -r crate broken
	jq 'del(."@graph"[] | select(."@id" == "./").mainEntity)' crate/ro-crate-metadata.json > broken/ro-crate-metadata.json
	like "$(valid broken)" REQUIRED "one without a main entity is none"
else
	skip "no RO-Crate validator (see tests/lib/crate_requirements.txt)" 3
fi

# ---- what is refused
mkdir own
echo mine > own/w.json
like "$(torc export --ro-crate own 2>&1; echo $?)" 'own/w.json is there already and is not the workflow file as it was run.*2$' "another file is not overwritten"
is "$(ls -A own) $(cat own/w.json)" "w.json mine" "... and nothing else is written"
like "$(torc export --ro-crate no/such/folder 2>&1; echo $?)" 'make the folder no/such/folder: No such file.*2$' "a folder that cannot be made"
like "$(torc export 2>&1; echo $?)" 'as what, and where to\? --ro-crate FOLDER.*2$' "a kind must be said"
done_testing

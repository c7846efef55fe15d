#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a job that completed tells of its files: what they were when it used them, and a hash of what was in them.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

hash_of() { "$TORC_BUILD/tests/local/hash_bytes" < "$1"; }
# seen WORKFLOW: "job role file size hash" by line: of the hash only whether there is one
seen() {
	query "SELECT j.name, iif(f.role, 'wrote', 'read'), n.name, v.size_bytes, iif(v.hash IS NULL, 'no hash', 'hash') FROM job j
		JOIN job_file f ON f.job = j.id JOIN file n ON n.id = f.file LEFT JOIN file_version v ON v.id = f.version
		WHERE j.workflow = $1 ORDER BY j.id, f.role, n.id" | tr '|' ' '
}
hash_in() { query "SELECT v.hash FROM file f JOIN file_version v ON v.id = f.version WHERE f.workflow = $1 AND f.name = '$2'"; }

# ---- files of all kinds ----
cat > kinds.json <<'J'
{"name": "kinds", "jobs": [
 {"name": "make", "command": "rm -rf pipe dev; printf hello > out; : > empty; mkdir -p folder; echo $TORC_WORKFLOW_ID > folder/entry; mkfifo pipe; ln -s /dev/zero dev; truncate -s 67108864 most; truncate -s 67108865 larger",
  "output_files": ["out", "empty", "folder", "pipe", "dev", "most", "larger"]},
 {"name": "use", "command": "cat out > copy", "input_files": ["source", "out", "folder"], "output_files": ["copy"]},
 {"name": "changes", "command": "echo more >> other", "input_files": ["other"]},
 {"name": "fails", "command": "printf x > late; exit 3", "output_files": ["late"]},
 {"name": "none", "command": "true"}],
 "files": [{"name": "out", "path": "out"}, {"name": "empty", "path": "empty"}, {"name": "folder", "path": "folder"}, {"name": "pipe", "path": "pipe"},
  {"name": "dev", "path": "dev"}, {"name": "most", "path": "most"}, {"name": "larger", "path": "larger"}, {"name": "source", "path": "source"},
  {"name": "copy", "path": "copy"}, {"name": "other", "path": "other"}, {"name": "late", "path": "late"}]}
J
echo source > source
echo other > other
run kinds.json
folder=$(stat -c %s folder)
is "$(seen 1)" "make wrote out 5 hash
make wrote empty 0 hash
make wrote folder $folder hash
make wrote pipe 0 no hash
make wrote dev 0 no hash
make wrote most 67108864 hash
make wrote larger 67108865 no hash
use read out 5 hash
use read folder $folder hash
use read source 7 hash
use wrote copy 5 hash
changes read other 6 no hash
fails wrote late  no hash" "of a job that completed each file has been seen, and what is regular, up to 64 MiB and unchanged, and a folder, has a hash" || diag "$(cat log)"
is "$(hash_in 1 out) $(hash_in 1 source) $(hash_in 1 empty)" "$(hash_of out) $(hash_of source) $(hash_of empty)" "... which is that of what is in it"
is "$(query "SELECT size_bytes, mtime_usec / 1000000, inode FROM file_version v JOIN file f ON f.version = v.id WHERE f.name = 'source'")" \
	"$(stat -c '%s|%Y|%i' source)" "what stat says of it is kept, too"
run kinds.json
isnt "$(hash_in 2 folder)" "$(hash_in 1 folder)" "a folder's hash is another when an entry is"

# ---- as the user wants it ----
run --hash=none kinds.json
is "$(seen 3 | grep -c '[0-9] hash$') $(seen 3 | grep -c '[0-9] no hash')" "0 12" "--hash=none: nothing is hashed, but all is seen" || diag "$(seen 3)"
run --hash=all kinds.json
like "$(seen 4)" "larger 67108865 hash" "--hash=all: what is larger than 64 MiB is hashed, too"
is "$(query "SELECT group_concat(settings ->> 'hash') FROM workflow")" "auto,auto,none,all" "... and it is kept with the workflow"
cat > later.json <<'J'
{"name": "later", "jobs": [{"name": "fails", "command": "false", "priority": 1}, {"name": "a", "command": "true", "input_files": ["f"]}],
 "files": [{"name": "f", "path": "source"}]}
J
run --cpus 1 --max-fails 1 later.json
is "$(seen 5)" "a read f  no hash" "a job that did not run has seen nothing" || diag "$(cat log)"
run --hash=none --max-fails 0 --workflow 5
is "$(seen 5)" "a read f 7 no hash" "a runner that goes on with a workflow minds its own command line"

# ---- many ----
awk 'BEGIN { printf "{\"name\": \"many\", \"files\": [{\"name\": \"f\", \"path\": \"source\"}], \"jobs\": ["
	for (i = 1; i <= 1000; i++) printf "%s{\"name\": \"j%d\", \"command\": \"/bin/true\", \"input_files\": [\"f\"]}\n", (i > 1 ? "," : ""), i; print "]}" }' > many.json
run many.json
is "$(seen 6 | cut -d' ' -f2- | uniq -c | xargs)" "1000 read f 7 hash" "each of 1000 jobs says what it has read" || diag "$(cat log)"
is "$(query "SELECT count(*) FROM file_version v JOIN file f ON f.id = v.file WHERE f.workflow = 6")" 1 "... which is one and the same"

# ---- a chain: the next job is at hand, and starts when the end of the one before is told, together with others ----
awk 'BEGIN { printf "{\"name\": \"chain\", \"files\": [{\"name\": \"f{i}\", \"path\": \"chain.{i}\", \"parameters\": {\"i\": \"1:60\"}}], \"jobs\": [{\"name\": \"j1\", \"command\": \"echo 1 > chain.1\", \"output_files\": [\"f1\"]}"
	for (i = 2; i <= 60; i++) printf ",\n{\"name\": \"j%d\", \"command\": \"cp chain.%d chain.%d\", \"input_files\": [\"f%d\"], \"output_files\": [\"f%d\"]}", i, i - 1, i, i - 1, i; print "]}" }' > chain.json
run --cpus 1 chain.json
is "$rc $(seen 7 | grep -c ' 2 hash$')" "0 119" "a chain of jobs that hand on files completes, and all of them are seen" || diag "$(cat log)"
is "$(query "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE j.workflow = 7")" 60 "... each job started once"
pauses=$(query "SELECT (max(a.end_usec) - min(a.start_usec)) / 50000 FROM attempt a JOIN job j ON j.id = a.job WHERE workflow = 7")
syncs=$(query "SELECT max(seq) FROM runner WHERE workflow = 7")
ok "... and their ends are told together" [ "$syncs" -le $((pauses + 10)) ] || diag "$syncs requests for a chain of 60 jobs, $pauses pauses"

# ---- the database is away: what is in the journal has its hashes ----
cat > away.json <<'J'
{"name": "away", "jobs": [{"name": "a", "command": "while [ ! -e go ]; do sleep 0.02; done", "input_files": ["f"]}], "files": [{"name": "f", "path": "source"}]}
J
start_run away.json
wait_until 20 '[ "$(query "SELECT count(*) FROM job WHERE workflow = 8 AND state = 4")" = 1 ]' || bail_out "the job does not run: $(cat log)"
mv db moved
touch go
ok "results are kept while the database is away" wait_until 30 'ls torc_output/torc_journal_*.json'
like "$(cat torc_output/torc_journal_*.json)" "\"hash\":$(hash_of source)" "... with what their files were"
mv moved db
await "$pid"
is "$(hash_in 8 f)" "$(hash_of source)" "... and so they come into the database"

# ---- a file system that hangs: the job is told all the same, and the runner is not kept ----
cat > hangs.json <<'J'
{"name": "hangs", "jobs": [{"name": "a", "command": "echo a > hangs", "output_files": ["f"]},
 {"name": "b", "command": "cat hangs", "input_files": ["f"]}], "files": [{"name": "f", "path": "hangs"}]}
J
export LD_PRELOAD=$TORC_BUILD/tests/local/.libs/hang.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
run hangs.json
is "$rc $(seen 9 | xargs)" "0 a wrote f 2 no hash b read f 2 no hash" "jobs are told without hashes, and what waits for them runs" || diag "$(cat log)"
start_run hangs.json
wait_until 20 '[ "$(ls "/proc/$runner/task" | wc -l)" = 3 ]' || bail_out "nothing is hashed: $(cat log)"
kill -INT "$pid"
ok "a runner that is told to end does not wait for them" wait_until 8 "! kill -0 $pid"
await "$pid"
is "$(seen 10 | xargs)" "a wrote f 2 no hash b read f no hash" "... and tells what has completed"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How often the runner wakes up: its calls of epoll_wait, counted, while jobs run for long and nothing else happens.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
command -v strace > /dev/null && strace -qq -o /dev/null true 2> /dev/null || skip_all "no strace here, or it may trace nothing"

cat > long.json <<'J'
{"name": "long", "jobs": [{"name": "a", "command": "sleep 2.9"}, {"name": "b", "command": "sleep 2.9"}, {"name": "c", "command": "sleep 0.1"}]}
J
# wakeups FILE: epoll_wait calls of all its processes; leaks cannot be looked for in a program that is traced
wakeups() {
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -qq -f -e trace=epoll_wait -o trace torc-run --quiet --cpus 2 --memory 2g "$1" > log 2>&1 || fail "it did not run: $(cat log)"
	grep -c epoll_wait trace
}
awk 'BEGIN { print "{\"name\": \"busy\", \"jobs\": ["; for (i = 0; i < 100; i++) printf "%s{\"name\": \"j%d\", \"command\": \"sleep 0.05\"}\n", i ? "," : "", i; print "]}" }' > busy.json
# of 100 short jobs each ends once and is sampled; three jobs have 20 samples between them, start and end; a wake-up a second; a commit each 50 ms (250 ms) at the most, answered
n=$(wakeups long.json)
ok "a local database: $n wake-ups in 3 s" [ "$n" -lt 100 ]
n=$(TORC_FS_NETWORK=NFS wakeups long.json)
ok "a database on a network file system, which wants fewer commits: $n" [ "$n" -lt 100 ]
n=$(TORC_FS_NETWORK=NFS wakeups busy.json)
ok "there, while ends wait to be told and every slot is taken: $n" [ "$n" -lt 1500 ]
# it is looked for after 20 ms, and then ever more seldom
echo '{"name": "late", "files": [{"name": "out", "path": "out"}], "jobs": [{"name": "late", "command": "true", "output_files": ["out"]},
 {"name": "maker", "command": "sleep 2.9; touch out"}]}' > late.json
n=$(TORC_FS_NETWORK=NFS wakeups late.json)
ok "there, while an output is waited for: $n" [ "$n" -lt 100 ]
done_testing

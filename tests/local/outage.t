#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens to results when file systems fail under a runner: they are mounts of a private namespace, broken for real.
. "$(dirname "$0")/../lib/tap.sh"
[ "$(id -u)" = 0 ] || skip_all "mounting needs root"
self=$(realpath "$0")
[ -n "$OUTAGE_INSIDE" ] || { unshare -m --propagation private true 2> /dev/null || skip_all "no mount namespaces here"; }
[ -n "$OUTAGE_INSIDE" ] || OUTAGE_INSIDE=1 exec unshare -m --propagation private bash "$self"
cd "$(dirname "$self")" || exit 99
. ../lib/local.sh

# as an ordinary user: root writes where others may not
as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
chown 65534 . && chmod 755 .
"${as[@]}" test -x "$TORC_BUILD/torc-run" || skip_all "an ordinary user cannot read $TORC_BUILD"
mkdir base
export TORC_DB=$TEST_DIR/base/db
start() { # start FILE_OR_OPTION...: as start_run, but as that user
	"${as[@]}" torc-run --cpus 4 --memory 8g "$@" > log 2>&1 &
	pid=$!
	wait_until 20 '[ -n "$(pgrep -P $pid torc-run)" ]' || bail_out "torc-run does not start: $(cat log)"
	runner=$(pgrep -P $pid torc-run)
}
go_on() { timed "${as[@]}" torc-run --cpus 4 --memory 8g --workflow "$1" > log2 2>&1; }
beside() { cat torc_output/torc_journal_*.json 2> /dev/null | grep -c '"end"'; }
here() { ls /dev/shm/torc-ends-1-*-"$runner.json" 2> /dev/null; }
on_host() { cat $(here) /dev/null 2> /dev/null | grep -c '"end"'; }
running() { [ "$(query "SELECT count(*) FROM job WHERE workflow = $1 AND state = 4")" = "$2" ]; }
states() { query "SELECT s.name, count(*) FROM attempt a JOIN job j ON j.id = a.job JOIN job_state s ON s.id = a.state WHERE j.workflow = $1 GROUP BY 1" | xargs; }
runs() { wc -l < "ran.$1"; } # starts of jobs, whatever torc says
kill_all() { kill -KILL "$pid" "$runner"; await "$pid" 2> /dev/null; }
mount_base() { mount -t tmpfs -o size=8m,uid=65534,mode=755 none "$TEST_DIR/base" || bail_out "no tmpfs"; }

n=0
# Four jobs run of a workflow whose number is $n, until `go` is there.
begin() {
	n=$((n + 1))
	rm -f go
	sed "s/NNN/$n/" > wf.json <<'J'
{"name": "outage", "jobs": [{"name": "j_{i}", "command": "echo {i} >> ran.NNN; while [ ! -e go ]; do sleep 0.02; done", "parameters": {"i": "1:4"}}]}
J
	start wf.json
	wait_until 30 'running "$(query "SELECT max(id) FROM workflow")" 4' || bail_out "the jobs do not run: $(cat log)"
}

# ---- the file system of the database is full ----
mount_base
begin
dd if=/dev/zero of=base/fill bs=64k 2> /dev/null
touch go
ok "file system full: results are kept beside the output" wait_until 30 '[ "$(beside)" = 4 ]'
like "$(cat log)" "disk or the quota is full|file system failed|disk is full" "... and it is said why" || diag "$(cat log)"
rm base/fill
await "$pid"
is "$? $(states $n) $(runs $n)" "0 completed|4 4" "... with room again all are recorded, each ran once" || diag "$(cat log)"
is "$(beside) $(here)" "0 " "... and nothing is left"

# ---- unmounted under the runner, lazily ----
begin
mkdir aside && mount --bind base aside
umount -l base
touch go
ok "unmounted: results are kept beside the output" wait_until 30 '[ "$(beside)" = 4 ]'
like "$(cat log)" "database .* was removed or replaced" "... and it is said why"
kill -TERM "$pid"
await "$pid"
is $? 3 "... the end of the runner does not wait for it"
mount --bind aside base
is "$(states $n)" "" "... the database had none of them"
go_on $n
is "$? $(states $n) $(runs $n)" "0 completed|4 4" "... mounted again, the next runner takes them, each ran once" || diag "$(cat log2)"

# ---- another database in its place ----
begin
sqlite3 base/db ".backup base/other" && mkdir base/moved && mv base/db* base/moved/
mv base/other base/db && chown 65534 base/db
touch go
ok "another file in its place: results are kept beside the output" wait_until 30 '[ "$(beside)" = 4 ]'
kill -TERM "$pid"
await "$pid"
is "$(sqlite3 base/db "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE j.workflow = $n AND a.state = 5")" 0 "... and nothing is written into it"
rm base/db*
mv base/moved/* base/ && rmdir base/moved
go_on $n
is "$? $(states $n) $(runs $n)" "0 completed|4 4" "... with the right one they are taken in" || diag "$(cat log2)"

# ---- killed while it is away: a kill -9 half a second after an end costs nothing ----
begin
mv base/db base/moved
touch go
wait_until 20 '[ "$(on_host)" = 4 ]' || diag "on this host: $(on_host)"
kill_all
rm -f torc_output/torc_journal_*
mv base/moved base/db
timed "${as[@]}" torc-report $n > log2 2>&1
like "$(cat log2)" "4 results were left on the disk .*torc recover $n" "torc-report tells of results that the database does not have"
timed "${as[@]}" torc status $n > log2 2>&1
like "$(cat log2)" "4 results were left on the disk .*torc recover $n" "... and so does torc status"
timed "${as[@]}" torc recover $n > log2 2>&1
is "$? $(states $n) $(here)" "0 completed|4 " "torc recover takes in what was in memory of this host" || diag "$(cat log2)"

# ---- the folder of the output has failed, too; then memory of the host ----
begin
mv base/db base/moved
chmod 500 torc_output # of a user who may not write there
touch go
ok "output folder read-only, too: results are on this host" wait_until 30 'grep -q "results are in /dev/shm/torc-ends-.* only" log'
is "$(on_host)" 4 "... all of them"
kill -TERM "$pid"
await "$pid"
is $? 3 "... the runner ends"
like "$(cat log)" "results kept in /dev/shm/torc-ends-[^ ]*: 4; .*on this host" "... and says where they are"
chmod 755 torc_output
mv base/moved base/db
go_on $n
is "$? $(states $n) $(runs $n)" "0 completed|4 4" "... the next runner on this host takes them in" || diag "$(cat log2)"

# ---- and then no disk at all ----
begin
mount -t tmpfs -o size=64k,mode=755 none /dev/shm
mount --rbind /tmp /tmp && mount -o remount,bind,ro /tmp # this shell is in what lies below
chmod 500 torc_output
mv base/db base/moved
touch go
ok "no disk takes them: it is said that they are in memory only" wait_until 30 'grep -q "results are in memory only" log' || diag "$(cat log)"
ok "... and the runner stays" kill -0 "$runner"
umount -l /tmp
umount /dev/shm
chmod 755 torc_output
mv base/moved base/db
await "$pid"
is "$? $(states $n) $(runs $n)" "0 completed|4 4" "... and with the database they are recorded" || diag "$(cat log)"

begin
mount -t tmpfs -o size=64k,mode=755 none /dev/shm
mount --rbind /tmp /tmp && mount -o remount,bind,ro /tmp
chmod 500 torc_output
mv base/db base/moved
touch go
wait_until 30 'grep -q "results are in memory only" log' || diag "$(cat log)"
kill -TERM "$pid"
await "$pid"
is $? 4 "... when it must end, they are lost"
like "$(cat log)" "4 results are lost; their jobs will run again" "... which is said"
umount -l /tmp
umount /dev/shm
chmod 755 torc_output
mv base/moved base/db
go_on $n
is "$? $(runs $n)" "0 8" "... and the jobs run again" || diag "$(cat log2)"

# ---- the file system fails for writing (as ext4 does after an error): read-only for whoever has files open ----
umount -l base aside
truncate -s 24M ext4 && mkfs.ext4 -q -F ext4 && mount -o loop ext4 base 2> /dev/null
if ! mountpoint -q base; then
	skip "no loop devices here" 3
else
	chown 65534 base
	n=10 # a new database
	begin
	mount -o remount,abort base
	touch go
	ok "read-only: results are kept beside the output" wait_until 30 '[ "$(beside)" = 4 ]' || diag "$(cat log)"
	kill -TERM "$pid"
	await "$pid"
	is $? 3 "... and the runner ends when its allocation does"
	umount -l base
	wait_until 20 'e2fsck -fy ext4' || [ $? -le 1 ]
	mount -o loop ext4 base
	go_on 1
	is "$? $(states 1) $(runs $n)" "0 completed|4 4" "... after a repair they are taken in" || diag "$(cat log2)"
	umount base
fi
done_testing

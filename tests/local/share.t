#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# access_groups: the database and the output of a workflow belong to the first of the groups that its user is in.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

[ "$(id -u)" = 0 ] || skip_all "users of several groups need root"
setpriv --reuid 65534 --regid 65534 --clear-groups test -r "$TORC_BUILD/torc-run" || bail_out "an ordinary user must be able to read $TORC_BUILD"
users=$(getent group users | cut -d: -f3)
as() { timed setpriv --reuid "$1" --regid "$1" --groups "$2" "${@:3}" 2>&1; }
write() { printf '{"name": "w", "access_groups": %s, "jobs": [{"name": "a", "command": "echo out"}]}' "$1" > w.json; }
chmod 755 . && mkdir ours && chown 65534:65534 ours && chmod 755 ours && cd ours || bail_out "no folder"
export TORC_DB=$PWD/db

write '["no-such-group", "daemon"]'
like "$(as 65534 "$users" torc-run ../ours/w.json; echo "$?")" 'you are in none of the groups no-such-group,daemon .*2$' "who is in none of the groups is told"
write '["no-such-group", "users"]'
like "$(as 65534 "$users" torc-run w.json; echo "$?")" "does not hand the group users on .*chgrp users $PWD && chmod g\+rwxs $PWD.*2\$" "a folder that SQLite's files would get another group in"
chgrp users . && chmod g+rwxs .
rm -f db*
said=$(as 65534 "$users" torc-run w.json)
is "$?" 0 "with the folder as it says it runs" || diag "$said"
is "$(stat -c '%a %G' db) $(stat -c '%a %G' torc_output)" "660 users 2775 users" "the database and the output are the group's"
like "$(as 65533 "$users" torc status; echo "$?")" 'Workflow 1 w: complete.*0$' "another member reads it"
is "$(as 65533 "$users" torc logs 1.a | tail -n 1)" out "... and what jobs wrote"
like "$(as 65532 65532 torc status; echo "$?")" 'ermission denied|unable to open.*3$' "nobody else does"
said=$(as 65533 "$users" torc-run w.json)
is "$?" 0 "another member adds a workflow of her own" || diag "$said"
as 65534 "$users" torc status > /dev/null
is "$(as 65534 "$users" torc list --json | jq '.workflows | length')" 2 "... which the first one sees"

# ---- who may change what: its owner, and members of its own access_groups
said=$(as 65533 "$users" torc hold 1; as 65533 "$users" torc restart --force 1; as 65533 "$users" torc-run --workflow 1)
is "$(as 65534 "$users" torc jobs --json 1 | jq -r '.jobs[].attempts | length')" 2 "a member of the workflow's group may run it again" || diag "$said"
printf '{"name": "mine", "user_data": [{"name": "d"}], "jobs": [{"name": "a", "command": "false"}, {"name": "b", "command": "true", "labels": ["tape"]}]}' > mine.json
as 65533 "$users" torc-run mine.json > /dev/null
is "$(as 65534 "$users" torc jobs --json 3 | jq -r '.jobs[0].state')" failed "a workflow without the field is read by all"
like "$(as 65534 "$users" torc cancel 3; echo "$?")" \
	"workflow 3 \(mine\) belongs to uid 65533, and nobody else may change it, as it names no access_groups; ask uid 65533 to do it, or submit its file as a workflow of your own.*2\$" \
	"... and is changed by its owner alone, which is said"
before=$(sqlite3 -readonly db .dump | sha256sum)
for command in 'torc delete 3' 'torc restart 3' 'torc restart --force 3' 'torc disable 3.b' 'torc enable 3.b' 'torc hold 3' 'torc release 3' 'torc cancel 3.b' \
	'torc update 3.default --runtime 5m' 'torc data set --workflow 3 d 1' 'torc event post --workflow 3 x' 'torc recover 3' \
	'torc-run --workflow 3 --label tape' 'torc-run --restart 3' 'torc-run --restart 3 mine.json' 'torc-sbatch --top-up 3'; do
	said=$(as 65534 "$users" $command)
	like "$? $said" '^2 .*workflow 3 \(mine\) belongs to' "refused: $command"
done
is "$(sqlite3 -readonly db .dump | sha256sum)" "$before" "nothing was changed"
as 65533 "$users" sqlite3 db "UPDATE workflow SET settings = json_set(settings, '\$.access_groups', 'daemon') WHERE id = 3"
like "$(as 65534 "$users" torc hold 3)" 'belongs to uid 65533, and may be changed only by members of its access_groups, daemon, of which you are in none; ask uid 65533' "nor by members of other groups than its own"
said=$(as 65533 "$users" torc hold 3 && as 65533 "$users" torc release 3)
is "$?" 0 "its owner may do all that" || diag "$said"
export TORC_DB=$PWD/own
write '[]'
as 65534 "$users" torc-run w.json > /dev/null
is "$(stat -c '%a' own)" 600 "without the field it is the user's alone"
write '["users"]'
like "$(as 65534 "$users" torc-run w.json; echo "$?")" 'has workflows in it that are not shared with the group users.*2$' "and is not opened to others afterwards"
done_testing

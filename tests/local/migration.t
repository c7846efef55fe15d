#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A database of an earlier schema is brought up to date when it is opened, with all its rows; one that cannot be is refused.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
here=$TORC_SOURCE/tests/local
unset TORC_DB

old() { # old VERSION FILE: a database of that schema, with the rows of the fixture
	rm -f "$2"*
	sqlite3 "$2" < "$here/schema/$1.sql" && sqlite3 "$2" < "$here/report/fixture.sql" && sqlite3 "$2" "PRAGMA user_version = $1"
}
without() { grep -vE '^(file_version|class_used|attempt_warning|share|spawn|spawned|action_job|action_run|action_state|event_kind) ' "$1"; } # tables that the steps fill
rows() { # rows DATABASE: how many each table has
	local table
	for table in $(sqlite3 "$1" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"); do
		echo "$table $(sqlite3 "$1" "SELECT count(*) FROM $table")"
	done
}
shape() { # shape DATABASE: tables with their columns and references, indexes, views
	sqlite3 "$1" "SELECT m.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk FROM sqlite_schema m, pragma_table_info(m.name) c
			WHERE m.type = 'table' ORDER BY 1, 2;
		SELECT m.name, k.\"from\", k.\"table\", k.on_delete FROM sqlite_schema m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table' ORDER BY 1, 2;
		SELECT m.name, i.name, i.\"unique\", (SELECT group_concat(name) FROM pragma_index_info(i.name)) FROM sqlite_schema m, pragma_index_list(m.name) i
			WHERE m.type = 'table' ORDER BY 1, 4;
		SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY 1; PRAGMA user_version"
}

export LC_ALL=C.UTF-8
sqlite3 new.db < "$TORC_SOURCE/lib/store/schema.sql" && sqlite3 new.db < "$here/report/fixture.sql" &&
	sqlite3 new.db < "$TORC_SOURCE/lib/store/class_used.sql" && sqlite3 new.db < "$TORC_SOURCE/lib/store/runner_work.sql" || bail_out "no new database"
work="SELECT id, used_usec, lost_usec, first_usec, last_usec FROM runner WHERE used_usec > 0"
isnt "$(sqlite3 new.db "$work")" "" "a runner has worked"
for version in 2 3 4; do
	old $version old.db || bail_out "no database of schema $version"
	rows old.db > before
	torc list --db old.db > list.out 2> list.err
	is "$?" 0 "a database of schema $version is read"
	rows old.db > after
	is "$(diff <(without before) <(without after))" "" "no row of it is lost, in $(wc -l < before) tables"
	is "$(diff <(shape old.db) <(shape new.db))" "" "what the steps from schema $version make is what schema.sql makes"
	is "$(sqlite3 old.db "PRAGMA integrity_check; PRAGMA foreign_key_check")" ok "and nothing in it is damaged"
	is "$(sqlite3 old.db "SELECT * FROM class_used")" "$(sqlite3 new.db "SELECT * FROM class_used")" "what attempts used is counted"
	is "$(sqlite3 old.db "$work")" "$(sqlite3 new.db "$work")" "and what runners' time went into"
	torc-report --json 1 --db old.db > old.json; torc-report --json 1 --db new.db > new.json
	is "$(diff old.json new.json)" "" "reports of it are the same"
done

old 2 locked.db && chmod a-w locked.db
if [ "$(id -u)" = 0 ]; then chown nobody . locked.db; as=(setpriv --reuid=nobody --clear-groups); else as=(); fi
"${as[@]}" "$TORC_BUILD/torc" list --db locked.db > out 2> err
is "$?" 3 "one that may not be written to is refused"
like "$(cat err)" "locked.db has schema 2, this torc .* copy it" "with what to do"
old 2 newer.db && sqlite3 newer.db "PRAGMA user_version = 99"
torc list --db newer.db > out 2> err
is "$?" 3 "one of a newer torc is refused"
like "$(cat err)" "schema 99.*a newer one" "by its number"
is "$(sqlite3 newer.db "PRAGMA user_version")" 99 "and left as it is"
done_testing

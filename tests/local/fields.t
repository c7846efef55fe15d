#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every field of the language: a table of rows (tests/fields/*.rows) against the list of fields of NREL's torc
# (tests/fields/torc-fields.json). A field without a row fails, and so does a row without a field.
#
#     of JobSpec .jobs[0]          the rows that follow are of this object; where it stands in the base workflow, for jq
#     base JSON                    the workflow that rows of this object change, if the smallest one will not do
#     field NAME                   the rows that follow are of this field; it needs `wrong` and one of the others
#       wrong JSON TEXT            with this value the file is refused: "OBJECT.FIELD: TEXT…"; TEXT may begin with [0] or .key
#       stores JQ SQL ANSWER       the workflow changed by JQ runs, and the database then answers so
#       runs JQ COMMAND ANSWER     likewise, with what COMMAND prints in the folder of the run
#       plans JQ JQ2 ANSWER        `torc plan --json` of it, by JQ2
#       refuses JQ REGEX           it is refused, with such a message
#       refuses_to_run JQ REGEX    likewise, only when it is to run on this machine
#       ignores JQ                 it makes no difference to what is stored, and nobody complains
#       later JQ                   it validates with a warning, and is refused by name when it is to run
#     enum NAME                    each value of this enum of torc's is in a row (later: they come with what is not there yet)
#     all_later KEY JQ             so are all fields of this object, for the top-level key
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
ROWS=${TORC_SOURCE:-$TORC_BUILD/..}/tests/fields
FIELDS=$ROWS/torc-fields.json
SMALLEST='{"name": "w", "jobs": [{"name": "a", "command": "true"}]}'
declare -A refuses_wrong proved enums
OPTIONS= # of torc-run, for the rows that follow
object= at= field= path=

of() { object=$1 at=$2; base "$SMALLEST"; }
base() { printf '%s\n' "$1" > base.json; }
field() { field=$1 path=$(printf '%s.%s' "$at" "$1" | sed 's/^\.*//'); what="$object.$1"; }
change() { echo "$1" >> programs; jq -c "$1" base.json > w.json || fail "$what: jq cannot do $1"; }
shown() { diag "$(head -c 1000 w.json)"; diag "$(head -20 log)"; false; }
literal() { printf '%s' "$1" | sed 's/[][\.*^$+?(){}|]/\\&/g'; }

wrong() { # JSON TEXT
	local text=": $2"
	case $2 in '['* | .*) text=$2 ;; esac
	refuses_wrong[$what]=1
	change "${at%.}.\"$field\" = $1"
	torc validate w.json > log 2>&1
	is $? 2 "$what: $1 is refused" || shown
	ok "$what: $1: $2" grep -qF ": $path$text" log || shown
}

run_it() { # JQ
	proved[$what]=1
	change "$1"
	rm -rf db* torc_output out
	run --quiet --allow-missing $OPTIONS w.json
}

stores() { # JQ SQL ANSWER
	run_it "$1"
	is "$rc $(query "$2" 2>&1)" "${4:-0} $3" "$what: $2 is $3" || shown
}

runs() { # JQ COMMAND ANSWER
	run_it "$1"
	is "$(eval "$2" 2>&1)" "$3" "$what: $2 prints ${3//$'\n'/\\n}" || shown
}

plans() { # JQ JQ2 ANSWER
	proved[$what]=1
	change "$1"
	is "$(torc plan --json w.json 2> log | jq -c "$2")" "$3" "$what: the plan's $2 is $3" || shown
}

refuses() { # JQ REGEX
	proved[$what]=1
	change "$1"
	torc validate w.json > log 2>&1
	is $? 2 "$what: $1 is refused" || shown
	like "$(cat log)" "$2" "$what: says so" || shown
}

refuses_to_run() { # JQ REGEX
	run_it "$1"
	like "$rc $(cat log)" "2 .*$2" "$what: $2" || shown
}

dump() { # what the database has of the file
	query "SELECT name, description, project, metadata, settings FROM workflow; SELECT name, command, spec, flags, priority, rank,
		class, unmet FROM job; SELECT name, cpus, memory_bytes, gpus_milli, nodes, runtime_usec, scheduler, labels FROM
		resource_class; SELECT name, path FROM file; SELECT name, data FROM user_data"
}

ignores() { # JQ
	local before
	run_it .
	before=$(dump)
	run_it "$1"
	is "$rc $(cat log)" "0 " "$what: nobody complains" || shown
	is "$(dump)" "$before" "$what: makes no difference" || shown
}

later() { # JQ
	run_it "$1"
	like "$rc $(cat log)" "2 .*: $(literal "$path"): not supported yet: " "$what: refused by name when it is to run" || shown
	torc validate w.json > log 2>&1
	like "$? $(cat log)" "0 .*: warning: $(literal "$path"): not supported yet: " "$what: validates with a warning" || shown
}

enum() { # NAME [later]
	local value
	enums[$1]=1
	[ "${2-}" != later ] || return 0
	while read -r value; do
		ok "$1: a row has $value" grep -qF "\"$value\"" programs
	done < <(jq -r --arg e "$1" '.enums[$e][]' "$FIELDS")
}

all_later() { # KEY JQ
	local name
	path=$1 what=$object
	later "$2"
	while read -r name; do
		refuses_wrong[$object.$name]=1 proved[$object.$name]=1
	done < <(jq -r --arg o "$object" '.objects[$o] | keys[]' "$FIELDS")
	unset "proved[$object]"
}

# Of an object as a whole: an unknown key, null for what may be left out, and what may not.
check_object() {
	local optional missing name
	change "${at%.}.\"no_such_key\" = 1"
	torc validate w.json > log 2>&1
	like "$? $(cat log)" "2 .*no_such_key: unknown key" "$object: an unknown key is refused" || shown
	optional=$(jq -c --arg o "$object" '.objects[$o] | map_values(select(.default != "<required>") | null)' "$FIELDS")
	change "$at |= ($optional + .)"
	torc validate w.json > log 2>&1
	is $? 0 "$object: null is as good as nothing" || shown
	for name in $(jq -r --arg o "$object" '.objects[$o] | to_entries[] | select(.value.default == "<required>") | .key' "$FIELDS"); do
		[ "$object.$name" != SlurmSchedulerSpec.account ] || continue # may be left out here
		change "del(${at%.}.\"$name\")"
		torc validate w.json > log 2>&1
		like "$? $(cat log)" "2 .*\"$name\" is missing" "$object.$name: must be there" || shown
	done
}

for rows in "$ROWS"/*.rows; do
	. "$rows"
done

mapfile -t listed < <(jq -r '.objects | to_entries[] | .key as $o | .value | keys[] | "\($o).\(.)"' "$FIELDS")
for name in "${listed[@]}"; do
	ok "$name has rows" [ -n "${refuses_wrong[$name]-}" -a -n "${proved[$name]-}" ]
done
for name in $(jq -r '.enums | keys[]' "$FIELDS"); do
	ok "the enum $name has rows" [ -n "${enums[$name]-}" ]
done
for name in "${!proved[@]}"; do
	ok "$name is a field" grep -qxF "$name" <(printf '%s\n' "${listed[@]}")
done
done_testing

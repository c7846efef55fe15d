#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who adds a state, a reason or a source finds every place that must know it: lib/base/states.h numbers them, lib/store/schema.sql
# has the same numbers and names, and the tables of what is shown, with the user guide and the manual page, have each of them.
cd "${TORC_SOURCE:-.}" || exit 1
count=0
report() { # report NAME FOUND: FOUND is empty
    count=$((count + 1))
    [ -z "$2" ] && { echo "ok $count - $1"; return; }
    echo "not ok $count - $1"
    echo "$2" | sed 's/^/# /'
}
listed() { # listed ENUM: its names in order, without the last, which counts them
    sed -n "/^enum $1 {/,/^};/p" lib/base/states.h | grep -oE '\b[A-Z][A-Z0-9_]+\b' | sed '$d'
}
words() { # words ENUM: "NUMBER WORD" of each that has a word
    listed "$1" | awk '{ print NR - 1, $1 }' | while read -r number name; do
        grep -oE "\[$name\] = \"[a-z0-9_]*\"" lib/base/states.c | sed -n "s/.*\"\(..*\)\"/$number \1/p"
    done
}
stored() { # stored TABLE: "NUMBER WORD" of each row
    sed -n "/^INSERT INTO $1 VALUES/,/;/p" lib/store/schema.sql | grep -oE "\([0-9]+, '[a-z0-9_]+'\)" | tr -d "(,')"
}
for enum in job_state workflow_state attempt_reason usage_source allocation_state; do
    [ "$(listed $enum | wc -l)" -ge 4 ] && wrong= || wrong="no enum $enum in states.h"
    report "$enum: states.c has a word for each" "$wrong$(listed $enum | while read -r name; do
        grep -q "\[$name\] = \"" lib/base/states.c || echo "$name has none"; done)"
    report "$enum: schema.sql has the same" "$({ words $enum; stored $enum; } | sort | uniq -u)"
done
each_in() { # each_in ENUM FILE...: every name of it stands in each of the files
    enum=$1; shift
    for file; do
        report "$enum: all are in $file" "$(listed "$enum" | while read -r name; do grep -qw "$name" "$file" || echo "$name"; done)"
    done
}
told_in() { # told_in ENUM FILE...: likewise their words
    enum=$1; shift
    for file; do
        report "$enum: $file tells of all" "$(words "$enum" | while read -r _ word; do grep -qw "$word" "$file" || echo "$word"; done)"
    done
}
each_in job_state lib/show/screen.c cli/picture_style.c cli/picture.c
each_in usage_source report/summary.c
told_in job_state doc/guide.md
told_in attempt_reason doc/guide.md
told_in usage_source doc/torc-report.1
report "the order of counts has every state of a job" "$(listed job_state | while read -r name; do
    sed -n '/job_states_in_order\[/,/};/p' lib/show/screen.c | grep -qw "$name" || echo "$name"; done)"
# the ways between them: lib/base/transitions.def
again="contrib/states -o doc/states.svg > doc/states.dot"
report "the ways of a job are between its states" "$(sed -n 's/^TRANSITION(\([A-Z_]*\), \([A-Z_]*\), .*/JOB_\1 JOB_\2/p' lib/base/transitions.def |
    tr ' ' '\n' | sort -u | { listed job_state; cat; } | sort | uniq -u)"
report "each is a line of its own" "$(grep -c TRANSITION lib/base/transitions.def | grep -vxF "$(grep -cE '^TRANSITION\([A-Z_]+, [A-Z_]+, "[^"]+"\)$' lib/base/transitions.def)")"
report "doc/states.dot is of now; $again makes it so" "$(contrib/states 2>&1 | diff doc/states.dot - 2>&1)"
report "doc/states.svg is of doc/states.dot" "$(grep -qxF "<!-- $(cksum < doc/states.dot) -->" doc/states.svg || echo "$again")"
report "the page of what is promised shows it" "$(grep -qF '(states.svg)' doc/reliability.md || echo "no (states.svg)")"
echo "1..$count"

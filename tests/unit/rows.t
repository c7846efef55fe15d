#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is written twice and checked by no compiler: every field of a struct that goes to the store or comes from it has its place in
# lib/store/row_codec.c, and every statement of lib/store/sql.def its use.
cd "${TORC_SOURCE:-.}" || exit 1
count=0
report() { # report NAME FOUND: FOUND is empty
    count=$((count + 1))
    [ -z "$2" ] && { echo "ok $count - $1"; return; }
    echo "not ok $count - $1"
    echo "$2" | sed 's/^/# /'
}
plain() { # plain FILE...: without comments and macros
    sed 's,//.*,,; /^#/d' "$@"
}
records() { # "STRUCT WORD..." of each record: the words of its row
    plain lib/store/row_codec.c | tr '\n' ' ' | tr ';' '\n' | sed -nE 's/.*(RECORD|LOCAL)\(\w+, (\w+),/\2 /p' | tr -cs 'A-Za-z0-9_\n' ' '
}
# of the workflow's file, for resolving it alone
stays=" file_row.line file_row.column file_row.entry file_row.same pair_row.by_regex "
fields() { # fields STRUCT: one a line, but for its arena
    plain lib/*/*.h | sed -n "/^struct $1 {/,/^};/p" | sed 1d | tr '\n' ' ' | tr ';' '\n' | grep -v 'struct arena' | tr ',' '\n' |
        sed -nE 's/\[[^]]*\]//g; s/.*\b([a-z]\w*) *$/\1/p'
}
report "row_codec.c has rows" "$([ "$(records | wc -l)" -ge 30 ] || records)"
for struct in $(records | cut -d ' ' -f 1 | grep -vx read_reply | sort -u); do
    [ -n "$(fields "$struct")" ] && wrong= || wrong="no such struct"
    words=" $(records | grep "^$struct ") "
    report "struct $struct: row_codec.c has all fields" "$wrong$(for field in $(fields "$struct"); do
        case $stays$words in *" $struct.$field "* | *" $field "* | *" ${field%_count} "*) ;; *) echo "$field" ;; esac; done)"
done
report "the replies to store_read, too" "$(plain lib/store/read.h | sed -n '/^struct read_reply {/,/^    };/s/.*\*\(.*\);/\1/p' | while read -r list; do
    grep -q "^REPLY($list);" lib/store/row_codec.c || echo "$list"; done)"
used=$(plain lib/store/*.c lib/store/*.h | grep -oE 'SQL_[A-Z_]+' | sort -u)
report "every statement of sql.def is used" "$(sed -nE 's/^SQL\((\w+),.*/SQL_\1/p' lib/store/sql.def | while read -r name; do
    echo "$used" | grep -qx "$name" || echo "$name"; done)"
echo "1..$count"

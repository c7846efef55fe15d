#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# HACKING.md shows the tree as it is: its picture of the rooms is what contrib/rooms makes of the #include lines, and the files
# that it names are there.
cd "${TORC_SOURCE:-.}" || exit 1
again="contrib/rooms -o doc/rooms.svg > doc/rooms.dot"
count=0
report() { # report NAME FOUND: FOUND is empty
    count=$((count + 1))
    [ -z "$2" ] && { echo "ok $count - $1"; return; }
    echo "not ok $count - $1"
    echo "$2" | sed 's/^/# /'
}
now=$(contrib/rooms 2>&1)
report "every room has a paragraph" "$(printf "%s\n" "$now" | grep '^rooms: ')"
report "doc/rooms.dot is of now; $again makes it so" "$(printf "%s\n" "$now" | diff doc/rooms.dot - 2>&1)"
report "doc/rooms.svg is of doc/rooms.dot" "$(grep -qxF "<!-- $(cksum < doc/rooms.dot) -->" doc/rooms.svg || echo "$again")"
report "the page shows it" "$(grep -qF '(doc/rooms.svg)' HACKING.md || echo "no (doc/rooms.svg)")"
# `…`, up to a blank, but the rooms that paragraphs begin with: names below a folder, and bare ones of sources
named=$(sed 's/^\*\*`[^`]*`//' HACKING.md | grep -oE '`[^`]+`' | tr -d '`' | sed 's/ .*//; s/^\.\///' |
    grep -E '^(lib|runner|submitter|report|cli|plugin|tests|bench|contrib|doc)/|^[a-z_0-9]+\.(c|h|t|sql|def|rows|mk)$' |
    grep -vE 'NAME|^utils' | sort -u)
report "it names files" "$([ "$(echo "$named" | wc -l)" -ge 60 ] || echo "$named")"
report "which are there" "$(echo "$named" | while read -r name; do
    case $name in
    */*) [ -n "$(ls -d $name $name.c 2> /dev/null)" ] ;;
    *) [ -n "$(find lib runner submitter report cli plugin tests -name "$name")" ] ;;
    esac || echo "$name"
done)"
echo "1..$count"

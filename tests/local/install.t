#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install puts everything in place, every program has --help and --version, every manual page is well-formed.
. "$(dirname "$0")/../lib/tap.sh"
build=${TORC_BUILD:?} source=${TORC_SOURCE:?}
dest=$(mktemp -d)
trap 'rm -rf "$dest"' EXIT

ok "make install DESTDIR=… works" env -u MAKEFLAGS -u MAKELEVEL make -s -C "$build" install DESTDIR="$dest" prefix=/usr
grep -q TORC_CRASH_POINTS "$build/Makefile" || is "$(grep -l TORC_CRASH "$dest"/usr/bin/*)" "" "the places where tests kill programs are not compiled in"
for program in torc torc-run torc-sbatch torc-report; do
	file=$dest/usr/bin/$program
	like "$("$file" --version 2>&1)" "^$program [0-9]+\.[0-9]+" "$program --version"
	like "$("$file" --help 2>&1)" "^usage: $program" "$program --help"
	"$file" --no-such-option > /dev/null 2> "$dest/err"
	is $? 2 "$program ends with 2 on an unknown option"
	like "$(cat "$dest/err")" "no.such.option" "and names it"
	ok "$program has a manual page" [ -s "$dest/usr/share/man/man1/$program.1" ]
	is "$(mandoc -T lint -W error "$dest/usr/share/man/man1/$program.1" 2>&1)" "" "which is well-formed"
	for option in $("$file" --help | grep -oE '(^|[ ,])--[a-z-]+' | tr -d ' ,' | sort -u); do
		grep -qE -- "Fl -?${option#--}( |$)|Fl -${option#--}" "$dest/usr/share/man/man1/$program.1" || missing="$missing $program $option;"
	done
done
is "${missing:-}" "" "every option that --help names is in the manual page"
page=$dest/usr/share/man/man1/torc.1 missing=
for command in $("$dest/usr/bin/torc" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p'); do
	grep -qE "^\.It Cm $command( |\$)" "$page" || missing="$missing $command;"
	for option in $("$dest/usr/bin/torc" "$command" --help | grep -oE '^  --[a-z-]+' | grep -vE -- '--(db|help)$'); do
		grep -qE "Fl Fl ${option#--}|Fl ${option:2:1} " "$page" || missing="$missing $command $option;"
	done
done
is "$missing" "" "every command of torc, with its options, is in its manual page"
missing=
for report in $("$dest/usr/bin/torc-report" --help | sed -n '/^Reports:/,$s/^  \([a-z]*\) .*/\1/p'); do
	grep -qx "\.It Cm $report" "$dest/usr/share/man/man1/torc-report.1" || missing="$missing $report;"
done
is "$missing" "" "every report is in the manual page"
if grep -q '^HAVE_SPANK_TRUE = *$' "$build/Makefile"; then
	ok "the plugin is installed" [ -n "$(find "$dest/usr" -name spank_torc.so)" ]
	ok "with its manual page" [ -s "$dest/usr/share/man/man8/spank_torc.8" ]
	ok "and an example of a plugstack line" [ -n "$(find "$dest/usr" -name 'plugstack.conf.example')" ]
fi
ok "torc-step is installed beside the programs" [ -x "$dest/usr/libexec/torc/torc-step" ]
if grep -q '^HAVE_LIBSLURM_TRUE = *$' "$build/Makefile"; then
	ok "slurm-query is installed beside the programs" [ -x "$dest/usr/libexec/torc/slurm-query" ]
fi
nok "no program has crash points (configure --enable-crash-points)" grep -rlq TORC_CRASH "$dest/usr"
ok "the examples, which the guide beside them walks through" diff -r -x local.mk "$source/examples" "$dest/usr/share/doc/torc/examples"
done_testing

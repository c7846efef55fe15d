#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The user guide: what it says that commands print is what they print, and it knows every field of the language.
#
# In its ```console blocks a line that begins with "$ " is a command, and the lines below it are what it must print. A line "…"
# stands for any lines, and "…" at the end of a line for any rest. Numbers, times and what this machine is called are not
# compared. A ```yaml NAME block is the file NAME.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"

source=$(cd "${TORC_SOURCE:-$TORC_BUILD/..}" && pwd)
guide=$source/doc/guide.md
unset TORC_DB
export COLUMNS=100 TORC_SLURM_QUERY=/bin/false
mkdir work blocks
cp -r "$source/examples" work/

# ---- blocks/N.command and blocks/N.wanted; the files ----
awk -v blocks="$TEST_DIR/blocks" -v work="$TEST_DIR/work" '
	/^```console$/ { console = 1; next }
	/^```yaml [a-z.]+$/ { file = work "/" $2; next }
	/^```/ { console = 0; file = "" }
	file { print > file }
	console && /^\$ / { n++; base = sprintf("%s/%03d", blocks, n); print substr($0, 3) > (base ".command"); printf "" > (base ".wanted"); next }
	console { print > (base ".wanted") }' "$guide"

# What is not compared, out of the way: numbers with their units, "-" for what is not known, blanks, names of this machine.
plain() {
	sed -E -e "s|$TEST_DIR/work|/home/anna/work|g; s/\b$(uname -n)\b/vm/g; s/\b$(id -un)\b/anna/g" \
		-e 's/\b(cgroup1|cgroup2|proc)\b/proc/g' -e 's/<?-?\b[0-9][0-9a-zA-Z.:%-]*%?/0/g' -e 's/(^| )- *( |$)/\10\2/g' \
		-e 's/(^| )-( |$)/\10\2/g' -e 's/ +/ /g; s/^ //; s/ $//'
}

matches() { # GOT WANTED: files; lines that are the same, but for …
	awk -v wanted="$2" '
		BEGIN { while ((getline line < wanted) > 0) want[++wants] = line }
		{ got[NR] = $0 }
		function same(g, w, stem) {
			if (sub(/ ?…$/, "", w)) return substr(g, 1, length(w)) == w
			return g == w
		}
		function fits(g, w) {
			for (; w <= wants; g++ + w++) {
				if (want[w] == "…") {
					for (; g <= NR + 1; g++)
						if (fits(g, w + 1)) return 1
					return 0
				}
				if (g > NR || !same(got[g], want[w])) return 0
			}
			return g == NR + 1
		}
		END { exit !fits(1, 1) }' "$1"
}

cd work || bail_out "no folder"
for command in "$TEST_DIR"/blocks/*.command; do
	base=${command%.command}
	bash -c "$(cat "$command")" > "$base.got" 2>&1
	plain < "$base.got" > "$base.got.plain"
	plain < "$base.wanted" > "$base.wanted.plain"
	ok "$(cat "$command")" matches "$base.got.plain" "$base.wanted.plain" || diag "it printed:"$'\n'"$(cat "$base.got")"
done
ok "the guide has commands" [ "$(ls "$TEST_DIR"/blocks/*.command | wc -l)" -ge 20 ]

# ---- every field of the language, in its table ----
section() { awk -v want="### $1" '/^##/ { on = $0 == want || $0 == substr(want, 2) } on && /^\|/' "$guide" | cut -d'|' -f2; }
while IFS='|' read -r object title; do
	missing=
	for field in $(jq -r ".objects.$object | keys[]" "$source/tests/fields/torc-fields.json"); do
		section "$title" | grep -qF "\`$field\`" || missing+=" $field"
	done
	is "$missing" "" "the guide has every field of $object under \"$title\""
done <<- 'E'
	WorkflowSpec|The workflow
	JobSpec|Jobs
	FileSpec|Files
	UserDataSpec|User data
	ResourceRequirementsSpec|Resource classes
	SlurmSchedulerSpec|Schedulers
	ExecutionConfig|execution_config
	StdioConfig|Output of jobs
	FailureHandlerSpec|Failure handlers
	FailureHandlerRuleSpec|Failure handlers
	WorkflowActionSpec|Actions
	ResourceMonitorConfig|Resource monitor
E
missing= fields=0
for field in $(sed -n 's/^ *{\.name = "\([a-z_]*\)".*/\1/p' "$source"/lib/workflow/spec*.c | sort -u); do
	fields=$((fields + 1))
	grep -q "^|.*\`$field\`" "$guide" || missing+=" $field"
done
is "$missing" "" "and every field that is read, those of torc and our own"
ok "there are such" [ $fields -ge 80 ]

# ---- Coming from torc: what it names as ours is there ----
torc_page=$source/doc/from-torc.md
awk '/^## Commands/ { on = 1 } on && /^\| `/' "$torc_page" | awk -F'|' '{ print $4 }' | grep -o '`torc[^`]*`' | tr -d '`' |
	grep -v 'torc_output' | sort -u > ours
ok "it names commands" [ "$(wc -l < ours)" -ge 20 ]
while read -r command; do
	set -- $command
	words=$1
	[ "$1" != torc ] || words+=" $2"
	help=$($words --help 2>&1) || fail "$words is a command"
	missing=
	for option in $(grep -oE -- '(^| )--?[a-z][a-z-]*' <<< "$command"); do
		grep -qE -- "(^| )$option\b" <<< "$help" || missing+=" $option"
	done
	is "$missing" "" "$command"
done < ours

# ---- links ----
is "$(grep -o '](#[^)]*)' "$guide" | sort -u | while read -r link; do
	name=${link#??#} name=${name%)}
	sed -n 's/^##* //p' "$guide" | tr 'A-Z ' 'a-z-' | grep -qx -- "$name" || echo "$name"
done)" "" "every section that it links to is there"
done_testing

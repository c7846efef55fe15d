#!/bin/sh
# verify.sh RANKED TEXTS   counts the words of the files in TEXTS again, all at once and by other means, and compares.
set -eu
export LC_ALL=C
ranked=$1 texts=$2
direct=$(mktemp)
trap 'rm -f "$direct"' EXIT
find "$texts" -type f -exec cat {} + | grep -aoE '[A-Za-z]+' | tr 'A-Z' 'a-z' | sort | uniq -c | awk '{ print $1, $2 }' | sort -k 1,1nr -k 2,2 > "$direct"
if ! cmp -s "$direct" "$ranked"; then
	echo "verify: the counts differ from a direct computation:" >&2
	diff "$direct" "$ranked" | head -n 5 >&2
	exit 1
fi
awk '{ n += $1 } END { printf "%d words, %d different, all counts verified\n", n, NR }' "$ranked"

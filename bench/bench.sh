# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the benchmarks: a scratch folder, seconds of a command, medians. Every figure is from the run that prints it.
set -euo pipefail # or a command that failed would be a median of nothing
TORC_SOURCE=${TORC_SOURCE:-$(cd "$(dirname "$0")/.." && pwd)}
TORC_BUILD=${TORC_BUILD:-$(for d in "$PWD" "$TORC_SOURCE/build" "$TORC_SOURCE"; do [ ! -x "$d/torc-run" ] || { echo "$d"; break; }; done)}
[ -n "$TORC_BUILD" ] || { echo "$(basename "$0"): build first (./configure && make), or set TORC_BUILD" >&2; exit 2; }
PATH=$TORC_BUILD:$PATH
unset TORC_DB
scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/torc-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

seconds() { # COMMAND...: wall seconds of it; its output goes to $scratch/log; ends the benchmark when it fails
	local start end
	start=$(date +%s%N)
	"$@" > "$scratch/log" 2>&1 < /dev/null || { echo "$(basename "$0"): failed: $*" >&2; tail -n 5 "$scratch/log" >&2; exit 1; }
	end=$(date +%s%N)
	echo $((end - start)) | awk '{ printf "%.4f\n", $1 / 1e9 }'
}
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
# GOT LIMIT at-least|at-most: what the figure has to reach; a benchmark's exit status is 1 when one does not
verdict() { awk -v g="$1" -v l="$2" -v h="$3" 'BEGIN { good = h == "at-least" ? g >= l : g <= l; print good ? "reached" : "MISSED"; exit !good }'; }

# Waits, for a minute at most, until making files is cheap here: ext4 without a journal looks past every inode that was freed
# in the last minutes and is in the cache still, so what ran (and was removed) before would be measured instead.
settle() {
	local i tries start
	sync
	[ ! -w /proc/sys/vm/drop_caches ] || echo 3 > /proc/sys/vm/drop_caches
	for tries in 1 2 3 4 5 6 7 8 9 10 11 12; do
		mkdir "$scratch/settle.$tries"
		start=$(date +%s%N)
		for ((i = 0; i < 500; i++)); do : > "$scratch/settle.$tries/$i"; done
		[ $((($(date +%s%N) - start) / 500)) -gt 60000 ] || return 0
		sleep 5
	done
}

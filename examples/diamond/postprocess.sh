#!/bin/sh
# postprocess.sh NORTH SOUTH   merges the statistics of both stations into one JSON document on standard output.
set -eu
object() { awk '{ printf "%s\"%s\": %s", (NR > 1 ? ", " : ""), $1, $2 }' "$1"; }
mean() { awk '$1 == "mean" { print $2 }' "$1"; }
printf '{"north": {%s},\n "south": {%s},\n "difference_of_means": %s}\n' "$(object "$1")" "$(object "$2")" \
	"$(awk -v n="$(mean "$1")" -v s="$(mean "$2")" 'BEGIN { printf "%.3f", s - n }')"

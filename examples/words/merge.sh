#!/bin/sh
# merge.sh COUNTS...   adds lists of "COUNT WORD" up to one, in the order of the words.
set -eu
export LC_ALL=C
cat -- "$@" | awk '{ n[$2] += $1 } END { for (w in n) print n[w], w }' | sort -k 2

#!/bin/sh
# count.sh FILE...   words of the FILEs with how often they occur, "COUNT WORD" a line, in the order of the words.
# A word is a run of letters, in lower case; everything else separates words.
set -eu
export LC_ALL=C
cat -- "$@" | tr 'A-Z' 'a-z' | tr -cs 'a-z' '\n' | awk 'NF { n[$1]++ } END { for (w in n) print n[w], w }' | sort -k 2

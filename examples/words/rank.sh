#!/bin/sh
# rank.sh COUNTS   the words by how often they occur, the most frequent first, words of one count in the order of the alphabet.
set -eu
export LC_ALL=C
sort -k 1,1nr -k 2,2 -- "$1"

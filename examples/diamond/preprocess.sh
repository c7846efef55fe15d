#!/bin/sh
# preprocess.sh INPUTS NORTH SOUTH   takes the two lists out of INPUTS (JSON) and writes each as one value a line.
set -eu
for output in "$2" "$3"; do
	mkdir -p "$(dirname "$output")"
done
values() { # NAME: the numbers of the list "NAME"
	tr -d '\n' < "$inputs" | sed -e 's/.*"'"$1"'": *\[\([^]]*\)\].*/\1/' | tr ',' '\n' | awk '{ gsub(/ /, "") } NF'
}
inputs=$1
values north > "$2"
values south > "$3"

#!/bin/sh
# split.sh PARTS FOLDER TEXTS   deals the lines of the files in TEXTS out to FOLDER/part00 … in turn: parts of one size.
set -eu
parts=$1 folder=$2 texts=$3
mkdir -p "$folder"
find "$texts" -type f -exec cat {} + | awk -v parts="$parts" -v folder="$folder" '{ printf "%s\n", $0 > sprintf("%s/part%02d", folder, NR % parts) }'

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Dependencies point one way: lib/ includes nothing above it, pure modules nothing of the system, each outside thing has one place;
# and no file grows beyond what can be read at once.
cd "${TORC_SOURCE:-.}" || exit 1
count=0
none() { # none DESCRIPTION PATTERN FILE…: no line of the files matches
    name=$1 pattern=$2; shift 2; count=$((count + 1))
    found=$(grep -En "$pattern" "$@" /dev/null) && { echo "not ok $count - $name"; echo "$found" | sed 's/^/# /'; return; }
    echo "ok $count - $name"
}
pure=$(ls lib/template.[ch] lib/yaml*.[ch] lib/json5.[ch] lib/rewrite.[ch] lib/source_format.[ch] lib/spec*.[ch] lib/resolve*.[ch] lib/workflow.[ch] lib/dot.[ch] lib/graph.[ch] lib/groups.[ch] lib/stages.[ch] lib/names.[ch] lib/size.[ch] lib/duration.[ch] \
    lib/suggest.[ch] lib/substitute.[ch] lib/source.[ch] lib/json_position.[ch] lib/json_syntax.[ch] lib/problem.[ch] \
    lib/arena.[ch] lib/sbatch_options.[ch] lib/scheduler.[ch] lib/job_spec.[ch] lib/settings.[ch] lib/params*.[ch] lib/plan*.[ch] lib/pack*.[ch] 2>/dev/null)
none "lib includes nothing above it" '#include "(submitter|runner|report|cli|server|plugin)/' lib/*.[ch]
# shellcheck disable=SC2086
none "pure modules include no system, Slurm or database header" \
    '#include <(sys/|unistd|fcntl|dirent|pthread|poll|sqlite3|slurm|munge|curl|hwloc)' $pure
none "sqlite3.h is in lib/store_sqlite* only (and in what a benchmark compares with)" '#include <sqlite3' \
    $(ls lib/*.[ch] ./*/*.[ch] | grep -Ev 'lib/store_sqlite|bench/submit|bench/data')
none "pcre2.h is in lib/regex.c only" '#include <pcre2' $(ls lib/*.[ch] ./*/*.[ch] | grep -v 'lib/regex.c')
none "Slurm's headers are in slurm_query and the plugin only" '#include <slurm/' \
    $(ls lib/*.[ch] ./*/*.[ch] | grep -Ev 'plugin/|slurm_query')
none "hwloc.h is in runner/topology.c only" '#include <hwloc' $(ls lib/*.[ch] ./*/*.[ch] | grep -v 'runner/topology.c')
count=$((count + 1))
long=$(wc -l lib/*.[ch] ./*/*.[ch] | awk '($2 ~ /\.h$/ && $1 > 100) || ($2 ~ /\.c$/ && $1 > 500) { print $2 ": " $1 " lines" }')
if [ -z "$long" ]; then echo "ok $count - no source is longer than 500 lines, no header than 100"; else
    echo "not ok $count - no source is longer than 500 lines, no header than 100"; echo "$long" | sed 's/^/# /'; fi
echo "1..$count"

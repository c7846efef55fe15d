#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Dependencies point one way: lib/ includes nothing above it, a room of lib/ only rooms before it, pure rooms nothing of the system,
# each outside thing has one place; and no file grows beyond what can be read at once.
cd "${TORC_SOURCE:-.}" || exit 1
count=0
# the rooms of lib/, each may include itself and those before it
rooms="base meter text workflow plan store restart slurm show"
sources=$(find lib runner submitter report cli plugin tests bench -name '*.[ch]' ! -name '*_sql.h' | sort)
report() { # report NAME FOUND: FOUND is empty
    count=$((count + 1))
    [ -z "$2" ] && { echo "ok $count - $1"; return; }
    echo "not ok $count - $1"
    echo "$2" | sed 's/^/# /'
}
none() { # none NAME PATTERN FILE…: no line of the files matches
    name=$1 pattern=$2; shift 2
    report "$name" "$(grep -En "$pattern" "$@" /dev/null)"
}
but() { # but PATTERN: the sources whose path does not match
    echo "$sources" | grep -Ev "$1"
}
none "lib includes nothing above it" '#include "(submitter|runner|report|cli|server|plugin|tests)/' $(find lib -name '*.[ch]')
none "lib has no file outside its rooms" . $(ls lib/*.[ch] 2>/dev/null)
report "lib has these rooms and no others" "$(ls -d lib/*/ | while read -r room; do
    case " $rooms " in *" $(basename "$room") "*) ;; *) echo "$room is not in the order";; esac; done)"
later=$rooms
for room in $rooms; do
    later=${later#"$room"} later=${later# }
    [ -z "$later" ] || none "lib/$room includes no room behind it" "#include \"lib/($(echo "$later" | tr ' ' '|'))/" lib/"$room"/*.[ch]
done
none "text, workflow and plan include no system, Slurm or database header (but inputs.c, which looks whether files exist)" \
    '#include <(sys/|unistd|fcntl|dirent|pthread|poll|sqlite3|slurm|munge|curl|hwloc)' \
    $(echo "$sources" | grep -E '^lib/(text|workflow|plan)/' | grep -v '^lib/workflow/inputs\.c$')
only() { # only HEADER WHERE: included there alone, an extended regular expression of paths
    none "$1 is in $2 only" "#include <$1" $(but "$2")
}
only sqlite3 'lib/store/sqlite|bench/(submit|data)|tests/unit/(store_fixture|restart_world)'
only pcre2 'lib/base/regex\.c'
only slurm/ 'plugin/|submitter/(slurm_query\.c|query_limits\.)'
only hwloc 'runner/topology\.c'
# X.c and X.h are one module, and so is all of a folder within runner/; tsort names what goes in a circle
report "the modules of the programs include each other in no ring" "$(echo "$sources" | grep -Ev '^(lib|tests|bench)/' |
    while read -r file; do
        sed -n 's/^#include "\([^"]*\)\.h"/\1/p' "$file" | sed "s|^|${file%.*} |"
    done | sed -E 's,runner/(job|socket)/[a-z_]+,runner/\1,g' | awk '$1 != $2' | tsort 2>&1 > /dev/null)"
report "Slurm's commands are run by lib/slurm only (slurm_look is its, too; cli/foreign.c has words of others)" "$(but '^lib/slurm/|^cli/foreign\.c|^tests/|^lib/workflow/sbatch_options\.c' |
    xargs grep -En '^[^/]*"(sbatch|squeue|scancel|sacct|scontrol|sinfo|sstat)"' | grep -v slurm_look)"
report "the entries of each Makefile fragment are sorted" "$(find . -name local.mk ! -path './build*' | LC_ALL=C xargs awk '
    FNR == 1 || NF != 3 || $2 != "+=" || $1 != last { line = "" } $2 == "+=" { if ($3 < line) print FILENAME ": " $3; line = $3; last = $1 }')"
report "no source is longer than 500 lines, no header than 100" "$(echo "$sources" | xargs wc -l |
    awk '($2 ~ /\.h$/ && $1 > 100) || ($2 ~ /\.c$/ && $1 > 500) { print $2 ": " $1 " lines" }')"
echo "1..$count"

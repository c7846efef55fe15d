#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Accounting in cgroup v1, as an ordinary user in directories like those that Slurm 22.05 gives to a task.
set -u
. "$(dirname "$0")/../lib/tap.sh"
: "${TORC_BUILD:=.}"
mounts() { awk -v c="$1" '{ n = split($0, half, " - "); split(half[1], a, " "); split(half[2], b, " ")
    if (n == 2 && b[1] == "cgroup" && ("," b[3] ",") ~ ("," c ",")) { print a[5]; exit } }' /proc/self/mountinfo; }

memory=$(mounts memory) cpuacct=$(mounts cpuacct)
[ "$(id -u)" = 0 ] || skip_all "only root can make the directories"
[ -n "$memory" ] && [ -n "$cpuacct" ] && [ -w "$memory" ] || skip_all "no cgroup v1 here"

uid=65533 name=torctest_$$ log=$(mktemp)
cleanup() {
    rm -f "$log"
    for dir in "$memory/$name" "$cpuacct/$name"; do
        find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null
    done
}
trap cleanup EXIT
for dir in "$memory/$name" "$cpuacct/$name"; do
    mkdir -p "$dir/task_0" && chown $uid "$dir/task_0" "$dir/task_0/cgroup.procs" "$dir/task_0/tasks" || exit 99
done
# the build folder may be closed to others: the program is opened here
program=$TORC_BUILD/tests/local/meter_cgroup
exec 3<"$program"
(
    echo $BASHPID >"$memory/$name/task_0/cgroup.procs"
    echo $BASHPID >"$cpuacct/$name/task_0/cgroup.procs"
    exec setpriv --reuid=$uid --regid=$uid --clear-groups /proc/self/fd/3 cgroup1
) >"$log"
status=$?
while IFS= read -r line; do
    case $line in
    "ok "*) pass "${line#*- }" ;;
    "not ok "*) fail "${line#*- }" ;;
    1..*) ;;
    *) echo "$line" ;;
    esac
done <"$log"
[ $status -le 1 ] || bail_out "meter_cgroup ended with $status"
is "$(find "$memory/$name/task_0" "$cpuacct/$name/task_0" -mindepth 1 -type d)" "" "no directory is left behind"
done_testing

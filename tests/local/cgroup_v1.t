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

# ---- what torc check says is what the runner's meter would do ----
exec 4<"$TORC_BUILD/torc"
check_in() { # DIR: what torc check says of delegation to the user in there
    (
        echo $BASHPID >"$memory/$name/$1/cgroup.procs"
        echo $BASHPID >"$cpuacct/$name/$1/cgroup.procs"
        cd / && exec setpriv --reuid=$uid --regid=$uid --clear-groups /proc/self/fd/4 check --json
    ) | jq -r '.checks[] | select(.name == "delegation") | .verdict + ": " + .text'
}
like "$(check_in task_0)" "^ok: torc-run may make cgroups here: jobs are held in .*/$name/task_0\$" "torc check: a task's directory"
for dir in "$memory/$name" "$cpuacct/$name"; do
    mkdir "$dir/other" "$dir/task_1" && chown $uid "$dir/other" || exit 99
done
like "$(check_in other)" '^note: .*other is no directory of a Slurm task' "... one that is the user's, but no task's, is not used"
like "$(check_in task_1)" '^note: .*task_1 is not ours to write' "... one that is root's"
is "$(find "$memory/$name" "$cpuacct/$name" -mindepth 2 -type d)" "" "... and nothing is left behind"
done_testing

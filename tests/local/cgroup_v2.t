#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Accounting in cgroup v2, as an ordinary user: in what the plugin makes beside a task, and in what systemd delegates.
set -u
. "$(dirname "$0")/../lib/tap.sh"
: "${TORC_BUILD:=.}"

root=$(awk '{ n = split($0, half, " - "); split(half[1], a, " "); split(half[2], b, " ")
    if (n == 2 && b[1] == "cgroup2") { print a[5]; exit } }' /proc/self/mountinfo)
[ "$(id -u)" = 0 ] || skip_all "only root can make the directories"
grep -qs memory "$root/cgroup.controllers" || skip_all "no cgroup v2 with a memory controller here"

uid=65533 top=$root/torctest_$$ log=$(mktemp)
cleanup() {
    rm -f "$log"
    find "$top" -depth -type d -exec rmdir {} + 2>/dev/null
}
trap cleanup EXIT
program=$TORC_BUILD/tests/local/meter_cgroup
exec 3<"$program" # the build folder may be closed to others
give() { chown $uid "$1" "$1/cgroup.procs" "$1/cgroup.subtree_control" "$1/cgroup.threads"; }
# where all is so slow, touching the memory alone takes more than the test's 2 seconds
cpu_usec=$((${TEST_SLOW:-1} > 1 ? 12000000 : 2000000))

run_in() { # NAME DIR BASE: the program, as the user, in DIR; it may leave nothing in BASE
    local line
    (
        echo $BASHPID >"$2/cgroup.procs"
        exec setpriv --reuid=$uid --regid=$uid --clear-groups /proc/self/fd/3 cgroup2 $cpu_usec
    ) >"$log"
    local status=$?
    while IFS= read -r line; do
        case $line in
        "ok "*) pass "$1: ${line#*- }" ;;
        "not ok "*) fail "$1: ${line#*- }" ;;
        1..*) ;;
        *) echo "$line" ;;
        esac
    done <"$log"
    [ $status -le 1 ] || bail_out "meter_cgroup ended with $status"
    is "$(find "$3" -mindepth 1 -type d ! -name runner)" "" "$1: no directory is left"
}

echo +memory >"$root/cgroup.subtree_control" && echo +cpu >"$root/cgroup.subtree_control"
mkdir "$top" && sed 's/[^ ]*/+&/g' "$root/cgroup.subtree_control" >"$top/cgroup.subtree_control" || bail_out "cannot make $top"

mkdir "$top/user" && echo +memory +cpu >"$top/user/cgroup.subtree_control" && mkdir "$top/user/task_0" "$top/user/torc_0" &&
    echo +memory +cpu >"$top/user/torc_0/cgroup.subtree_control" && give "$top/user/torc_0" &&
    chown $uid "$top/user/cgroup.procs" || bail_out "cannot make what the plugin makes"
run_in plugin "$top/user/task_0" "$top/user/torc_0"

mkdir "$top/scope" && give "$top/scope" && "$program" mark "$top/scope" || bail_out "cannot make what systemd makes"
run_in systemd "$top/scope" "$top/scope"

# ---- what torc check says is what the runner's meter would do; then all is as it was ----
exec 4<"$TORC_BUILD/torc"
check_in() { # DIR: what torc check says of delegation to the user in there, and where it is then
    (
        echo $BASHPID >"$1/cgroup.procs"
        cd / && setpriv --reuid=$uid --regid=$uid --clear-groups /proc/self/fd/4 check --json
        sed -n 's/^0::/in /p' /proc/self/cgroup
    ) | sed 's/^in .*/"&"/' | jq -r 'if type == "object" then .checks[] | select(.name == "delegation") | .verdict + ": " + .text else . end'
}
like "$(check_in "$top/user/task_0")" "^ok: torc-run may make cgroups here: jobs are held in .*/user/torc_0" "torc check: what the plugin made"
mkdir "$top/fresh" "$top/plain" && give "$top/fresh" && "$program" mark "$top/fresh" && give "$top/plain" || bail_out "cannot make what systemd makes"
like "$(check_in "$top/fresh")" "^ok: torc-run may make cgroups here: jobs are held in .*/fresh
in .*/fresh\$" "... what systemd made"
like "$(check_in "$top/plain")" '^note: .*plain is neither a Slurm task.s nor delegated' "... one that is the user's, but not delegated, is not used"
mkdir "$top/bare" "$top/bare/scope" && give "$top/bare/scope" && "$program" mark "$top/bare/scope" || bail_out "cannot make one without memory"
like "$(check_in "$top/bare/scope")" "^note: .*/bare/scope: its memory controller cannot be used: .*
in .*/bare/scope\$" "... one that has no memory controller"
is "$(find "$top/fresh" "$top/bare/scope" "$top/user/torc_0" -mindepth 1 -type d; cat "$top/fresh/cgroup.subtree_control")" "" "... and nothing is left behind"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The runner's figures beside those of GNU time around the same program: CPU as both have it from wait4, and memory as the runner
# samples it and the kernel keeps it for the largest process.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/local.sh"
[ -x /usr/bin/time ] || skip_all "GNU time is not installed (time)"

time='/usr/bin/time -f \"%U %S %M\" -o $TORC_JOB_NAME.time'
cat > known.json <<J
{"name": "known", "jobs": [
 {"name": "one", "command": "$time $TORC_BUILD/tests/load --mem 100 --cpu 1 --sleep 1"},
 {"name": "system", "command": "$time dd if=/dev/zero of=/dev/null bs=16 count=3000000 2> /dev/null"},
 {"name": "children", "command": "$time sh -c 'for i in 1 2 3; do $TORC_BUILD/tests/load --mem 120 --cpu 0.4; done'"},
 {"name": "beside", "command": "$time sh -c '$TORC_BUILD/tests/load --mem 60 --sleep 1 & $TORC_BUILD/tests/load --mem 60 --sleep 1 & wait'"}]}
J
run known.json --cpus 1
is $rc 0 "all complete" || diag "$(cat log)"
# near GOT WANTED PERCENT
near() { awk -v got="$1" -v wanted="$2" -v percent="$3" 'BEGIN { d = got - wanted; exit !(wanted > 0 && (d < 0 ? -d : d) <= wanted * percent / 100) }'; }
for job in one system children; do
	read -r user system rss < "$job.time"
	read -r cpu peak <<< "$(query "SELECT (u.cpu_user_usec + u.cpu_system_usec) / 1e6, u.memory_peak_bytes / 1024 FROM usage u JOIN attempt a ON a.id = u.attempt
		JOIN job j ON j.id = a.job WHERE j.name = '$job'" | tr '|' ' ')"
	ok "$job: CPU time is GNU time's, within 5 %" near "$cpu" "$(awk -v a="$user" -v b="$system" 'BEGIN { print a + b }')" 5 || diag "$cpu s, and $user + $system"
	[ "$job" = system ] || # a process of 2 MiB beside the shell that starts it
		ok "... and memory" near "$peak" "$rss" 5 || diag "$peak KiB, and $rss"
done

# Of two processes side by side GNU time has the larger, and the runner both.
read -r user system rss < beside.time
ok "memory of two at once is both of them" near "$(query "SELECT u.memory_peak_bytes / 1024 FROM usage u JOIN attempt a ON a.id = u.attempt JOIN job j ON j.id = a.job
	WHERE j.name = 'beside'")" $((2 * rss)) 8 || diag "$rss"
done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of the store once more, with every request and reply turned into JSON and back on its way.
set -u
. "$(dirname "$0")/../lib/tap.sh"
: "${TORC_BUILD:=.}"
export TORC_STORE_CODEC=1
for name in run claim ahead data plan random faults; do
	ok "store_$name, through JSON" "$TORC_BUILD/tests/unit/store_$name"
done
ok "restarts, through JSON" "$TORC_BUILD/tests/unit/restart_oracle" 1 200
done_testing

# SPDX-License-Identifier: GPL-2.0-or-later
# built with the rest so that it cannot rot, not installed
noinst_PROGRAMS = bench/actions bench/data bench/spawn bench/submit
bench_actions_LDADD = lib/libtorc.la $(SQLITE_LIBS)
bench_submit_LDADD = lib/libtorc.la $(SQLITE_LIBS)
bench_data_LDADD = $(SQLITE_LIBS)
bench_spawn_LDADD =
EXTRA_DIST += bench/bench.sh
EXTRA_DIST += bench/chain
EXTRA_DIST += bench/latency
EXTRA_DIST += bench/report
EXTRA_DIST += bench/throughput
EXTRA_DIST += bench/user-data

# SPDX-License-Identifier: GPL-2.0-or-later
TEST_EXTENSIONS = .t
T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(T_LOG_DRIVER)
AM_TESTS_ENVIRONMENT = TORC_BUILD='$(abs_top_builddir)'; TORC_SOURCE='$(abs_top_srcdir)'; export TORC_BUILD TORC_SOURCE;
LOG_COMPILER = $(top_srcdir)/tests/lib/deadline
T_LOG_COMPILER = $(LOG_COMPILER)
LDADD = lib/libtorc.la
include tests/unit/local.mk
include tests/fuzz/local.mk

# run by shell: the programs on this machine
local_tests =
local_tests += tests/local/actions.t
local_tests += tests/local/adrift.t
local_tests += tests/local/cgroup_v1.t
local_tests += tests/local/coming.t
local_tests += tests/local/contents.t
local_tests += tests/local/crate.t
local_tests += tests/local/data.t
local_tests += tests/local/errors.t
local_tests += tests/local/fields.t
local_tests += tests/local/flush.t
local_tests += tests/local/foreign.t
local_tests += tests/local/graph.t
local_tests += tests/local/guide.t
local_tests += tests/local/handlers.t
local_tests += tests/local/idioms.t
local_tests += tests/local/import.t
local_tests += tests/local/install.t
local_tests += tests/local/journal.t
local_tests += tests/local/kill.t
local_tests += tests/local/labels.t
local_tests += tests/local/language.t
local_tests += tests/local/migration.t
local_tests += tests/local/outage.t
local_tests += tests/local/outputs.t
local_tests += tests/local/report.t
local_tests += tests/local/restart.t
local_tests += tests/local/run.t
local_tests += tests/local/share.t
local_tests += tests/local/spawn.t
local_tests += tests/local/starts.t
local_tests += tests/local/steer.t
local_tests += tests/local/store_codec.t
local_tests += tests/local/stream.t
local_tests += tests/local/waiting.t
local_tests += tests/local/wakeups.t
local_tests += tests/local/warnings.t
local_tests += tests/unit/layers.t
local_tests += tests/unit/layout.t
local_tests += tests/unit/rooms.t
local_tests += tests/unit/rows.t
local_tests += tests/unit/states.t

# the programs on a private Slurm (root)
cluster_tests =
cluster_tests += tests/cluster/accounting.t
cluster_tests += tests/cluster/actions.t
cluster_tests += tests/cluster/answers.t
cluster_tests += tests/cluster/binding.t
cluster_tests += tests/cluster/death.t
cluster_tests += tests/cluster/end_time.t
cluster_tests += tests/cluster/ends.t
cluster_tests += tests/cluster/examples.t
cluster_tests += tests/cluster/failures.t
cluster_tests += tests/cluster/idioms.t
cluster_tests += tests/cluster/kill.t
cluster_tests += tests/cluster/language.t
cluster_tests += tests/cluster/limits.t
cluster_tests += tests/cluster/nodes.t
cluster_tests += tests/cluster/plugin.t
cluster_tests += tests/cluster/restart.t
cluster_tests += tests/cluster/runner.t
cluster_tests += tests/cluster/sandbox.t
cluster_tests += tests/cluster/schedulers.t
cluster_tests += tests/cluster/sites.t
cluster_tests += tests/cluster/steps.t
cluster_tests += tests/cluster/submit.t
cluster_tests += tests/cluster/torc_slurm.t
cluster_tests += tests/cluster/waiting.t
cluster_tests += tests/cluster/walltime.t

# run by tests/guest/run, in a machine with cgroup v2
guest_tests =
guest_tests += tests/local/cgroup_v2.t

check_PROGRAMS += $(unit_tests)
check_PROGRAMS += tests/load
check_PROGRAMS += tests/local/hash_bytes
check_PROGRAMS += tests/local/meter_cgroup
check_PROGRAMS += tests/local/socket_client
check_PROGRAMS += tests/storm_job
check_LTLIBRARIES = tests/local/hang.la
tests_local_hang_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_local_hang_la_LIBADD =
tests_load_LDADD =
tests_storm_job_LDADD =
tests_local_socket_client_LDADD =
tests_local_meter_cgroup_SOURCES = tests/local/meter_cgroup.c tests/meter_jobs.c tests/meter_jobs.h
dist_check_SCRIPTS += $(local_tests) $(cluster_tests) $(guest_tests)
TESTS += $(unit_tests) $(local_tests) $(cluster_tests)

EXTRA_DIST += tests/cases
EXTRA_DIST += tests/cluster/plugin-runner.sh
EXTRA_DIST += tests/debian/demo
EXTRA_DIST += tests/debian/killed
EXTRA_DIST += tests/fields
EXTRA_DIST += tests/guest/boot
EXTRA_DIST += tests/guest/guest-init
EXTRA_DIST += tests/guest/kernel
EXTRA_DIST += tests/guest/run
EXTRA_DIST += tests/idioms
EXTRA_DIST += tests/lib/cluster.sh
EXTRA_DIST += tests/lib/crate_check.py
EXTRA_DIST += tests/lib/crate_requirements.txt
EXTRA_DIST += tests/lib/deadline
EXTRA_DIST += tests/lib/idioms.sh
EXTRA_DIST += tests/lib/local.sh
EXTRA_DIST += tests/lib/slurm-faults
EXTRA_DIST += tests/lib/tap.sh
EXTRA_DIST += tests/local/graph
EXTRA_DIST += tests/local/import
EXTRA_DIST += tests/local/report
EXTRA_DIST += tests/local/schema
EXTRA_DIST += tests/mpi_sum.c
EXTRA_DIST += tests/slurm
EXTRA_DIST += tests/storm
EXTRA_DIST += tests/tap.h

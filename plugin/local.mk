# SPDX-License-Identifier: GPL-2.0-or-later
# spank_torc.so: never sanitized: it is loaded into slurmstepd; nothing of lib/ but headers
if HAVE_SPANK
pkglib_LTLIBRARIES += plugin/spank_torc.la
endif
plugin_spank_torc_la_SOURCES =
plugin_spank_torc_la_SOURCES += lib/base/clock.h
plugin_spank_torc_la_SOURCES += lib/meter/step_record.h
plugin_spank_torc_la_SOURCES += plugin/cgroup_clear.c
plugin_spank_torc_la_SOURCES += plugin/cgroup_clear.h
plugin_spank_torc_la_SOURCES += plugin/cgroup_path.c
plugin_spank_torc_la_SOURCES += plugin/cgroup_path.h
plugin_spank_torc_la_SOURCES += plugin/delegate.c
plugin_spank_torc_la_SOURCES += plugin/delegate.h
plugin_spank_torc_la_SOURCES += plugin/ledger.c
plugin_spank_torc_la_SOURCES += plugin/ledger.h
plugin_spank_torc_la_SOURCES += plugin/record.c
plugin_spank_torc_la_SOURCES += plugin/record.h
plugin_spank_torc_la_SOURCES += plugin/record_measure.c
plugin_spank_torc_la_SOURCES += plugin/record_measure.h
plugin_spank_torc_la_SOURCES += plugin/record_text.c
plugin_spank_torc_la_SOURCES += plugin/record_text.h
plugin_spank_torc_la_SOURCES += plugin/run_dir.c
plugin_spank_torc_la_SOURCES += plugin/run_dir.h
plugin_spank_torc_la_SOURCES += plugin/spank_torc.c
plugin_spank_torc_la_SOURCES += plugin/step.c
plugin_spank_torc_la_SOURCES += plugin/step.h
plugin_spank_torc_la_CPPFLAGS = -I$(top_srcdir)
plugin_spank_torc_la_CFLAGS = $(WARNING_CFLAGS) -fvisibility=hidden
plugin_spank_torc_la_LDFLAGS = -module -avoid-version -shared
EXTRA_DIST += plugin/README.md

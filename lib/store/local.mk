# SPDX-License-Identifier: GPL-2.0-or-later
lib_libtorc_la_SOURCES += %D%/amend.h
lib_libtorc_la_SOURCES += %D%/codec.c
lib_libtorc_la_SOURCES += %D%/codec.h
lib_libtorc_la_SOURCES += %D%/create.h
lib_libtorc_la_SOURCES += %D%/data.h
lib_libtorc_la_SOURCES += %D%/events.h
lib_libtorc_la_SOURCES += %D%/facts.h
lib_libtorc_la_SOURCES += %D%/here.c
lib_libtorc_la_SOURCES += %D%/here.h
lib_libtorc_la_SOURCES += %D%/infos.h
lib_libtorc_la_SOURCES += %D%/journal.c
lib_libtorc_la_SOURCES += %D%/journal.h
lib_libtorc_la_SOURCES += %D%/journal_replay.c
lib_libtorc_la_SOURCES += %D%/loop_back.c
lib_libtorc_la_SOURCES += %D%/migrations.def
lib_libtorc_la_SOURCES += %D%/ops.h
lib_libtorc_la_SOURCES += %D%/pack.c
lib_libtorc_la_SOURCES += %D%/pack.h
lib_libtorc_la_SOURCES += %D%/plan.h
lib_libtorc_la_SOURCES += %D%/read.h
lib_libtorc_la_SOURCES += %D%/read_each.c
lib_libtorc_la_SOURCES += %D%/read_each.h
lib_libtorc_la_SOURCES += %D%/restart.h
lib_libtorc_la_SOURCES += %D%/row_codec.c
lib_libtorc_la_SOURCES += %D%/row_codec.h
lib_libtorc_la_SOURCES += %D%/run.h
lib_libtorc_la_SOURCES += %D%/spawn.h
lib_libtorc_la_SOURCES += %D%/sql.def
lib_libtorc_la_SOURCES += %D%/sqlite.c
lib_libtorc_la_SOURCES += %D%/sqlite.h
lib_libtorc_la_SOURCES += %D%/sqlite_ahead.c
lib_libtorc_la_SOURCES += %D%/sqlite_amend.c
lib_libtorc_la_SOURCES += %D%/sqlite_calls.h
lib_libtorc_la_SOURCES += %D%/sqlite_claim.c
lib_libtorc_la_SOURCES += %D%/sqlite_claim.h
lib_libtorc_la_SOURCES += %D%/sqlite_claim_order.c
lib_libtorc_la_SOURCES += %D%/sqlite_create.c
lib_libtorc_la_SOURCES += %D%/sqlite_data.c
lib_libtorc_la_SOURCES += %D%/sqlite_demand.c
lib_libtorc_la_SOURCES += %D%/sqlite_enter.c
lib_libtorc_la_SOURCES += %D%/sqlite_facts.c
lib_libtorc_la_SOURCES += %D%/sqlite_give.h
lib_libtorc_la_SOURCES += %D%/sqlite_guard.c
lib_libtorc_la_SOURCES += %D%/sqlite_open.c
lib_libtorc_la_SOURCES += %D%/sqlite_plan.c
lib_libtorc_la_SOURCES += %D%/sqlite_read.c
lib_libtorc_la_SOURCES += %D%/sqlite_restart.c
lib_libtorc_la_SOURCES += %D%/sqlite_run.c
lib_libtorc_la_SOURCES += %D%/sqlite_seen.c
lib_libtorc_la_SOURCES += %D%/sqlite_seen.h
lib_libtorc_la_SOURCES += %D%/sqlite_spawn.c
lib_libtorc_la_SOURCES += %D%/sqlite_spawn.h
lib_libtorc_la_SOURCES += %D%/sqlite_spawn_drop.c
lib_libtorc_la_SOURCES += %D%/sqlite_spawn_look.c
lib_libtorc_la_SOURCES += %D%/sqlite_state.c
lib_libtorc_la_SOURCES += %D%/sqlite_steer.c
lib_libtorc_la_SOURCES += %D%/sqlite_tx.h
lib_libtorc_la_SOURCES += %D%/start_log.c
lib_libtorc_la_SOURCES += %D%/start_log.h
lib_libtorc_la_SOURCES += %D%/steer.h
lib_libtorc_la_SOURCES += %D%/store.c
lib_libtorc_la_SOURCES += %D%/store.h
lib_libtorc_la_SOURCES += %D%/waiting.c
lib_libtorc_la_SOURCES += %D%/waiting.h

# these become C texts; the files themselves stay the one place to read and change them
EXTRA_DIST += lib/store/class_used.sql
EXTRA_DIST += lib/store/schema.sql
BUILT_SOURCES += lib/store/class_used_sql.h
BUILT_SOURCES += lib/store/schema_sql.h
CLEANFILES += lib/store/class_used_sql.h
CLEANFILES += lib/store/schema_sql.h
lib/store/class_used_sql.h: lib/store/class_used.sql
lib/store/schema_sql.h: lib/store/schema.sql
lib/store/class_used_sql.h lib/store/schema_sql.h:
	@$(MKDIR_P) lib/store
	$(AM_V_GEN)sed -e '/^ *--/d' -e 's/  *-- .*$$//' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$$/\\n"/' $< > $@

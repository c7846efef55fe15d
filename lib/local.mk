# SPDX-License-Identifier: GPL-2.0-or-later
# what the programs share; a room includes only rooms before it (tests/unit/layers.t)
noinst_LTLIBRARIES += %D%/libtorc.la
lib_libtorc_la_SOURCES =
lib_libtorc_la_LIBADD = $(SQLITE_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(PCRE2_LIBS) $(XXHASH_LIBS) -ldl -lm -lpthread
include %D%/base/local.mk
include %D%/meter/local.mk
include %D%/text/local.mk
include %D%/workflow/local.mk
include %D%/plan/local.mk
include %D%/store/local.mk
include %D%/restart/local.mk
include %D%/slurm/local.mk
include %D%/show/local.mk

# SPDX-License-Identifier: GPL-2.0-or-later
# torc-sbatch, slurm-query
bin_PROGRAMS += torc-sbatch
torc_sbatch_SOURCES =
torc_sbatch_SOURCES += submitter/create.c
torc_sbatch_SOURCES += submitter/create.h
torc_sbatch_SOURCES += submitter/learn.c
torc_sbatch_SOURCES += submitter/learn.h
torc_sbatch_SOURCES += submitter/main.c
torc_sbatch_SOURCES += submitter/options.c
torc_sbatch_SOURCES += submitter/options.h
torc_sbatch_SOURCES += submitter/prepare.c
torc_sbatch_SOURCES += submitter/prepare.h
torc_sbatch_SOURCES += submitter/restart.c
torc_sbatch_SOURCES += submitter/restart.h
torc_sbatch_SOURCES += submitter/show.c
torc_sbatch_SOURCES += submitter/show.h
torc_sbatch_SOURCES += submitter/top_up.c
torc_sbatch_SOURCES += submitter/top_up.h
torc_sbatch_SOURCES += submitter/wait.c
torc_sbatch_SOURCES += submitter/wait.h
torc_sbatch_LDADD = lib/libtorc.la
if HAVE_LIBSLURM
pkglibexec_PROGRAMS += slurm-query
slurm_query_SOURCES =
slurm_query_SOURCES += lib/base/comma_list.c
slurm_query_SOURCES += submitter/query_limits.c
slurm_query_SOURCES += submitter/query_limits.h
slurm_query_SOURCES += submitter/slurm_query.c
slurm_query_CPPFLAGS = $(AM_CPPFLAGS) # for objects of its own
slurm_query_LDADD = $(JANSSON_LIBS) $(SLURM_LIBS)
endif

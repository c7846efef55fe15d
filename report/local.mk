# SPDX-License-Identifier: GPL-2.0-or-later
# torc-report
bin_PROGRAMS += torc-report
torc_report_SOURCES =
torc_report_SOURCES += report/advice.c
torc_report_SOURCES += report/main.c
torc_report_SOURCES += report/report.h
torc_report_SOURCES += report/summary.c
torc_report_SOURCES += report/tables.c
torc_report_LDADD = lib/libtorc.la

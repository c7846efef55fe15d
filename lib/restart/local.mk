# SPDX-License-Identifier: GPL-2.0-or-later
lib_libtorc_la_SOURCES += %D%/decide.c
lib_libtorc_la_SOURCES += %D%/decide.h
lib_libtorc_la_SOURCES += %D%/look.c
lib_libtorc_la_SOURCES += %D%/look.h
lib_libtorc_la_SOURCES += %D%/restart.c
lib_libtorc_la_SOURCES += %D%/restart.h

# SPDX-License-Identifier: GPL-2.0-or-later
runner_librunner_la_SOURCES += %D%/client.c
runner_librunner_la_SOURCES += %D%/client.h
runner_librunner_la_SOURCES += %D%/request.c
runner_librunner_la_SOURCES += %D%/request.h
runner_librunner_la_SOURCES += %D%/socket.c
runner_librunner_la_SOURCES += %D%/socket.h

// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/base/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/mem.h"

static int make_one(const char *path)
{
    return mkdir(path, 0777) && errno != EEXIST ? -1 : 0;
}

int folder_make(const char *path)
{
    cleanup_free char *copy = xstrdup(path);
    for (char *slash = copy + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        if (make_one(copy))
            return -1;
    }
    return make_one(path);
}

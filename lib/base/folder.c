// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

int folder_check(const char *path, char **at)
{
    struct stat status;
    cleanup_free char *folder = xstrdup(path);
    while (stat(folder, &status) && errno == ENOENT && strcmp(folder, ".")) {
        char *slash = strrchr(folder, '/');
        if (slash == folder)
            slash++;
        if (slash && *slash)
            *slash = '\0';
        else
            strcpy(folder, slash ? "/" : ".");
    }
    if (!stat(folder, &status) && !S_ISDIR(status.st_mode))
        errno = ENOTDIR;
    else if (!access(folder, W_OK | X_OK))
        return 0;
    int why = errno;
    *at = take_ptr(folder);
    errno = why;
    return -1;
}

int folder_look_again(const char *path)
{
    const char *slash = strrchr(path, '/');
    cleanup_free char *folder =
        slash && slash > path ? xstrndup(path, (size_t)(slash - path)) : xstrdup(slash ? "/" : ".");
    cleanup_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : 0;
}

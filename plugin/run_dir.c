// SPDX-License-Identifier: GPL-2.0-or-later
// The folder /run/torc: every component is opened with O_NOFOLLOW and looked at before it is used.
#include "plugin/run_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/meter/step_record.h"

static int open_folder(int at, const char *name, mode_t mode, uid_t uid, gid_t gid)
{
    if (mkdirat(at, name, mode) && errno != EEXIST)
        return -1;
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    struct stat st;
    if (fstat(fd, &st))
        goto fail;
    if (st.st_uid == 0 &&
        (uid != 0 ||
         (st.st_mode & 07777) != mode)) { // new, or not finished by a hook that was killed
        if (fchmod(fd, mode) || fchown(fd, uid, gid))
            goto fail;
    } else if (st.st_uid != uid || (st.st_mode & 022)) {
        errno = EPERM;
        goto fail;
    }
    return fd;
fail:;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int open_below(const char *name, uid_t uid, gid_t gid)
{
    int top = open_folder(AT_FDCWD, STEP_RECORD_DIR, 0755, 0, 0);
    if (top < 0)
        return -1;
    int fd = open_folder(top, name, 0700, uid, gid);
    int saved = errno;
    close(top);
    errno = saved;
    return fd;
}

int run_dir_open_user(uid_t uid, gid_t gid)
{
    char name[16];
    snprintf(name, sizeof name, "%u", (unsigned)uid);
    return open_below(name, uid, gid);
}

int run_dir_open_steps(void)
{
    return open_below(".steps", 0, 0);
}

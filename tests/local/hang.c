// SPDX-License-Identifier: GPL-2.0-or-later
// For LD_PRELOAD: to torc-run a file named "hangs" is on a file system that does not answer any
// more.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    unsigned mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, unsigned) : 0;
    va_end(ap);
    while (!strcmp(path, "hangs") && !strcmp(program_invocation_short_name, "torc-run"))
        pause();
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

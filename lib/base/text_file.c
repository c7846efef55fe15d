// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a file of unknown length.
#include "lib/base/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"

enum { FILE_MOST = 1000 * 1000 * 1000 }; // a text that SQLite takes, too

static int read_stream(FILE *file, const char *name, char **text, size_t *length, struct error *err)
{
    cleanup_free char *buffer = NULL;
    size_t space = 0;
    *length = 0;
    for (size_t n = 1; n; *length += n) {
        if (*length + 1 >= space) {
            space = space ? space * 2 : 65536;
            buffer = xrealloc(buffer, space, 1);
        }
        n = fread(buffer + *length, 1, space - *length - 1, file);
        if (*length + n > FILE_MOST)
            return error_set(err, ERROR_USAGE, 0, "%s is larger than %d MB, the most that is read",
                             name, FILE_MOST / 1000000);
    }
    if (ferror(file))
        return error_set(err, ERROR_USAGE, errno, "cannot read %s", name);
    buffer[*length] = '\0';
    *text = take_ptr(buffer);
    return 0;
}

int text_file_keep_input(struct error *err)
{
    cleanup_free char *text = NULL;
    size_t length = 0;
    if (text_file_read("-", &text, &length, err))
        return -1;
    cleanup_close int fd = memfd_create("input", MFD_CLOEXEC);
    ssize_t n = 0;
    for (size_t done = 0; fd >= 0 && done < length && n >= 0; done += (size_t)n)
        n = write(fd, text + done, length - done);
    if (fd < 0 || n < 0 || lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0)
        return error_set(err, ERROR_INTERNAL, errno, "cannot keep standard input");
    clearerr(stdin);
    return 0;
}

int text_file_read(const char *path, char **text, size_t *length, struct error *err)
{
    if (!strcmp(path, "-"))
        return read_stream(stdin, "standard input", text, length, err);
    cleanup_fclose FILE *file = fopen(path, "re");
    struct stat st;
    if (!file)
        return error_set(err, ERROR_USAGE, errno, "%s", path);
    if (!fstat(fileno(file), &st) && S_ISDIR(st.st_mode))
        return error_set(err, ERROR_USAGE, 0, "%s is a folder, not a file", path);
    return read_stream(file, path, text, length, err);
}

int text_file_open_plain(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || (!fstat(fd, &st) && S_ISREG(st.st_mode)))
        return fd;
    close(fd);
    errno = ENOTSUP;
    return -1;
}

int text_file_read_plain(const char *path, char **text, size_t *length, struct error *err)
{
    int fd = text_file_open_plain(path);
    cleanup_fclose FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    return file ? read_stream(file, path, text, length, err)
                : error_set(err, ERROR_USAGE, errno, "%s", path);
}

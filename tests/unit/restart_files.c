// SPDX-License-Identifier: GPL-2.0-or-later
// A file is written anew and renamed, as editors do: it has another inode. The value of a folder is
// the mtime of an entry.
#include "tests/unit/restart_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check(bool good, const char *what)
{
    if (!good) {
        perror(what);
        exit(99);
    }
}

static const char *path_of(const struct oracle_case *c, int f)
{
    static char path[16];
    case_path(c, f, path);
    return path;
}

static const char *entry_of(const struct oracle_case *c, int f, const char *entry)
{
    static char path[32];
    snprintf(path, sizeof path, "%s/%s", path_of(c, f), entry);
    return path;
}

static void put(int folder, const char *path, const char *text, int repeat, int flags)
{
    int fd = openat(folder, path, O_WRONLY | O_CLOEXEC | flags, 0600);
    check(fd >= 0, path);
    for (int i = 0; i < repeat; i++)
        check(write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
    close(fd);
}

static void write_folder(int folder, const struct oracle_case *c, int f, const char *value)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = (time_t)strtoul(value, NULL, 16)}};
    mkdirat(folder, path_of(c, f), 0700);
    unlinkat(folder, entry_of(c, f, "extra"), 0);
    put(folder, entry_of(c, f, "value"), value, 1, O_CREAT | O_TRUNC);
    check(!utimensat(folder, entry_of(c, f, "value"), times, 0), "utimensat");
    if (times[1].tv_sec & 1) {
        put(folder, entry_of(c, f, "extra"), "", 0, O_CREAT);
        check(!utimensat(folder, entry_of(c, f, "extra"), times, 0), "utimensat");
    }
}

static int repeats(const struct oracle_case *c, int f, const char *value)
{
    return c->files[f].long_short ? 1 + (int)(strtoul(value, NULL, 16) % 4) : 2;
}

void file_delete(int folder, const struct oracle_case *c, int f)
{
    if (c->files[f].folder) {
        unlinkat(folder, entry_of(c, f, "value"), 0);
        unlinkat(folder, entry_of(c, f, "extra"), 0);
    }
    unlinkat(folder, path_of(c, f), c->files[f].folder ? AT_REMOVEDIR : 0);
}

void file_write(int folder, const struct oracle_case *c, int f, const char *value)
{
    if (c->files[f].folder) {
        write_folder(folder, c, f, value);
        return;
    }
    put(folder, "new", value, repeats(c, f, value), O_CREAT | O_TRUNC);
    check(!renameat(folder, "new", folder, path_of(c, f)), "rename");
}

void file_read(int folder, const struct oracle_case *c, int f, content value)
{
    const char *path = c->files[f].folder ? entry_of(c, f, "value") : path_of(c, f);
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    value[0] = '\0';
    if (fd < 0)
        return;
    check(read(fd, value, 8) == 8, path);
    value[8] = '\0';
    close(fd);
}

// A change in place is only seen by its ctime, which is as fine as the kernel's ticks.
static void await_tick(void)
{
    struct timespec before, now;
    clock_gettime(CLOCK_REALTIME_COARSE, &before);
    do
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
    while (now.tv_nsec == before.tv_nsec);
}

static void edit_file(int folder, const struct oracle_case *c, const struct edit *e,
                      const struct stat *st, const char *old)
{
    const char *value = e->kind == EDIT_COPY ? old : e->value;
    int blocks = (int)(st->st_size / 8);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
    if (e->kind == EDIT_IN_PLACE) {
        await_tick();
        put(folder, path_of(c, e->which), value, blocks, 0);
    } else {
        put(folder, "new", value, e->kind == EDIT_CHANGE ? repeats(c, e->which, value) : blocks,
            O_CREAT | O_TRUNC);
        check(!renameat(folder, "new", folder, path_of(c, e->which)), "rename");
    }
    if (e->kind != EDIT_CHANGE)
        check(!utimensat(folder, path_of(c, e->which), times, 0), "utimensat");
}

bool file_is_missing(int folder, const struct oracle_case *c, int f)
{
    return faccessat(folder, path_of(c, f), F_OK, 0) != 0;
}

void file_move(int folder, const struct oracle_case *from, const struct oracle_case *to, int f)
{
    char old[16], new[16];
    case_path(from, f, old);
    case_path(to, f, new);
    check(!renameat(folder, old, folder, new) || errno == ENOENT, old);
}

void file_edit(int folder, const struct oracle_case *c, const struct edit *e)
{
    struct stat st = {0};
    content old;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = (time_t)strtoul(e->value, NULL, 16)}};
    bool there = !fstatat(folder, path_of(c, e->which), &st, 0);
    file_read(folder, c, e->which, old);
    if (!there && e->kind == EDIT_CHANGE)
        file_write(folder, c, e->which, e->value);
    if (!there)
        return;
    if (e->kind == EDIT_DELETE)
        file_delete(folder, c, e->which);
    else if (e->kind == EDIT_TOUCH)
        check(!utimensat(folder, path_of(c, e->which), times, 0), "utimensat");
    else if (c->files[e->which].folder)
        write_folder(folder, c, e->which, e->kind == EDIT_COPY ? old : e->value);
    else
        edit_file(folder, c, e, &st, old);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/base/contents.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"

static int64_t usec_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * USEC_PER_SEC + time->tv_nsec / 1000;
}

struct file_seen contents_identity(const struct stat *st)
{
    return (struct file_seen){.size_bytes = st->st_size,
                              .mtime_usec = usec_of(&st->st_mtim),
                              .ctime_usec = usec_of(&st->st_ctim),
                              .inode = (int64_t)(st->st_ino & INT64_MAX),
                              .hash = UNKNOWN};
}

bool contents_same_identity(const struct file_seen *a, const struct file_seen *b)
{
    return a->size_bytes == b->size_bytes && a->mtime_usec == b->mtime_usec &&
           a->ctime_usec == b->ctime_usec && a->inode == b->inode;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int64_t hash_folder(int fd)
{
    char **entries = NULL;
    size_t count = 0, space = 0;
    int64_t hash = 0;
    struct dirent *entry;
    struct stat st;
    DIR *dir = fdopendir(dup(fd));
    while (dir && (entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
            fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
            continue;
        entries = array_grow(entries, count, &space, sizeof *entries);
        entries[count++] = xasprintf("%s/%" PRId64 "/%" PRId64, entry->d_name, (int64_t)st.st_size,
                                     usec_of(&st.st_mtim));
    }
    if (count)
        qsort(entries, count, sizeof *entries, compare_texts);
    for (size_t i = 0; i < count; i++) {
        hash = hash_add(hash, entries[i]);
        free(entries[i]);
    }
    free(entries);
    if (dir)
        closedir(dir);
    return dir ? hash : UNKNOWN;
}

int64_t contents_hash(int dir_fd, const char *path, const struct file_seen *seen, int64_t most)
{
    struct stat st;
    cleanup_close int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st))
        return UNKNOWN;
    if (S_ISDIR(st.st_mode))
        return hash_folder(fd);
    struct file_seen now = contents_identity(&st);
    if (!S_ISREG(st.st_mode) || (most && st.st_size > most) || !contents_same_identity(&now, seen))
        return UNKNOWN;
    int64_t hash = hash_file(fd);
    if (fstat(fd, &st))
        return UNKNOWN;
    now = contents_identity(&st);
    return contents_same_identity(&now, seen) ? hash : UNKNOWN;
}

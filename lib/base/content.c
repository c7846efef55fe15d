// SPDX-License-Identifier: GPL-2.0-or-later
// The name is looked up first: to open a device or a pipe does something to whoever is behind it.
#include "lib/base/content.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"

static int64_t usec_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * USEC_PER_SEC + time->tv_nsec / 1000;
}

struct file_seen content_look(const struct stat *st)
{
    return (struct file_seen){st->st_size, usec_of(&st->st_mtim), usec_of(&st->st_ctim),
                              (int64_t)st->st_ino, UNKNOWN};
}

bool content_is(const struct file_seen *seen, const struct stat *st)
{
    struct file_seen now = content_look(st);
    return seen->size_bytes == now.size_bytes && seen->mtime_usec == now.mtime_usec &&
           seen->ctime_usec == now.ctime_usec && seen->inode == now.inode;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

// A link that leads nowhere is an entry, too.
static int64_t add_entry(int64_t hash, int folder, const char *name)
{
    struct stat st;
    char text[64];
    if (fstatat(folder, name, &st, 0) && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
        return UNKNOWN;
    snprintf(text, sizeof text, "%lld %lld", (long long)st.st_size,
             (long long)usec_of(&st.st_mtim));
    return hash_add(hash_add(hash, name), text);
}

static int64_t hash_folder(int folder, const atomic_bool *stop)
{
    struct dirent **entries;
    int count = scandirat(folder, ".", &entries, is_entry, by_name);
    int64_t hash = count < 0 ? UNKNOWN : 0;
    for (int i = 0; i < count; i++) {
        if (hash != UNKNOWN)
            hash = *stop ? UNKNOWN : add_entry(hash, folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return hash;
}

int64_t content_hash(const char *path, const struct stat *st, int64_t most_bytes,
                     const atomic_bool *stop)
{
    struct stat now;
    struct file_seen seen = content_look(st);
    bool folder = S_ISDIR(st->st_mode);
    if (most_bytes < 0 || !(folder || (S_ISREG(st->st_mode) && st->st_size <= most_bytes)))
        return UNKNOWN;
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &now) || now.st_mode != st->st_mode || !content_is(&seen, &now))
        return UNKNOWN;
    int64_t hash = folder ? hash_folder(fd, stop) : hash_file(fd, stop);
    return fstat(fd, &now) || !content_is(&seen, &now) ? UNKNOWN : hash;
}

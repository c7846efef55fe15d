// SPDX-License-Identifier: GPL-2.0-or-later
// A file is the same as before when device, inode, size and ctime are: whoever writes it, or puts
// another in its place, changes one of them, and no program can set the ctime back.
#include "runner/job/outputs.h"

#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/content.h"
#include "lib/base/folder.h"
#include "lib/base/fs_kind.h"
#include "lib/base/mem.h"

struct output_before {
    bool there;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

void outputs_note(struct job *job)
{
    struct stat st;
    job->before = NULL;
    for (uint32_t i = 0; i < job->claimed.outputs_count; i++) {
        if (stat(job->claimed.outputs[i], &st) || !S_ISREG(st.st_mode))
            continue;
        if (!job->before) {
            size_t bytes = job->claimed.outputs_count * sizeof *job->before;
            job->before = memset(arena_alloc(job->arena, bytes), 0, bytes);
        }
        job->before[i] = (struct output_before){true, st.st_dev, st.st_ino, st.st_size, st.st_ctim};
    }
}

// As the server sees it now: opening a file, or the folder it should be in, makes NFS look again.
static bool look_again(const char *path, struct stat *st)
{
    cleanup_close int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file >= 0)
        return !fstat(file, st);
    return !folder_look_again(path) && !stat(path, st);
}

const char *outputs_missing(struct job *job)
{
    struct stat st;
    for (uint32_t i = 0; i < job->claimed.outputs_count; i++) {
        if (stat(job->claimed.outputs[i], &st) && !look_again(job->claimed.outputs[i], &st))
            return job->claimed.outputs[i];
        job->seen[job->claimed.inputs_count + i] = content_look(&st);
    }
    return NULL;
}

bool outputs_may_lag(const char *path)
{
    struct error err;
    const char *network = NULL;
    cleanup_free char *copy = xstrdup(path);
    char *at = copy; // its folder may be late, too: the nearest one above that is there
    while (fs_kind(at, &network, &err) && strchr(at, '/') && strcmp(at, "/") != 0)
        at = dirname(at);
    return network;
}

static bool is_same(const struct output_before *before, const struct stat *st)
{
    return st->st_dev == before->device && st->st_ino == before->inode &&
           st->st_size == before->size && st->st_ctim.tv_sec == before->changed.tv_sec &&
           st->st_ctim.tv_nsec == before->changed.tv_nsec;
}

const char *outputs_untouched(const struct job *job)
{
    struct stat st;
    for (uint32_t i = 0; job->before && i < job->claimed.outputs_count; i++) {
        const char *path = job->claimed.outputs[i];
        if (job->before[i].there && !stat(path, &st) && is_same(&job->before[i], &st) &&
            look_again(path, &st) && is_same(&job->before[i], &st))
            return path;
    }
    return NULL;
}

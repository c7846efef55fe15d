// SPDX-License-Identifier: GPL-2.0-or-later
// A queue under a mutex; a condition wakes the thread, an eventfd the loop. Inputs that many jobs
// read are read once: a cache by what stat says of a file.
#include "runner/hasher.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>

#include "lib/base/content.h"
#include "lib/base/mem.h"

enum {
    CACHE = 8192,               // inodes of files that are made together differ in their last bits
    LEAVE_NSEC = 100 * 1000000, // a thread that does not end so soon hangs
};

struct hash_task {
    STAILQ_ENTRY(hash_task) link;
    struct file_seen *files;
    char **paths; // both its own
    uint32_t count;
    bool done;
    atomic_bool stop; // forgotten: the thread frees it
};

struct known {
    dev_t device;
    struct file_seen file; // hash 0: none
};

struct hasher {
    int64_t most_bytes;
    int fd;
    bool started;
    pthread_t thread;
    pthread_mutex_t mutex; // of what follows
    pthread_cond_t wake;
    STAILQ_HEAD(, hash_task) tasks;
    struct hash_task *present; // what the thread is at
    bool stop;
    struct known cache[CACHE]; // the thread's alone
};

static void task_free(struct hash_task *task)
{
    for (uint32_t i = 0; i < task->count; i++)
        free(task->paths[i]);
    free(task->paths);
    free(task->files);
    free(task);
}

// What is in a folder may change, and the folder says nothing of it: it is looked at each time.
static int64_t find_hash(struct hasher *hasher, const char *path, const struct file_seen *seen,
                         const atomic_bool *stop)
{
    struct stat st;
    if (stat(path, &st) || !content_is(seen, &st))
        return UNKNOWN;
    struct known *known = &hasher->cache[(st.st_ino + st.st_dev) % CACHE];
    bool regular = S_ISREG(st.st_mode);
    if (regular && known->file.hash > 0 && known->device == st.st_dev &&
        content_is(&known->file, &st))
        return known->file.hash;
    int64_t hash = content_hash(path, &st, hasher->most_bytes, stop);
    if (regular && hash != UNKNOWN) {
        *known = (struct known){st.st_dev, content_look(&st)};
        known->file.hash = hash;
    }
    return hash;
}

static void *hasher_main(void *argument)
{
    struct hasher *hasher = argument;
    pthread_mutex_lock(&hasher->mutex);
    while (!hasher->stop) {
        struct hash_task *task = hasher->present = STAILQ_FIRST(&hasher->tasks);
        if (!task) {
            pthread_cond_wait(&hasher->wake, &hasher->mutex);
            continue;
        }
        STAILQ_REMOVE_HEAD(&hasher->tasks, link);
        pthread_mutex_unlock(&hasher->mutex);
        for (uint32_t i = 0; i < task->count && !task->stop; i++)
            task->files[i].hash = find_hash(hasher, task->paths[i], &task->files[i], &task->stop);
        pthread_mutex_lock(&hasher->mutex);
        hasher->present = NULL;
        task->done = true;
        if (task->stop)
            task_free(task);
        else
            eventfd_write(hasher->fd, 1);
    }
    pthread_mutex_unlock(&hasher->mutex);
    return NULL;
}

struct hasher *hasher_create(int64_t most_bytes, struct error *err)
{
    struct hasher *hasher = xcalloc(1, sizeof *hasher);
    hasher->most_bytes = most_bytes;
    hasher->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    STAILQ_INIT(&hasher->tasks);
    pthread_mutex_init(&hasher->mutex, NULL);
    pthread_cond_init(&hasher->wake, NULL);
    if (hasher->fd >= 0)
        return hasher;
    error_set(err, ERROR_INTERNAL, errno, "cannot make an event for the thread that reads files");
    free(hasher);
    return NULL;
}

// Leaves the thread alone, with all that it uses.
static bool is_hanging(struct hasher *hasher)
{
    struct timespec until;
    pthread_mutex_lock(&hasher->mutex);
    hasher->stop = true;
    pthread_cond_signal(&hasher->wake);
    pthread_mutex_unlock(&hasher->mutex);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LEAVE_NSEC;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (!pthread_timedjoin_np(hasher->thread, NULL, &until))
        return false;
    pthread_detach(hasher->thread);
    return true;
}

void hasher_destroy(struct hasher *hasher)
{
    if (!hasher || (hasher->started && is_hanging(hasher)))
        return;
    pthread_cond_destroy(&hasher->wake);
    pthread_mutex_destroy(&hasher->mutex);
    close(hasher->fd);
    free(hasher);
}

int hasher_fd(const struct hasher *hasher)
{
    return hasher->fd;
}

void hasher_hear(struct hasher *hasher)
{
    eventfd_t count;
    eventfd_read(hasher->fd, &count);
}

struct hash_task *hasher_ask(struct hasher *hasher, const char *const *paths,
                             const struct file_seen *files, uint32_t count)
{
    if (!hasher->started && pthread_create(&hasher->thread, NULL, hasher_main, hasher))
        return NULL;
    hasher->started = true;
    struct hash_task *task = xcalloc(1, sizeof *task);
    task->count = count;
    task->paths = xcalloc(count, sizeof *task->paths);
    task->files = xcalloc(count, sizeof *task->files);
    memcpy(task->files, files, count * sizeof *files);
    for (uint32_t i = 0; i < count; i++)
        task->paths[i] = xstrdup(paths[i]);
    pthread_mutex_lock(&hasher->mutex);
    bool hangs = hasher->present && hasher->present->stop;
    if (!hangs) {
        STAILQ_INSERT_TAIL(&hasher->tasks, task, link);
        pthread_cond_signal(&hasher->wake);
    }
    pthread_mutex_unlock(&hasher->mutex);
    if (hangs)
        task_free(task);
    return hangs ? NULL : task;
}

bool hasher_take(struct hasher *hasher, struct hash_task *task, struct file_seen *files)
{
    pthread_mutex_lock(&hasher->mutex);
    bool done = task->done;
    pthread_mutex_unlock(&hasher->mutex);
    for (uint32_t i = 0; done && i < task->count; i++)
        files[i].hash = task->files[i].hash;
    if (done)
        task_free(task);
    return done;
}

void hasher_forget(struct hasher *hasher, struct hash_task *task)
{
    pthread_mutex_lock(&hasher->mutex);
    bool present = task == hasher->present;
    if (present)
        task->stop = true;
    else if (!task->done)
        STAILQ_REMOVE(&hasher->tasks, task, hash_task, link);
    pthread_mutex_unlock(&hasher->mutex);
    if (!present)
        task_free(task);
}

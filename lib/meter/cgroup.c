// SPDX-License-Identifier: GPL-2.0-or-later
// Reading, writing and removing cgroup directories of either version.
#include "lib/meter/cgroup.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"

enum { REMOVE_MSEC = 2000, LOCK_TRIES = 20 };

int cgroup_open(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

int cgroup_open_below(int dir, const char *name)
{
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

ssize_t cgroup_read(int dir, const char *file, char *text, size_t size)
{
    cleanup_close int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    text[n > 0 ? n : 0] = '\0';
    return n;
}

static int64_t number_of(const char *text)
{
    return isdigit((unsigned char)text[0]) ? strtoll(text, NULL, 10) : UNKNOWN;
}

int64_t cgroup_number(int dir, const char *file)
{
    char text[64];
    return cgroup_read(dir, file, text, sizeof text) > 0 ? number_of(text) : UNKNOWN;
}

int64_t cgroup_pread_number(int fd)
{
    char text[64];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return number_of(text);
}

int64_t cgroup_key(const char *text, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (!strncmp(line, key, length) && line[length] == ' ')
            return number_of(line + length + 1);
    return UNKNOWN;
}

int cgroup_write(int dir, const char *file, const char *text)
{
    cleanup_close int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);
    return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static DIR *open_list(int dir)
{
    int fd = cgroup_open_below(dir, ".");
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list && fd >= 0)
        close(fd);
    return list;
}

// Any name but these two may be a job's own, also one that begins with a dot.
static bool is_child(const struct dirent *entry)
{
    return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

// Calls visit for every directory in dir whose name begins with prefix.
static void each_child(int dir, const char *prefix,
                       void (*visit)(int dir, const char *name, void *arg), void *arg)
{
    DIR *list = open_list(dir);
    for (struct dirent *entry; list && (entry = readdir(list));)
        if (is_child(entry) && !strncmp(entry->d_name, prefix, strlen(prefix)))
            visit(dir, entry->d_name, arg);
    if (list)
        closedir(list);
}

// Opens the directory in dir that comes after the one with the number after (0: the first); -1:
// none. With remove it removes what can be on the way, that one too.
static int next_child(int dir, ino_t after, bool remove)
{
    DIR *list = open_list(dir);
    int found = -1;
    for (struct dirent *entry; list && found < 0 && (entry = readdir(list));) {
        if (!is_child(entry) || (after && entry->d_ino != after))
            continue;
        bool removed = remove && !unlinkat(dir, entry->d_name, AT_REMOVEDIR);
        if (!after && !removed)
            found = cgroup_open_below(dir, entry->d_name);
        after = 0;
    }
    if (list)
        closedir(list);
    return found;
}

static void find_in(int dir, struct pid_list *found)
{
    cleanup_close int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    long pid;
    while (file && fscanf(file, "%ld", &pid) == 1)
        if (pid > 0) // 0: in another pid namespace
            pid_list_add(found, (pid_t)pid);
    if (file) {
        fclose(file);
        fd = -1;
    }
}

// Finds the processes in top and below, or with found NULL removes what is below. A job makes
// directories as deep as it likes: no recursion, and the number of the directory that one comes out
// of tells where to go on. None moves to another parent, so ".." leads back to top.
static void walk(int top, struct pid_list *found)
{
    int depth = 0, dir = cgroup_open_below(top, ".");
    ino_t after = 0;
    if (found)
        find_in(top, found);
    while (dir >= 0) {
        struct stat st;
        int to = next_child(dir, after, !found);
        if (to >= 0) {
            if (found)
                find_in(to, found);
            after = 0;
            depth++;
        } else if (depth-- && !fstat(dir, &st)) {
            after = st.st_ino;
            to = cgroup_open_below(dir, "..");
        }
        close(dir);
        dir = to;
    }
}

void cgroup_find(const struct cgroup_dir *dir, struct pid_list *found)
{
    cleanup_close int fd = cgroup_open_below(dir->base->dirs[0], dir->name);
    if (fd >= 0)
        walk(fd, found);
}

// Kills what is in it and removes it with all below. A killed process leaves its cgroup a moment
// later, so this waits, with a bound: it runs at a runner's start and end only.
static int remove_dir(int base, const char *name)
{
    struct timespec tick = {.tv_nsec = 1000000};
    int msec = 0;
    while (unlinkat(base, name, AT_REMOVEDIR) && errno != ENOENT) {
        if (msec++ > REMOVE_MSEC)
            return -1;
        cleanup_close int dir = cgroup_open_below(base, name);
        struct pid_list left = {0};
        if (dir >= 0 && cgroup_write(dir, "cgroup.kill", "1"))
            walk(dir, &left);
        for (size_t i = 0; i < left.count; i++)
            kill(left.pids[i], SIGKILL);
        pid_list_fini(&left);
        if (dir >= 0)
            walk(dir, NULL);
        nanosleep(&tick, NULL);
    }
    return 0;
}

struct foreign {        // directories of other runners
    const char *prefix; // ours
    int count;
};

static void remove_one(int dir, const char *name, void *arg)
{
    (void)arg;
    remove_dir(dir, name);
}

struct cgroup_base *cgroup_base_create(const struct cgroup_ops *ops,
                                       const struct meter_options *options, char *path)
{
    const char *incarnation = options->incarnation;
    struct cgroup_base *base = xcalloc(1, sizeof *base);
    base->ops = ops;
    base->path = path;
    base->probe = options->probe;
    for (int i = 0; i < CGROUP_DIRS; i++)
        base->dirs[i] = -1;
    enum { MOST = 40 }; // of the incarnation its end, which differs most
    size_t length = strlen(incarnation);
    const char *end = incarnation + (length > MOST ? length - MOST : 0);
    size_t n = (size_t)snprintf(base->prefix, sizeof base->prefix, "%s%s", ops->prefix, end);
    for (size_t i = strlen(ops->prefix); i < n; i++)
        if (!isalnum((unsigned char)base->prefix[i]) && base->prefix[i] != '.')
            base->prefix[i] = '-';
    memcpy(base->prefix + n, "_", 2);
    return base;
}

static void count_foreign(int dir, const char *name, void *arg)
{
    (void)dir;
    struct foreign *foreign = arg;
    foreign->count += strncmp(name, foreign->prefix, strlen(foreign->prefix)) != 0;
}

// Every runner holds a shared lock on its place for life. Who can have it alone knows that nobody
// else lives there, and that what is there was left by the dead. A job's process between clone and
// exec still holds the lock of a runner that has just died: hence the few more tries, when there is
// something to sweep.
void cgroup_base_take(struct cgroup_base *base)
{
    struct timespec tick = {.tv_nsec = 5000000};
    struct foreign foreign = {.prefix = base->prefix};
    if (base->probe)
        return;
    each_child(base->dirs[0], base->ops->prefix, count_foreign, &foreign);
    int alone = -1;
    for (int tries = foreign.count ? LOCK_TRIES : 1;
         tries > 0 && (alone = flock(base->dirs[0], LOCK_EX | LOCK_NB)); tries--)
        nanosleep(&tick, NULL);
    for (int i = 0; !alone && i < CGROUP_DIRS; i++)
        if (base->dirs[i] >= 0)
            each_child(base->dirs[i], base->ops->prefix, remove_one, NULL);
    flock(base->dirs[0], LOCK_SH);
}

struct cgroup_dir *cgroup_dir_create(struct cgroup_base *base, const char *name)
{
    struct cgroup_dir *dir = xcalloc(1, sizeof *dir);
    *dir = (struct cgroup_dir){
        .base = base, .fd = -1, .enter = {-1, -1}, .peak = -1, .oom = -1, .cpu = -1};
    snprintf(dir->name, sizeof dir->name, "%s%s", base->prefix, name);
    return dir;
}

void cgroup_dir_destroy(struct cgroup_dir *dir)
{
    int fds[] = {dir->fd, dir->enter[0], dir->enter[1], dir->peak, dir->oom, dir->cpu};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    for (int i = 0; i < CGROUP_DIRS; i++)
        if (dir->base->dirs[i] >= 0)
            remove_dir(dir->base->dirs[i], dir->name);
    free(dir);
}

void cgroup_close(struct cgroup_base *base)
{
    if (!base)
        return;
    for (struct cgroup_dir *dir; (dir = base->idle);) {
        base->idle = dir->next;
        cgroup_dir_destroy(dir);
    }
    for (int i = 0; i < CGROUP_DIRS; i++)
        if (base->dirs[i] >= 0) {
            each_child(base->dirs[i], base->prefix, remove_one, NULL);
            if (base->probe && base->ops->take_back)
                base->ops->take_back(base);
            close(base->dirs[i]);
        }
    free(base->path);
    free(base);
}

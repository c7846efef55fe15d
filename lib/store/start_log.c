// SPDX-License-Identifier: GPL-2.0-or-later
// Places of a fixed size, each free or one start. The kernel keeps what was stored into the mapping
// when the process is killed; a node that dies takes it along, and the store then counts all that
// was claimed. So memory is as good as a disk, and never makes a store wait for one.
#include "lib/store/start_log.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/meter/incarnation.h"
#include "lib/store/here.h"
#include "lib/store/read.h"
#include "lib/store/run.h"

enum { PLACES_FIRST = 64, PATH_SIZE = 240, STALE_DAYS = 7 };

static const char prefix[] = "torc-starts-2-"; // 2: the version of what is in it

struct place {
    int64_t job_id; // 0: free. Written last, so that what is seen is whole
    int64_t start_usec, stream_at;
    int32_t run_id, attempt_id, taken, unused;
    char stdout_path[PATH_SIZE], stderr_path[PATH_SIZE]; // "": none, or it is too long
};

struct start_log {
    char *path;
    int fd;
    struct place *places; // NULL: the log is no more
    uint32_t *unused;     // a stack of indices
    uint32_t count, unused_count;
};

// There is no start in it.
static bool is_empty(int folder, const char *name)
{
    struct place place = {0};
    cleanup_close int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    while (fd >= 0 && !place.job_id && read(fd, &place, sizeof place) == sizeof place)
        continue;
    return fd >= 0 && !place.job_id;
}

// To `count` places. The memory is reserved: a store into a hole of a full file system is a SIGBUS.
static bool grow(struct start_log *log, uint32_t count)
{
    size_t size = count * sizeof *log->places, had = log->count * sizeof *log->places;
    if (posix_fallocate(log->fd, 0, (off_t)size))
        return false;
    void *memory = log->places ? mremap(log->places, had, size, MREMAP_MAYMOVE)
                               : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, log->fd, 0);
    if (memory == MAP_FAILED)
        return false;
    log->places = memory;
    log->unused = xrealloc(log->unused, count, sizeof *log->unused);
    while (count > log->count)
        log->unused[log->unused_count++] = log->count++;
    return true;
}

struct start_log *start_log_create(const char *incarnation)
{
    for (int i = 0; i < HERE_FOLDERS; i++) {
        struct start_log *log = xcalloc(1, sizeof *log);
        here_sweep(here_folders[i], prefix, STALE_DAYS, is_empty);
        log->path = xasprintf("%s/%s%s", here_folders[i], prefix, incarnation);
        log->fd = open(log->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (log->fd >= 0 && grow(log, PLACES_FIRST))
            return log;
        start_log_destroy(log, log->fd < 0);
    }
    return NULL;
}

// Without its file it says nothing, as if it had never been.
static void end(struct start_log *log)
{
    if (log->places)
        munmap(log->places, log->count * sizeof *log->places);
    log->places = NULL;
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

void start_log_destroy(struct start_log *log, bool keep)
{
    if (!log)
        return;
    end(log);
    if (!keep)
        unlink(log->path);
    free(log->unused);
    free(log->path);
    free(log);
}

static void copy_path(char *to, const char *path)
{
    size_t length = path ? strlen(path) : 0;
    if (length >= PATH_SIZE)
        length = 0;
    memcpy(to, length ? path : "", length);
    to[length] = '\0';
}

uint32_t start_log_note(struct start_log *log, const struct attempt_start *start)
{
    if (!log || !log->places)
        return 0;
    if (!log->unused_count && !grow(log, 2 * log->count)) {
        unlink(log->path);
        end(log);
        return 0;
    }
    uint32_t index = log->unused[--log->unused_count];
    struct place *place = &log->places[index];
    place->start_usec = start->start_usec;
    place->run_id = start->run_id;
    place->attempt_id = start->attempt_id;
    place->taken = start->taken;
    place->stream_at = start->stream_at;
    copy_path(place->stdout_path, start->stdout_path);
    copy_path(place->stderr_path, start->stderr_path);
    __atomic_store_n(&place->job_id, start->job_id, __ATOMIC_RELEASE);
    return index + 1;
}

void start_log_forget(struct start_log *log, uint32_t place)
{
    if (!log || !log->places || !place)
        return;
    log->places[place - 1].job_id = 0;
    log->unused[log->unused_count++] = place - 1;
}

// The name of its incarnation, if it died here: the caller's to free. NULL: it did not, or nobody
// knows; *failed: the store did not say.
static char *dead_here(struct store *store, int64_t workflow_id, int64_t runner_id, bool *failed,
                       struct error *err)
{
    char host[HERE_HOST_SIZE], *incarnation = NULL;
    struct read_request request = {
        .what = READ_RUNNERS, .workflow_id = workflow_id, .after_id = runner_id - 1, .limit = 1};
    struct read_reply reply;
    *failed = store_read(store, &request, &reply, err) != 0;
    if (*failed)
        return NULL;
    const struct runner_info *runner = reply.runners;
    if (reply.count && runner->id == runner_id && !here_host(host) &&
        !strchr(runner->incarnation, '/') && incarnation_process(runner->incarnation, host) == 0)
        incarnation = xstrdup(runner->incarnation);
    read_reply_fini(&reply);
    return incarnation;
}

static const char *path_of(const char *text)
{
    return *text && memchr(text, '\0', PATH_SIZE) ? text : NULL;
}

static int tell(struct store *store, int64_t runner_id, const struct place *places, size_t count,
                struct error *err)
{
    struct sync_reply reply;
    cleanup_free struct attempt_start *starts = xcalloc(count + 1, sizeof *starts);
    struct sync_request request = {.runner_id = runner_id, .starts = starts, .leave = true};
    for (const struct place *p = places; p < places + count; p++)
        if (p->job_id > 0)
            starts[request.starts_count++] = (struct attempt_start){
                .job_id = p->job_id,
                .start_usec = p->start_usec,
                .run_id = p->run_id,
                .attempt_id = p->attempt_id,
                .taken = p->taken != 0,
                .stdout_path = path_of(p->stdout_path),
                .stderr_path = path_of(p->stderr_path),
                .stream_at = p->stream_at,
            };
    if (store_sync(store, &request, &reply, err))
        return -1;
    sync_reply_fini(&reply);
    return 0;
}

// A file that is not ours, or of another size than we make, is none.
static int take_file(struct store *store, int64_t runner_id, const char *path, struct error *err)
{
    struct stat st;
    cleanup_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
        st.st_size <= 0 || st.st_size % (off_t)sizeof(struct place))
        return 0;
    size_t size = (size_t)st.st_size;
    void *places = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (places == MAP_FAILED)
        return 0;
    int rc = tell(store, runner_id, places, size / sizeof(struct place), err);
    munmap(places, size);
    crash_point("starts-told");
    if (!rc)
        unlink(path);
    return rc;
}

int start_log_replay(struct store *store, int64_t workflow_id, int64_t runner_id, struct error *err)
{
    bool failed;
    cleanup_free char *incarnation = dead_here(store, workflow_id, runner_id, &failed, err);
    for (int i = 0; incarnation && !failed && i < HERE_FOLDERS; i++) {
        cleanup_free char *path = xasprintf("%s/%s%s", here_folders[i], prefix, incarnation);
        failed = take_file(store, runner_id, path, err) != 0;
    }
    return failed ? -1 : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// {"torc_journal": 1, "workflow_id", "runner_id", "incarnation", "sync": the request as the codec
// writes it}, whole or not at all: written beside and renamed.
#include "lib/store/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/store/read.h"
#include "lib/store/row_codec.h"
#include "lib/workflow/settings.h"

enum { JOURNAL_VERSION = 1 };

static char *file_name(int64_t workflow_id, int64_t runner_id)
{
    return xasprintf("torc_journal_wf%lld_%lld.json", (long long)workflow_id, (long long)runner_id);
}

void journal_remove(int folder, int64_t workflow_id, int64_t runner_id)
{
    cleanup_free char *name = file_name(workflow_id, runner_id);
    unlinkat(folder, name, 0);
}

static int write_file(int folder, const char *name, json_t *root, struct error *err)
{
    cleanup_free char *beside = xasprintf("%s.new", name);
    cleanup_close int fd =
        openat(folder, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    crash_point("journal-begun");
    if (fd >= 0 && !json_dumpfd(root, fd, JSON_COMPACT) && !fsync(fd) &&
        !renameat(folder, beside, folder, name) && !fsync(folder))
        return 0;
    error_set(err, ERROR_INTERNAL, errno, "cannot write the journal %s", name);
    unlinkat(folder, beside, 0);
    return -1;
}

int journal_write(int folder, const struct journal *journal, struct error *err)
{
    struct sync_request request = {.runner_id = journal->runner_id,
                                   .starts = journal->starts,
                                   .ends = journal->ends,
                                   .starts_count = journal->starts_count,
                                   .ends_count = journal->ends_count};
    cleanup_free char *name = file_name(journal->workflow_id, journal->runner_id);
    json_auto_t *root = json_pack(
        "{s:i, s:I, s:I, s:s, s:o}", "torc_journal", JOURNAL_VERSION, "workflow_id",
        (json_int_t)journal->workflow_id, "runner_id", (json_int_t)journal->runner_id,
        "incarnation", journal->incarnation, "sync", codec_encode(&codec_sync_request, &request));
    if (!root)
        return error_set(err, ERROR_INTERNAL, 0,
                         "cannot write the journal %s: its results cannot be put into JSON", name);
    return write_file(folder, name, root, err);
}

struct replay {
    struct store *store;
    int64_t workflow_id, results, refused; // refused: of the present file
    int folder;
    struct error *err;
};

// Is there such a runner in this database?
static int is_of_runner(const struct replay *replay, int64_t runner_id, const char *incarnation,
                        bool *is)
{
    struct read_request request = {.what = READ_RUNNERS,
                                   .workflow_id = replay->workflow_id,
                                   .after_id = runner_id - 1,
                                   .limit = 1};
    struct read_reply reply;
    if (store_read(replay->store, &request, &reply, replay->err))
        return -1;
    *is = reply.count && reply.runners->id == runner_id &&
          !strcmp(reply.runners->incarnation, incarnation);
    read_reply_fini(&reply);
    return 0;
}

// Does the database have this very end? Else the attempt was given up, and ran again.
static int is_known(struct replay *replay, const struct attempt_end *end, bool *known,
                    struct error *err)
{
    struct read_request request = {
        .what = READ_ATTEMPTS, .workflow_id = replay->workflow_id, .job_id = end->start.job_id};
    *known = false;
    for (bool more = true; more && !*known;) {
        struct read_reply reply;
        if (store_read(replay->store, &request, &reply, err))
            return -1;
        for (uint32_t i = 0; i < reply.count; i++) {
            const struct attempt_end *have = &reply.attempts[i].end;
            *known |= have->start.attempt_id == end->start.attempt_id &&
                      have->start.start_usec == end->start.start_usec && have->end_usec &&
                      have->reason != REASON_LOST;
        }
        more = reply.more;
        request.after_id = reply.last_id;
        read_reply_fini(&reply);
    }
    return 0;
}

static int count_refused(struct replay *replay, const struct sync_request *ends,
                         const struct sync_reply *reply, struct error *err)
{
    replay->refused = 0;
    for (uint32_t j = 0; j < ends->ends_count; j++) {
        bool known = false, refused = reply->expelled; // a runner that was lost: all of them
        for (uint32_t i = 0; i < reply->refused_count && !refused; i++)
            refused = ends->ends[j].start.job_id == reply->refused[i];
        if (refused && is_known(replay, &ends->ends[j], &known, err))
            return -1;
        replay->refused += refused && !known;
    }
    return 0;
}

static int apply(struct replay *replay, json_t *sync, struct error *err)
{
    struct sync_request request;
    struct sync_reply reply;
    struct arena *arena = arena_create();
    int rc = codec_decode(&codec_sync_request, sync, &request, arena, err);
    if (!rc) {
        // nothing else, and outside of the runner's own sequence
        struct sync_request told = {.runner_id = request.runner_id,
                                    .starts = request.starts,
                                    .ends = request.ends,
                                    .starts_count = request.starts_count,
                                    .ends_count = request.ends_count};
        rc = store_sync(replay->store, &told, &reply, err);
    }
    if (!rc) {
        rc = count_refused(replay, &request, &reply, err);
        replay->results += request.ends_count - replay->refused;
        sync_reply_fini(&reply);
    }
    arena_destroy(arena);
    return rc;
}

// They are of no use to the workflow any more, but they are somebody's.
static int keep_refused(struct replay *replay, const char *name)
{
    cleanup_free char *kept = xasprintf("%s.refused", name);
    bool moved = !renameat(replay->folder, name, replay->folder, kept);
    return error_set(replay->err, ERROR_INTERNAL, 0,
                     "%lld %s of a runner came too late: it had been declared lost, and what it "
                     "ran was given to others; kept in %s",
                     (long long)replay->refused, replay->refused == 1 ? "result" : "results",
                     moved ? kept : name);
}

// Failures of one file do not hide the others.
static int take_file(struct replay *replay, const char *name)
{
    json_error_t where;
    bool is = false;
    cleanup_close int fd = openat(replay->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? 0
                               : error_set(replay->err, ERROR_INTERNAL, errno,
                                           "cannot open the journal %s", name);
    json_auto_t *root = json_loadfd(fd, 0, &where);
    if (!root)
        return error_set(replay->err, ERROR_INTERNAL, 0,
                         "the journal %s is damaged: %s; it was left as it is", name, where.text);
    const char *incarnation = json_string_value(json_object_get(root, "incarnation"));
    json_t *sync = json_object_get(root, "sync");
    int64_t runner_id = json_integer_value(json_object_get(root, "runner_id"));
    if (json_integer_value(json_object_get(root, "torc_journal")) != JOURNAL_VERSION ||
        !incarnation || !json_is_object(sync) ||
        json_integer_value(json_object_get(sync, "runner_id")) != runner_id)
        return error_set(replay->err, ERROR_INTERNAL, 0,
                         "the journal %s is none that this torc can read; it was left as it is",
                         name);
    if (is_of_runner(replay, runner_id, incarnation, &is) ||
        (is && apply(replay, sync, replay->err)))
        return -1;
    if (is)
        crash_point("journal-applied");
    if (is && replay->refused)
        return keep_refused(replay, name);
    if (is)
        unlinkat(replay->folder, name, 0);
    return 0;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), of_end = strlen(end);
    return length > of_end && !strcmp(name + length - of_end, end);
}

// Nobody writes at one for so long: its runner was killed.
static void drop_half(int folder, const char *name)
{
    enum { STALE_SECS = 600 };
    struct stat st;
    if (!fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) && time(NULL) - st.st_mtime > STALE_SECS)
        unlinkat(folder, name, 0);
}

static int take_all(struct replay *replay)
{
    int rc = 0;
    cleanup_free char *prefix = xasprintf("torc_journal_wf%lld_", (long long)replay->workflow_id);
    int fd = openat(replay->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)))
            continue;
        if (ends_with(entry->d_name, ".json.new"))
            drop_half(replay->folder, entry->d_name);
        else if (ends_with(entry->d_name, ".json") && take_file(replay, entry->d_name))
            rc = -1;
    }
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    return rc;
}

int journal_replay(struct store *store, int64_t workflow_id, int64_t *results, struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = workflow_id};
    struct read_reply reply;
    struct settings settings;
    struct replay replay = {.store = store, .workflow_id = workflow_id, .folder = -1, .err = err};
    if (store_read(store, &request, &reply, err))
        return -1;
    int rc = reply.count ? settings_parse(&settings, reply.workflows->settings, err) : 0;
    if (!rc && reply.count) {
        bool absolute = settings.output_dir[0] == '/';
        cleanup_free char *path = xasprintf("%s%s%s", absolute ? "" : reply.workflows->folder,
                                            absolute ? "" : "/", settings.output_dir);
        replay.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        settings_fini(&settings);
    }
    read_reply_fini(&reply);
    if (replay.folder >= 0) { // no folder, no journal
        rc = take_all(&replay);
        close(replay.folder);
    }
    if (results)
        *results = replay.results;
    return rc;
}

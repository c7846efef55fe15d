// SPDX-License-Identifier: GPL-2.0-or-later
// Bringing in journals. Anything may stand in such a file: it may be torn, copied, of another
// database; what a line of it says is taken or refused as if its runner said it now.
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
#include "lib/store/here.h"
#include "lib/store/journal.h"
#include "lib/store/read.h"
#include "lib/store/row_codec.h"
#include "lib/workflow/settings.h"

struct replay {
    struct store *store;
    int64_t workflow_id;
    bool look; // nothing is changed
    struct journal_found *found;
    struct error *err;
};

struct records { // of one file, in an arena
    struct attempt_end *ends;
    struct attempt_start *starts;
    bool *known; // of each end: the database had it before
    size_t ends_count, starts_count, ends_space, starts_space;
    struct arena *arena;
};

enum place { PLACE_OUTPUT, PLACE_HERE };

// ---- reading a file ----

static void add_request(struct records *records, const struct sync_request *request)
{
    for (uint32_t i = 0; i < request->ends_count; i++) {
        records->ends = array_grow(records->ends, records->ends_count, &records->ends_space,
                                   sizeof *records->ends);
        records->ends[records->ends_count++] = request->ends[i];
    }
    for (uint32_t i = 0; i < request->starts_count; i++) {
        records->starts = array_grow(records->starts, records->starts_count, &records->starts_space,
                                     sizeof *records->starts);
        records->starts[records->starts_count++] = request->starts[i];
    }
}

// A line of the second version; of the first one the header has all, as "sync". -1: it is spoilt.
static int add_line(struct records *records, const json_t *line)
{
    struct sync_request request;
    json_t *end = json_object_get(line, "end"), *start = json_object_get(line, "start");
    json_auto_t *sync = json_incref(json_object_get(line, "sync"));
    if (!end && !start && !sync && json_object_get(line, "torc_journal"))
        return 0; // two files in one
    if (end || start)
        sync = json_pack("{s:[O]}", end ? "ends" : "starts", end ? end : start);
    if (!sync || codec_decode(&codec_sync_request, sync, &request, records->arena, NULL))
        return -1;
    add_request(records, &request);
    return 0;
}

static void read_records(FILE *stream, const json_t *header, struct records *records,
                         struct journal_file *file)
{
    cleanup_free char *line = NULL;
    size_t room = 0;
    if (json_object_get(header, "sync") && add_line(records, header))
        file->lines_bad++;
    for (ssize_t length; (length = getline(&line, &room, stream)) >= 0;) {
        json_auto_t *root = json_loadb(line, (size_t)length, 0, NULL);
        if (!json_is_object(root) || add_line(records, root))
            file->lines_bad++;
    }
}

static json_t *read_header(FILE *stream)
{
    cleanup_free char *line = NULL;
    size_t room = 0;
    ssize_t length = getline(&line, &room, stream);
    return length < 0 ? NULL : json_loadb(line, (size_t)length, 0, NULL);
}

// ---- what the database says ----

// Is there such a runner in this database, and does it hold jobs still?
static int look_at_runner(const struct replay *replay, int64_t runner_id, const char *incarnation,
                          bool *is, bool *over)
{
    struct read_request request = {.what = READ_RUNNERS,
                                   .workflow_id = replay->workflow_id,
                                   .after_id = runner_id - 1,
                                   .limit = 1};
    struct read_reply reply;
    if (store_read(replay->store, &request, &reply, replay->err))
        return -1;
    const struct runner_info *runner = reply.runners;
    *is = reply.count && runner->id == runner_id && !strcmp(runner->incarnation, incarnation);
    *over = *is && (runner->lost || runner->end_usec);
    read_reply_fini(&reply);
    return 0;
}

// Does the database have this very end? Else the attempt was given up, and ran again.
static int is_known(const struct replay *replay, const struct attempt_end *end, bool *known)
{
    struct read_request request = {
        .what = READ_ATTEMPTS, .workflow_id = replay->workflow_id, .job_id = end->start.job_id};
    *known = false;
    for (bool more = true; more && !*known;) {
        struct read_reply reply;
        if (store_read(replay->store, &request, &reply, replay->err))
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

// An end may stand there twice: the second one is known then.
static int look_at_ends(const struct replay *replay, struct records *records)
{
    records->known = arena_alloc(records->arena, records->ends_count + 1);
    for (size_t i = 0; i < records->ends_count; i++) {
        const struct attempt_start *a = &records->ends[i].start;
        if (is_known(replay, &records->ends[i], &records->known[i]))
            return -1;
        for (size_t j = 0; j < i && !records->known[i]; j++) {
            const struct attempt_start *b = &records->ends[j].start;
            records->known[i] = a->job_id == b->job_id && a->attempt_id == b->attempt_id &&
                                a->run_id == b->run_id && a->start_usec == b->start_usec;
        }
    }
    return 0;
}

static bool is_refused(const struct sync_reply *reply, int64_t job_id)
{
    for (uint32_t i = 0; i < reply->refused_count; i++)
        if (reply->refused[i] == job_id)
            return true;
    return reply->expelled; // a runner that was lost: all of them
}

// What is refused now may have been taken a moment ago, from another one who brings it in.
static int count_told(struct replay *replay, const struct sync_reply *reply,
                      const struct attempt_end *ends, uint32_t count, struct journal_file *file)
{
    for (uint32_t i = 0; i < count; i++) {
        bool refused = is_refused(reply, ends[i].start.job_id), known = false;
        if (refused && is_known(replay, &ends[i], &known))
            return -1;
        file->known += known;
        file->refused += refused && !known;
        file->accepted += !refused;
    }
    return 0;
}

static int tell(struct replay *replay, const struct records *records, struct journal_file *file,
                struct error *err)
{
    struct sync_reply reply;
    uint32_t count = 0;
    cleanup_free struct attempt_end *ends = xcalloc(records->ends_count + 1, sizeof *ends);
    for (size_t i = 0; i < records->ends_count; i++)
        if (!records->known[i])
            ends[count++] = records->ends[i];
    // outside of the runner's own sequence
    struct sync_request request = {.runner_id = file->runner_id,
                                   .starts = records->starts,
                                   .ends = ends,
                                   .starts_count = (uint32_t)records->starts_count,
                                   .ends_count = count};
    if (store_sync(replay->store, &request, &reply, err))
        return -1;
    int rc = count_told(replay, &reply, ends, count, file);
    sync_reply_fini(&reply);
    if (rc)
        *err = *replay->err;
    return rc;
}

// ---- one file ----

static void trouble(struct journal_file *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void trouble(struct journal_file *file, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    free(file->trouble);
    file->trouble = xvasprintf(format, ap);
    va_end(ap);
}

static const char *plural(uint32_t count)
{
    return count == 1 ? "" : "s";
}

// All that was good is in the database; what was not is somebody's. "…; kept in NAME.refused".
static void put_away(const struct replay *replay, struct journal_file *file)
{
    if (!file->refused && !file->lines_bad) {
        if (!replay->look)
            unlink(file->path);
        return;
    }
    cleanup_free char *kept = xasprintf("%s.%s", file->path, file->refused ? "refused" : "damaged");
    const char *where = replay->look || rename(file->path, kept) ? file->path : kept;
    if (file->refused)
        trouble(file,
                "%u result%s of a runner came too late: it had been declared lost, and what it ran "
                "was given to others; kept in %s",
                file->refused, plural(file->refused), where);
    else
        trouble(file, "%u line%s of the journal %s damaged, the others were good; kept in %s",
                file->lines_bad, plural(file->lines_bad), file->lines_bad == 1 ? "is" : "are",
                where);
}

// Every line of a file whose runner is in this database.
static int take_records(struct replay *replay, struct records *records, bool over,
                        struct journal_file *file)
{
    struct error err = {0};
    file->starts = (uint32_t)records->starts_count;
    if (look_at_ends(replay, records))
        return -1;
    for (size_t i = 0; i < records->ends_count; i++)
        file->known += records->known[i];
    uint32_t unknown = (uint32_t)records->ends_count - file->known;
    if (replay->look) {
        *(over ? &file->refused : &file->accepted) = unknown;
    } else if (tell(replay, records, file, &err)) {
        if (err.code == ERROR_UNREACHABLE) {
            *replay->err = err;
            return -1;
        }
        file->refused = unknown;
        trouble(file, "the database refuses the journal %s: %s; it was left as it is", file->path,
                err.text);
        return 0;
    }
    crash_point("journal-applied");
    put_away(replay, file);
    return 0;
}

// 1: it is none of this workflow, and not to be told of.
static int take_stream(struct replay *replay, FILE *stream, enum place place,
                       struct journal_file *file)
{
    bool is = false, over = false;
    json_auto_t *header = read_header(stream);
    const char *incarnation = json_string_value(json_object_get(header, "incarnation"));
    json_int_t version = json_integer_value(json_object_get(header, "torc_journal"));
    if (place == PLACE_HERE &&
        json_integer_value(json_object_get(header, "workflow_id")) != replay->workflow_id)
        return 1;
    file->runner_id = json_integer_value(json_object_get(header, "runner_id"));
    if (!incarnation || version < 1 || version > 2) {
        file->lines_bad++;
        trouble(file,
                header ? "the journal %s is none that this torc can read; it was left as it is"
                       : "the journal %s is damaged from its first line on; it was left as it is",
                file->path);
        return 0;
    }
    if (look_at_runner(replay, file->runner_id, incarnation, &is, &over))
        return -1;
    if (!is && place == PLACE_HERE)
        return 1;
    if (!is) {
        trouble(file,
                "the journal %s is of a runner that this database does not know: it is another "
                "database's; it was left as it is",
                file->path);
        return 0;
    }
    struct records records = {.arena = arena_create()};
    read_records(stream, header, &records, file);
    int rc = take_records(replay, &records, over, file);
    free(records.ends);
    free(records.starts);
    arena_destroy(records.arena);
    return rc;
}

static void add_file(struct journal_found *found, const struct journal_file *file)
{
    found->files = array_grow(found->files, found->count, &found->space, sizeof *found->files);
    found->files[found->count++] = *file;
    found->accepted += file->accepted;
    found->known += file->known;
    found->refused += file->refused;
    found->lines_bad += file->lines_bad;
    found->troubled += file->trouble != NULL;
}

static int take_file(struct replay *replay, const char *path, enum place place)
{
    struct stat st;
    struct journal_file file = {.path = xstrdup(path)};
    int rc = 1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
    bool gone = fd < 0 && errno == ENOENT, own = place == PLACE_OUTPUT;
    if (stream && !fstat(fd, &st) && S_ISREG(st.st_mode))
        own |= st.st_uid == geteuid();
    if (!stream && !gone && own) {
        trouble(&file, "cannot open the journal %s: %s", path, strerror(errno));
        rc = 0;
    } else if (stream && own) {
        rc = take_stream(replay, stream, place, &file);
    }
    if (stream)
        fclose(stream);
    if (rc == 0) {
        add_file(replay->found, &file);
        return 0;
    }
    free(file.path);
    free(file.trouble);
    return rc < 0 ? -1 : 0;
}

// ---- all of them ----

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

static void add_kept(struct journal_found *found, const char *folder, const char *name)
{
    found->kept =
        array_grow(found->kept, found->kept_count, &found->kept_space, sizeof *found->kept);
    found->kept[found->kept_count++] = xasprintf("%s/%s", folder, name);
}

// Nothing is lost without a word, also when the one who refused it had nobody to tell.
static void find_kept(struct replay *replay, const char *folder, const char *prefix)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (!strncmp(entry->d_name, prefix, strlen(prefix)) &&
            ends_with(entry->d_name, ".json.refused"))
            add_kept(replay->found, folder, entry->d_name);
    if (dir)
        closedir(dir);
}

static int take_folder(struct replay *replay, const char *folder, const char *prefix,
                       enum place place)
{
    int rc = 0;
    DIR *dir = opendir(folder); // no folder, no journal
    for (struct dirent *entry; dir && !rc && (entry = readdir(dir));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)))
            continue;
        if (ends_with(entry->d_name, ".json.new") && !replay->look)
            drop_half(dirfd(dir), entry->d_name);
        if (!ends_with(entry->d_name, ".json"))
            continue;
        cleanup_free char *path = xasprintf("%s/%s", folder, entry->d_name);
        rc = take_file(replay, path, place);
    }
    if (dir)
        closedir(dir);
    return rc;
}

// NULL: no such workflow, or (*failed) its folder is not known.
static char *output_folder(const struct replay *replay, bool *failed)
{
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = replay->workflow_id};
    struct read_reply reply;
    struct settings settings;
    char *path = NULL;
    *failed = store_read(replay->store, &request, &reply, replay->err) != 0;
    if (*failed)
        return NULL;
    if (reply.count) {
        *failed = settings_parse(&settings, reply.workflows->settings, replay->err) != 0;
        if (!*failed) {
            bool absolute = settings.output_dir[0] == '/';
            path = xasprintf("%s%s%s", absolute ? "" : reply.workflows->folder, absolute ? "" : "/",
                             settings.output_dir);
            settings_fini(&settings);
        }
    }
    read_reply_fini(&reply);
    return path;
}

static int take_all(struct replay *replay)
{
    bool failed;
    *replay->found = (struct journal_found){0};
    cleanup_free char *output = output_folder(replay, &failed);
    cleanup_free char *prefix = xasprintf("torc_journal_wf%lld_", (long long)replay->workflow_id);
    int rc = failed ? -1 : 0;
    if (output)
        rc = take_folder(replay, output, prefix, PLACE_OUTPUT);
    for (int i = 0; output && !rc && i < HERE_FOLDERS; i++)
        rc = take_folder(replay, here_folders[i], JOURNAL_HERE_PREFIX, PLACE_HERE);
    if (output && !rc)
        find_kept(replay, output, prefix);
    return rc;
}

int journal_replay(struct store *store, int64_t workflow_id, struct journal_found *found,
                   struct error *err)
{
    struct replay replay = {.store = store, .workflow_id = workflow_id, .found = found, .err = err};
    return take_all(&replay);
}

int journal_look(struct store *store, int64_t workflow_id, struct journal_found *found,
                 struct error *err)
{
    struct replay replay = {
        .store = store, .workflow_id = workflow_id, .look = true, .found = found, .err = err};
    return take_all(&replay);
}

void journal_found_fini(struct journal_found *found)
{
    for (size_t i = 0; i < found->count; i++) {
        free(found->files[i].path);
        free(found->files[i].trouble);
    }
    for (size_t i = 0; i < found->kept_count; i++)
        free(found->kept[i]);
    free(found->kept);
    free(found->files);
    *found = (struct journal_found){0};
}

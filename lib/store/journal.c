// SPDX-License-Identifier: GPL-2.0-or-later
// A line {"torc_journal": 2, "workflow_id", "runner_id", "incarnation"}, then a line for each
// record, {"end": …} or {"start": …}, as the codec writes it: a line that a disk has spoilt costs
// one record. Whole or not at all: written beside and renamed.
#include "lib/store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/store/here.h"
#include "lib/store/row_codec.h"

enum { JOURNAL_VERSION = 2, HERE_STALE_DAYS = 30 };

static char *file_name(int64_t workflow_id, int64_t runner_id)
{
    return xasprintf("torc_journal_wf%lld_%lld.json", (long long)workflow_id, (long long)runner_id);
}

void journal_remove(int folder, int64_t workflow_id, int64_t runner_id)
{
    cleanup_free char *name = file_name(workflow_id, runner_id);
    unlinkat(folder, name, 0);
}

// Takes line over; NULL: it could not be made.
static int write_line(FILE *file, json_t *line)
{
    int rc = line ? json_dumpf(line, file, JSON_COMPACT) : -1;
    json_decref(line);
    return rc || fputc('\n', file) == EOF ? -1 : 0;
}

static int write_records(FILE *file, const char *key, json_t *list)
{
    size_t index;
    json_t *record;
    json_array_foreach(list, index, record)
        if (write_line(file, json_pack("{s:O}", key, record)))
            return -1;
    return 0;
}

static int write_lines(FILE *file, const struct journal *journal)
{
    struct sync_request request = {.starts = journal->starts,
                                   .ends = journal->ends,
                                   .starts_count = journal->starts_count,
                                   .ends_count = journal->ends_count};
    json_auto_t *sync = codec_encode(&codec_sync_request, &request);
    return write_line(file, json_pack("{s:i, s:I, s:I, s:s}", "torc_journal", JOURNAL_VERSION,
                                      "workflow_id", (json_int_t)journal->workflow_id, "runner_id",
                                      (json_int_t)journal->runner_id, "incarnation",
                                      journal->incarnation)) ||
                   write_records(file, "end", json_object_get(sync, "ends")) ||
                   write_records(file, "start", json_object_get(sync, "starts"))
               ? -1
               : 0;
}

// durable: waits for the disk.
static int write_file(int folder, const char *name, const struct journal *journal, bool durable,
                      struct error *err)
{
    cleanup_free char *beside = xasprintf("%s.new", name);
    unlinkat(folder, beside, 0);
    int fd = openat(folder, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    bool good = file && !write_lines(file, journal) && !fflush(file) && (!durable || !fsync(fd));
    int error = errno;
    crash_point("journal-begun");
    if (file && fclose(file) && good) {
        error = errno;
        good = false;
    }
    if (good && !renameat(folder, beside, folder, name) && (!durable || !fsync(folder)))
        return 0;
    error_set(err, ERROR_INTERNAL, good ? errno : error, "cannot write the journal %s", name);
    unlinkat(folder, beside, 0);
    return -1;
}

int journal_write(int folder, const struct journal *journal, struct error *err)
{
    cleanup_free char *name = file_name(journal->workflow_id, journal->runner_id);
    return write_file(folder, name, journal, true, err);
}

int journal_write_here(const struct journal *journal, char **path, struct error *err)
{
    cleanup_free char *name = xasprintf(JOURNAL_HERE_PREFIX "%s.json", journal->incarnation);
    error_set(err, ERROR_INTERNAL, 0, "no folder of this host takes the journal %s", name);
    for (int i = 0; i < HERE_FOLDERS; i++) {
        cleanup_close int folder = open(here_folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0 || write_file(folder, name, journal, false, err))
            continue;
        cleanup_free char *before = *path;
        *path = xasprintf("%s/%s", here_folders[i], name);
        if (!before)
            here_sweep(here_folders[i], JOURNAL_HERE_PREFIX, HERE_STALE_DAYS, NULL);
        else if (strcmp(before, *path)) // that one is full now
            unlink(before);
        return 0;
    }
    return -1;
}

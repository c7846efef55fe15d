// SPDX-License-Identifier: GPL-2.0-or-later
// A journal is on the disk, or it is said that it is not: the calls that write it are these, which
// write down what they are called for, and fail when they are told to.
#include "lib/store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "tests/tap.h"

static char calls[256];
static const char *failing;

// True: it is to fail.
static bool call(const char *name, const char *of)
{
    char text[128];
    snprintf(text, sizeof text, "%s(%s) ", name, of);
    strncat(calls, text, sizeof calls - strlen(calls) - 1);
    errno = EIO;
    return failing && !strncmp(text, failing, strlen(failing));
}

// In place of the C library's.
int fsync(int fd)
{
    struct stat st;
    return fstat(fd, &st) || call("fsync", S_ISDIR(st.st_mode) ? "folder" : "file")
               ? -1
               : (int)syscall(SYS_fsync, fd);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return call("renameat", to) ? -1
                                : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
}

#define NAME "torc_journal_wf1_2.json"

static const struct {
    const char *name, *failing;
    const char *message; // of the one end in it
    int rc;
    const char *calls, *kept; // kept: the message that the journal then has
} cases[] = {
    {"its text is on the disk before it gets its name, and the name before it is said to be there",
     NULL, "first", 0, "fsync(file) renameat(" NAME ") fsync(folder) ", "first"},
    {"a disk that does not take it", "fsync(file)", "second", -1, "fsync(file) ", "first"},
    {"a name that it does not get", "renameat", "third", -1, "fsync(file) renameat(" NAME ") ",
     "first"},
    {"a folder that may have lost the name", "fsync(folder)", "fourth", -1,
     "fsync(file) renameat(" NAME ") fsync(folder) ", "fourth"},
    {"another one in its place", NULL, "fifth", 0, "fsync(file) renameat(" NAME ") fsync(folder) ",
     "fifth"},
};

static char *kept_message(int folder)
{
    int fd = openat(folder, NAME, O_RDONLY);
    cleanup_fclose FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char line[4096];
    const char *message = NULL;
    if (!file || !fgets(line, sizeof line, file) || !fgets(line, sizeof line, file))
        return xstrdup("");
    json_auto_t *root = json_loads(line, 0, NULL);
    json_unpack(root, "{s:{s:s}}", "end", "message", &message);
    return xstrdup(message ? message : "");
}

int main(void)
{
    char path[] = "/tmp/torc-test.XXXXXX";
    int folder = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY) : -1;
    if (!ok(folder >= 0, "a folder"))
        return done_testing();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct attempt_end end = {.state = JOB_COMPLETED, .message = cases[i].message};
        struct journal journal = {
            .workflow_id = 1, .runner_id = 2, .incarnation = "x", .ends = &end, .ends_count = 1};
        calls[0] = '\0';
        failing = cases[i].failing;
        is_int(journal_write(folder, &journal, &err), cases[i].rc, cases[i].name);
        is_text(calls, cases[i].calls, "... these calls, in this order");
        cleanup_free char *kept = kept_message(folder);
        is_text(kept, cases[i].kept, "... and this is in it");
        ok(faccessat(folder, NAME ".new", F_OK, 0), "... and nothing is beside it");
        ok(!cases[i].rc == !strstr(err.text, "cannot write the journal"), "... and it says so");
    }
    journal_remove(folder, 1, 2);
    close(folder);
    ok(!rmdir(path), "removed, none is left");
    return done_testing();
}

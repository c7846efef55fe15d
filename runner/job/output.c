// SPDX-License-Identifier: GPL-2.0-or-later
// Names, tails and removal of stdio files; the child itself opens them.
#include "runner/job/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/folder.h"
#include "lib/base/mem.h"

enum { TAIL_BYTES = 2048 };

void output_close(struct output *output)
{
    if (output->dir >= 0)
        close(output->dir);
    output->dir = -1;
}

int output_open(struct output *output, const char *path, struct error *err)
{
    output->path = path;
    output->dir = folder_make(path) ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (output->dir < 0)
        return error_set(err, ERROR_INTERNAL, errno,
                         "cannot make the folder %s for the output of jobs", path);
    if (!faccessat(output->dir, ".", W_OK | X_OK, AT_EACCESS))
        return 0;
    error_set(err, ERROR_INTERNAL, errno,
              "cannot write to the folder %s, where the output of jobs goes", path);
    output_close(output);
    return -1;
}

bool output_renew(struct output *output)
{
    struct stat st;
    struct error ignored;
    struct output anew = {.dir = -1, .path = output->path};
    if (fstat(output->dir, &st) || st.st_nlink || output_open(&anew, output->path, &ignored))
        return false;
    close(output->dir);
    *output = anew;
    return true;
}

static const struct {
    const char *out, *err; // extensions; NULL: not kept
    bool combined;
} modes[] = {
    [STDIO_AUTO] = {"o", "e", false},       [STDIO_SEPARATE] = {"o", "e", false},
    [STDIO_COMBINED] = {"log", NULL, true}, [STDIO_NO_STDOUT] = {NULL, "e", false},
    [STDIO_NO_STDERR] = {"o", NULL, false}, [STDIO_NONE] = {NULL, NULL, false},
    [STDIO_STREAM] = {NULL, NULL, false},
};

struct output_files output_name(const struct output *output, enum stdio_mode mode,
                                int64_t workflow_id, int64_t job_id, int32_t run_id,
                                int32_t attempt_id, struct arena *arena)
{
    struct output_files files = {.combined = modes[mode].combined};
    size_t skip = strlen(output->path) + 1;
    const char *const extensions[] = {modes[mode].out, modes[mode].err};
    const char **const paths[] = {&files.stdout_path, &files.stderr_path};
    for (int i = 0; i < 2; i++)
        if (extensions[i])
            *paths[i] = arena_printf(arena, "%s/job_wf%lld_j%lld_r%d_a%d.%s", output->path,
                                     (long long)workflow_id, (long long)job_id, run_id, attempt_id,
                                     extensions[i]);
    files.stdout_name = files.stdout_path ? files.stdout_path + skip : NULL;
    files.stderr_name = files.stderr_path ? files.stderr_path + skip : NULL;
    if (files.combined)
        files.stderr_path = files.stdout_path;
    return files;
}

void output_delete(const struct output *output, const struct output_files *files)
{
    if (files->stdout_name)
        unlinkat(output->dir, files->stdout_name, 0);
    if (files->stderr_name)
        unlinkat(output->dir, files->stderr_name, 0);
}

// Length of the valid UTF-8 sequence at text, or 0. Overlong forms of two bytes are the only ones
// told apart: the rest does not matter for a tail.
static size_t sequence_length(const unsigned char *text, size_t left)
{
    size_t n = *text < 0x80                    ? 1
               : *text >= 0xc2 && *text < 0xe0 ? 2
               : *text >= 0xe0 && *text < 0xf0 ? 3
               : *text >= 0xf0 && *text < 0xf5 ? 4
                                               : 0;
    if (!n || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if (n == 3 && ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f)))
        return 0;
    if (n == 4 && ((text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f)))
        return 0;
    return n;
}

// Each byte that is none of UTF-8, such as an umlaut of Latin-1, becomes U+FFFD. `to` has room for
// three times as much, and the end.
static void clean(const char *text, size_t length, char *to)
{
    for (size_t n; length; text += n, length -= n) {
        unsigned char c = (unsigned char)*text;
        n = sequence_length((const unsigned char *)text, length);
        const char *shown = text;
        size_t size = n;
        if (!n) {
            shown = "\xef\xbf\xbd";
            size = 3;
            n = 1;
        } else if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f) {
            shown = "?";
        }
        memcpy(to, shown, size);
        to += size;
    }
    *to = '\0';
}

// How much of a character begins the text that began before it.
static size_t cut_character(const char *text, size_t length)
{
    size_t n = 0;
    while (n < length && n < 3 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n++;
    return n;
}

char *output_text(const char *text, size_t length, bool whole, struct arena *arena)
{
    size_t cut = whole ? 0 : cut_character(text, length);
    char *tail = arena_alloc(arena, 3 * (length - cut) + 1);
    clean(text + cut, length - cut, tail);
    return tail;
}

char *output_tail(const struct output *output, const struct output_files *files,
                  struct arena *arena)
{
    const char *name = files->combined ? files->stdout_name : files->stderr_name;
    struct stat st;
    cleanup_close int fd =
        name ? openat(output->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || !st.st_size)
        return NULL;
    char text[TAIL_BYTES];
    off_t from = st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0;
    ssize_t n = pread(fd, text, TAIL_BYTES, from);
    return n > 0 ? output_text(text, (size_t)n, !from, arena) : NULL;
}

int output_write(const struct output *output, const char *name, const char *text, struct error *err)
{
    cleanup_close int fd =
        openat(output->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t left = strlen(text);
    for (ssize_t n; fd >= 0 && left; left -= (size_t)n, text += n)
        if ((n = write(fd, text, left)) < 0)
            return error_set(err, ERROR_INTERNAL, errno, "cannot write %s/%s", output->path, name);
    return fd < 0 ? error_set(err, ERROR_INTERNAL, errno, "cannot write %s/%s", output->path, name)
                  : 0;
}

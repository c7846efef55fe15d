// SPDX-License-Identifier: GPL-2.0-or-later
// posix_spawn, two pipes and a deadline. Input goes through a memory file: nobody waits for whom,
// and no SIGPIPE.
#include "lib/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"

struct capture {
    int fd; // -1: at its end
    char *text;
    size_t used, space;
};

static int open_input(const char *input, struct error *err)
{
    int fd = input ? memfd_create("input", MFD_CLOEXEC) : open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (size_t left = input ? strlen(input) : 0; fd >= 0 && left;) {
        ssize_t n = write(fd, input, left);
        if (n < 0 && errno != EINTR) {
            close(fd);
            return error_set(err, ERROR_INTERNAL, errno, "cannot keep the input of a program");
        }
        input += n < 0 ? 0 : n;
        left -= n < 0 ? 0 : (size_t)n;
    }
    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return error_set(err, ERROR_INTERNAL, errno, "cannot keep the input of a program");
    return fd;
}

// Callers block signals, or ignore SIGPIPE.
int program_start(const char *const *argv, const int *fds, char *const *env, pid_t *pid)
{
    posix_spawnattr_t attr;
    posix_spawn_file_actions_t actions;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; fds && i < 3; i++)
        posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    int error =
        posix_spawnp(pid, argv[0], &actions, &attr, (char *const *)argv, env ? env : environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return error;
}

static void catch_some(struct capture *capture)
{
    enum { CHUNK = 4096 };
    if (capture->space - capture->used < CHUNK) {
        capture->space = capture->space * 2 + CHUNK + 1;
        capture->text = xrealloc(capture->text, capture->space, 1);
    }
    ssize_t n = read(capture->fd, capture->text + capture->used, CHUNK);
    if (n > 0) {
        capture->used += (size_t)n;
    } else if (n == 0 || errno != EINTR) {
        close(capture->fd);
        capture->fd = -1;
    }
}

static char *captured(struct capture *capture)
{
    while (capture->used && capture->text[capture->used - 1] == '\n')
        capture->used--;
    char *text = xrealloc(capture->text, capture->used + 1, 1);
    text[capture->used] = '\0';
    return text;
}

// Reads until both ends are closed, then until the program has ended: a program may close its
// output long before.
static bool follow(pid_t pid, struct capture captures[2], int timeout_ms, int *status)
{
    int64_t deadline = clock_mono_msec() + timeout_ms;
    for (;;) {
        bool open = captures[0].fd >= 0 || captures[1].fd >= 0;
        pid_t ended = open ? 0 : waitpid(pid, status, WNOHANG);
        if (ended == pid || (ended < 0 && errno != EINTR))
            return true;
        int64_t left = deadline - clock_mono_msec();
        if (left <= 0)
            return false;
        struct pollfd polls[2] = {{.fd = captures[0].fd, .events = POLLIN},
                                  {.fd = captures[1].fd, .events = POLLIN}};
        if (poll(polls, 2, open ? (int)left : 5) <= 0)
            continue;
        for (int i = 0; i < 2; i++)
            if (polls[i].revents)
                catch_some(&captures[i]);
    }
}

static int run(const char *const *argv, int fds[3], char *const *env, int timeout_ms,
               struct capture captures[2], struct program_result *result, struct error *err)
{
    pid_t pid;
    int status = 0, error = program_start(argv, fds, env, &pid);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    if (error)
        return error_set(err, ERROR_UNREACHABLE, error, "cannot run %s", argv[0]);
    result->timed_out = !follow(pid, captures, timeout_ms, &status);
    if (result->timed_out) {
        kill(-pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    result->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return 0;
}

int program_run(const char *const *argv, const char *input, char *const *env, int timeout_ms,
                struct program_result *result, struct error *err)
{
    struct capture captures[2] = {{.fd = -1}, {.fd = -1}};
    *result = (struct program_result){0};
    int in = open_input(input, err), out[2], errors[2];
    if (in < 0)
        return -1;
    if (pipe2(out, O_CLOEXEC)) {
        close(in);
        return error_set(err, ERROR_INTERNAL, errno, "cannot make a pipe to %s", argv[0]);
    }
    if (pipe2(errors, O_CLOEXEC)) {
        int saved = errno;
        close(in);
        close(out[0]);
        close(out[1]);
        return error_set(err, ERROR_INTERNAL, saved, "cannot make a pipe to %s", argv[0]);
    }
    captures[0].fd = out[0];
    captures[1].fd = errors[0];
    int rc = run(argv, (int[]){in, out[1], errors[1]}, env, timeout_ms, captures, result, err);
    for (int i = 0; i < 2; i++)
        if (captures[i].fd >= 0)
            close(captures[i].fd);
    result->whole = !captures[0].used || captures[0].text[captures[0].used - 1] == '\n';
    result->out = captured(&captures[0]);
    result->err = captured(&captures[1]);
    if (rc)
        program_result_fini(result);
    return rc;
}

void program_result_fini(struct program_result *result)
{
    free(result->out);
    free(result->err);
    *result = (struct program_result){0};
}

char *program_folder(void)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return NULL;
    self[n] = '\0';
    return xstrdup(dirname(self));
}

char *program_beside(const char *name)
{
    cleanup_free char *folder = program_folder();
    cleanup_free char *path = folder ? xasprintf("%s/%s", folder, name) : NULL;
    return path && !access(path, X_OK) ? take_ptr(path) : NULL;
}

char *program_helper(const char *name)
{
    cleanup_free char *installed = xasprintf("../libexec/torc/%s", name);
    char *path = program_beside(name);
    path = path ? path : program_beside(installed);
    return path ? path : xasprintf(TORC_LIBEXEC "/%s", name);
}

char *program_find(const char *name)
{
    char *path = program_beside(name);
    return path ? path : xstrdup(name);
}

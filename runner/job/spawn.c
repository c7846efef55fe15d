// SPDX-License-Identifier: GPL-2.0-or-later
// The child borrows the runner's memory until it executes (CLONE_VM and CLONE_VFORK), on a stack of
// its own; nothing of the runner is copied, and what went wrong comes back through that memory. It
// only makes system calls.
#include "runner/job/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

enum step {
    STEP_NONE,
    STEP_CGROUP,
    STEP_SESSION,
    STEP_WORKDIR,
    STEP_STDOUT,
    STEP_STDERR,
    STEP_EXEC
};
static const char *const step_names[] = {
    [STEP_NONE] = "start a process",
    [STEP_CGROUP] = "enter its cgroup",
    [STEP_SESSION] = "make its session",
    [STEP_WORKDIR] = "change to its working folder",
    [STEP_STDOUT] = "open the file for its standard output",
    [STEP_STDERR] = "open the file for its standard error",
    [STEP_EXEC] = "execute its command",
};

struct child {
    const struct spawn *spawn;
    enum step failed;
    int failed_errno;
};

enum { STACK_SIZE = 64 * 1024, OUTPUT_MODE = 0666 };
static char stack[STACK_SIZE] __attribute__((aligned(16)));

#if defined(__clang__) || defined(__GNUC__)
#define NO_SANITIZE __attribute__((no_sanitize("address", "undefined")))
#else
#define NO_SANITIZE
#endif

NO_SANITIZE static int open_output(int dir, const char *path, int as)
{
    int fd =
        path ? openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, OUTPUT_MODE)
             : open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fd < 0 ? -1 : dup2(fd, as);
}

NO_SANITIZE static enum step open_outputs(const struct spawn *s)
{
    if (s->output_fds ? dup2(s->output_fds[0], STDOUT_FILENO) < 0
                      : open_output(s->output_dir, s->stdout_path, STDOUT_FILENO) < 0)
        return STEP_STDOUT;
    if ((s->output_fds ? dup2(s->output_fds[1], STDERR_FILENO)
         : s->combined ? dup2(STDOUT_FILENO, STDERR_FILENO)
                       : open_output(s->output_dir, s->stderr_path, STDERR_FILENO)) < 0)
        return STEP_STDERR;
    return STEP_NONE;
}

NO_SANITIZE static enum step prepare(const struct spawn *s)
{
    sigset_t none;
    sigemptyset(&none);
    for (int i = 0; s->entry && i < s->entry->enter_count; i++)
        if (write(s->entry->enter_fds[i], "0", 1) != 1)
            return STEP_CGROUP;
    if ((s->no_job ? setpgid(0, 0) : setsid()) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL))
        return STEP_SESSION;
    enum step failed = open_outputs(s);
    if (failed)
        return failed;
    if (s->workdir && chdir(s->workdir))
        return STEP_WORKDIR;
    if (s->affinity)
        sched_setaffinity(0, sizeof *s->affinity,
                          s->affinity); // a hint: the set may have changed meanwhile
    if (s->files)
        setrlimit(RLIMIT_NOFILE, s->files); // down to what it was: that always may be done
    sigprocmask(SIG_SETMASK, &none, NULL);
    return STEP_NONE;
}

NO_SANITIZE static int child_main(void *arg)
{
    struct child *child = arg;
    const struct spawn *s = child->spawn;
    child->failed = prepare(s);
    if (!child->failed) {
        execve(s->path, s->argv, s->environment);
        if (s->fallback && errno != E2BIG &&
            errno != ENOMEM) // bash says it in its own words, with its own exit code
            execve(s->fallback[0], s->fallback, s->environment);
        child->failed = STEP_EXEC;
    }
    child->failed_errno = errno;
    _exit(127);
}

// clone3 with a stack of its own: the child calls child_main and never returns from it, so that no
// frame of the runner is written to.
#if defined(__x86_64__)
#define HAVE_CLONE3 1
static long clone3_call(struct clone_args *args, struct child *child)
{
    long result;
    __asm__ volatile("syscall\n\t"
                     "testq %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "movq %[child], %%rdi\n\t"
                     "callq *%[entry]\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "0"((long)SYS_clone3), "D"(args),
                       "S"(sizeof *args), [child] "r"(child), [entry] "r"(child_main)
                     : "rcx", "r11", "memory", "cc");
    return result;
}
#elif defined(__aarch64__)
#define HAVE_CLONE3 1
static long clone3_call(struct clone_args *args, struct child *child)
{
    register long x8 __asm__("x8") = SYS_clone3;
    register long x0 __asm__("x0") = (long)args;
    register long x1 __asm__("x1") = sizeof *args;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x0, %[child]\n\t"
                     "blr %[entry]\n\t"
                     "brk #0\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), [child] "r"(child), [entry] "r"(child_main)
                     : "memory", "cc", "x30");
    return x0;
}
#else
#define HAVE_CLONE3 0
#endif

static pid_t clone_child(struct child *child)
{
    int cgroup = child->spawn->entry ? child->spawn->entry->cgroup_fd : -1;
#if HAVE_CLONE3
    if (cgroup >= 0) {
        struct clone_args args = {
            .flags = CLONE_VM | CLONE_VFORK | CLONE_INTO_CGROUP,
            .exit_signal = SIGCHLD,
            .stack = (uintptr_t)stack,
            .stack_size = sizeof stack,
            .cgroup = (uint64_t)cgroup,
        };
        long result = clone3_call(&args, child);
        if (result < 0)
            errno = (int)-result;
        return result < 0 ? -1 : (pid_t)result;
    }
#else
    if (cgroup >= 0) {
        errno = ENOSYS;
        return -1;
    }
#endif
    return clone(child_main, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, child);
}

pid_t spawn_start(const struct spawn *spawn, struct error *err)
{
    struct child child = {.spawn = spawn};
    pid_t pid = clone_child(&child);
    if (pid < 0)
        return error_set(err, ERROR_INTERNAL, errno, "cannot %s", step_names[STEP_NONE]);
    if (!child.failed)
        return pid;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    const char *what = child.failed == STEP_WORKDIR  ? spawn->workdir
                       : child.failed == STEP_STDOUT ? spawn->stdout_path
                       : child.failed == STEP_STDERR ? spawn->stderr_path
                                                     : NULL;
    bool output = what && child.failed != STEP_WORKDIR;
    return error_set(err, ERROR_INTERNAL, child.failed_errno, "cannot %s%s%s%s%s",
                     step_names[child.failed], what ? " " : "", output ? spawn->output_folder : "",
                     output ? "/" : "", what ? what : "");
}

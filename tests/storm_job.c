// SPDX-License-Identifier: GPL-2.0-or-later
// A job of tests/storm: notes its start, looks whether what it needs was made, works for a moment,
// makes its file, notes its end.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *own(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "-";
}

// One write, so that lines of jobs that run at once stay whole.
static void note(const char *folder, const char *what, const char *name)
{
    char path[4096], line[512];
    snprintf(path, sizeof path, "%s/%s.log", folder, own("SLURMD_NODENAME"));
    int length = snprintf(line, sizeof line, "%s %s.%s %s %s %d\n", what, own("TORC_WORKFLOW_ID"),
                          name, own("TORC_RUN_ID"), own("TORC_ATTEMPT_ID"), (int)getpid());
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, line, (size_t)length) != length) {
        perror(path);
        exit(3);
    }
    close(fd);
}

// It begins with its own name once its job is through with it.
static void look(const char *path)
{
    char text[256] = "";
    const char *name = strrchr(path, '/');
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) < 0 ||
        strncmp(text, name + 1, strlen(name + 1)) != 0) {
        fprintf(stderr, "%s is not what it should be: %s\n", path, fd < 0 ? strerror(errno) : text);
        exit(4);
    }
    close(fd);
}

static void make(const char *path)
{
    char beside[4096];
    snprintf(beside, sizeof beside, "%s.%d", path, (int)getpid());
    FILE *out = fopen(beside, "w");
    if (!out || fprintf(out, "%s\n", strrchr(path, '/') + 1) < 0 || fclose(out) ||
        rename(beside, path)) {
        perror(path);
        exit(5);
    }
}

// storm_job NAME MILLISECONDS LOG-FOLDER OUTPUT [INPUT...]
int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    long msec = atol(argv[2]);
    note(argv[3], "start", argv[1]);
    for (int i = 5; i < argc; i++)
        look(argv[i]);
    nanosleep(&(struct timespec){msec / 1000, msec % 1000 * 1000000}, NULL);
    make(argv[4]);
    note(argv[3], "end", argv[1]);
    return 0;
}

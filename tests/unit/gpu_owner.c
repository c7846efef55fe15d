// SPDX-License-Identifier: GPL-2.0-or-later
// Whose is a process on a GPU: told from files that look like /proc.
#include "lib/meter/gpu_owner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "tests/tap.h"

static const struct gpu_owner owners[] = {
    {.number = 11,
     .job_id = 1,
     .run_id = 1,
     .attempt_id = 1,
     .first = 100,
     .cgroup = "torc_x_1.1.1"},
    {.number = 12, .job_id = 1, .run_id = 1, .attempt_id = 2, .first = 200},
    {.number = 13,
     .job_id = 2,
     .run_id = 1,
     .attempt_id = 1,
     .first = 300,
     .cgroup = "torc_x_2.1.1"},
};

static const struct row {
    const char *what, *cgroup;
    int ppid, session;
    const char *environ; // ';' for 0
    int64_t owner;
} rows[] = {
    {"in a job's cgroup", "0::/a/torc_x_2.1.1\n", 1, 1, NULL, 13},
    {"below it, on v1", "4:memory:/a/torc_x_1.1.1/box\n1:x:/\n", 1, 1, NULL, 11},
    {"in one whose name only begins so", "0::/a/torc_x_2.1.10\n", 1, 1, NULL, 0},
    {"child of a first process", "0::/a\n", 200, 1, NULL, 12},
    {"grandchild", "0::/a\n", 1003, 1, NULL, 12},
    {"orphan in its session", "0::/a\n", 1, 300, NULL, 13},
    {"by its environment", "0::/\n", 1, 1, "TORC_RUN_ID=1;TORC_ATTEMPT_ID=2;TORC_JOB_ID=1;", 12},
    {"of an attempt that is gone", "0::/\n", 1, 1, "TORC_RUN_ID=1;TORC_ATTEMPT_ID=3;TORC_JOB_ID=1;",
     0},
    {"a job of a torc-run in a job", "0::/\n", 200, 1,
     "TORC_RUN_ID=1;TORC_ATTEMPT_ID=1;TORC_JOB_ID=2;", 12},
    {"nobody's", "0::/\n", 1, 1, "A=B;", 0},
};
enum { FIRST_PID = 1000, ROWS = sizeof rows / sizeof *rows };

static void put(int proc, int pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%d", pid);
    mkdirat(proc, path, 0700);
    snprintf(path, sizeof path, "%d/%s", pid, name);
    FILE *file = fdopen(openat(proc, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "w");
    for (const char *p = text; *p; p++)
        fputc(*p == ';' ? '\0' : *p, file);
    fclose(file);
}

static void put_stat(int proc, int pid, int ppid, int session)
{
    char text[256];
    snprintf(text, sizeof text,
             "%d (x) S %d %d %d 0 -1 0 0 0 0 0 5 5 0 0 20 0 1 0 77 0 0 0 0 0 0 0\n", pid, ppid, pid,
             session);
    put(proc, pid, "stat", text);
}

int main(void)
{
    char folder[] = "/tmp/torc-gpu.XXXXXX", command[64];
    if (!mkdtemp(folder))
        return 99;
    int proc = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    put_stat(proc, 200, 1, 200);
    for (int i = 0; i < ROWS; i++) {
        put_stat(proc, FIRST_PID + i, rows[i].ppid, rows[i].session);
        put(proc, FIRST_PID + i, "cgroup", rows[i].cgroup);
        if (rows[i].environ)
            put(proc, FIRST_PID + i, "environ", rows[i].environ);
    }
    for (int i = 0; i < ROWS; i++)
        is_int(gpu_owner_find(proc, FIRST_PID + i, owners, 3), rows[i].owner, rows[i].what);
    is_int(gpu_owner_find(proc, 5, owners, 3), 0, "one that is gone");
    is_int(gpu_owner_find(proc, FIRST_PID, owners, 0), 0, "no jobs");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) ? 99 : done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the usage record of a task into the user's folder: a file that appears whole, and that
// nobody could prepare.
#include "plugin/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/meter/step_record.h"
#include "plugin/cgroup_clear.h"
#include "plugin/record_measure.h"
#include "plugin/record_text.h"
#include "plugin/run_dir.h"

static struct step_record record; // too large for a stack that is not ours
static char text[STEP_RECORD_MAX];

static bool is_full(int dir)
{
    int fd = cgroup_open(dir, "."), files = 0;
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0)
            close(fd);
        return true;
    }
    while (files < RECORD_FILES_MAX && readdir(d))
        files++;
    closedir(d);
    return files >= RECORD_FILES_MAX;
}

static void measure(const struct step *step, const struct step_task *task)
{
    char path[V1_CONTROLLERS][CGROUP_PATH_MAX + 32] = {""};
    for (size_t i = 0; i < STEP_VALUES; i++)
        record.value[i] = -1;
    if (step->v2_user[0]) {
        snprintf(path[0], sizeof path[0], "%s/task_%u", step->v2_user, task->number);
        record.cgroup = 2;
        record_measure_v2(path[0], record.value);
    } else {
        for (int i = 0; i < V1_CONTROLLERS; i++)
            if (step->v1_step[i][0])
                snprintf(path[i], sizeof path[i], "%s/task_%u", step->v1_step[i], task->number);
        record.cgroup = 1;
        record_measure_v1(path[V1_MEMORY], path[V1_CPUACCT], record.value);
    }
    record.value[STEP_start_usec] = task->start_usec;
    record.value[STEP_end_usec] = clock_real_usec();
}

// The folder is the user's, who may do in it what she likes at any time: O_EXCL makes the file
// ours, it becomes hers when it is whole, and rename moves at worst another of her own files.
static int write_file(int dir, const char *name, size_t length, uid_t uid, gid_t gid)
{
    char temp[320];
    snprintf(temp, sizeof temp, ".%s.new", name);
    unlinkat(dir, temp, 0);
    int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, length);
    int failed =
        written != (ssize_t)length || fchown(fd, uid, gid) || renameat(dir, temp, dir, name);
    int saved = written >= 0 && written != (ssize_t)length ? ENOSPC : errno;
    close(fd);
    if (failed)
        unlinkat(dir, temp, 0);
    errno = saved;
    return failed ? -1 : 0;
}

int record_write(const struct step *step, unsigned local_id, int status)
{
    const struct step_task *task = &step->tasks[local_id];
    char name[300];
    record = (struct step_record){.slurm_job_id = step->slurm_job_id,
                                  .step_id = step->step_id,
                                  .task = task->number,
                                  .status = status & 0xffff};
    snprintf(record.node, sizeof record.node, "%s", step->node);
    snprintf(record.gpus, sizeof record.gpus, "%s", step->gpus);
    measure(step, task);
    size_t length = record_text_format(&record, step->job, step->attempt, text);
    snprintf(name, sizeof name, "%u.%u.%s.%u", step->slurm_job_id, step->step_id, step->node,
             task->number);
    int dir = length ? run_dir_open_user(step->uid, step->gid) : -1;
    if (dir < 0)
        return -1;
    int result = -1;
    if (is_full(dir))
        errno = EDQUOT;
    else
        result = write_file(dir, name, length, step->uid, step->gid);
    int saved = errno;
    close(dir);
    errno = saved;
    return result;
}

// "JOB.STEP.NODE.TASK" of this job and node, or that with what write_file puts around it
static bool is_of_runner(const char *name, const struct step *step)
{
    char job[16];
    size_t n = (size_t)snprintf(job, sizeof job, "%u.", step->slurm_job_id),
           node = strlen(step->node);
    name += *name == '.';
    if (strncmp(name, job, n) != 0)
        return false;
    name += n;
    name += strspn(name, "0123456789");
    return *name == '.' && !strncmp(name + 1, step->node, node) && name[1 + node] == '.';
}

void record_drop(const struct step *step)
{
    char path[64];
    snprintf(path, sizeof path, STEP_RECORD_DIR "/%u", (unsigned)step->uid);
    int dir = access(path, F_OK) ? -1 : run_dir_open_user(step->uid, step->gid);
    DIR *d = dir < 0 ? NULL : fdopendir(dir);
    struct dirent *e;
    for (int files = 0; d && files < 2 * RECORD_FILES_MAX && (e = readdir(d)); files++)
        if (is_of_runner(e->d_name, step))
            unlinkat(dir, e->d_name, 0);
    if (d)
        closedir(d);
    else if (dir >= 0)
        close(dir);
}

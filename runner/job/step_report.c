// SPDX-License-Identifier: GPL-2.0-or-later
// A file in memory, without a name: torc-step, of the same user on the same node, reaches it by
// /proc, and nothing is left of it when the two have ended.
#include "runner/job/step_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/mem.h"

static struct step_report *map(int fd)
{
    void *at = mmap(NULL, sizeof(struct step_report), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

struct step_report *step_report_create(struct error *err)
{
    int fd = memfd_create("torc-step", MFD_CLOEXEC);
    struct step_report *report = fd >= 0 && !ftruncate(fd, sizeof *report) ? map(fd) : NULL;
    if (!report) {
        error_set(err, ERROR_INTERNAL, errno, "cannot share memory with its Slurm step");
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    report->size = sizeof *report;
    report->fd = fd;
    return report;
}

void step_report_destroy(struct step_report *report)
{
    if (!report)
        return;
    close(report->fd);
    munmap(report, sizeof *report);
}

struct step_report *step_report_open(int32_t runner, int fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)runner, fd);
    cleanup_close int file = open(path, O_RDWR | O_CLOEXEC);
    struct step_report *report = file >= 0 ? map(file) : NULL;
    if (report && report->size == sizeof *report)
        return report;
    if (report)
        munmap(report, sizeof *report);
    return NULL;
}

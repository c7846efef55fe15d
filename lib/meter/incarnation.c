// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers of processes come again, and the real clock can be set: the boot's id and the ticks since
// it do not lie.
#include "lib/meter/incarnation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/proc.h"

// "HOST-BOOTID-"
static char *boot_prefix(const char *host)
{
    char id[64] = "";
    cleanup_fclose FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (!f || fscanf(f, "%63s", id) != 1)
        snprintf(id, sizeof id, "unknown");
    return xasprintf("%s-%s-", host, id);
}

// "pid:[4026531836]" of the kernel: the number, "0" if it does not say.
static void read_namespace(char *text, size_t room)
{
    char link[64] = "";
    ssize_t n = readlink("/proc/self/ns/pid", link, sizeof link - 1);
    const char *number = n > 0 ? strchr(link, '[') : NULL;
    snprintf(text, room, "%.*s", number ? (int)strcspn(number + 1, "]") : 1,
             number ? number + 1 : "0");
}

char *incarnation_make(const char *host)
{
    char space[32];
    struct proc_stat self = {0};
    cleanup_close int proc = proc_open();
    cleanup_free char *prefix = boot_prefix(host);
    read_namespace(space, sizeof space);
    proc_stat(proc, getpid(), &self);
    return xasprintf("%s%s-%lld-%d", prefix, space, (long long)self.start_ticks, (int)getpid());
}

int incarnation_process(const char *incarnation, const char *host)
{
    char space[32], own[32];
    long long ticks;
    int pid;
    struct proc_stat process;
    cleanup_close int proc = proc_open();
    cleanup_free char *prefix = boot_prefix(host);
    if (strncmp(incarnation, host, strlen(host)) || incarnation[strlen(host)] != '-')
        return -1;
    if (strncmp(incarnation, prefix, strlen(prefix)))
        return 0; // before this boot
    read_namespace(own, sizeof own);
    if (sscanf(incarnation + strlen(prefix), "%31[0-9]-%lld-%d", space, &ticks, &pid) != 3 ||
        strcmp(space, own))
        return -1;
    bool same = proc_stat(proc, pid, &process) == 0 && process.start_ticks == ticks &&
                !strchr("ZX", process.state);
    return same ? pid : 0;
}

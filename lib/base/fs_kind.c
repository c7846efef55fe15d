// SPDX-License-Identifier: GPL-2.0-or-later
// Kinds of file systems, by magic number and by mount options.
#include "lib/base/fs_kind.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "lib/base/comma_list.h"
#include "lib/base/mem.h"

static const struct {
    unsigned long magic;
    const char *name;
} networks[] = {
    {0x6969, "NFS"},        {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},  {0x19830326, "BeeGFS"},
    {0x00c36400, "CephFS"}, {0xff534d42, "CIFS"},   {0xfe534d42, "SMB"},   {0x517b, "SMB"},
    {0x5346414f, "AFS"},    {0x6b414653, "AFS"},    {0xaad7aaea, "PanFS"}, {0x20030528, "OrangeFS"},
    {0x7461636f, "OCFS2"},  {0x01161970, "GFS2"},   {0x65735546, "FUSE"},  {0x01021997, "9P"},
};

const char *fs_network_name(unsigned long magic)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (networks[i].magic == (magic & 0xffffffff))
            return networks[i].name;
    return NULL;
}

int fs_kind(const char *path, const char **network, struct error *err)
{
    const char *said = getenv("TORC_FS_NETWORK");
    if (said && *said) {
        *network = said;
        return 0;
    }
    struct statfs fs;
    cleanup_free char *copy = xstrdup(path);
    if (statfs(path, &fs) && (errno != ENOENT || statfs(dirname(copy), &fs)))
        return error_set(err, ERROR_UNREACHABLE, errno, "cannot tell on which file system %s is",
                         path);
    *network = fs_network_name((unsigned long)fs.f_type);
    return 0;
}

bool fs_lock_trouble(FILE *mountinfo, unsigned device_major, unsigned device_minor, char *trouble,
                     size_t size)
{
    static const char *const breaks[] = {"nolock", "local_lock=all", "local_lock=posix",
                                         "localflock"};
    cleanup_free char *line = NULL;
    size_t space = 0;
    while (getline(&line, &space, mountinfo) > 0) {
        unsigned found_major, found_minor;
        if (sscanf(line, "%*d %*d %u:%u", &found_major, &found_minor) != 2 ||
            found_major != device_major || found_minor != device_minor)
            continue;
        char *rest = strstr(line, " - ");
        char type[64], source[4096], options[4096];
        if (!rest || sscanf(rest, " - %63s %4095s %4095s", type, source, options) != 3)
            continue;
        for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++)
            if (comma_list_has(options, breaks[i]))
                return snprintf(trouble, size, "%s mounted with %s", type, breaks[i]) > 0;
        if (!strcmp(type, "lustre") && !comma_list_has(options, "flock"))
            return snprintf(trouble, size, "lustre mounted without flock") > 0;
    }
    return false;
}

bool fs_breaks_locks(const char *path, char *trouble, size_t size)
{
    struct stat st;
    const char *said = getenv("TORC_FS_MOUNTINFO");
    cleanup_free char *copy = xstrdup(path);
    cleanup_fclose FILE *file = fopen(said ? said : "/proc/self/mountinfo", "re");
    if (!file || (stat(path, &st) && stat(dirname(copy), &st)))
        return false;
    return fs_lock_trouble(file, major(st.st_dev), minor(st.st_dev), trouble, size);
}

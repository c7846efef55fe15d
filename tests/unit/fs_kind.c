// SPDX-License-Identifier: GPL-2.0-or-later
// Network file systems by magic number; mount options that break locks.
#include "lib/base/fs_kind.h"

#include <sys/vfs.h>

#include "lib/base/mem.h"
#include "tests/tap.h"

static const struct {
    unsigned long magic;
    const char *name;
} kinds[] = {
    {0xef53, NULL},         {0x58465342, NULL},           {0x01021994, NULL},
    {0x6969, "NFS"},        {0x0bd00bd0, "Lustre"},       {0x47504653, "GPFS"},
    {0x19830326, "BeeGFS"}, {0xffffffffff534d42, "CIFS"},
};

static const struct {
    const char *what, *line, *trouble; // trouble NULL: none
} mounts[] = {
    {"ext4", "36 35 0:7 / /home rw,noatime shared:1 - ext4 /dev/sda rw,errors=continue", NULL},
    {"good NFS", "36 35 0:7 / /home rw - nfs4 srv:/home rw,vers=4.2,local_lock=none", NULL},
    {"NFS without locks", "36 35 0:7 / /home rw - nfs srv:/home rw,vers=3,nolock,proto=tcp",
     "nfs mounted with nolock"},
    {"NFS with local locks", "36 35 0:7 / /home rw shared:2 - nfs srv:/h rw,local_lock=all",
     "nfs mounted with local_lock=all"},
    {"Lustre with flock", "36 35 0:7 / /l rw - lustre mgs:/l rw,flock,lazystatfs", NULL},
    {"Lustre without flock", "36 35 0:7 / /l rw - lustre mgs:/l rw,lazystatfs",
     "lustre mounted without flock"},
    {"Lustre with local flock", "36 35 0:7 / /l rw - lustre mgs:/l rw,localflock",
     "lustre mounted with localflock"},
    {"another device", "36 35 0:8 / /home rw - nfs srv:/home rw,nolock", NULL},
    {"no separator", "36 35 0:7 / /home rw nolock", NULL},
};

int main(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        is_text(fs_network_name(kinds[i].magic), kinds[i].name,
                kinds[i].name ? kinds[i].name : "local");
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        char trouble[200] = "";
        cleanup_fclose FILE *f =
            fmemopen((void *)(uintptr_t)mounts[i].line, strlen(mounts[i].line), "r");
        bool found = fs_lock_trouble(f, 0, 7, trouble, sizeof trouble);
        is_text(found ? trouble : NULL, mounts[i].trouble, mounts[i].what);
    }
    const char *network = "?";
    struct error err = {0};
    unsetenv("TORC_FS_NETWORK");
    is_int(fs_kind("/proc/no-such-file", &network, &err), 0,
           "of a file that is not there its folder is looked at");
    is_text(network, NULL, "proc is local");
    is_int(fs_kind("/no/such/folder/file", &network, &err), -1, "no folder");
    setenv("TORC_FS_NETWORK", "NFS", 1);
    fs_kind("/proc", &network, &err);
    is_text(network, "NFS", "$TORC_FS_NETWORK says otherwise");
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/store/here.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/meter/incarnation.h"

const char *const here_folders[HERE_FOLDERS] = {"/dev/shm", "/tmp"};

int here_host(char host[HERE_HOST_SIZE])
{
    host[HERE_HOST_SIZE - 1] = '\0';
    return gethostname(host, HERE_HOST_SIZE - 1);
}

void here_sweep(const char *folder, const char *prefix, int days,
                bool (*is_empty)(int folder, const char *name))
{
    struct stat st;
    char host[HERE_HOST_SIZE];
    DIR *dir = here_host(host) ? NULL : opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (!strncmp(entry->d_name, prefix, strlen(prefix)) &&
            !fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
            st.st_uid == geteuid() &&
            incarnation_process(entry->d_name + strlen(prefix), host) == 0 &&
            (time(NULL) - st.st_mtime > (time_t)days * 24 * 3600 ||
             (is_empty && is_empty(dirfd(dir), entry->d_name))))
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

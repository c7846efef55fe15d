// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/self/cgroup and /proc/self/mountinfo.
#include "lib/meter/cgroup_path.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/comma_list.h"
#include "lib/base/mem.h"

static FILE *open_file(int proc, const char *name)
{
    int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (fd >= 0 && !file)
        close(fd);
    return file;
}

// The path inside the hierarchy: lines are ID:CONTROLLERS:PATH, the unified one's ID is 0 and it
// has no controllers.
static char *find_place(int proc, const char *controller)
{
    cleanup_fclose FILE *file = open_file(proc, "self/cgroup");
    cleanup_free char *line = NULL;
    size_t space = 0;
    ssize_t n;
    while (file && (n = getline(&line, &space, file)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path)
            continue;
        *names++ = *path++ = '\0';
        if (controller ? comma_list_has(names, controller) : !strcmp(line, "0") && !*names)
            return xstrdup(path);
    }
    return NULL;
}

// mountinfo writes blanks, tabs, newlines and backslashes as \ooo.
static void unescape(char *text)
{
    char *to = text;
    for (char *p = text; *p; to++) {
        unsigned code;
        if (*p == '\\' && sscanf(p + 1, "%3o", &code) == 1) {
            *to = (char)code;
            p += 4;
        } else {
            *to = *p++;
        }
    }
    *to = '\0';
}

// Fields of a line of mountinfo: ID PARENT DEVICE ROOT MOUNTPOINT OPTIONS … - TYPE SOURCE
// SUPEROPTIONS
struct mount {
    char *root, *point, *type, *options;
};

static bool split_mount(char *line, struct mount *mount)
{
    char *rest = strstr(line, " - "), *save = NULL;
    if (!rest)
        return false;
    *rest = '\0';
    for (int field = 0; field < 5; field++) {
        char *text = strtok_r(field ? NULL : line, " ", &save);
        if (!text)
            return false;
        *(field == 3 ? &mount->root : &mount->point) = text;
    }
    mount->type = strtok_r(rest + 3, " ", &save);
    char *source = strtok_r(NULL, " ", &save);
    mount->options = source ? strtok_r(NULL, " \n", &save) : NULL;
    if (!mount->options)
        return false;
    unescape(mount->root);
    unescape(mount->point);
    return true;
}

// What is left of place below a mount's root: "" for the root itself; NULL: not below it.
static const char *below(const char *place, const char *root)
{
    size_t length = strcmp(root, "/") ? strlen(root) : 0;
    if (strncmp(place, root, length) || (place[length] && place[length] != '/'))
        return NULL;
    return strcmp(place + length, "/") ? place + length : "";
}

char *cgroup_path(int proc, const char *controller)
{
    cleanup_free char *place = find_place(proc, controller);
    if (!place || place[0] != '/' || strstr(place, "/.."))
        return NULL;
    cleanup_fclose FILE *file = open_file(proc, "self/mountinfo");
    cleanup_free char *line = NULL;
    size_t space = 0;
    while (file && getline(&line, &space, file) > 0) {
        struct mount mount;
        if (!split_mount(line, &mount) || strcmp(mount.type, controller ? "cgroup" : "cgroup2") ||
            (controller && !comma_list_has(mount.options, controller)))
            continue;
        const char *rest = below(place, mount.root);
        if (rest)
            return xasprintf("%s%s", mount.point, rest);
    }
    return NULL;
}

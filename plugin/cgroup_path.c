// SPDX-License-Identifier: GPL-2.0-or-later
// Where a process is in a cgroup hierarchy: reads /proc with a small line reader, without stdio and
// malloc.
#include "plugin/cgroup_path.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lines {
    int fd;
    size_t pos, len;
    char buf[2048];
};

// The next line without its newline; what does not fit is dropped. False at the end.
static bool lines_next(struct lines *l, char *line, size_t size)
{
    size_t n = 0;
    for (bool any = false;; any = true) {
        if (l->pos == l->len) {
            ssize_t got = read(l->fd, l->buf, sizeof l->buf);
            if (got <= 0) {
                line[n] = '\0';
                return any;
            }
            l->pos = 0;
            l->len = (size_t)got;
        }
        char c = l->buf[l->pos++];
        if (c == '\n') {
            line[n] = '\0';
            return true;
        }
        if (n + 1 < size)
            line[n++] = c;
    }
}

// comma_list_has of lib/base, which this does not link
static bool list_has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; p; p = strchr(p, ',')) {
        p += *p == ',';
        if (!strncmp(p, word, n) && (p[n] == '\0' || p[n] == ','))
            return true;
    }
    return false;
}

// "ID:controllers:PATH"; the unified hierarchy is "0::PATH"
static int read_membership(pid_t pid, const char *controller, char *rel, size_t size)
{
    char name[32], line[CGROUP_PATH_MAX + 128];
    snprintf(name, sizeof name, "/proc/%d/cgroup", (int)pid);
    struct lines l = {.fd = open(name, O_RDONLY | O_CLOEXEC)};
    if (l.fd < 0)
        return -1;
    int found = -1;
    while (found && lines_next(&l, line, sizeof line)) {
        char *list = strchr(line, ':');
        char *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        *list++ = '\0';
        *path++ = '\0';
        if (controller ? list_has_word(list, controller) : !strcmp(line, "0"))
            found = snprintf(rel, size, "%s", path) < (int)size ? 0 : -1;
    }
    close(l.fd);
    return found;
}

// "36 35 0:30 ROOT MOUNTPOINT options … - TYPE SOURCE SUPEROPTIONS". ROOT is "/" or, in a
// container, a prefix of rel.
static bool mount_shows(char *line, const char *controller, const char *rel, char *out, size_t size)
{
    char root[CGROUP_PATH_MAX], point[CGROUP_PATH_MAX], type[16], super[256];
    char *dash = strstr(line, " - ");
    if (!dash || sscanf(line, "%*d %*d %*s %1023s %1023s", root, point) != 2 ||
        sscanf(dash, " - %15s %*s %255s", type, super) != 2)
        return false;
    if (strcmp(type, controller ? "cgroup" : "cgroup2") != 0 ||
        (controller && !list_has_word(super, controller)))
        return false;
    size_t n = strcmp(root, "/") ? strlen(root) : 0;
    if (strncmp(rel, root, n) != 0 || (n && rel[n] != '/' && rel[n] != '\0'))
        return false;
    if (snprintf(out, size, "%s%s", point, rel + n) >= (int)size)
        return false;
    return access(out, F_OK) == 0; // not hidden below another mount
}

int cgroup_path(pid_t pid, const char *controller, char *out, size_t size)
{
    char rel[CGROUP_PATH_MAX], line[2 * CGROUP_PATH_MAX];
    if (read_membership(pid, controller, rel, sizeof rel) || strstr(rel, "/.."))
        return -1;
    struct lines l = {.fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)};
    if (l.fd < 0)
        return -1;
    bool found = false;
    while (!found && lines_next(&l, line, sizeof line))
        found = mount_shows(line, controller, rel, out, size);
    close(l.fd);
    return found ? 0 : -1;
}

int cgroup_path_split_task(char *path, uint32_t *number)
{
    char *slash = strrchr(path, '/');
    if (!slash || strncmp(slash, "/task_", 6) != 0 || !isdigit((unsigned char)slash[6]))
        return -1;
    char *end;
    errno = 0;
    unsigned long n = strtoul(slash + 6, &end, 10);
    if (*end || errno || n >= UINT32_MAX)
        return -1;
    *slash = '\0';
    *number = (uint32_t)n;
    return 0;
}

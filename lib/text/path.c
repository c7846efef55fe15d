// SPDX-License-Identifier: GPL-2.0-or-later
// Takes paths apart and puts them together again.
#include "lib/text/path.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/arena.h"

// Relative, and nothing in it is to be taken away.
static bool is_normal(const char *path)
{
    if (!*path || *path == '/')
        return false;
    for (const char *part = path;; part++) {
        size_t length = strcspn(part, "/");
        if (!length || (length <= 2 && !strncmp(part, "..", length)))
            return false;
        part += length;
        if (!*part)
            return true;
    }
}

// Adds the parts of `from` to `to`, of that length; ".." takes one away, but none above the root,
// and none of a path that begins with "..".
static size_t add_parts(char *to, size_t length, const char *from)
{
    bool absolute = *to == '/';
    while (*from) {
        size_t part = strcspn(from, "/"), last = length;
        while (last && to[last - 1] != '/')
            last--;
        bool up = part == 2 && !strncmp(from, "..", 2),
             stuck = !length || (length - last == 2 && !strncmp(to + last, "..", 2));
        if (up && absolute) {
            length = last > 1 ? last - 1 : 1;
        } else if (up && !stuck) {
            length = last ? last - 1 : 0;
        } else if (part && (part != 1 || *from != '.')) {
            if (length && to[length - 1] != '/')
                to[length++] = '/';
            memcpy(to + length, from, part);
            length += part;
        }
        from += part;
        from += *from == '/';
    }
    return length;
}

const char *path_normalise(const char *path, const char *folder, struct arena *arena)
{
    if (is_normal(path))
        return path;
    size_t outer = folder ? strlen(folder) : 0, length = 0;
    char *whole = arena_alloc(arena, outer + strlen(path) + 3);
    *whole = '\0';
    if (*path == '/' || folder)
        whole[length++] = '/';
    if (*path != '/' && folder)
        length = add_parts(whole, length, folder);
    length = add_parts(whole, length, path);
    whole[length] = '\0';
    if (!length)
        return ".";
    if (!folder || strncmp(whole, folder, outer) != 0)
        return whole;
    if (!whole[outer])
        return ".";
    const char *below = whole + outer + (outer > 1);
    return outer == 1 || whole[outer] == '/' ? below : whole;
}

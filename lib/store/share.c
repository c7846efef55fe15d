// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/store/share.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/comma_list.h"
#include "lib/base/folder.h"
#include "lib/base/mem.h"
#include "lib/store/read.h"
#include "lib/workflow/settings.h"

enum { SHARED = 0660, HANDS_ON = S_ISGID | 0070 };

static bool is_member(gid_t group)
{
    int count = getgroups(0, NULL);
    cleanup_free gid_t *groups = xcalloc((size_t)(count > 0 ? count : 0) + 1, sizeof *groups);
    count = getgroups(count, groups);
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return getegid() == group;
}

// The first of them that the user is in.
static bool find_group(const char *names, char **name, gid_t *group)
{
    const char *rest = names;
    for (struct comma_item item; comma_list_next(&rest, &item);) {
        cleanup_free char *one = xstrndup(item.text, item.length);
        const struct group *entry = getgrnam(one);
        if (!entry || !is_member(entry->gr_gid))
            continue;
        *name = take_ptr(one);
        *group = entry->gr_gid;
        return true;
    }
    return false;
}

bool share_is_shared(const char *path)
{
    struct stat st;
    return !stat(path, &st) && st.st_mode & (S_IWGRP | S_IWOTH);
}

int share_check_access(const struct workflow_info *workflow, struct error *err)
{
    struct settings settings;
    cleanup_free char *name = NULL;
    gid_t group;
    if (getuid() == 0 || (int64_t)getuid() == workflow->uid)
        return 0;
    if (settings_parse(&settings, workflow->settings, err))
        return -1;
    const char *groups = settings.access_groups ? settings.access_groups : "";
    cleanup_free char *owner =
        *workflow->user ? xstrdup(workflow->user) : xasprintf("uid %lld", (long long)workflow->uid);
    int rc = 0;
    if (!find_group(groups, &name, &group))
        rc = error_set(err, ERROR_USAGE, 0,
                       "workflow %lld (%s) belongs to %s, and %s%s%s; ask %s to do it, or submit "
                       "its file as a workflow of your own",
                       (long long)workflow->id, workflow->name, owner,
                       *groups ? "may be changed only by members of its access_groups, "
                               : "nobody else may change it, as it names no access_groups",
                       groups, *groups ? ", of which you are in none" : "", owner);
    settings_fini(&settings);
    return rc;
}

static int choose_group(const char *names, char **name, gid_t *group, struct error *err)
{
    if (find_group(names, name, group))
        return 0;
    return error_set(err, ERROR_USAGE, 0,
                     "access_groups: you are in none of the groups %s (`id -Gn` says in which you "
                     "are); name one of yours, or leave the field out",
                     names);
}

// SQLite makes files beside the database, whoever opens it: the folder gives them their group.
static int check_folder(const char *where, const char *name, gid_t group, struct error *err)
{
    struct stat st;
    cleanup_free char *copy = xstrdup(where);
    const char *folder = dirname(copy);
    if (stat(folder, &st))
        return error_set(err, ERROR_UNREACHABLE, errno, "look at the folder %s", folder);
    if (st.st_gid == group && (st.st_mode & HANDS_ON) == HANDS_ON)
        return 0;
    return error_set(err, ERROR_USAGE, 0,
                     "access_groups: the folder of the database, %s, does not hand the group %s on "
                     "to what is made in it: chgrp %s %s && chmod g+rwxs %s, or name a database in "
                     "another folder with --db",
                     folder, name, name, folder, folder);
}

static int is_empty(struct store *store, bool *empty, struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS, .limit = 1};
    struct read_reply reply = {0};
    if (store_read(store, &request, &reply, err))
        return -1;
    *empty = !reply.count;
    read_reply_fini(&reply);
    return 0;
}

static int give(const char *path, gid_t group, mode_t mode, struct error *err)
{
    return chown(path, (uid_t)-1, group) || chmod(path, mode)
               ? error_set(err, ERROR_UNREACHABLE, errno, "access_groups: give %s to the group",
                           path)
               : 0;
}

static int give_database(struct store *store, const char *where, const char *name, gid_t group,
                         struct error *err)
{
    static const char *const besides[] = {"-wal", "-shm", "-journal"};
    struct stat st;
    bool empty;
    if (stat(where, &st))
        return error_set(err, ERROR_UNREACHABLE, errno, "look at the database %s", where);
    if (st.st_gid == group && (st.st_mode & SHARED) == SHARED)
        return 0;
    if (is_empty(store, &empty, err))
        return -1;
    if (!empty)
        return error_set(err, ERROR_USAGE, 0,
                         "access_groups: the database %s has workflows in it that are not shared "
                         "with the group %s; name another one with --db",
                         where, name);
    for (size_t i = 0; i < sizeof besides / sizeof *besides; i++) {
        cleanup_free char *path = xasprintf("%s%s", where, besides[i]);
        if (!access(path, F_OK) && give(path, group, SHARED, err))
            return -1;
    }
    return give(where, group, SHARED, err);
}

static int give_output(const char *path, gid_t group, struct error *err)
{
    struct stat st;
    if (folder_make(path) || stat(path, &st))
        return error_set(err, ERROR_UNREACHABLE, errno, "make the folder %s", path);
    if (st.st_gid == group && (st.st_mode & HANDS_ON) == HANDS_ON) // another member may own it
        return 0;
    return give(path, group, (st.st_mode & 0777) | HANDS_ON, err);
}

int share_database(struct store *store, const char *where, const char *settings, struct error *err)
{
    struct settings parsed;
    cleanup_free char *name = NULL;
    gid_t group = (gid_t)-1;
    if (settings_parse(&parsed, settings, err))
        return -1;
    const char *groups = parsed.access_groups;
    int rc = groups && *groups &&
                     (choose_group(groups, &name, &group, err) ||
                      check_folder(where, name, group, err) ||
                      give_database(store, where, name, group, err) ||
                      give_output(parsed.output_dir, group, err))
                 ? -1
                 : 0;
    settings_fini(&parsed);
    return rc;
}

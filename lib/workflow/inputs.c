// SPDX-License-Identifier: GPL-2.0-or-later
// One look at every file that must come from outside; the first job that reads it is named. One at
// every folder that has files, for links on the way. Of an entry that stands for many files, one is
// told of.
#include "lib/workflow/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/names.h"
#include "lib/text/path.h"

// others: as many files of the entry as do not exist either.
static void report(const struct workflow *workflow, const struct file_row *file, uint32_t reader,
                   int errnum, size_t others, bool error, struct problems *problems)
{
    cleanup_free char *path = xasprintf("files[%u].path", file->entry);
    cleanup_free char *more =
        others ? xasprintf(", nor do%s %zu more of this entry;", others == 1 ? "es" : "", others)
               : xstrdup(",");
    const char *reader_name = workflow->jobs[reader].name;
    if (errnum == ENOENT)
        problem_add(problems, !error, file->line, file->column, path,
                    "\"%s\" does not exist%s%s job \"%s\" reads it and no job writes it; create "
                    "it, or name the job that does in \"output_files\"; with --allow-missing its "
                    "readers wait for it",
                    file->path, *file->path == '/' ? "" : " (seen from the current folder)", more,
                    reader_name);
    else
        problem_add(problems, !error, file->line, file->column, path,
                    "\"%s\", which job \"%s\" reads, cannot be looked at: %s", file->path,
                    reader_name, strerror(errnum));
}

// 0, or what fstatat says of a file that must come from outside.
static int look(const struct file_row *file, uint32_t reader, int folder_fd)
{
    struct stat st;
    return reader && !file->produced && fstatat(folder_fd, file->path, &st, 0) != 0 ? errno : 0;
}

// ---- two paths that links make one file ----

struct links {
    const struct workflow *workflow;
    struct problems *problems;
    int folder_fd;
    struct arena *arena;
    struct names folders; // as written
    const char **places;  // of each of them: what it is on the disk
    size_t places_space;
    struct names files;    // place and name of each file
    struct names linked;   // device and number of what links lead to
    uint32_t *linked_file; // of each of them
    size_t linked_space;
    uint32_t warned; // the last entry
};

static void warn_link(struct links *links, uint32_t a, uint32_t b, bool left_over)
{
    const struct file_row *file = &links->workflow->files[a], *other = &links->workflow->files[b];
    if (file->produced && !other->produced) { // of what comes from outside the place is known
        file = &links->workflow->files[b];
        other = &links->workflow->files[a];
    }
    if (file->entry == links->warned || !(file->produced || other->produced))
        return;
    links->warned = file->entry;
    cleanup_free char *path = xasprintf("files[%u].path", file->entry);
    problem_add(links->problems, true, file->line, file->column, path,
                "\"%s\" is the same file as \"%s\" by a link on the disk; torc takes them for two, "
                "and no job waits for who writes the other one: %s",
                file->path, other->path,
                left_over ? "remove the link, which a job would write through, or write one path "
                            "for both"
                          : "write one path for both");
}

// What a folder is: its number on the disk or, if it is not there yet, that of the one it will be
// in.
static const char *folder_place(struct links *links, const char *folder)
{
    struct stat st;
    int64_t found = names_find(&links->folders, folder);
    if (found != NAMES_NONE)
        return links->places[found];
    const char *slash = strrchr(folder, '/'), *place;
    if (fstatat(links->folder_fd, folder, &st, 0) == 0)
        place = arena_printf(links->arena, "%llu.%llu", (unsigned long long)st.st_dev,
                             (unsigned long long)st.st_ino);
    else if (!strcmp(folder, ".") || !strcmp(folder, "/"))
        place = folder;
    else
        place = arena_printf(links->arena, "%s/%s",
                             folder_place(links, !slash ? "."
                                                 : slash == folder
                                                     ? "/"
                                                     : arena_strndup(links->arena, folder,
                                                                     (size_t)(slash - folder))),
                             slash ? slash + 1 : folder);
    size_t count = names_add(&links->folders, folder);
    links->places = array_grow(links->places, count, &links->places_space, sizeof *links->places);
    links->places[count] = place;
    return place;
}

static void look_at_folder(struct links *links, uint32_t f)
{
    const char *path = path_normalise(links->workflow->files[f].path, NULL, links->arena),
               *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *folder = !slash ? "."
                         : slash == path
                             ? "/"
                             : arena_strndup(links->arena, path, (size_t)(slash - path));
    size_t first = names_add(
        &links->files, arena_printf(links->arena, "%s/%s", folder_place(links, folder), base));
    if (first != f)
        warn_link(links, f, (uint32_t)first, false);
}

// A file that is a link itself (an output: of an earlier run) may lead to another one that is there
// already.
static void look_at_link(struct links *links, uint32_t f)
{
    struct stat st;
    const char *path = links->workflow->files[f].path;
    if (fstatat(links->folder_fd, path, &st, AT_SYMLINK_NOFOLLOW) || !S_ISLNK(st.st_mode) ||
        fstatat(links->folder_fd, path, &st, 0))
        return;
    names_add(&links->linked, arena_printf(links->arena, "%llu.%llu", (unsigned long long)st.st_dev,
                                           (unsigned long long)st.st_ino));
    links->linked_file = array_grow(links->linked_file, links->linked.count - 1,
                                    &links->linked_space, sizeof *links->linked_file);
    links->linked_file[links->linked.count - 1] = f;
}

static void look_at_target(struct links *links, uint32_t f)
{
    struct stat st;
    char key[64];
    if (fstatat(links->folder_fd, links->workflow->files[f].path, &st, 0))
        return;
    snprintf(key, sizeof key, "%llu.%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    int64_t found = names_find(&links->linked, key);
    if (found == NAMES_NONE || links->linked_file[found] == f)
        return;
    uint32_t link = links->linked_file[found];
    warn_link(links, link, f, links->workflow->files[link].produced);
}

static bool is_used(const struct workflow *workflow, const uint32_t *reader, uint32_t f)
{
    return workflow->files[f].same == f && (reader[f] || workflow->files[f].produced);
}

static void check_links(const struct workflow *workflow, int folder_fd, const uint32_t *reader,
                        struct problems *problems)
{
    struct links links = {.workflow = workflow,
                          .problems = problems,
                          .folder_fd = folder_fd,
                          .arena = arena_create(),
                          .warned = UINT32_MAX};
    names_init(&links.folders);
    names_init(&links.files);
    names_init(&links.linked);
    for (uint32_t f = 0; f < workflow->files_count; f++) {
        if (workflow->files[f].same != f)
            names_add(&links.files, NULL);
        else
            look_at_folder(&links, f);
        if (is_used(workflow, reader, f))
            look_at_link(&links, f);
    }
    for (uint32_t f = 0; f < workflow->files_count && links.linked.count; f++)
        if (is_used(workflow, reader, f))
            look_at_target(&links, f);
    names_fini(&links.folders);
    names_fini(&links.files);
    names_fini(&links.linked);
    free(links.places);
    free(links.linked_file);
    arena_destroy(links.arena);
}

int workflow_check_inputs(const struct workflow *workflow, int folder_fd, bool error,
                          struct problems *problems)
{
    size_t errors = problems->errors, count = workflow->files_count;
    cleanup_free uint32_t *reader = xcalloc(count + 1, sizeof *reader); // job + 1, 0: none
    for (size_t i = workflow->job_files_count; i-- > 0;)
        if (workflow->job_files[i].role == ROLE_INPUT)
            reader[workflow->job_files[i].other] = workflow->job_files[i].job + 1;
    check_links(workflow, folder_fd, reader, problems);
    for (size_t f = 0, next; f < count; f = next) {
        const struct file_row *file = &workflow->files[f];
        size_t first = count, missing = 0;
        for (next = f; next < count && workflow->files[next].entry == file->entry; next++) {
            int errnum = look(&workflow->files[next], reader[next], folder_fd);
            missing += errnum == ENOENT;
            if (errnum == ENOENT && missing == 1)
                first = next;
            else if (errnum && errnum != ENOENT)
                report(workflow, &workflow->files[next], reader[next] - 1, errnum, 0, error,
                       problems);
        }
        if (missing)
            report(workflow, &workflow->files[first], reader[first] - 1, ENOENT, missing - 1, error,
                   problems);
    }
    return problems->errors > errors ? -1 : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/restart/look.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/content.h"
#include "lib/base/mem.h"
#include "lib/workflow/workflow.h"

struct file_now {
    bool looked, is_folder, is_new; // is_new: no version has this identity
    struct stat st;
    struct file_seen seen; // hash UNKNOWN: not known yet, or not to be had
    bool hash_tried;
    uint32_t first_version, versions; // in facts->versions, which are sorted by file here
};

struct looking {
    const struct restart_facts *facts;
    struct restart_look *look;
    int folder;
    struct file_now *files;
    uint32_t *by_file; // indices of facts->versions, by file
    size_t seen_space;
};

// The versions of each file side by side: a counting sort.
static void sort_versions(struct looking *l)
{
    const struct restart_facts *f = l->facts;
    uint32_t at = 0;
    for (uint32_t i = 0; i < f->versions_count; i++)
        l->files[f->versions[i].file].versions++;
    for (uint32_t i = 0; i < f->files_count; i++) {
        l->files[i].first_version = at;
        at += l->files[i].versions;
        l->files[i].versions = 0;
    }
    for (uint32_t i = 0; i < f->versions_count; i++) {
        struct file_now *now = &l->files[f->versions[i].file];
        l->by_file[now->first_version + now->versions++] = i;
    }
}

// Its identity now, and the hash if it had that identity before.
static void look_at(struct looking *l, uint32_t file)
{
    struct file_now *now = &l->files[file];
    if (now->looked)
        return;
    now->looked = true;
    if (fstatat(l->folder, l->facts->files[file].path, &now->st, 0)) {
        l->look->missing[file] = true;
        return;
    }
    now->is_folder = S_ISDIR(now->st.st_mode);
    now->seen = content_look(&now->st);
    now->is_new = true;
    for (uint32_t i = 0; i < now->versions && !now->is_folder; i++) {
        const struct file_seen *v = &l->facts->versions[l->by_file[now->first_version + i]].seen;
        if (content_is(v, &now->st)) {
            now->is_new = false;
            if (v->hash != UNKNOWN)
                now->seen.hash = v->hash;
        }
    }
}

static int64_t hash_now(struct looking *l, uint32_t file)
{
    static const atomic_bool never;
    struct file_now *now = &l->files[file];
    if (now->seen.hash == UNKNOWN && !now->hash_tried) {
        now->hash_tried = true;
        const char *path = l->facts->files[file].path;
        cleanup_free char *from_here = xasprintf("%s/%s", l->facts->folder, path);
        now->seen.hash = content_hash(*path == '/' ? path : from_here, &now->st, INT64_MAX, &never);
        l->look->hashed += !now->is_folder;
    }
    return now->seen.hash;
}

// What a job had, and what is there now: the same content?
static bool is_changed(struct looking *l, uint32_t file, const struct file_seen *had)
{
    struct file_now *now = &l->files[file];
    if (!now->is_folder && content_is(had, &now->st))
        return false;
    if (had->hash == UNKNOWN)
        return !content_is(had, &now->st);
    if (!now->is_folder && now->seen.size_bytes != had->size_bytes)
        return true;
    return hash_now(l, file) != had->hash;
}

static void look_at_inputs(struct looking *l)
{
    const struct restart_facts *f = l->facts;
    for (uint32_t i = 0; i < f->job_files_count; i++) {
        const struct restart_pair *use = &f->job_files[i];
        if (f->jobs[use->job].state != JOB_COMPLETED)
            continue;
        look_at(l, use->other);
        if (use->role == ROLE_INPUT && use->seen != NO_VERSION && !l->look->missing[use->other])
            l->look->changed[i] = is_changed(l, use->other, &f->versions[use->seen].seen);
    }
}

// A new identity whose hash is known need not be read the next time.
static void note_new(struct looking *l, bool all)
{
    for (uint32_t i = 0; i < l->facts->files_count; i++) {
        const struct file_now *now = &l->files[i];
        if (!now->looked || l->look->missing[i] || (!now->is_new && !all) || now->is_folder ||
            now->seen.hash == UNKNOWN)
            continue;
        l->look->seen =
            array_grow(l->look->seen, l->look->seen_count, &l->seen_space, sizeof *l->look->seen);
        l->look->seen[l->look->seen_count++] = (struct restart_version){i, now->seen};
    }
}

int restart_look(const struct restart_facts *f, bool all, struct restart_look *look,
                 struct error *err)
{
    cleanup_close int folder = open(f->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *look = (struct restart_look){0};
    if (folder < 0)
        return error_set(err, ERROR_USAGE, errno,
                         "the folder that the workflow was submitted in, %s, cannot be looked at",
                         f->folder);
    struct looking l = {.facts = f, .look = look, .folder = folder};
    look->missing = xcalloc(f->files_count + 1, sizeof *look->missing);
    look->changed = xcalloc(f->job_files_count + 1, sizeof *look->changed);
    l.files = xcalloc(f->files_count + 1, sizeof *l.files);
    l.by_file = xcalloc(f->versions_count + 1, sizeof *l.by_file);
    sort_versions(&l);
    look_at_inputs(&l);
    note_new(&l, all);
    free(l.files);
    free(l.by_file);
    return 0;
}

void restart_look_fini(struct restart_look *look)
{
    free(look->missing);
    free(look->changed);
    free(look->seen);
    *look = (struct restart_look){0};
}

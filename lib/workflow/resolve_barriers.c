// SPDX-License-Identifier: GPL-2.0-or-later
// Counts who needs what together, and makes a barrier where that saves needs. A failed need cancels
// those that wait for it, or does not: the two kinds of users have a barrier each.
#include "lib/workflow/resolve_barriers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

struct need_group *barriers_group(struct barriers *barriers, const uint32_t *jobs, size_t count)
{
    uint64_t a = count, b = count;
    char key[80];
    for (size_t i = 0; i < count; i++) { // sums, so that the order says nothing
        a += mix(jobs[i]);
        b += mix(~(uint64_t)jobs[i]);
    }
    snprintf(key, sizeof key, "%zx %" PRIx64 " %" PRIx64, count, a, b);
    int64_t found = names_find(&barriers->lists, key);
    if (found != NAMES_NONE)
        return barriers->groups[found];
    struct need_group *group = xcalloc(1, sizeof *group);
    barriers->groups = array_grow(barriers->groups, barriers->lists.count, &barriers->groups_space,
                                  sizeof *barriers->groups);
    barriers->groups[barriers->lists.count] = group;
    names_add(&barriers->lists, arena_strdup(barriers->resolver->source->arena, key));
    return group;
}

static bool cancels(const struct barriers *barriers, uint32_t job)
{
    return barriers->resolver->spec->jobs[job].cancel_on_blocking_failure;
}

void barriers_announce(struct barriers *barriers, struct need_group *group, uint32_t job)
{
    group->users[cancels(barriers, job)]++;
}

static const char *name_barrier(struct barriers *barriers, const struct need_group *group,
                                uint32_t job)
{
    struct arena *text = barriers->resolver->workflow->text;
    const char *name =
        group->label ? arena_printf(text, "*%s", group->label)
                     : arena_printf(text, "*needs of %s", barriers->resolver->spec->jobs[job].name);
    while (names_find(&barriers->names, name) != NAMES_NONE)
        name = arena_printf(text, "%s'", name);
    names_add(&barriers->names, name);
    return name;
}

uint32_t barriers_find(struct barriers *barriers, struct need_group *group, const uint32_t *jobs,
                       size_t count, uint32_t job)
{
    bool kind = cancels(barriers, job);
    uint64_t users = group->users[kind];
    if (users * count <= users + count + 1)
        return NO_JOB;
    if (group->barrier[kind])
        return group->barrier[kind];
    if (!group->jobs) {
        group->jobs = xmalloc(count * sizeof *group->jobs);
        memcpy(group->jobs, jobs, count * sizeof *group->jobs);
        group->count = count;
    }
    group->barrier[kind] = (uint32_t)(barriers->resolver->spec->jobs_count + barriers->count);
    barriers->list =
        array_grow(barriers->list, barriers->count, &barriers->space, sizeof *barriers->list);
    barriers->list[barriers->count++] =
        (struct barrier){group, kind, name_barrier(barriers, group, job)};
    return group->barrier[kind];
}

void barriers_fini(struct barriers *barriers)
{
    for (size_t i = 0; i < barriers->lists.count; i++) {
        free(barriers->groups[i]->jobs);
        free(barriers->groups[i]);
    }
    free(barriers->groups);
    free(barriers->list);
    names_fini(&barriers->lists);
    names_fini(&barriers->names);
}

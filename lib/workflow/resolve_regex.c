// SPDX-License-Identifier: GPL-2.0-or-later
// What the regexes of jobs select: each regex is matched once, however many jobs have it.
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/regex.h"
#include "lib/workflow/resolve.h"

static const char *const nouns[] = {
    [SELECT_JOBS] = "job", [SELECT_FILES] = "file", [SELECT_DATA] = "user data"};

static const struct names *names_of(const struct resolver *resolver, enum select_kind kind)
{
    return kind == SELECT_JOBS    ? &resolver->jobs
           : kind == SELECT_FILES ? &resolver->files
                                  : &resolver->data;
}

static int match_all(struct selection *selection, const struct names *names, const char *pattern,
                     struct error *err)
{
    struct regex *regex = regex_compile(pattern, err);
    size_t space = 0;
    int matched = 0;
    if (!regex)
        return -1;
    for (size_t i = 0; i < names->count && matched >= 0; i++) {
        matched = names->list[i] ? regex_match(regex, names->list[i], err) : 0;
        if (matched <= 0)
            continue;
        selection->matches =
            array_grow(selection->matches, selection->count, &space, sizeof *selection->matches);
        selection->matches[selection->count++] = (uint32_t)i;
    }
    regex_free(regex);
    return matched < 0 ? -1 : 0;
}

// The regex without what is special in it, for the search of a name that is near.
static const char *plain_part(struct resolver *resolver, const char *pattern)
{
    char *text = arena_strdup(resolver->source->arena, pattern), *to = text;
    for (const char *p = pattern; *p; p++)
        if (!strchr("\\^$.|?*+()[]{}", *p))
            *to++ = *p;
    *to = '\0';
    return text;
}

struct selection *resolve_selection(struct resolver *resolver, enum select_kind kind,
                                    const char *pattern)
{
    struct source *source = resolver->source;
    const struct names *names = names_of(resolver, kind);
    struct selections *all = &resolver->selections[kind];
    struct selection *selection;
    struct error err;
    int64_t found = names_find(&all->patterns, pattern);
    if (found != NAMES_NONE) {
        selection = all->list[found];
    } else {
        selection = xcalloc(1, sizeof *selection);
        all->list = array_grow(all->list, all->patterns.count, &all->space, sizeof *all->list);
        all->list[all->patterns.count] = selection;
        names_add(&all->patterns, pattern);
        selection->pattern = pattern;
        if (match_all(selection, names, pattern, &err))
            selection->wrong = arena_strdup(source->arena, err.text);
    }
    if (selection->wrong)
        source_error(source, "%s: %s", source_quote(source, pattern), selection->wrong);
    else if (!selection->count)
        source_error(
            source, "no %s matches %s%s", nouns[kind], source_quote(source, pattern),
            source_suggest(source, plain_part(resolver, pattern), names->list, names->count, ""));
    return selection->wrong || !selection->count ? NULL : selection;
}

void resolve_selections_fini(struct resolver *resolver)
{
    for (size_t kind = 0; kind < SELECT_KINDS; kind++) {
        struct selections *all = &resolver->selections[kind];
        for (size_t i = 0; i < all->patterns.count; i++) {
            free(all->list[i]->matches);
            free(all->list[i]->group.jobs);
            free(all->list[i]);
        }
        free(all->list);
        names_fini(&all->patterns);
    }
}

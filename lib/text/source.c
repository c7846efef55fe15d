// SPDX-License-Identifier: GPL-2.0-or-later
// Positions and paths of what is wrong, worked out only when something is.
#include "lib/text/source.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/suggest.h"

// Suggestions are for the first so many errors, tried so many times (all instances of an entry may
// be wrong), by comparing so many names of up to 8 bytes in all.
enum { SUGGEST_UP_TO = 50, SUGGESTIONS = 100, SUGGEST_WORK = 1000000, QUOTE_LONGEST = 80 };

void source_fini(struct source *source)
{
    json_places_fini(&source->places);
    rewrite_fini(&source->rewrite);
}

struct json_place source_place(struct source *source, size_t offset)
{
    struct json_place place;
    if (!source->rewritten)
        return json_place_of(&source->json, offset, &source->places);
    rewrite_locate(&source->rewrite, offset, &place.line, &place.column);
    return place;
}

void source_go_top(struct source *source)
{
    source->depth = source->base_depth = 0;
    source->base_offset = json_skip_space(&source->json, 0);
}

void source_go_key(struct source *source, const char *key, size_t offset)
{
    source->steps[0] = (struct json_step){.key = key};
    source->depth = source->base_depth = 1;
    source->base_offset = offset;
}

void source_go_element(struct source *source, const char *key, size_t index, size_t offset)
{
    source->steps[0] = (struct json_step){.key = key};
    source->steps[1] = (struct json_step){.index = index};
    source->depth = source->base_depth = 2;
    source->base_offset = offset;
}

void source_down_key(struct source *source, const char *key)
{
    if (source->depth < SOURCE_DEPTH)
        source->steps[source->depth] = (struct json_step){.key = key};
    source->depth++;
}

void source_down_index(struct source *source, size_t index)
{
    if (source->depth < SOURCE_DEPTH)
        source->steps[source->depth] = (struct json_step){.index = index};
    source->depth++;
}

void source_up(struct source *source)
{
    source->depth--;
}

static bool is_word(const char *key)
{
    if (!*key)
        return false;
    for (; *key; key++)
        if (!isalnum((unsigned char)*key) && *key != '_' && *key != '-')
            return false;
    return true;
}

// "jobs[3].env.HOME"; a key that is no plain word is shown as ["its text"]. The caller's to
// free.
static char *path_text(const struct source *source)
{
    char *path = xstrdup("");
    for (size_t i = 0; i < source->depth && i < SOURCE_DEPTH; i++) {
        const struct json_step *step = &source->steps[i];
        char *longer;
        if (!step->key)
            longer = xasprintf("%s[%zu]", path, step->index);
        else if (is_word(step->key))
            longer = xasprintf("%s%s%s", path, *path ? "." : "", step->key);
        else
            longer = xasprintf("%s[\"%s\"]", path, step->key);
        free(path);
        path = longer;
    }
    return path;
}

__attribute__((format(printf, 4, 0))) static void
report(struct source *source, bool warning, size_t offset, const char *format, va_list ap)
{
    cleanup_free char *path = path_text(source);
    cleanup_free char *text = xvasprintf(format, ap);
    struct json_place place = source_place(source, offset);
    problem_add(source->problems, warning, place.line, place.column, path, "%s", text);
}

static size_t place_offset(const struct source *source, bool want_key)
{
    size_t depth = source->depth < SOURCE_DEPTH ? source->depth : SOURCE_DEPTH;
    return json_find(&source->json, source->base_offset, source->steps + source->base_depth,
                     depth - source->base_depth, want_key);
}

size_t source_offset(const struct source *source)
{
    return place_offset(source, false);
}

void source_error(struct source *source, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    report(source, false, place_offset(source, false), format, ap);
    va_end(ap);
}

void source_error_key(struct source *source, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    report(source, false, place_offset(source, true), format, ap);
    va_end(ap);
}

void source_warning(struct source *source, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    report(source, true, place_offset(source, false), format, ap);
    va_end(ap);
}

void source_unfit(struct source *source, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    report(source, true, place_offset(source, false), format, ap);
    va_end(ap);
    problem_is_unfit(source->problems);
}

void source_error_at(struct source *source, size_t offset, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    report(source, false, offset, format, ap);
    va_end(ap);
}

void source_position(struct source *source, int *line, int *column)
{
    struct json_place place = source_place(source, place_offset(source, false));
    *line = place.line;
    *column = place.column;
}

const char *source_quote(struct source *source, const char *text)
{
    size_t length = strlen(text), cut = length;
    if (length > QUOTE_LONGEST)
        for (cut = QUOTE_LONGEST; cut && ((unsigned char)text[cut] & 0xc0) == 0x80;)
            cut--;
    return arena_printf(source->arena, "\"%.*s%s\"", (int)cut, text, cut < length ? "…" : "");
}

// Instances of one entry make the same mistake, one after another: the last answer is kept.
static const char *find_near(struct source *source, const char *word, const char *const *names,
                             size_t count)
{
    struct suggestion *last = &source->suggestion;
    if (last->word && last->names == names && last->count == count && !strcmp(last->word, word))
        return last->near;
    bool worth = source->problems->errors < SUGGEST_UP_TO && last->work < SUGGEST_WORK;
    *last = (struct suggestion){
        .word = arena_strdup(source->arena, word),
        .names = names,
        .count = count,
        .near = worth ? suggest_nearest(word, names, count) : NULL,
        .work = last->work + SUGGEST_WORK / SUGGESTIONS + count * (1 + strlen(word) / 8),
    };
    return last->near;
}

const char *source_suggest(struct source *source, const char *word, const char *const *names,
                           size_t count, const char *otherwise)
{
    const char *near = find_near(source, word, names, count);
    return near ? arena_printf(source->arena, "; did you mean %s?", source_quote(source, near))
                : otherwise;
}

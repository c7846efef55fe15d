// SPDX-License-Identifier: GPL-2.0-or-later
// Follows quotes, substitutions and here-documents of bash, but no words: a ")" of "case" inside of
// "$(…)" ends it.
#include "lib/text/shell_place.h"

#include <string.h>

void shell_init(struct shell *shell)
{
    *shell = (struct shell){.word_start = true, .line_start = true};
}

enum shell_place shell_place(const struct shell *shell)
{
    return shell->levels[shell->depth].place;
}

int shell_ticks(const struct shell *shell)
{
    int ticks = 0;
    for (int i = 1; i <= shell->depth; i++)
        ticks += shell->levels[i].ticks;
    return ticks;
}

static bool is_here(enum shell_place place)
{
    return place == SHELL_HERE || place == SHELL_HERE_RAW;
}

static void enter(struct shell *shell, enum shell_place place, bool ticks)
{
    if (shell->depth + 1 < SHELL_NESTED)
        shell->levels[++shell->depth] = (struct shell_level){.place = place, .ticks = ticks};
}

static void leave(struct shell *shell)
{
    if (shell->depth > 0)
        shell->depth--;
}

// A ` ends `…`, even in quotes in there, or begins one.
static void tick(struct shell *shell)
{
    if (!shell_ticks(shell)) {
        enter(shell, SHELL_BARE, true);
        return;
    }
    while (!shell->levels[shell->depth].ticks)
        leave(shell);
    leave(shell);
}

// "<<END", "<<-'END'": gives its length, or 0 when it is none.
static size_t announce(struct shell *shell, const char *p)
{
    const char *start = p;
    struct shell_here here = {0};
    size_t length = 0;
    p += 2;
    if (*p == '<' || shell->here_count == SHELL_HERE_MOST)
        return 0;
    here.tabs = *p == '-';
    p += here.tabs;
    p += strspn(p, " \t");
    for (char quote = '\0'; *p && *p != '\n' && (quote || !strchr(" \t;&|<>()", *p)); p++) {
        if (*p == quote || (!quote && (*p == '\'' || *p == '"'))) {
            quote = quote ? '\0' : *p;
            here.raw = true;
        } else if (*p == '\\' && !quote && p[1]) {
            here.delimiter[length++] = *++p;
            here.raw = true;
        } else {
            here.delimiter[length++] = *p;
        }
        if (length == SHELL_DELIMITER)
            return 0;
    }
    if (!length && !here.raw)
        return 0;
    shell->here[shell->here_count++] = here;
    return (size_t)(p - start);
}

// At the end of a line: the text of the next here-document that was announced begins, if there is
// one.
static void begin_here(struct shell *shell)
{
    bool inside = false;
    if (shell->here_begun < shell->here_count && shell->depth + 1 < SHELL_NESTED) {
        enter(shell, shell->here[shell->here_begun].raw ? SHELL_HERE_RAW : SHELL_HERE, false);
        shell->levels[shell->depth].here = shell->here_begun++;
        return;
    }
    for (int i = 1; i <= shell->depth; i++)
        inside |= is_here(shell->levels[i].place);
    if (!inside)
        shell->here_begun = shell->here_count = 0;
}

// The length of the line that ends the here-document, if it stands here.
static size_t end_here(struct shell *shell, const char *p)
{
    const struct shell_here *here = &shell->here[shell->levels[shell->depth].here];
    size_t tabs = here->tabs ? strspn(p, "\t") : 0, length = strlen(here->delimiter);
    const char *end = p + tabs + length;
    if (strncmp(p + tabs, here->delimiter, length) != 0 || (*end && *end != '\n'))
        return 0;
    leave(shell);
    begin_here(shell);
    return tabs + length + (*end == '\n');
}

static void open_paren(struct shell *shell, const char *p)
{
    struct shell_level *level = &shell->levels[shell->depth];
    level->parens++;
    if (p[1] == '(' && !level->arithmetic)
        level->arithmetic = level->parens;
}

static void close_paren(struct shell *shell)
{
    struct shell_level *level = &shell->levels[shell->depth];
    if (!level->parens) {
        if (!level->ticks)
            leave(shell);
        return;
    }
    if (level->parens-- == level->arithmetic)
        level->arithmetic = 0;
}

static size_t step_bare(struct shell *shell, const char *p)
{
    size_t here = 0;
    if (*p == '\\' && p[1])
        return 2;
    if (*p == '<' && p[1] == '<' && !shell->levels[shell->depth].arithmetic) {
        here = announce(shell, p);
        return here ? here : p[2] == '<' ? 3 : 2;
    }
    if (*p == '$' && p[1] == '\'') {
        enter(shell, SHELL_ANSI, false);
        return 2;
    }
    if (*p == '\'')
        enter(shell, SHELL_SINGLE, false);
    else if (*p == '"')
        enter(shell, SHELL_DOUBLE, false);
    else if (*p == '`')
        tick(shell);
    else if (*p == '#' && shell->word_start)
        shell->comment = true;
    else if (*p == '(')
        open_paren(shell, p);
    else if (*p == ')')
        close_paren(shell);
    else if (*p == '\n')
        begin_here(shell);
    return 1;
}

// In "…" and in here-documents.
static size_t step_double(struct shell *shell, const char *p)
{
    if (*p == '\\' && p[1])
        return 2;
    if (*p == '$' && p[1] == '(') {
        enter(shell, SHELL_BARE, false);
        shell->levels[shell->depth].arithmetic = p[2] == '(';
        return 2;
    }
    if (*p == '`')
        tick(shell);
    else if (*p == '"' && shell_place(shell) == SHELL_DOUBLE)
        leave(shell);
    return 1;
}

static size_t step_single(struct shell *shell, const char *p)
{
    if (*p == '\\' && p[1] && shell_place(shell) == SHELL_ANSI)
        return 2;
    if (*p == '`' && shell_ticks(shell))
        tick(shell);
    else if (*p == '\'')
        leave(shell);
    return 1;
}

static size_t step(struct shell *shell, const char *p)
{
    size_t end = is_here(shell_place(shell)) && shell->line_start ? end_here(shell, p) : 0;
    if (end)
        return end;
    switch (shell_place(shell)) {
    case SHELL_BARE:
        return step_bare(shell, p);
    case SHELL_DOUBLE:
    case SHELL_HERE:
        return step_double(shell, p);
    case SHELL_SINGLE:
    case SHELL_ANSI:
        return step_single(shell, p);
    case SHELL_HERE_RAW:
        break;
    }
    return 1;
}

size_t shell_step(struct shell *shell, const char *p)
{
    if (shell->comment && *p != '\n')
        return 1;
    shell->comment = false;
    size_t length = step(shell, p);
    shell->line_start = p[length - 1] == '\n' && (length != 2 || *p != '\\');
    shell->word_start = shell->line_start || (length == 1 && strchr(" \t;&|(", *p));
    return length;
}

void shell_word(struct shell *shell)
{
    shell->word_start = shell->line_start = false;
}

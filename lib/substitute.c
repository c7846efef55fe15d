// SPDX-License-Identifier: GPL-2.0-or-later
// Replaces names in a command, following the shell's quotes on the way so that a value stays one word wherever it lands.
#include "lib/substitute.h"

#include <string.h>

#include "lib/mem.h"

static const struct {
    const char *prefix;
    enum substitute_kind kind;
} prefixes[] = {
    {"${files.input.", SUBSTITUTE_FILE_INPUT},
    {"${files.output.", SUBSTITUTE_FILE_OUTPUT},
    {"${user_data.input.", SUBSTITUTE_DATA_INPUT},
    {"${user_data.output.", SUBSTITUTE_DATA_OUTPUT},
};

enum place { BARE, DOUBLE, SINGLE };
enum { NESTED = 32 };

struct shell { /* where in the shell's grammar the text has come to: a "$(" begins a bare place inside quotes */
    enum place place[NESTED];
    int parens[NESTED]; /* open in a bare place */
    int depth;
    bool word_start, comment;
};

struct output {
    char *text;
    size_t length, space;
};

static void put(struct output *out, const char *text, size_t length)
{
    if (out->length + length + 1 > out->space) {
        out->space = (out->length + length + 1) * 2;
        out->text = xrealloc(out->text, out->space, 1);
    }
    memcpy(out->text + out->length, text, length);
    out->length += length;
    out->text[out->length] = '\0';
}

static void enter(struct shell *shell, enum place place)
{
    if (shell->depth + 1 >= NESTED)
        return;
    shell->place[++shell->depth] = place;
    shell->parens[shell->depth] = 0;
}

static void leave(struct shell *shell)
{
    if (shell->depth > 0)
        shell->depth--;
}

static size_t step_bare(struct shell *shell, const char *p)
{
    if (*p == '\\' && p[1])
        return 2;
    if (*p == '\'')
        enter(shell, SINGLE);
    else if (*p == '"')
        enter(shell, DOUBLE);
    else if (*p == '#' && shell->word_start)
        shell->comment = true;
    else if (*p == '(')
        shell->parens[shell->depth]++;
    else if (*p == ')' && shell->parens[shell->depth] > 0)
        shell->parens[shell->depth]--;
    else if (*p == ')')
        leave(shell);
    return 1;
}

static size_t step_double(struct shell *shell, const char *p)
{
    if (*p == '\\' && p[1])
        return 2;
    if (*p == '$' && p[1] == '(') {
        enter(shell, BARE);
        return 2;
    }
    if (*p == '"')
        leave(shell);
    return 1;
}

/* Goes over the next characters of the shell's text; gives how many. */
static size_t step(struct shell *shell, const char *p)
{
    size_t length = 1;
    if (shell->comment) {
        shell->comment = *p != '\n';
    } else {
        switch (shell->place[shell->depth]) {
        case BARE:
            length = step_bare(shell, p);
            break;
        case DOUBLE:
            length = step_double(shell, p);
            break;
        case SINGLE:
            if (*p == '\'')
                leave(shell);
            break;
        }
    }
    shell->word_start = length == 1 && strchr(" \t\n;&|(", *p);
    return length;
}

static bool is_plain(const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (!*value)
        return false;
    for (; *value; value++)
        if ((unsigned char)*value < 0x80 && !strchr(plain, *value))
            return false;
    return true;
}

static void put_single(struct output *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\'')
            put(out, "'\\''", 4);
        else
            put(out, value, 1);
    }
}

static void put_double(struct output *out, const char *value)
{
    for (; *value; value++) {
        if (strchr("\"\\$`", *value))
            put(out, "\\", 1);
        put(out, value, 1);
    }
}

static void put_value(struct output *out, enum place place, const char *value)
{
    if (is_plain(value)) {
        put(out, value, strlen(value));
        return;
    }
    switch (place) {
    case BARE:
        put(out, "'", 1);
        put_single(out, value);
        put(out, "'", 1);
        break;
    case DOUBLE:
        put_double(out, value);
        break;
    case SINGLE:
        put_single(out, value);
        break;
    }
}

/* Replaces what p begins with; gives how much text that was, 0 when it is nothing of ours. */
static size_t replace(struct output *out, enum place place, const char *p, substitute_lookup lookup, void *context)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t length = strlen(prefixes[i].prefix), name_length;
        if (strncmp(p, prefixes[i].prefix, length) != 0)
            continue;
        name_length = strcspn(p + length, "}");
        if (!p[length + name_length])
            return 0;
        cleanup_free char *name = xstrndup(p + length, name_length);
        const char *value = lookup(context, prefixes[i].kind, name);
        if (value)
            put_value(out, place, value);
        else
            put(out, p, length + name_length + 1);
        return length + name_length + 1;
    }
    return 0;
}

bool substitute_wanted(const char *text)
{
    for (const char *p = text; (p = strstr(p, "${")); p += 2)
        for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
            if (!strncmp(p, prefixes[i].prefix, strlen(prefixes[i].prefix)))
                return true;
    return false;
}

char *substitute(const char *text, substitute_lookup lookup, void *context)
{
    struct shell shell = {.word_start = true};
    struct output out = {0};
    put(&out, "", 0);
    while (*text) {
        size_t done = *text == '$' ? replace(&out, shell.place[shell.depth], text, lookup, context) : 0;
        if (done) {
            shell.word_start = false;
        } else {
            done = step(&shell, text);
            put(&out, text, done);
        }
        text += done;
    }
    return out.text;
}

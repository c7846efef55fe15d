// SPDX-License-Identifier: GPL-2.0-or-later
// Replaces names in a command, following the shell's quotes on the way so that a value stays one
// word wherever it lands.
#include "lib/text/substitute.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/text/shell_place.h"

static const struct {
    const char *prefix;
    enum substitute_kind kind;
} prefixes[] = {
    {"${files.input.", SUBSTITUTE_FILE_INPUT},
    {"${files.output.", SUBSTITUTE_FILE_OUTPUT},
    {"${user_data.input.", SUBSTITUTE_DATA_INPUT},
    {"${user_data.output.", SUBSTITUTE_DATA_OUTPUT},
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

static bool is_plain(const char *value)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (!*value)
        return false;
    for (; *value; value++)
        if ((unsigned char)*value < 0x80 && !strchr(plain, *value))
            return false;
    return true;
}

// With a backslash before each of these characters.
static void put_escaped(struct output *out, const char *value, const char *special)
{
    for (; *value; value++) {
        if (strchr(special, *value))
            put(out, "\\", 1);
        put(out, value, 1);
    }
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

static void put_quoted(struct output *out, enum shell_place place, const char *value)
{
    switch (place) {
    case SHELL_BARE:
        put(out, "'", 1);
        put_single(out, value);
        put(out, "'", 1);
        break;
    case SHELL_DOUBLE:
        put_escaped(out, value, "\"\\$`");
        break;
    case SHELL_SINGLE:
        put_single(out, value);
        break;
    case SHELL_ANSI:
        put_escaped(out, value, "'\\");
        break;
    case SHELL_HERE:
        put_escaped(out, value, "\\$`");
        break;
    case SHELL_HERE_RAW:
        put(out, value, strlen(value));
        break;
    }
}

static void put_value(struct output *out, const struct shell *shell, const char *value)
{
    if (is_plain(value)) {
        put(out, value, strlen(value));
        return;
    }
    struct output quoted = {0};
    put(&quoted, "", 0);
    put_quoted(&quoted, shell_place(shell), value);
    for (int ticks = shell_ticks(shell); ticks > 0; ticks--) {
        struct output again = {0};
        put(&again, "", 0);
        put_escaped(&again, quoted.text, "\\$`");
        free(quoted.text);
        quoted = again;
    }
    put(out, quoted.text, quoted.length);
    free(quoted.text);
}

char *substitute_quote(const char *word)
{
    struct output out = {0};
    struct shell shell;
    shell_init(&shell);
    put_value(&out, &shell, word);
    return out.text;
}

// Replaces what p begins with; gives how much text that was, 0 when it is nothing of ours.
static size_t replace(struct output *out, const struct shell *shell, const char *p,
                      substitute_lookup lookup, void *context)
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
            put_value(out, shell, value);
        else
            put(out, p, length + name_length + 1);
        return length + name_length + 1;
    }
    return 0;
}

static bool is_ours(const char *p)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(p, prefixes[i].prefix, strlen(prefixes[i].prefix)))
            return true;
    return false;
}

bool substitute_wanted(const char *text)
{
    for (const char *p = text; (p = strstr(p, "${")); p += 2)
        if (is_ours(p))
            return true;
    return false;
}

const char *substitute_slip(const char *text, size_t *length)
{
    static const char *const begins[] = {"file", "user", "data.", "input", "output"};
    for (const char *p = text; (p = strstr(p, "${")); p += 2) {
        size_t first = strcspn(p, ".} \t\n\"'"), both = first + 1;
        if (p[first] != '.' || is_ours(p))
            continue;
        both += strcspn(p + both, ".} \t\n\"'");
        for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
            if (!strncmp(p + 2, begins[i], strlen(begins[i]))) {
                *length = both;
                return p;
            }
    }
    return NULL;
}

const char *substitute_habit(const char *text, size_t *length)
{
    static const struct {
        const char *word;
        bool alone; // also without more behind it
    } words[] = {{"files", false},     {"user_data", false}, {"input", true},
                 {"output", true},     {"log", true},        {"threads", true},
                 {"wildcards", false}, {"params", false},    {"resources", false}};
    for (const char *p = text; (p = strchr(p, '{')); p++) {
        size_t word = strcspn(p + 1, ".[{}$ \t\n\"'"), all = strcspn(p + 1, "{}$ \t\n\"'");
        if (p[1 + all] != '}' || (p > text && p[-1] == '$'))
            continue;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strlen(words[i].word) == word && !strncmp(words[i].word, p + 1, word) &&
                (words[i].alone || word < all)) {
                *length = all + 2;
                return p;
            }
    }
    return NULL;
}

char *substitute(const char *text, substitute_lookup lookup, void *context)
{
    struct shell shell;
    struct output out = {0};
    shell_init(&shell);
    put(&out, "", 0);
    while (*text) {
        size_t done = *text == '$' ? replace(&out, &shell, text, lookup, context) : 0;
        if (done) {
            shell_word(&shell);
        } else {
            done = shell_step(&shell, text);
            put(&out, text, done);
        }
        text += done;
    }
    return out.text;
}

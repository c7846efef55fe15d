// SPDX-License-Identifier: GPL-2.0-or-later
// The table of options, given to getopt_long.
#include "lib/base/command_line.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/comma_list.h"
#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/base/suggest.h"
#include "lib/base/walltime.h"

enum { LONG_BASE = 256 }; // what getopt_long gives for row 0; below are letters

static void print_help(const struct command_line *line)
{
    puts(line->usage);
    for (size_t i = 0; i < line->count; i++) {
        const struct option_row *row = &line->rows[i];
        char left[64], letter[] = {'-', row->letter, ',', ' ', '\0'};
        if (row->kind == OPTION_REFUSED)
            continue;
        snprintf(left, sizeof left, "%s--%s%s%s", row->letter ? letter : "    ", row->name,
                 row->argument ? "=" : "", row->argument ? row->argument : "");
        printf("  %-25s %s\n", left, row->help);
    }
    line->notes();
}

static int read_number(const char *text, int64_t least, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno || end == text || *end || *number < least || *number > INT32_MAX ? -1 : 0;
}

static int read_count(const char *text, int64_t least, int32_t *count)
{
    int64_t number;
    if (read_number(text, least, &number))
        return -1;
    *count = (int32_t)number;
    return 0;
}

static int read_memory(const char *text, int64_t *bytes)
{
    if (read_number(text, 1, bytes))
        return size_parse(text, bytes) || *bytes <= 0 ? -1 : 0;
    *bytes <<= 20;
    return 0;
}

static int read_time(const char *text, int64_t *usec)
{
    return walltime_parse(text, usec) && (duration_parse(text, usec) || *usec <= 0) ? -1 : 0;
}

static int read_word(const char *const *words, const char *text, int32_t *index)
{
    for (*index = 0; words[*index]; ++*index)
        if (!strcmp(words[*index], text))
            return 0;
    return -1;
}

static int read_labels(const char *text, char **labels)
{
    for (struct comma_item one; comma_list_next(&text, &one);) {
        size_t first = strspn(one.text, " \t"), last = one.length;
        while (last > first && (one.text[last - 1] == ' ' || one.text[last - 1] == '\t'))
            last--;
        if (first >= last)
            return -1;
        cleanup_free char *old = *labels;
        *labels = xasprintf("%s%s%.*s", old ? old : "", old ? "," : "", (int)(last - first),
                            one.text + first);
    }
    return 0;
}

static int read_value(const struct command_line *line, const struct option_row *row, void *options,
                      const char *text)
{
    void *at = (char *)options + row->offset;
    switch (row->kind) {
    case OPTION_TEXT:
        *(const char **)at = text;
        return *text ? 0 : -1;
    case OPTION_ANY:
        *(const char **)at = text;
        return 0;
    case OPTION_FLAG:
        *(bool *)at = true;
        return 0;
    case OPTION_COUNT:
        return read_count(text, 1, at);
    case OPTION_COUNT_0:
        return read_count(text, 0, at);
    case OPTION_ID:
        return read_number(text, 1, at);
    case OPTION_SIZE:
        return size_parse(text, at);
    case OPTION_MEMORY:
        return read_memory(text, at);
    case OPTION_TIME:
        return read_time(text, at);
    case OPTION_WORD:
        return read_word(row->words, text, at);
    case OPTION_LABELS:
        return read_labels(text, at);
    case OPTION_REFUSED:
        return -1;
    case OPTION_HELP:
        if (line->help)
            line->help(options);
        else
            print_help(line);
        return 0;
    case OPTION_VERSION:
        printf("%s " TORC_VERSION "\n", line->program);
        return 0;
    }
    return -1;
}

// shorts: room for two characters a row, three more, and the end.
static void fill_getopt(const struct command_line *line, struct option *longs, char *shorts)
{
    if (line->leading)
        *shorts++ = '+';
    *shorts++ = ':';
    for (size_t i = 0; i < line->count; i++) {
        const struct option_row *row = &line->rows[i];
        longs[i] = (struct option){row->name, row->argument ? required_argument : no_argument, NULL,
                                   (int)(LONG_BASE + i)};
        if (!row->letter)
            continue;
        *shorts++ = row->letter;
        if (row->argument)
            *shorts++ = ':';
    }
    *shorts = '\0';
}

static const struct option_row *find_row(const struct command_line *line, int found)
{
    for (size_t i = 0; i < line->count; i++)
        if (found == (int)(LONG_BASE + i) || (found && found == line->rows[i].letter))
            return &line->rows[i];
    return NULL;
}

const char *option_slip_find(const struct option_slip *slips, const char *typed)
{
    const char *name = typed + strspn(typed, "-");
    bool is_long = name - typed > 1;
    size_t length = strcspn(name, "=");
    for (; slips && slips->name; slips++)
        if (is_long ? strlen(slips->name) == length && !strncmp(slips->name, name, length)
                    : slips->letter && *name == slips->letter)
            return slips->here;
    return NULL;
}

static int refuse(const struct command_line *line, const char *typed, bool lacks_value,
                  struct error *err)
{
    if (lacks_value)
        return error_set(err, ERROR_USAGE, 0, "%s needs a value; see %s --help", typed,
                         line->program);
    const char *here = option_slip_find(line->slips, typed);
    if (here)
        return error_set(err, ERROR_USAGE, 0, "%s is no option of %s; it is here: %s", typed,
                         line->program, here);
    cleanup_free const char **names = xcalloc(line->count, sizeof *names);
    for (size_t i = 0; i < line->count; i++)
        names[i] = line->rows[i].kind == OPTION_REFUSED ? NULL : line->rows[i].name;
    cleanup_free char *near = suggest_option(typed, names, line->count);
    return error_set(err, ERROR_USAGE, 0, "%s is no option of %s%s%s", typed, line->program,
                     *near ? near : "; ", *near ? "" : line->elsewhere);
}

static int refuse_value(const struct command_line *line, const struct option_row *row,
                        const char *text, struct error *err)
{
    if (row->kind == OPTION_REFUSED)
        return error_set(err, ERROR_USAGE, 0, "--%s is no option of %s: %s", row->name,
                         line->program, row->help);
    return error_set(err, ERROR_USAGE, 0, "--%s: \"%s\" is not possible; --%s=%s: %s", row->name,
                     text, row->name, row->argument, row->help);
}

int command_line_read(const struct command_line *line, void *options, int argc, char **argv,
                      bool *done, struct error *err)
{
    cleanup_free struct option *longs = xcalloc(line->count + 1, sizeof *longs);
    cleanup_free char *shorts = xcalloc(2 * line->count + 3, 1);
    *done = false;
    fill_getopt(line, longs, shorts);
    opterr = 0;
    for (int found; (found = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        const struct option_row *row = found == '?' || found == ':' ? NULL : find_row(line, found);
        char letter[] = {'-', (char)optopt, '\0'};
        const char *typed =
            found == '?' && optopt > 0 && optopt < LONG_BASE ? letter : argv[optind - 1];
        if (!row)
            return line->refuse ? line->refuse(options, typed, found == ':', err)
                                : refuse(line, typed, found == ':', err);
        if (read_value(line, row, options, optarg))
            return refuse_value(line, row, optarg, err);
        if (row->kind == OPTION_HELP || row->kind == OPTION_VERSION) {
            *done = true;
            break;
        }
    }
    return optind;
}

char *command_line_join(const char *program, int argc, char **argv)
{
    char *text = xstrdup(program);
    for (int i = 1; i < argc; i++) {
        cleanup_free char *old = text;
        text = xasprintf("%s %s", old, argv[i]);
    }
    return text;
}

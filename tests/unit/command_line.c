// SPDX-License-Identifier: GPL-2.0-or-later
// Options as people type them.
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/command_line.h"
#include "lib/base/mem.h"
#include "tests/tap.h"

static struct options {
    const char *text;
    bool flag;
    int32_t count, count_0, word;
    int64_t id, size, memory, time;
    char *labels;
} options;

#define AT(field) offsetof(struct options, field)
static const char *const words[] = {"none", "some", NULL};
static const struct option_row rows[] = {
    {"text", 0, OPTION_TEXT, AT(text), "T", "a text", NULL},
    {"flag", 'f', OPTION_FLAG, AT(flag), NULL, "a flag", NULL},
    {"count", 'c', OPTION_COUNT, AT(count), "N", "from 1", NULL},
    {"count-0", 0, OPTION_COUNT_0, AT(count_0), "N", "from 0", NULL},
    {"id", 0, OPTION_ID, AT(id), "ID", "an id", NULL},
    {"size", 0, OPTION_SIZE, AT(size), "S", "a size", NULL},
    {"memory", 0, OPTION_MEMORY, AT(memory), "M", "memory", NULL},
    {"time", 't', OPTION_TIME, AT(time), "TIME", "a time", NULL},
    {"word", 0, OPTION_WORD, AT(word), "W", "none or some", words},
    {"label", 0, OPTION_LABELS, AT(labels), "A,B", "labels", NULL},
    {"never", 0, OPTION_REFUSED, 0, "X", "for a reason", NULL},
};
static const struct command_line line = {
    .program = "p", .rows = rows, .count = sizeof rows / sizeof *rows, .elsewhere = "see p --help"};

static const struct row {
    const char *typed;  // words with blanks between
    const char *expect; // text/flag/count/count_0/id/size/memory/time/word/labels/first operand, or
                        // the error
} table[] = {
    {"", "-/0/0/0/0/0/0/0/0/-/-"},
    {"a", "-/0/0/0/0/0/0/0/0/-/a"},
    {"a --text b -f", "b/1/0/0/0/0/0/0/0/-/a"},
    {"--text=b -- --flag", "b/0/0/0/0/0/0/0/0/-/--flag"},
    {"--text=", "! --text: \"\" is not possible; --text=T: a text"},
    {"-c 3 --count-0 0", "-/0/3/0/0/0/0/0/0/-/-"},
    {"-c3f", "! --count: \"3f\" is not possible; --count=N: from 1"},
    {"-fc3", "-/1/3/0/0/0/0/0/0/-/-"},
    {"-c 0", "! --count: \"0\" is not possible; --count=N: from 1"},
    {"--count-0 -1", "! --count-0: \"-1\" is not possible; --count-0=N: from 0"},
    {"--id 2147483648", "! --id: \"2147483648\" is not possible; --id=ID: an id"},
    {"--id 7 --size 0", "-/0/0/0/7/0/0/0/0/-/-"},
    {"--size 2k --memory 2k", "-/0/0/0/0/2048/2048/0/0/-/-"},
    {"--size 2 --memory 2", "-/0/0/0/0/2/2097152/0/0/-/-"},
    {"--memory 0", "! --memory: \"0\" is not possible; --memory=M: memory"},
    {"-t 30", "-/0/0/0/0/0/0/1800000000/0/-/-"},
    {"-t 1:30", "-/0/0/0/0/0/0/90000000/0/-/-"},
    {"-t 2-12", "-/0/0/0/0/0/0/216000000000/0/-/-"},
    {"-t 90s", "-/0/0/0/0/0/0/90000000/0/-/-"},
    {"-t 0", "! --time: \"0\" is not possible; --time=TIME: a time"},
    {"-t 0s", "! --time: \"0s\" is not possible; --time=TIME: a time"},
    {"-t soon", "! --time: \"soon\" is not possible; --time=TIME: a time"},
    {"-t", "! -t needs a value; see p --help"},
    {"--word some", "-/0/0/0/0/0/0/0/1/-/-"},
    {"--word som", "! --word: \"som\" is not possible; --word=W: none or some"},
    {"--label a,b --label=c", "-/0/0/0/0/0/0/0/0/a,b,c/-"},
    {"--label a,,b", "! --label: \"a,,b\" is not possible; --label=A,B: labels"},
    {"--lable a", "! --lable is no option of p; did you mean --label?"},
    {"--nothing-like-it", "! --nothing-like-it is no option of p; see p --help"},
    {"-x", "! -x is no option of p; see p --help"},
    {"--never 1", "! --never is no option of p: for a reason"},
};

static char *result_of(const char *typed)
{
    char *argv[16] = {strdup("p")}, *copy = strdup(typed), *at = copy, *word;
    int argc = 1;
    bool done;
    struct error err;
    options = (struct options){0};
    while ((word = strsep(&at, " ")))
        if (*word)
            argv[argc++] = word;
    optind = 0; // getopt starts anew
    int first = command_line_read(&line, &options, argc, argv, &done, &err);
    char *text =
        first < 0
            ? xasprintf("! %s", err.text)
            : xasprintf("%s/%d/%d/%d/%lld/%lld/%lld/%lld/%d/%s/%s",
                        options.text ? options.text : "-", options.flag, options.count,
                        options.count_0, (long long)options.id, (long long)options.size,
                        (long long)options.memory, (long long)options.time, options.word,
                        options.labels ? options.labels : "-", first < argc ? argv[first] : "-");
    free(options.labels);
    free(*argv);
    free(copy);
    return text;
}

int main(void)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        cleanup_free char *got = result_of(table[i].typed);
        is_text(got, table[i].expect, table[i].typed);
    }
    char program[] = "./p", first[] = "a", second[] = "--b", *argv[] = {program, first, second};
    cleanup_free char *joined = command_line_join("p", 3, argv);
    is_text(joined, "p a --b", "the words for the records");
    return done_testing();
}

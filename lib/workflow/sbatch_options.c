// SPDX-License-Identifier: GPL-2.0-or-later
// sbatch's options, as far as torc must understand them (sbatch(1) of Slurm 22.05 and 24.11); all
// others are passed on unread.
#include "lib/workflow/sbatch_options.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/comma_list.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/base/walltime.h"
#include "lib/workflow/gres.h"

static const struct letter {
    char letter;
    bool flag; // has no value
    const char *name;
} letters[] = {
    {'A', false, "account"},       {'B', false, "extra-node-info"},
    {'b', false, "begin"},         {'C', false, "constraint"},
    {'c', false, "cpus-per-task"}, {'D', false, "chdir"},
    {'d', false, "dependency"},    {'e', false, "error"},
    {'F', false, "nodefile"},      {'G', false, "gpus"},
    {'H', true, "hold"},           {'i', false, "input"},
    {'a', false, "array"},         {'J', false, "job-name"},
    {'k', true, "no-kill"},        {'L', false, "licenses"},
    {'M', false, "clusters"},      {'m', false, "distribution"},
    {'N', false, "nodes"},         {'n', false, "ntasks"},
    {'O', true, "overcommit"},     {'o', false, "output"},
    {'p', false, "partition"},     {'Q', true, "quiet"},
    {'q', false, "qos"},           {'S', false, "core-spec"},
    {'s', true, "oversubscribe"},  {'t', false, "time"},
    {'v', true, "verbose"},        {'W', true, "wait"},
    {'w', false, "nodelist"},      {'x', false, "exclude"},
};

bool sbatch_option_is_free(const char *name, const char **why)
{
    static const struct {
        const char *name, *why;
    } taken[] = {
        {"job-name", "torc finds its allocations by their names"},
        {"comment", "torc finds its allocations by their comments"},
        {"array", "torc itself says how many allocations it needs"},
        {"wrap", "what runs in an allocation is torc-run"},
        {"wait", "for that there is torc-sbatch --wait"},
        {"test-only", "for that there is torc-sbatch --dry-run"},
        {"parsable", "for that there is torc-sbatch --parsable"},
        {"help", "see man sbatch"},
        {"usage", "see man sbatch"},
        {"version", "see sbatch --version"},
    };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        if (strcmp(name, taken[i].name) != 0)
            continue;
        *why = taken[i].why;
        return false;
    }
    return true;
}

// ---- the list ----

void sbatch_options_add(struct sbatch_options *options, char *option)
{
    options->list = xrealloc(options->list, options->count + 2, sizeof *options->list);
    options->list[options->count++] = option;
    options->list[options->count] = NULL;
}

static bool has_name(const char *option, const char *name)
{
    size_t length = strlen(name);
    return !strncmp(option + 2, name, length) && (!option[2 + length] || option[2 + length] == '=');
}

void sbatch_options_drop(struct sbatch_options *options, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < options->count; i++) {
        if (has_name(options->list[i], name))
            free(options->list[i]);
        else
            options->list[kept++] = options->list[i];
    }
    options->count = kept;
    if (options->list)
        options->list[kept] = NULL;
}

void sbatch_options_fini(struct sbatch_options *options)
{
    for (size_t i = 0; i < options->count; i++)
        free(options->list[i]);
    free(options->list);
    *options = (struct sbatch_options){0};
}

// ---- from words ----

static int add_named(struct sbatch_options *options, const char *name, size_t length,
                     const char *value, struct error *err)
{
    const char *why;
    cleanup_free char *own = xstrndup(name, length);
    if (!length ||
        strspn(own, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != length)
        return error_set(err, ERROR_USAGE, 0, "--%s is no option of sbatch", own);
    if (!sbatch_option_is_free(own, &why))
        return error_set(err, ERROR_USAGE, 0, "the option --%s of sbatch is torc's own: %s", own,
                         why);
    sbatch_options_add(options, value ? xasprintf("--%s=%s", own, value) : xasprintf("--%s", own));
    return 0;
}

// The word behind an option is its value unless it is an option too: a script is never among these
// words.
static int add_letters(struct sbatch_options *options, const char *word, char *const **next,
                       struct error *err)
{
    for (const char *c = word + 1; *c; c++) {
        size_t i = 0;
        while (i < sizeof letters / sizeof *letters && letters[i].letter != *c)
            i++;
        if (i == sizeof letters / sizeof *letters)
            return error_set(err, ERROR_USAGE, 0, "%s is no option of sbatch", word);
        if (letters[i].flag) {
            if (add_named(options, letters[i].name, strlen(letters[i].name), NULL, err))
                return -1;
            continue;
        }
        const char *value = c[1] ? c + 1 : **next ? *(*next)++ : NULL;
        if (!value)
            return error_set(err, ERROR_USAGE, 0, "the option %s of sbatch needs a value", word);
        return add_named(options, letters[i].name, strlen(letters[i].name), value, err);
    }
    return 0;
}

int sbatch_options_add_words(struct sbatch_options *options, char *const *words, struct error *err)
{
    while (*words) {
        const char *word = *words++;
        if (word[0] != '-' || !word[1])
            return error_set(err, ERROR_USAGE, 0,
                             "\"%s\" is no option of sbatch; they begin with -", word);
        if (word[1] != '-') {
            if (add_letters(options, word, &words, err))
                return -1;
            continue;
        }
        size_t length = strcspn(word + 2, "=");
        const char *value = word[2 + length]           ? word + 3 + length
                            : *words && **words != '-' ? *words++
                                                       : NULL;
        if (add_named(options, word + 2, length, value, err))
            return -1;
    }
    return 0;
}

static const char blanks[] = " \t\r\n";

// One word of the line, without its quotes, at `to`; *line goes behind it. False: a quote is not
// closed.
static bool take_word(const char **line, char *to)
{
    char quote = '\0';
    const char *at = *line;
    for (; *at && (quote || !strchr(blanks, *at)); at++) {
        if (quote ? *at == quote : *at == '"' || *at == '\'')
            quote = quote ? '\0' : *at;
        else if (*at == '\\' && quote != '\'' && at[1])
            *to++ = *++at;
        else
            *to++ = *at;
    }
    *to = '\0';
    *line = at;
    return !quote;
}

int sbatch_options_add_line(struct sbatch_options *options, const char *line, struct error *err)
{
    int rc = 0;
    size_t count = 0;
    cleanup_free char *text = xcalloc(strlen(line) + 2, 2); // each word with its end
    cleanup_free char **words = xcalloc(strlen(line) / 2 + 2, sizeof *words);
    char *to = text;
    while (!rc) {
        line += strspn(line, blanks);
        if (!*line || *line == '#')
            break;
        words[count++] = to;
        if (!take_word(&line, to))
            rc = error_set(err, ERROR_USAGE, 0, "a quote is not closed");
        to += strlen(to) + 1;
    }
    return rc ? rc : sbatch_options_add_words(options, words, err);
}

// ---- what they ask for ----

enum ask {
    ASK_TEXT,
    ASK_COUNT,
    ASK_NODES,
    ASK_TIME,
    ASK_MEMORY,
    ASK_PER_CPU,
    ASK_PER_GPU,
    ASK_GPUS,
    ASK_GRES,
    ASK_WHOLE
};

#define AT(member) offsetof(struct sbatch_asks, member)
static const struct asking {
    const char *name;
    enum ask ask;
    size_t offset;
} askings[] = {
    {"partition", ASK_TEXT, AT(partition)},
    {"account", ASK_TEXT, AT(account)},
    {"qos", ASK_TEXT, AT(qos)},
    {"nodes", ASK_NODES, AT(nodes)},
    {"ntasks", ASK_COUNT, AT(tasks)},
    {"ntasks-per-node", ASK_COUNT, AT(tasks_per_node)},
    {"cpus-per-task", ASK_COUNT, AT(cpus_per_task)},
    {"time", ASK_TIME, AT(walltime_usec)},
    {"mem", ASK_MEMORY, AT(memory_bytes)},
    {"mem-per-cpu", ASK_PER_CPU, AT(memory_per_cpu_bytes)},
    {"mem-per-gpu", ASK_PER_GPU, AT(memory_per_gpu)},
    {"gpus", ASK_GPUS, AT(gpus)},
    {"gpus-per-node", ASK_GPUS, AT(gpus)},
    {"gpus-per-task", ASK_GPUS, AT(gpus)},
    {"gres", ASK_GRES, AT(gpus)},
    {"exclusive", ASK_WHOLE, AT(whole_nodes)},
};
#undef AT

void sbatch_asks_init(struct sbatch_asks *asks)
{
    *asks = (struct sbatch_asks){.gpus = -1, .memory_bytes = -1};
}

// A bare number is in MiB.
static int parse_memory(const char *text, int64_t *bytes)
{
    size_t digits = strspn(text, "0123456789");
    cleanup_free char *sized = text[digits] ? xstrdup(text) : xasprintf("%sm", text);
    return digits ? size_parse(sized, bytes) : -1;
}

static int parse_count(const char *text, int32_t *count)
{
    enum { MOST = 10000000 };
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 1 || n > MOST)
        return -1;
    *count = (int32_t)n;
    return 0;
}

// "2", "2-4" and "2,4": the least that will do.
static int parse_nodes(const char *text, int32_t *nodes)
{
    cleanup_free char *least = xstrndup(text, strcspn(text, "-,"));
    return parse_count(least, nodes);
}

// "2", "a100:2", "a100:1,v100:1".
static int parse_gpus(const char *text, int32_t *gpus)
{
    *gpus = 0;
    for (struct comma_item item; comma_list_next(&text, &item);) {
        int32_t n;
        cleanup_free char *one = xstrndup(item.text, item.length);
        const char *colon = strrchr(one, ':');
        if (parse_count(colon ? colon + 1 : one, &n))
            return -1;
        *gpus += n;
    }
    return 0;
}

static int ask(struct sbatch_asks *asks, const struct asking *asking, const char *value)
{
    void *at = (char *)asks + asking->offset;
    if (!value && asking->ask != ASK_WHOLE)
        return -1;
    switch (asking->ask) {
    case ASK_TEXT:
        *(const char **)at = value;
        return *value ? 0 : -1;
    case ASK_COUNT:
        return parse_count(value, at);
    case ASK_NODES:
        return parse_nodes(value, at);
    case ASK_TIME:
        return walltime_parse(value, at);
    case ASK_MEMORY:
    case ASK_PER_CPU:
        asks->memory_bytes = -1; // the last of the three holds
        asks->memory_per_cpu_bytes = 0;
        asks->memory_per_gpu = false;
        return parse_memory(value, at);
    case ASK_PER_GPU:
        asks->memory_bytes = -1;
        asks->memory_per_cpu_bytes = 0;
        asks->memory_per_gpu = true;
        return 0;
    case ASK_GPUS:
        return parse_gpus(value, at);
    case ASK_GRES:
        *(int32_t *)at = gres_count_gpus(value);
        return 0;
    case ASK_WHOLE: // with a value, nodes are shared with some
        asks->whole_nodes = !value;
        return !value || !strcmp(value, "user") || !strcmp(value, "mcs") || !strcmp(value, "topo")
                   ? 0
                   : -1;
    }
    return -1;
}

static int refuse_value(const struct asking *asking, const char *value, struct error *err)
{
    static const char *const hints[] = {
        [ASK_TEXT] = "a name",
        [ASK_COUNT] = "a whole number",
        [ASK_NODES] = "a whole number",
        [ASK_TIME] = "30 (minutes), 2:00:00, 1-12:00:00",
        [ASK_MEMORY] = "500M, 4G",
        [ASK_PER_CPU] = "500M, 4G",
        [ASK_PER_GPU] = "500M, 4G",
        [ASK_GPUS] = "2, a100:2",
        [ASK_GRES] = "gpu:2, gpu:a100:2",
        [ASK_WHOLE] = "it without a value",
    };
    return value ? error_set(err, ERROR_USAGE, 0,
                             "\"%s\" is no value of sbatch's option --%s; write %s", value,
                             asking->name, hints[asking->ask])
                 : error_set(err, ERROR_USAGE, 0, "sbatch's option --%s has a value; write %s",
                             asking->name, hints[asking->ask]);
}

int sbatch_asks_add(struct sbatch_asks *asks, const struct sbatch_options *options,
                    struct error *err)
{
    for (size_t i = 0; i < options->count; i++) {
        const char *option = options->list[i], *value = strchr(option, '=');
        for (size_t a = 0; a < sizeof askings / sizeof *askings; a++)
            if (has_name(option, askings[a].name) &&
                ask(asks, &askings[a], value ? value + 1 : NULL))
                return refuse_value(&askings[a], value ? value + 1 : NULL, err);
    }
    return 0;
}

int32_t sbatch_tasks_per_node(const struct sbatch_asks *asks)
{
    int32_t nodes = asks->nodes ? asks->nodes : 1;
    return asks->tasks_per_node ? asks->tasks_per_node
           : asks->tasks        ? (asks->tasks + nodes - 1) / nodes
                                : 1;
}

int32_t sbatch_asks_cpus(const struct sbatch_asks *asks)
{
    int64_t cpus = (int64_t)sbatch_tasks_per_node(asks) * asks->cpus_per_task;
    return cpus > INT32_MAX ? INT32_MAX : (int32_t)cpus;
}

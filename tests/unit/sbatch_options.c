// SPDX-License-Identifier: GPL-2.0-or-later
// sbatch's options: what words and lines become, what they ask for, and what is refused.
#include "lib/workflow/sbatch_options.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/workflow/scheduler.h"
#include "lib/workflow/workflow.h"
#include "tests/tap.h"

static const struct {
    const char *line, *options; // joined by blanks; "!": refused, with this in the message
} lines[] = {
    {"", ""},
    {"  ", ""},
    {"--constraint=lustre", "--constraint=lustre"},
    {"--constraint lustre --exclusive", "--constraint=lustre --exclusive"},
    {"-C lustre -c4 -t 30", "--constraint=lustre --cpus-per-task=4 --time=30"},
    {"--exclusive --hold", "--exclusive --hold"},
    {"-sH -n 2", "--oversubscribe --hold --ntasks=2"},
    {"--constraint='a b' --mail-user=\"x y\"", "--constraint=a b --mail-user=x y"},
    {"--constraint=\"a\\\"b\" --x=c\\ d", "--constraint=a\"b --x=c d"},
    {"--nice=-5", "--nice=-5"},
    {"-x a\vb -C \f", "--exclude=a\vb --constraint=\f"},
    {"--mem 4g # as much as it needs", "--mem=4g"},
    {"--mem=", "--mem="},
    {"--constraint='a", "! a quote is not closed"},
    {"lustre", "! \"lustre\" is no option of sbatch"},
    {"-y 3", "! -y is no option of sbatch"},
    {"-C", "! the option -C of sbatch needs a value"},
    {"--", "! -- is no option of sbatch"},
    {"--a;b=1", "! --a;b is no option of sbatch"},
    {"--array=0-3", "! the option --array of sbatch is torc's own"},
    {"-J mine", "! the option --job-name of sbatch is torc's own"},
    {"-W", "! the option --wait of sbatch is torc's own"},
};

static const struct {
    const char *line, *asks; // "" when nothing is known of them
} asked[] = {
    {"--constraint=x --exclusive=user", ""},
    {"-p debug -A a -q long", "debug a long"},
    {"-N 2-4 -n 8 -c 2", "n2 t8 c2 =8"},
    {"--ntasks-per-node=4 --cpus-per-task=3", "p4 c3 =12"},
    {"--ntasks-per-node=4", "p4"},
    {"-t 1-2 --mem=500", "m500 w1560"},
    {"--time=1:30:00 --mem=2G", "m2048 w90"},
    {"--mem=4g --mem-per-cpu=1g", "u1024"},
    {"--mem-per-cpu=1g --mem=0", "m0"},
    {"--gres=gpu:a100:2,lustre:1", "g2"},
    {"--gres=lustre:1", "g0"},
    {"--gpus=a100:1,v100:2", "g3"},
    {"-G 4 --gpus-per-node=2", "g2"},
    {"--exclusive", "whole"},
    {"--mem=4q", "!"},
    {"--mem=", "!"},
    {"--time=soon", "!"},
    {"--nodes=0", "!"},
    {"--gpus=all", "!"},
    {"--partition=", "!"},
    {"--time", "!"},
};

static char *joined(const struct sbatch_options *options)
{
    char *text = xstrdup("");
    for (size_t i = 0; i < options->count; i++) {
        cleanup_free char *old = text;
        text = xasprintf("%s%s%s", old, i ? " " : "", options->list[i]);
    }
    return text;
}

static char *asks_text(const struct sbatch_asks *a)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *const texts[] = {a->partition, a->account, a->qos};
    const struct {
        char letter;
        int64_t value;
        bool said;
    } numbers[] = {
        {'n', a->nodes, a->nodes},
        {'t', a->tasks, a->tasks},
        {'p', a->tasks_per_node, a->tasks_per_node},
        {'c', a->cpus_per_task, a->cpus_per_task},
        {'=', sbatch_asks_cpus(a), sbatch_asks_cpus(a)},
        {'g', a->gpus, a->gpus >= 0},
        {'m', a->memory_bytes >> 20, a->memory_bytes >= 0},
        {'u', a->memory_per_cpu_bytes >> 20, a->memory_per_cpu_bytes},
        {'w', a->walltime_usec / 60000000, a->walltime_usec},
    };
    for (size_t i = 0; i < 3; i++)
        if (texts[i])
            fprintf(out, " %s", texts[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].said)
            fprintf(out, " %c%lld", numbers[i].letter, (long long)numbers[i].value);
    fputs(a->whole_nodes ? " whole" : "", out);
    fclose(out);
    return text;
}

static void test_lines(void)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct sbatch_options options = {0};
        struct error err = {0};
        int rc = sbatch_options_add_line(&options, lines[i].line, &err);
        cleanup_free char *text = joined(&options);
        if (lines[i].options[0] == '!')
            ok(rc == -1 && strstr(err.text, lines[i].options + 2), "%s: %s (%s)", lines[i].line,
               lines[i].options, err.text);
        else
            is_text(rc ? err.text : text, lines[i].options, lines[i].line);
        sbatch_options_fini(&options);
    }
}

static void test_asks(void)
{
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct sbatch_options options = {0};
        struct sbatch_asks asks;
        struct error err = {0};
        sbatch_options_add_line(&options, asked[i].line, &err);
        sbatch_asks_init(&asks);
        int rc = sbatch_asks_add(&asks, &options, &err);
        cleanup_free char *text = asks_text(&asks);
        is_text(rc ? "!" : text + (*text == ' '), asked[i].asks, asked[i].line);
        sbatch_options_fini(&options);
    }
}

static void test_drop(void)
{
    struct sbatch_options options = {0};
    struct error err;
    sbatch_options_add_line(&options, "--time=1 --time-min=2 -t 3 --mem=4", &err);
    sbatch_options_drop(&options, "time");
    cleanup_free char *text = joined(&options);
    is_text(text, "--time-min=2 --mem=4", "all of one name are taken away, and no others");
    sbatch_options_fini(&options);
}

// What is written into the settings is read back.
static void test_schedulers(void)
{
    struct schedulers some = {0}, again = {0};
    struct error err;
    struct scheduler *one = schedulers_add(&some, "one");
    one->serialize = true;
    sbatch_options_add_line(&one->options, "-t 60 --constraint=x", &err);
    schedulers_add(&some, NULL)->standard = true;
    json_auto_t *json = schedulers_json(&some);
    is_int(schedulers_read(&again, json), 0, "schedulers are read back");
    json_auto_t *second = schedulers_json(&again);
    ok(json_equal(json, second), "and are the same");
    const struct scheduler *found = schedulers_find(&again, "one");
    ok(found && found->serialize && !found->standard, "one is found by its name");
    ok(schedulers_find(&again, NULL) == &again.list[1] && !schedulers_find(&again, "two"),
       "the standard one without");
    schedulers_drop_option(&again, "time");
    is_int((long)again.list[0].options.count, 1, "an option is taken away from all");
    json_auto_t *wrong = json_pack("[{s:[i]}]", "options", 1);
    struct schedulers broken = {0};
    is_int(schedulers_read(&broken, wrong), -1, "what is no list of options is refused");
    schedulers_fini(&some);
    schedulers_fini(&again);
    schedulers_fini(&broken);
}

int main(void)
{
    test_lines();
    test_asks();
    test_drop();
    test_schedulers();
    return done_testing();
}

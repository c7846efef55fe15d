// SPDX-License-Identifier: GPL-2.0-or-later
// YAML rewritten as JSON: scalars of the core schema, nesting, aliases, and what is refused. In the
// expected texts ` stands for the mark of a plain scalar.
#include "lib/text/yaml.h"

#include "lib/text/problem.h"
#include "lib/text/rewrite.h"
#include "tests/tap.h"

static const struct {
    const char *input, *json;
} good[] = {
    {"a: 1\nb: [x, 'y', \"z\"]\n", "{\"a\":\"`1\",\"b\":[\"x\",\"y\",\"z\"]}"},
    {"- 010\n- 1.10\n- no\n- true\n- ~\n- '5'\n- 0:9\n- .5\n- 0x1f\n- 1e3\n",
     "[\"`010\",\"`1.10\",\"no\",\"`true\",null,\"5\",\"0:9\",\"`.5\",\"`0x1f\",\"`1e3\"]"},
    {"1: one\ntrue: two\n", "{\"1\":\"one\",\"true\":\"two\"}"},
    {"a: &x {b: [1]}\nc: *x\n", "{\"a\":{\"b\":[\"`1\"]},\"c\":{\"b\":[\"`1\"]}}"},
    {"a: |\n  one\n  \"two\"\n", "{\"a\":\"one\\u000a\\\"two\\\"\\u000a\"}"},
    {"a: !!str 5\n", "{\"a\":\"5\"}"},
    {"{a: {}, b: [], c: }", "{\"a\":{},\"b\":[],\"c\":null}"},
    {"a: '\x01x'", NULL}, // no YAML
};

static const struct {
    const char *input;
    int line, column;
    const char *text;
} bad[] = {
    {"a: 1\n--- \nb: 2\n", 2, 1, "a second document begins here; a workflow is one document"},
    {"a: &x 1\nb:\n  <<: *x\n", 3, 3,
     "merge keys (<<) are no part of YAML 1.2; write the keys out"},
    {"a: *x\n", 1, 4, "*x names no anchor above it"},
    {"a: &x [*x]\n", 1, 8, "*x stands inside what it names"},
    {"? [a, b]\n: 1\n", 1, 3, "a key must be a word, not a list or a mapping"},
    {"a: !!float 5\n", 1, 4, "the tag !!float means nothing here; leave it out"},
    {"a: [1\nb: 2\n", 2, 2, "a comma or ] is missing here"},
};

static void test_bomb(void)
{
    char text[4000], *p = text + sprintf(text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++)
        p += sprintf(p, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                     i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    struct problems problems = {0};
    struct rewrite rewrite;
    is_int(yaml_read(text, strlen(text), &rewrite, &problems), -1,
           "aliases of aliases of aliases are bounded");
    ok(rewrite.length <= YAML_MOST, "and the text stays below the bound");
    rewrite_fini(&rewrite);
    problems_fini(&problems);
}

int main(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct problems problems = {0};
        struct rewrite rewrite;
        int result = yaml_read(good[i].input, strlen(good[i].input), &rewrite, &problems);
        char got[400] = "", *to = got;
        for (const char *p = rewrite.json; *p && to < got + 390; p++) {
            bool mark = !strncmp(p, "\\u0001", 6);
            *to++ = mark ? '`' : *p;
            p += mark ? 5 : 0;
        }
        *to = '\0';
        if (good[i].json)
            is_text(got, good[i].json, good[i].json);
        is_int(result, good[i].json ? 0 : -1, good[i].json ? "without errors" : "refused");
        rewrite_fini(&rewrite);
        problems_fini(&problems);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct problems problems = {0};
        struct rewrite rewrite;
        is_int(yaml_read(bad[i].input, strlen(bad[i].input), &rewrite, &problems), -1,
               "is refused");
        if (ok(problems.count > 0, "with a problem")) {
            ok(problems.list[0].line == bad[i].line && problems.list[0].column == bad[i].column,
               "at %d:%d", problems.list[0].line, problems.list[0].column);
            is_text(problems.list[0].text, bad[i].text, bad[i].text);
        }
        rewrite_fini(&rewrite);
        problems_fini(&problems);
    }
    test_bomb();
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// JSON5 rewritten as JSON: every feature of the language, places of tokens, and what is refused.
#include "lib/text/json5.h"

#include "lib/text/problem.h"
#include "lib/text/rewrite.h"
#include "tests/tap.h"

static const struct {
    const char *input, *json;
} good[] = {
    {"{}", "{}"},
    {"{a: 1, 'b': 'it\"s', \"c\": \"d\",}", "{\"a\":1,\"b\":\"it\\\"s\",\"c\":\"d\"}"},
    {"[1, 2, {b: 1,},]", "[1,2,{\"b\":1}]"},
    {"// one\n[/* two\n */ 1 // three\n]", "[1]"},
    {"[+5, -3, .5, 5., -.5, 1.e3, 0x1F, -0xa, 1e+2]", "[5,-3,0.5,5.0,-0.5,1.0e3,31,-10,1e+2]"},
    {"{true: true, null: null, $x_1: false}", "{\"true\":true,\"null\":null,\"$x_1\":false}"},
    {"{NaN /* a key */ : 1, Infinity: 2}", "{\"NaN\":1,\"Infinity\":2}"},
    {"['\\x41\\v\\0\\'\\\"\\a\\n', \"\\u00e9\"]",
     "[\"\\u0041\\u000b\\u0000'\\\"a\\n\",\"\\u00e9\"]"},
    {"['one \\\ntwo']", "[\"one two\"]"},
    {"\xef\xbb\xbf[\xc2\xa0\"\xc3\xa9\"\xe2\x80\xa8]", "[\"\xc3\xa9\"]"},
    {"['a\tb']", "[\"a\\u0009b\"]"},
    {"{\xc3\xa9t\xc3\xa9: 1}", "{\"\xc3\xa9t\xc3\xa9\":1}"},
    {"", ""},
};

static const struct {
    const char *input;
    int line, column;
    const char *text;
} bad[] = {
    {"{\n  a: 'x\n}", 2, 6,
     "this text does not end in its line; close the quotes, or end the line with \\ to go on"},
    {"[1, 2, ,]", 1, 8, "there is nothing before this comma; remove it"},
    {"[\n,]", 2, 1, "there is nothing before this comma; remove it"},
    {"{a: , b: 1}", 1, 5, "there is nothing before this comma; remove it"},
    {"{a-b: 1}", 1, 2, "a key that has more than letters, digits, _ and $ needs quotes"},
    {"[1] # x\n[", 1, 5, "a comment begins with //, not with #"},
    {"[`a\n`, 5,]", 1, 2, "a text stands in \"…\" or in '…', not in `…`"},
    {"[`", 1, 2, "a text stands in \"…\" or in '…', not in `…`"},
    {"[1] /* x", 1, 5, "this comment does not end; write */ behind it"},
    {"{a: hello}", 1, 5, "hello is no value; write it in quotes if it is a text"},
    {"[-Infinity]", 1, 2, "no finite number; torc has no use for Infinity and NaN"},
    {"[\xc3\xa9, NaN]", 1, 2, "\xc3\xa9 is no value; write it in quotes if it is a text"},
    {"[0x]", 1, 2, "0x needs hexadecimal digits behind it"},
    {"[0xfffffffffffffffff]", 1, 2, "no hexadecimal number of up to 15 digits"},
    {"['\\xg1']", 1, 5, "\\x needs two hexadecimal digits behind it"},
};

static void test_places(void)
{
    static const char text[] = "// first\n{ a: 1,\n  /* x */ b: ['\xc3\xa9', 2] }";
    struct problems problems = {0};
    struct rewrite rewrite;
    int line, column;
    json5_read(text, strlen(text), &rewrite, &problems);
    rewrite_locate(&rewrite, (size_t)(strchr(rewrite.json, '2') - rewrite.json), &line, &column);
    ok(line == 3 && column == 20, "the 2 is found at 3:20 (%d:%d)", line, column);
    rewrite_locate(&rewrite, 0, &line, &column);
    ok(line == 2 && column == 1, "the first bracket is found at 2:1 (%d:%d)", line, column);
    rewrite_fini(&rewrite);
    problems_fini(&problems);
}

int main(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct problems problems = {0};
        struct rewrite rewrite;
        int result = json5_read(good[i].input, strlen(good[i].input), &rewrite, &problems);
        is_text(rewrite.json, good[i].json, good[i].json);
        is_int(result, 0, "without errors");
        rewrite_fini(&rewrite);
        problems_fini(&problems);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct problems problems = {0};
        struct rewrite rewrite;
        is_int(json5_read(bad[i].input, strlen(bad[i].input), &rewrite, &problems), -1,
               "is refused");
        if (ok(problems.count > 0, "with a problem"))
            ok(problems.list[0].line == bad[i].line && problems.list[0].column == bad[i].column &&
                   !strcmp(problems.list[0].text, bad[i].text),
               "%d:%d: %s", problems.list[0].line, problems.list[0].column, problems.list[0].text);
        rewrite_fini(&rewrite);
        problems_fini(&problems);
    }
    test_places();
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Parameters: values of every way to write them, instances, and texts with parameters in them.
#include "lib/text/params.h"

#include "lib/base/arena.h"
#include "lib/text/template.h"
#include "tests/tap.h"

static const struct {
    const char *text, *values; // "type:value" joined by blanks, or the error
} lists[] = {
    {"1:5", "i1 i2 i3 i4 i5"},
    {"5:1:-2", "i5 i3 i1"},
    {"{1:3}", "i1 i2 i3"},
    {"0:1:0.25", "i0 f0.25 f0.5 f0.75 i1"},
    {"0:1:0.1", "i0 f0.1 f0.2 f0.3 f0.4 f0.5 f0.6 f0.7 f0.8 f0.9 i1"},
    {"-0.1:0.1:0.1", "f-0.1 i0 f0.1"},
    {"1.0:3.0", "i1 i2 i3"},
    {"3:3", "i3"},
    {"1e-4:5E-4:2e-4", "f0.0001 f0.0003 f0.0005"},
    {"1e2:2.5e+2:50", "i100 i150 i200 i250"},
    {" 1 : 7 : 3 ", "i1 i4 i7"},
    {"1:1e:1", "t1:1e:1"},
    {"1:2e1x", "t1:2e1x"},
    {"1:1e-19", "the range 1:1e-19 has numbers of more than 18 digits"},
    {"1:1e19", "the range 1:1e19 has numbers of more than 18 digits"},
    {"0e99:1", "i0 i1"},
    {"[1, 2.50, abc, 'x,y', \"7\"]", "i1 f2.50 tabc tx,y i7"},
    {"[0.001, 1e-5, 1E20, -3, +3, .5]", "f0.001 f1e-5 f1E20 i-3 i+3 f.5"},
    {"[007, 010, 1.10, 1.1, 2E5, 1e400, 0x10]", "i007 i010 f1.10 f1.1 f2E5 t1e400 t0x10"},
    {"007", "i007"},
    {"[12345678901234567890, 1.]", "f12345678901234567890 f1."},
    {"10:30:00", "the range 10:30:00 has step 0, which leads nowhere"},
    {"adam", "tadam"},
    {"12", "i12"},
    {"a:b", "ta:b"},
    {"10:30h", "t10:30h"},
    {"http://x:80", "thttp://x:80"},
    {"", "t"},
    {"[]", "the list is empty, so that there would be nothing to run"},
    {"[1,,2]", "an item of the list is empty; write '' for an empty text"},
    {"['a]", "a quote in the list does not end: 'a"},
    {"['a' b]", "a comma is missing in the list before b"},
    {"1:5:0", "the range 1:5:0 has step 0, which leads nowhere"},
    {"5:1", "the range 5:1 is empty; to count down, give a step: a:b:-1"},
    {"1:5:-1", "the range 1:5:-1 is empty; its step leads away from its end"},
    {"0:0.0:0.0000000000000000000000000005",
     "the range 0:0.0:0.0000000000000000000000000005 has numbers of more than 18 digits"},
    {"1:999999999999999999:0.1",
     "the range 1:999999999999999999:0.1 has numbers of more than 18 digits"},
};

static void test_lists(struct arena *arena)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct param_list list;
        struct error err = {0};
        char got[600] = "";
        if (param_list_parse(lists[i].text, arena, &list, &err)) {
            is_text(err.text, lists[i].values, lists[i].text);
            continue;
        }
        for (size_t k = 0; k < list.count; k++) {
            struct param_value value;
            param_list_get(&list, k, &value);
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%c%s", k ? " " : "",
                     "ift"[param_number(value.text).type], value.text);
        }
        is_text(got, lists[i].values, lists[i].text);
    }
}

static void test_instances(struct arena *arena)
{
    struct param_list list[2];
    const char *names[] = {"a", "b"};
    struct error err = {0};
    struct param_value values[2];
    struct params params = {names, list, 2, PARAM_PRODUCT};
    char got[100] = "";
    size_t count;
    param_list_parse("1:2", arena, &list[0], &err);
    param_list_parse("[x,y,z]", arena, &list[1], &err);
    params_count(&params, &count, &err);
    for (size_t i = 0; i < count; i++) {
        params_get(&params, i, values);
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s ", values[0].text,
                 values[1].text);
    }
    is_text(got, "1x 1y 1z 2x 2y 2z ", "product: the last parameter is the fastest");
    params.mode = PARAM_ZIP;
    is_int(params_count(&params, &count, &err), -1, "zip of 2 and 3 is refused");
    is_text(
        err.text,
        "with parameter_mode zip all parameters need the same number of values; a has 2, b has 3",
        "and says why");
    param_list_parse("1:1000000", arena, &list[0], &err);
    param_list_parse("1:1000000", arena, &list[1], &err);
    is_int(params_count(&params, &count, &err), 0, "zip of a million");
    params_get(&params, 999999, values);
    is_text(values[1].text, "1000000", "its last instance");
    params.mode = PARAM_PRODUCT;
    is_int(params_count(&params, &count, &err), -1, "a million times a million is refused");
}

static const struct {
    const char *text, *want;
    enum template_note_kind note;
} templates[] = {
    {"run {n} {x} {s}", "run 7 0.5 a b", TEMPLATE_FINE},
    {"{n:03d} {n:d} {n:5d} {x:.3f} {n:.1f}", "007 7     7 0.500 7.0", TEMPLATE_FINE},
    {"{n}{n:02d}{n}", "7077", TEMPLATE_FINE},
    {"{x:03d}", "0.5", TEMPLATE_MISFIT},
    {"{z} {z:d} {z:04d} {z:.1f}", "007 7 0007 7.0", TEMPLATE_FINE},
    {"{e} {e:.1f}", "2E5 200000.0", TEMPLATE_FINE},
    {"{e:d}", "2E5", TEMPLATE_MISFIT},
    {"{q} {q:02d}", "+7 07", TEMPLATE_FINE},
    {"{s:.2f}", "a b", TEMPLATE_MISFIT},
    {"{n:q}", "7", TEMPLATE_FORMAT},
    {"{{n}} {{n:03d}} {{other}}", "{n} {n:03d} {{other}}", TEMPLATE_FINE},
    {"${n} ${HOME} ${files.input.raw_{n}}", "${n} ${HOME} ${files.input.raw_7}", TEMPLATE_FINE},
    {"{m}", "{m}", TEMPLATE_UNKNOWN},
    {"awk '{print $1}' {a,b} { echo; }", "awk '{print $1}' {a,b} { echo; }", TEMPLATE_FINE},
    {"{n", "{n", TEMPLATE_FINE},
    {"{{{n}}}", "{{n}}", TEMPLATE_FINE},
    {"\\d{3}", "\\d{3}", TEMPLATE_FINE},
    {"", "", TEMPLATE_FINE},
};

static void test_templates(struct arena *arena)
{
    const char *names[] = {"n", "x", "s", "z", "e", "q"};
    struct param_value values[] = {{.text = "7"},   {.text = "0.5"}, {.text = "a b"},
                                   {.text = "007"}, {.text = "2E5"}, {.text = "+7"}};
    struct template_names all = {.names = names, .values = values, .count = 6};
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        struct template_note note;
        is_text(template_expand(templates[i].text, &all, arena, &note), templates[i].want,
                templates[i].text);
        is_int(note.kind, templates[i].note, "its note");
    }
    struct param_value dots[] = {values[0], {.text = "a.b*"}, values[2]};
    struct template_names escaped = {.names = names, .values = dots, .count = 3, .escape = true};
    is_text(template_expand("^sim_{x}_\\d{3}$", &escaped, arena, NULL), "^sim_a\\.b\\*_\\d{3}$",
            "in a regex values are escaped");
}

int main(void)
{
    struct arena *arena = arena_create();
    test_lists(arena);
    test_instances(arena);
    test_templates(arena);
    arena_destroy(arena);
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Which rule of a failure handler is for which failure: lib/workflow/handler.h.
#include "lib/workflow/handler.h"

#include <stdlib.h>

#include "lib/base/record.h"
#include "tests/tap.h"

#define GIB (INT64_C(1) << 30)
#define SEC INT64_C(1000000)
enum { OOM_CODE = 42, TIMEOUT_CODE = 43 };

static const struct row {
    const char *name, *rules; // rules: as in the settings
    struct failure failure;
    int rule; // -1: none
} rows[] = {
    {"an exit code",
     "[{\"exit_codes\": [2]}, {\"exit_codes\": [1, 3]}]",
     {REASON_EXIT, 3, -1, OOM_CODE, TIMEOUT_CODE},
     1},
    {"another one", "[{\"exit_codes\": [2]}]", {REASON_EXIT, 3, -1, OOM_CODE, TIMEOUT_CODE}, -1},
    {"an exact rule before one for all",
     "[{\"all\": true}, {\"exit_codes\": [3]}]",
     {REASON_EXIT, 3, -1, OOM_CODE, TIMEOUT_CODE},
     1},
    {"one for all, where none is exact",
     "[{\"exit_codes\": [4]}, {\"all\": true}]",
     {REASON_EXIT, 3, -1, OOM_CODE, TIMEOUT_CODE},
     1},
    {"the first of two",
     "[{\"exit_codes\": [3]}, {\"exit_codes\": [3]}]",
     {REASON_EXIT, 3, -1, OOM_CODE, TIMEOUT_CODE},
     0},
    {"no rules", "[]", {REASON_EXIT, 3, -1, OOM_CODE, TIMEOUT_CODE}, -1},
    {"a signal", "[{\"signal\": 11}]", {REASON_SIGNAL, -1, 11, OOM_CODE, TIMEOUT_CODE}, 0},
    {"another signal", "[{\"signal\": 11}]", {REASON_SIGNAL, -1, 6, OOM_CODE, TIMEOUT_CODE}, -1},
    {"128 + n is a signal",
     "[{\"exit_codes\": [139]}]",
     {REASON_SIGNAL, -1, 11, OOM_CODE, TIMEOUT_CODE},
     0},
    {"a shell's 139 is no signal",
     "[{\"signal\": 11}]",
     {REASON_EXIT, 139, -1, OOM_CODE, TIMEOUT_CODE},
     -1},
    {"oom", "[{\"oom\": true}]", {REASON_OOM, -1, 9, OOM_CODE, TIMEOUT_CODE}, 0},
    {"oom is the code of the workflow",
     "[{\"exit_codes\": [42]}]",
     {REASON_OOM, -1, 9, OOM_CODE, TIMEOUT_CODE},
     0},
    {"oom is not the signal that did it",
     "[{\"signal\": 9}, {\"exit_codes\": [137]}]",
     {REASON_OOM, -1, 9, OOM_CODE, TIMEOUT_CODE},
     -1},
    {"nor the code that the job's shell gave",
     "[{\"exit_codes\": [1]}]",
     {REASON_OOM, 1, -1, OOM_CODE, TIMEOUT_CODE},
     -1},
    {"timeout",
     "[{\"oom\": true}, {\"timeout\": true}]",
     {REASON_TIMEOUT, -1, 15, OOM_CODE, TIMEOUT_CODE},
     1},
    {"timeout is the code of the workflow",
     "[{\"exit_codes\": [43]}]",
     {REASON_TIMEOUT, 0, -1, OOM_CODE, TIMEOUT_CODE},
     0},
    {"a missing output is for all alone",
     "[{\"exit_codes\": [1]}, {\"all\": true}]",
     {REASON_MISSING_OUTPUT, 0, -1, OOM_CODE, TIMEOUT_CODE},
     1},
};

static void check(const struct row *row)
{
    json_auto_t *list =
        json_pack("[{s:s, s:o}]", "name", "h", "rules", json_loads(row->rules, 0, NULL));
    struct handlers handlers = {0}, again = {0};
    bool read = !handlers_read(&handlers, list);
    json_auto_t *written = handlers_json(&handlers);
    read = read && !handlers_read(&again, written);
    json_auto_t *twice = handlers_json(&again);
    const struct handler *handler = read ? handlers_find(&again, "h") : NULL;
    const struct handler_rule *rule = handler ? handler_match(handler, &row->failure) : NULL;
    is_int(rule ? rule - handler->rules : -1, row->rule, row->name);
    ok(json_equal(written, twice), "... written and read again it is the same");
    handlers_fini(&handlers);
    handlers_fini(&again);
}

static void check_name(const char *from, int64_t memory, int64_t runtime, const char *to)
{
    char *name = handler_class_name(from, memory, runtime);
    is_text(name, to, to);
    free(name);
}

int main(void)
{
    struct handlers handlers = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
    check_name("small", 2 * GIB, 0, "small+2g");
    check_name("small+2g", 4 * GIB, 0, "small+4g");
    check_name("small+2g", 4 * GIB, 90 * SEC, "small+4g+1m30s");
    check_name("small+4g+1m30s", 0, 180 * SEC, "small+3m");
    check_name("c++", 2 * GIB, 0, "c+++2g");
    static const char *const wrong[] = {"{}", "[1]", "[{\"name\": \"h\"}]",
                                        "[{\"name\": \"h\", \"rules\": [{\"exit_codes\": [256]}]}]",
                                        "[{\"name\": \"h\", \"rules\": [{\"oom\": \"yes\"}]}]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_auto_t *list = json_loads(wrong[i], 0, NULL);
        is_int(handlers_read(&handlers, list), -1, wrong[i]);
        handlers_fini(&handlers);
    }
    return done_testing();
}

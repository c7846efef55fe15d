// SPDX-License-Identifier: GPL-2.0-or-later
// Parameters: what a list, a range or a scalar in a workflow file stands for, and the instances
// that several of them make. Ranges are never written out, so a million instances cost nothing
// until one is asked for. Pure.
#ifndef LIB_TEXT_PARAMS_H
#define LIB_TEXT_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct arena;

enum param_type { PARAM_INTEGER, PARAM_FLOAT, PARAM_TEXT };

struct param_value {
    enum param_type type;
    int64_t integer;  // PARAM_INTEGER
    double number;    // PARAM_FLOAT
    const char *text; // how it prints without a format: integers plain, floats shortest and without
                      // exponent
    char buffer[40];  // where text stands when the value was computed (then text points here)
};

struct param_list {                   // the values of one parameter
    const struct param_value *values; // NULL: a range
    size_t count;
    int64_t start, step; // a range, in units of 10^-decimals
    int decimals;
    bool is_float;
};

enum param_mode { PARAM_PRODUCT, PARAM_ZIP };

struct params {
    const char **names;
    struct param_list *lists;
    size_t count;
    enum param_mode mode;
};

// Reads a parameter as written in a string: "1:10", "0:1:0.1", "1e-4:1e-3:1e-4", "{1:3}", "[a,
// 'b,c', 3]", or one scalar. `@file` is the caller's. Memory is the arena's. Refused: an empty
// list, step 0, a range of the wrong direction, numbers beyond 18 digits, quotes that do not
// end.
int param_list_parse(const char *text, struct arena *arena, struct param_list *list,
                     struct error *err);

// An unquoted item, cell or line: an integer, else a float, else text. `text` must live as long as
// the value.
void param_value_scan(const char *text, struct arena *arena, struct param_value *value);

// A value of text, whatever it looks like; and a native number of JSON.
struct param_value param_value_text(const char *text);
struct param_value param_value_integer(int64_t integer, struct arena *arena);
struct param_value param_value_float(double number, struct arena *arena);

void param_list_get(const struct param_list *list, size_t index, struct param_value *value);

// How many instances: the product of the counts (the last parameter fastest), or the common count
// with PARAM_ZIP. ERROR_USAGE: unequal lists with PARAM_ZIP, or more than PARAMS_MOST.
int params_count(const struct params *params, size_t *count, struct error *err);
enum { PARAMS_MOST = 10000000 };

// The values of an instance, one per parameter, in the order of the names.
void params_get(const struct params *params, size_t instance, struct param_value *values);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// Sizes: what is read, what is refused, and that what is written is read back.
#include "lib/base/size.h"

#include "tests/tap.h"

static const struct {
    const char *text;
    int64_t bytes; // -1: refused
} rows[] = {
    {"0", 0},
    {"1", 1},
    {"512k", 512 << 10},
    {"1m", 1 << 20},
    {"2g", INT64_C(2) << 30},
    {"1T", INT64_C(1) << 40},
    {"1p", INT64_C(1) << 50},
    {"16GB", INT64_C(16) << 30},
    {"4MiB", 4 << 20},
    {"10b", 10},
    {"1.5g", INT64_C(3) << 29},
    {"0.5k", 512},
    {"1.5", 2},
    {"0.000001k", 1},
    {"9223372036854775807", INT64_MAX},
    {"8191p", INT64_C(8191) << 50},
    {"9223372036854775808", -1},
    {"8192p", -1},
    {"", -1},
    {"g", -1},
    {"12x", -1},
    {"-1", -1},
    {"+1", -1},
    {" 1", -1},
    {"1 g", -1},
    {"1gg", -1},
    {"1ib", -1},
    {"1.", -1},
    {".5g", -1},
    {"1e3", -1},
    {"0x10", -1},
    {"1.2.3", -1},
};

static const struct {
    int64_t bytes;
    const char *text;
} written[] = {
    {0, "0"},
    {1000, "1000"},
    {1024, "1k"},
    {INT64_C(3) << 29, "1536m"},
    {INT64_C(1) << 60, "1024p"},
    {INT64_MAX, "9223372036854775807"},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t bytes = -1;
        int result = size_parse(rows[i].text, &bytes);
        ok(bytes == rows[i].bytes && result == (rows[i].bytes < 0 ? -1 : 0),
           "\"%s\" is %lld (got %lld)", rows[i].text, (long long)rows[i].bytes, (long long)bytes);
    }
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        char buffer[SIZE_TEXT];
        int64_t back = -1;
        is_text(size_format(written[i].bytes, buffer, sizeof buffer), written[i].text,
                written[i].text);
        size_parse(buffer, &back);
        is_int(back, written[i].bytes, "is read back");
    }
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Text on terminals: widths, shortening, and what is taken out.
#include "lib/base/text.h"

#include <locale.h>

#include "tests/tap.h"

static const struct {
    const char *text, *safe;
} unsafe[] = {
    {"plain", "plain"},
    {"a\033[31mred", "a?[31mred"},
    {"tab\tline\r\nend", "tab line  end"},
    {"\x7f\xc2\x9b", "??"},
    {"caf\xc3\xa9", "caf\xc3\xa9"},
    {"bad \xff\xc3", "bad \xef\xbf\xbd\xef\xbf\xbd"},
    {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 // an overlong slash
    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // half a surrogate pair
    {"a\xe2\x80\xae"
     "b",
     "a\xef\xbf\xbd"
     "b"}, // right-to-left override
};

static const struct {
    const char *text;
    int width;
    const char *shortened;
} longs[] = {
    {"abc", 3, "abc"},
    {"abcdefghij", 10, "abcdefghij"},
    {"abcdefghij", 7, "abc~hij"},
    {"abcdefghij", 8, "abcd~hij"},
    {"abcdefghij", 1, "~"},
    {"日本語のなまえ", 9, "日本~まえ"},
    {"日本語のなまえ", 8, "日本~え"},
    {"e\xcc\x81"
     "bcdefgh",
     5,
     "e\xcc\x81"
     "b~gh"}, // e and a combining accent
};

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
        char *safe = text_safe(unsafe[i].text);
        is_text(safe, unsafe[i].safe, "harmless");
        free(safe);
    }
    for (size_t i = 0; i < sizeof longs / sizeof *longs; i++) {
        char *shortened = text_shorten(longs[i].text, longs[i].width, "~");
        is_text(shortened, longs[i].shortened, "shortened");
        ok(text_width(shortened) <= longs[i].width, "no wider than %d", longs[i].width);
        free(shortened);
    }
    char *utf8 = text_utf8("tab\t\xff");
    is_text(utf8, "tab\t\xef\xbf\xbd", "UTF-8 with its control characters");
    free(utf8);
    is_int(text_width("日本"), 4, "wide characters take two columns");
    return done_testing();
}

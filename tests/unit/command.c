// SPDX-License-Identifier: GPL-2.0-or-later
// Which commands run without a shell, and into which words they fall.
#include "runner/job/command.h"

#include "tests/tap.h"

static const struct {
    const char *command;
    const char *words; // joined by |; "": needs a shell
} cases[] = {
    {"/bin/true", "/bin/true"},
    {"  sleep   1\t", "sleep|1"},
    {"python3 a.py --x=1 -o out/b.txt", "python3|a.py|--x=1|-o|out/b.txt"},
    {"./run.sh a,b c:d e@f 50% +x", "./run.sh|a,b|c:d|e@f|50%|+x"},
    {"awk", "awk"},
    {"truex", "truex"},
    {"/bin/echo true", "/bin/echo|true"},
    {"true", ""},
    {"echo a", ""},
    {"[ -e x ]", ""},
    {"{ x", ""},
    {"while x", ""},
    {"test -e x", ""},
    {"time sleep 1", ""},
    {"zzz", "zzz"},
    {"A=1 ls", ""},
    {"a b=1", "a|b=1"},
    {"ls *.c", ""},
    {"ls ~", ""},
    {"ls a?", ""},
    {"ls a[1]", ""},
    {"ls 'a'", ""},
    {"ls \"a\"", ""},
    {"ls $HOME", ""},
    {"ls `x`", ""},
    {"ls a\\ b", ""},
    {"ls > x", ""},
    {"ls < x", ""},
    {"ls | wc", ""},
    {"ls; ls", ""},
    {"ls & ", ""},
    {"ls\nls", ""},
    {"ls #x", ""},
    {"ls {a,b}", ""},
    {"! ls", ""},
    {"(ls)", ""},
    {"ls \xc2\xa0x", ""},
    {"ls \x01", ""},
    {"", ""},
    {"   ", ""},
    {"a b c d e f g h i", ""}, // more words than there is room for
};

static void check_split(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char copy[256], joined[256] = "", *argv[9];
        snprintf(copy, sizeof copy, "%s", cases[i].command);
        int count = command_split(copy, strlen(copy), argv, 8);
        for (int k = 0; k < count; k++)
            snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%s", k ? "|" : "",
                     argv[k]);
        is_text(joined, cases[i].words, cases[i].command);
        if (!count)
            is_text(copy, cases[i].command, "... is left as it was");
    }
}

static const struct {
    const char *name, *variable;
    bool needs;
} environments[] = {
    {"an ordinary environment", "HOME=/root", false},
    {"BASH_ENV", "BASH_ENV=/etc/x", true},
    {"an exported function", "BASH_FUNC_ls%%=() { :; }", true},
    {"SHELLOPTS", "SHELLOPTS=errexit", true},
    {"a name that only begins so", "BASH_ENVY=1", false},
};

static void check_environment(void)
{
    for (size_t i = 0; i < sizeof environments / sizeof *environments; i++) {
        char *const list[] = {(char *)"PATH=/usr/bin:/bin", (char *)environments[i].variable, NULL};
        ok(command_needs_shell(list) == environments[i].needs, "%s", environments[i].name);
    }
    char *const none[] = {(char *)"HOME=/root", NULL};
    ok(command_needs_shell(none), "no PATH");
    char *const relative[] = {(char *)"PATH=/bin:bin", NULL};
    ok(command_needs_shell(relative), "a relative folder in PATH");
    char *const empty[] = {(char *)"PATH=/bin:", NULL};
    ok(command_needs_shell(empty), "an empty folder in PATH");
}

int main(void)
{
    check_split();
    check_environment();
    return done_testing();
}

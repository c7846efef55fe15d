// SPDX-License-Identifier: GPL-2.0-or-later
// Values put into commands: the shell itself says whether each arrives as it is.
#include "lib/text/substitute.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

static const char *value;

static const char *look_up(void *context, enum substitute_kind kind, const char *name)
{
    (void)context, (void)kind;
    return strcmp(name, "x") ? NULL : value;
}

static const struct {
    const char *text, *value, *replaced;
} rows[] = {
    {"cat ${files.input.x}", "a/b-1.txt", "cat a/b-1.txt"},
    {"cat ${files.input.x} ${files.input.y} ${files.foo.x} ${x} $x", "a",
     "cat a ${files.input.y} ${files.foo.x} ${x} $x"},
    {"cat ${files.input.x", "a", "cat ${files.input.x"},
    {"cat \\${files.input.x}", "a b", "cat \\${files.input.x}"},
    {"cat ${files.input.x}", "a b", "cat 'a b'"},
    {"cat \"${files.input.x}\"", "a b", "cat \"a b\""},
    {"cat \"${files.input.x}\"", "a$b`c\"d\\e", "cat \"a\\$b\\`c\\\"d\\\\e\""},
    {"cat '${files.input.x}'", "it's", "cat 'it'\\''s'"},
    {"cat ${files.input.x}", "it's", "cat 'it'\\''s'"},
    {"echo # don't\ncat ${files.input.x}", "a b", "echo # don't\ncat 'a b'"},
    {"echo a#'b' ${files.input.x}", "a b", "echo a#'b' 'a b'"},
    {"echo \"$(cat ${files.input.x})\" '${files.input.x}'", "a b", "echo \"$(cat 'a b')\" 'a b'"},
    {"echo \"$( (cat ${files.input.x}) )\" ${files.input.x}", "a b",
     "echo \"$( (cat 'a b') )\" 'a b'"},
    {"cat ${files.output.x}${user_data.output.x}", "", "cat ''''"},
    {"cat ${files.input.x}", "~/a", "cat '~/a'"},
    {"cat ${files.input.x}", "caf\xc3\xa9", "cat caf\xc3\xa9"},
    {"cat <<E\n${files.input.x}\nE\ncat ${files.input.x}", "a $b",
     "cat <<E\na \\$b\nE\ncat 'a $b'"},
    {"cat <<'E'\n${files.input.x}\nE\ncat ${files.input.x}", "a $b",
     "cat <<'E'\na $b\nE\ncat 'a $b'"},
    {"cat <<E; cat ${files.input.x}", "a b", "cat <<E; cat 'a b'"},
    {"", "a", ""},
};

// One word, unchanged, wherever it lands: asked of the shell.
static const char *const odd[] = {
    "plain", "two words", "it's", "\"quoted\"", "$HOME", "`id`",
    "a\\b",  "*",         "a;b",  "a&&b",       "#x",    "~",
    "",      "-n",        "a\nb", "$(id)",      "!!",    "{\"k\":\"it's\",\"l\":[1,2]}",
    "end\\",
};
static const char *const places[] = {
    "printf %%s ${files.input.x}",
    "printf %%s \"${files.input.x}\"",
    "printf %%s '${files.input.x}'",
    "printf %%s $'${files.input.x}'",
    "x=`printf %%s ${files.input.x}`; printf %%s \"$x\"",
    "printf %%s \"`printf %%s ${files.input.x}`\"",
    "printf %%s `echo \"don't\" > /dev/null`'${files.input.x}'",
    "printf %%s \"$(printf %%s ${files.input.x})\"",
    "printf %%s \"$(printf %%s '${files.input.x}')\"",
    // the line end of a here-document is not the value's
    "head -c -1 <<E\n${files.input.x}\nE",
    "head -c -1 <<'E'\n${files.input.x}\nE",
    "head -c -1 << \\E\n${files.input.x}\nE\n",
    "head -c -1 <<-\"E F\"\n\t${files.input.x}\n\tE F\n",
    "printf %%s \"$(cat <<E\n${files.input.x}\nE\n)\"",
    "cat <<'E' > /dev/null\ndon't \"\nE\nprintf %%s ${files.input.x}",
    "cat <<E > /dev/null\ndon't \" `echo \"'\"` $(echo '(')\nE\nprintf %%s ${files.input.x}",
    "cat << A > /dev/null; cat <<'B' > /dev/null\n'\nA\n' `\nB\nprintf %%s ${files.input.x}",
    "head -c -1 <<E\n$(printf %%s ${files.input.x})\nE",
    "printf %%s ${files.input.x} # <<E\n",
    "E=1; : $((1<<E))\nprintf %%s ${files.input.x}",
    "E=1; : \"$((1<<E))\"\nprintf %%s ${files.input.x}",
    "E=1; ((E<<E)); printf %%s ${files.input.x}",
    "cat <<<' ' > /dev/null\nprintf %%s ${files.input.x}",
    "cat <<< \"${files.input.x}\" | head -c -1",
};

static void ask_shell(const char *place, const char *wanted)
{
    cleanup_free char *text = xstrdup(place);
    char got[256];
    size_t length = 0;
    for (char *p; (p = strstr(text, "%%"));)
        memmove(p, p + 1, strlen(p));
    value = wanted;
    cleanup_free char *command = substitute(text, look_up, NULL);
    setenv("COMMAND", command, 1);
    FILE *shell = popen("exec bash -c \"$COMMAND\"", "r"); // bash, as for jobs
    if (shell) {
        length = fread(got, 1, sizeof got - 1, shell);
        pclose(shell);
    }
    got[length] = '\0';
    if (!ok(!strcmp(got, wanted), "%s with %s", text, wanted))
        printf("# command: %s\n# got: %s\n", command, got);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        value = rows[i].value;
        cleanup_free char *got = substitute(rows[i].text, look_up, NULL);
        is_text(got, rows[i].replaced, rows[i].text);
    }
    ok(substitute_wanted("a ${files.input.x}") && !substitute_wanted("a ${HOME} $files.input.x"),
       "what is ours is known");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t j = 0; j < sizeof odd / sizeof *odd; j++)
            ask_shell(places[i], odd[j]);
    return done_testing();
}

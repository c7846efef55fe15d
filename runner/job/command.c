// SPDX-License-Identifier: GPL-2.0-or-later
// What a shell would do nothing with. When in doubt it is bash's: a wrong "no" costs a millisecond,
// a wrong "yes" a result.
#include "runner/job/command.h"

#include <stdlib.h>
#include <string.h>

// Words that mean something to bash where a command begins: its keywords and builtins, also those
// that exist as programs.
static const char *const shell_words[] = {
    "!",        ".",         ":",        "[",       "[[",      "]]",     "alias",   "bg",
    "bind",     "break",     "builtin",  "caller",  "case",    "cd",     "command", "compgen",
    "complete", "compopt",   "continue", "coproc",  "declare", "dirs",   "disown",  "do",
    "done",     "echo",      "elif",     "else",    "enable",  "esac",   "eval",    "exec",
    "exit",     "export",    "false",    "fc",      "fg",      "fi",     "for",     "function",
    "getopts",  "hash",      "help",     "history", "if",      "in",     "jobs",    "kill",
    "let",      "local",     "logout",   "mapfile", "popd",    "printf", "pushd",   "pwd",
    "read",     "readarray", "readonly", "return",  "select",  "set",    "shift",   "shopt",
    "source",   "suspend",   "test",     "then",    "time",    "times",  "trap",    "true",
    "type",     "typeset",   "ulimit",   "umask",   "unalias", "unset",  "until",   "wait",
    "while",    "{",         "}",
};
enum { SHELL_WORDS = sizeof shell_words / sizeof *shell_words };

// Bytes that are only themselves wherever they stand in a word. Everything else (quotes, $, *, ~,
// {, #, bytes above ASCII, control characters) is for bash.
static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_-+=./:,@%", c));
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

static int compare_word(const void *key, const void *entry)
{
    return strcmp(key, *(const char *const *)entry);
}

static bool is_program(const char *word, size_t length)
{
    char copy[32];
    if (memchr(word, '=', length)) // an assignment, maybe
        return false;
    if (length >= sizeof copy)
        return true;
    memcpy(copy, word, length);
    copy[length] = '\0';
    return !bsearch(copy, shell_words, SHELL_WORDS, sizeof *shell_words, compare_word);
}

int command_split(char *command, size_t length, char **argv, int most)
{
    int count = 0;
    bool in_word = false;
    size_t first_length = 0;
    while (length && is_blank((unsigned char)command[length - 1]))
        length--;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)command[i];
        if (!is_blank(c) && !is_plain(c))
            return 0;
        if (!is_blank(c) && !in_word) {
            if (count == most)
                return 0;
            argv[count++] = command + i;
        }
        in_word = !is_blank(c);
        if (in_word && count == 1)
            first_length++;
    }
    if (!count || !is_program(argv[0], first_length))
        return 0;
    for (size_t i = 0; i < length; i++)
        if (is_blank((unsigned char)command[i]))
            command[i] = '\0';
    command[length] = '\0';
    argv[count] = NULL;
    return count;
}

static bool is_absolute_path_list(const char *list)
{
    for (const char *at = list;;) {
        if (*at != '/')
            return false;
        at = strchr(at, ':');
        if (!at)
            return true;
        at++;
    }
}

bool command_needs_shell(char *const *environment)
{
    static const char *const changers[] = {"BASH_ENV=", "SHELLOPTS=", "BASHOPTS=", "BASH_FUNC_",
                                           "POSIXLY_CORRECT="};
    const char *path = NULL;
    for (char *const *e = environment; *e; e++) {
        for (size_t i = 0; i < sizeof changers / sizeof *changers; i++)
            if (!strncmp(*e, changers[i], strlen(changers[i])))
                return true;
        if (!strncmp(*e, "PATH=", 5))
            path = *e + 5;
    }
    return !path || !is_absolute_path_list(path);
}

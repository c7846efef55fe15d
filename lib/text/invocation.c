// SPDX-License-Identifier: GPL-2.0-or-later
// Finds the last command of a script, and knows which words do not run their arguments. Any other
// word is taken for a wrapper: nobody can know what ./run.sh does.
#include "lib/text/invocation.h"

#include <ctype.h>
#include <string.h>

#include "lib/text/shell_place.h"

// Builtins of bash, but exit, return and the like, after which nothing would run anyhow; commands
// that everybody has; and what environments of clusters define as functions.
static const char *const takes[] = {
    ".",        "source",   ":",          "true",      "false",    "alias",      "unalias",
    "bg",       "fg",       "bind",       "caller",    "cd",       "chdir",      "compgen",
    "complete", "compopt",  "declare",    "typeset",   "dirs",     "disown",     "echo",
    "enable",   "export",   "fc",         "getopts",   "hash",     "help",       "history",
    "jobs",     "kill",     "let",        "local",     "mapfile",  "popd",       "printf",
    "pushd",    "pwd",      "read",       "readarray", "readonly", "set",        "shift",
    "shopt",    "test",     "[",          "[[",        "times",    "trap",       "type",
    "ulimit",   "umask",    "unset",      "wait",      "module",   "ml",         "use",
    "unuse",    "workon",   "deactivate", "awk",       "basename", "cat",        "chgrp",
    "chmod",    "chown",    "cp",         "curl",      "cut",      "date",       "df",
    "dirname",  "du",       "free",       "git",       "grep",     "gunzip",     "gzip",
    "head",     "hostname", "id",         "install",   "kinit",    "ln",         "ls",
    "mkdir",    "mkfifo",   "mktemp",     "mv",        "nproc",    "nvidia-smi", "printenv",
    "ps",       "rm",       "rmdir",      "rsync",     "scp",      "sed",        "sleep",
    "sort",     "stat",     "sync",       "tail",      "tar",      "tee",        "touch",
    "tr",       "uname",    "uniq",       "unzip",     "wc",       "wget",       "which",
    "whoami",
};

// Tools of which only some verbs run what stands behind them.
static const struct {
    const char *tool, *verbs[5];
} tools[] = {
    {"conda", {"run"}},      {"mamba", {"run"}},
    {"micromamba", {"run"}}, {"spack", {"build-env", "test-env", "python"}},
    {"pyenv", {"exec"}},     {"nvm", {"exec", "run"}},
    {"rvm", {"exec", "do"}},
};

// What runs the command behind it.
static const char *const runs[] = {"builtin", "command", "env",    "exec",   "ionice", "nice",
                                   "nohup",   "numactl", "setsid", "srun",   "stdbuf", "taskset",
                                   "time",    "timeout", "mpirun", "mpiexec"};

// Behind these a command begins; behind those nothing can stand.
static const char *const opens[] = {"!", "{", "do", "elif", "else", "if", "then", "until", "while"};
static const char *const closes[] = {"}", "done", "esac", "fi"};

enum { WORDS = 32, WORD = 64 };

struct last_command {        // of the words of it only the first ones are kept
    char words[WORDS][WORD]; // without quotes; cut
    const char *at;          // where the first one stands
    size_t length;
    int count;
    bool closed;     // it is a compound: behind it nothing can stand
    bool redirected; // or has something else that is no word
};

#define HAS(list, word) has(list, sizeof list / sizeof *list, word)

static bool has(const char *const *list, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i], word))
            return true;
    return false;
}

static bool is_assignment(const char *word)
{
    size_t name = 0;
    while (isalnum((unsigned char)word[name]) || word[name] == '_')
        name++;
    if (!name || isdigit((unsigned char)*word))
        return false;
    if (word[name] == '[')
        name += strcspn(word + name, "=");
    name += word[name] == '+';
    return word[name] == '=';
}

// A word of the command is complete.
static void end_word(struct last_command *command, const char *word, const char *at,
                     const char *end)
{
    bool first = !command->count;
    if (strpbrk(word, "<>") && !strchr(word, '$')) {
        command->redirected = true;
        return;
    }
    if (first && (HAS(opens, word) || is_assignment(word)))
        return;
    if (first) {
        command->at = at;
        command->length = (size_t)(end - at);
    }
    if (command->count < WORDS)
        strcpy(command->words[command->count++], word);
}

// Does a new command begin behind this character? Not in 2>&1, &>file and >|.
static bool divides(const char *script, const char *p)
{
    if (*p == ';')
        return true;
    bool arrow = p > script && (p[-1] == '>' || p[-1] == '<');
    return (*p == '|' || (*p == '&' && p[1] != '>')) && !arrow;
}

struct word {
    char text[WORD];
    size_t length;
    const char *at; // NULL: none has begun
};

static void add_to_word(struct word *word, const char *p, size_t count)
{
    if (!word->at)
        *word = (struct word){.at = p};
    for (; count; count--, p++)
        if (word->length + 1 < WORD && !strchr("\\'\"", *p))
            word->text[word->length++] = *p;
}

static void find_last(const char *script, const char *end, struct last_command *command)
{
    struct shell shell;
    struct word word = {.at = NULL};
    bool next_line = false; // a blank line, or a comment, is no command
    shell_init(&shell);
    *command = (struct last_command){0};
    for (const char *p = script; p <= end;) {
        bool bare = !shell.depth && !shell.levels[0].parens && (!shell.comment || *p == '\n');
        size_t step = p < end ? shell_step(&shell, p) : 1;
        bool between = p == end || shell.comment ||
                       (bare && !shell.depth && step == 1 && strchr(" \t\n;&|", *p));
        if (!between && next_line && bare) {
            *command = (struct last_command){0};
            next_line = false;
        }
        if (bare && *p == '(' && !word.at)
            command->closed = true; // ( … ), (( … ))
        if (between && word.at)
            end_word(command, word.text, word.at, p);
        if (between) {
            word.at = NULL;
            next_line |= *p == '\n';
            if (p < end && bare && !shell.comment && *p != '\n' && divides(script, p))
                *command = (struct last_command){0};
        } else if (!command->closed) {
            add_to_word(&word, p, step);
        }
        p += step;
    }
}

static bool names_verb(const struct last_command *command, int from, const char *const *verbs)
{
    for (int i = from; i < command->count; i++)
        for (const char *const *verb = verbs; *verb; verb++)
            if (!strcmp(command->words[i], *verb))
                return true;
    return false;
}

static bool takes_arguments(const struct last_command *command)
{
    int first = 0;
    while (first < command->count &&
           (!strcmp(command->words[first], "command") ||
            !strcmp(command->words[first], "builtin") || !strcmp(command->words[first], "time")) &&
           first + 1 < command->count && *command->words[first + 1] != '-')
        first++;
    if (first == command->count)
        return false;
    const char *word = command->words[first],
               *next = first + 1 < command->count ? command->words[first + 1] : "";
    if (!strcmp(word, "command")) // command -v gcc
        return !strcasecmp(next, "-v");
    if (!strcmp(word, "eval")) // eval "$(conda shell.bash hook)": a text of its own
        return strstr(next, "$(") || strchr(next, '`');
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (!strcmp(tools[i].tool, word))
            return *next && !names_verb(command, first + 1, tools[i].verbs);
    return HAS(takes, word) || HAS(closes, word);
}

// A wrapper with options, numbers and assignments only.
static bool waits_for_more(const struct last_command *command)
{
    if (!command->count || command->redirected || !HAS(runs, command->words[0]))
        return false;
    for (int i = 1; i < command->count; i++) {
        const char *word = command->words[i];
        if (*word != '-' && !isdigit((unsigned char)*word) && !is_assignment(word))
            return false;
    }
    return true;
}

static size_t without_blanks(const char *script, size_t length)
{
    while (length && strchr(" \t\r\n", script[length - 1]))
        length--;
    return length;
}

static bool ends_in_comment(const char *script, size_t length)
{
    struct shell shell;
    shell_init(&shell);
    for (size_t at = 0; at < length;)
        at += shell_step(&shell, script + at);
    return shell.comment;
}

struct invocation invocation_of(const char *script)
{
    size_t length = without_blanks(script, strlen(script));
    bool lines = memchr(script, '\n', length) || strchr(script + length, '\n') ||
                 ends_in_comment(script, length);
    struct invocation found = {.length = length};
    struct last_command command;
    if (!found.length)
        return found;
    find_last(script, script + found.length, &command);
    found.word = command.at;
    found.word_length = command.length;
    if (lines) {
        found.kind = INVOCATION_LINES;
        found.runs_nothing = waits_for_more(&command);
    } else {
        found.kind =
            command.closed || takes_arguments(&command) ? INVOCATION_WORD : INVOCATION_WRAPPER;
    }
    return found;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Every bad file in tests/cases: what is said about it, to the letter. A case is a folder with
// error and input.json, input.json5 or input.yaml; tables that it names stand beside them.
// TORC_UPDATE_CASES=1 writes the errors instead: read what git diff then shows.
#include <dirent.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/text/problem.h"
#include "lib/workflow/workflow.h"
#include "tests/tap.h"

enum { LONGEST = 1 << 22 };

// The file's text, or NULL. The caller's to free.
static char *read_file(const char *path, size_t *length)
{
    cleanup_fclose FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    char *text = xmalloc(LONGEST);
    *length = fread(text, 1, LONGEST - 1, file);
    text[*length] = '\0';
    return text;
}

static char *errors_of(const char *text, size_t length, const char *name, bool *failed)
{
    struct workflow workflow;
    struct problems problems = {0};
    char *said = NULL;
    size_t said_length;
    cleanup_free char *exact =
        xmalloc(length ? length : 1); // no byte more, so that reading past the end is seen
    memcpy(exact, text, length);
    *failed = workflow_load(exact, length, name, &workflow, &problems) != 0;
    FILE *out = open_memstream(&said, &said_length);
    problems_print(&problems, out, "torc-sbatch", name, PROBLEMS_SCREEN);
    fclose(out);
    workflow_fini(&workflow);
    problems_fini(&problems);
    return said;
}

static void check_case(const char *name)
{
    static const char *const inputs[] = {"input.json", "input.json5", "input.yaml"};
    size_t length = 0, unused, i = 0;
    bool failed;
    while (i + 1 < sizeof inputs / sizeof *inputs && access(inputs[i], R_OK))
        i++;
    cleanup_free char *text = read_file(inputs[i], &length), *wanted = read_file("error", &unused);
    if (!ok(text != NULL, "%s has an input", name))
        return;
    cleanup_free char *said = errors_of(text, length, inputs[i], &failed);
    if (getenv("TORC_UPDATE_CASES")) {
        cleanup_fclose FILE *out = fopen("error", "w");
        if (out)
            fputs(said, out);
        return;
    }
    ok(failed, "%s is refused", name);
    is_text(said, wanted, name);
}

int main(void)
{
    const char *source = getenv("TORC_SOURCE");
    cleanup_free char *named = xasprintf("%s/tests/cases", source ? source : "."),
                      *folder = realpath(named, NULL);
    struct dirent **entries;
    int count = folder ? scandir(folder, &entries, NULL, alphasort) : -1;
    for (int i = 0; i < count; i++) {
        cleanup_free char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
        if (*entries[i]->d_name != '.' && ok(chdir(path) == 0, "%s", path))
            check_case(entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    ok(count > 60, "there are cases in %s", named);
    return done_testing();
}

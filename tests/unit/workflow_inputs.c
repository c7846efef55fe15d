// SPDX-License-Identifier: GPL-2.0-or-later
// Files that must be there before anything starts: those that jobs read and none writes.
#include "lib/workflow/inputs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "tests/tap.h"

static const char text[] =
    "{\"name\": \"w\", \"files\": [\n"
    " {\"name\": \"here\", \"path\": \"here\"}, {\"name\": \"gone\", \"path\": \"no/such\"},\n"
    " {\"name\": \"made\", \"path\": \"made\"}, {\"name\": \"unread\", \"path\": \"unread\"}],\n"
    " \"jobs\": [{\"name\": \"a\", \"command\": \"x\", \"input_files\": [\"here\", \"gone\"], "
    "\"output_files\": [\"made\"]},\n"
    "  {\"name\": \"b\", \"command\": \"x\", \"input_files\": [\"gone\", \"made\"]}]}";

// An entry that stands for three files, two of which are missing.
static void check_instances(int fd)
{
    static const char many[] =
        "{\"name\": \"w\", \"files\": [{\"name\": \"f_{i}\", \"path\": \"{i}\", \"parameters\": "
        "{\"i\": [\"x\", \"here\", \"y\"]}},\n"
        "  {\"name\": \"z\", \"path\": \"z\"}],\n"
        " \"jobs\": [{\"name\": \"j_{i}\", \"command\": \"x\", \"input_files\": [\"f_{i}\", "
        "\"z\"], \"parameters\": {\"i\": [\"x\", \"here\", \"y\"]}}]}";
    struct workflow workflow;
    struct problems problems = {0};
    is_int(workflow_load(many, strlen(many), "w.json", &workflow, &problems), 0,
           "instances are read");
    is_int(workflow_check_inputs(&workflow, fd, true, &problems), -1, "two are missing");
    if (ok(problems.count == 2, "which is said once, and of the other entry")) {
        is_text(problems.list[0].path, "files[0].path", "the entry as it stands in the file");
        is_text(problems.list[0].text,
                "\"x\" does not exist (seen from the current folder), nor does 1 more of this "
                "entry; job \"j_x\" reads it and no job writes it; create it, or name the job that "
                "does in \"output_files\"; with --allow-missing its readers wait for it",
                "and how many more");
        is_text(problems.list[1].path, "files[1].path", "and the other");
    }
    problems_fini(&problems);
    workflow_fini(&workflow);
}

// What links do to paths that read differently.
static void check_links(int fd)
{
    static const char linked[] =
        "{\"name\": \"w\", \"files\": [{\"name\": \"out\", \"path\": "
        "\"out/new/x\"}, {\"name\": \"in\", "
        "\"path\": \"./link/new/x\"},\n"
        " {\"name\": \"run\", \"path\": \"out/run\"}, {\"name\": "
        "\"latest\", \"path\": \"latest\"},\n"
        " {\"name\": \"a\", \"path\": \"out/a\"}, {\"name\": \"b\", "
        "\"path\": \"link/a\"}, {\"name\": \"c\", \"path\": \"out/c\"},\n"
        " {\"name\": \"d\", \"path\": \"out/d\"}, {\"name\": \"l\", \"path\": "
        "\"left\"}, {\"name\": \"m\", \"path\": \"too\"}],\n"
        " \"jobs\": [{\"name\": \"w\", \"command\": \"x\", "
        "\"output_files\": [\"out\", \"run\", \"c\", \"l\", \"m\"]},\n"
        "  {\"name\": \"r\", \"command\": \"x\", \"input_files\": "
        "[\"in\", \"latest\", \"a\", \"b\", \"d\"]}]}";
    struct workflow workflow;
    struct problems problems = {0};
    mkdirat(fd, "out", 0700);
    symlinkat("out", fd, "link");
    symlinkat("link/run", fd, "latest");
    close(openat(fd, "out/run", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    symlinkat("out/d", fd, "left");
    symlinkat("out/c", fd, "too");
    close(openat(fd, "out/d", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    close(openat(fd, "out/c", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    close(openat(fd, "out/a", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    is_int(workflow_load(linked, strlen(linked), "w.json", &workflow, &problems), 0,
           "other paths are other files");
    is_int((int64_t)problems.count, 0, "as they read");
    workflow_check_inputs(&workflow, fd, false, &problems);
    char said[1000] = "";
    for (size_t i = 0; i < problems.count; i++)
        snprintf(said + strlen(said), sizeof said - strlen(said), "%d:%.40s|",
                 problems.list[i].line, problems.list[i].text);
    is_text(
        said,
        "1:\"./link/new/x\" is the same file as \"out/|2:\"latest\" is the same file as "
        "\"out/run\" b"
        "|0:\"too\" is the same file as \"out/c\" by a l"
        "|4:\"out/d\" is the same file as \"left\" by a |1:\"./link/new/x\" does not exist (seen "
        "from|",
        "those that a folder or a link of their own makes one are warned of, if a job writes it");
    workflow_fini(&workflow);
    problems_fini(&problems);
    unlinkat(fd, "out/run", 0);
    unlinkat(fd, "out/a", 0);
    unlinkat(fd, "out/c", 0);
    unlinkat(fd, "out/d", 0);
    unlinkat(fd, "left", 0);
    unlinkat(fd, "too", 0);
    unlinkat(fd, "link", 0);
    unlinkat(fd, "latest", 0);
    unlinkat(fd, "out", AT_REMOVEDIR);
}

int main(void)
{
    char folder[] = "/tmp/torc-test-XXXXXX";
    struct workflow workflow;
    struct problems problems = {0};
    if (!ok(mkdtemp(folder) != NULL, "a folder"))
        return done_testing();
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        made = openat(fd, "here", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    is_int(workflow_load(text, strlen(text), "w.json", &workflow, &problems), 0,
           "the file is read");
    is_int(workflow_check_inputs(&workflow, fd, false, &problems), 0,
           "to validate, a missing file is a warning");
    is_int((int64_t)problems.errors, 0, "no error");
    is_int((int64_t)problems.count, 1, "one file is missing");
    problems_fini(&problems);
    is_int(workflow_check_inputs(&workflow, fd, true, &problems), -1, "to submit, it is an error");
    if (ok(problems.count == 1, "just one")) {
        ok(problems.list[0].line == 2 && problems.list[0].column == 61,
           "where its path stands (%d:%d)", problems.list[0].line, problems.list[0].column);
        is_text(problems.list[0].path, "files[1].path", "which file");
        is_text(problems.list[0].text,
                "\"no/such\" does not exist (seen from the current folder), job \"a\" reads it and "
                "no job writes it; create it, or name the job that does in "
                "\"output_files\"; with --allow-missing its readers wait for it",
                "what is wrong with it, and what to do");
    }
    problems_fini(&problems);
    workflow_fini(&workflow);
    check_instances(fd);
    check_links(fd);
    unlinkat(fd, "here", 0);
    close(made);
    close(fd);
    rmdir(folder);
    return done_testing();
}

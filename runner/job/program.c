// SPDX-License-Identifier: GPL-2.0-or-later
// Chooses between direct execution, bash -c, bash with a file for very long commands, and srun.
#include "runner/job/program.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/workflow/workflow.h"
#include "runner/job/command.h"

enum {
    WORDS_MOST = 256,
    ARGUMENT_MOST = 128 * 1024 - 1, // of a single one, by the kernel: MAX_ARG_STRLEN with its NUL
    KNOWN = 64,                     // programs whose path is remembered,
    KNOWN_USEC = USEC_PER_SEC,      // for so long
};

static struct known {
    char *list, *name, *path; // list: the PATH in which it was looked for
    int64_t since_usec;
} known[KNOWN];

static bool is_executable(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

// As bash looks a name up.
static char *search(const char *list, const char *name)
{
    cleanup_free char *copy = xstrdup(list);
    char *rest = copy;
    for (char *folder; (folder = strsep(&rest, ":"));) {
        char *path = xasprintf("%s/%s", folder, name);
        if (is_executable(path))
            return path;
        free(path);
    }
    return NULL;
}

// The path of a program of the common PATH, remembered for a moment; NULL: not found. Valid until
// the next call.
static const char *look_up(const char *list, const char *name, int64_t now)
{
    unsigned hash = 5381;
    for (const char *c = name; *c; c++)
        hash = hash * 33 + (unsigned char)*c;
    struct known *entry = &known[hash % KNOWN];
    if (entry->name && !strcmp(entry->name, name) && !strcmp(entry->list, list) &&
        now - entry->since_usec < KNOWN_USEC)
        return entry->path;
    free(entry->list);
    free(entry->name);
    free(entry->path);
    *entry = (struct known){xstrdup(list), xstrdup(name), search(list, name), now};
    return entry->path;
}

static const char *find_bash(void)
{
    static const char *const places[] = {"/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (!access(places[i], X_OK))
            return places[i];
    return places[0];
}

const char *bash_path(void)
{
    static const char *found;
    return found ? found : (found = find_bash());
}

// argv for bash; path is its [0] as given to exec, while the program sees "bash".
static int use_bash(struct jobs *jobs, struct job *job, char ***argv, struct error *err)
{
    char **words = arena_alloc(job->arena, 6 * sizeof *words), **next = words;
    *next++ = arena_strdup(job->arena, bash_path());
    if (job->spec.strict_shell) {
        *next++ = (char *)"-euo";
        *next++ = (char *)"pipefail";
    }
    if (strlen(job->claimed.command) <= ARGUMENT_MOST) {
        *next++ = (char *)"-c";
        *next++ = (char *)job->claimed.command;
    } else {
        job->script = arena_printf(job->arena, "job_wf%lld_j%lld_r%d_a%d.sh",
                                   (long long)jobs->workflow_id, (long long)job->claimed.job_id,
                                   job->claimed.run_id, job->claimed.attempt_id);
        if (output_write(&jobs->output, job->script, job->claimed.command, err))
            return -1;
        cleanup_free char *folder = realpath(jobs->output.path, NULL);
        *next++ =
            arena_printf(job->arena, "%s/%s", folder ? folder : jobs->output.path, job->script);
    }
    *next = NULL;
    *argv = words;
    return 0;
}

static int use_srun(const struct jobs *jobs, struct job *job, struct program *program,
                    struct error *err)
{
    struct arena *arena = job->arena;
    if (!jobs->node.in_allocation)
        return error_set(
            err, ERROR_USAGE, 0,
            "it has the launcher srun, which needs a Slurm allocation: submit the workflow "
            "with torc-sbatch, or take \"launcher\" out");
    const char *path = look_up(environment_find(program->environment, "PATH"), "srun", jobs->now);
    if (!path)
        return error_set(err, ERROR_INTERNAL, 0,
                         "it has the launcher srun, and there is no srun in PATH");
    char **argv = arena_alloc(arena, 24 * sizeof *argv);
    size_t n = 0;
    argv[n++] = (char *)"srun";
    argv[n++] = (char *)"--overlap";
    argv[n++] = (char *)"--ntasks=1";
    argv[n++] = (char *)"--nodes=1";
    argv[n++] = arena_printf(arena, "--nodelist=%s", jobs->node.name);
    argv[n++] = arena_printf(arena, "--cpus-per-task=%d", job->share.cpus);
    argv[n++] = arena_printf(arena, "--mem=%lldM",
                             (long long)((job->share.memory_bytes + 1048575) / 1048576));
    if (!jobs->settings.cpu_bind)
        argv[n++] = (char *)"--cpu-bind=none";
    argv[n++] = arena_printf(arena, "--job-name=%s", job->claimed.name);
    for (char **word = program->fallback; *word; word++)
        argv[n++] = *word;
    argv[n] = NULL;
    program->argv = argv;
    program->path = arena_strdup(arena, path);
    program->fallback = NULL;
    return 0;
}

// Direct execution, when nobody can tell the difference; the variables that bash would have set go
// with it.
static bool use_program(const struct jobs *jobs, struct job *job, struct program *program)
{
    size_t length = strlen(job->claimed.command);
    if (job->spec.strict_shell || length > ARGUMENT_MOST ||
        (job->spec.env ? command_needs_shell(program->environment)
                       : environment_needs_shell(jobs->environment)))
        return false;
    char *copy = arena_strndup(job->arena, job->claimed.command, length), *words[WORDS_MOST + 1];
    int count = command_split(copy, length, words, WORDS_MOST);
    if (!count)
        return false;
    const char *path =
        strchr(words[0], '/') ? words[0]
        : job->spec.env
            ? search(environment_find(program->environment, "PATH"), words[0])
            : look_up(environment_find(program->environment, "PATH"), words[0], jobs->now);
    if (!path)
        return false;
    program->path = arena_strdup(job->arena, path);
    if (job->spec.env && path != words[0])
        free((char *)path);
    program->argv = arena_alloc(job->arena, (size_t)(count + 1) * sizeof *program->argv);
    memcpy(program->argv, words, (size_t)(count + 1) * sizeof *words);
    return true;
}

// PWD and _, which bash sets for what it executes.
static void set_shell_variables(const struct jobs *jobs, struct job *job, struct program *program)
{
    size_t count = 0;
    while (program->environment[count])
        count++;
    char **list = arena_alloc(job->arena, (count + 3) * sizeof *list);
    memcpy(list, program->environment, count * sizeof *list);
    cleanup_free char *folder = job->spec.workdir ? realpath(job->spec.workdir, NULL) : NULL;
    list[count++] = arena_printf(job->arena, "PWD=%s", folder ? folder : jobs->folder);
    list[count++] = arena_printf(job->arena, "_=%s", program->path);
    list[count] = NULL;
    program->environment = list;
}

int program_make(struct jobs *jobs, struct job *job, struct program *program, struct error *err)
{
    *program = (struct program){0};
    program->environment =
        environment_make(jobs->environment, &job->claimed, &job->spec, &job->share, job->arena);
    if (use_bash(jobs, job, &program->fallback, err))
        return -1;
    if (job->claimed.flags & JOB_SRUN)
        return use_srun(jobs, job, program, err);
    if (use_program(jobs, job, program)) {
        set_shell_variables(jobs, job, program);
        return 0;
    }
    program->path = program->fallback[0];
    program->argv = program->fallback;
    program->fallback = NULL;
    return 0;
}

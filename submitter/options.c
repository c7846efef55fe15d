// SPDX-License-Identifier: GPL-2.0-or-later
// Options of torc-sbatch, and how they go over what the workflow file says.
#include "submitter/options.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/command_line.h"
#include "lib/base/mem.h"
#include "lib/base/walltime.h"
#include "lib/store/store.h"

static const char *const on_ready_names[] = {
    [ON_READY_AUTO] = "auto", [ON_READY_SUBMIT] = "submit", [ON_READY_UPFRONT] = "upfront", NULL};

#define AT(field) offsetof(struct options, field)
static const struct option_row table[] = {
    {"account", 'A', OPTION_TEXT, AT(account), "NAME",
     "account that the allocations are charged to", NULL},
    {"partition", 'p', OPTION_TEXT, AT(partition), "NAMES",
     "partition; of several, the first that jobs fit", NULL},
    {"qos", 'q', OPTION_TEXT, AT(qos), "NAME", "quality of service", NULL},
    {"time", 't', OPTION_TIME, AT(walltime_usec), "TIME",
     "longest walltime to ask for: 30 (minutes), 2:00:00, 1-12", NULL},
    {"max-allocations", 0, OPTION_COUNT, AT(max_allocations), "N",
     "allocations of jobs that can share them, at once (16)", NULL},
    {"pack", 0, OPTION_WORD, AT(pack), "MODE",
     "wide (default: as many allocations as idle nodes can start now) or tight (as few as do it)",
     pack_mode_names},
    {"shortest", 0, OPTION_TIME, AT(shortest_usec), "TIME",
     "make no allocation shorter than this to have more of them (10)", NULL},
    {"resources", 0, OPTION_TEXT, AT(resources_file), "FILE",
     "what classes ask for instead, as torc-report --advice writes it", NULL},
    {"learn", 0, OPTION_FLAG, AT(learn), NULL, "the same, by what the last one of this name used",
     NULL},
    {"max-fails", 0, OPTION_COUNT_0, AT(max_fails), "N",
     "start no more jobs after N failures (0: never stop)", NULL},
    {"limits", 0, OPTION_WORD, AT(limits), "MODE",
     "enforce (default), warn or off: are jobs held to memory and runtime?", limits_mode_names},
    {"stdio", 0, OPTION_WORD, AT(stdio), "MODE",
     "auto (default), separate, combined, no_stdout, no_stderr, none, stream", stdio_mode_names},
    {"hash", 0, OPTION_WORD, AT(hash), "MODE",
     "auto (default: up to 64 MiB), all or none: which files are hashed, for restarts",
     hash_mode_names},
    {"on-ready", 0, OPTION_WORD, AT(on_ready), "MODE",
     "submit (runners ask for later stages), upfront (all now), auto (default: by the partition)",
     on_ready_names},
    {"allow-missing", 0, OPTION_FLAG, AT(allow_missing), NULL,
     "accept input files that do not exist yet", NULL},
    {"dry-run", 0, OPTION_FLAG, AT(dry_run), NULL, "show plan and scripts, create nothing", NULL},
    {"explain", 0, OPTION_FLAG, AT(explain), NULL, "with --dry-run: what else was weighed", NULL},
    {"wait", 'W', OPTION_FLAG, AT(wait), NULL,
     "stay until the workflow has ended; exit with its result", NULL},
    {"parsable", 0, OPTION_FLAG, AT(parsable), NULL, "print the workflow's id and nothing else",
     NULL},
    {"json", 0, OPTION_FLAG, AT(json), NULL, "print one JSON document", NULL},
    {"db", 0, OPTION_TEXT, AT(db), "PATH", "the database ($TORC_DB, else torc.db here)", NULL},
    {"top-up", 0, OPTION_ID, AT(top_up), "ID",
     "submit what an unfinished workflow needs (runners do this)", NULL},
    {"restart", 0, OPTION_FLAG, AT(restart), NULL,
     "run again what must, after WORKFLOW has changed ([ID] WORKFLOW)", NULL},
    {"commands", 0, OPTION_TEXT, AT(commands), "FILE",
     "run each line of FILE as a job, instead of WORKFLOW", NULL},
    {"cpus", 'c', OPTION_COUNT, AT(resources.cpus), "N", "CPUs of each such job", NULL},
    {"memory", 0, OPTION_MEMORY, AT(resources.memory_bytes), "SIZE",
     "memory of each such job: 512m, 2g, ...", NULL},
    {"mem", 0, OPTION_MEMORY, AT(resources.memory_bytes), "SIZE", "the same", NULL},
    {"runtime", 0, OPTION_TIME, AT(resources.runtime_usec), "TIME",
     "runtime of each such job (-t is that then): 10m, 1:30:00, ...", NULL},
    {"label", 0, OPTION_REFUSED, 0, "A,B",
     "allocations are not asked for by labels; jobs with labels run where somebody starts "
     "torc-run --workflow ID --label A,B",
     NULL},
    {"help", 'h', OPTION_HELP, 0, NULL, "this text", NULL},
    {"version", 'V', OPTION_VERSION, 0, NULL, "the version", NULL},
};

// Of sbatch, NREL's torc and HyperQueue.
static const struct option_slip slips[] = {
    {"ntasks", 'n', "num_cpus of a class, or --cpus of a commands file"},
    {"cpus-per-task", 0, "num_cpus of a class, or --cpus of a commands file"},
    {"nodes", 'N', "num_nodes of a class; how many allocations: --max-allocations"},
    {"mem-per-cpu", 0, "memory of a class, of the whole job; --mem of a commands file"},
    {"time-request", 0, "runtime of a class; --runtime of a commands file"},
    {"time-limit", 0, "runtime of a class; --runtime of a commands file; -t caps the walltime"},
    {"walltime", 0, "-t, --time"},
    {"array", 'a', "parameters of a job: {i} in its name and command, \"i\": \"1:100\""},
    {"each-line", 0, "--commands FILE"},
    {"from-json", 0, "parameters_file of a job"},
    {"wrap", 0, "--commands FILE (- reads standard input), a command a line"},
    {"dependency", 'd', "depends_on, or files, of the jobs; for all allocations: after --"},
    {"job-name", 'J', "the name of the workflow, in its file; Slurm's jobs are called torc-wf..."},
    {"name", 0, "the name of the workflow, in its file"},
    {"output", 'o', "the folder torc_output; torc logs JOB shows what a job wrote"},
    {"error", 'e', "the folder torc_output; torc logs JOB shows what a job wrote"},
    {"stdout", 0, "--stdio MODE; torc logs JOB shows what a job wrote"},
    {"stderr", 0, "--stdio MODE; torc logs JOB shows what a job wrote"},
    {"output-dir", 0, "the folder torc_output, beside the workflow file"},
    {"chdir", 'D', "workdir of a job; the current folder else"},
    {"cwd", 0, "workdir of a job; the current folder else"},
    {"export", 0, "env of the workflow or of a job"},
    {"env", 0, "env of the workflow or of a job"},
    {"gres", 0, "num_gpus of a class"},
    {"gpus", 'G', "num_gpus of a class"},
    {"resource", 0, "num_cpus, num_gpus and memory of a class"},
    {"pin", 0, "nothing: jobs are bound to their CPUs"},
    {"hold", 'H', "torc hold ID"},
    {"crash-limit", 0, "max_retries of a failure handler"},
    {"max-parallel-jobs", 0, "max_parallel_jobs of an action; else what fits runs"},
    {"ignore-missing-data", 'i', "--allow-missing"},
    {"poll-interval", 0, "nothing: nobody polls"},
    {"skip-checks", 0, "nothing: what is wrong with the file must be put right"},
    {"hpc-profile", 0, "nothing: Slurm is asked; torc check shows what it says"},
    {"single-allocation", 0, "--max-allocations 1"},
    {"test-only", 0, "--dry-run"},
    {"quiet", 'Q', "--parsable"},
    {NULL, 0, NULL},
};

static void print_exit_codes(void)
{
    puts("\nExit status: 0 submitted (with --wait: all jobs completed); 1 some jobs did not "
         "complete; 2 bad usage, a bad\n"
         "workflow file, or refused by Slurm; 3 Slurm or the database could not be reached; 130 "
         "interrupted.");
}

static const struct command_line line = {
    .program = "torc-sbatch",
    .usage = "usage: torc-sbatch [OPTION...] WORKFLOW [-- SBATCH_OPTION...]\n"
             "       torc-sbatch [OPTION...] --commands FILE [-- SBATCH_OPTION...]\n"
             "       torc-sbatch [OPTION...] --restart [ID] WORKFLOW\n"
             "Checks a workflow file, plans allocations for its jobs and submits them to Slurm.\n",
    .notes = print_exit_codes,
    .rows = table,
    .count = sizeof table / sizeof *table,
    .elsewhere = "options for sbatch go after --",
    .slips = slips,
};

// --restart ID WORKFLOW: the id is taken from the operands.
static int take_id(struct options *options, int *operands, char ***words, struct error *err)
{
    if (!options->restart)
        return 0;
    if (options->top_up || options->commands)
        return error_set(err, ERROR_USAGE, 0,
                         "--restart goes with a workflow file, not with --top-up or --commands");
    if (*operands == 2 && ***words && strspn(**words, "0123456789") == strlen(**words)) {
        options->restart_id = atoll(**words);
        ++*words;
        --*operands;
    }
    return *operands == 1
               ? 0
               : error_set(err, ERROR_USAGE, 0,
                           "--restart takes the changed file: torc-sbatch --restart [ID] WORKFLOW; "
                           "without a change: torc restart [ID]");
}

static int check_together(struct options *options, int operands, char **words, struct error *err)
{
    if (take_id(options, &operands, &words, err))
        return -1;
    if (operands > 1)
        return error_set(
            err, ERROR_USAGE, 0,
            "one workflow file is expected, \"%s\" is one too many; sbatch's options go after --",
            words[1]);
    const struct commands_resources *resources = &options->resources;
    if (!options->commands &&
        (resources->cpus || resources->memory_bytes || resources->runtime_usec))
        return error_set(
            err, ERROR_USAGE, 0,
            "--cpus, --memory and --runtime say what each job of --commands FILE asks for; in a "
            "workflow file the jobs say it");
    if (options->commands && (operands || options->top_up))
        return error_set(err, ERROR_USAGE, 0, "either a workflow or --commands FILE, not both");
    if (options->commands && options->walltime_usec) { // one that knows sbatch means the job's
        options->resources.runtime_usec = options->walltime_usec;
        options->walltime_usec = 0;
    }
    if (!operands && !options->top_up && !options->commands)
        return error_set(err, ERROR_USAGE, 0, "which workflow file? See torc-sbatch --help");
    if (operands && options->top_up)
        return error_set(err, ERROR_USAGE, 0,
                         "--top-up goes on with a workflow that exists: leave out %s", words[0]);
    if ((options->resources_file || options->learn) && (options->top_up || options->restart))
        return error_set(err, ERROR_USAGE, 0,
                         "--resources and --learn are for a new workflow; of one that exists: torc "
                         "update");
    if (options->resources_file && options->learn)
        return error_set(err, ERROR_USAGE, 0, "either --resources FILE or --learn, not both");
    if (options->parsable && options->json)
        return error_set(err, ERROR_USAGE, 0, "either --parsable or --json, not both");
    options->file = operands ? words[0] : options->commands;
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, bool *done, struct error *err)
{
    int own = 1;
    *options = (struct options){
        .max_allocations = -1, .max_fails = -1, .limits = -1, .stdio = -1, .hash = -1, .pack = -1};
    options->command_line = command_line_join(line.program, argc, argv);
    while (own < argc && strcmp(argv[own], "--"))
        own++;
    options->sbatch_options = own < argc ? argv + own + 1 : argv + argc;
    int first = command_line_read(&line, options, own, argv, done, err);
    if (first < 0 || *done)
        return first < 0 ? -1 : 0;
    options->db = store_where(options->db);
    return check_together(options, own - first, argv + first, err);
}

void options_fini(struct options *options)
{
    free(options->command_line);
}

static void set_text(char **setting, const char *option, const char *variable)
{
    const char *value = option ? option : *setting ? NULL : getenv(variable);
    if (value && *value) {
        free(*setting);
        *setting = xstrdup(value);
    }
}

// What schedulers of the file say is no match for the command line.
static void override_schedulers(const struct options *options, struct schedulers *schedulers)
{
    if (options->account)
        schedulers_drop_option(schedulers, "account");
    if (options->partition)
        schedulers_drop_option(schedulers, "partition");
    if (options->qos)
        schedulers_drop_option(schedulers, "qos");
    if (options->walltime_usec)
        schedulers_drop_option(schedulers, "time");
}

int options_apply(const struct options *options, size_t jobs, struct settings *settings,
                  struct error *err)
{
    override_schedulers(options, &settings->schedulers);
    set_text(&settings->account, options->account, "SBATCH_ACCOUNT");
    set_text(&settings->partition, options->partition, "SBATCH_PARTITION");
    set_text(&settings->qos, options->qos, "SBATCH_QOS");
    const char *variable = getenv("SBATCH_TIMELIMIT");
    if (options->walltime_usec)
        settings->walltime_usec = options->walltime_usec;
    else if (!settings->walltime_usec && variable &&
             walltime_parse(variable, &settings->walltime_usec))
        return error_set(err, ERROR_USAGE, 0,
                         "SBATCH_TIMELIMIT=%s is no time: 30 (minutes), 2:00:00, 1-12", variable);
    if (options->max_allocations >= 0)
        settings->max_allocations = options->max_allocations;
    if (options->max_fails >= 0)
        settings->max_fails = options->max_fails;
    if (options->limits >= 0)
        settings->limits = (enum limits_mode)options->limits;
    if (options->stdio >= 0)
        settings->stdio = stdio_mode_settle((enum stdio_mode)options->stdio, jobs);
    if (options->hash >= 0)
        settings->hash = (enum hash_mode)options->hash;
    if (options->pack >= 0)
        settings->pack = (enum pack_mode)options->pack;
    if (options->shortest_usec)
        settings->shortest_usec = options->shortest_usec;
    struct sbatch_asks asks;
    sbatch_asks_init(&asks);
    if (sbatch_options_add_words(&settings->sbatch_options, options->sbatch_options, err) ||
        sbatch_asks_add(&asks, &settings->sbatch_options, err))
        return -1;
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Options of torc-run.
#include "runner/options.h"

#include <string.h>

#include "lib/base/command_line.h"
#include "lib/base/mem.h"
#include "lib/plan/plan.h"
#include "lib/store/store.h"

static const char *const accounting_words[] = {"auto", "proc", NULL};

#define AT(field) offsetof(struct options, field)
static const struct option_row table[] = {
    {"db", 0, OPTION_TEXT, AT(db), "PATH",
     "the workflow database (default: $TORC_DB, else torc.db here)", NULL},
    {"workflow", 0, OPTION_ID, AT(workflow_id), "ID",
     "go on with a workflow that exists, instead of WORKFLOW", NULL},
    {"restart", 0, OPTION_FLAG, AT(restart), NULL,
     "run again what must of a workflow, after WORKFLOW has changed ([ID] [WORKFLOW])", NULL},
    {"commands", 0, OPTION_TEXT, AT(commands), "FILE",
     "run each line of FILE as a job of one CPU, instead of WORKFLOW", NULL},
    {"cpus", 'c', OPTION_COUNT, AT(cpus), "N", "CPUs that jobs may use (default: all)", NULL},
    {"memory", 0, OPTION_MEMORY, AT(memory_bytes), "SIZE",
     "memory that jobs may use: 512m, 2g, ... (default: all)", NULL},
    {"own-memory", 0, OPTION_SIZE, AT(own_memory_bytes), "SIZE",
     "of an allocation's memory, what is not for jobs (default: 64m)", NULL},
    {"kill-wait", 0, OPTION_COUNT, AT(kill_wait_secs), "SECS",
     "how long after TERM Slurm kills (default: 30)", NULL},
    {"gpus", 0, OPTION_COUNT_0, AT(gpus), "N",
     "GPUs that jobs may use (default: those visible here)", NULL},
    {"time", 't', OPTION_TIME, AT(time_usec), "TIME",
     "stop after so long: 30 (minutes), 1:30:00, 2h; the rest can go on later", NULL},
    {"limits", 0, OPTION_WORD, AT(limits), "MODE",
     "enforce (default), warn or off: are jobs held to memory and runtime?", limits_mode_names},
    {"stdio", 0, OPTION_WORD, AT(stdio), "MODE",
     "auto (default), separate, combined, no_stdout, no_stderr, none, stream", stdio_mode_names},
    {"hash", 0, OPTION_WORD, AT(hash), "MODE",
     "auto (default: up to 64 MiB), all or none: which files are hashed, for restarts",
     hash_mode_names},
    {"max-fails", 0, OPTION_COUNT_0, AT(max_fails), "N",
     "start no more jobs after N failures (0: never stop)", NULL},
    {"allow-missing", 0, OPTION_FLAG, AT(allow_missing), NULL,
     "accept input files that do not exist yet", NULL},
    {"label", 0, OPTION_LABELS, AT(labels), "A,B",
     "take only jobs that have labels, and none but these; may be repeated", NULL},
    {"accounting", 0, OPTION_WORD, AT(accounting), "HOW",
     "auto (default), or proc: measure without cgroups", accounting_words},
    {"submission", 0, OPTION_TEXT, AT(submission), "TAG",
     "the submission that started this (torc-sbatch says it)", NULL},
    {"quiet", 'Q', OPTION_FLAG, AT(quiet), NULL, "say nothing but errors", NULL},
    {"help", 'h', OPTION_HELP, 0, NULL, "this text", NULL},
    {"version", 'V', OPTION_VERSION, 0, NULL, "the version", NULL},
};

// Of sbatch, NREL's torc and HyperQueue.
static const struct option_slip slips[] = {
    {"num-cpus", 0, "--cpus N"},
    {"ntasks", 'n', "--cpus N, of all jobs together; of one: num_cpus of its class"},
    {"cpus-per-task", 0, "--cpus N, of all jobs together; of one: num_cpus of its class"},
    {"max-parallel-jobs", 'j', "--cpus N: as many jobs run as fit into it"},
    {"memory-gb", 0, "--memory 4g"},
    {"mem", 0, "--memory SIZE"},
    {"num-gpus", 0, "--gpus N"},
    {"gres", 0, "--gpus N"},
    {"time-limit", 0, "-t, --time: 30 (minutes), 1:30:00, 2h"},
    {"walltime", 0, "-t, --time: 30 (minutes), 1:30:00, 2h"},
    {"end-time", 0, "-t, --time: how long, not until when"},
    {"ignore-missing-data", 'i', "--allow-missing"},
    {"output-dir", 0, "the folder torc_output, beside the workflow file"},
    {"output", 'o', "the folder torc_output; torc logs JOB shows what a job wrote"},
    {"error", 'e', "the folder torc_output; torc logs JOB shows what a job wrote"},
    {"account", 'A', "torc-sbatch --account NAME; torc-run runs on this machine"},
    {"partition", 'p', "torc-sbatch --partition NAMES; torc-run runs on this machine"},
    {"qos", 'q', "torc-sbatch --qos NAME; torc-run runs on this machine"},
    {"nodes", 'N', "torc-sbatch, which asks Slurm for nodes; torc-run runs on this machine"},
    {"array", 'a', "parameters of a job: {i} in its name and command, \"i\": \"1:100\""},
    {"wait", 'W', "nothing: torc-run stays until the workflow has ended"},
    {"dry-run", 0, "torc plan FILE"},
    {"command", 0, "--commands FILE (- reads standard input), a command a line"},
    {"commands-file", 'C', "--commands FILE"},
    {"param", 0, "parameters of a job, in a workflow file"},
    {"poll-interval", 0, "nothing: nobody polls"},
    {"skip-checks", 0, "nothing: what is wrong with the file must be put right"},
    {NULL, 0, NULL},
};

static void print_exit_codes(void)
{
    puts("\nExit status: 0 all jobs completed; 1 some did not; 2 bad usage or a bad workflow file; "
         "3 the database could not\n"
         "be reached; 130 interrupted. ^C ends the running jobs, a second ^C kills them.");
}

static const struct command_line line = {
    .program = "torc-run",
    .usage =
        "usage: torc-run [OPTION...] WORKFLOW\n"
        "       torc-run [OPTION...] --workflow ID\n"
        "       torc-run [OPTION...] --commands FILE\n"
        "       torc-run [OPTION...] --restart [ID] [WORKFLOW]\n"
        "Runs the jobs of a workflow on this machine and records what they did in a database.\n",
    .notes = print_exit_codes,
    .rows = table,
    .count = sizeof table / sizeof *table,
    .elsewhere = "see torc-run --help",
    .slips = slips,
};

// --restart [ID] [WORKFLOW]: the id is taken from the operands.
static int take_id(struct options *options, int *count, char ***words, struct error *err)
{
    if (!options->restart)
        return 0;
    if (options->workflow_id || options->commands || options->submission)
        return error_set(err, ERROR_USAGE, 0,
                         "--restart takes an ID, a workflow file or both, not --workflow, "
                         "--commands or --submission");
    if (*count && ***words && strspn(**words, "0123456789") == strlen(**words)) {
        options->workflow_id = atoll(**words);
        ++*words;
        --*count;
    }
    if (*count + !!options->workflow_id == 0)
        return error_set(err, ERROR_USAGE, 0, "--restart: which workflow? Give its ID or its file");
    options->file = *count ? **words : NULL;
    return 0;
}

static int take_operands(struct options *options, int count, char **words, struct error *err)
{
    if (take_id(options, &count, &words, err))
        return -1;
    if (count > 1)
        return error_set(err, ERROR_USAGE, 0,
                         "one workflow file is expected, \"%s\" is one too many", words[1]);
    if (options->restart)
        return 0;
    if (count && options->workflow_id)
        return error_set(err, ERROR_USAGE, 0, "either a workflow file or --workflow ID, not both");
    if (options->commands && (count || options->workflow_id))
        return error_set(err, ERROR_USAGE, 0, "either a workflow or --commands FILE, not both");
    if (!count && !options->workflow_id && !options->commands)
        return error_set(
            err, ERROR_USAGE, 0,
            "which workflow? Give a workflow file, or --workflow ID to go on with one");
    options->file = count ? words[0] : options->commands;
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, bool *done, struct error *err)
{
    *options = (struct options){.gpus = -1,
                                .own_memory_bytes = PLAN_OWN_BYTES,
                                .kill_wait_secs = PLAN_KILL_WAIT_SECS,
                                .limits = -1,
                                .stdio = -1,
                                .hash = -1,
                                .max_fails = -1};
    options->command_line = command_line_join(line.program, argc, argv);
    int first = command_line_read(&line, options, argc, argv, done, err);
    if (first < 0 || *done)
        return first < 0 ? -1 : 0;
    options->db = store_where(options->db);
    return take_operands(options, argc - first, argv + first, err);
}

void options_fini(struct options *options)
{
    free(options->command_line);
    options->command_line = NULL;
    free(options->labels);
    options->labels = NULL;
}

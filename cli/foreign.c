// SPDX-License-Identifier: GPL-2.0-or-later
// Commands of others: a table, the words with a second one first.
#include "cli/foreign.h"

#include <string.h>

#include "lib/base/mem.h"

#define NO_SERVER "nothing: no server runs, the database is a file (--db PATH, $TORC_DB)"
#define IN_THE_FILE "an entry of the workflow file; after a change: torc-sbatch --restart ID FILE"

static const struct foreign_command {
    const char *word, *second; // second NULL: whatever follows
    const char *here;
} commands[] = {
    {"run", NULL,
     "torc-run FILE, a program of its own; of a workflow that exists: torc-run "
     "--workflow ID"},
    {"submit", NULL,
     "torc-sbatch FILE, a program of its own; of a workflow that exists: "
     "torc-sbatch --top-up ID"},
    {"submit-slurm", NULL, "torc-sbatch --account NAME FILE"},
    {"create", NULL,
     "torc-sbatch FILE or torc-run FILE, which create what they run; to check it "
     "only: torc validate FILE"},
    {"exec", NULL,
     "torc-run --commands FILE, a command a line (- reads standard input); on Slurm: "
     "torc-sbatch --commands FILE -c 1 --mem 1g -t 10"},
    {"watch", NULL,
     "torc status --watch ID; to try again what failed: torc restart --escalate ID, "
     "or a failure handler"},
    {"tui", NULL, "torc status --watch ID"},
    {"report", NULL, "torc-report [REPORT] [ID], a program of its own"},

    {"workflows", "create",
     "torc-sbatch FILE or torc-run FILE, which create what they run; to "
     "check it only: torc validate FILE"},
    {"workflows", "create-slurm", "torc-sbatch --account NAME FILE"},
    {"workflows", "new", "a workflow file and torc-sbatch FILE"},
    {"workflows", "get", "torc show ID"},
    {"workflows", "update", "torc-sbatch --restart ID FILE, after a change of the file"},
    {"workflows", "cancel", "torc cancel ID"},
    {"workflows", "delete", "torc delete ID"},
    {"workflows", "archive", "nothing: torc list shows all workflows, torc delete ID removes one"},
    {"workflows", "submit", "torc-sbatch FILE; of a workflow that exists: torc-sbatch --top-up ID"},
    {"workflows", "run", "torc-run FILE; of a workflow that exists: torc-run --workflow ID"},
    {"workflows", "initialize", "nothing: torc-sbatch and torc-run do it"},
    {"workflows", "reinitialize", "torc restart ID; --dry-run shows what would run again"},
    {"workflows", "reset-status", "torc restart ID, or torc restart --force ID for all jobs"},
    {"workflows", "status", "torc status ID"},
    {"workflows", "execution-plan", "torc plan FILE"},
    {"workflows", "list-actions", "torc show ID"},
    {"workflows", "is-complete", "torc status ID, or torc wait ID, whose exit code says it"},
    {"workflows", "export", "torc-report --json ID, which has everything that is known"},
    {"workflows", "import", "torc-sbatch FILE; torc import FILE reads instances of WfCommons"},
    {"workflows", "sync-status", "torc status ID, which asks Slurm itself"},
    {"workflows", "correct-resources", "torc-report classes ID, then torc update CLASS"},
    {"workflows", NULL, "torc list"},

    {"jobs", "list", "torc jobs ID; torc-report jobs ID"},
    {"jobs", "get", "torc show ID.NAME"},
    {"jobs", "create", IN_THE_FILE},
    {"jobs", "create-from-file", "torc-sbatch --commands FILE, torc-run --commands FILE"},
    {"jobs", "update",
     "torc update CLASS; more by a change of the file: torc-sbatch --restart ID "
     "FILE"},
    {"jobs", "delete",
     "torc disable ID.NAME; or take it out of the file: torc-sbatch --restart ID "
     "FILE"},
    {"jobs", "delete-all", "torc delete ID"},
    {"jobs", "list-resource-requirements", "torc-report classes ID"},
    {"jobs", "list-failure-handlers", "torc show ID"},
    {"jobs", "reset-status", "torc restart --job ID.NAME"},
    {"job", "list", "torc list"},
    {"job", "cat", "torc logs ID.NAME"},
    {"job", "wait", "torc wait ID"},
    {"job", "cancel", "torc cancel ID"},
    {"job", "progress", "torc status --watch ID"},
    {"job", NULL, "torc show ID.NAME; torc jobs ID lists them"},
    {"task", NULL, "torc jobs ID, torc show ID.NAME"},

    {"results", "get", "torc show ID.NAME"},
    {"results", "delete", "torc restart --job ID.NAME, which runs it again and keeps both results"},
    {"results", NULL, "torc-report jobs ID"},
    {"user-data", "get", "torc data get NAME --workflow ID"},
    {"user-data", "create", "torc data set NAME JSON --workflow ID; declared in the file"},
    {"user-data", "update", "torc data set NAME JSON --workflow ID"},
    {"user-data", NULL, "torc data list --workflow ID"},
    {"events", "create", "torc event post NAME [JSON]"},
    {"events", "monitor", "torc event list --follow --workflow ID"},
    {"events", NULL, "torc event list --workflow ID"},
    {"files", NULL, "torc graph --kind job-file ID; torc show ID.NAME has those of a job"},
    {"resource-requirements", "update", "torc update CLASS --memory SIZE --runtime TIME"},
    {"resource-requirements", NULL, "torc-report classes ID"},
    {"failure-handlers", NULL, "torc show ID"},
    {"job-dependencies", "job-file", "torc graph --kind job-file ID"},
    {"job-dependencies", "job-user-data", "torc graph --kind job-file ID"},
    {"job-dependencies", NULL, "torc graph --kind job-job ID"},
    {"compute-nodes", NULL, "torc status ID; of those that have left: torc-report allocations ID"},
    {"scheduled-compute-nodes", NULL, "torc-report allocations ID"},
    {"reports", "check-resource-utilization", "torc-report usage ID, torc-report classes ID"},
    {"reports", "results", "torc-report jobs ID; torc-report --json ID"},
    {"reports", NULL, "torc-report ID"},
    {"logs", "bundle", "torc-report --json ID, and the folder torc_output"},
    {"logs", "analyze", "torc logs --failed ID"},
    {"plot-resources", NULL, "torc-report samples --csv ID"},

    {"slurm", "generate", "torc plan FILE; the scripts: torc-sbatch --dry-run FILE"},
    {"slurm", "regenerate", "torc-sbatch --top-up ID, which runners do by themselves"},
    {"slurm", "schedule-nodes", "torc-sbatch --top-up ID, which runners do by themselves"},
    {"slurm", "sacct", "torc-report allocations ID"},
    {"slurm", "stats", "torc-report usage ID"},
    {"slurm", "usage", "torc-report allocations ID"},
    {"slurm", "cancel", "torc cancel ID"},
    {"slurm", "parse-logs", "torc logs --failed ID"},
    {"slurm", NULL, "torc-sbatch, which plans from the file; slurm_schedulers of it says more"},
    {"hpc", NULL, "torc plan FILE and torc check, which ask Slurm; there are no profiles"},
    {"remote", NULL, "torc-run --workflow ID on each machine that sees the database"},
    {"worker", NULL, "torc status ID; one more: torc-run --workflow ID"},
    {"alloc", NULL, "torc-report allocations ID; torc-sbatch asks for what jobs need"},

    {"ro-crate", NULL, "torc export --ro-crate DIR ID"},
    {"access-groups", NULL, "access_groups of the workflow file: groups of Unix"},
    {"admin", NULL, NO_SERVER},
    {"config", NULL, "nothing to set up; torc check tells what this cluster gives"},
    {"ping", NULL, "torc check"},
    {"server", NULL, NO_SERVER},
    {"dashboard", NULL, "torc status --watch ID"},
    {"completions", NULL, "not there; torc help lists the commands"},
};

static const struct foreign_command *find(const char *word, const char *second)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(commands[i].word, word) &&
            (!commands[i].second || (second && !strcmp(commands[i].second, second))))
            return &commands[i];
    return NULL;
}

char *foreign_command_text(const char *word, const char *second)
{
    const struct foreign_command *row = find(word, second);
    return row ? xasprintf("\"torc %s%s%s\" is here: %s", word, row->second ? " " : "",
                           row->second ? row->second : "", row->here)
               : NULL;
}

const struct option_slip foreign_options[] = {
    {"standalone", 's', NO_SERVER},
    {"format", 'f', "--json, after the command"},
    {"url", 0, NO_SERVER},
    {"password", 0, NO_SERVER},
    {"prompt-password", 0, NO_SERVER},
    {"username", 0, NO_SERVER},
    {"tls-ca-cert", 0, NO_SERVER},
    {"tls-insecure", 0, NO_SERVER},
    {"cookie-header", 0, NO_SERVER},
    {"torc-server-bin", 0, NO_SERVER},
    {"skip-version-check", 0, NO_SERVER},
    {"server-dir", 0, NO_SERVER},
    {"log-level", 0, "nothing; torc event list tells all that happened"},
    {"no-prompts", 0, "nothing: no command asks; try again what failed by torc restart --escalate"},
    {"memory-multiplier", 0, "torc restart --escalate, or scale_memory of a failure handler"},
    {"runtime-multiplier", 0, "torc restart --escalate, or scale_runtime of a failure handler"},
    {"retry-unknown", 0, "torc restart --failed"},
    {"recovery-hook", 0, "recovery_script of a failure handler"},
    {"user", 'u', "nothing: a database is its owner's; another one by --db PATH"},
    {"all-users", 0, "nothing: a database is its owner's; another one by --db PATH"},
    {"output-dir", 'o', "the folder torc_output, beside the workflow file"},
    {NULL, 0, NULL},
};

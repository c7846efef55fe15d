// SPDX-License-Identifier: GPL-2.0-or-later
// torc-report: what a workflow did and what it used, as tables, CSV or JSON.
#include <errno.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/command_line.h"
#include "lib/base/mem.h"
#include "lib/base/suggest.h"
#include "lib/base/text.h"
#include "lib/show/document.h"
#include "lib/show/target.h"
#include "report/report.h"

static const char program[] = "torc-report";

static const struct report_kind {
    const char *name;
    int (*print)(struct report *report, struct error *err);
    document_section *section; // of the JSON document; NULL: all of it
    const char *help;
} kinds[] = {
    {"summary", report_summary, NULL,
     "how it went, what failed and why, what it used (the default)"},
    {"jobs", report_jobs, document_all_jobs, "each job: state, why, node, start, how long"},
    {"usage", report_usage, document_all_jobs, "each job: CPU, memory and time, asked and used"},
    {"actions", report_actions, document_actions,
     "each action: what it does and when, what it waits for, how it ended"},
    {"classes", report_classes, document_classes, "each resource class: asked and used"},
    {"advice", report_advice, document_advice, "each resource class: what to ask for next time"},
    {"allocations", report_allocations, document_allocations,
     "what was asked of Slurm, and what ran in it"},
    {"events", report_events, document_events, "everything that happened, in order"},
    {"data", report_data, document_data, "user data and its values"},
    {"samples", report_samples, document_samples,
     "time series of CPU and memory, where the workflow asks for them"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct options {
    const char *db, *workflow, *advice;
    const struct report_kind *kind;
    bool json, csv;
};

#define AT(field) offsetof(struct options, field)
static const struct option_row table[] = {
    {"db", 0, OPTION_TEXT, AT(db), "PATH",
     "the database; else $TORC_DB, else torc.db in this folder", NULL},
    {"advice", 0, OPTION_TEXT, AT(advice), "FILE",
     "write what to ask for next time to FILE, for torc-sbatch --resources", NULL},
    {"json", 0, OPTION_FLAG, AT(json), NULL,
     "one JSON document: the whole of it, or the named report's part", NULL},
    {"csv", 0, OPTION_FLAG, AT(csv), NULL,
     "the table as comma-separated values: bytes, seconds, UTC times", NULL},
    {"help", 'h', OPTION_HELP, 0, NULL, "this text", NULL},
    {"version", 'V', OPTION_VERSION, 0, NULL, "the version", NULL},
};

static void print_reports(void)
{
    puts("\nReports:");
    for (int i = 0; i < KINDS; i++)
        printf("  %-12s %s\n", kinds[i].name, kinds[i].help);
}

static const struct command_line line = {
    .program = program,
    .usage = "usage: torc-report [OPTION...] [REPORT] [ID]\n"
             "Reports on the workflow ID (a number or a name; the last one in the database, if "
             "none is given).\n",
    .notes = print_reports,
    .rows = table,
    .count = sizeof table / sizeof *table,
    .elsewhere = "see torc-report --help",
};

static int read_options(int argc, char **argv, struct options *options, bool *done,
                        struct error *err)
{
    *options = (struct options){.kind = kinds};
    int next = command_line_read(&line, options, argc, argv, done, err);
    if (next < 0 || *done)
        return next < 0 ? -1 : 0;
    for (int i = 0; next < argc && i < KINDS; i++) {
        if (!strcmp(argv[next], kinds[i].name)) {
            options->kind = &kinds[i];
            next++;
            break;
        }
    }
    if (next < argc)
        options->workflow = argv[next++];
    if (next < argc)
        return error_set(err, ERROR_USAGE, 0, "one argument too many: %s", argv[next]);
    if (options->json && options->csv)
        return error_set(err, ERROR_USAGE, 0, "--json and --csv exclude each other");
    if (options->csv && options->kind->print == report_summary)
        return error_set(
            err, ERROR_USAGE, 0,
            "--csv needs a report that is a table: jobs, usage, actions, classes, advice, "
            "allocations, events, data or samples");
    return 0;
}

static int print_json(struct report *report, const struct report_kind *kind, struct error *err)
{
    struct json_stream json;
    int result = 0;
    json_stream_init(&json, stdout);
    json_stream_object(&json, NULL);
    document_workflow(&json, report->workflow);
    document_section *const all[] = {document_all_jobs,    document_actions, document_classes,
                                     document_allocations, document_runners, document_events,
                                     document_data,        document_samples};
    if (kind->section)
        result = kind->section(&json, report->store, report->workflow, err);
    for (size_t i = 0; i < sizeof all / sizeof *all && !kind->section && !result; i++)
        result = all[i](&json, report->store, report->workflow, err);
    json_stream_end(&json);
    return result;
}

// What is no workflow may be a slip in the name of a report.
static void suggest_report(const char *word, struct error *err)
{
    const char *names[KINDS];
    for (int i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    cleanup_free char *near = suggest_phrase(word, names, KINDS);
    for (int i = 0; i < KINDS; i++)
        if (!strcmp(word, names[i])) { // `jobs usage`
            error_set(err, ERROR_USAGE, 0, "one report at a time, or an ID after it, not \"%s\"",
                      word);
            return;
        }
    if (*near)
        error_set(err, ERROR_USAGE, 0, "there is no report and no workflow \"%s\"%s", word, near);
}

static int run(const struct options *options, struct error *err)
{
    struct screen screen;
    struct read_reply reply = {0};
    screen_init(&screen, stdout);
    struct report report = {.screen = &screen, .style = options->csv ? TABLE_CSV : TABLE_PEOPLE};
    report.now_usec = clock_real_usec();
    report.store = target_open(options->db, STORE_READ, err);
    if (!report.store)
        return -1;
    int result = target_workflow(
        report.store, options->workflow ? options->workflow : target_own(options->db), &reply, err);
    if (result && options->workflow)
        suggest_report(options->workflow, err);
    if (!result) {
        report.workflow = reply.workflows;
        result = options->advice ? report_write_advice(&report, options->advice, err)
                 : options->json ? print_json(&report, options->kind, err)
                                 : options->kind->print(&report, err);
        read_reply_fini(&reply);
    }
    store_close(report.store);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    bool done = false;
    if (read_options(argc, argv, &options, &done, &err) || (!done && run(&options, &err))) {
        fflush(stdout);
        cleanup_free char *safe = text_safe(err.text); // names of users are in it
        fprintf(stderr, "%s: %s\n", program, safe);
        return (int)err.code;
    }
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "%s: cannot write the report: %s\n", program, strerror(errno));
        return ERROR_INTERNAL;
    }
    return ERROR_NONE;
}

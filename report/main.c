// SPDX-License-Identifier: GPL-2.0-or-later
// torc-report: what a workflow did and what it used, as tables, CSV or JSON.
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <time.h>

#include "lib/document.h"
#include "lib/mem.h"
#include "lib/suggest.h"
#include "lib/target.h"
#include "lib/text.h"
#include "report/report.h"

static const char program[] = "torc-report";

static const struct report_kind {
    const char *name;
    int (*print)(struct report *report, struct error *err);
    document_section *section; /* of the JSON document; NULL: all of it */
    const char *help;
} kinds[] = {
    {"summary", report_summary, NULL, "how it went, what failed and why, what it used (the default)"},
    {"jobs", report_jobs, document_all_jobs, "each job: state, why, node, start, how long"},
    {"usage", report_usage, document_all_jobs, "each job: CPU, memory and time, asked and used"},
    {"classes", report_classes, document_classes, "each resource class: asked and used"},
    {"allocations", report_allocations, document_allocations, "what was asked of Slurm, and what ran in it"},
    {"events", report_events, document_events, "everything that happened, in order"},
    {"data", report_data, document_data, "user data and its values"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct options {
    const char *db, *workflow;
    const struct report_kind *kind;
    bool json, csv;
};

static void print_help(void)
{
    puts("usage: torc-report [--db PATH] [--json | --csv] [REPORT] [ID]\n\n"
         "Reports on the workflow ID (a number or a name; the last one in the database, if none is given).\n\nReports:");
    for (int i = 0; i < KINDS; i++)
        printf("  %-12s %s\n", kinds[i].name, kinds[i].help);
    puts("\nOptions:\n"
         "  --db PATH    the database; else $TORC_DB, else torc.db in this folder\n"
         "  --json       one JSON document: the whole of it, or the named report's part\n"
         "  --csv        the table as comma-separated values: bytes, seconds, UTC times\n"
         "  --help, --version");
}

static int usage_error(const char *what, const char *text)
{
    fprintf(stderr, "%s: %s%s; see %s --help\n", program, what, text, program);
    return ERROR_USAGE;
}

static int refuse_option(const char *typed)
{
    static const char *const names[] = {"db", "json", "csv", "help", "version"};
    cleanup_free char *near = suggest_option(typed, names, sizeof names / sizeof *names);
    bool known = !strcmp(typed, "--db");
    fprintf(stderr, "%s: %s %s%s%s\n", program, typed, known ? "needs a value" : "is no option of torc-report", known ? "" : near,
            *near ? "" : "; see torc-report --help");
    return ERROR_USAGE;
}

/* -1: go on; else the exit code. */
static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"db", required_argument, NULL, 'd'}, {"json", no_argument, NULL, 'j'},    {"csv", no_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},     {"version", no_argument, NULL, 'V'}, {0},
    };
    *options = (struct options){.kind = kinds};
    opterr = 0;
    for (int letter; (letter = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        if (letter == 'h') {
            print_help();
            return ERROR_NONE;
        }
        if (letter == 'V') {
            printf("%s %s\n", program, TORC_VERSION);
            return ERROR_NONE;
        }
        if (letter == '?')
            return refuse_option(argv[optind - 1]);
        if (letter == 'd')
            options->db = optarg;
        options->json |= letter == 'j';
        options->csv |= letter == 'c';
    }
    for (int i = 0; optind < argc && i < KINDS; i++) {
        if (!strcmp(argv[optind], kinds[i].name)) {
            options->kind = &kinds[i];
            optind++;
            break;
        }
    }
    if (optind < argc)
        options->workflow = argv[optind++];
    if (optind < argc)
        return usage_error("one argument too many: ", argv[optind]);
    if (options->json && options->csv)
        return usage_error("--json and --csv", " exclude each other");
    if (options->csv && options->kind->print == report_summary)
        return usage_error("--csv needs a report that is a table: ", "jobs, usage, classes, allocations, events or data");
    return -1;
}

static int print_json(struct report *report, const struct report_kind *kind, struct error *err)
{
    struct json_stream json;
    int result = 0;
    json_stream_init(&json, stdout);
    json_stream_object(&json, NULL);
    document_workflow(&json, report->workflow);
    document_section *const all[] = {document_all_jobs, document_classes, document_allocations,
                                     document_runners,  document_events,  document_data};
    for (size_t i = 0; i < sizeof all / sizeof *all && !result; i++)
        if (!kind->section || kind->section == all[i])
            result = all[i](&json, report->store, report->workflow, err);
    json_stream_end(&json);
    return result;
}

/* What is no workflow may be a slip in the name of a report. */
static void suggest_report(const char *word, struct error *err)
{
    const char *names[KINDS];
    for (int i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    cleanup_free char *near = suggest_phrase(word, names, KINDS);
    if (*near)
        error_set(err, ERROR_USAGE, 0, "there is no report and no workflow \"%s\"%s", word, near);
}

static int run(const struct options *options, struct error *err)
{
    struct screen screen;
    struct timespec now;
    struct read_reply reply = {0};
    screen_init(&screen, stdout);
    clock_gettime(CLOCK_REALTIME, &now);
    struct report report = {.screen = &screen, .style = options->csv ? TABLE_CSV : TABLE_PEOPLE};
    report.now_usec = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
    report.store = target_open(options->db, STORE_READ, err);
    if (!report.store)
        return -1;
    int result = target_workflow(report.store, options->workflow, &reply, err);
    if (result && options->workflow)
        suggest_report(options->workflow, err);
    if (!result) {
        report.workflow = reply.workflows;
        result = options->json ? print_json(&report, options->kind, err) : options->kind->print(&report, err);
        read_reply_fini(&reply);
    }
    store_close(report.store);
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    int code = read_options(argc, argv, &options);
    if (code >= 0)
        return code;
    if (run(&options, &err)) {
        fflush(stdout);
        cleanup_free char *safe = text_safe(err.text); /* names of users are in it */
        fprintf(stderr, "%s: %s\n", program, safe);
        return (int)err.code;
    }
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "%s: cannot write the report: %s\n", program, strerror(errno));
        return ERROR_INTERNAL;
    }
    return ERROR_NONE;
}

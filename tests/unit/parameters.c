// SPDX-License-Identifier: GPL-2.0-or-later
// Workflows with variables, parameters and tables, in each format: what jobs, files and data they
// come to.
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/text/problem.h"
#include "lib/workflow/commands_file.h"
#include "lib/workflow/workflow.h"
#include "tests/tap.h"

static const struct {
    const char *name, *text;
    // "name|command" of jobs, then "name=path" of files, then "name:json" of data
    const char *result;
    const char *said; // part of a warning; NULL: none
} rows[] = {
    {"w.json",
     "{\"name\": \"w\", \"jobs\": [{\"name\": \"a_{i:03d}\", \"command\": \"x {i} {i:.1f} {i}\", "
     "\"parameters\": {\"i\": \"8:10\"}}]}",
     "a_008|x 8 8.0 8 a_009|x 9 9.0 9 a_010|x 10 10.0 10", NULL},
    {"w.json5",
     "{name: 'w', jobs: [{name: '{j}{i}', command: '{i}', parameters: {i: '0:0.2:0.1', j: ['a,b', "
     "2]}}]}",
     "a,b0|0 20|0 a,b0.1|0.1 20.1|0.1 a,b0.2|0.2 20.2|0.2", NULL},
    {"w.yaml",
     "name: w\njobs:\n- name: '{i}'\n  command: x {i}\n  parameters: {i: [010, 5, 1:5, no, true, "
     "1.50, 'q', 0x1f, 1e3]}\n",
     "010|x 010 5|x 5 1:5|x 1:5 no|x no true|x true 1.50|x 1.50 q|x q 0x1f|x 0x1f 1e3|x 1e3", NULL},
    {"w.yaml",
     "name: w\njobs:\n- {name: '{i}_{j}', command: x, parameter_mode: zip, parameters: {i: 1:2, j: "
     "'[u, ''v,w'']'}}\n",
     "1_u|x 2_v,w|x", NULL},
    {"w.yaml",
     "name: w\nparameters: {i: 1:2, j: 7}\njobs:\n- {name: '{j}_{i}', command: x, use_parameters: "
     "[j, i], parameters: {i: '3:4'}}\n"
     "- {name: '{k}{i}', command: x, use_parameters: [i], parameters: {k: '[p,q]'}}\n- {name: "
     "plain, command: 'echo ${i} {{i}}'}\n",
     "7_3|x 7_4|x p1|x q1|x p2|x q2|x plain|echo ${i} {{i}}", NULL},
    {"w.json",
     "{\"name\": \"w\", \"parameters\": {\"v\": [1.1, 1.10, 2E5, -0, \"007\"]}, \"jobs\": "
     "[{\"name\": "
     "\"{v}\", \"command\": \"{v:.1f}\", \"use_parameters\": [\"v\"]}, {\"name\": \"{w}\", "
     "\"command\": "
     "\"x\", \"parameters\": {\"w\": 3.0}}]}",
     "1.1|1.1 1.10|1.1 2E5|200000.0 -0|-0.0 007|7.0 3.0|x", NULL},
    {"w.json5",
     "{name: 'w', jobs: [{name: '{i}_{j}', command: 'x', parameters: {i: [1.10, +7, 0x1F], j: "
     "'[007]'}}]}",
     "1.10_007|x 7_007|x 31_007|x", NULL},
    {"w.csv.json",
     "{\"name\": \"w\", \"jobs\": [{\"name\": \"v{v}\", \"command\": \"{v}\", \"parameters_file\": "
     "\"versions.csv\"}]}",
     "v1.1|1.1 v1.10|1.10 v007|007 v2E5|2E5", NULL},
    {"w.json",
     "{\"name\": \"w\", \"jobs\": [{\"name\": \"c{n}\", \"command\": \"x\", \"cpus\": \"{n}\", "
     "\"parameters\": {\"n\": \"[008, 2E0]\"}}]}",
     "c008|x c2E0|x", NULL},
    {"w.json",
     "{\"name\": \"w\", \"variables\": {\"d\": \"out\", \"n\": \"j\"}, \"files\": [{\"name\": "
     "\"f_{i}\", \"path\": \"{d}/{i}\","
     " \"parameters\": {\"i\": [1, 2]}}], \"jobs\": [{\"name\": \"{n}_{i}\", \"command\": \"${d} "
     "${files.output.f_{i}} {{i}}\","
     " \"parameters\": {\"i\": [1, 2]}}]}",
     "j_1|${d} out/1 {i} j_2|${d} out/2 {i} f_1=out/1 f_2=out/2", NULL},
    {"w.json",
     "{\"name\": \"w\", \"user_data\": [{\"name\": \"d{i}\", \"data\": {\"{i}\": [\"{i}\", 0.1, "
     "{\"k\": \"v{i}\"}]},"
     " \"parameters\": {\"i\": \"1:2\"}}], \"jobs\": [{\"name\": \"a\", \"command\": \"x\"}]}",
     "a|x d1:{\"{i}\":[\"1\",0.1,{\"k\":\"v1\"}]} d2:{\"{i}\":[\"2\",0.1,{\"k\":\"v2\"}]}", NULL},
    {"w.yaml",
     "name: w\nuser_data: [{name: d, data: {a: 010, b: [1.10, yes, true, ~, '5']}}]\njobs: [{name: "
     "5, command: true}]\n",
     "5|true d:{\"a\":10,\"b\":[1.1,\"yes\",true,null,\"5\"]}", NULL},
    {"w.json",
     "{\"name\": \"w\", \"parameters_file\": \"table.csv\", \"jobs\": [{\"name\": \"{n}\", "
     "\"command\": \"x {v:.2f}\","
     " \"use_parameters_file\": true}, {\"name\": \"l{p}\", \"command\": \"x\", \"parameters\": "
     "{\"p\": \"@lines.txt\"}}]}",
     "a|x 0.50 b c|x 2.00 l7|x lone two|x l1.10|x l\"a\" \"b\"|x l\"|x", NULL},
    {"w.json",
     "{\"name\": \"w\", \"jobs\": [{\"name\": \"a{i:q}\", \"command\": \"x\", \"parameters\": "
     "{\"i\": 1}}]}",
     "a1|x", "{i:q} prints plain"},
    {"w.json",
     "{\"name\": \"w\", \"jobs\": [{\"name\": \"a{i:02d}\", \"command\": \"x\", \"parameters\": "
     "{\"i\": [\"u\"]}}]}",
     "au|x", "{i:02d} prints plain where"},
    {"w.json",
     "{\"name\": \"w\", \"jobs\": [{\"name\": \"a{i}\", \"command\": \"{print}\", \"parameters\": "
     "{\"i\": 1}}]}",
     "a1|{print}", "{print} is no parameter and stays as it is"},
    {"w.json", "{\"name\": \"w\", \"jobs\": [{\"name\": \"a\", \"command\": \"awk '{print}'\"}]}",
     "a|awk '{print}'", NULL},
};

static char *describe(const struct workflow *w)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    for (size_t i = 0; i < w->jobs_count; i++)
        fprintf(out, "%s%s|%s", i ? " " : "", w->jobs[i].name, w->jobs[i].command);
    for (size_t i = 0; i < w->files_count; i++)
        fprintf(out, " %s=%s", w->files[i].name, w->files[i].path);
    for (size_t i = 0; i < w->data_count; i++)
        fprintf(out, " %s:%s", w->data[i].name, w->data[i].data);
    fclose(out);
    return text;
}

static void put(const char *name, const char *text)
{
    cleanup_fclose FILE *file = fopen(name, "w");
    if (file)
        fputs(text, file);
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct workflow workflow;
        struct problems problems = {0};
        int result =
            workflow_load(rows[i].text, strlen(rows[i].text), rows[i].name, &workflow, &problems);
        cleanup_free char *got = result ? NULL : describe(&workflow);
        is_text(got, rows[i].result, rows[i].result);
        if (result || (!rows[i].said && problems.count))
            problems_print(&problems, stdout, "#", rows[i].name, 0);
        ok(rows[i].said ? problems.count == 1 && strstr(problems.list[0].text, rows[i].said)
                        : !problems.count,
           "and says: %s", rows[i].said ? rows[i].said : "nothing");
        workflow_fini(&workflow);
        problems_fini(&problems);
    }
}

// A fan-in written with parameters is one job that needs them all; texts that no parameter changes
// are shared.
static void test_unite(void)
{
    static const char text[] =
        "{\"name\": \"w\", \"parameters\": {\"i\": \"1:50\", \"j\": \"1:40\"}, \"jobs\": ["
        "{\"name\": \"w_{i}_{j}\", \"command\": \"same\", \"use_parameters\": [\"i\", \"j\"]},"
        "{\"name\": \"m_{i}\", \"command\": \"merge\", \"depends_on\": [\"w_{i}_{j}\"], "
        "\"use_parameters\": [\"i\", \"j\"]},"
        "{\"name\": \"all\", \"command\": \"merge\", \"depends_on\": [\"m_{i}\"], "
        "\"use_parameters\": [\"i\"]}]}";
    struct workflow workflow;
    struct problems problems = {0};
    is_int(workflow_load(text, sizeof text - 1, "w.json", &workflow, &problems), 0,
           "a fan-in of two stages is read");
    is_int((int64_t)workflow.jobs_count, 2051, "instances of one name are one job");
    is_int((int64_t)workflow.needs_count, 2050, "which needs what each of them does");
    ok(workflow.jobs_count == 2051 && workflow.jobs[2050].unmet == 50 &&
           workflow.jobs[2000].unmet == 40,
       "in both stages");
    ok(workflow.jobs[0].command == workflow.jobs[1999].command,
       "a text without parameters is kept once");
    workflow_fini(&workflow);
    problems_fini(&problems);
}

// Line ends of old Macs would make one line of all, of which the first # swallows the rest.
static void test_line_ends(void)
{
    static const char lists[][40] = {"echo a\recho b\r", "# all\recho a\necho b\n",
                                     "echo a\r\n\recho b\n"};
    static const struct commands_resources none = {0};
    struct workflow workflow;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct problems problems = {0};
        is_int(
            workflow_load_commands(lists[i], strlen(lists[i]), "list", &none, &workflow, &problems),
            i < 2 ? -1 : 0, lists[i]);
        if (i < 2 && ok(problems.count == 1, "is one error"))
            is_text(
                problems.list[0].text,
                "a line ends in CR alone here, as on old Macs; save the file with line ends of LF",
                "which says what to do");
        workflow_fini(&workflow);
        problems_fini(&problems);
    }
    static const char values[] = "{\"name\": \"w\", \"jobs\": [{\"name\": \"a{i}\", \"command\": "
                                 "\"x\", \"parameters\": {\"i\": \"@mac.txt\"}}]}";
    struct problems problems = {0};
    put("mac.txt", "# v\r7\r8\n9\n");
    is_int(workflow_load(values, sizeof values - 1, "w.json", &workflow, &problems), -1,
           "so it is in a file of values");
    if (ok(problems.count == 1, "one error"))
        is_text(
            problems.list[0].text,
            "mac.txt: line 1 ends in CR alone, as on old Macs; save the file with line ends of LF",
            "the same");
    unlink("mac.txt");
    workflow_fini(&workflow);
    problems_fini(&problems);
}

static void test_commands(void)
{
    static const char text[] = "# first\ntrue\n\n  cat ${files.input.x} \n";
    static const struct commands_resources resources = {
        .cpus = 2, .memory_bytes = 1 << 30, .runtime_usec = 600000000};
    struct workflow workflow;
    struct problems problems = {0};
    is_int(workflow_load_commands(text, sizeof text - 1, "runs/list.txt", &resources, &workflow,
                                  &problems),
           -1, "a wrong command");
    ok(problems.count == 1 && problems.list[0].line == 4 && problems.list[0].column == 3,
       "is shown where it stands");
    workflow_fini(&workflow);
    problems_fini(&problems);
    is_int(workflow_load_commands(text, 13, "runs/list.txt", &resources, &workflow, &problems), 0,
           "a right one");
    is_text(workflow.name, "list", "is named after the file");
    ok(workflow.classes_count == 1 && workflow.classes[0].cpus == 2 &&
           workflow.classes[0].runtime_usec == 600000000,
       "and asks for what the command line says");
    workflow_fini(&workflow);
}

int main(void)
{
    char folder[] = "/tmp/torc-parameters.XXXXXX";
    if (!ok(mkdtemp(folder) && chdir(folder) == 0, "a folder for tables"))
        return done_testing();
    put("table.csv", "n,v\na,0.5\n\"b c\",2\n");
    put("versions.csv", "v\n1.1\n1.10\n007\n2E5\n");
    put("lines.txt", "# values\n7\n\n one two \n'1.10'\n\"a\" \"b\"\n\"\n");
    test_rows();
    test_unite();
    test_commands();
    test_line_ends();
    unlink("table.csv");
    unlink("lines.txt");
    unlink("versions.csv");
    rmdir(folder);
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What an editor does to the workflow file of a case.
#include <stdlib.h>
#include <string.h>

#include "tests/unit/restart_case.h"

const char *const edit_names[EDITS] = {
    "touch",       "copy",        "change",    "change quietly", "change in place", "delete",
    "set alike",   "set another", "disable",   "command of",     "env of",          "class of",
    "priority of", "needs of",    "inputs of", "outputs of",     "data of",         "add",
    "remove",      "path of",     "name of",   "initial of",     "order",
};

bool edit_is_of_file(enum edit_kind kind)
{
    return kind > EDIT_DISABLE;
}

void edit_print(const struct edit *e, FILE *out)
{
    bool of_file = e->kind < EDIT_DATA_SAME || e->kind == EDIT_PATH || e->kind == EDIT_NAME,
         of_data =
             e->kind == EDIT_DATA_SAME || e->kind == EDIT_DATA_CHANGE || e->kind == EDIT_INITIAL;
    fprintf(out, " %s", edit_names[e->kind]);
    if (of_file || of_data)
        fprintf(out, " %c%d", of_file ? 'f' : 'd', e->which);
    else if (e->kind != EDIT_ORDER)
        fprintf(out, " j%c", 'a' + e->which);
    if (e->kind == EDIT_NEEDS)
        fprintf(out, " (j%c)", 'a' + e->other);
    else if (e->kind == EDIT_READS || e->kind == EDIT_WRITES || e->kind == EDIT_DATA_READ)
        fprintf(out, " (%c%d)", e->kind == EDIT_DATA_READ ? 'd' : 'f', e->other);
    fputs(";", out);
}

int case_asked(const struct oracle_case *c, const struct round *round)
{
    int asked = round->asked;
    while (c->jobs[asked].absent)
        asked = (asked + 1) % c->jobs_count;
    return asked;
}

void case_path(const struct oracle_case *c, int file, char path[16])
{
    snprintf(path, 16, c->files[file].path ? "f%d-%d" : "f%d", file, c->files[file].path);
}

static void edit_writes(struct oracle_case *c, int job, int f)
{
    struct case_file *file = &c->files[f];
    bool is_read_before = false;
    for (int j = 0; j <= job; j++)
        is_read_before |= c->jobs[j].reads[f];
    if (file->writer == job) {
        c->jobs[job].writes[f] = false;
        file->writer = -1;
    } else if (file->writer < 0 && !is_read_before) {
        c->jobs[job].writes[f] = true;
        file->writer = job;
    }
}

static int present(const struct oracle_case *c)
{
    int count = 0;
    for (int j = 0; j < c->jobs_count; j++)
        count += !c->jobs[j].absent;
    return count;
}

void case_edit(struct oracle_case *c, const struct edit *e)
{
    struct case_job *job = &c->jobs[e->which < c->jobs_count ? e->which : 0];
    struct case_file *file = &c->files[e->which < c->files_count ? e->which : 0];
    struct case_data *data = &c->data[e->which < c->data_count ? e->which : 0];
    switch (e->kind) {
    case EDIT_COMMAND:
        job->command++;
        break;
    case EDIT_ENV:
        job->env++;
        break;
    case EDIT_CLASS:
        job->class ++;
        break;
    case EDIT_PRIORITY:
        job->priority++;
        break;
    case EDIT_NEEDS:
        job->needs[e->other] = !job->needs[e->other] && e->other < e->which;
        break;
    case EDIT_READS:
        job->reads[e->other] = !job->reads[e->other] && c->files[e->other].writer < e->which;
        break;
    case EDIT_WRITES:
        edit_writes(c, e->which, e->other);
        break;
    case EDIT_DATA_READ:
        job->reads_data[e->other] =
            !job->reads_data[e->other] && c->data[e->other].writer < e->which;
        break;
    case EDIT_ADD:
        job->absent = false;
        break;
    case EDIT_REMOVE:
        job->absent |= present(c) > 2;
        break;
    case EDIT_PATH:
        file->path++;
        break;
    case EDIT_NAME:
        file->name = !file->name;
        break;
    case EDIT_INITIAL:
        memcpy(data->initial, e->value, sizeof data->initial);
        break;
    case EDIT_ORDER: {
        int first = c->order[0];
        memmove(c->order, c->order + 1, ((size_t)c->jobs_count - 1) * sizeof *c->order);
        c->order[c->jobs_count - 1] = first;
        break;
    }
    case EDIT_TOUCH:
    case EDIT_COPY:
    case EDIT_CHANGE:
    case EDIT_QUIET:
    case EDIT_IN_PLACE:
    case EDIT_DELETE:
    case EDIT_DATA_SAME:
    case EDIT_DATA_CHANGE:
    case EDIT_DISABLE:
    case EDITS:
        break;
    }
}

void case_now(const struct oracle_case *c, struct oracle_case *now)
{
    *now = *c;
    for (int j = 0; j < c->jobs_count; j++) {
        struct case_job *job = &now->jobs[j];
        bool found = false;
        for (int k = 0; k < c->jobs_count; k++) {
            job->needs[k] &= !c->jobs[k].absent;
            found |= k >= job->regex_first && k <= job->regex_last && !c->jobs[k].absent;
        }
        if (job->regex_first >= 0 && !found)
            job->regex_first = -1;
        if (job->absent)
            *job = (struct case_job){.kind = job->kind, .regex_first = -1, .absent = true};
    }
    for (int f = 0; f < c->files_count; f++) {
        struct case_file *file = &now->files[f];
        if (file->writer >= 0 && c->jobs[file->writer].absent)
            file->writer = -1;
        file->temporary &= file->writer >= 0;
    }
    for (int d = 0; d < c->data_count; d++) {
        struct case_data *data = &now->data[d];
        if (data->writer < 0 || !c->jobs[data->writer].absent)
            continue;
        data->writer = -1;
        if (!*data->initial) // what nobody sets has a value
            snprintf(data->initial, sizeof data->initial, "%08x", 1);
    }
}

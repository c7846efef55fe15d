// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/restart_case.h"

#include <stdlib.h>
#include <string.h>

static unsigned dice(struct oracle_case *c, unsigned sides)
{
    c->random = c->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(c->random >> 33) % sides;
}

static void random_content(struct oracle_case *c, content value)
{
    snprintf(value, sizeof(content), "%08x", dice(c, 0x3ffffff0) + 1);
}

// ---- the workflow ----

void case_init(struct oracle_case *c, int jobs, int files)
{
    *c = (struct oracle_case){.jobs_count = jobs, .files_count = files, .rounds_count = 2};
    for (int f = 0; f < files; f++)
        c->files[f].writer = -1;
    for (int j = 0; j < jobs; j++) {
        c->jobs[j].regex_first = -1;
        c->order[j] = j;
    }
    for (int r = 0; r < ROUNDS_MOST; r++) {
        c->rounds[r].claims = 2;
        for (int j = 0; j < jobs; j++)
            c->rounds[r].outcomes[j].state = JOB_COMPLETED;
    }
}

// A regex that several jobs have, and that so many match, becomes a barrier.
enum { WIDE = 8, SMALL_MOST = 10 };

static void generate_jobs(struct oracle_case *c)
{
    static const enum job_kind kinds[] = {KIND_PURE,   KIND_PURE,     KIND_PURE,
                                          KIND_COARSE, KIND_CONSTANT, KIND_SALTED};
    for (int j = 0; j < c->jobs_count; j++) {
        struct case_job *job = &c->jobs[j];
        job->kind = kinds[dice(c, 6)];
        job->goes_on = dice(c, 6) == 0;
        job->absent = j && dice(c, 10) == 0;
        if (j && dice(c, 4) == 0)
            job->needs[dice(c, (unsigned)j)] = true;
        if (j >= WIDE && dice(c, 2)) {
            job->regex_first = 0;
            job->regex_last = WIDE - 1;
        } else if (j > 1 && dice(c, 7) == 0) {
            job->regex_first = (int)dice(c, (unsigned)j);
            job->regex_last = job->regex_first + (int)dice(c, (unsigned)(j - job->regex_first));
        }
        int other = (int)dice(c, (unsigned)j + 1), at = c->order[other];
        c->order[other] = j; // a shuffle from inside out
        if (other != j)
            c->order[j] = at;
    }
}

static void generate_files(struct oracle_case *c)
{
    unsigned jobs = (unsigned)c->jobs_count;
    for (int f = 0; f < c->files_count; f++) {
        struct case_file *file = &c->files[f];
        file->writer = dice(c, 3) ? (int)dice(c, jobs) : -1;
        file->folder = dice(c, 8) == 0;
        file->long_short = dice(c, 3) == 0;
        file->temporary = file->writer >= 0 && dice(c, 3) == 0;
        int first = file->writer + 1;
        if (file->writer >= 0)
            c->jobs[file->writer].writes[f] = true;
        for (int readers = (int)dice(c, 4); readers > 0 && first < c->jobs_count; readers--)
            c->jobs[first + (int)dice(c, jobs - (unsigned)first)].reads[f] = true;
        if (file->writer >= 0 && !file->temporary && dice(c, 12) == 0)
            c->jobs[file->writer].reads[f] = true; // it goes on with what it wrote before
    }
}

static void generate_data(struct oracle_case *c)
{
    unsigned jobs = (unsigned)c->jobs_count;
    for (int d = 0; d < c->data_count; d++) {
        struct case_data *data = &c->data[d];
        data->writer = dice(c, 2) ? (int)dice(c, jobs) : -1;
        data->ephemeral = dice(c, 4) == 0;
        if (data->writer < 0 || dice(c, 4) == 0)
            random_content(c, data->initial);
        int first = data->writer + 1;
        if (data->writer >= 0)
            c->jobs[data->writer].sets_data[d] = true;
        for (int readers = (int)dice(c, 3); readers > 0 && first < c->jobs_count; readers--)
            c->jobs[first + (int)dice(c, jobs - (unsigned)first)].reads_data[d] = true;
    }
}

// ---- its history ----

// One that has just failed, if there is one.
static int job_to_disable(struct oracle_case *c, const struct round *before)
{
    int first = (int)dice(c, (unsigned)c->jobs_count);
    for (int i = 0; i < c->jobs_count; i++) {
        int job = (first + i) % c->jobs_count;
        if (before->outcomes[job].state != JOB_COMPLETED)
            return job;
    }
    return first;
}

static void generate_file_edit(struct oracle_case *c, struct edit *e)
{
    static const enum edit_kind kinds[] = {
        EDIT_COMMAND, EDIT_ENV,     EDIT_CLASS, EDIT_CLASS,  EDIT_PRIORITY, EDIT_NEEDS,
        EDIT_NEEDS,   EDIT_READS,   EDIT_READS, EDIT_WRITES, EDIT_WRITES,   EDIT_DATA_READ,
        EDIT_ADD,     EDIT_ADD,     EDIT_ADD,   EDIT_REMOVE, EDIT_REMOVE,   EDIT_PATH,
        EDIT_NAME,    EDIT_INITIAL, EDIT_ORDER};
    e->kind = kinds[dice(c, sizeof kinds / sizeof *kinds)];
    unsigned files = (unsigned)c->files_count, data = (unsigned)c->data_count;
    bool of_files = e->kind == EDIT_PATH || e->kind == EDIT_NAME;
    if ((e->kind == EDIT_INITIAL || e->kind == EDIT_DATA_READ) && !data)
        e->kind = EDIT_ORDER;
    e->which = (int)dice(c, of_files                  ? files
                            : e->kind == EDIT_INITIAL ? data
                                                      : (unsigned)c->jobs_count);
    if (e->kind == EDIT_NEEDS && e->which)
        e->other = (int)dice(c, (unsigned)e->which);
    if (e->kind == EDIT_READS || e->kind == EDIT_WRITES)
        e->other = (int)dice(c, files);
    if (e->kind == EDIT_DATA_READ)
        e->other = (int)dice(c, data);
    for (int i = 0; e->kind == EDIT_ADD && !c->jobs[e->which].absent && i < c->jobs_count; i++)
        e->which = (e->which + 1) % c->jobs_count;
}

static void generate_edit(struct oracle_case *c, struct edit *e, const struct round *before,
                          bool of_file)
{
    unsigned what = dice(c, 16);
    random_content(c, e->value);
    if (of_file && dice(c, 2))
        generate_file_edit(c, e);
    else if (what == 0 && c->jobs_count > 3) {
        e->kind = EDIT_DISABLE;
        e->which = job_to_disable(c, before);
    } else if (what < 4 && c->data_count) {
        e->kind = dice(c, 2) ? EDIT_DATA_SAME : EDIT_DATA_CHANGE;
        e->which = (int)dice(c, (unsigned)c->data_count);
    } else {
        static const enum edit_kind kinds[] = {EDIT_TOUCH,  EDIT_COPY,   EDIT_CHANGE,
                                               EDIT_QUIET,  EDIT_QUIET,  EDIT_DELETE,
                                               EDIT_DELETE, EDIT_DELETE, EDIT_DELETE};
        e->kind = dice(c, 40) ? kinds[dice(c, 9)] : EDIT_IN_PLACE;
        e->which = (int)dice(c, (unsigned)c->files_count);
        const struct case_file *file = &c->files[e->which];
        if (e->kind == EDIT_DELETE && file->writer >= 0 &&
            c->jobs[file->writer].reads[e->which]) // its writer could not run any more
            e->kind = EDIT_TOUCH;
        // Open in the table: a source that was seen changed, in passing, before it was gone.
        if (e->kind == EDIT_DELETE && file->writer < 0 && before->option)
            e->kind = EDIT_TOUCH;
    }
}

static void generate_round(struct oracle_case *c, int number)
{
    static const struct outcome bad[] = {
        {JOB_FAILED, REASON_EXIT, false},       {JOB_FAILED, REASON_SIGNAL, false},
        {JOB_FAILED, REASON_OOM, false},        {JOB_FAILED, REASON_TIMEOUT, false},
        {JOB_CANCELED, REASON_CANCELED, false}, {JOB_TERMINATED, REASON_TERMINATED, false},
    };
    struct round *r = &c->rounds[number];
    unsigned calm = dice(c, 3) ? 30 : 6;
    r->with_file = dice(c, 5) < 2;
    // What was left is not asked again by --failed and --job, which do not look at contents.
    if (!r->with_file && dice(c, 4) == 0 && number && !r[-1].stop_after)
        r->option = (enum option)dice(c, OPTIONS);
    r->asked = (int)dice(c, (unsigned)c->jobs_count);
    r->escalate = !r->with_file && dice(c, 3) == 0;
    if (number)
        for (int edits = (int)dice(c, EDITS_MOST); r->edits_count < edits; r->edits_count++)
            generate_edit(c, &r->edits[r->edits_count], r - 1, r->with_file);
    for (int j = 0; j < c->jobs_count; j++) {
        struct outcome *o = &r->outcomes[j];
        *o = dice(c, calm) ? (struct outcome){JOB_COMPLETED, REASON_NONE, true} : bad[dice(c, 6)];
        if (o->state != JOB_COMPLETED)
            o->writes = dice(c, 2);
    }
    r->cancel_after = dice(c, 15) ? 0 : 1 + (int)dice(c, (unsigned)c->jobs_count);
    if (number + 1 < c->rounds_count && !r->cancel_after && dice(c, 4) == 0)
        r->stop_after = 1 + (int)dice(c, number ? 3 : (unsigned)c->jobs_count);
    r->claims = 1 + (int)dice(c, 6);
}

// Outputs are gone, the runner leaves when it has written a few again, and then there are edits.
static void generate_leave(struct oracle_case *c)
{
    struct round *r = &c->rounds[1];
    c->rounds_count = 3;
    r->edits_count = 0;
    for (int f = 0; f < c->files_count && r->edits_count < EDITS_MOST; f++)
        if (c->files[f].writer >= 0 && !c->jobs[c->files[f].writer].reads[f] && dice(c, 2))
            r->edits[r->edits_count++] = (struct edit){.kind = EDIT_DELETE, .which = f};
    r->option = r[1].option = OPTION_NONE;
    r->cancel_after = 0;
    r->stop_after = 1 + (int)dice(c, 3);
    c->rounds[0].cancel_after = c->rounds[0].stop_after = 0;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < c->jobs_count; j++)
            c->rounds[i].outcomes[j] = (struct outcome){JOB_COMPLETED, REASON_NONE, true};
}

void case_generate(struct oracle_case *c, unsigned seed)
{
    case_init(c, 0, 0);
    c->seed = seed;
    c->random = seed * 7919u + 1;
    for (int i = 0; i < 5; i++)
        dice(c, 2);
    int jobs = 3 + (int)dice(c, dice(c, 6) ? SMALL_MOST - 2 : JOBS_MOST - 2);
    int most = 2 * jobs - 1 < FILES_MOST - 1 ? 2 * jobs - 1 : FILES_MOST - 1;
    int files = 2 + (int)dice(c, (unsigned)most);
    uint64_t random = c->random;
    case_init(c, jobs, files);
    c->seed = seed;
    c->random = random;
    c->data_count = (int)dice(c, DATA_MOST);
    c->rounds_count = 2 + (dice(c, 3) == 0) + (dice(c, 6) == 0);
    generate_jobs(c);
    generate_files(c);
    generate_data(c);
    for (int r = 0; r < ROUNDS_MOST; r++)
        generate_round(c, r);
    if (dice(c, 5) == 0)
        generate_leave(c);
}

// ---- what is asked of it ----

bool case_needs(const struct oracle_case *c, int job, int need)
{
    const struct case_job *j = &c->jobs[job], *n = &c->jobs[need];
    if (job == need || j->absent || n->absent)
        return false;
    bool needs =
        j->needs[need] || (j->regex_first >= 0 && need >= j->regex_first && need <= j->regex_last);
    for (int f = 0; f < c->files_count; f++)
        needs |= j->reads[f] && n->writes[f];
    for (int d = 0; d < c->data_count; d++)
        needs |= j->reads_data[d] && n->sets_data[d];
    return needs;
}

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x100000001b3u ^ sum >> 29;
}

void case_produce(const struct oracle_case *c, int job, int output, int runs, const content *files,
                  const content *data, content result)
{
    const struct case_job *j = &c->jobs[job];
    uint64_t all = 0xcbf29ce484222325u, little = 0, sum;
    for (int i = 0; i < c->files_count + c->data_count; i++) {
        int d = i - c->files_count;
        if (d < 0 ? !j->reads[i] : !j->reads_data[d])
            continue;
        uint64_t value = strtoul(d < 0 ? files[i] : data[d], NULL, 16);
        all = mix(mix(all, (uint64_t)i), value);
        little ^= value & 1;
    }
    sum = mix(mix(0xcbf29ce484222325u, (uint64_t)job), (uint64_t)output);
    if (j->kind != KIND_CONSTANT)
        sum = mix(mix(sum, (uint64_t)j->command), j->kind == KIND_COARSE ? little : all);
    if (j->kind == KIND_SALTED)
        sum = mix(sum, (uint64_t)runs + 1);
    sum = mix(sum, sum >> 32);
    snprintf(result, sizeof(content), "%08x", (unsigned)(sum % 0x3ffffff0) + 1);
}

// ---- as text ----

static void list_text(FILE *out, const char *key, char prefix, const bool *has, int count,
                      const struct case_file *files)
{
    const char *comma = "";
    fprintf(out, ", \"%s\": [", key);
    for (int i = 0; i < count; i++) {
        if (has[i] && prefix == 'j')
            fprintf(out, "%s\"j%c\"", comma, 'a' + i);
        else if (has[i])
            fprintf(out, "%s\"%c%d%s\"", comma, prefix, i, files && files[i].name ? "+" : "");
        if (has[i])
            comma = ", ";
    }
    fputs("]", out);
}

static void job_text(const struct oracle_case *c, int j, FILE *out)
{
    const struct case_job *job = &c->jobs[j];
    int class = (j + job->class) % 3;
    fprintf(out, "  {\"name\": \"j%c\", \"command\": \"true %d\"", 'a' + j, job->command);
    if (class)
        fprintf(out, ", \"resource_requirements\": \"%s\"", class == 1 ? "small" : "large");
    if (job->env)
        fprintf(out, ", \"env\": {\"X\": \"%d\"}", job->env);
    if (job->priority)
        fprintf(out, ", \"priority\": %d", job->priority);
    if (job->goes_on)
        fputs(", \"cancel_on_blocking_job_failure\": false", out);
    if (job->regex_first >= 0)
        fprintf(out, ", \"depends_on_regexes\": [\"^j[%c-%c]$\"]", 'a' + job->regex_first,
                'a' + job->regex_last);
    list_text(out, "depends_on", 'j', job->needs, c->jobs_count, NULL);
    list_text(out, "input_files", 'f', job->reads, c->files_count, c->files);
    list_text(out, "output_files", 'f', job->writes, c->files_count, c->files);
    list_text(out, "input_user_data", 'd', job->reads_data, c->data_count, NULL);
    list_text(out, "output_user_data", 'd', job->sets_data, c->data_count, NULL);
    fputs("}", out);
}

char *case_text(const struct oracle_case *c)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    fputs("{\"name\": \"case\", \"resource_requirements\": [\n"
          "  {\"name\": \"small\", \"num_cpus\": 1, \"memory\": \"1m\"},\n"
          "  {\"name\": \"large\", \"num_cpus\": 2, \"memory\": \"2m\"}],\n \"files\": [\n",
          out);
    for (int f = 0; f < c->files_count; f++) {
        char path[16];
        case_path(c, f, path);
        fprintf(out, "%s  {\"name\": \"f%d%s\", \"path\": \"%s\", \"temporary\": %s}",
                f ? ",\n" : "", f, c->files[f].name ? "+" : "", path,
                c->files[f].temporary ? "true" : "false");
    }
    fputs("],\n \"user_data\": [\n", out);
    for (int d = 0; d < c->data_count; d++) {
        fprintf(out, "%s  {\"name\": \"d%d\", \"is_ephemeral\": %s", d ? ",\n" : "", d,
                c->data[d].ephemeral ? "true" : "false");
        if (*c->data[d].initial)
            fprintf(out, ", \"data\": {\"v\": \"%s\"}", c->data[d].initial);
        fputs("}", out);
    }
    fputs("],\n \"jobs\": [\n", out);
    const char *comma = "";
    for (int i = 0; i < c->jobs_count; i++) {
        if (c->jobs[c->order[i]].absent)
            continue;
        fputs(comma, out);
        job_text(c, c->order[i], out);
        comma = ",\n";
    }
    fputs("]}\n", out);
    fclose(out);
    return text;
}

void case_print(const struct oracle_case *c, FILE *out)
{
    static const char *const kinds[KINDS] = {"", "coarse", "constant", "salted"};
    static const char *const options[OPTIONS] = {"", "failed", "force", "job"};
    struct oracle_case first;
    case_now(c, &first);
    char *text = case_text(&first);
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        fprintf(out, "# %s\n", line);
    free(text);
    for (int j = 0; j < c->jobs_count; j++)
        if (c->jobs[j].kind)
            fprintf(out, "# j%c is %s\n", 'a' + j, kinds[c->jobs[j].kind]);
    for (int f = 0; f < c->files_count; f++)
        if (c->files[f].folder)
            fprintf(out, "# f%d is a folder\n", f);
    for (int j = 0; j < c->jobs_count; j++)
        if (c->jobs[j].absent)
            fprintf(out, "# j%c comes later\n", 'a' + j);
    for (int r = 0; r < c->rounds_count; r++) {
        const struct round *round = &c->rounds[r];
        fprintf(out, "# round %d:", r);
        for (int i = 0; i < round->edits_count; i++)
            edit_print(&round->edits[i], out);
        if (round->with_file)
            fputs(" with the file;", out);
        if (round->option)
            fprintf(out, " --%s;", options[round->option]);
        if (round->option == OPTION_JOB)
            fprintf(out, " (j%c)", 'a' + round->asked);
        if (round->escalate)
            fputs(" --escalate;", out);
        for (int j = 0; j < c->jobs_count; j++)
            if (round->outcomes[j].state != JOB_COMPLETED)
                fprintf(out, " j%c %s (%s)%s;", 'a' + j, job_state_names[round->outcomes[j].state],
                        attempt_reason_names[round->outcomes[j].reason],
                        round->outcomes[j].writes ? ", but writes" : "");
        if (round->cancel_after)
            fprintf(out, " canceled after %d jobs", round->cancel_after);
        if (round->stop_after)
            fprintf(out, " left after %d jobs", round->stop_after);
        fputs("\n", out);
    }
}

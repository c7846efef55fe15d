// SPDX-License-Identifier: GPL-2.0-or-later
// From a workflow to boxes and arrows: nodes are collected, put into groups when there are many,
// and written.
#include "cli/picture.h"

#include <string.h>

#include "cli/picture_style.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/plan/groups.h"
#include "lib/show/dot.h"
#include "lib/show/format.h"

enum { JOBS_EACH = 60, NODES_EACH = 150, NAME_WIDTH = 40, STRIPE_LEAST = 4 /* per cent */ };

const char *const picture_kind_names[PICTURE_KINDS] = {"job-job", "job-file", "requirements"};
static const char *const titles[PICTURE_KINDS] = {
    "which job waits for which", "which job reads and writes what", "which job needs what"};

struct picture {
    FILE *out;
    const struct subject *subject;
    struct group_node *nodes; // kind: the class of a job, else negative: a thing or a barrier
    uint32_t *rows;           // by node: its place among jobs, files, data or classes
    struct group_edge *edges;
    size_t nodes_count, nodes_space, rows_space, edges_count, edges_space;
    struct groups groups;
    bool things[THINGS]; // which there are, for the legend
};

enum { KIND_BARRIER = -1, KIND_THING = -2 }; // KIND_THING - enum picture_thing

static uint32_t add_node(struct picture *p, const char *name, int64_t kind, size_t row)
{
    p->nodes = array_grow(p->nodes, p->nodes_count, &p->nodes_space, sizeof *p->nodes);
    p->rows = array_grow(p->rows, p->nodes_count, &p->rows_space, sizeof *p->rows);
    p->nodes[p->nodes_count] = (struct group_node){name, kind};
    p->rows[p->nodes_count] = (uint32_t)row;
    return (uint32_t)p->nodes_count++;
}

static void add_edge(struct picture *p, uint32_t from, uint32_t to)
{
    p->edges = array_grow(p->edges, p->edges_count, &p->edges_space, sizeof *p->edges);
    p->edges[p->edges_count++] = (struct group_edge){from, to};
}

// ---- what is in the picture ----

static void add_jobs(struct picture *p, bool barriers, uint32_t *node_of)
{
    const struct workflow *w = &p->subject->workflow;
    for (size_t j = 0; j < w->jobs_count; j++)
        if (barriers || subject_is_job(p->subject, j))
            node_of[j] =
                add_node(p, w->jobs[j].name,
                         subject_is_job(p->subject, j) ? w->jobs[j].class_index : KIND_BARRIER, j);
}

static void collect_job_job(struct picture *p, uint32_t *job_node)
{
    const struct workflow *w = &p->subject->workflow;
    add_jobs(p, true, job_node);
    for (size_t i = 0; i < w->needs_count; i++)
        add_edge(p, job_node[w->needs[i].other], job_node[w->needs[i].job]);
}

static void add_pairs(struct picture *p, const struct pair_row *pairs, size_t count,
                      const uint32_t *job_node, const uint32_t *node)
{
    for (size_t i = 0; i < count; i++) {
        bool output = pairs[i].role == ROLE_OUTPUT;
        uint32_t job = job_node[pairs[i].job], other = node[pairs[i].other];
        add_edge(p, output ? job : other, output ? other : job);
    }
}

static enum picture_thing thing_of_file(const struct picture *p, const struct file_row *file)
{
    cleanup_free char *path = *file->path == '/'
                                  ? xstrdup(file->path)
                                  : xasprintf("%s/%s", p->subject->folder, file->path);
    return file->produced ? THING_FILE : access(path, F_OK) == 0 ? THING_GIVEN : THING_MISSING;
}

static void collect_job_file(struct picture *p, uint32_t *job_node)
{
    const struct workflow *w = &p->subject->workflow;
    cleanup_free uint32_t *file_node = xcalloc(w->files_count + 1, sizeof *file_node);
    cleanup_free uint32_t *data_node = xcalloc(w->data_count + 1, sizeof *data_node);
    cleanup_free bool *written = xcalloc(w->data_count + 1, sizeof *written);
    add_jobs(p, false, job_node);
    for (size_t f = 0; f < w->files_count; f++)
        file_node[f] =
            add_node(p, w->files[f].name, KIND_THING - (int)thing_of_file(p, &w->files[f]), f);
    for (size_t i = 0; i < w->job_data_count; i++)
        written[w->job_data[i].other] |= w->job_data[i].role == ROLE_OUTPUT;
    for (size_t d = 0; d < w->data_count; d++) {
        enum picture_thing thing = written[d] || w->data[d].data ? THING_DATA : THING_DATA_MISSING;
        data_node[d] = add_node(p, w->data[d].name, KIND_THING - (int)thing, d);
    }
    add_pairs(p, w->job_files, w->job_files_count, job_node, file_node);
    add_pairs(p, w->job_data, w->job_data_count, job_node, data_node);
}

static void collect_requirements(struct picture *p, uint32_t *job_node)
{
    const struct workflow *w = &p->subject->workflow;
    cleanup_free uint32_t *class_node = xcalloc(w->classes_count + 1, sizeof *class_node);
    add_jobs(p, false, job_node);
    for (size_t c = 0; c < w->classes_count; c++) // never two of them in one box
        class_node[c] = add_node(p, w->classes[c].name, KIND_THING - THINGS - (int64_t)c, c);
    for (size_t j = 0; j < w->jobs_count; j++)
        if (subject_is_job(p->subject, j))
            add_edge(p, job_node[j], class_node[w->jobs[j].class_index]);
}

static void (*const collectors[PICTURE_KINDS])(struct picture *p, uint32_t *job_node) = {
    [PICTURE_JOB_JOB] = collect_job_job,
    [PICTURE_JOB_FILE] = collect_job_file,
    [PICTURE_REQUIREMENTS] = collect_requirements,
};

// ---- boxes ----

static enum picture_thing thing_of_kind(int64_t kind)
{
    return kind >= 0                     ? THING_JOB
           : kind <= KIND_THING - THINGS ? THING_CLASS
                                         : (enum picture_thing)(KIND_THING - kind);
}

static bool is_barrier(const struct picture *p, uint32_t group)
{
    return p->nodes[p->groups.list[group].first].kind == KIND_BARRIER;
}

static char *id_of(const struct picture *p, uint32_t group)
{
    static const char *const words[THINGS] = {"job",  "file", "file", "file",
                                              "data", "data", "class"};
    uint32_t node = p->groups.list[group].first;
    int64_t kind = p->nodes[node].kind;
    return xasprintf("%s%u", kind == KIND_BARRIER ? "barrier" : words[thing_of_kind(kind)],
                     p->rows[node] + 1);
}

static char *class_text(const struct class_row *class)
{
    char memory[FORMAT_SIZE], runtime[FORMAT_SIZE], gpus[FORMAT_SIZE];
    return xasprintf(
        "\n%d %s, %s%s%s%s%s\nat most %s%s", class->cpus, class->cpus == 1 ? "cpu" : "cpus",
        format_bytes(memory, class->memory_bytes), class->gpus_milli ? ", " : "",
        class->gpus_milli ? format_milli(gpus, class->gpus_milli) : "",
        !class->gpus_milli          ? ""
        : class->gpus_milli == 1000 ? " gpu"
                                    : " gpus",
        class->nodes > 1 ? ", several nodes" : "", format_duration(runtime, class->runtime_usec),
        class->enforced ? "" : " (not asked for)");
}

// "completed", or of several "998 completed\n2 failed"; "" when nothing is known.
static char *state_text(const uint32_t *counts, uint32_t all)
{
    char *text = xstrdup(counts[JOB_STATES] ? "\nunknown" : "");
    for (int i = 0; i < JOB_STATES; i++) {
        enum job_state state = job_states_in_order[i];
        cleanup_free char *old = NULL;
        if (!counts[state])
            continue;
        old = text;
        text = all == 1 ? xasprintf("%s\n%s", old, job_state_names[state])
               : counts[state] == all
                   ? xasprintf("%s\nall %s", old, job_state_names[state])
                   : xasprintf("%s\n%u %s", old, counts[state], job_state_names[state]);
    }
    return text;
}

// Colours by their shares, each wide enough to be seen: "#aaaaaa;0.25:#bbbbbb". One colour:
// NULL.
static char *stripes(const uint32_t *counts, uint32_t all)
{
    char *text = NULL;
    uint32_t shares[JOB_STATES], sum = 0, left = 0;
    for (int i = 0; i < JOB_STATES; i++) {
        uint32_t share = (uint32_t)(counts[i] * UINT64_C(100) / all);
        shares[i] = counts[i] && share < STRIPE_LEAST ? STRIPE_LEAST : share;
        sum += shares[i];
        left += counts[i] > 0;
    }
    for (int i = 0; i < JOB_STATES && (left > 1 || text); i++) {
        enum job_state state = job_states_in_order[i];
        if (!counts[state])
            continue;
        cleanup_free char *old = text; // the last one takes what is left over
        text = --left ? xasprintf("%s%s;%.3f:", old ? old : "", picture_states[state].fill,
                                  (double)shares[state] / sum)
                      : xasprintf("%s%s", old ? old : "", picture_states[state].fill);
    }
    return text;
}

// Of a group of jobs the state whose line it gets: what went wrong before what is not done yet.
static enum job_state telling_state(const uint32_t *counts)
{
    static const enum job_state order[] = {
        JOB_FAILED,  JOB_PENDING_FAILED, JOB_TERMINATED, JOB_RUNNING,   JOB_PENDING, JOB_READY,
        JOB_BLOCKED, JOB_UNINITIALIZED,  JOB_CANCELED,   JOB_COMPLETED, JOB_DISABLED};
    size_t i = 0;
    while (i + 1 < sizeof order / sizeof *order && !counts[order[i]])
        i++;
    return order[i];
}

static void draw_box(struct picture *p, uint32_t index, const uint32_t *counts)
{
    const struct group *group = &p->groups.list[index];
    int64_t kind = p->nodes[group->first].kind;
    enum picture_thing thing = thing_of_kind(kind);
    bool states = thing == THING_JOB && p->subject->states;
    const struct picture_style *style =
        states ? &picture_states[telling_state(counts)] : &picture_things[thing];
    cleanup_free char *safe = text_safe(group->name), *name = text_shorten(safe, NAME_WIDTH, "…"),
                      *id = id_of(p, index);
    cleanup_free char *more = thing == THING_CLASS
                                  ? class_text(&p->subject->workflow.classes[p->rows[group->first]])
                              : states ? state_text(counts, group->size)
                                       : xstrdup("");
    cleanup_free char *label = group->size > 1 ? xasprintf("%s (%u)%s", name, group->size, more)
                                               : xasprintf("%s%s", name, more);
    cleanup_free char *fills = states ? stripes(counts, group->size) : NULL;
    cleanup_free char *look = fills || !style->dash ? xstrdup(fills ? "striped" : "filled")
                                                    : xasprintf("filled,%s", style->dash);
    const char *path = thing >= THING_FILE && thing <= THING_MISSING
                           ? p->subject->workflow.files[p->rows[group->first]].path
                           : NULL;
    p->things[thing] = true;
    dot_node(p->out, id,
             (const struct dot_attribute[]){
                 {.name = "label", .text = label},
                 {.name = "tooltip", .text = path && group->size == 1 ? path : safe},
                 {.name = "shape", .text = style->shape},
                 {.name = "style", .text = look},
                 {.name = "fillcolor", .text = fills ? fills : style->fill},
                 {.name = "color", .text = style->line},
                 {.name = "penwidth", .text = style->pen},
                 {.name = "peripheries",
                  .text = group->size > 1 && !strcmp(style->shape, "box") ? "2" : NULL},
                 {0},
             });
}

static void draw_barrier(struct picture *p, uint32_t index)
{
    cleanup_free char *id = id_of(p, index);
    dot_node(p->out, id,
             (const struct dot_attribute[]){
                 {.name = "shape", .text = "point"},
                 {.name = "width", .text = "0.07"},
                 {.name = "color", .text = "#606060"},
                 {.name = "tooltip", .text = "waits for all, then lets all go"},
                 {0}});
}

static void draw_boxes(struct picture *p)
{
    cleanup_free uint32_t(*counts)[JOB_STATES + 1] = xcalloc(p->groups.count + 1, sizeof *counts);
    for (size_t n = 0; n < p->nodes_count && p->subject->states; n++)
        if (p->nodes[n].kind >= 0)
            counts[p->groups.of_node[n]][p->subject->states[p->rows[n]]]++;
    for (uint32_t g = 0; g < p->groups.count; g++) {
        if (is_barrier(p, g))
            draw_barrier(p, g);
        else
            draw_box(p, g, counts[g]);
    }
}

static void draw_arrows(struct picture *p)
{
    for (size_t i = 0; i < p->groups.edges_count; i++) {
        const struct group_edge *edge = &p->groups.edges[i];
        cleanup_free char *from = id_of(p, edge->from), *to = id_of(p, edge->to);
        bool again = edge->from == edge->to;
        dot_edge(p->out, from, to,
                 (const struct dot_attribute[]){
                     {.name = "arrowhead", .text = is_barrier(p, edge->to) ? "none" : NULL},
                     {.name = "label", .text = again ? "one after another" : NULL},
                     {0},
                 });
    }
}

// ---- title and legend ----

static void write_swatch(FILE *out, const struct picture_style *style, const char *text)
{
    fprintf(out, "<TD BORDER=\"1\" COLOR=\"%s\" BGCOLOR=\"%s\"%s> %s </TD>", style->line,
            style->fill, style->dash ? " STYLE=\"dashed\"" : "", text);
}

static void write_swatches(const struct picture *p, FILE *out, enum picture_kind kind)
{
    uint32_t counts[JOB_STATES + 1] = {0};
    for (size_t j = 0; j < p->subject->workflow.jobs_count && p->subject->states; j++)
        counts[p->subject->states[j]] += subject_is_job(p->subject, j);
    for (int i = 0; i < JOB_STATES; i++) {
        enum job_state state = job_states_in_order[i];
        cleanup_free char *text = xasprintf("%s %u", job_state_names[state], counts[state]);
        if (counts[state])
            write_swatch(out, &picture_states[state], text);
    }
    for (int thing = p->subject->states ? THING_FILE : THING_JOB; thing < THINGS; thing++)
        if (p->things[thing] && kind != PICTURE_JOB_JOB)
            write_swatch(out, &picture_things[thing], picture_thing_names[thing]);
}

static void write_legend(const struct picture *p, FILE *out, enum picture_kind kind)
{
    cleanup_free char *name = dot_html(p->subject->workflow.name);
    fprintf(out,
            "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\"><TR><TD ALIGN=\"LEFT\">"
            "<FONT POINT-SIZE=\"12\"><B>%s</B>: %s</FONT></TD></TR>",
            name, titles[kind]);
    if (p->subject->states || kind != PICTURE_JOB_JOB) {
        fputs("<TR><TD ALIGN=\"LEFT\"><TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"4\" "
              "CELLPADDING=\"2\"><TR>",
              out);
        write_swatches(p, out, kind);
        fputs("</TR></TABLE></TD></TR>", out);
    }
    fputs("</TABLE>", out);
}

static void draw_legend(struct picture *p, enum picture_kind kind)
{
    char *html = NULL;
    size_t size;
    FILE *out = open_memstream(&html, &size);
    if (!out)
        abort();
    write_legend(p, out, kind);
    fclose(out);
    dot_defaults(p->out, "graph",
                 (const struct dot_attribute[]){{.name = "labelloc", .text = "b"},
                                                {.name = "labeljust", .text = "l"},
                                                {.name = "label", .html = html},
                                                {0}});
    free(html);
}

static void draw_begin(struct picture *p)
{
    static const struct dot_attribute graph[] = {
        {.name = "rankdir", .text = "LR"},
        {.name = "nodesep", .text = "0.2"},
        {.name = "ranksep", .text = "0.6"},
        {.name = "bgcolor", .text = "#ffffff"},
        {.name = "fontname", .text = "Helvetica,Arial,sans-serif"},
        {.name = "fontsize", .text = "10"},
        {.name = "pad", .text = "0.2"},
        {0},
    };
    static const struct dot_attribute node[] = {
        {.name = "fontname", .text = "Helvetica,Arial,sans-serif"},
        {.name = "fontsize", .text = "11"},
        {.name = "height", .text = "0.3"},
        {.name = "margin", .text = "0.14,0.06"},
        {0}};
    static const struct dot_attribute edge[] = {
        {.name = "color", .text = "#707070"},
        {.name = "arrowsize", .text = "0.6"},
        {.name = "fontname", .text = "Helvetica,Arial,sans-serif"},
        {.name = "fontsize", .text = "9"},
        {0}};
    dot_begin(p->out, p->subject->workflow.name);
    dot_defaults(p->out, "graph", graph);
    dot_defaults(p->out, "node", node);
    dot_defaults(p->out, "edge", edge);
}

void picture_draw(FILE *out, const struct subject *subject, enum picture_kind kind, bool each)
{
    struct picture p = {.out = out, .subject = subject};
    cleanup_free uint32_t *job_node = xcalloc(subject->workflow.jobs_count + 1, sizeof *job_node);
    collectors[kind](&p, job_node);
    each |= subject_count_jobs(subject) <= JOBS_EACH && p.nodes_count <= NODES_EACH;
    groups_make(&p.groups, p.nodes, p.nodes_count, p.edges, p.edges_count, each);
    draw_begin(&p);
    draw_boxes(&p);
    draw_arrows(&p);
    draw_legend(&p, kind);
    dot_end(out);
    groups_fini(&p.groups);
    free(p.nodes);
    free(p.rows);
    free(p.edges);
}

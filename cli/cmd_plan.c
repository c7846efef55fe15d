// SPDX-License-Identifier: GPL-2.0-or-later
// torc plan: in which order jobs go, what they need, which allocations would be asked for, and how
// long it takes at most.
#include <jansson.h>
#include <string.h>

#include "cli/class_kinds.h"
#include "cli/subject.h"
#include "lib/base/mem.h"
#include "lib/base/names.h"
#include "lib/plan/groups.h"
#include "lib/plan/stages.h"
#include "lib/show/action.h"
#include "lib/show/format.h"
#include "lib/show/json_stream.h"
#include "lib/show/plan_table.h"
#include "lib/slurm/slurm.h"
#include "lib/store/plan.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_plan = {
    .name = "plan",
    .argument = "FILE|ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_ALL | OPTION_EXPLAIN,
    .help = "stages, classes, allocations and critical path of a workflow",
    .run = run,
};

struct outline { // everything that is shown
    struct subject subject;
    struct groups groups; // of its jobs and barriers
    struct class_kinds kinds;
    struct stages stages;
    uint32_t *order; // the groups of jobs by stage
    size_t order_count;
    uint32_t *from, *to; // by group: its first and last stage
    int64_t *left;       // by group: jobs that have not ended
    size_t *needs_first; // group g waits for needs[needs_first[g]] … needs[needs_first[g + 1] - 1]
    uint32_t *needs;
    bool planned; // else why_not says why there are no allocations
    struct error why_not;
    struct cluster cluster;
    struct settings settings;
    struct demand demand; // of the database
    struct plan_class *classes;
    struct action_demand *actions;
    struct plan_request request;
    struct plan plan;
    bool explain;
};

static bool group_is_job(const struct outline *o, uint32_t group)
{
    return subject_is_job(&o->subject, o->groups.list[group].first);
}

static int32_t class_index_of(const struct outline *o, uint32_t job)
{
    return o->subject.workflow.jobs[job].class_index;
}

static const struct class_row *class_of(const struct outline *o, uint32_t job)
{
    return &o->subject.workflow.classes[class_index_of(o, job)];
}

// ---- making it ----

static void make_groups(struct outline *o, bool each)
{
    const struct workflow *w = &o->subject.workflow;
    cleanup_free struct group_node *nodes = xcalloc(w->jobs_count + 1, sizeof *nodes);
    cleanup_free struct group_edge *edges = xcalloc(w->needs_count + 1, sizeof *edges);
    for (size_t j = 0; j < w->jobs_count; j++)
        nodes[j] = (struct group_node){w->jobs[j].name, w->jobs[j].class_index < 0
                                                            ? w->jobs[j].class_index
                                                            : o->kinds.of[w->jobs[j].class_index]};
    for (size_t i = 0; i < w->needs_count; i++)
        edges[i] = (struct group_edge){w->needs[i].other, w->needs[i].job};
    groups_make(&o->groups, nodes, w->jobs_count, edges, w->needs_count, each);
}

static void make_needs(struct outline *o)
{
    const struct groups *groups = &o->groups;
    o->needs_first = xcalloc(groups->count + 2, sizeof *o->needs_first);
    o->needs = xcalloc(groups->edges_count + 1, sizeof *o->needs);
    for (size_t i = 0; i < groups->edges_count; i++)
        o->needs_first[groups->edges[i].to + 2]++;
    for (size_t g = 2; g < groups->count + 2; g++)
        o->needs_first[g] += o->needs_first[g - 1];
    for (size_t i = 0; i < groups->edges_count; i++)
        o->needs[o->needs_first[groups->edges[i].to + 1]++] = groups->edges[i].from;
}

// Groups by their first stages; within a stage as in the file.
static void make_order(struct outline *o)
{
    const struct workflow *w = &o->subject.workflow;
    o->order = xcalloc(o->groups.count + 1, sizeof *o->order);
    o->from = xcalloc(o->groups.count + 1, sizeof *o->from);
    o->to = xcalloc(o->groups.count + 1, sizeof *o->to);
    o->left = xcalloc(o->groups.count + 1, sizeof *o->left);
    cleanup_free uint32_t *starts = xcalloc(o->stages.count + 2, sizeof *starts);
    for (size_t j = 0; j < w->jobs_count; j++) {
        uint32_t g = o->groups.of_node[j], stage = o->stages.of_job[j];
        o->from[g] = !o->from[g] || stage < o->from[g] ? stage : o->from[g];
        o->to[g] = stage > o->to[g] ? stage : o->to[g];
        o->left[g] +=
            o->subject.states && !job_state_is_final((enum job_state)o->subject.states[j]);
    }
    for (uint32_t g = 0; g < o->groups.count; g++)
        if (group_is_job(o, g))
            starts[o->from[g] + 1]++;
    for (uint32_t s = 1; s < o->stages.count + 2; s++)
        starts[s] += starts[s - 1];
    for (uint32_t g = 0; g < o->groups.count; g++) {
        if (group_is_job(o, g)) {
            o->order[starts[o->from[g]]++] = g;
            o->order_count++;
        }
    }
}

// What can be known without Slurm is shown without it.
static void make_allocations(struct outline *o)
{
    struct subject *s = &o->subject;
    const char *settings = s->id ? s->info.workflows->settings : s->workflow.settings;
    struct plan_request request = {.cluster = &o->cluster, .settings = &o->settings};
    if (settings_parse(&o->settings, settings ? settings : "{}", &o->why_not))
        return;
    if (slurm_load_cluster(&o->cluster, &o->why_not))
        return;
    if (s->id) {
        if (store_demand(s->store, s->id, &o->demand, &o->why_not))
            return;
        o->classes = plan_classes_of_demand(&o->demand);
        request.classes_count = o->demand.classes_count;
        request.actions = o->demand.actions;
        request.actions_count = o->demand.actions_count;
    } else {
        o->classes = plan_classes_of_workflow(&s->workflow);
        request.actions = o->actions =
            plan_actions_of_workflow(&s->workflow, &request.actions_count);
        request.classes_count = s->workflow.classes_count;
    }
    request.classes = o->classes;
    plan_make(&o->plan, &request);
    o->request = request;
    o->planned = true;
}

static void outline_fini(struct outline *o)
{
    plan_fini(&o->plan);
    free(o->classes);
    free(o->actions);
    if (o->demand.arena)
        demand_fini(&o->demand);
    if (o->cluster.arena)
        cluster_fini(&o->cluster);
    settings_fini(&o->settings);
    class_kinds_fini(&o->kinds);
    free(o->order);
    free(o->from);
    free(o->to);
    free(o->left);
    free(o->needs_first);
    free(o->needs);
    groups_fini(&o->groups);
    stages_fini(&o->stages);
    subject_fini(&o->subject);
}

// Calls `each` with every group that `group` waits for, barriers looked through.
static void each_need(const struct outline *o, uint32_t group,
                      void (*each)(void *context, const struct group *need), void *context)
{
    struct names barriers; // that were looked through
    cleanup_free uint32_t *stack = NULL;
    size_t top = 0, space = 0;
    names_init(&barriers);
    stack = array_grow(stack, top, &space, sizeof *stack);
    stack[top++] = group;
    while (top) {
        uint32_t at = stack[--top];
        for (size_t i = o->needs_first[at]; i < o->needs_first[at + 1]; i++) {
            const struct group *need = &o->groups.list[o->needs[i]];
            if (group_is_job(o, o->needs[i])) {
                each(context, need);
            } else if (names_find(&barriers, need->name) == NAMES_NONE) {
                names_add(&barriers, need->name);
                stack = array_grow(stack, top, &space, sizeof *stack);
                stack[top++] = o->needs[i];
            }
        }
    }
    names_fini(&barriers);
}

// ---- as tables ----

static const struct table_column stage_columns[] = {
    {"STAGE", "stage", ALIGN_RIGHT, FIT_KEEP},     {"JOBS", "jobs", ALIGN_LEFT, FIT_SHRINK},
    {"COUNT", "count", ALIGN_RIGHT, FIT_KEEP},     {"CLASS", "class", ALIGN_LEFT, FIT_NAME},
    {"AT MOST", "runtime", ALIGN_RIGHT, FIT_KEEP}, {"WAIT FOR", "needs", ALIGN_LEFT, FIT_LIST},
    {"LEFT", "left", ALIGN_RIGHT, FIT_KEEP}, // of the database only
};
static const struct table_column path_columns[] = {
    {"JOBS", "jobs", ALIGN_LEFT, FIT_SHRINK},
    {"COUNT", "count", ALIGN_RIGHT, FIT_KEEP},
    {"AT MOST", "runtime", ALIGN_RIGHT, FIT_KEEP},
};

enum { NEEDS_MOST = 5 };

struct joined {
    char *text; // NULL: none
    size_t count;
};

static void join_name(void *context, const struct group *need)
{
    struct joined *joined = context;
    cleanup_free char *old = joined->text;
    bool shown = joined->count++ < NEEDS_MOST;
    joined->text = !shown ? take_ptr(old)
                   : old  ? xasprintf("%s, %s", old, need->name)
                          : xstrdup(need->name);
}

static char *needs_text(const struct outline *o, uint32_t group)
{
    struct joined joined = {0};
    each_need(o, group, join_name, &joined);
    cleanup_free char *text = joined.text;
    return joined.count > NEEDS_MOST ? xasprintf("%s and %zu more", text, joined.count - NEEDS_MOST)
                                     : take_ptr(text);
}

static void show_stages(const struct outline *o, const struct screen *screen)
{
    bool left = o->subject.states != NULL;
    cleanup_free int64_t *longest = xcalloc(o->groups.count + 1, sizeof *longest);
    for (uint32_t j = 0; j < o->subject.workflow.jobs_count; j++) {
        int64_t runtime = subject_is_job(&o->subject, j) ? class_of(o, j)->runtime_usec : 0;
        uint32_t g = o->groups.of_node[j];
        longest[g] = runtime > longest[g] ? runtime : longest[g];
    }
    struct table *table =
        table_create(screen, TABLE_PEOPLE, stage_columns,
                     sizeof stage_columns / sizeof *stage_columns - (left ? 0 : 1));
    for (size_t i = 0; i < o->order_count; i++) {
        uint32_t g = o->order[i];
        const struct group *group = &o->groups.list[g];
        cleanup_free char *needs = needs_text(o, g);
        cleanup_free char *stage = o->from[g] == o->to[g]
                                       ? xasprintf("%u", o->from[g])
                                       : xasprintf("%u-%u", o->from[g], o->to[g]);
        table_text(table, COLOR_NONE, stage);
        table_text(table, COLOR_BOLD, group->name);
        table_number(table, group->size);
        cleanup_free char *class =
            class_kinds_name(&o->kinds, &o->subject.workflow, class_index_of(o, group->first));
        table_text(table, COLOR_NONE, class);
        table_duration(table, longest[g]);
        table_text(table, COLOR_NONE, needs);
        if (left)
            table_number(table, o->left[g]);
    }
    table_destroy(table);
}

static int64_t count_of_class(const struct outline *o, size_t class)
{
    int64_t count = 0;
    for (size_t j = 0; j < o->subject.workflow.jobs_count; j++)
        count += o->subject.workflow.jobs[j].class_index == (int32_t) class;
    return count;
}

static void show_allocations(const struct outline *o, const struct screen *screen)
{
    const struct plan *plan = &o->plan;
    if (!o->planned) {
        cleanup_free char *text = xasprintf("Allocations: not planned. %s", o->why_not.text);
        putchar('\n');
        screen_wrap(screen, 0, text);
        return;
    }
    printf("\nAllocations:%s\n", plan->groups_count ? "" : " none would be asked for now.");
    if (!plan->groups_count)
        return;
    struct table *table = plan_table_create(screen);
    for (size_t i = 0; i < plan->groups_count; i++)
        if (plan->groups[i].count)
            plan_table_row(table, &plan->groups[i], plan->groups[i].jobs, plan->groups[i].count,
                           plan->groups[i].now ? "now" : "later");
    table_destroy(table);
    plan_table_explain(screen, plan);
    if (o->explain)
        plan_table_weigh(screen, plan, &o->request);
}

// Those of a workflow in a database with what they wait for.
static void show_actions(const struct outline *o, const struct screen *screen)
{
    struct error err;
    if (!o->subject.id)
        action_show_file(screen, &o->subject.workflow);
    else if (action_show_all(screen, o->subject.store, o->subject.id, &err))
        fprintf(stderr, "torc: %s\n", err.text);
}

// Jobs of one group that follow each other are one row.
static void show_path(const struct outline *o, const struct screen *screen)
{
    const struct stages *s = &o->stages;
    char length[FORMAT_SIZE];
    printf("\nCritical path: %zu job%s, at most %s by their runtimes:\n", s->path_count,
           s->path_count == 1 ? "" : "s", format_duration(length, s->path_usec));
    struct table *table = table_create(screen, TABLE_PEOPLE, path_columns,
                                       sizeof path_columns / sizeof *path_columns);
    for (size_t i = 0, next; i < s->path_count; i = next) {
        uint32_t g = o->groups.of_node[s->path[i]];
        for (next = i; next < s->path_count && o->groups.of_node[s->path[next]] == g;)
            next++;
        bool one = next == i + 1;
        table_text(table, COLOR_BOLD,
                   one ? o->subject.workflow.jobs[s->path[i]].name : o->groups.list[g].name);
        table_number(table, (int64_t)(next - i));
        table_duration(table, class_of(o, s->path[i])->runtime_usec * (int64_t)(next - i));
    }
    table_destroy(table);
}

static enum stdio_mode stdio_of(const struct outline *o)
{
    const struct subject *s = &o->subject;
    return settings_stdio(s->id ? s->info.workflows->settings : s->workflow.settings);
}

static void show(const struct outline *o, const struct screen *screen)
{
    size_t jobs = subject_count_jobs(&o->subject);
    printf("Plan for workflow ");
    if (o->subject.id)
        printf("%lld ", (long long)o->subject.id);
    screen_text(screen, COLOR_BOLD, o->subject.workflow.name, 0);
    printf(": %zu job%s in %u stage%s\n\n", jobs, jobs == 1 ? "" : "s", o->stages.count,
           o->stages.count == 1 ? "" : "s");
    show_stages(o, screen);
    printf("\nClasses:\n");
    class_kinds_show(&o->kinds, &o->subject.workflow, screen);
    show_actions(o, screen);
    show_allocations(o, screen);
    show_path(o, screen);
    putchar('\n');
    plan_show_stdio(screen, stdio_of(o));
}

// ---- as JSON ----

static void add_name(void *context, const struct group *need)
{
    json_array_append_new(context, json_text(need->name));
}

static json_t *stages_json(const struct outline *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->order_count; i++) {
        uint32_t g = o->order[i];
        const struct group *group = &o->groups.list[g];
        json_t *needs = json_array();
        each_need(o, g, add_name, needs);
        json_array_append_new(
            list,
            json_pack("{s:i, s:i, s:o, s:i, s:o, s:o, s:o, s:o}", "stage", o->from[g], "last_stage",
                      o->to[g], "name", json_text(group->name), "jobs", group->size, "class",
                      json_text(class_of(o, group->first)->name), "runtime_s",
                      json_seconds(class_of(o, group->first)->runtime_usec), "needs", needs, "left",
                      o->subject.states ? json_integer(o->left[g]) : json_null()));
    }
    return list;
}

static json_t *classes_json(const struct outline *o)
{
    json_t *list = json_array();
    for (size_t c = 0; c < o->subject.workflow.classes_count; c++) {
        const struct class_row *class = &o->subject.workflow.classes[c];
        json_array_append_new(
            list,
            json_pack("{s:o, s:I, s:i, s:I, s:f, s:i, s:o, s:o}", "name", json_text(class->name),
                      "jobs", (json_int_t)count_of_class(o, c), "cpus", class->cpus, "memory_bytes",
                      (json_int_t) class->memory_bytes, "gpus", class->gpus_milli / 1000.0, "nodes",
                      class->nodes, "runtime_s", json_seconds(class->runtime_usec), "scheduler",
                      json_text(class->scheduler)));
    }
    return list;
}

static void print_json(const struct outline *o)
{
    json_t *groups = o->planned ? json_array() : json_null(), *notes = json_array(),
           *path = json_array();
    for (size_t i = 0; i < o->plan.groups_count; i++) {
        if (!o->plan.groups[i].count)
            continue;
        json_t *item = plan_group_json(&o->plan.groups[i], o->plan.groups[i].count);
        json_object_set_new(item, "now", json_boolean(o->plan.groups[i].now));
        json_array_append_new(groups, item);
    }
    for (size_t i = 0; i < o->plan.notes_count; i++)
        json_array_append_new(notes, json_text(o->plan.notes[i].text));
    for (size_t i = 0; i < o->stages.path_count; i++)
        json_array_append_new(path, json_text(o->subject.workflow.jobs[o->stages.path[i]].name));
    json_t *root = json_pack(
        "{s:o, s:o, s:s, s:I, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}}", "workflow_id",
        o->subject.id ? json_integer(o->subject.id) : json_null(), "workflow",
        json_text(o->subject.workflow.name), "stdio", stdio_mode_names[stdio_of(o)], "jobs",
        (json_int_t)subject_count_jobs(&o->subject), "stages_count", o->stages.count, "stages",
        stages_json(o), "classes", classes_json(o), "groups", groups, "outlook",
        o->planned ? plan_outlook_json(&o->plan) : json_null(), "no_groups_because",
        json_text(o->planned ? NULL : o->why_not.text), "warnings", notes, "critical_path",
        "runtime_s", json_seconds(o->stages.path_usec), "jobs", path);
    json_dumpf(root, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(root);
}

static int run(struct cli *cli, struct error *err)
{
    struct outline o = {0};
    if (subject_open(&o.subject, cli, err))
        return -1;
    class_kinds_make(&o.kinds, &o.subject.workflow, cli->all || cli->json);
    make_groups(&o, cli->all);
    stages_make(&o.stages, &o.subject.workflow);
    make_order(&o);
    make_needs(&o);
    make_allocations(&o);
    o.explain = cli->explain;
    for (size_t i = 0; i < o.plan.notes_count; i++)
        cli_warn("%s%s", o.plan.notes[i].refused ? "" : "warning: ", o.plan.notes[i].text);
    if (cli->json)
        print_json(&o);
    else
        show(&o, &cli->screen);
    int code = o.plan.refused ? ERROR_USAGE : ERROR_NONE;
    outline_fini(&o);
    return code;
}

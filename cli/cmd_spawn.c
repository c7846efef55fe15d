// SPDX-License-Identifier: GPL-2.0-or-later
// torc spawn: a job adds jobs to its workflow. It goes to the database itself, not by the runner:
// when it ends with 0, what it added is there for good.
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "cli/data_client.h"
#include "cli/spawn_fit.h"
#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/names.h"
#include "lib/base/text_file.h"
#include "lib/store/read_each.h"
#include "lib/store/spawn.h"
#include "lib/workflow/inputs.h"
#include "lib/workflow/more.h"
#include "lib/workflow/settings.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_spawn = {
    .name = "spawn",
    .argument = "FILE|-",
    .need = ARGUMENT_REQUIRED,
    .options = OPTION_JSON | OPTION_SPAWN,
    .help = "in a job: adds the jobs of FILE to its workflow",
    .run = run,
};

struct spawn {
    const struct cli *cli;
    struct subject subject; // what the workflow has
    struct spawn_base base;
    struct workflow_more more;
    struct workflow workflow; // what is added, and the rest
    char *text, *state;
    size_t length;
    struct spawn_request request;
    struct spawn_reply reply;
    struct error failed; // while the names of the text were looked up
};

static int number_of(const char *name, int64_t *number, struct error *err)
{
    const char *text = getenv(name);
    *number = text ? strtoll(text, NULL, 10) : 0;
    return *number > 0 ? 0
                       : error_set(err, ERROR_USAGE, 0,
                                   "spawn is for jobs while they run (there is no $%s here); from "
                                   "outside, a workflow gets more jobs by torc-sbatch --restart or "
                                   "torc-run --restart with a longer file",
                                   name);
}

static int find_caller(struct spawn *s, struct error *err)
{
    int64_t run_id, attempt_id;
    if (number_of("TORC_JOB_ID", &s->request.job_id, err) ||
        number_of("TORC_RUN_ID", &run_id, err) || number_of("TORC_ATTEMPT_ID", &attempt_id, err))
        return -1;
    const char *lineage = getenv("TORC_ORCHESTRATOR_LINEAGE_ID"), *job = getenv("TORC_JOB_NAME");
    s->request.run_id = (int32_t)run_id;
    s->request.attempt_id = (int32_t)attempt_id;
    s->more.lineage = lineage && *lineage ? lineage : job ? job : "";
    return 0;
}

struct values {
    struct workflow *workflow;
    struct names names;
};

static int each_value(void *context, const struct read_reply *reply, uint32_t index,
                      struct error *err)
{
    struct values *values = context;
    const struct data_info *data = &reply->data[index];
    int64_t at = names_find(&values->names, data->name);
    (void)err;
    if (at >= 0)
        values->workflow->data[at].data = arena_strdup(values->workflow->text, data->data);
    return 0;
}

// The subject knows of data only whether it has a value.
static int read_values(struct subject *subject, struct error *err)
{
    struct values values = {.workflow = &subject->workflow};
    struct read_request request = {.what = READ_DATA, .workflow_id = subject->id};
    names_init(&values.names);
    for (size_t i = 0; i < subject->workflow.data_count; i++)
        names_add(&values.names, subject->workflow.data[i].name);
    int rc = store_read_each(subject->store, request, each_value, &values, err);
    names_fini(&values.names);
    return rc;
}

static bool find_known(void *context, const struct workflow_names *names)
{
    struct spawn *s = context;
    int rc = subject_read_named(&s->subject, names, &s->failed);
    return rc == 0 || (rc > 0 && !read_values(&s->subject, &s->failed));
}

static int open_workflow(struct spawn *s, struct error *err)
{
    struct cli own = *s->cli;
    own.argument = NULL; // the job's own
    if (subject_open_bare(&s->subject, &own, err) ||
        store_spawn_base(s->subject.store, s->subject.id, &s->base, err))
        return -1;
    if (chdir(s->subject.folder))
        return error_set(err, ERROR_INTERNAL, errno, "cannot go to the submission folder %s",
                         s->subject.folder);
    s->more.known = &s->subject.workflow;
    s->more.find = find_known;
    s->more.context = s;
    s->more.base = s->base.file_text;
    s->more.base_length = s->base.file_text ? strlen(s->base.file_text) : 0;
    s->more.base_name = s->base.file ? s->base.file : "";
    return 0;
}

// As at submission: inputs that no job writes must be there. Of those that the workflow had, that
// was looked at then.
static int load(struct spawn *s, struct error *err)
{
    struct problems problems = {0};
    const char *name = s->cli->argument;
    int rc = workflow_load_more(s->text, s->length, name, &s->more, &s->workflow, &problems);
    if (s->failed.code) {
        problems_fini(&problems);
        *err = s->failed;
        return -1;
    }
    for (size_t i = s->more.files; i < s->workflow.files_count && !rc; i++)
        s->workflow.files[i].produced = true;
    if (!rc)
        rc = workflow_check_inputs(&s->workflow, AT_FDCWD, true, &problems);
    if (rc) {
        problems_print(&problems, stderr, "torc", name, PROBLEMS_SCREEN);
        error_set(err, ERROR_USAGE, 0, "%s: %zu error%s, nothing was added", name, problems.errors,
                  problems.errors == 1 ? "" : "s");
    } else if (s->state && s->more.state)
        rc = error_set(err, ERROR_USAGE, 0,
                       "%s has a \"state\", and there is --state; leave one out", name);
    problems_fini(&problems);
    return rc;
}

static int make_request(struct spawn *s, struct error *err)
{
    struct settings settings;
    if (settings_parse(&settings, s->subject.info.workflows->settings, err))
        return -1;
    s->request.workflow_id = s->subject.id;
    s->request.lineage = s->more.lineage;
    s->request.state = s->state ? s->state : s->more.state;
    s->request.most = settings.max_iterations;
    s->request.jobs = (uint32_t)s->more.jobs;
    s->request.known_jobs = (uint32_t)s->more.known_jobs;
    s->request.files = (uint32_t)s->more.files;
    s->request.known_files = (uint32_t)s->more.known_files;
    s->request.data = (uint32_t)s->more.data;
    s->request.known_data = (uint32_t)s->more.known_data;
    settings_fini(&settings);
    return 0;
}

static void show(const struct spawn *s)
{
    const struct spawn_reply *r = &s->reply;
    if (s->cli->json) {
        json_auto_t *root =
            json_pack("{s:I, s:s, s:i, s:i, s:i}", "workflow", (json_int_t)s->request.workflow_id,
                      "lineage", s->request.lineage, "generation", (int)r->generation, "added",
                      (int)r->added, "same", (int)r->same);
        cleanup_free char *text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
        puts(text ? text : "{}");
    } else if (r->added)
        printf("%u job%s added, generation %d of %s\n", r->added, r->added == 1 ? "" : "s",
               (int)r->generation, s->request.lineage);
    else if (r->same)
        printf("nothing new: these jobs are generation %d of %s\n", (int)r->generation,
               s->request.lineage);
    else
        printf("no job added\n");
}

static int add(struct spawn *s, struct error *err)
{
    struct store *store = target_open(s->cli->db, STORE_WRITE, err);
    int rc = !store || spawn_fit(store, &s->subject, &s->workflow, s->more.jobs, err) ||
                     store_spawn(store, &s->request, &s->workflow, &s->reply, err)
                 ? -1
                 : 0;
    store_close(store);
    return rc;
}

static int run(struct cli *cli, struct error *err)
{
    struct spawn s = {.cli = cli};
    int rc = find_caller(&s, err);
    if (!rc && cli->state && !(s.state = data_client_value(cli->state, err)))
        rc = error_prefix(err, "--state");
    if (rc || text_file_read(cli->argument, &s.text, &s.length, err) || open_workflow(&s, err) ||
        load(&s, err) || make_request(&s, err) || add(&s, err))
        rc = -1;
    else
        show(&s);
    if (s.workflow.text)
        workflow_fini(&s.workflow);
    if (s.base.arena)
        spawn_base_fini(&s.base);
    if (s.subject.store)
        subject_fini(&s.subject);
    free(s.text);
    free(s.state);
    return rc;
}

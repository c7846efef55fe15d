// SPDX-License-Identifier: GPL-2.0-or-later
// Slurm's commands: what they are called with, and what their answers mean.
#include "lib/slurm/slurm.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/base/record.h"

enum {
    QUERY_TIMEOUT_MS = 10 * 1000,
    // a busy controller makes sbatch try again, for minutes; its answer is worth waiting for, or a
    // job would be lost sight of
    SBATCH_TIMEOUT_MS = 180 * 1000,
    COMMAND_TIMEOUT_MS = 60 * 1000,
    LAG_MS = 2 * 1000, // between two looks for a job that sbatch has just asked for
};

// What sbatch prints when Slurm, or an option of it, said no.
static const char *const refused_words[] = {"Batch job submission failed: ",
                                            "allocation failure: "};

// What sbatch and squeue print when they could not ask, as opposed to were refused.
static const char *const unreachable_words[] = {
    "Unable to contact slurm controller",
    "Socket timed out",
    "Communication connection failure",
    "Zero Bytes were transmitted",
    "Unable to establish",
    "Could not establish a configuration source",
    "Connection refused",
    "Protocol authentication error",
    "Munge decode failed",
    "Munge encode failed",
};

// What it prints when the number of jobs is the trouble: associations and QOS, and arrays over
// MaxArraySize.
static const char *const too_many_words[] = {
    "job submit limit",
    "MaxSubmit",
    "GrpSubmit",
    "Invalid job array specification",
    "exceeds maximum number of jobs",
    "Slurm temporarily unable to accept job",
};

// Begins a refusal by a limit.
static const char policy_words[] = "Job violates accounting/QOS policy";

// What to do about a refusal, by words of it.
static const struct {
    const char *word, *advice;
} advices[] = {
    {"Invalid account", "say one of yours with -A: sacctmgr show assoc user=$USER "
                        "format=account%-20,partition,qos%-30 "
                        "lists them, and who has none asks the site for one"},
    {"Invalid qos", "say one of yours with -q: sacctmgr show assoc user=$USER "
                    "format=account%-20,partition,qos%-30 lists them"},
    {"Submit",
     "so many of your jobs are in Slurm already, waiting or running; when some have ended "
     "there is room again"},
};

// What scancel says of jobs that have ended: there is nothing to cancel.
static const char *const over_words[] = {"Invalid job id", "already completing or completed"};

static bool says_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}
#define SAYS_ONE_OF(text, words) says_one_of(text, words, sizeof(words) / sizeof *(words))

// A fatal error of libslurm ends slurm-query, which is therefore a program.
static char *query_path(void)
{
    const char *override = getenv("TORC_SLURM_QUERY");
    return override ? xstrdup(override) : program_helper("slurm-query");
}

static const char *first_line(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    return text;
}

// Runs slurm-query with one or no argument pair; *out is its text.
static int query(const char *what, const char *id, char **out, struct error *err)
{
    cleanup_free char *path = query_path();
    const char *const argv[] = {path, what, id, NULL};
    struct program_result result;
    int timeout_ms = slurm_patience_ms(QUERY_TIMEOUT_MS);
    if (program_run(argv, NULL, NULL, timeout_ms, &result, err))
        return err->saved_errno == ENOENT
                   ? error_set(
                         err, ERROR_UNREACHABLE, 0,
                         "Slurm could not be asked: there is no %s; was torc built without Slurm's "
                         "headers and library?",
                         argv[0])
                   : error_prefix(err, "Slurm could not be asked");
    int rc = 0;
    if (result.timed_out)
        rc = error_set(err, ERROR_UNREACHABLE, 0, "Slurm did not answer within %d s (slurm-query)",
                       timeout_ms / 1000);
    else if (result.exit_code || !*result.out)
        rc = error_set(err, ERROR_UNREACHABLE, 0, "Slurm could not be asked: %s",
                       *result.err ? first_line(result.err) : "slurm-query gave no answer");
    else
        *out = take_ptr(result.out);
    program_result_fini(&result);
    return rc;
}

int slurm_load_cluster(struct cluster *cluster, struct error *err)
{
    cleanup_free char *text = NULL;
    return query(NULL, NULL, &text, err) ? -1 : cluster_parse(cluster, text, err);
}

static int query_job(int64_t job_id, json_t **root, struct error *err)
{
    cleanup_free char *text = NULL, *id = xasprintf("%lld", (long long)job_id);
    if (query("job", id, &text, err))
        return -1;
    *root = json_loads(text, 0, NULL);
    if (json_integer_value(json_object_get(*root, "job_id")) > 0)
        return 0;
    json_decref(*root);
    return error_set(err, ERROR_UNREACHABLE, 0, "slurm-query gave no answer for job %s: %s", id,
                     text);
}

int slurm_job_is_gone(int64_t job_id, bool *gone, struct error *err)
{
    json_t *root = NULL;
    if (query_job(job_id, &root, err))
        return -1;
    *gone = json_is_null(json_object_get(root, "state")) &&
            json_integer_value(json_object_get(root, "job_id")) == job_id;
    json_decref(root);
    return 0;
}

static bool runs_on(const json_t *nodes, const char *node)
{
    size_t i;
    json_t *name;
    if (!json_array_size(nodes)) // not known
        return true;
    json_array_foreach(nodes, i, name)
        if (!strcmp(json_string_value(name), node))
            return true;
    return false;
}

int slurm_job_has_left(int64_t job_id, const char *node, bool *over, bool *left, struct error *err)
{
    json_t *root = NULL;
    if (query_job(job_id, &root, err))
        return -1;
    const char *state = json_string_value(json_object_get(root, "state"));
    *over = json_is_null(json_object_get(root, "state")) ||
            (state && strcmp(state, "RUNNING") && strcmp(state, "SUSPENDED") &&
             strcmp(state, "UNKNOWN"));
    *left = !*over && !runs_on(json_object_get(root, "nodes"), node);
    json_decref(root);
    return 0;
}

int slurm_job_other_nodes(int64_t job_id, const char *node, char **others, struct error *err)
{
    json_t *root = NULL, *name;
    size_t i;
    if (query_job(job_id, &root, err))
        return -1;
    *others = NULL;
    json_array_foreach(json_object_get(root, "nodes"), i, name) {
        cleanup_free char *before = *others;
        if (!strcmp(json_string_value(name), node))
            *others = take_ptr(before);
        else
            *others = before ? xasprintf("%s,%s", before, json_string_value(name))
                             : xstrdup(json_string_value(name));
    }
    json_decref(root);
    return *others ? 0
                   : error_set(err, ERROR_UNREACHABLE, 0, "no other node of job %lld is known",
                               (long long)job_id);
}

int slurm_job_is_over(int64_t job_id, bool *over, struct error *err)
{
    bool ignored;
    return slurm_job_has_left(job_id, "", over, &ignored, err);
}

enum { BAD_OPTION = 255 }; // sbatch's exit code when it does not even ask

// "sbatch: error: Batch job submission failed: X" is said as X.
static const char *last_line(const char *text)
{
    static const char *const prefixes[] = {
        "sbatch: ", "error: ", "Batch job submission failed: ", "allocation failure: "};
    const char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(line, prefixes[i], strlen(prefixes[i])))
            line += strlen(prefixes[i]);
    return line;
}

static const char *advice_on(const char *refusal)
{
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (strstr(refusal, advices[i].word))
            return advices[i].advice;
    return NULL;
}

// Where the last line does not say what is wrong, the one before it may: a site's filter has its
// own words, and a limit that is exceeded has a name.
static const char *line_before(char *text, const char *last)
{
    char *end = strrchr(text, '\n');
    bool policy = !strncmp(last, policy_words, strlen(policy_words));
    if (!end || (!policy && strcmp(last, "Unspecified error") != 0))
        return last;
    *end = '\0';
    const char *line = last_line(text);
    return !policy || strstr(line, "Limit") ? line : last;
}

static const char *refusal(char *text)
{
    char *advice =
        strstr(text, "\nTry \"sbatch --help\""); // stands behind what is wrong with an option
    if (advice)
        *advice = '\0';
    const char *line = line_before(text, last_line(text));
    return *line ? line : "sbatch failed and said nothing";
}

static int64_t parse_job_id(const char *out)
{
    const char *line = strrchr(out, '\n'); // site filters may have printed lines before
    char *end = NULL;
    long long id = strtoll(line ? line + 1 : out, &end, 10);
    return end && (*end == '\0' || *end == ';') && id > 0 ? id : 0;
}

// What a call that failed means. Only what is known as a refusal is one: a job may have been taken
// though nothing, or something else, is said.
static int judge_failure(struct program_result *result, struct sbatch_answer *answer,
                         struct error *err)
{
    bool unreachable = !*result->err || SAYS_ONE_OF(result->err, unreachable_words);
    if (result->exit_code == BAD_OPTION && !unreachable)
        return error_set(err, ERROR_USAGE, 0, "sbatch takes no such option: %s",
                         refusal(result->err));
    if (unreachable || result->exit_code > 128)
        return error_set(err, ERROR_UNREACHABLE, 0, "sbatch: %s", refusal(result->err));
    answer->unsure = !SAYS_ONE_OF(result->err, refused_words);
    const char *why = refusal(result->err), *advice = advice_on(why);
    answer->too_many = SAYS_ONE_OF(why, too_many_words);
    return error_set(err, ERROR_USAGE, 0, "Slurm refused: %s%s%s", why, advice ? "; " : "",
                     advice ? advice : "");
}

static int call_sbatch(const struct sbatch_call *call, const char *mode,
                       struct sbatch_answer *answer, struct error *err)
{
    size_t count = 0;
    while (call->options[count])
        count++;
    cleanup_free const char **argv = xcalloc(count + 3, sizeof *argv);
    argv[0] = "sbatch";
    argv[1] = mode;
    for (size_t i = 0; i < count; i++)
        argv[i + 2] = call->options[i];
    struct program_result result;
    int rc = 0, timeout_ms = slurm_patience_ms(SBATCH_TIMEOUT_MS);
    *answer = (struct sbatch_answer){0};
    if (program_run(argv, call->script, call->environment, timeout_ms, &result, err))
        return -1;
    if (result.timed_out) {
        rc = error_set(err, ERROR_UNREACHABLE, 0, "sbatch did not answer within %d s",
                       timeout_ms / 1000);
    } else if (result.exit_code) {
        rc = judge_failure(&result, answer, err);
    } else {
        answer->job_id = result.whole ? parse_job_id(result.out) : 0;
        answer->said = *result.err ? take_ptr(result.err) : NULL;
    }
    program_result_fini(&result);
    return rc;
}

int slurm_sbatch(const struct sbatch_call *call, struct sbatch_answer *answer, struct error *err)
{
    if (call_sbatch(call, "--parsable", answer, err))
        return -1;
    return answer->job_id ? 0 : error_set(err, ERROR_UNREACHABLE, 0, "sbatch gave no job id");
}

int slurm_sbatch_test(const struct sbatch_call *call, struct sbatch_answer *answer,
                      struct error *err)
{
    return call_sbatch(call, "--test-only", answer, err);
}

void sbatch_answer_fini(struct sbatch_answer *answer)
{
    free(answer->said);
    *answer = (struct sbatch_answer){0};
}

// Without its header an empty answer could not be told from none.
int slurm_queue(const char *names, const char *format, char **lines, struct error *err)
{
    const char *const argv[] = {"squeue", "--me", "-r", "-t",   "all",
                                "-n",     names,  "-o", format, NULL};
    struct program_result result;
    if (slurm_command(argv, COMMAND_TIMEOUT_MS, &result, err))
        return -1;
    int rc = 0;
    if (result.timed_out || result.exit_code || !result.whole || !*result.out)
        rc = error_set(err, ERROR_UNREACHABLE, 0, "squeue: %s",
                       result.timed_out || !*result.err ? "no answer" : first_line(result.err));
    char *header_end = strchr(result.out, '\n');
    *lines = rc ? NULL : xstrdup(header_end ? header_end + 1 : "");
    program_result_fini(&result);
    return rc;
}

static int find_tag(const char *job_name, const char *tag, int64_t *job_id, struct error *err)
{
    char *state = NULL, *lines;
    if (slurm_queue(job_name, "%F %k", &lines, err))
        return -1;
    for (char *line = strtok_r(lines, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
        char *comment = strchr(line, ' ');
        if (comment && !strcmp(comment + 1, tag))
            *job_id = strtoll(line, NULL, 10);
    }
    free(lines);
    return 0;
}

int slurm_find_tag(const char *job_name, const char *tag, int64_t *job_id, struct error *err)
{
    *job_id = 0;
    if (find_tag(job_name, tag, job_id, err))
        return -1;
    if (*job_id)
        return 0;
    usleep(slurm_patience_ms(LAG_MS) * 1000);
    return find_tag(job_name, tag, job_id, err);
}

int slurm_cancel(const int64_t *job_ids, const int32_t *tasks, uint32_t count, bool pending,
                 struct error *err)
{
    cleanup_free const char **argv = xcalloc(count + 3, sizeof *argv);
    uint32_t used = 0;
    argv[used++] = "scancel";
    if (pending)
        argv[used++] = "--state=PENDING";
    uint32_t first = used;
    for (uint32_t i = 0; i < count; i++)
        argv[used++] = tasks && tasks[i] != UNKNOWN
                           ? xasprintf("%lld_%d", (long long)job_ids[i], (int)tasks[i])
                           : xasprintf("%lld", (long long)job_ids[i]);
    struct program_result result = {0};
    int rc = count ? slurm_command(argv, COMMAND_TIMEOUT_MS, &result, err) : 0;
    for (uint32_t i = first; i < used; i++)
        free((char *)argv[i]);
    bool over = !rc && !result.timed_out && SAYS_ONE_OF(result.err, over_words) &&
                !SAYS_ONE_OF(result.err, unreachable_words);
    if (!rc && !over && (result.timed_out || result.exit_code))
        rc = error_set(err, ERROR_UNREACHABLE, 0, "scancel: %s",
                       result.timed_out || !*result.err ? "no answer" : first_line(result.err));
    program_result_fini(&result);
    return rc;
}

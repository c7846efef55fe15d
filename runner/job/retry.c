// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/job/retry.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "runner/job/life.h"
#include "runner/job/program.h"
#include "runner/job/spawn.h"

enum { MIB = 1024 * 1024 };

static struct failure failure_of(const struct jobs *jobs, const struct job *job)
{
    return (struct failure){.reason = job->end.reason,
                            .exit_code = job->end.exit_code,
                            .signal = job->end.signal,
                            .oom_code = jobs->settings.oom_exit_code,
                            .timeout_code = jobs->settings.timeout_exit_code};
}

// most: 0: not known.
static int64_t scale(int64_t value, double factor, int64_t step, int64_t most)
{
    double more = (double)value * factor;
    if (factor <= 0)
        return value;
    int64_t scaled = more >= (double)(INT64_MAX / 2) ? INT64_MAX / 2 : (int64_t)more;
    scaled = (scaled + step - 1) / step * step;
    if (scaled > value && most && scaled > most)
        scaled = most > value ? most : value;
    return scaled;
}

// What its rule gives the next attempt, where that differs from what this one had.
static void give_more(const struct jobs *jobs, struct job *job, const struct handler_rule *rule)
{
    const struct claimed_job *c = &job->claimed;
    const struct settings *s = &jobs->settings;
    if (!c->enforced)
        return;
    int64_t most_bytes = jobs->node.in_allocation ? s->most_memory_bytes : jobs->node.memory_bytes;
    int64_t memory = scale(c->memory_bytes, rule->scale_memory, MIB, most_bytes);
    int64_t runtime =
        scale(c->runtime_usec, rule->scale_runtime, USEC_PER_SEC, s->most_runtime_usec);
    if (memory == c->memory_bytes && runtime == c->runtime_usec)
        return;
    cleanup_free char *name = handler_class_name(c->class_name, rule->scale_memory > 0 ? memory : 0,
                                                 rule->scale_runtime > 0 ? runtime : 0);
    job->end.retry_class = arena_strdup(job->arena, name);
    job->end.retry_memory_bytes = memory;
    job->end.retry_runtime_usec = runtime;
}

static const char *describe_more(struct job *job)
{
    char memory[SIZE_TEXT], runtime[DURATION_TEXT];
    const struct attempt_end *e = &job->end;
    bool more_memory = e->retry_class && e->retry_memory_bytes != job->claimed.memory_bytes;
    bool more_runtime = e->retry_class && e->retry_runtime_usec != job->claimed.runtime_usec;
    if (!more_memory && !more_runtime)
        return "";
    return arena_printf(
        job->arena, ", with %s%s%s%s",
        more_memory ? size_format(e->retry_memory_bytes, memory, sizeof memory) : "",
        more_memory ? " of memory" : "", more_memory && more_runtime ? " and " : "",
        more_runtime ? arena_printf(job->arena, "a runtime of %s",
                                    duration_format(e->retry_runtime_usec, runtime, sizeof runtime))
                     : "");
}

static void say(struct job *job, const char *more)
{
    job->end.message =
        job->end.message ? arena_printf(job->arena, "%s; %s", job->end.message, more) : more;
}

// It stays failed after all.
static void stay(struct job *job, const char *why)
{
    job->end.state = JOB_FAILED;
    job->end.retry = false;
    job->end.retry_class = NULL;
    say(job, why);
}

static int start_script(struct jobs *jobs, struct job *job, const struct handler_rule *rule,
                        struct error *err)
{
    struct failure failure = failure_of(jobs, job);
    char *argv[] = {(char *)"bash", (char *)"-c", (char *)(uintptr_t)rule->script, NULL};
    char **environment =
        environment_make(jobs->environment, &job->claimed, &job->spec, &job->share, job->arena);
    size_t count = 0;
    while (environment[count])
        count++;
    char **list = arena_alloc(job->arena, (count + 3) * sizeof *list);
    memcpy(list, environment, count * sizeof *list);
    list[count++] = arena_printf(job->arena, "TORC_RETURN_CODE=%d", failure_code(&failure));
    list[count++] =
        arena_printf(job->arena, "TORC_REASON=%s", attempt_reason_names[job->end.reason]);
    list[count] = NULL;
    job->recovery_log = arena_printf(job->arena, "job_wf%lld_j%lld_r%d_a%d.recovery.log",
                                     (long long)jobs->workflow_id, (long long)job->claimed.job_id,
                                     job->claimed.run_id, job->claimed.attempt_id);
    struct spawn spawn = {
        .argv = argv,
        .path = bash_path(),
        .environment = list,
        .stdout_path = job->recovery_log,
        .combined = true,
    };
    return job_spawn(jobs, job, &spawn, err);
}

// Why the job is still shown as running.
static void tell_script(struct jobs *jobs, struct job *job)
{
    job->end.start.message =
        arena_printf(job->arena, "%s; its recovery script runs",
                     job->end.message ? job->end.message : attempt_reason_names[job->end.reason]);
    jobs->starts_unsent += job->start_sent;
    job->start_sent = false;
}

static bool begin_script(struct jobs *jobs, struct job *job, const struct handler_rule *rule)
{
    struct error err;
    if (job->stop == STOP_ALLOCATION) {
        stay(job, "there was no time left for its recovery script");
        return false;
    }
    if (start_script(jobs, job, rule, &err)) {
        stay(job,
             arena_printf(job->arena, "its recovery script could not be started: %s", err.text));
        return false;
    }
    job->recovering = true;
    tell_script(jobs, job);
    job->phase = PHASE_RUNNING;
    job->stop = STOP_NONE;
    job->signaled = false;
    job->start_usec = jobs_clock_usec(jobs);
    job->kill_usec = 0;
    job->limit_usec = job->claimed.enforced && jobs->settings.limits == LIMITS_ENFORCE
                          ? job->start_usec + job->claimed.runtime_usec
                          : 0;
    job->due_usec = jobs->now + USEC_PER_SEC;
    return true;
}

bool retry_begin(struct jobs *jobs, struct job *job)
{
    const struct handler *handler = handlers_find(&jobs->settings.handlers, job->spec.handler);
    if (job->end.state != JOB_FAILED || !handler)
        return false;
    struct failure failure = failure_of(jobs, job);
    const struct handler_rule *rule = handler_match(handler, &failure);
    if (!rule && jobs->settings.use_pending_failed) {
        job->end.state = JOB_PENDING_FAILED;
        say(job, arena_printf(job->arena,
                              "no rule of its failure handler %s is for that: it waits for torc "
                              "restart or torc cancel",
                              handler->name));
    }
    if (!rule)
        return false;
    if (job->claimed.retries >= rule->max_retries) {
        if (rule->max_retries)
            say(job, arena_printf(job->arena,
                                  "it was tried again %d %s, as its failure handler %s "
                                  "allows",
                                  job->claimed.retries,
                                  job->claimed.retries == 1 ? "time" : "times", handler->name));
        return false;
    }
    job->end.state = JOB_READY;
    job->end.retry = true;
    give_more(jobs, job, rule);
    if (rule->script && begin_script(jobs, job, rule))
        return true;
    if (job->end.retry)
        say(job, arena_printf(job->arena, "it is tried again (%d of %d)%s",
                              job->claimed.retries + 1, rule->max_retries, describe_more(job)));
    return false;
}

static const char *why_not(const struct job *job, struct arena *arena)
{
    switch (job->stop) {
    case STOP_NONE:
    case STOP_REFUSED:
    case STOP_CANCELED:
        break;
    case STOP_ALLOCATION:
        return "its recovery script was ended with the allocation";
    case STOP_TIMEOUT:
        return "its recovery script ran for the job's runtime and was ended";
    case STOP_OOM:
        return "its recovery script used more than the job's memory";
    case STOP_USER:
        return "its recovery script was ended, as the user stopped torc-run";
    }
    return WIFEXITED(job->status)
               ? arena_printf(arena, "its recovery script failed with exit code %d",
                              WEXITSTATUS(job->status))
               : arena_printf(arena, "its recovery script was killed by signal %d",
                              WTERMSIG(job->status));
}

void retry_end(struct jobs *jobs, struct job *job)
{
    struct stat st;
    bool good = WIFEXITED(job->status) && !WEXITSTATUS(job->status) && job->stop == STOP_NONE;
    bool silent = !fstatat(jobs->output.dir, job->recovery_log, &st, 0) && !st.st_size;
    job->recovering = false;
    job->end.start.message = NULL;
    if (silent)
        unlinkat(jobs->output.dir, job->recovery_log, 0);
    if (job->stop == STOP_CANCELED) {
        job->end.state = JOB_CANCELED;
        job->end.retry = false;
        say(job, "canceled");
        return;
    }
    if (good) {
        say(job, arena_printf(job->arena, "it is tried again after its recovery script%s",
                              describe_more(job)));
        return;
    }
    const char *why = why_not(job, job->arena);
    stay(job, silent ? arena_printf(job->arena, "%s, so it is not tried again", why)
                     : arena_printf(job->arena,
                                    "%s, so it is not tried again; what it printed is in %s/%s",
                                    why, jobs->output.path, job->recovery_log));
}

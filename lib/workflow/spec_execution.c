// SPDX-License-Identifier: GPL-2.0-or-later
// Reads execution_config: what holds in one mode only is refused in the other.
#include "lib/workflow/spec_execution.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/signals.h"
#include "lib/workflow/spec.h"

static const char *const modes[] = {"direct", "slurm", "auto", NULL};

// "TERM@120": as srun's option --signal has it, [R|B:]SIGNAL[@SECONDS].
static bool parse_srun_signal(const char *text, int32_t *signal, int32_t *secs)
{
    enum { SRUNS_OWN = 60 }; // seconds, where none are given
    size_t length = strcspn(text, "@");
    const char *after = text + length;
    cleanup_free char *name = xstrndup(text, length);
    const char *plain = (*name == 'R' || *name == 'B') && name[1] == ':' ? name + 2 : name;
    bool number = *plain && strlen(plain) <= 2 && strspn(plain, "0123456789") == strlen(plain);
    *signal = number ? atoi(plain) : signal_find(plain);
    *secs = *after ? atoi(after + 1) : SRUNS_OWN;
    return *signal > 0 && *signal <= 64 &&
           (!*after || (after[1] && strlen(after) <= 6 &&
                        strspn(after + 1, "0123456789") == strlen(after + 1)));
}

static void read_srun_signal(struct source *source, json_t *value, const struct field *field,
                             void *at)
{
    const char *text = json_string_value(value);
    int32_t signal, secs;
    (void)field;
    if (!text)
        source_error(source, "expected a signal as srun's option --signal has it, found %s",
                     field_found(source, value));
    else if (!parse_srun_signal(text, &signal, &secs))
        source_error(source,
                     "%s is no signal for srun; write TERM@120: %s, and the seconds before the end",
                     field_found(source, value), SIGNAL_NAMES);
    else
        *(const char **)at = arena_strdup(source->arena, text);
}

static void read_overrides(struct source *source, json_t *value, const struct field *field,
                           void *at)
{
    static const struct field stdio = {.name = "stdio", .type = FIELD_STDIO};
    const char *name;
    json_t *item;
    struct spec_overrides *overrides = at;
    (void)field;
    if (!json_is_object(value)) {
        source_error(source,
                     "expected an object of job names, {\"job\": {\"mode\": …}, …}, found %s",
                     field_found(source, value));
        return;
    }
    overrides->count = 0; // the key may be there twice, which is said
    overrides->list =
        arena_alloc(source->arena, (json_object_size(value) + 1) * sizeof *overrides->list);
    json_object_foreach(value, name, item) {
        if (json_is_null(item))
            continue;
        struct spec_override *one = &overrides->list[overrides->count++];
        *one = (struct spec_override){.job = arena_strdup(source->arena, name)};
        source_down_key(source, name);
        field_read(source, item, &stdio, &one->stdio);
        source_up(source);
    }
}

#define AT(member) offsetof(struct spec, member)
static const struct field fields[] = {
    {.name = "mode", .type = FIELD_CHOICE, .offset = AT(mode), .extra = modes},
    {.name = "termination_signal", .type = FIELD_SIGNAL, .offset = AT(settings.termination_signal)},
    {.name = "sigterm_lead_seconds",
     .type = FIELD_COUNT,
     .offset = AT(settings.sigterm_lead_secs),
     .most = 86400},
    {.name = "sigkill_headroom_seconds",
     .type = FIELD_COUNT,
     .offset = AT(settings.sigkill_headroom_secs),
     .most = 86400},
    {.name = "stdio", .type = FIELD_STDIO, .offset = AT(stdio)},
    {.name = "limit_resources", .type = FIELD_FLAG, .offset = AT(limit_resources)},
    {.name = "staggered_start", .type = FIELD_FLAG, .unused = true},
    {.name = "srun_mpi", .type = FIELD_TEXT, .unused = true},
    {.name = "timeout_exit_code",
     .type = FIELD_COUNT,
     .offset = AT(settings.timeout_exit_code),
     .most = 255},
    {.name = "oom_exit_code",
     .type = FIELD_COUNT,
     .offset = AT(settings.oom_exit_code),
     .most = 255},
    {.name = "srun_termination_signal",
     .type = FIELD_OWN,
     .read = read_srun_signal,
     .offset = AT(srun_signal)},
    {.name = "enable_cpu_bind", .type = FIELD_FLAG, .offset = AT(settings.cpu_bind)},
    {.name = "job_stdio_overrides",
     .type = FIELD_OWN,
     .read = read_overrides,
     .offset = AT(overrides)},
};
static const struct field_table table = {.fields = fields, .count = sizeof fields / sizeof *fields};
#undef AT

// Does the file say it, to some effect? The standing value of a flag is as good as nothing.
static bool is_said(const struct spec *spec, json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    if (!value || json_is_null(value))
        return false;
    if (!strcmp(name, "limit_resources"))
        return !spec->limit_resources;
    return strcmp(name, "enable_cpu_bind") != 0 || spec->settings.cpu_bind;
}

static void check_mode(struct source *source, const struct spec *spec, json_t *object)
{
    static const struct {
        const char *name;
        enum execution_mode mode; // in which alone it means something
        const char *instead;
    } bound[] = {
        {"termination_signal", MODE_DIRECT, "; write \"srun_termination_signal\""},
        {"sigterm_lead_seconds", MODE_DIRECT,
         "; write it into \"srun_termination_signal\", as in TERM@120"},
        {"oom_exit_code", MODE_DIRECT, ""},
        {"limit_resources", MODE_DIRECT, ": Slurm itself holds steps to what they ask for"},
        {"srun_termination_signal", MODE_SLURM,
         "; write \"termination_signal\" and \"sigterm_lead_seconds\""},
        {"enable_cpu_bind", MODE_SLURM, ""},
    };
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++) {
        if ((enum execution_mode)spec->mode == bound[i].mode ||
            !is_said(spec, object, bound[i].name))
            continue;
        if (spec->mode == MODE_AUTO && bound[i].mode == MODE_DIRECT) // which auto is
            continue;
        source_down_key(source, bound[i].name);
        if (spec->mode == MODE_AUTO)
            source_warning(
                source,
                "without effect: with \"mode\": \"auto\", jobs are started directly, not by srun");
        else
            source_error_key(source, "only for \"mode\": \"%s\", and this is \"%s\"%s",
                             modes[bound[i].mode], modes[spec->mode], bound[i].instead);
        source_up(source);
    }
}

void spec_execution_read(struct source *source, json_t *value, const struct field *field, void *at)
{
    struct spec *spec = (struct spec *)(void *)((char *)at - field->offset);
    enum { UNKNOWN = -1 };
    spec->mode = UNKNOWN;
    fields_read(source, value, &table, spec);
    bool wrong = spec->mode == UNKNOWN && !json_is_null(json_object_get(value, "mode")) &&
                 json_object_get(value, "mode");
    spec->mode = spec->mode == UNKNOWN ? MODE_DIRECT : spec->mode;
    if (spec->mode == MODE_SLURM && spec->srun_signal)
        parse_srun_signal(spec->srun_signal, &spec->settings.termination_signal,
                          &spec->settings.sigterm_lead_secs);
    if (!wrong)
        check_mode(source, spec, value);
}

void spec_execution_settle(struct source *source, struct spec *spec)
{
    for (size_t i = 0; i < spec->overrides.count; i++) {
        const struct spec_override *one = &spec->overrides.list[i];
        int64_t found = names_find(&spec->job_names, one->job);
        if (found != NAMES_NONE) {
            if (!spec->jobs[found].stdio.set)
                spec->jobs[found].stdio = one->stdio;
            continue;
        }
        source_go_key(source, "execution_config", spec->execution_offset);
        source_down_key(source, "job_stdio_overrides");
        source_down_key(source, one->job);
        source_error_key(
            source, "no job is named %s%s", source_quote(source, one->job),
            source_suggest(source, one->job, spec->job_names.list, spec->job_names.count, ""));
        source_up(source);
    }
}

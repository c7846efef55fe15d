// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/slurm/died.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/text_file.h"
#include "lib/store/plan.h"
#include "lib/store/read_each.h"

enum { TAIL_BYTES = 1000, TAIL_LINES = 5 };

struct look {
    int64_t last_start_usec, *ends_usec; // of runners; of those that died
    size_t count, space;
    int64_t last_usec, submission_id, slurm_job_id; // of the last that died
    int32_t task;
    char *error;
};

static int each_allocation(void *context, const struct read_reply *reply, uint32_t index,
                           struct error *err)
{
    struct look *look = context;
    const struct allocation_info *a = &reply->allocations[index];
    (void)err;
    if (a->start_usec > look->last_start_usec)
        look->last_start_usec = a->start_usec;
    if (a->state != ALLOCATION_ENDED || a->start_usec)
        return 0;
    look->ends_usec =
        array_grow(look->ends_usec, look->count, &look->space, sizeof *look->ends_usec);
    look->ends_usec[look->count++] = a->end_usec;
    if (a->end_usec < look->last_usec)
        return 0;
    look->last_usec = a->end_usec;
    look->submission_id = a->submission_id;
    look->slurm_job_id = a->slurm_job_id;
    look->task = a->array_task_id;
    free(look->error);
    look->error = xstrdup(a->error ? a->error : "it ended");
    return 0;
}

// The value of the last such option among the arguments that sbatch was called with.
static const char *option_of(const json_t *arguments, const char *option)
{
    const char *value = NULL;
    size_t i, length = strlen(option);
    json_t *item;
    json_array_foreach(arguments, i, item)
        if (json_is_string(item) && !strncmp(json_string_value(item), option, length))
            value = json_string_value(item) + length;
    return value;
}

// What Slurm makes of --output, for the patterns that torc itself uses.
static char *expand(const char *path, int64_t job, int32_t task)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool plain = strchr(path, '\\');
    for (const char *c = path; *c; c++) {
        if (plain && *c == '\\' && c[1])
            putc(*++c, out);
        else if (plain || *c != '%')
            putc(*c, out);
        else if (c[1] == 'A' || (c[1] == 'j' && task == UNKNOWN))
            c++, fprintf(out, "%lld", (long long)job);
        else if (c[1] == 'a' && task != UNKNOWN)
            c++, fprintf(out, "%d", (int)task);
        else
            putc(c[1] == '%' ? *++c : *c, out);
    }
    fclose(out);
    return text;
}

static char *log_path(struct store *store, int64_t workflow_id, const struct look *look)
{
    struct submissions all;
    struct error ignored;
    char *path = NULL;
    if (store_submissions(store, workflow_id, &all, &ignored))
        return NULL;
    for (uint32_t i = 0; i < all.count && !path; i++) {
        const struct submission *s = &all.list[i];
        json_auto_t *arguments =
            s->id == look->submission_id && s->arguments ? json_loads(s->arguments, 0, NULL) : NULL;
        const char *output = option_of(arguments, "--output=");
        const char *folder = option_of(arguments, "--chdir=");
        if (!output)
            continue;
        cleanup_free char *name = expand(output, s->slurm_job_id, look->task);
        path = *name == '/' || !folder ? take_ptr(name) : xasprintf("%s/%s", folder, name);
    }
    submissions_fini(&all);
    return path;
}

// The last lines of the file, or NULL.
static char *tail_of(const char *path)
{
    char text[TAIL_BYTES + 1];
    int fd = path ? text_file_open_plain(path) : -1;
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    if (!in)
        return NULL;
    if (fseek(in, -TAIL_BYTES, SEEK_END))
        rewind(in);
    size_t length = fread(text, 1, TAIL_BYTES, in);
    fclose(in);
    while (length && text[length - 1] == '\n')
        length--;
    text[length] = '\0';
    char *from = text + length;
    for (int lines = 0; from > text; from--)
        if (from[-1] == '\n' && ++lines == TAIL_LINES)
            break;
    return *from ? text_safe(from) : NULL;
}

static char *describe(struct store *store, int64_t workflow_id, const struct look *look)
{
    cleanup_free char *path = log_path(store, workflow_id, look), *tail = tail_of(path);
    cleanup_free char *task =
        look->task == UNKNOWN ? xstrdup("") : xasprintf("_%d", (int)look->task);
    cleanup_free char *log = tail   ? xasprintf("%s says: %s", path, tail)
                             : path ? xasprintf("it wrote nothing to %s", path)
                                    : xstrdup("its log is not known");
    return xasprintf("Slurm job %lld%s: %s; %s", (long long)look->slurm_job_id, task, look->error,
                     log);
}

int died_read(struct store *store, int64_t workflow_id, struct died *died, struct error *err)
{
    struct look look = {0};
    struct read_request request = {.what = READ_ALLOCATIONS, .workflow_id = workflow_id};
    *died = (struct died){0};
    int rc = store_read_each(store, request, each_allocation, &look, err);
    for (size_t i = 0; i < look.count && !rc; i++)
        died->count += look.ends_usec[i] > look.last_start_usec;
    if (died->count)
        died->text = describe(store, workflow_id, &look);
    free(look.ends_usec);
    free(look.error);
    return rc;
}

void died_fini(struct died *died)
{
    free(died->text);
    *died = (struct died){0};
}

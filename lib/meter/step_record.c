// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the usage record of a step's task. The folder is the user's, so the text is not trusted.
#include "lib/meter/step_record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const char *const value_names[STEP_VALUES] = {
#define STEP_RECORD_NAME(name) #name,
    STEP_RECORD_VALUES(STEP_RECORD_NAME)
#undef STEP_RECORD_NAME
};

static bool read_number(const char *text, int64_t max, int64_t *number)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || *end || n > max)
        return false;
    *number = n;
    return true;
}

static bool read_id(const char *text, uint32_t *id)
{
    int64_t n;
    if (!read_number(text, UINT32_MAX, &n))
        return false;
    *id = (uint32_t)n;
    return true;
}

static bool read_text(const char *text, const char *allowed, char *out, size_t size)
{
    size_t n = strlen(text);
    if (!n || n >= size || text[strspn(text, allowed)])
        return false;
    memcpy(out, text, n + 1);
    return true;
}

static bool read_job_id(struct step_record *r, const char *text)
{
    return read_id(text, &r->slurm_job_id);
}
static bool read_step_id(struct step_record *r, const char *text)
{
    return read_id(text, &r->step_id);
}
static bool read_task(struct step_record *r, const char *text)
{
    return read_id(text, &r->task);
}
static bool read_job(struct step_record *r, const char *text)
{
    return read_number(text, INT64_MAX, &r->job);
}

static bool read_node(struct step_record *r, const char *text)
{
    return read_text(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-",
                     r->node, sizeof r->node);
}

static bool read_gpus(struct step_record *r, const char *text)
{
    return read_text(text, "0123456789,-", r->gpus, sizeof r->gpus);
}

static bool read_attempt(struct step_record *r, const char *text)
{
    char run[24];
    const char *dot = strchr(text, '.');
    if (!dot || (size_t)(dot - text) >= sizeof run)
        return false;
    memcpy(run, text, (size_t)(dot - text));
    run[dot - text] = '\0';
    return read_number(run, INT32_MAX, &r->run) && read_number(dot + 1, INT32_MAX, &r->attempt);
}

static bool read_status(struct step_record *r, const char *text)
{
    int64_t n;
    if (!read_number(text, 0xffff, &n))
        return false;
    r->status = (int)n;
    return true;
}

static bool read_cgroup(struct step_record *r, const char *text)
{
    r->cgroup = !strcmp(text, "1") ? 1 : !strcmp(text, "2") ? 2 : 0;
    return r->cgroup;
}

static const struct {
    const char *key;
    bool (*read)(struct step_record *record, const char *text);
    bool optional;
} fields[] = {
    {"slurm_job_id", read_job_id, false},
    {"step_id", read_step_id, false},
    {"task", read_task, false},
    {"node", read_node, false},
    {"job", read_job, false},
    {"attempt", read_attempt, false},
    {"status", read_status, false},
    {"cgroup", read_cgroup, false},
    {"gpus", read_gpus, true},
};

// seen: a bit for each of fields
static int read_line(struct step_record *record, const char *key, const char *text, unsigned *seen,
                     struct error *err)
{
    for (size_t i = 0; i < LENGTH(fields); i++)
        if (!strcmp(key, fields[i].key)) {
            *seen |= 1u << i;
            return fields[i].read(record, text)
                       ? 0
                       : error_set(err, ERROR_INTERNAL, 0,
                                   "usage record: wrong value of %s: \"%s\"", key, text);
        }
    for (size_t i = 0; i < STEP_VALUES; i++)
        if (!strcmp(key, value_names[i]))
            return read_number(text, INT64_MAX, &record->value[i])
                       ? 0
                       : error_set(err, ERROR_INTERNAL, 0,
                                   "usage record: wrong value of %s: \"%s\"", key, text);
    return 0;
}

static int check_complete(unsigned seen, struct error *err)
{
    for (size_t i = 0; i < LENGTH(fields); i++)
        if (!fields[i].optional && !(seen & 1u << i))
            return error_set(err, ERROR_INTERNAL, 0, "usage record: no %s", fields[i].key);
    return 0;
}

int step_record_parse(const char *text, size_t size, struct step_record *record, struct error *err)
{
    char buf[STEP_RECORD_MAX + 1];
    if (size > STEP_RECORD_MAX || memchr(text, '\0', size))
        return error_set(err, ERROR_INTERNAL, 0, "usage record: not a text of at most %d bytes",
                         STEP_RECORD_MAX);
    memcpy(buf, text, size);
    buf[size] = '\0';
    *record = (struct step_record){0};
    for (size_t i = 0; i < STEP_VALUES; i++)
        record->value[i] = -1;
    char *line = buf, *next;
    unsigned seen = 0;
    for (int number = 1; (next = strchr(line, '\n')); line = next + 1, number++) {
        *next = '\0';
        if (number == 1) {
            if (strcmp(line, STEP_RECORD_MAGIC) != 0)
                return error_set(err, ERROR_INTERNAL, 0,
                                 "usage record: does not begin with \"" STEP_RECORD_MAGIC "\"");
            continue;
        }
        if (!strcmp(line, "end"))
            return check_complete(seen, err);
        char *value = strchr(line, ' ');
        if (!value)
            return error_set(err, ERROR_INTERNAL, 0, "usage record: line %d is no \"key value\"",
                             number);
        *value++ = '\0';
        if (read_line(record, line, value, &seen, err))
            return -1;
    }
    return error_set(err, ERROR_INTERNAL, 0, "usage record: has no end");
}

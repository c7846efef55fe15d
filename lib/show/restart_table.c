// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/show/restart_table.h"

#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/base/text.h"
#include "lib/show/json_stream.h"
#include "lib/show/table.h"

static bool runs_again(const struct restart *r, uint32_t job, bool maybe)
{
    enum restart_what what = r->verdicts[job].what;
    return !r->facts.jobs[job].barrier && (maybe ? what == RESTART_MAYBE : what > RESTART_MAYBE);
}

static void write_jobs(struct json_stream *out, const struct restart *r, const char *key,
                       bool maybe)
{
    json_stream_array(out, key);
    for (uint32_t i = 0; i < r->facts.jobs_count; i++) {
        if (!runs_again(r, i, maybe))
            continue;
        cleanup_free char *why = restart_why_text(&r->facts, i, &r->verdicts[i]);
        json_stream_value(out, NULL,
                          json_pack("{s:o, s:o}", "name", json_text(r->facts.jobs[i].name),
                                    "reason", json_text(why)));
    }
    json_stream_end(out);
}

void restart_print_json(const struct restart *r, bool dry_run, int32_t run_id)
{
    struct json_stream out;
    json_stream_init(&out, stdout);
    json_stream_object(&out, NULL);
    json_stream_value(&out, "workflow_id", json_integer(r->facts.workflow_id));
    json_stream_value(&out, "run_id", json_integer(run_id));
    json_stream_value(&out, "dry_run", json_boolean(dry_run));
    write_jobs(&out, r, "jobs", false);
    write_jobs(&out, r, "if_changed", true);
    json_stream_array(&out, "removed");
    for (uint32_t i = 0; r->amendment && i < r->amendment->removed_count; i++)
        json_stream_value(&out, NULL, json_text(r->amendment->removed[i]));
    json_stream_end(&out);
    json_stream_array(&out, "escalated");
    for (size_t i = 0; i < r->more.count; i++) {
        const struct escalation *e = &r->more.list[i];
        json_stream_value(&out, NULL,
                          json_pack("{s:o, s:o, s:I, s:I, s:o, s:b}", "class",
                                    json_text(r->facts.classes[e->class_index].name), "to",
                                    e->jobs ? json_text(e->name) : json_null(), "jobs",
                                    (json_int_t)e->jobs, "memory_bytes",
                                    (json_int_t)e->memory_bytes, "runtime_s",
                                    json_seconds(e->runtime_usec), "capped", e->capped));
    }
    json_stream_end(&out);
    json_stream_end(&out);
}

static void print_escalation(const struct restart *r, const struct escalation *e)
{
    char from[SIZE_TEXT], to[SIZE_TEXT], used[SIZE_TEXT] = "not known";
    char before[DURATION_TEXT], after[DURATION_TEXT];
    const struct restart_class *class = &r->facts.classes[e->class_index];
    cleanup_free char *name = text_safe(class->name);
    if (!e->jobs) {
        printf("class %s has all the %s that there is: its jobs get no more\n", name,
               e->memory ? "memory" : "time");
        return;
    }
    printf("class %s: %u job%s that ran out of %s get%s ", name, e->jobs, e->jobs == 1 ? "" : "s",
           e->memory ? "memory" : "time", e->jobs == 1 ? "s" : "");
    if (e->memory && e->peak_bytes != UNKNOWN)
        size_format(e->peak_bytes, used, sizeof used);
    if (e->memory)
        printf("%s instead of %s (largest use %s)", size_format(e->memory_bytes, to, sizeof to),
               size_format(class->memory_bytes, from, sizeof from), used);
    else
        printf("%s instead of %s", duration_format(e->runtime_usec, after, sizeof after),
               duration_format(class->runtime_usec, before, sizeof before));
    puts(e->capped ? ", which is all there is" : "");
}

static void print_table(const struct screen *screen, const struct restart *r, bool dry_run)
{
    enum { SHOWN_MOST = 40 }; // of a restart; all of a dry run
    static const struct table_column columns[] = {{"JOB", NULL, ALIGN_LEFT, FIT_NAME},
                                                  {"WHY", NULL, ALIGN_LEFT, FIT_SHRINK}};
    struct table *table = table_create(screen, TABLE_PEOPLE, columns, 2);
    uint32_t shown = 0, all = r->again + r->maybe;
    for (int maybe = 0; maybe <= 1; maybe++)
        for (uint32_t i = 0; i < r->facts.jobs_count; i++) {
            if (!runs_again(r, i, maybe) || (shown == SHOWN_MOST && !dry_run))
                continue;
            cleanup_free char *why = restart_why_text(&r->facts, i, &r->verdicts[i]);
            table_text(table, COLOR_NONE, r->facts.jobs[i].name);
            table_text(table, COLOR_NONE, why);
            shown++;
        }
    table_destroy(table);
    if (shown < all)
        printf("… and %u more\n", all - shown);
}

static void print_counts(const struct restart *r, bool dry_run)
{
    cleanup_free char *maybe =
        r->maybe ? xasprintf(", and %u only if what they read changes", r->maybe) : NULL;
    printf("%u job%s %s%s\n", r->again, r->again == 1 ? "" : "s",
           dry_run         ? "would run again"
           : r->again == 1 ? "runs again"
                           : "run again",
           maybe ? maybe : "");
}

void restart_print(const struct screen *screen, const struct restart *r, bool dry_run)
{
    uint32_t removed = r->amendment ? r->amendment->removed_count : 0;
    if (r->again || r->maybe) {
        print_table(screen, r, dry_run);
        print_counts(r, dry_run);
        for (size_t i = 0; i < r->more.count; i++)
            print_escalation(r, &r->more.list[i]);
    } else {
        printf("workflow %lld: nothing must run again\n", (long long)r->facts.workflow_id);
    }
    if (r->unseen)
        printf(
            "of %u job%s that completed nobody noted what %s read (an earlier torc did not): only "
            "files that are missing count for %s\n",
            r->unseen, r->unseen == 1 ? "" : "s", r->unseen == 1 ? "it" : "they",
            r->unseen == 1 ? "it" : "them");
    if (removed)
        printf("%u job%s no more in the file%s\n", removed, removed == 1 ? " is" : "s are",
               dry_run ? "" : ", and gone with what they did");
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs that wait, as members of the JSON document.
#include "lib/show/document.h"
#include "lib/show/waiting.h"

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

int document_waiting(struct json_stream *json, struct store *store,
                     const struct workflow_info *workflow, const struct waiting *waiting,
                     struct error *err)
{
    struct waiting_groups groups;
    if (waiting_groups_read(waiting, store, workflow, &groups, err))
        return -1;
    json_stream_array(json, "why");
    for (size_t i = 0; i < groups.count; i++) {
        json_t *object = json_object();
        put(object, "state", json_string(job_state_names[groups.list[i].state]));
        put(object, "class", json_text(groups.list[i].class_name));
        put(object, "jobs", json_integer(groups.list[i].jobs));
        put(object, "reason", json_text(groups.list[i].text));
        json_stream_value(json, NULL, object);
    }
    if (groups.others) {
        json_t *object = json_object();
        put(object, "state", json_string(job_state_names[JOB_BLOCKED]));
        put(object, "class", json_null());
        put(object, "jobs", json_integer(groups.others));
        put(object, "reason", json_string("wait for other jobs"));
        json_stream_value(json, NULL, object);
    }
    json_stream_end(json);
    waiting_groups_fini(&groups);
    return 0;
}

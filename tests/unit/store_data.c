// SPDX-License-Identifier: GPL-2.0-or-later
// User data and events in the store: batches, refusals, replay, large values, output data that is
// missing, values for commands.
#include "lib/store/data.h"
#include "lib/workflow/workflow.h"
#include "tests/unit/store_fixture.h"

// Two jobs: `writer` writes m, `reader` names it in its command. n has a value in the file.
static int64_t create(struct fixture *f)
{
    struct class_row class = {.name = "c",
                              .cpus = 1,
                              .nodes = 1,
                              .memory_bytes = 1 << 20,
                              .runtime_usec = 3600000000,
                              .enforced = true};
    struct job_row jobs[] = {
        {.name = "writer", .command = "true", .flags = JOB_CANCEL_ON_BLOCKING_FAILURE},
        {.name = "reader",
         .command = "echo ${user_data.input.m}",
         .flags = JOB_CANCEL_ON_BLOCKING_FAILURE | JOB_NAMES_DATA,
         .unmet = 1},
    };
    struct pair_row needs = {.job = 1, .other = 0};
    struct pair_row links[] = {{.job = 0, .other = 1, .role = ROLE_OUTPUT},
                               {.job = 1, .other = 1, .role = ROLE_INPUT},
                               {.job = 1, .other = 0, .role = ROLE_INPUT}};
    struct data_row data[] = {{.name = "n", .data = "5"}, {.name = "measured"}};
    struct workflow w = {
        .name = "data",
        .settings = "{}",
        .classes = &class,
        .classes_count = 1,
        .jobs = jobs,
        .jobs_count = 2,
        .needs = &needs,
        .needs_count = 1,
        .job_data = links,
        .job_data_count = 3,
        .data = data,
        .data_count = 2,
    };
    return fixture_create(f, &w);
}

static int send(struct fixture *f, struct data_request request, struct data_reply *reply)
{
    return store_data(f->store, &request, reply, &f->err);
}

#define REQUEST(w, list)    \
    ((struct data_request){ \
        .workflow_id = (w), .changes = (list), .changes_count = sizeof(list) / sizeof *(list)})

static void test_batch(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = create(&f), job = fixture_job(&f, w, "writer");
    struct data_reply reply;
    struct data_change changes[] = {
        {.op = DATA_GET, .name = "measured"},
        {.op = DATA_SET, .name = "measured", .json = "{\"a\":[1,2.50,\"x\\u0000y\"]}"},
        {.op = DATA_SET, .name = "mesured", .json = "1"},
        {.op = DATA_SET, .name = "n", .json = "{"},
        {.op = DATA_GET, .name = "measured"},
        {.op = DATA_GET, .name = "n"},
        {.op = DATA_POST,
         .name = "progress",
         .json = "{\"percent\":50}",
         .job_id = job,
         .key = "k1"},
        {.op = DATA_POST, .name = "progress", .job_id = job, .key = "k1"},
        {.op = DATA_POST, .name = "note"},
        {.op = DATA_POST, .name = "note", .job_id = 999},
        {.op = DATA_SET, .name = "n", .json = "null"},
    };
    is_int(send(&f, REQUEST(w, changes), &reply), 0, "a batch of good and bad changes is applied");
    is_int(reply.answers_count, 11, "each has an answer");
    ok(!reply.answers[0].json && !reply.answers[0].error,
       "data that nobody set has no value, which is no error");
    ok(reply.answers[2].error && strstr(reply.answers[2].error, "did you mean \"measured\""),
       "a slip in a name is told");
    ok(reply.answers[3].error && strstr(reply.answers[3].error, "no JSON"),
       "what is no JSON is refused");
    is_text(reply.answers[4].json, "{\"a\":[1,2.50,\"x\\u0000y\"]}",
            "a value is seen later in its batch, as it was written");
    is_text(reply.answers[5].json, "5", "a refused value changes nothing");
    ok(!reply.answers[7].error, "an event of a key that was posted is no error");
    ok(reply.answers[9].error != NULL, "an event of a job that there is not is refused");
    data_reply_fini(&reply);
    is_int(fixture_number(&f, "SELECT count(*) FROM event WHERE kind = 50"), 2,
           "an event of the same key is posted once");
    is_int(fixture_number(&f, "SELECT data = 'null' FROM user_data WHERE name = 'n'"), 1,
           "null is a value");
    struct read_request q = {.what = READ_EVENTS, .workflow_id = w, .event_kind = "progress"};
    struct read_reply events;
    is_int(store_read(f.store, &q, &events, &f.err), 0, "events by the name that the user gave");
    ok(events.count == 1 && !strcmp(events.events->kind, "user") &&
           !strcmp(events.events->name, "progress") && !strcmp(events.events->job_name, "writer"),
       "with kind, name and job");
    read_reply_fini(&events);
    q.event_kind = "user";
    q.since_usec = INT64_MAX;
    is_int(store_read(f.store, &q, &events, &f.err) || events.count, 0,
           "none is newer than the end of time");
    read_reply_fini(&events);
    struct data_request nowhere = REQUEST(w + 1, changes);
    is_int(send(&f, nowhere, &reply), -1, "a workflow that there is not is an error");
    fixture_close(&f);
}

static void test_runner(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = create(&f);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 2);
    struct data_reply reply;
    struct data_change first[] = {{.op = DATA_SET, .name = "measured", .json = "1"},
                                  {.op = DATA_POST, .name = "e"}};
    struct data_change other[] = {{.op = DATA_SET, .name = "measured", .json = "2"}};
    struct data_request request = REQUEST(w, first);
    request.runner_id = r.id;
    request.seq = 1;
    is_int(send(&f, request, &reply), 0, "a runner's batch");
    data_reply_fini(&reply);
    is_int(send(&f, REQUEST(w, other), &reply), 0, "somebody else writes");
    data_reply_fini(&reply);
    is_int(send(&f, request, &reply), 0, "the runner's batch comes again");
    is_int(reply.answers_count, 2, "and is answered");
    data_reply_fini(&reply);
    is_int(fixture_number(&f, "SELECT data FROM user_data WHERE name = 'measured'"), 2,
           "a replay writes nothing");
    is_int(fixture_number(&f, "SELECT count(*) FROM event WHERE kind = 50"), 1,
           "and posts nothing");
    struct data_change get[] = {{.op = DATA_GET, .name = "measured"}};
    struct data_request asks = REQUEST(w, get);
    asks.runner_id = r.id;
    asks.seq = 2;
    is_int(send(&f, asks, &reply), 0, "a runner's batch that only asks");
    is_text(reply.answers->json, "2", "is answered");
    data_reply_fini(&reply);
    is_int(fixture_number(&f, "SELECT data_seq FROM runner"), 1, "and writes nothing");
    struct runner_grant grant;
    struct runner_entry entry = {.workflow_id = w,
                                 .array_task_id = -1,
                                 .incarnation = "i2",
                                 .host = "h",
                                 .node = "h",
                                 .pid = 1,
                                 .cpus = 1,
                                 .memory_bytes = 1 << 30,
                                 .gone = &r.id,
                                 .gone_count = 1};
    is_int(store_enter(f.store, &entry, &grant, &f.err), 0, "another runner takes over");
    runner_grant_fini(&grant);
    request.seq = 2;
    is_int(send(&f, request, &reply), -1, "who was declared lost writes nothing any more");
    is_int(f.err.code, ERROR_USAGE, "and is told");
    fixture_close(&f);
}

static void test_output_data(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = create(&f);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 2);
    struct sync_reply reply;
    struct data_reply data;
    fixture_sync(&f, &r, NULL, 0, 2, &reply);
    is_int(reply.claimed_count, 1, "only the writer is ready");
    struct attempt_end end = fixture_end(&reply.claimed[0], JOB_COMPLETED);
    sync_reply_fini(&reply);
    fixture_sync(&f, &r, &end, 1, 2, &reply);
    sync_reply_fini(&reply);
    is_text(fixture_state(&f, w, "writer"), "failed",
            "a job that did not set its output data has failed");
    is_text(fixture_state(&f, w, "reader"), "canceled", "and who needs it is canceled");
    is_int(fixture_number(
               &f, "SELECT count(*) FROM attempt WHERE reason = 6 AND message LIKE '%measured%'"),
           1, "missing_output names it");
    fixture_invariants(&f, "missing output data");

    w = create(&f);
    r = fixture_enter(&f, f.store, w, "i2", 2);
    fixture_sync(&f, &r, NULL, 0, 2, &reply);
    end = fixture_end(&reply.claimed[0], JOB_COMPLETED);
    sync_reply_fini(&reply);
    struct data_change set[] = {{.op = DATA_SET, .name = "measured", .json = "{\"a\": \"it's\"}"}};
    is_int(send(&f, REQUEST(w, set), &data), 0, "set");
    data_reply_fini(&data);
    fixture_sync(&f, &r, &end, 1, 2, &reply);
    is_text(fixture_state(&f, w, "writer"), "completed", "a job that did has completed");
    is_int(reply.claimed_count, 1, "the reader starts");
    is_int(reply.claimed[0].data_count, 1,
           "with the value that its command waits for, and no other");
    is_text(reply.claimed[0].data[0].name, "measured", "by name");
    is_text(reply.claimed[0].data[0].json, "{\"a\": \"it's\"}", "as it was written");
    sync_reply_fini(&reply);
    is_int(fixture_number(&f, "SELECT count(*) FROM event WHERE kind = 11"), 2,
           "every start is an event, also of short jobs");
    fixture_invariants(&f, "output data");
    fixture_close(&f);
}

static void test_large(void)
{
    enum { LARGE = 1 << 20 };
    struct fixture f;
    fixture_open(&f);
    int64_t w = create(&f);
    char *text = xcalloc(1, DATA_MOST_BYTES + 4);
    memset(text, 'x', LARGE);
    text[0] = text[LARGE - 1] = '"';
    struct data_change changes[] = {{.op = DATA_SET, .name = "n", .json = text},
                                    {.op = DATA_GET, .name = "n"}};
    struct data_reply reply;
    is_int(send(&f, REQUEST(w, changes), &reply), 0, "a value of 1 MiB");
    ok(reply.answers[1].json && !strcmp(reply.answers[1].json, text), "comes back whole");
    data_reply_fini(&reply);
    memset(text, 'x', DATA_MOST_BYTES + 2);
    text[0] = text[DATA_MOST_BYTES + 1] = '"';
    is_int(send(&f, REQUEST(w, changes), &reply), 0, "a value of more than 4 MiB");
    ok(reply.answers[0].error && strstr(reply.answers[0].error, "4 MiB"), "is refused");
    data_reply_fini(&reply);
    free(text);
    fixture_close(&f);
}

int main(void)
{
    test_batch();
    test_runner();
    test_output_data();
    test_large();
    return done_testing();
}

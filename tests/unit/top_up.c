// SPDX-License-Identifier: GPL-2.0-or-later
// How long a runner waits before it asks for allocations again, by how the last request ended.
#include "runner/top_up.h"

#include "tests/tap.h"

static const int64_t SEC = 1000000;

static const struct {
    int exit_code, signal;
    int pause_secs; // before the next
    bool again;     // without being told that more is needed
    const char *name;
} rows[] = {
    {2, 0, 20, false, "after a refusal twice the pause"},
    {2, 0, 40, false, "after another one twice as long"},
    {1, 0, 80, false, "... whatever it is"},
    {0, 9, 160, false, "... or killed"},
    {2, 0, 300, false, "... up to five minutes"},
    {2, 0, 300, false, "... and no longer"},
    {0, 0, 10, false, "after success as at first"},
    {3, 0, 10, true, "so it is when Slurm did not answer, and then it is tried again"},
    {2, 0, 20, false, "and a refusal counts anew"},
};

int main(void)
{
    struct top_up top_up = {0};
    struct jobs jobs = {.workflow_id = 1};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        top_up.pid = 123;
        ok(top_up_reaped(&top_up, &jobs, 123, rows[i].exit_code << 8 | rows[i].signal) &&
               !top_up.pid,
           "it has ended");
        is_int(top_up.pause_usec, rows[i].pause_secs * SEC, rows[i].name);
        ok(top_up.again == rows[i].again, "tried again at once, or not");
    }
    top_up.pid = 123;
    ok(!top_up_reaped(&top_up, &jobs, 124, 0) && top_up.pid == 123, "another child is not it");
    return done_testing();
}

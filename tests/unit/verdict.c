// SPDX-License-Identifier: GPL-2.0-or-later
// What jobs become, for every way to end.
#include "runner/job/verdict.h"

#include <signal.h>

#include "tests/tap.h"

#define EXIT(code) ((code) << 8)
#define SIG(n) (n)
#define CORE 0x80

static const struct {
    const char *name;
    struct verdict_input input;
    enum job_state state;
    enum attempt_reason reason;
} cases[] = {
    {"exit 0", {.status = EXIT(0)}, JOB_COMPLETED, REASON_NONE},
    {"exit 3", {.status = EXIT(3)}, JOB_FAILED, REASON_EXIT},
    {"killed by a signal", {.status = SIG(SIGSEGV)}, JOB_FAILED, REASON_SIGNAL},
    {"exit 0, an output missing",
     {.status = EXIT(0), .missing_output = "x"},
     JOB_FAILED,
     REASON_MISSING_OUTPUT},
    {"exit 3, an output missing",
     {.status = EXIT(3), .missing_output = "x"},
     JOB_FAILED,
     REASON_EXIT},
    {"killed by the kernel for memory",
     {.status = SIG(SIGKILL), .oom = true},
     JOB_FAILED,
     REASON_OOM},
    {"a child was killed for memory, and it failed",
     {.status = EXIT(1), .oom = true},
     JOB_FAILED,
     REASON_OOM},
    {"a child was killed for memory, and it succeeded",
     {.status = EXIT(0), .oom = true},
     JOB_COMPLETED,
     REASON_NONE},
    {"stopped by the runner for memory",
     {.status = SIG(SIGKILL), .stop = STOP_OOM},
     JOB_FAILED,
     REASON_OOM},
    {"timeout", {.status = SIG(SIGTERM), .stop = STOP_TIMEOUT}, JOB_FAILED, REASON_TIMEOUT},
    {"timeout, exits 0 on the signal",
     {.status = EXIT(0), .stop = STOP_TIMEOUT},
     JOB_FAILED,
     REASON_TIMEOUT},
    {"canceled", {.status = SIG(SIGTERM), .stop = STOP_CANCELED}, JOB_CANCELED, REASON_CANCELED},
    {"the user stopped the runner",
     {.status = SIG(SIGTERM), .stop = STOP_USER},
     JOB_TERMINATED,
     REASON_TERMINATED},
    {"the user stopped the runner, exit 0",
     {.status = EXIT(0), .stop = STOP_USER},
     JOB_TERMINATED,
     REASON_TERMINATED},
    {"end of the allocation, goes on later",
     {.status = SIG(SIGTERM), .stop = STOP_ALLOCATION, .max_continuations = 10},
     JOB_READY,
     REASON_TERMINATED},
    {"end of the allocation, finished in its grace",
     {.status = EXIT(0), .stop = STOP_ALLOCATION, .max_continuations = 10},
     JOB_COMPLETED,
     REASON_NONE},
    {"end of the allocation, stopped at a checkpoint, exit 1",
     {.status = EXIT(1), .stop = STOP_ALLOCATION, .max_continuations = 10},
     JOB_READY,
     REASON_TERMINATED},
    {"end of the allocation, exit 0 but an output unwritten",
     {.status = EXIT(0), .stop = STOP_ALLOCATION, .missing_output = "x", .max_continuations = 10},
     JOB_READY,
     REASON_TERMINATED},
    {"end of the allocation, no continuation left",
     {.status = SIG(SIGKILL),
      .stop = STOP_ALLOCATION,
      .continuations = 10,
      .max_continuations = 10},
     JOB_TERMINATED,
     REASON_TERMINATED},
    {"end of the allocation, its limit used",
     {.status = SIG(SIGTERM), .stop = STOP_ALLOCATION, .limit_used = true, .max_continuations = 10},
     JOB_FAILED,
     REASON_TIMEOUT},
    {"end of the allocation, its limit used, supports termination",
     {.status = SIG(SIGTERM),
      .stop = STOP_ALLOCATION,
      .limit_used = true,
      .supports_termination = true,
      .max_continuations = 10},
     JOB_READY,
     REASON_TERMINATED},
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict v = verdict_give(&cases[i].input);
        is_text(job_state_names[v.state], job_state_names[cases[i].state], cases[i].name);
        is_text(attempt_reason_names[v.reason], attempt_reason_names[cases[i].reason],
                "... for that reason");
    }
    struct verdict v = verdict_give(&(struct verdict_input){.status = SIG(SIGABRT) | CORE});
    ok(v.signal == SIGABRT && v.exit_code == UNKNOWN && v.core,
       "a signal is no exit code, and a core is told");
    v = verdict_give(&(struct verdict_input){.status = EXIT(7)});
    ok(v.signal == UNKNOWN && v.exit_code == 7 && !v.core, "an exit code is no signal");
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of how jobs end, the first that applies wins.
#include "runner/job/verdict.h"

#include <sys/wait.h>

// Goes on in another allocation, or has had its chances.
static enum job_state continue_or_end(const struct verdict_input *in)
{
    return in->continuations < in->max_continuations ? JOB_READY : JOB_TERMINATED;
}

static void judge(const struct verdict_input *in, struct verdict *v)
{
    bool success = WIFEXITED(in->status) && !WEXITSTATUS(in->status);
    if (in->stop == STOP_CANCELED) {
        v->state = JOB_CANCELED;
        v->reason = REASON_CANCELED;
    } else if (in->stop == STOP_USER) {
        v->state = JOB_TERMINATED;
        v->reason = REASON_TERMINATED;
    } else if (in->stop == STOP_TIMEOUT) {
        v->state = JOB_FAILED;
        v->reason = REASON_TIMEOUT;
    } else if (in->stop == STOP_OOM || (in->oom && !success)) {
        v->state = JOB_FAILED;
        v->reason = REASON_OOM;
    } else if (success && !in->missing_output) {
        v->state = JOB_COMPLETED;
    } else if (in->stop == STOP_ALLOCATION && in->limit_used && !in->supports_termination) {
        v->state = JOB_FAILED;
        v->reason = REASON_TIMEOUT;
    } else if (in->stop == STOP_ALLOCATION) {
        v->state = continue_or_end(in);
        v->reason = REASON_TERMINATED;
    } else {
        v->state = JOB_FAILED;
        v->reason = success                 ? REASON_MISSING_OUTPUT
                    : WIFEXITED(in->status) ? REASON_EXIT
                                            : REASON_SIGNAL;
    }
}

struct verdict verdict_give(const struct verdict_input *input)
{
    struct verdict v = {.exit_code = UNKNOWN, .signal = UNKNOWN};
    if (WIFEXITED(input->status))
        v.exit_code = WEXITSTATUS(input->status);
    if (WIFSIGNALED(input->status)) {
        v.signal = WTERMSIG(input->status);
        v.core = WCOREDUMP(input->status);
    }
    judge(input, &v);
    return v;
}

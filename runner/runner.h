// SPDX-License-Identifier: GPL-2.0-or-later
// The runner and its jobs: everything that the loop's modules share. One thread, the main one, uses it.
#ifndef RUNNER_RUNNER_H
#define RUNNER_RUNNER_H

#include <sys/queue.h>
#include <sys/resource.h>

#include "lib/arena.h"
#include "lib/job_spec.h"
#include "lib/meter.h"
#include "lib/store_run.h"
#include "runner/environment.h"
#include "runner/keeper.h"
#include "runner/link.h"
#include "runner/node.h"
#include "runner/options.h"
#include "runner/output.h"
#include "runner/verdict.h"

enum phase {
    PHASE_HINT,    /* not claimed: in the chain of a job that it waits for */
    PHASE_HELD,    /* claimed, to be started when it fits */
    PHASE_INPUTS,  /* has its share, waits for its inputs to become visible */
    PHASE_RUNNING, /* has a process */
    PHASE_DYING,   /* the first process is gone, others not yet */
    PHASE_ENDED,   /* has its verdict, which the store has not acknowledged */
};

struct batch { /* claimed jobs own nothing: their texts live as long as the reply that brought them */
    struct sync_reply reply;
    uint32_t users;
};

struct job {
    TAILQ_ENTRY(job) link; /* in the list of its phase */
    struct claimed_job claimed;
    struct batch *batch;
    struct arena *arena; /* what belongs to the attempt */
    struct job_spec spec;
    struct settings_of_job {
        enum stdio_mode stdio;
        bool delete_on_success;
        int signal;
    } how;
    enum phase phase;
    enum stop stop;
    bool start_sent, signaled, killed, over_memory;
    bool taken;        /* started on a hint: the store learns of it afterwards */
    struct job *ahead; /* what may follow it at once when it completes (a hint), and so on along the chain */
    struct share share;
    struct meter_job *meter;
    struct output_files files;
    const char *script; /* file in the output folder that holds a long command, or NULL */
    pid_t pid;
    /* by the runner's clock (runner.now); 0: not due */
    int64_t held_usec, start_usec, limit_usec, kill_usec, due_usec; /* due: look at it again (inputs, samples, dying) */
    int64_t limit_length_usec;
    int32_t tries;
    int status;
    struct rusage rusage;
    struct usage_record usage;
    const char **step_files; /* records of its steps, to be removed when they are stored */
    uint32_t step_files_count;
    struct attempt_end end; /* end.start is set when it starts */
};

TAILQ_HEAD(job_list, job);

struct end_time {
    pid_t pid;               /* of squeue; 0: it does not run */
    int answer;              /* the file that it writes to */
    int64_t asked_usec;      /* when it was started last; 0: never */
    int64_t asked_for_usec;  /* what the end was then: an end is asked for once */
};

struct series { /* points taken, and those of the present request, whose room is used in turn */
    int64_t due_usec;
    struct usage_point *points, *sent;
    size_t space, sent_space;
    uint32_t count;
};

struct runner {
    const struct options *options;
    struct keeper_shared *shared;
    pid_t keeper;
    int64_t workflow_id;
    char *db;           /* absolute */
    struct store *store;
    struct rlimit files_limit; /* of open files, as this process found it: what jobs get */
    struct runner_grant grant;
    struct settings settings;
    struct node node;
    struct environment *environment;
    struct output output;
    struct meter *meter;
    struct link *link;
    struct job_socket *socket; /* NULL: there is none, jobs use the database */
    struct series series;
    struct end_time end_time;
    int64_t now;        /* monotonic, without the time in which everything was suspended */
    int64_t suspended_usec;

    struct job_list held, live, ended, sending; /* live: INPUTS, RUNNING, DYING; sending: ENDED and in the present request */
    uint32_t held_count, live_count, ended_count, starts_unsent;
    int64_t ended_since; /* when the oldest of `ended` came */
    int64_t last_sync_usec, last_active_usec;
    int64_t completed, rate_times[2];
    int32_t rate_counts[2]; /* completions in the present and the last window, for the prefetch */

    int64_t seq;
    bool changed, urgent;      /* since the last sync: others changed the database; sync at once */
    bool told_complete, may_come; /* the last reply */
    bool leaving, left, expelled;
    int32_t interval_ms;
    int32_t failures; /* jobs that failed here */
    uint32_t sending_count, journaled; /* ends in the present request; ends in the journal, 0: there is none */
    int64_t journal_failed_usec; /* when it could not be written; 0: it could */
    bool outage_told;
    char *incarnation;
    bool replayed;      /* results of another runner were taken in; they may have been the last */
    bool drain;         /* nothing starts any more, what runs has been told to end */
    int64_t end_usec;   /* of the allocation, by `now`; 0: none */
    int interrupts;     /* times that the user asked to stop */
    pid_t top_up;    /* the child that submits more allocations; 0: none */
    bool top_up_again; /* it did not reach Slurm */
    int64_t top_up_usec; /* when the last one was started */
};

/* Runs the workflow; the program's exit code. argument: const struct options *. */
int runner_main(void *argument, struct keeper_shared *shared);

#endif

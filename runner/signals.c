// SPDX-License-Identifier: GPL-2.0-or-later
// Which signals are read, which are held back.
#include "runner/signals.h"

#include <stdbool.h>
#include <stddef.h>

static const int read_signals[] = {SIGCHLD, SIGINT,  SIGTERM, SIGQUIT,
                                   SIGHUP,  SIGUSR1, SIGUSR2, SIGCONT};
static const int held_signals[] = {SIGPIPE, SIGTTOU};
enum {
    READ = sizeof read_signals / sizeof *read_signals,
    HELD = sizeof held_signals / sizeof *held_signals
};

static bool hangup_ignored;

void signals_fill(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < READ; i++)
        if (read_signals[i] != SIGHUP || !hangup_ignored)
            sigaddset(set, read_signals[i]);
}

void signals_block(void)
{
    sigset_t set;
    struct sigaction old;
    hangup_ignored = !sigaction(SIGHUP, NULL, &old) && old.sa_handler == SIG_IGN;
    signals_fill(&set);
    for (size_t i = 0; i < HELD; i++)
        sigaddset(&set, held_signals[i]);
    sigaddset(&set, SIGHUP); // ignored: then it stays pending, and nobody reads it
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int sig = 1; sig < SIGRTMIN; sig++)
        if (!sigaction(sig, NULL, &old) && old.sa_handler == SIG_IGN)
            signal(sig, SIG_DFL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Names of the signals that may end a job.
#include "lib/base/signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"TERM", SIGTERM}, {"INT", SIGINT}, {"USR1", SIGUSR1},
    {"USR2", SIGUSR2}, {"HUP", SIGHUP}, {"KILL", SIGKILL},
};

int signal_number(const char *name)
{
    if (!strncasecmp(name, "SIG", 3))
        name += 3;
    for (int number = 1; number < NSIG; number++) {
        const char *known = sigabbrev_np(number);
        if (known && !strcasecmp(name, known))
            return number;
    }
    return 0;
}

int signal_find(const char *name)
{
    if (!strncasecmp(name, "SIG", 3))
        name += 3;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (!strcasecmp(name, signals[i].name))
            return signals[i].number;
    return 0;
}

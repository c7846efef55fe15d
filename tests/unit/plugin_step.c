// SPDX-License-Identifier: GPL-2.0-or-later
// What the plugin takes a step for, from what Slurm tells it: a slurmstepd of functions.
#include "plugin/step.h"
#include "tests/tap.h"

#include <unistd.h>

// ---- what slurmstepd has

spank_err_t spank_getenv(spank_t sp, const char *name, char *buf, int size)
{
    (void)sp; // the step's environment is the user's: she may say there what she likes
    snprintf(buf, (size_t)size, "%s", strcmp(name, "SLURMD_NODENAME") ? "" : "liar");
    return ESPANK_SUCCESS;
}

spank_err_t spank_get_item(spank_t sp, spank_item_t item, ...)
{
    (void)sp;
    va_list ap;
    va_start(ap, item);
    if (item == S_JOB_NCPUS)
        *va_arg(ap, uint16_t *) = 12;
    else
        *va_arg(ap, uint32_t *) = 1001;
    va_end(ap);
    return ESPANK_SUCCESS;
}

// ---- the node's name: what SLURMD_NODENAME is in its tasks, or records of them are not found

static void test_node(void)
{
    static char host[256];
    gethostname(host, sizeof host - 1);
    host[strcspn(host, ".")] = '\0';
    static const struct {
        const char *own, *node;
    } rows[] = {{"node7", "node7"},
                {"rack-1.site_a", "rack-1.site_a"},
                {"a/../b", "a_.._b"},
                {"", host},
                {NULL, host}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct step *step = calloc(1, sizeof *step);
        if (rows[i].own)
            setenv("SLURMD_NODENAME", rows[i].own, 1);
        else
            unsetenv("SLURMD_NODENAME");
        is_int(step_init_ids(step, NULL), 0, "ids");
        is_text(step->node, rows[i].node, rows[i].own ? rows[i].own : "not set");
        is_int(step->cpus, 12, "its CPUs");
        free(step);
    }
}

int main(void)
{
    test_node();
    return done_testing();
}

// SPDX-License-Identifier: GPL-2.0-or-later
// torc: look at workflows, and steer them. Finds the command in its table, reads the options that
// it takes, runs it.
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "cli/command.h"
#include "cli/foreign.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"

const struct command *const cli_commands[] = {
    &cmd_list,     &cmd_status,  &cmd_jobs,    &cmd_show,   &cmd_logs,    &cmd_wait,   &cmd_restart,
    &cmd_cancel,   &cmd_disable, &cmd_enable,  &cmd_hold,   &cmd_release, &cmd_update, &cmd_delete,
    &cmd_validate, &cmd_plan,    &cmd_graph,   &cmd_import, &cmd_replay,  &cmd_data,   &cmd_event,
    &cmd_spawn,    &cmd_export,  &cmd_recover, &cmd_check,
};
const size_t cli_commands_count = sizeof cli_commands / sizeof *cli_commands;

void cli_warn(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    cleanup_free char *text = xvasprintf(format, ap);
    va_end(ap);
    cleanup_free char *safe = text_safe(text); // names of users are in it
    fprintf(stderr, "torc: %s\n", safe);
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    struct error err = {0};
    screen_init(&cli.screen, stdout);
    int code = cli_read(argc, argv, &cli);
    if (code >= 0)
        return code;
    code = cli.command->run(&cli, &err);
    if (fflush(stdout) || ferror(stdout)) {
        cli_warn("cannot write the output: %s", strerror(errno));
        return ERROR_INTERNAL;
    }
    if (code < 0) {
        cleanup_free char *here =
            cli.argument ? foreign_command_text(cli.command->name, cli.argument) : NULL;
        cli_warn("%s%s%s", err.text, here ? "; NREL's " : "", here ? here : "");
        return (int)err.code;
    }
    return code;
}

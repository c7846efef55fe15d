// SPDX-License-Identifier: GPL-2.0-or-later
// Asks Slurm's commands for texts to show.
#include "lib/slurm/look.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/slurm/slurm.h"

enum { TIMEOUT_MS = 20 * 1000 };

int slurm_look(const char *const *argv, char **text, struct error *err)
{
    struct program_result result;
    if (slurm_command(argv, TIMEOUT_MS, &result, err))
        return -1;
    int code = 0;
    const char *said = *result.err ? result.err : result.out;
    bool named =
        !strncmp(said, argv[0], strlen(argv[0])); // "squeue: error: …" needs no name before it
    if (result.timed_out)
        code = error_set(err, ERROR_UNREACHABLE, 0, "%s: Slurm did not answer within %d s", argv[0],
                         TIMEOUT_MS / 1000);
    else if (result.exit_code && *said)
        code = error_set(err, ERROR_UNREACHABLE, 0, "%s%s%.*s", named ? "" : argv[0],
                         named ? "" : ": ", (int)strcspn(said, "\n"), said);
    else if (result.exit_code)
        code = error_set(err, ERROR_UNREACHABLE, 0, "%s ended with %d", argv[0], result.exit_code);
    else
        *text = take_ptr(result.out);
    program_result_fini(&result);
    return code;
}

int slurm_look_queue(const int64_t *jobs, size_t count, char **text, struct error *err)
{
    char *list = NULL;
    size_t size;
    FILE *out = open_memstream(&list, &size);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%lld", i ? "," : "", (long long)jobs[i]);
    fclose(out);
    const char *const argv[] = {"squeue", "-h", "-o", "%i|%T|%r|%S", "-j", list, NULL};
    int result = slurm_look(argv, text, err);
    free(list);
    if (!result || !strstr(err->text, "Invalid job id"))
        return result;
    *text = xstrdup(""); // what it says when it is asked about one job, and that is forgotten
    return 0;
}

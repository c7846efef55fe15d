// SPDX-License-Identifier: GPL-2.0-or-later
// torc graph: a workflow as a picture, by Graphviz.
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/picture.h"
#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/base/suggest.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_graph = {
    .name = "graph",
    .argument = "FILE|ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_GRAPH | OPTION_ALL,
    .help = "a picture of a workflow, by Graphviz: who waits for whom, who reads what",
    .run = run,
};

enum { LAYOUT_MS = 5 * 60 * 1000 };

static const char *const formats[] = {"dot", "svg"};
enum { FORMAT_DOT, FORMAT_SVG, FORMATS };

static int find_word(const char *option, const char *word, const char *const *words, int count,
                     struct error *err)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(words[i], word))
            return i;
    const char *nearest = suggest_nearest(word, words, (size_t)count);
    return error_set(err, ERROR_USAGE, 0, "--%s: there is no \"%s\"; did you mean \"%s\"?", option,
                     word, nearest ? nearest : words[0]);
}

static int find_format(const struct cli *cli, struct error *err)
{
    static const char *const others[] = {".png", ".pdf",  ".ps",  ".eps",
                                         ".jpg", ".jpeg", ".gif", ".webp"};
    const char *dot = cli->output ? strrchr(cli->output, '.') : NULL;
    if (cli->format)
        return find_word("format", cli->format, formats, FORMATS, err);
    for (size_t i = 0; dot && i < sizeof others / sizeof *others; i++)
        if (!strcasecmp(dot, others[i]))
            return error_set(
                err, ERROR_USAGE, 0,
                "-o %s: only DOT and SVG are written here; for others: torc graph | dot -T%s -o %s",
                cli->output, others[i] + 1, cli->output);
    return dot && !strcasecmp(dot, ".svg") ? FORMAT_SVG : FORMAT_DOT;
}

// dot's own words are the reason, when it fails.
static int lay_out(const char *text, char **svg, struct error *err)
{
    struct program_result result;
    if (program_run((const char *const[]){"dot", "-Tsvg", NULL}, text, NULL, LAYOUT_MS, &result,
                    err)) {
        if (err->saved_errno == ENOENT)
            return error_set(
                err, ERROR_USAGE, 0,
                "there is no program \"dot\", which draws the picture: install Graphviz "
                "(Debian, Ubuntu, Fedora: the package graphviz), or take --format dot to draw it "
                "elsewhere");
        return -1;
    }
    int rc = 0;
    if (result.timed_out)
        rc = error_set(
            err, ERROR_INTERNAL, 0,
            "dot has not drawn the picture within %d minutes; without --all it is smaller, and "
            "--format dot writes what dot is given",
            LAYOUT_MS / 60000);
    else if (result.exit_code || !*result.out)
        rc = error_set(err, ERROR_INTERNAL, 0, "dot failed with exit code %d: %.500s",
                       result.exit_code, result.err);
    else
        *svg = xasprintf("%s\n", result.out);
    program_result_fini(&result);
    return rc;
}

static int draw(const struct cli *cli, enum picture_kind kind, int format, struct error *err)
{
    struct subject subject;
    cleanup_free char *text = NULL, *svg = NULL;
    size_t size;
    if (subject_open(&subject, cli, err))
        return -1;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    picture_draw(out, &subject, kind, cli->all);
    fclose(out);
    subject_fini(&subject);
    if (format == FORMAT_SVG && lay_out(text, &svg, err))
        return -1;
    return output_write(cli->output, svg ? svg : text, err);
}

static int run(struct cli *cli, struct error *err)
{
    int kind = cli->kind ? find_word("kind", cli->kind, picture_kind_names, PICTURE_KINDS, err)
                         : PICTURE_JOB_JOB;
    int format = kind < 0 ? -1 : find_format(cli, err);
    return format < 0 ? -1 : draw(cli, (enum picture_kind)kind, format, err);
}

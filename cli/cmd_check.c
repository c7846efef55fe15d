// SPDX-License-Identifier: GPL-2.0-or-later
// torc check: what this machine and its cluster give, and so how exactly jobs can be measured and
// held.
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>

#include "cli/command.h"
#include "lib/base/fs_kind.h"
#include "lib/base/mem.h"
#include "lib/meter/meter.h"
#include "lib/show/json_stream.h"
#include "lib/slurm/look.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_check = {
    .name = "check",
    .argument = "",
    .need = ARGUMENT_NONE,
    .options = OPTION_JSON,
    .help = "what this cluster gives: Slurm, plugin, cgroups, MUNGE, the database's place",
    .run = run,
};

enum verdict { GOOD, NOTE, BAD };
enum { INDENT = 18 };

static enum verdict check_slurm(const struct cli *cli, char **text);
static enum verdict check_controller(const struct cli *cli, char **text);
static enum verdict check_plugin(const struct cli *cli, char **text);
static enum verdict check_munge(const struct cli *cli, char **text);
static enum verdict check_cgroup(const struct cli *cli, char **text);
static enum verdict check_delegation(const struct cli *cli, char **text);
static enum verdict check_database(const struct cli *cli, char **text);

static const struct check {
    const char *name;
    enum verdict (*look)(const struct cli *cli, char **text); // the text is the caller's to free
} checks[] = {
    {"Slurm", check_slurm},       {"controller", check_controller},
    {"plugin", check_plugin},     {"MUNGE", check_munge},
    {"cgroups", check_cgroup},    {"delegation", check_delegation},
    {"database", check_database},
};

static const struct {
    const char *mark;
    enum color color;
} verdicts[] = {
    [GOOD] = {"ok", COLOR_GREEN}, [NOTE] = {"note", COLOR_YELLOW}, [BAD] = {"fails", COLOR_RED}};

static void cut_line(char *text)
{
    text[strcspn(text, "\n")] = '\0';
}

static enum verdict check_slurm(const struct cli *cli, char **text)
{
    struct error err;
    (void)cli;
    if (slurm_look((const char *[]){"sinfo", "--version", NULL}, text, &err)) {
        *text = xasprintf("%s; torc-run works without Slurm, torc-sbatch does not", err.text);
        return BAD;
    }
    cut_line(*text);
    return GOOD;
}

static enum verdict check_controller(const struct cli *cli, char **text)
{
    struct error err;
    (void)cli;
    if (!slurm_look((const char *[]){"scontrol", "ping", NULL}, text, &err)) {
        cut_line(*text);
        return GOOD;
    }
    *text = xstrdup(err.text);
    return BAD;
}

// The value of "KEY = value" in what scontrol shows, or NULL; the caller's to free.
static char *config_value(const char *config, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = config; line;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const char *at = line + length;
        if (strncmp(line, key, length))
            continue;
        at += strspn(at, " ");
        if (*at == '=')
            return xstrndup(at + 1 + strspn(at + 1, " "),
                            strcspn(at + 1 + strspn(at + 1, " "), "\n"));
    }
    return NULL;
}

static bool mentions(const char *path, const char *word, struct error *err)
{
    cleanup_fclose FILE *file = fopen(path, "re");
    char line[1024];
    if (!file)
        error_set(err, ERROR_UNREACHABLE, errno, "%s", path);
    while (file && fgets(line, sizeof line, file))
        if (line[strspn(line, " \t")] != '#' && strstr(line, word))
            return true;
    return false;
}

static enum verdict check_plugin(const struct cli *cli, char **text)
{
    static const char without[] = "jobs are measured and held by what an ordinary user may do";
    struct error err = {0};
    cleanup_free char *config = NULL;
    (void)cli;
    if (slurm_look((const char *[]){"scontrol", "show", "config", NULL}, &config, &err)) {
        *text = xasprintf("not known: %s", err.text);
        return NOTE;
    }
    cleanup_free char *path = config_value(config, "PlugStackConfig");
    if (path && mentions(path, "spank_torc", &err)) {
        *text = xasprintf("spank_torc stands in %s: exact accounting and limits", path);
        return GOOD;
    }
    if (!path || err.code)
        *text = xasprintf("not found (%s); %s",
                          err.code ? err.text : "Slurm names no plugstack.conf", without);
    else
        *text = xasprintf("spank_torc does not stand in %s (included files are not looked at); %s",
                          path, without);
    return NOTE;
}

static enum verdict check_munge(const struct cli *cli, char **text)
{
    struct error err;
    cleanup_free char *said = NULL, *config = NULL, *info = NULL;
    (void)cli;
    if (!slurm_look((const char *[]){"scontrol", "show", "config", NULL}, &config, &err))
        info = config_value(config, "AuthInfo");
    char *socket = info ? strstr(info, "socket=") : NULL;
    if (socket) { // not at the usual place
        socket += strlen("socket=");
        socket[strcspn(socket, ", ")] = '\0';
    }
    const char *const usual[] = {"munge", "-n", NULL}, *const named[] = {"munge", "-n", "-S",
                                                                         socket, NULL};
    bool good = !slurm_look(socket ? named : usual, &said, &err);
    *text = xstrdup(good ? "gives credentials" : err.text);
    return good ? GOOD : NOTE;
}

static enum verdict check_cgroup(const struct cli *cli, char **text)
{
    struct statfs fs;
    (void)cli;
    if (!statfs("/sys/fs/cgroup", &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
        *text = xstrdup("v2 on this machine (compute nodes may differ)");
    else if (!access("/sys/fs/cgroup/memory/cgroup.procs", F_OK))
        *text = xstrdup("v1 on this machine (compute nodes may differ)");
    else
        *text = xstrdup("none on this machine: jobs run here are measured by /proc");
    return **text == 'v' ? GOOD : NOTE;
}

static enum verdict check_delegation(const struct cli *cli, char **text)
{
    cleanup_free char *why = NULL;
    bool may = meter_probe(&why);
    (void)cli;
    *text = may ? xasprintf("torc-run may make cgroups here: %s", why)
                : xasprintf("torc-run makes no cgroups here (%s); in an allocation the plugin, or "
                            "Slurm 22.05 on v1, allow it",
                            why);
    return may ? GOOD : NOTE;
}

static enum verdict check_database(const struct cli *cli, char **text)
{
    const char *where = store_where(cli->db), *network;
    struct error err;
    if (fs_kind(where, &network, &err)) {
        *text = xstrdup(err.text);
        return BAD;
    }
    bool exists = access(where, F_OK) == 0;
    if (network)
        *text = xasprintf("%s%s is on %s: every node reaches it, for a handful of runners", where,
                          exists ? "" : " (to be made)", network);
    else
        *text = xasprintf("%s%s is on a local disk: only runners on this machine reach it", where,
                          exists ? "" : " (to be made)");
    return network ? GOOD : NOTE;
}

static int run(struct cli *cli, struct error *err)
{
    json_auto_t *document = json_object();
    json_t *list = json_array();
    (void)err;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        cleanup_free char *text = NULL;
        enum verdict verdict = checks[i].look(cli, &text);
        if (cli->json) {
            json_array_append_new(list,
                                  json_pack("{s:s, s:s, s:o}", "name", checks[i].name, "verdict",
                                            verdicts[verdict].mark, "text", json_text(text)));
            continue;
        }
        printf("%-11s ", checks[i].name);
        screen_print(&cli->screen, verdicts[verdict].color, "%-5s", verdicts[verdict].mark);
        putchar(' ');
        screen_wrap(&cli->screen, INDENT, text);
    }
    json_object_set_new(document, "checks", list);
    if (cli->json) {
        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    return ERROR_NONE;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Width and colours of the output.
#include "lib/show/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/text.h"

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 40 };

static const char *const sequences[COLORS] = {
    [COLOR_NONE] = "",         [COLOR_BOLD] = "\033[1m",   [COLOR_DIM] = "\033[2m",
    [COLOR_RED] = "\033[31m",  [COLOR_GREEN] = "\033[32m", [COLOR_YELLOW] = "\033[33m",
    [COLOR_BLUE] = "\033[34m", [COLOR_CYAN] = "\033[36m",
};

static const enum color job_state_colors[JOB_STATES] = {
    [JOB_UNINITIALIZED] = COLOR_DIM,  [JOB_BLOCKED] = COLOR_DIM,
    [JOB_READY] = COLOR_CYAN,         [JOB_PENDING] = COLOR_CYAN,
    [JOB_RUNNING] = COLOR_BLUE,       [JOB_COMPLETED] = COLOR_GREEN,
    [JOB_FAILED] = COLOR_RED,         [JOB_CANCELED] = COLOR_YELLOW,
    [JOB_TERMINATED] = COLOR_YELLOW,  [JOB_DISABLED] = COLOR_DIM,
    [JOB_PENDING_FAILED] = COLOR_RED,
};

const enum job_state job_states_in_order[JOB_STATES] = {
    JOB_COMPLETED, JOB_FAILED,  JOB_TERMINATED, JOB_PENDING_FAILED, JOB_CANCELED,      JOB_DISABLED,
    JOB_RUNNING,   JOB_PENDING, JOB_READY,      JOB_BLOCKED,        JOB_UNINITIALIZED,
};

static const enum color workflow_state_colors[WORKFLOW_STATES] = {
    [WORKFLOW_RUNNING] = COLOR_BLUE,
    [WORKFLOW_COMPLETE] = COLOR_GREEN,
    [WORKFLOW_CANCELED] = COLOR_YELLOW,
    [WORKFLOW_HELD] = COLOR_YELLOW,
};

enum color job_state_color(enum job_state state)
{
    return state < JOB_STATES ? job_state_colors[state] : COLOR_NONE;
}

enum color workflow_state_color(enum workflow_state state)
{
    return state < WORKFLOW_STATES ? workflow_state_colors[state] : COLOR_NONE;
}

static int width_of(FILE *out)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;
    if (width <= 0 && isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &size))
        width = size.ws_col;
    if (width <= 0)
        width = WIDTH_DEFAULT;
    return width < WIDTH_LEAST ? WIDTH_LEAST : width;
}

void screen_init(struct screen *screen, FILE *out)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    setlocale(LC_CTYPE, "");
    bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
    if (!utf8)
        setlocale(LC_CTYPE, "C.UTF-8");
    bool terminal = isatty(fileno(out));
    *screen = (struct screen){
        .out = out,
        .width = width_of(out),
        .terminal = terminal,
        .cuts = terminal || getenv("COLUMNS"),
        .color = terminal && !(no_color && *no_color) && !(term && !strcmp(term, "dumb")),
        .ellipsis = utf8 ? "…" : "~",
    };
}

void screen_replace_line(FILE *out, const char *text)
{
    fprintf(out, "\r\033[K\033[?7l%s\033[?7h", text);
}

const char *screen_color_start(const struct screen *screen, enum color color)
{
    return screen->color ? sequences[color] : "";
}

const char *screen_color_end(const struct screen *screen, enum color color)
{
    return screen->color && color != COLOR_NONE ? "\033[0m" : "";
}

void screen_print(const struct screen *screen, enum color color, const char *format, ...)
{
    va_list ap;
    fputs(screen_color_start(screen, color), screen->out);
    va_start(ap, format);
    vfprintf(screen->out, format, ap);
    va_end(ap);
    fputs(screen_color_end(screen, color), screen->out);
}

void screen_text(const struct screen *screen, enum color color, const char *text, int width)
{
    cleanup_free char *safe = text_safe(text);
    cleanup_free char *shown =
        screen->cuts && width > 0 ? text_shorten(safe, width, screen->ellipsis) : xstrdup(safe);
    screen_print(screen, color, "%s", shown);
}

void screen_wrap(const struct screen *screen, int indent, const char *text)
{
    cleanup_free char *safe = text_safe(text);
    int used = indent;
    for (char *save, *word = strtok_r(safe, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        int width = text_width(word);
        if (used > indent && used + 1 + width > screen->width) {
            fprintf(screen->out, "\n%*s", indent, "");
            used = indent;
        }
        used += fprintf(screen->out, "%s", used > indent ? " " : "") + width;
        fputs(word, screen->out);
    }
    fputc('\n', screen->out);
}

void screen_lines(const struct screen *screen, const char *indent, const char *text, int most)
{
    size_t length = strlen(text);
    while (length && text[length - 1] == '\n')
        length--;
    const char *start = text + length;
    for (int lines = 0; start > text; start--)
        if (start[-1] == '\n' && ++lines == most)
            break;
    for (const char *end; start < text + length; start = end + 1) {
        end = memchr(start, '\n', (size_t)(text + length - start));
        if (!end)
            end = text + length;
        cleanup_free char *line = xstrndup(start, (size_t)(end - start));
        fputs(indent, screen->out);
        screen_text(screen, COLOR_DIM, line, screen->width - text_width(indent));
        fputc('\n', screen->out);
    }
}

#include "terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { CELLS = 16, COLUMNS_DEFAULT = 80 };

static const double redraw_seconds = 0.1; /* on a terminal */
static const double line_seconds = 10.0;  /* in a log */

void sterna_complain(const char *command, const char *format, ...)
{
    va_list arguments;

    (void)fflush(stdout);
    if (command != NULL)
        (void)fprintf(stderr, "sterna: %s: ", command);
    else
        (void)fputs("sterna: ", stderr);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

static void note(const char *line, const void *command)
{
    sterna_complain(command, "%s", line);
}

struct sterna_wait sterna_terminal_wait(bool wait, const char *command)
{
    return (struct sterna_wait){wait ? note : NULL, command};
}

double sterna_terminal_clock(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void sterna_bar_begin(struct sterna_bar *bar, const char *label)
{
    *bar = (struct sterna_bar){.label = label, .terminal = isatty(STDERR_FILENO) != 0};
    bar->begun = sterna_terminal_clock();
    bar->drawn = bar->begun - line_seconds; /* the first call draws */
}

static size_t columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return COLUMNS_DEFAULT;
    return size.ws_col;
}

/* "0:42 left" until the end, judged by the speed so far; empty while there is nothing to judge by. */
static void describe_rest(const struct sterna_bar *bar, double now, double fraction, char *text, size_t size)
{
    double elapsed = now - bar->begun;

    text[0] = '\0';
    if (fraction <= 0.0 || fraction >= 1.0 || elapsed < 1.0)
        return;
    double rest = elapsed * (1.0 - fraction) / fraction;
    if (rest >= 360000.0)
        return;
    unsigned seconds = (unsigned)(rest + 0.5);
    (void)snprintf(text, size, "%u:%02u left  ", seconds / 60, seconds % 60);
}

static void draw_bar(const struct sterna_bar *bar, double fraction, const char *text, const char *rest)
{
    char line[512];
    char cells[CELLS + 1];
    size_t filled = (size_t)(fraction * CELLS);
    size_t width = columns() - 1; /* a full line would wrap on some terminals */

    memset(cells, '.', CELLS);
    memset(cells, '#', filled);
    cells[CELLS] = '\0';
    (void)snprintf(line, sizeof line, "%s [%s] %3.0f %%  %s%s", bar->label, cells, 100.0 * fraction, rest,
                   text);
    if (width < sizeof line)
        line[width] = '\0';
    (void)fprintf(stderr, "\r%s\033[K", line);
    (void)fflush(stderr);
}

void sterna_bar_show(struct sterna_bar *bar, uint64_t done, uint64_t total, const char *text)
{
    double now = sterna_terminal_clock();
    bool last = done >= total;
    double fraction = last ? 1.0 : (double)done / (double)total;
    char rest[32];

    if (!last && now - bar->drawn < (bar->terminal ? redraw_seconds : line_seconds))
        return;
    bar->drawn = now;
    bar->shown = true;
    describe_rest(bar, now, fraction, rest, sizeof rest);
    if (bar->terminal)
        draw_bar(bar, fraction, text, rest);
    else
        (void)fprintf(stderr, "%s %3.0f %%  %s%s\n", bar->label, 100.0 * fraction, rest, text);
}

void sterna_bar_end(struct sterna_bar *bar)
{
    if (bar->terminal && bar->shown)
        (void)fputc('\n', stderr);
    bar->shown = false;
}

void sterna_bar_steps(size_t done, size_t total, void *bar)
{
    struct sterna_bar *steps = bar;
    char text[64];
    double elapsed = sterna_terminal_clock() - steps->begun;

    (void)snprintf(text, sizeof text, "%zu of %zu, %.0f/s", done, total,
                   elapsed > 0.0 ? (double)done / elapsed : 0.0);
    sterna_bar_show(steps, done, total, text);
}

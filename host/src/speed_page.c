/* speed_page.c - sterna_bench_page (sterna_bench.h): what was measured as one HTML page, its pictures SVG inside it. */
#include <math.h>
#include <stdlib.h>

#include "file.h"
#include "plot_frame.h"
#include "speed_table.h"

enum {
    WIDTH = 1020,
    LEFT = 150,
    RIGHT = WIDTH - 90,
    TOP = 84,
    BAR = 13,
    GAP = 16,
    FOOT = 30,
    TICKS = 8
}; /* pixels */

/* What is measured of a network, in the order and the colours of the pictures. */
struct side {
    const char *name;
    int colour;
    double microseconds, rate;
};
enum { SIDES = 5 };

struct page {
    FILE *out;
    const struct sterna_bench_network *network;
    size_t networks;
    bool board; /* one was measured */
};

static void fill_sides(const struct sterna_bench_network *network, struct side side[SIDES])
{
    const struct side all[SIDES] = {
        {"float, OpenBLAS", 5, network->floating, network->float_rate},
        {"reference", 1, network->reference, network->reference_rate},
        {"fast", 0, network->fast, network->fast_rate},
        {"accelerator, computed", 2, network->fits ? network->computed : NAN,
         network->fits ? network->rate : NAN},
        {"board, measured", 3, network->board, NAN},
    };
    for (size_t i = 0; i < SIDES; i++)
        side[i] = all[i];
}

/* How many of the sides a picture has a bar for. */
static size_t sides_of(const struct page *page)
{
    return page->board ? SIDES : SIDES - 1;
}

static int group_height(const struct page *page)
{
    return BAR * (int)sides_of(page) + GAP;
}

static void put_bar(FILE *out, int colour, double x, int y, double width, int height)
{
    fprintf(out, "<rect class=\"f%d\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", colour,
            x, y, fmax(width, 1.0), height);
}

static void put_label(FILE *out, double x, int y, const char *anchor, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
    sterna_plot_text(out, text);
    fprintf(out, "</text>\n");
}

static void put_value(FILE *out, double x, int y, double value)
{
    char text[32];
    (void)snprintf(text, sizeof text, value < 9.95 ? "%.2f" : value < 99.5 ? "%.1f" : "%.0f", value);
    put_label(out, x, y, "start", text);
}

static void put_legend(FILE *out, const char *const *name, const int *colour, size_t count)
{
    int x = LEFT;
    for (size_t i = 0; i < count; i++) {
        put_bar(out, colour[i], x, 52, 12, 12);
        put_label(out, x + 18, 63, "start", name[i]);
        x += 40 + STERNA_PLOT_CHARACTER * sterna_plot_text_length(name[i]);
    }
}

static void put_side_legend(const struct page *page)
{
    struct side side[SIDES];
    const char *name[SIDES];
    int colour[SIDES];
    fill_sides(&page->network[0], side);
    for (size_t i = 0; i < SIDES; i++) {
        name[i] = side[i].name;
        colour[i] = side[i].colour;
    }
    put_legend(page->out, name, colour, sides_of(page));
}

static void begin_picture(const struct page *page, const char *title, int height)
{
    const struct sterna_plot_frame frame = {
        .width = WIDTH, .height = height, .left = LEFT, .right = RIGHT, .top = TOP, .bottom = height - FOOT};
    sterna_plot_head(page->out, &frame, title);
}

static void put_tick(FILE *out, double x, int bottom, const char *text)
{
    fprintf(out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>\n", x, TOP - 6, bottom);
    put_label(out, x, bottom + 18, "middle", text);
}

/* ---- the three pictures ---- */

/* Bars of times: a decade is as wide as any other. */
static void put_latency(const struct page *page)
{
    const int bottom = TOP + (int)page->networks * group_height(page);
    struct side side[SIDES];
    double low = INFINITY, high = 1;
    for (size_t i = 0; i < page->networks; i++) {
        fill_sides(&page->network[i], side);
        for (size_t k = 0; k < sides_of(page); k++) {
            low = fmin(low, side[k].microseconds); /* without NaN */
            high = fmax(high, side[k].microseconds);
        }
    }
    low = floor(log10(low));
    const double decade = (RIGHT - LEFT) / fmax(log10(high) - low, 1.0);
    begin_picture(page, "One step of one sequence: microseconds, shorter is better (logarithmic)",
                  bottom + FOOT);
    put_side_legend(page);
    for (int i = 0; i < TICKS && i * decade <= RIGHT - LEFT; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "%g", pow(10, low + i));
        put_tick(page->out, LEFT + i * decade, bottom, text);
    }
    for (size_t i = 0; i < page->networks; i++) {
        int y = TOP + (int)i * group_height(page);
        fill_sides(&page->network[i], side);
        put_label(page->out, LEFT - 10, y + (group_height(page) - GAP) / 2 + 5, "end", page->network[i].name);
        for (size_t k = 0; k < sides_of(page); k++, y += BAR) {
            const double width = (log10(side[k].microseconds) - low) * decade;
            if (!isfinite(width)) {
                put_label(page->out, LEFT + 4, y + BAR - 2, "start",
                          k == 3 ? "does not fit" : "not measured");
                continue;
            }
            put_bar(page->out, side[k].colour, LEFT, y, width, BAR - 2);
            put_value(page->out, LEFT + width + 6, y + BAR - 2, side[k].microseconds);
        }
    }
    fprintf(page->out, "</svg>\n");
}

static void put_rates(const struct page *page)
{
    struct page without = *page; /* the board's clock is not ours to count */
    without.board = false;
    const int group = group_height(&without), bottom = TOP + (int)page->networks * group;
    struct sterna_plot_axis axis = sterna_plot_axis_none();
    struct side side[SIDES];
    sterna_plot_axis_include(&axis, 0);
    for (size_t i = 0; i < page->networks; i++) {
        fill_sides(&page->network[i], side);
        for (size_t k = 0; k < SIDES - 1; k++)
            if (isfinite(side[k].rate))
                sterna_plot_axis_include(&axis, side[k].rate);
    }
    sterna_plot_axis_finish(&axis, TICKS);
    const double unit = (RIGHT - LEFT) / (axis.high > 0 ? axis.high : 1);
    begin_picture(page, "Weights per clock cycle, more is better (each side by its own clock)",
                  bottom + FOOT);
    put_side_legend(&without);
    for (int i = 0; i * axis.step <= axis.high + 1e-9; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "%g", i * axis.step);
        put_tick(page->out, LEFT + i * axis.step * unit, bottom, text);
    }
    for (size_t i = 0; i < page->networks; i++) {
        int y = TOP + (int)i * group;
        fill_sides(&page->network[i], side);
        put_label(page->out, LEFT - 10, y + (group - GAP) / 2 + 5, "end", page->network[i].name);
        for (size_t k = 0; k < SIDES - 1; k++, y += BAR) {
            if (!isfinite(side[k].rate))
                continue;
            put_bar(page->out, side[k].colour, LEFT, y, side[k].rate * unit, BAR - 2);
            put_value(page->out, LEFT + side[k].rate * unit + 6, y + BAR - 2, side[k].rate);
        }
    }
    fprintf(page->out, "</svg>\n");
}

static void put_cycles(const struct page *page)
{
    static const char *const name[] = {"streaming rows", "building tables", "waiting for gates",
                                       "headers and starts"};
    static const int colour[] = {2, 0, 1, 5};
    const int height = 24, bottom = TOP + (int)page->networks * (height + 8);
    begin_picture(page, "Where the accelerator's cycles go", bottom + FOOT);
    put_legend(page->out, name, colour, 4);
    for (int i = 0; i <= 100; i += 25) {
        char text[32];
        (void)snprintf(text, sizeof text, "%d %%", i);
        put_tick(page->out, LEFT + 0.01 * i * (RIGHT - LEFT), bottom, text);
    }
    for (size_t i = 0; i < page->networks; i++) {
        const struct sterna_bench_network *network = &page->network[i];
        const double part[] = {network->stream, network->build, network->gates, network->stall};
        const int y = TOP + (int)i * (height + 8);
        double x = LEFT;
        char cycles[32];
        put_label(page->out, LEFT - 10, y + 17, "end", network->name);
        if (!network->fits) {
            put_label(page->out, LEFT + 6, y + 17, "start",
                      network->target[0] ? "does not fit" : "not simulated");
            continue;
        }
        for (size_t k = 0; k < 4; k++) {
            const double width = part[k] / network->cycles * (RIGHT - LEFT);
            if (width > 0.05)
                fprintf(page->out, "<rect class=\"f%d\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n",
                        colour[k], x, y, width, height);
            x += width;
        }
        (void)snprintf(cycles, sizeof cycles, "%.0f", network->cycles);
        put_label(page->out, RIGHT + 8, y + 17, "start", cycles);
    }
    fprintf(page->out, "</svg>\n");
}

/* ---- the page ---- */

static void put_head(FILE *out)
{
    fprintf(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Sterna: benchmark</title>\n<style>\n"
        "body { font: 15px/1.5 system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; color: #1f2328; background: "
        "#f6f8fa;"
        " max-width: 1120px; margin: 32px auto; padding: 0 20px }\n"
        "svg { display: block; max-width: 100%%; height: auto; margin: 20px 0 }\n"
        ".wide { overflow-x: auto }\n"
        "table { border-collapse: collapse; background: #fff; font-size: 13px; margin: 20px 0 }\n"
        "th, td { padding: 5px 9px; text-align: right; border-bottom: 1px solid #d8dee4; white-space: nowrap "
        "}\n"
        "th[colspan] { text-align: center } .unit th { font-weight: 400; color: #57606a } .why { text-align: "
        "left; white-space: normal; color: "
        "#57606a }\n"
        "pre { background: #fff; padding: 12px 14px; border-radius: 6px; overflow-x: auto }\n"
        "@media (prefers-color-scheme: dark) {\n"
        "body { color: #e6edf3; background: #010409 } table, pre { background: #0d1117 }\n"
        "th, td { border-color: #262c36 } .unit th, .why { color: #9da7b3 }\n}\n</style>\n");
}

static void put_paragraph(FILE *out, const char *name, const char *text)
{
    fprintf(out, "<b>%s</b> ", name);
    sterna_plot_text(out, text);
    fprintf(out, "<br>\n");
}

static void put_machine(FILE *out, const char *version, const struct sterna_bench_machine *machine)
{
    char text[512];
    fprintf(out, "<p>");
    (void)snprintf(text, sizeof text, "%s, %u cores, one used; %.2f GHz while it was measured",
                   machine->processor, machine->cores, machine->gigahertz);
    put_paragraph(out, "Machine:", text);
    (void)snprintf(text, sizeof text,
                   "%s; its instructions reach %.1f products a cycle on registers alone (the ceiling)",
                   machine->kernel, machine->ceiling);
    put_paragraph(out, "Kernel of fast:", text);
    (void)snprintf(text, sizeof text, "sterna %s, %s, %s", version, machine->compiler, machine->openblas);
    put_paragraph(out, "Versions:", text);
    put_paragraph(out, "Date:", machine->date);
    fprintf(out, "</p>\n");
}

static void put_notes(const struct page *page, const char *subject, const char *command)
{
    const struct sterna_bench_network *network = &page->network[0];
    FILE *out = page->out;
    fprintf(out, "<h2>How to read it</h2>\n<ul>\n<li>Measured: ");
    sterna_plot_text(out, subject);
    fprintf(out,
            ".</li>\n<li>All sides run the same network on the same inputs: one sequence, one step at a "
            "time, one "
            "thread. Times are the "
            "fastest of many, since other work on the machine only adds to them.</li>\n"
            "<li><i>float</i> has the same weights as 32-bit numbers and OpenBLAS's matrix-vector product; "
            "its kernels are those of the core that it names under <i>Versions</i>; <i>reference</i> is the "
            "plain C specification of the accelerator's arithmetic; <i>fast</i> "
            "computes the same bits with "
            "vector instructions.</li>\n");
    if (network->target[0] != '\0') {
        fprintf(out, "<li>The accelerator (target ");
        sterna_plot_text(out, network->target);
        fprintf(out,
                ") was simulated. Its cycles are counted by its own counters; its times are computed for "
                "%.0f MHz, the target's stated "
                "clock, and leave out the link. Its limit is one lookup per table and cycle in the recurrent "
                "layers.</li>\n",
                network->megahertz);
    }
    if (page->board)
        fprintf(out, "<li><i>board</i> was measured at the host, the way over the link included.</li>\n");
    fprintf(out, "</ul>\n<h2>How to repeat it</h2>\n<pre>");
    sterna_plot_text(out, command);
    fprintf(out, "</pre>\n");
}

enum sterna_status sterna_bench_page(const char *path, const char *subject, const char *command,
                                     const char *version, const struct sterna_bench_machine *machine,
                                     const struct sterna_bench_network *network, size_t networks,
                                     struct sterna_error *error)
{
    struct page page = {.network = network, .networks = networks};
    char *text = NULL;
    size_t size = 0;
    for (size_t i = 0; i < networks; i++)
        page.board |= isfinite(network[i].board);
    page.out = networks > 0 ? open_memstream(&text, &size) : NULL;
    if (!page.out)
        return networks > 0 ? sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path)
                            : sterna_fail(error, STERNA_ERR_RANGE, "%s: nothing was measured", path);
    put_head(page.out);
    fprintf(page.out, "<h1>Recurrent networks with few-bit weights: processor and accelerator</h1>\n");
    put_machine(page.out, version, machine);
    put_latency(&page);
    put_rates(&page);
    if (network[0].target[0] != '\0') {
        put_cycles(&page);
        sterna_speed_cycles(page.out, network, networks);
    }
    sterna_speed_table(page.out, network, networks, page.board);
    put_notes(&page, subject, command);
    fprintf(page.out, "</html>\n");
    bool complete = ferror(page.out) == 0;
    complete = fclose(page.out) == 0 && complete;
    const enum sterna_status status = complete
                                          ? sterna_file_write(path, text, size, error)
                                          : sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    free(text);
    return status;
}

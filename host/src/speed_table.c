#include "speed_table.h"

#include <math.h>

#include "plot_frame.h"

static void put_cell(FILE *out, double value, int decimals)
{
    if (isfinite(value))
        fprintf(out, "<td>%.*f</td>", decimals, value);
    else
        fprintf(out, "<td>-</td>");
}

/* Microseconds, steps per second, weights per cycle. */
static void put_side(FILE *out, double microseconds, int decimals, double rate)
{
    put_cell(out, microseconds, decimals);
    put_cell(out, 1e6 / microseconds, 0);
    put_cell(out, rate, 1);
}

static void put_row(FILE *out, const struct sterna_bench_network *network, bool board)
{
    fprintf(out, "<tr><th>");
    sterna_plot_text(out, network->name);
    fprintf(out, "</th><td>%zu</td>", network->weights);
    put_side(out, network->floating, 2, network->float_rate);
    put_side(out, network->reference, 1, network->reference_rate);
    put_side(out, network->fast, 2, network->fast_rate);
    put_cell(out, 100 * network->fast_share, 0);
    if (network->fits) {
        put_side(out, network->computed, 1, network->rate);
        put_cell(out, 100 * network->share, 1);
    } else {
        fprintf(out, "<td colspan=\"4\" class=\"why\">");
        sterna_plot_text(out, network->target[0] ? network->reason : "not simulated");
        fprintf(out, "</td>");
    }
    if (board)
        put_cell(out, network->board, 1);
    fprintf(out, "</tr>\n");
}

#define SIDE_UNITS "<th>us</th><th>steps/s</th><th>weights/cycle</th>"

void sterna_speed_table(FILE *out, const struct sterna_bench_network *network, size_t networks, bool board)
{
    fprintf(out,
            "<div class=\"wide\"><table>\n<tr><th></th><th>weights</th><th colspan=\"3\">float, OpenBLAS</th>"
            "<th colspan=\"3\">reference</th><th colspan=\"4\">fast</th>"
            "<th colspan=\"4\">accelerator, simulated; times computed</th>%s</tr>\n"
            "<tr class=\"unit\"><th></th><th>read in a step</th>" SIDE_UNITS SIDE_UNITS SIDE_UNITS
            "<th>%% of ceiling</th>" SIDE_UNITS "<th>%% of its limit</th>%s</tr>\n",
            board ? "<th>board</th>" : "", board ? "<th>us, measured</th>" : "");
    for (size_t i = 0; i < networks; i++)
        put_row(out, &network[i], board);
    fprintf(out, "</table></div>\n");
}

void sterna_speed_cycles(FILE *out, const struct sterna_bench_network *network, size_t networks)
{
    fprintf(out, "<div class=\"wide\"><table>\n<tr><th>cycles of a step</th><th>all</th><th>streaming "
                 "rows</th><th>building tables</th><th>waiting for gates</th><th>headers and "
                 "starts</th></tr>\n");
    for (size_t i = 0; i < networks; i++) {
        const struct sterna_bench_network *of = &network[i];
        const double value[] = {of->cycles, of->stream, of->build, of->gates, of->stall};
        if (!of->fits)
            continue;
        fprintf(out, "<tr><th>");
        sterna_plot_text(out, of->name);
        fprintf(out, "</th>");
        for (size_t k = 0; k < sizeof value / sizeof *value; k++)
            put_cell(out, value[k], 0);
        fprintf(out, "</tr>\n");
    }
    fprintf(out, "</table></div>\n");
}

/* sequences_picture.c - the average sequence of every class as a small map: is there anything to tell the
 * classes apart?
 *
 * A map's cells are painted colour by colour, each colour one path of runs: a few bytes a cell, and no seams.
 */
#include "buffer.h"
#include "file.h"
#include "sterna.h"
#include "utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 48, COLOURS = 32, PER_ROW = 5 }; /* columns of a map of sound */
enum { MAP = 136, GAP = 20, LABEL = 26, LEFT = 28, TOP = 70, FOOT = 56, BAR = 160 }; /* pixels */

/* The averages, each map [rows, columns], top row first. */
struct maps {
    float *value; /* [classes, rows, columns] */
    size_t rows, columns, classes;
    float low, high;
};

/* ---- averages ------------------------------------------------------------------------------------------ */

/* Where the value of a feature at a column of time (or, of an image, at a row) is shown. */
static float *cell(const struct maps *maps, bool image, size_t class, size_t time, size_t feature)
{
    size_t row = image ? time : maps->rows - 1 - feature;
    size_t column = image ? feature : time;
    return &maps->value[(class * maps->rows + row) * maps->columns + column];
}

static void average(const struct sterna_sequences *sequences, struct maps *maps)
{
    const struct sterna_sequence_set *set = &sequences->split[STERNA_TRAIN];
    bool image = sequences->rate == 0;
    size_t times = image ? maps->rows : maps->columns;
    size_t n = sequences->features;
    for (size_t class = 0; class < maps->classes; class ++) {
        size_t members = 0;
        for (size_t i = 0; i < set->count; i++)
            members += set->label[i] == class;
        float weight = ldexpf(members > 0 ? 1 / (float)members : 0, -(int)sequences->fraction);
        for (size_t i = 0; i < set->count; i++) {
            if (set->label[i] != class)
                continue;
            size_t steps = set->start[i + 1] - set->start[i];
            for (size_t t = 0; t < times; t++) {
                const int8_t *frame = set->frames + (set->start[i] + t * steps / times) * n;
                for (size_t f = 0; f < n; f++)
                    *cell(maps, image, class, t, f) += weight * frame[f];
            }
        }
    }
}

static void find_range(struct maps *maps)
{
    size_t count = maps->classes * maps->rows * maps->columns;
    maps->low = maps->value[0];
    maps->high = maps->value[0];
    for (size_t i = 1; i < count; i++) {
        maps->low = fminf(maps->low, maps->value[i]);
        maps->high = fmaxf(maps->high, maps->value[i]);
    }
    if (maps->high <= maps->low)
        maps->high = maps->low + 1;
}

/* ---- paper --------------------------------------------------------------------------------------------- */

/* Colour `index` of COLOURS, from dark to light, between five that are evenly lighter. */
static void put_colour(FILE *out, int index)
{
    static const int knots[5][3] = {
        {16, 12, 60}, {62, 44, 134}, {32, 124, 148}, {98, 188, 104}, {250, 232, 90}};
    double at = (double)index / (COLOURS - 1) * 4;
    int knot = at < 3 ? (int)at : 3;
    int channel[3];
    for (int i = 0; i < 3; i++)
        channel[i] = (int)lround(knots[knot][i] + (at - knot) * (knots[knot + 1][i] - knots[knot][i]));
    fprintf(out, "#%02x%02x%02x", (unsigned)channel[0], (unsigned)channel[1], (unsigned)channel[2]);
}

static void put_escaped(FILE *out, const char *text)
{
    bool ascii_only = !sterna_utf8_valid(text, strlen(text));
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&' || c == '<' || c == '>' || c < 0x20 || c == 0x7F || (c >= 0x80 && ascii_only))
            fprintf(out, "%s", c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : "?");
        else
            fputc(c, out);
    }
}

static int colour_of(const struct maps *maps, float value)
{
    int index = (int)((value - maps->low) / (maps->high - maps->low) * COLOURS);
    return index < COLOURS ? index : COLOURS - 1;
}

/* All runs of one colour. */
static void put_runs(FILE *out, const struct maps *maps, const float *map, int colour)
{
    bool begun = false;
    for (size_t row = 0; row < maps->rows; row++) {
        for (size_t from = 0, to; from < maps->columns; from = to) {
            int here = colour_of(maps, map[row * maps->columns + from]);
            for (to = from + 1; to < maps->columns && colour_of(maps, map[row * maps->columns + to]) == here;)
                to++;
            if (here != colour)
                continue;
            if (!begun) {
                fprintf(out, "<path fill=\"");
                put_colour(out, colour);
                fprintf(out, "\" d=\"");
            }
            begun = true;
            fprintf(out, "M%zu %zuh%zuv1h-%zuz", from, row, to - from, to - from);
        }
    }
    if (begun)
        fprintf(out, "\"/>\n");
}

static void put_map(FILE *out, const struct maps *maps, size_t class, const char *name)
{
    size_t x = LEFT + class % PER_ROW * (MAP + GAP);
    size_t y = TOP + class / PER_ROW * (MAP + GAP + LABEL);
    fprintf(out, "<text class=\"name\" x=\"%zu\" y=\"%zu\">", x, y + LABEL - 8);
    put_escaped(out, name);
    fprintf(out,
            "</text>\n<g transform=\"translate(%zu %zu) scale(%.4f %.4f)\" shape-rendering=\"crispEdges\">\n",
            x, y + LABEL, MAP / (double)maps->columns, MAP / (double)maps->rows);
    for (int colour = 0; colour < COLOURS; colour++)
        put_runs(out, maps, maps->value + class * maps->rows * maps->columns, colour);
    fprintf(out, "</g>\n");
}

static void put_scale(FILE *out, const struct maps *maps, size_t y, const char *what)
{
    fprintf(out, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">%.2f</text>\n", LEFT + 34, y + 12,
            (double)maps->low);
    for (int colour = 0; colour < COLOURS; colour++) {
        fprintf(out, "<rect x=\"%d\" y=\"%zu\" width=\"%d\" height=\"14\" fill=\"",
                LEFT + 42 + colour * BAR / COLOURS, y, BAR / COLOURS);
        put_colour(out, colour);
        fprintf(out, "\"/>\n");
    }
    fprintf(out, "<text x=\"%d\" y=\"%zu\">%.2f</text>\n<text x=\"%d\" y=\"%zu\">%s</text>\n",
            LEFT + 42 + BAR + 8, y + 12, (double)maps->high, LEFT + 42 + BAR + 56, y + 12, what);
}

static void put_head(FILE *out, size_t width, size_t height, const char *title)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" viewBox=\"0 0 %zu %zu\" "
            "role=\"img\">\n"
            "<title>",
            width, height, width, height);
    put_escaped(out, title);
    fprintf(out,
            "</title>\n<style>\n"
            "text { font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #57606a }\n"
            ".title { font-size: 17px; font-weight: 600; fill: #1f2328 } .name { font-weight: 600 }\n"
            ".paper { fill: #ffffff }\n"
            "@media (prefers-color-scheme: dark) {\n"
            "text { fill: #9da7b3 } .title { fill: #e6edf3 } .paper { fill: #0d1117 }\n"
            "}\n</style>\n<rect class=\"paper\" width=\"%zu\" height=\"%zu\" rx=\"6\"/>\n"
            "<text class=\"title\" x=\"%d\" y=\"34\">",
            width, height, LEFT);
    put_escaped(out, title);
    fprintf(out, "</text>\n");
}

static void put_picture(FILE *out, const char *title, const struct sterna_sequences *sequences,
                        const struct maps *maps)
{
    size_t rows = (maps->classes + PER_ROW - 1) / PER_ROW;
    size_t width = 2 * LEFT + PER_ROW * MAP + (PER_ROW - 1) * GAP;
    size_t bottom = TOP + rows * (MAP + GAP + LABEL);
    bool sound = sequences->rate != 0;
    put_head(out, width, bottom + FOOT, title);
    fprintf(out, "<text x=\"%d\" y=\"56\">%s</text>\n", LEFT,
            sound ? "average over the training sequences; time to the right, stretched to one length; first "
                    "feature at the bottom"
                  : "average over the training sequences; a row is a step");
    for (size_t class = 0; class < maps->classes; class ++)
        put_map(out, maps, class, sequences->class_name[class]);
    put_scale(out, maps, bottom + 8, sound ? "standard deviations of each feature" : "1 = brightest");
    fprintf(out, "</svg>\n");
}

enum sterna_status sterna_sequences_picture(const char *svg_path, const char *title,
                                            const struct sterna_sequences *sequences,
                                            struct sterna_error *error)
{
    const struct sterna_sequence_set *set = &sequences->split[STERNA_TRAIN];
    bool image = sequences->rate == 0;
    struct maps maps = {.rows = image ? set->start[1] : sequences->features,
                        .columns = image ? sequences->features : STEPS,
                        .classes = sequences->classes};
    char *text = NULL;
    size_t size = 0;
    maps.value = sterna_buffer_new(maps.classes * maps.rows * maps.columns, sizeof(float));
    FILE *out = maps.value != NULL ? open_memstream(&text, &size) : NULL;
    bool complete = out != NULL;
    if (complete) {
        average(sequences, &maps);
        find_range(&maps);
        put_picture(out, title, sequences, &maps);
        complete = ferror(out) == 0;
        complete = fclose(out) == 0 && complete;
    }
    enum sterna_status status = complete
                                    ? sterna_file_write(svg_path, text, size, error)
                                    : sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", svg_path);
    free(text);
    free(maps.value);
    return status;
}

/* curve_runs.c - the learning curves of several runs in one picture. */
#include "curve.h"

#include <stdio.h>
#include <stdlib.h>

#include "plot.h"

enum { PATH_BYTES = 4096 };

/* The validation curve of the checkpoint in a directory; curve->x is allocated and holds y too, the label is borrowed. */
static enum sterna_status read_curve(const char *directory, const char *label, struct sterna_curve *curve,
                                     bool *text, struct sterna_error *error)
{
    struct sterna_training training = {0};
    char path[PATH_BYTES];

    if ((size_t)snprintf(path, sizeof path, "%s/checkpoint.safetensors", directory) >= sizeof path)
        return sterna_fail(error, STERNA_ERR_RANGE, "%.80s...: path too long", directory);
    enum sterna_status status = sterna_checkpoint_load(path, &training, error);
    if (status != STERNA_OK)
        return status;
    double *x = calloc(2 * training.points + 1, sizeof *x);
    if (x == NULL) {
        status = sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    } else {
        double *y = x + training.points;
        for (size_t i = 0; i < training.points; i++) {
            x[i] = training.curve[i].seen / (training.data.symbols ? 1e6 : 1e3);
            y[i] = training.curve[i].valid_bits;
        }
        *text = training.data.symbols > 0;
        *curve = (struct sterna_curve){.label = label, .x = x, .y = y, .count = training.points};
    }
    sterna_training_free(&training);
    return status;
}

enum sterna_status sterna_curve_plot(const char *svg_path, const char *const *directories,
                                     const char *const *labels, size_t runs, struct sterna_error *error)
{
    struct sterna_curve curves[STERNA_PLOT_CURVES_MAX] = {{0}};
    enum sterna_status status = STERNA_OK;
    bool text = true;

    if (runs < 1 || runs > STERNA_PLOT_CURVES_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%zu runs to draw: 1 to %d are possible", runs,
                           STERNA_PLOT_CURVES_MAX);
    for (size_t i = 0; status == STERNA_OK && i < runs; i++)
        status = read_curve(directories[i], labels[i], &curves[i], &text, error);
    if (status == STERNA_OK)
        status = sterna_plot_curves(svg_path, "Learning curves, held-out data",
                                    text ? "characters seen (millions)" : "sequences seen (thousands)",
                                    text ? "bits per character" : "bits per sequence", curves, runs, error);
    for (size_t i = 0; i < runs; i++)
        free((void *)curves[i].x);
    return status;
}

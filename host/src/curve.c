#include "curve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "plot.h"

enum { LINE = 128 };

enum sterna_status sterna_curve_csv(const struct sterna_training *training, const char *path,
                                    struct sterna_error *error)
{
    const size_t size = (training->points + 1) * LINE;
    char *text = malloc(size);
    size_t used = 0;

    if (!text)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the learning curve");
    used += (size_t)snprintf(text, size, "seen,train_bits,valid_bits,valid_accuracy,rate\n");
    for (size_t i = 0; i < training->points; i++) {
        const struct sterna_point *point = &training->curve[i];
        char accuracy[32] = ""; /* of a text: there is none */
        if (isfinite(point->valid_accuracy))
            (void)snprintf(accuracy, sizeof accuracy, "%.3f", point->valid_accuracy);
        used += (size_t)snprintf(text + used, size - used, "%.0f,%.5f,%.5f,%s,%.6g\n", point->seen,
                                 point->train_bits, point->valid_bits, accuracy, point->rate);
    }
    enum sterna_status status = sterna_file_write(path, text, used, error);
    free(text);
    return status;
}

enum sterna_status sterna_curve_svg(const struct sterna_training *training, const char *path,
                                    struct sterna_error *error)
{
    const size_t count = training->points;
    double *column = calloc(3 * count + 1, sizeof *column);

    if (!column)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the learning curve");
    const double unit = training->data.symbols ? 1e6 : 1e3;
    double *seen = column, *train = column + count, *valid = column + 2 * count;
    for (size_t i = 0; i < count; i++) {
        seen[i] = training->curve[i].seen / unit;
        train[i] = training->curve[i].train_bits;
        valid[i] = training->curve[i].valid_bits;
    }
    const struct sterna_curve curves[] = {
        {.label = "training", .x = seen, .y = train, .count = count},
        {.label = "validation", .x = seen, .y = valid, .count = count},
    };
    enum sterna_status status = sterna_plot_curves(
        path, "Learning curve",
        training->data.symbols ? "characters seen (millions)" : "sequences seen (thousands)",
        training->data.symbols ? "bits per character" : "bits per sequence", curves, 2, error);
    free(column);
    return status;
}

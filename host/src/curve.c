#include "curve.h"

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
    used += (size_t)snprintf(text, size, "characters,train_bpc,valid_bpc,rate\n");
    for (size_t i = 0; i < training->points; i++) {
        const struct sterna_point *point = &training->curve[i];
        used += (size_t)snprintf(text + used, size - used, "%.0f,%.5f,%.5f,%.6g\n", point->characters,
                                 point->train_bpc, point->valid_bpc, point->rate);
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
    double *millions = column, *train = column + count, *valid = column + 2 * count;
    for (size_t i = 0; i < count; i++) {
        millions[i] = training->curve[i].characters / 1e6;
        train[i] = training->curve[i].train_bpc;
        valid[i] = training->curve[i].valid_bpc;
    }
    const struct sterna_curve curves[] = {
        {.label = "training", .x = millions, .y = train, .count = count},
        {.label = "validation", .x = millions, .y = valid, .count = count},
    };
    enum sterna_status status = sterna_plot_curves(path, "Learning curve", "characters seen (millions)",
                                                   "bits per character", curves, 2, error);
    free(column);
    return status;
}

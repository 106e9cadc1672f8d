#include "study_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "plot.h"
#include "scatter.h"

/* ---- names --------------------------------------------------------------------------------------------- */

static void put_name(const char *kind, const char *labels, char name[STERNA_PICTURE_NAME])
{
    (void)snprintf(name, STERNA_PICTURE_NAME, "%s%s%s.svg", kind, labels[0] != '\0' ? "-" : "", labels);
}

bool sterna_picture_curves_name(const struct sterna_table *table, size_t section,
                                char name[STERNA_PICTURE_NAME])
{
    char labels[STERNA_RUN_ID_SIZE];
    const size_t best = sterna_table_ranked(table, section, 0);

    if (best == table->groups || table->group[best].rank == 0)
        return false;
    sterna_table_labels(table, table->group[best].run, 1U << table->seed | 1U << table->method, "-", labels);
    put_name("curves", labels, name);
    return true;
}

/* The axis whose values get a picture each; study->axes: there is none. */
static size_t task_axis(const struct sterna_table *table)
{
    const size_t axis = sterna_study_axis(table->study, "task");
    return axis != table->method ? axis : table->study->axes;
}

size_t sterna_picture_tasks(const struct sterna_table *table)
{
    const size_t axis = task_axis(table);
    return axis < table->study->axes ? table->study->axis[axis].count : 1;
}

/* Whether the group has results, and belongs to this picture. */
static bool is_of_task(const struct sterna_table *table, const struct sterna_group *group, size_t task)
{
    const size_t axis = task_axis(table);
    return group->rank > 0 &&
           (axis == table->study->axes || sterna_study_value(table->study, group->run, axis) == task);
}

static const char *task_label(const struct sterna_table *table, size_t task)
{
    const size_t axis = task_axis(table);
    return axis < table->study->axes ? table->study->axis[axis].value[task].label : "";
}

bool sterna_picture_bits_name(const struct sterna_table *table, size_t task, char name[STERNA_PICTURE_NAME])
{
    put_name("bits", task_label(table, task), name);
    for (size_t i = 0; i < table->groups; i++)
        if (is_of_task(table, &table->group[i], task))
            return true;
    return false;
}

/* ---- learning curves ----------------------------------------------------------------------------------- */

/* curve.csv of a run: how far it was, and how good on validation data; of sequences, the accuracy. */
struct trace {
    size_t count;
    double *x, *y; /* y follows x in one piece of memory */
    bool accuracy;
};

/* The column of a line, NaN if it is empty or not there. */
static double column_of(const char *line, int column)
{
    char *end = NULL;
    for (; column > 0 && *line != '\n' && *line != '\0'; line++)
        column -= *line == ',';
    const double value = strtod(line, &end);
    return column == 0 && end != line && *line != '\n' ? value : (double)NAN;
}

static void read_points(const char *text, struct trace *trace)
{
    enum { SEEN = 0, BITS = 2, ACCURACY = 3 };
    for (const char *line = strchr(text, '\n'); line != NULL && line[1] != '\0';
         line = strchr(line + 1, '\n')) {
        const double accuracy = column_of(line + 1, ACCURACY);
        trace->accuracy = isfinite(accuracy);
        trace->x[trace->count] = column_of(line + 1, SEEN) / (trace->accuracy ? 1e3 : 1e6);
        trace->y[trace->count++] = trace->accuracy ? accuracy : column_of(line + 1, BITS);
    }
}

static enum sterna_status read_trace(const char *path, struct trace *trace, struct sterna_error *error)
{
    uint8_t *bytes = NULL;
    size_t size = 0, lines = 1;
    enum sterna_status status = sterna_file_read(path, &bytes, &size, error);
    if (status != STERNA_OK)
        return status;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    *trace = (struct trace){.x = calloc(2 * lines, sizeof(double))};
    if (trace->x != NULL) {
        trace->y = trace->x + lines;
        read_points((const char *)bytes, trace);
    } else {
        status = sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    }
    free(bytes);
    return status;
}

/* The mean over the group's runs; mean->x is allocated. */
static enum sterna_status average(const struct sterna_table *table, size_t group, struct trace *mean,
                                  struct sterna_error *error)
{
    const struct sterna_study *study = table->study;
    size_t traces = 0;

    for (size_t run = 0; run < study->runs; run++) {
        char path[STERNA_STUDY_PATH];
        struct trace trace;
        if (!table->done[run] || table->result[run].diverged[0] != '\0' ||
            sterna_table_group(table, run) != group)
            continue;
        sterna_study_file(study, run, "curve.csv", path);
        enum sterna_status status = read_trace(path, &trace, error);
        if (status != STERNA_OK)
            return status;
        traces++;
        if (traces == 1) {
            *mean = trace;
            continue;
        }
        mean->count = trace.count < mean->count ? trace.count : mean->count;
        for (size_t i = 0; i < mean->count; i++)
            mean->y[i] += (trace.y[i] - mean->y[i]) / (double)traces;
        free(trace.x);
    }
    return STERNA_OK;
}

static const char *method_label(const struct sterna_table *table, size_t run)
{
    return table->method < table->study->axes ? sterna_study_label(table->study, run, table->method) : "";
}

/* The path of a picture, whose name is longer than sterna_study_file takes. */
static void name_picture(const struct sterna_table *table, const char *name, char path[STERNA_STUDY_PATH])
{
    (void)snprintf(path, STERNA_STUDY_PATH, "%s/%s", table->study->directory, name);
}

static enum sterna_status draw_curves(const struct sterna_table *table, size_t section, const char *name,
                                      struct sterna_error *error)
{
    struct trace trace[STERNA_PLOT_CURVES_MAX] = {{.count = 0}};
    struct sterna_curve curve[STERNA_PLOT_CURVES_MAX];
    char path[STERNA_STUDY_PATH], labels[STERNA_RUN_ID_SIZE], title[STERNA_RUN_ID_SIZE + 32];
    enum sterna_status status = STERNA_OK;
    size_t curves = 0, run = 0;

    for (; status == STERNA_OK && curves < STERNA_PLOT_CURVES_MAX; curves++) {
        const size_t group = sterna_table_ranked(table, section, curves);
        if (group == table->groups || table->group[group].rank == 0)
            break;
        run = table->group[group].run;
        status = average(table, group, &trace[curves], error);
        curve[curves] = (struct sterna_curve){.label = method_label(table, run),
                                              .x = trace[curves].x,
                                              .y = trace[curves].y,
                                              .count = trace[curves].count};
    }
    sterna_table_labels(table, run, 1U << table->seed | 1U << table->method, ", ", labels);
    (void)snprintf(title, sizeof title, "Learning curves%s%s", labels[0] != '\0' ? ": " : "", labels);
    name_picture(table, name, path);
    if (status == STERNA_OK)
        status = sterna_plot_curves(
            path, title, trace[0].accuracy ? "sequences seen (thousands)" : "characters seen (millions)",
            trace[0].accuracy ? "accuracy, %, validation" : "bits per character, validation", curve, curves,
            error);
    for (size_t i = 0; i < STERNA_PLOT_CURVES_MAX; i++)
        free(trace[i].x);
    return status;
}

/* ---- bits ---------------------------------------------------------------------------------------------- */

struct cloud {
    size_t points, series;
    struct sterna_scatter_point *point; /* [groups] */
    char series_name[STERNA_SCATTER_SERIES_MAX][STERNA_RUN_ID_SIZE];
};

/* The number of the series of this name, a new one if need be; the last takes those for which there is no colour. */
static size_t find_series(struct cloud *cloud, const char *name)
{
    size_t i = 0;
    while (i < cloud->series && strcmp(cloud->series_name[i], name) != 0)
        i++;
    if (i == STERNA_SCATTER_SERIES_MAX)
        return i - 1;
    if (i == cloud->series)
        (void)snprintf(cloud->series_name[cloud->series++], STERNA_RUN_ID_SIZE, "%s", name);
    return i;
}

/* Of one task and one metric, which is that of the first point. */
static const char *gather_points(const struct sterna_table *table, size_t task, struct cloud *cloud)
{
    const unsigned without = 1U << table->seed | 1U << table->method | 1U << task_axis(table);
    const char *metric = "";

    for (size_t i = 0; i < table->groups; i++) {
        const struct sterna_group *group = &table->group[i];
        char name[STERNA_RUN_ID_SIZE];
        if (!is_of_task(table, group, task) || (cloud->points > 0 && strcmp(group->metric, metric) != 0))
            continue;
        metric = group->metric;
        sterna_table_labels(table, group->run, without, " ", name);
        cloud->point[cloud->points++] =
            (struct sterna_scatter_point){.x = group->bits_per_weight,
                                          .y = group->test_headline.mean,
                                          .deviation = group->test_headline.deviation,
                                          .label = method_label(table, group->run),
                                          .series = find_series(cloud, name)};
    }
    return metric;
}

static enum sterna_status draw_bits(const struct sterna_table *table, size_t task, const char *name,
                                    struct sterna_error *error)
{
    const char *label = task_label(table, task);
    const char *series[STERNA_SCATTER_SERIES_MAX];
    char path[STERNA_STUDY_PATH], title[STERNA_LABEL_SIZE + 64];
    struct cloud cloud = {.point = calloc(table->groups, sizeof *cloud.point)};

    if (cloud.point == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", table->study->name);
    const bool accuracy = strcmp(gather_points(table, task, &cloud), "accuracy") == 0;
    for (size_t i = 0; i < cloud.series; i++)
        series[i] = cloud.series_name[i];
    (void)snprintf(title, sizeof title, "Quality against bits per weight%s%s", label[0] != '\0' ? ": " : "",
                   label);
    name_picture(table, name, path);
    enum sterna_status status = sterna_plot_scatter(
        path, title, "bits per weight, scales and biases included",
        accuracy ? "accuracy, %, test (higher is better)" : "bits per character, test (lower is better)",
        cloud.point, cloud.points, series, cloud.series, error);
    free(cloud.point);
    return status;
}

/* ---- the interface ------------------------------------------------------------------------------------- */

enum sterna_status sterna_study_pictures(const struct sterna_table *table, struct sterna_error *error)
{
    char name[STERNA_PICTURE_NAME];
    enum sterna_status status = STERNA_OK;

    for (size_t section = 0; status == STERNA_OK && section < table->sections; section++)
        if (sterna_picture_curves_name(table, section, name))
            status = draw_curves(table, section, name, error);
    for (size_t task = 0; status == STERNA_OK && task < sterna_picture_tasks(table); task++)
        if (sterna_picture_bits_name(table, task, name))
            status = draw_bits(table, task, name, error);
    return status;
}

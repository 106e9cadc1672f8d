#include "study_group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- places in the grid -------------------------------------------------------------------------------- */

/* Number of the run's combination of labels without those of the axes of a set. */
static size_t combination(const struct sterna_study *study, size_t run, unsigned without)
{
    size_t number = 0;
    for (size_t axis = 0; axis < study->axes; axis++)
        if ((without >> axis & 1) == 0)
            number = number * study->axis[axis].count + sterna_study_value(study, run, axis);
    return number;
}

size_t sterna_table_group(const struct sterna_table *table, size_t run)
{
    return combination(table->study, run, 1U << table->seed);
}

/* "method", else the last that is not "seed". */
static size_t find_method(const struct sterna_study *study, size_t seed)
{
    const size_t named = sterna_study_axis(study, "method");
    if (named < study->axes)
        return named;
    for (size_t axis = study->axes; axis-- > 0;)
        if (axis != seed)
            return axis;
    return study->axes;
}

void sterna_table_labels(const struct sterna_table *table, size_t run, unsigned without, const char *between,
                         char text[STERNA_RUN_ID_SIZE])
{
    const struct sterna_study *study = table->study;
    size_t used = 0;

    text[0] = '\0';
    for (size_t axis = 0; axis < study->axes && used < STERNA_RUN_ID_SIZE; axis++)
        if ((without >> axis & 1) == 0)
            used += (size_t)snprintf(text + used, STERNA_RUN_ID_SIZE - used, "%s%s", used > 0 ? between : "",
                                     sterna_study_label(study, run, axis));
}

/* ---- statistics ---------------------------------------------------------------------------------------- */

/* One more value: Welford's update, with the sum of squares kept in `deviation`. */
static void add(struct sterna_spread *spread, double value)
{
    if (!isfinite(value))
        return;
    const double before = value - spread->mean;
    spread->count++;
    spread->mean += before / (double)spread->count;
    spread->deviation += before * (value - spread->mean);
}

static void finish(struct sterna_spread *spread)
{
    spread->deviation = spread->count > 1 ? sqrt(spread->deviation / (double)(spread->count - 1)) : NAN;
    if (spread->count == 0)
        spread->mean = NAN;
}

struct choice {
    double valid; /* of the best run so far */
};

static void add_run(struct sterna_group *group, struct choice *choice, const struct sterna_run_result *result)
{
    group->done++;
    if (result->diverged[0] != '\0') {
        group->diverged++;
        return;
    }
    const enum sterna_measure headline = sterna_result_headline(result);
    (void)snprintf(group->metric, sizeof group->metric, "%s", result->metric);
    for (int i = 0; i < STERNA_MEASURES; i++) {
        add(&group->valid[i], result->valid[i]);
        add(&group->test[i], result->test[i]);
    }
    add(&group->valid_headline, result->valid[headline]);
    add(&group->test_headline, result->test[headline]);
    group->deployed = headline == STERNA_MEASURE_DEPLOYED;
    if (sterna_metric_better(result->metric, result->valid[headline], choice->valid)) {
        choice->valid = result->valid[headline];
        group->best = result->test[headline];
    }
    const double share = 1.0 / (double)(group->done - group->diverged);
    group->model_bytes += share * (result->model_bytes - group->model_bytes);
    group->bits_per_weight += share * (result->bits_per_weight - group->bits_per_weight);
    group->seconds += share * (result->seconds - group->seconds);
}

static void fill_group(const struct sterna_table *table, size_t number, struct sterna_group *group)
{
    const struct sterna_study *study = table->study;
    struct choice choice = {.valid = NAN};

    *group = (struct sterna_group){.run = study->runs, .best = NAN};
    for (size_t run = 0; run < study->runs; run++) {
        if (sterna_table_group(table, run) != number)
            continue;
        group->run = group->runs == 0 ? run : group->run;
        group->runs++;
        if (table->done[run])
            add_run(group, &choice, &table->result[run]);
    }
    group->section = combination(study, group->run, 1U << table->seed | 1U << table->method);
    for (int i = 0; i < STERNA_MEASURES; i++) {
        finish(&group->valid[i]);
        finish(&group->test[i]);
    }
    finish(&group->valid_headline);
    finish(&group->test_headline);
}

/* ---- ranks --------------------------------------------------------------------------------------------- */

static bool is_ahead(const struct sterna_group *one, const struct sterna_group *other)
{
    if ((one->diverged > 0) != (other->diverged > 0))
        return one->diverged == 0;
    return sterna_metric_better(one->metric, one->valid_headline.mean, other->valid_headline.mean);
}

static void rank_group(const struct sterna_table *table, struct sterna_group *group)
{
    if (group->valid_headline.count == 0)
        return;
    group->rank = 1;
    for (size_t i = 0; i < table->groups; i++) {
        const struct sterna_group *other = &table->group[i];
        group->rank +=
            other->section == group->section && other->valid_headline.count > 0 && is_ahead(other, group);
    }
}

size_t sterna_table_ranked(const struct sterna_table *table, size_t section, size_t place)
{
    for (size_t pass = 1; pass <= table->groups + 1; pass++) {
        const size_t rank = pass <= table->groups ? pass : 0; /* without a rank: last */
        for (size_t i = 0; i < table->groups; i++)
            if (table->group[i].section == section && table->group[i].rank == rank && place-- == 0)
                return i;
    }
    return table->groups;
}

/* ---- the interface ------------------------------------------------------------------------------------- */

enum sterna_status sterna_table_open(const struct sterna_study *study, struct sterna_table *table,
                                     struct sterna_error *error)
{
    struct sterna_table fresh = {.study = study, .seed = sterna_study_axis(study, "seed")};
    enum sterna_status status = STERNA_OK;

    fresh.method = find_method(study, fresh.seed);
    fresh.groups = study->runs / (fresh.seed < study->axes ? study->axis[fresh.seed].count : 1);
    fresh.sections = fresh.groups / (fresh.method < study->axes ? study->axis[fresh.method].count : 1);
    fresh.done = calloc(study->runs, sizeof *fresh.done);
    fresh.result = calloc(study->runs, sizeof *fresh.result);
    fresh.group = calloc(fresh.groups, sizeof *fresh.group);
    if (fresh.done == NULL || fresh.result == NULL || fresh.group == NULL)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", study->name);
    for (size_t run = 0; status == STERNA_OK && run < study->runs; run++)
        status = sterna_result_load(study, run, &fresh.done[run], &fresh.result[run], error);
    for (size_t i = 0; status == STERNA_OK && i < fresh.groups; i++)
        fill_group(&fresh, i, &fresh.group[i]);
    for (size_t i = 0; status == STERNA_OK && i < fresh.groups; i++)
        rank_group(&fresh, &fresh.group[i]);
    if (status == STERNA_OK)
        *table = fresh;
    else
        sterna_table_close(&fresh);
    return status;
}

void sterna_table_close(struct sterna_table *table)
{
    free(table->done);
    free(table->result);
    free(table->group);
    *table = (struct sterna_table){.study = NULL};
}

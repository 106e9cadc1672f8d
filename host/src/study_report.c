/* study_report.c - the results as one CSV, one Markdown table, and links to the pictures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "study_picture.h"

/* ---- text files ---------------------------------------------------------------------------------------- */

struct page {
    FILE *out;
    char *text;
    size_t size;
};

static enum sterna_status save(const struct sterna_study *study, const char *name, struct page *page,
                               struct sterna_error *error)
{
    char path[STERNA_STUDY_PATH];
    bool complete = ferror(page->out) == 0;

    complete = fclose(page->out) == 0 && complete;
    sterna_study_file(study, study->runs, name, path);
    enum sterna_status status = complete ? sterna_file_write(path, page->text, page->size, error)
                                         : sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    free(page->text);
    return status;
}

/* ---- CSV ----------------------------------------------------------------------------------------------- */

static void put_cell(FILE *out, double value, int decimals)
{
    if (isfinite(value))
        fprintf(out, ",%.*f", decimals, value);
    else
        fputc(',', out);
}

static void put_run(FILE *out, const struct sterna_table *table, size_t run)
{
    const struct sterna_study *study = table->study;
    const struct sterna_run_result *result = &table->result[run];
    const bool diverged = result->diverged[0] != '\0';

    fprintf(out, "%s", study->id[run]);
    for (size_t axis = 0; axis < study->axes; axis++)
        fprintf(out, ",%s", sterna_study_label(study, run, axis));
    fprintf(out, ",%s,%s", !table->done[run] ? "waiting" : diverged ? "diverged" : "done", result->metric);
    for (int i = 0; i < STERNA_MEASURES; i++)
        put_cell(out, table->done[run] ? result->valid[i] : NAN, 5);
    for (int i = 0; i < STERNA_MEASURES; i++)
        put_cell(out, table->done[run] ? result->test[i] : NAN, 5);
    put_cell(out, table->done[run] ? result->model_bytes : NAN, 0);
    put_cell(out, table->done[run] ? result->weights : NAN, 0);
    put_cell(out, table->done[run] ? result->bits_per_weight : NAN, 4);
    put_cell(out, table->done[run] ? result->updates : NAN, 0);
    put_cell(out, table->done[run] ? result->seconds : NAN, 1);
    fputc('\n', out);
}

static enum sterna_status write_csv(const struct sterna_table *table, struct sterna_error *error)
{
    const struct sterna_study *study = table->study;
    struct page page = {.out = NULL};

    page.out = open_memstream(&page.text, &page.size);
    if (page.out == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", study->name);
    fprintf(page.out, "id");
    for (size_t axis = 0; axis < study->axes; axis++)
        fprintf(page.out, ",%s", study->axis[axis].name);
    fprintf(page.out, ",state,metric");
    for (int i = 0; i < STERNA_MEASURES; i++)
        fprintf(page.out, ",valid_%s", sterna_measure_names[i]);
    for (int i = 0; i < STERNA_MEASURES; i++)
        fprintf(page.out, ",test_%s", sterna_measure_names[i]);
    fprintf(page.out, ",model_bytes,weights,bits_per_weight,updates,seconds\n");
    for (size_t run = 0; run < study->runs; run++)
        put_run(page.out, table, run);
    return save(study, "study.csv", &page, error);
}

/* ---- Markdown ------------------------------------------------------------------------------------------ */

static int decimals_of(const struct sterna_group *group)
{
    return group->metric[0] == 'a' ? 2 : 3; /* "accuracy" in percent, "bpc" */
}

/* "1.234 ± 0.005", "1.234", or a dash. */
static void put_spread(FILE *out, const struct sterna_group *group, const struct sterna_spread *spread)
{
    const int decimals = decimals_of(group);
    if (spread->count == 0)
        fprintf(out, " – |");
    else if (spread->count == 1)
        fprintf(out, " %.*f |", decimals, spread->mean);
    else
        fprintf(out, " %.*f ± %.*f |", decimals, spread->mean, decimals, spread->deviation);
}

static void put_mean(FILE *out, const struct sterna_group *group, const struct sterna_spread *spread)
{
    if (spread->count == 0)
        fprintf(out, " – |");
    else
        fprintf(out, " %.*f |", decimals_of(group), spread->mean);
}

static void put_runs(FILE *out, const struct sterna_group *group)
{
    fprintf(out, " %zu of %zu", group->done, group->runs);
    if (group->diverged > 0)
        fprintf(out, ", %zu diverged", group->diverged);
    fprintf(out, " |");
}

static void put_group(FILE *out, const struct sterna_table *table, const struct sterna_group *group)
{
    const struct sterna_study *study = table->study;
    const bool values = group->test_headline.count > 0;

    fprintf(out, "|");
    for (size_t axis = 0; axis < study->axes; axis++)
        if (axis != table->seed)
            fprintf(out, " %s |", sterna_study_label(study, group->run, axis));
    fprintf(out, values ? " %zu |" : " – |", group->rank);
    put_runs(out, group);
    fprintf(out, " %s |", values ? group->metric : "–");
    put_spread(out, group, &group->test_headline);
    fprintf(out, values ? " %.*f | %s |" : " – | – |", decimals_of(group), group->best,
            group->deployed ? "integers" : "float");
    put_spread(out, group, &group->valid_headline);
    put_mean(out, group, &group->test[STERNA_MEASURE_MASTER]);
    put_mean(out, group, &group->test[STERNA_MEASURE_STOCHASTIC]);
    put_mean(out, group, &group->test[STERNA_MEASURE_DETERMINISTIC]);
    put_mean(out, group, &group->test[STERNA_MEASURE_DEPLOYED]);
    if (values)
        fprintf(out, " %.0f | %.2f | %.0f |\n", group->model_bytes, group->bits_per_weight, group->seconds);
    else
        fprintf(out, " – | – | – |\n");
}

static void put_table(FILE *out, const struct sterna_table *table)
{
    const struct sterna_study *study = table->study;
    size_t columns = 13;

    fprintf(out, "|");
    for (size_t axis = 0; axis < study->axes; axis++) {
        if (axis == table->seed)
            continue;
        fprintf(out, " %s |", study->axis[axis].name);
        columns++;
    }
    fprintf(
        out,
        " rank | runs | metric | **test** | best | runs in | validation | float master | stochastic sample "
        "| deterministic | deployed | bytes | bits per weight | seconds |\n|");
    for (size_t i = 0; i < columns + 1; i++)
        fprintf(out, "---|");
    fprintf(out, "\n");
    for (size_t section = 0; section < table->sections; section++)
        for (size_t place = 0, group; (group = sterna_table_ranked(table, section, place)) < table->groups;
             place++)
            put_group(out, table, &table->group[group]);
}

static void put_caption(FILE *out, const struct sterna_table *table)
{
    const struct sterna_study *study = table->study;
    const bool seeds = table->seed < study->axes;

    fprintf(out,
            "\nTest: mean%s of the deployed model, that is deterministic weights in the device's integer "
            "arithmetic; of "
            "float weights, which cannot be deployed, the network in float. ",
            seeds ? " ± standard deviation over the seeds" : "");
    if (table->method < study->axes)
        fprintf(out, "Rank: of each %s among those that share the other labels, by validation data alone. ",
                study->axis[table->method].name);
    fprintf(
        out,
        "Best: the test value of the run that is best on validation data. Float master, stochastic sample "
        "(of weights trained so), deterministic and deployed: means on test data. bpc: bits per character, "
        "lower "
        "is better; accuracy: percent. Bytes: weights, scales and biases, and bits per weight are 8 times "
        "that "
        "over the number of weights. Seconds: of training, mean.\n");
}

static void put_pictures(FILE *out, const struct sterna_table *table)
{
    char name[STERNA_PICTURE_NAME];

    for (size_t task = 0; task < sterna_picture_tasks(table); task++)
        if (sterna_picture_bits_name(table, task, name))
            fprintf(out, "\n![test against bits per weight](%s)\n", name);
    for (size_t section = 0; section < table->sections; section++)
        if (sterna_picture_curves_name(table, section, name))
            fprintf(out, "\n![learning curves](%s)\n", name);
}

static enum sterna_status write_markdown(const struct sterna_table *table, struct sterna_error *error)
{
    const struct sterna_study *study = table->study;
    struct page page = {.out = NULL};
    size_t done = 0;

    page.out = open_memstream(&page.text, &page.size);
    if (page.out == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", study->name);
    for (size_t run = 0; run < study->runs; run++)
        done += table->done[run];
    fprintf(page.out, "# %s\n\n%zu of %zu runs done; each of them is a line of [study.csv](study.csv).\n\n",
            study->name, done, study->runs);
    put_table(page.out, table);
    put_caption(page.out, table);
    put_pictures(page.out, table);
    return save(study, "study.md", &page, error);
}

enum sterna_status sterna_study_report(const struct sterna_study *study, struct sterna_error *error)
{
    struct sterna_table table = {.study = NULL};

    enum sterna_status status = sterna_file_make_directory(study->directory, error);
    if (status == STERNA_OK)
        status = sterna_table_open(study, &table, error);
    if (status != STERNA_OK)
        return status;
    status = write_csv(&table, error);
    if (status == STERNA_OK)
        status = sterna_study_pictures(&table, error);
    if (status == STERNA_OK)
        status = write_markdown(&table, error);
    sterna_table_close(&table);
    return status;
}

#include "study_result.h"

#include <cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

enum { RECIPE_TEXT = 8192 };

const char *const sterna_measure_names[STERNA_MEASURES] = {"master", "stochastic", "deterministic",
                                                           "deployed"};

/* The numbers of a result that are not per measure. */
static const struct {
    const char *key;
    size_t offset;
} numbers[] = {
    {"model_bytes", offsetof(struct sterna_run_result, model_bytes)},
    {"weights", offsetof(struct sterna_run_result, weights)},
    {"bits_per_weight", offsetof(struct sterna_run_result, bits_per_weight)},
    {"updates", offsetof(struct sterna_run_result, updates)},
    {"seconds", offsetof(struct sterna_run_result, seconds)},
};

enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

enum sterna_measure sterna_result_headline(const struct sterna_run_result *result)
{
    return isfinite(result->test[STERNA_MEASURE_DEPLOYED]) ? STERNA_MEASURE_DEPLOYED
                                                           : STERNA_MEASURE_DETERMINISTIC;
}

bool sterna_metric_better(const char *metric, double one, double other)
{
    if (isnan(one) || isnan(other))
        return !isnan(one) && isnan(other);
    return strcmp(metric, "accuracy") == 0 ? one > other : one < other;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* JSON has no NaN: null. */
static bool add_number(cJSON *object, const char *key, double value)
{
    return (isfinite(value) ? cJSON_AddNumberToObject(object, key, value)
                            : cJSON_AddNullToObject(object, key)) != NULL;
}

static bool add_measures(cJSON *root, const char *key, const double value[STERNA_MEASURES])
{
    cJSON *object = cJSON_AddObjectToObject(root, key);
    bool added = object != NULL;
    for (int i = 0; added && i < STERNA_MEASURES; i++)
        added = add_number(object, sterna_measure_names[i], value[i]);
    return added;
}

static bool add_names(cJSON *root, const struct sterna_study *study, size_t run)
{
    struct sterna_recipe recipe;
    char text[RECIPE_TEXT] = "";

    cJSON *axes = cJSON_AddStringToObject(root, "id", study->id[run]) != NULL
                      ? cJSON_AddObjectToObject(root, "axes")
                      : NULL;
    bool added = axes != NULL;
    for (size_t axis = 0; added && axis < study->axes; axis++)
        added = cJSON_AddStringToObject(axes, study->axis[axis].name, sterna_study_label(study, run, axis)) !=
                NULL;
    if (sterna_study_recipe(study, run, &recipe, NULL) == STERNA_OK)
        (void)sterna_recipe_print(&recipe, text, sizeof text);
    return added && cJSON_AddStringToObject(root, "recipe", text) != NULL;
}

static bool add_all(cJSON *root, const struct sterna_study *study, size_t run,
                    const struct sterna_run_result *result)
{
    bool added = add_names(root, study, run) &&
                 cJSON_AddStringToObject(root, "metric", result->metric) != NULL &&
                 cJSON_AddStringToObject(root, "diverged", result->diverged) != NULL &&
                 add_measures(root, "valid", result->valid) && add_measures(root, "test", result->test);
    for (int i = 0; added && i < NUMBERS; i++) {
        double value = 0;
        memcpy(&value, (const char *)result + numbers[i].offset, sizeof value);
        added = add_number(root, numbers[i].key, value);
    }
    return added;
}

enum sterna_status sterna_result_save(const struct sterna_study *study, size_t run,
                                      const struct sterna_run_result *result, struct sterna_error *error)
{
    char path[STERNA_STUDY_PATH];
    enum sterna_status status = STERNA_ERR_MEMORY;

    sterna_study_file(study, run, "result.json", path);
    cJSON *root = cJSON_CreateObject();
    char *text = root != NULL && add_all(root, study, run, result) ? cJSON_Print(root) : NULL;
    if (text == NULL)
        (void)sterna_fail(error, status, "%s: out of memory", path);
    else
        status = sterna_file_write(path, text, strlen(text), error);
    cJSON_free(text);
    cJSON_Delete(root);
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static double number_at(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static bool text_at(const cJSON *object, const char *key, char *text, size_t size)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return value != NULL && (size_t)snprintf(text, size, "%s", value) < size;
}

static bool read_all(const cJSON *root, struct sterna_run_result *result)
{
    const cJSON *valid = cJSON_GetObjectItemCaseSensitive(root, "valid");
    const cJSON *test = cJSON_GetObjectItemCaseSensitive(root, "test");

    if (!cJSON_IsObject(valid) || !cJSON_IsObject(test) ||
        !text_at(root, "metric", result->metric, sizeof result->metric) ||
        !text_at(root, "diverged", result->diverged, sizeof result->diverged))
        return false;
    for (int i = 0; i < STERNA_MEASURES; i++) {
        result->valid[i] = number_at(valid, sterna_measure_names[i]);
        result->test[i] = number_at(test, sterna_measure_names[i]);
    }
    for (int i = 0; i < NUMBERS; i++) {
        const double value = number_at(root, numbers[i].key);
        memcpy((char *)result + numbers[i].offset, &value, sizeof value);
    }
    return true;
}

enum sterna_status sterna_result_load(const struct sterna_study *study, size_t run, bool *done,
                                      struct sterna_run_result *result, struct sterna_error *error)
{
    char path[STERNA_STUDY_PATH];
    struct sterna_run_result loaded = {.metric = ""};
    uint8_t *bytes = NULL;
    size_t size = 0;

    sterna_study_file(study, run, "result.json", path);
    if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        *done = false;
        return STERNA_OK;
    }
    enum sterna_status status = sterna_file_read(path, &bytes, &size, error);
    if (status != STERNA_OK)
        return status;
    cJSON *root = cJSON_ParseWithLength((const char *)bytes, size);
    if (!cJSON_IsObject(root) || !read_all(root, &loaded))
        status = sterna_fail(error, STERNA_ERR_FORMAT,
                             "%s: not a run's result; remove the file to run it again", path);
    if (status == STERNA_OK) {
        *done = true;
        *result = loaded;
    }
    cJSON_Delete(root);
    free(bytes);
    return status;
}

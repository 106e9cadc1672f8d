/* study.c - reading a study's file, and the grid that it spans. */
#include "study.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

enum { RUNS_MAX = 100000 };

/* ---- words --------------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static char *trim(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && is_space(text[length - 1]))
        text[--length] = '\0';
    while (is_space(*text))
        text++;
    return text;
}

/* As in recipes: a '#' starts a comment at the start of a line or after a space. */
static void cut_comment(char *line)
{
    for (char *c = line; *c != '\0'; c++) {
        if (*c == '#' && (c == line || is_space(c[-1]))) {
            *c = '\0';
            return;
        }
    }
}

/* Whether a name can be a part of a file name: letters, digits and "._+-", not beginning with '.' or '-'. */
static bool is_label(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-";
    return name[0] != '\0' && name[0] != '.' && name[0] != '-' && strspn(name, allowed) == strlen(name) &&
           strlen(name) < STERNA_LABEL_SIZE;
}

/* Assign each word "key=value". A value holds no space here; one that does belongs on a line of its own. */
static enum sterna_status assign_words(struct sterna_recipe *recipe, const char *settings,
                                       struct sterna_error *error)
{
    char words[STERNA_SETTINGS_SIZE];
    char *rest = NULL;
    enum sterna_status status = STERNA_OK;

    (void)snprintf(words, sizeof words, "%s", settings);
    for (char *word = strtok_r(words, " \t", &rest); status == STERNA_OK && word != NULL;
         word = strtok_r(NULL, " \t", &rest))
        status = sterna_recipe_set(recipe, word, error);
    return status;
}

/* ---- axes ---------------------------------------------------------------------------------------------- */

size_t sterna_study_axis(const struct sterna_study *study, const char *name)
{
    size_t axis = 0;
    while (axis < study->axes && strcmp(study->axis[axis].name, name) != 0)
        axis++;
    return axis;
}

/* "label: key=value key=value"; without a colon the axis is itself a key: "label" sets it. */
static enum sterna_status add_value(struct sterna_axis *axis, char *text, struct sterna_error *error)
{
    struct sterna_axis_value *value = &axis->value[axis->count];
    struct sterna_recipe trial;
    struct sterna_error reason;
    char settings[STERNA_SETTINGS_SIZE];

    if (axis->count == STERNA_AXIS_VALUES_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "axis %s: more than %d values", axis->name,
                           STERNA_AXIS_VALUES_MAX);
    char *colon = strchr(text, ':');
    if (colon != NULL)
        *colon = '\0';
    const char *label = trim(text);
    if (!is_label(label))
        return sterna_fail(
            error, STERNA_ERR_FORMAT,
            "axis %s: \"%.60s\" is no name of a value; write \"name: key=value\", the name of 1 to "
            "%d letters, digits and \"_+.-\"",
            axis->name, label, STERNA_LABEL_SIZE - 1);
    for (size_t i = 0; i < axis->count; i++)
        if (strcmp(axis->value[i].label, label) == 0)
            return sterna_fail(error, STERNA_ERR_FORMAT, "axis %s: there is a value \"%s\" already",
                               axis->name, label);
    int length = colon != NULL ? snprintf(settings, sizeof settings, "%s", trim(colon + 1))
                               : snprintf(settings, sizeof settings, "%s=%s", axis->name, label);
    if ((size_t)length >= sizeof settings)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "axis %s: the settings of \"%s\" are longer than %d bytes", axis->name, label,
                           STERNA_SETTINGS_SIZE - 1);
    sterna_recipe_default(&trial);
    enum sterna_status status = assign_words(&trial, settings, &reason);
    if (status != STERNA_OK)
        return sterna_fail(error, status, "axis %s, value \"%s\": %s", axis->name, label, reason.reason);
    memcpy(value->label, label, strlen(label) + 1);
    memcpy(value->settings, settings, strlen(settings) + 1);
    axis->count++;
    return STERNA_OK;
}

/* "NAME = value | value | ...". A second line for the same axis adds to it. */
static enum sterna_status add_axis(struct sterna_study *study, const char *name, char *values,
                                   struct sterna_error *error)
{
    if (!is_label(name))
        return sterna_fail(error, STERNA_ERR_FORMAT,
                           "\"%.60s\" is no name of an axis; write \"axis NAME = value | value\"", name);
    const size_t at = sterna_study_axis(study, name);
    if (at == STERNA_AXES_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "axis %s: more than %d axes", name, STERNA_AXES_MAX);
    struct sterna_axis *axis = &study->axis[at];
    if (at == study->axes) {
        (void)snprintf(axis->name, sizeof axis->name, "%s", name);
        study->axes++;
    }
    enum sterna_status status = STERNA_OK;
    for (char *value = values; status == STERNA_OK && value != NULL;) {
        char *bar = strchr(value, '|');
        if (bar != NULL)
            *bar = '\0';
        status = add_value(axis, value, error);
        value = bar != NULL ? bar + 1 : NULL;
    }
    return status;
}

/* ---- lines --------------------------------------------------------------------------------------------- */

static enum sterna_status set_limit(struct sterna_study *study, const char *value, struct sterna_error *error)
{
    if (value[0] == '\0' || strlen(value) > 12 || strspn(value, "0123456789") != strlen(value))
        return sterna_fail(error, STERNA_ERR_RANGE, "limit: \"%.60s\" is not a whole number", value);
    study->limit = strtoull(value, NULL, 10);
    return STERNA_OK;
}

static enum sterna_status set_directory(struct sterna_study *study, const char *value,
                                        struct sterna_error *error)
{
    if (value[0] == '\0' || strlen(value) >= sizeof study->directory)
        return sterna_fail(error, STERNA_ERR_RANGE, "out: the folder's name is empty or too long");
    (void)snprintf(study->directory, sizeof study->directory, "%s", value);
    return STERNA_OK;
}

static enum sterna_status read_line(struct sterna_study *study, char *line, struct sterna_error *error)
{
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return sterna_fail(error, STERNA_ERR_FORMAT, "\"%.60s\": expected key = value", line);
    *equals = '\0';
    char *key = trim(line);
    char *value = trim(equals + 1);
    if (strncmp(key, "axis", 4) == 0 && (is_space(key[4]) || key[4] == '\0'))
        return add_axis(study, trim(key + 4), value, error);
    if (strcmp(key, "out") == 0)
        return set_directory(study, value, error);
    if (strcmp(key, "limit") == 0)
        return set_limit(study, value, error);
    if (strcmp(key, "base") == 0 && study->begun)
        return sterna_fail(error, STERNA_ERR_FORMAT,
                           "base would overwrite what is set above it: put it first");
    if (strcmp(key, "base") == 0)
        return sterna_recipe_load(value, &study->recipe, error);
    study->begun = true;
    if (strcmp(key, "set") == 0)
        return assign_words(&study->recipe, value, error);
    /* The recipe reads the line as it was: its own words for what is wrong. */
    char assignment[STERNA_SETTINGS_SIZE];
    if ((size_t)snprintf(assignment, sizeof assignment, "%s=%s", key, value) >= sizeof assignment)
        return sterna_fail(error, STERNA_ERR_RANGE, "%.60s: the value is too long", key);
    return sterna_recipe_set(&study->recipe, assignment, error);
}

static enum sterna_status read_lines(struct sterna_study *study, char *text, struct sterna_error *error)
{
    size_t number = 1;
    for (char *line = text; line != NULL; number++) {
        char *newline = strchr(line, '\n');
        if (newline != NULL)
            *newline = '\0';
        cut_comment(line);
        struct sterna_error reason;
        char *content = trim(line);
        enum sterna_status status = content[0] != '\0' ? read_line(study, content, &reason) : STERNA_OK;
        if (status != STERNA_OK)
            return sterna_fail(error, status, "%s: line %zu: %s", study->name, number, reason.reason);
        line = newline != NULL ? newline + 1 : NULL;
    }
    return STERNA_OK;
}

static enum sterna_status read_file(struct sterna_study *study, struct sterna_error *error)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum sterna_status status = sterna_file_read(study->name, &bytes, &size, error);
    if (status != STERNA_OK)
        return status;
    if (strlen((const char *)bytes) != size)
        status = sterna_fail(error, STERNA_ERR_FORMAT, "%s: not a text file", study->name);
    else
        status = read_lines(study, (char *)bytes, error);
    free(bytes);
    return status;
}

/* ---- the grid ------------------------------------------------------------------------------------------ */

size_t sterna_study_value(const struct sterna_study *study, size_t run, size_t axis)
{
    for (size_t a = study->axes; --a > axis;)
        run /= study->axis[a].count;
    return run % study->axis[axis].count;
}

const char *sterna_study_label(const struct sterna_study *study, size_t run, size_t axis)
{
    return study->axis[axis].value[sterna_study_value(study, run, axis)].label;
}

static void name_run(const struct sterna_study *study, size_t run, char id[STERNA_RUN_ID_SIZE])
{
    size_t used = 0;
    for (size_t axis = 0; axis < study->axes; axis++)
        used += (size_t)snprintf(id + used, STERNA_RUN_ID_SIZE - used, "%s%s", axis > 0 ? "-" : "",
                                 sterna_study_label(study, run, axis));
    assert(used < STERNA_RUN_ID_SIZE); /* a label and its '-' fit in STERNA_LABEL_SIZE */
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* "a-b" with "c" and "a" with "b-c" would share a folder. */
static enum sterna_status check_names(const struct sterna_study *study, struct sterna_error *error)
{
    enum sterna_status status = STERNA_OK;
    const char **name = calloc(study->runs, sizeof *name);
    if (name == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", study->name);
    for (size_t run = 0; run < study->runs; run++)
        name[run] = study->id[run];
    qsort(name, study->runs, sizeof *name, compare_names);
    for (size_t i = 1; status == STERNA_OK && i < study->runs; i++)
        if (strcmp(name[i - 1], name[i]) == 0)
            status = sterna_fail(error, STERNA_ERR_FORMAT,
                                 "%s: two runs would be called %s; rename a value of an axis", study->name,
                                 name[i]);
    free(name);
    return status;
}

static enum sterna_status span_grid(struct sterna_study *study, struct sterna_error *error)
{
    if (study->directory[0] == '\0')
        return sterna_fail(error, STERNA_ERR_FORMAT,
                           "%s: no folder for the results; add a line \"out = FOLDER\", or give --out",
                           study->name);
    if (study->axes == 0)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: no axis; add a line \"axis NAME = value | value\"",
                           study->name);
    study->runs = 1;
    for (size_t axis = 0; axis < study->axes; axis++)
        if ((study->runs *= study->axis[axis].count) > RUNS_MAX)
            return sterna_fail(error, STERNA_ERR_RANGE, "%s: more than %d runs", study->name, RUNS_MAX);
    study->id = calloc(study->runs, sizeof *study->id);
    if (study->id == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", study->name);
    for (size_t run = 0; run < study->runs; run++)
        name_run(study, run, study->id[run]);
    return check_names(study, error);
}

/* ---- the interface ------------------------------------------------------------------------------------- */

enum sterna_status sterna_study_recipe(const struct sterna_study *study, size_t run,
                                       struct sterna_recipe *recipe, struct sterna_error *error)
{
    struct sterna_recipe whole = study->recipe;
    enum sterna_status status = STERNA_OK;

    for (size_t axis = 0; status == STERNA_OK && axis < study->axes; axis++)
        status = assign_words(&whole, study->axis[axis].value[sterna_study_value(study, run, axis)].settings,
                              error);
    if (status == STERNA_OK)
        *recipe = whole;
    return status;
}

void sterna_study_file(const struct sterna_study *study, size_t run, const char *name,
                       char path[STERNA_STUDY_PATH])
{
    assert(strlen(name) < 64);
    const bool of_run = run < study->runs;
    (void)snprintf(path, STERNA_STUDY_PATH, "%s%s%s%s%s", study->directory, of_run ? "/" : "",
                   of_run ? study->id[run] : "", name[0] != '\0' ? "/" : "", name);
}

enum sterna_status sterna_study_open(const char *path, const char *out, struct sterna_study **study,
                                     struct sterna_error *error)
{
    struct sterna_study *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    enum sterna_status status = STERNA_OK;
    if ((size_t)snprintf(fresh->name, sizeof fresh->name, "%s", path) >= sizeof fresh->name)
        status = sterna_fail(error, STERNA_ERR_RANGE, "%.80s...: path too long", path);
    sterna_recipe_default(&fresh->recipe);
    if (status == STERNA_OK)
        status = read_file(fresh, error);
    if (status == STERNA_OK && out != NULL)
        status = set_directory(fresh, out, error);
    if (status == STERNA_OK)
        status = span_grid(fresh, error);
    if (status == STERNA_OK)
        *study = fresh;
    else
        sterna_study_free(fresh);
    return status;
}

void sterna_study_free(struct sterna_study *study)
{
    if (study == NULL)
        return;
    free(study->id);
    free(study);
}

size_t sterna_study_runs(const struct sterna_study *study)
{
    return study->runs;
}

const char *sterna_study_id(const struct sterna_study *study, size_t run)
{
    assert(run < study->runs);
    return study->id[run];
}

const char *sterna_study_directory(const struct sterna_study *study)
{
    return study->directory;
}

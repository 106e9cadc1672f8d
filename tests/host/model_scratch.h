/* model_scratch.h - a small model that uses everything a model file can hold of text, of which no two arrays are alike; and files of
 * models changed by hand. */
#ifndef MODEL_SCRATCH_H
#define MODEL_SCRATCH_H

#include "../random_model.h"
#include "file.h"
#include "scratch.h"

#include <check.h>

enum { INPUTS = 5, HIDDEN = 3, LAYERS = 2, OUTPUTS = 5 };

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_model *model;
static char path[SCRATCH_PATH];

static inline void set_up(void)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, INPUTS, HIDDEN, LAYERS, OUTPUTS};
    scratch_open(&scratch);
    scratch_path(&scratch, "model.safetensors", path);
    model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 1);
    ck_assert_ptr_nonnull(model);
    model->symbols = INPUTS;
    memcpy(model->alphabet, "\n az\xFF", INPUTS);
    (void)snprintf(model->data, sizeof model->data, "text:\xC3\xA9.txt");
    model->recipe = strdup("hidden = 3\nrate = 0.1\n");
    model->updates = 1234;
    model->seed = UINT64_MAX;
    (void)snprintf(model->metric, sizeof model->metric, "bpc");
    model->valid = 1.0 / 3;
}

static inline void tear_down(void)
{
    sterna_model_free(model);
    scratch_close(&scratch);
}

static inline void save(void)
{
    ck_assert_msg(sterna_model_save(model, path, &error) == STERNA_OK, "%s", error.reason);
}

/* Loading the file fails with one line that names it and holds this. */
static inline void expect_refusal(const char *reason)
{
    struct sterna_model *loaded = NULL;
    ck_assert_int_eq(sterna_model_load(path, &loaded, &error), STERNA_ERR_FORMAT);
    ck_assert_ptr_null(loaded);
    ck_assert_msg(strstr(error.reason, "/model.safetensors: ") != NULL, "no path: %s", error.reason);
    ck_assert_msg(strstr(error.reason, reason) != NULL, "%s, expected %s", error.reason, reason);
    ck_assert_ptr_null(strchr(error.reason, '\n'));
}

/* A model of sound: inputs become the front end's 6 values. */
static inline void make_sound(struct sterna_model *of)
{
    struct sterna_front_end_options options;
    static const float mean[6] = {0.5F, -1.25F, 2, 3, 4, 1e-20F},
                       deviation[6] = {1, 2, 0.125F, 1e6F, 3, 0.1F};
    sterna_front_end_default(&options);
    options.bands = 6;
    options.window_ms = 31.25 + 1.0 / 3;
    options.hop_ms = 10.0 / 3;
    options.low_hz = 100.0 / 3;
    options.adapt_ms = 1000.0 / 3;
    options.high_hz = 1000.0 / 3 + 2000;
    ck_assert_int_eq(sterna_model_set_sound(of, 8000, &options, mean, deviation, &error), STERNA_OK);
}

/* Replace the first occurrence of `from` in the file by as many bytes. */
static inline void corrupt(const char *from, const char *to)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    size_t length = strlen(from);
    ck_assert_uint_eq(length, strlen(to));
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    size_t at = 0;
    while (at + length <= size && memcmp(bytes + at, from, length) != 0)
        at++;
    ck_assert_msg(at + length <= size, "no %s in the file", from);
    memcpy(bytes + at, to, length);
    ck_assert_int_eq(sterna_file_write(path, bytes, size, &error), STERNA_OK);
    free(bytes);
}

/* Save the model, then change one byte of a tensor in the file: the checks of _save would not let it pass. */
static inline void save_with_byte(const char *name, size_t index, uint8_t byte)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    uint64_t header = 0;
    save();
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    memcpy(&header, bytes, sizeof header);
    const char *entry = strstr((const char *)bytes + 8, name);
    ck_assert_ptr_nonnull(entry);
    const char *offset = strchr(strstr(entry, "data_offsets"), '[') + 1;
    bytes[8 + header + strtoul(offset, NULL, 10) + index] = byte;
    ck_assert_int_eq(sterna_file_write(path, bytes, size, &error), STERNA_OK);
    free(bytes);
}

#endif

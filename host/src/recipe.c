/* recipe.c - one table of keys; default, load, set and print walk it. */
#include "file.h"
#include "normalize.h"
#include "quantize.h"
#include "sterna.h"
#include "utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, CHOICE, WHOLE, REAL };

enum { VALUE_MAX = 512, LIMIT_SIZE = 16384, LIMIT_COUNT = 1000000000 };

struct key {
    enum kind kind;
    const char *name;
    size_t offset, size; /* of the field */
    const char *preset;
    const char *choices; /* CHOICE: the names, separated by ", " */
    double low, high;    /* WHOLE and REAL: the range, ends included */
};

#define FIELD(kind, name)                                                                                    \
    kind, #name, offsetof(struct sterna_recipe, name), sizeof(((struct sterna_recipe *)0)->name)
#define FRONT_END(kind, name)                                                                                \
    kind, #name, offsetof(struct sterna_recipe, front_end.name),                                             \
        sizeof(((struct sterna_recipe *)0)->front_end.name)
#define QUANTIZERS STERNA_QUANTIZER_NAMES

static const struct key keys[] = {
    {FIELD(TEXT, data), "kjv", NULL, 0, 0},
    {FIELD(TEXT, stack), "none", NULL, 0, 0},
    {FIELD(CHOICE, cell), "gru", "gru, lstm, rnn-tanh, rnn-relu, rnn-sign", 0, 0},
    {FIELD(CHOICE, head), "last", "last, mean", 0, 0},
    {FIELD(CHOICE, quantizer), "twn", QUANTIZERS, 0, 0},
    {FIELD(CHOICE, quantizer_input), "same", "same, " QUANTIZERS, 0, 0},
    {FIELD(CHOICE, quantizer_output), "twn", QUANTIZERS, 0, 0},
    {FIELD(CHOICE, quantizer_bias), "float", QUANTIZERS, 0, 0},
    {FIELD(CHOICE, sampling), "deterministic", "deterministic, stochastic", 0, 0},
    {FIELD(CHOICE, magnitude), "glorot", "glorot, half-glorot, one", 0, 0},
    {FIELD(WHOLE, levels), "15", NULL, 3, 15},
    {FIELD(WHOLE, integer_bits), "0", NULL, 0, 6},
    {FIELD(WHOLE, fraction_bits), "1", NULL, 0, 7},
    {FIELD(CHOICE, clip_weights), "yes", "yes, no", 0, 0},
    {FIELD(CHOICE, rate_scale), "none", "none, glorot", 0, 0},
    {FIELD(WHOLE, backprop_bits), "0", NULL, 0, 6},
    {FIELD(CHOICE, normalization), "weight", STERNA_NORMALIZER_NAMES, 0, 0},
    {FIELD(WHOLE, hidden), "256", NULL, 1, LIMIT_SIZE},
    {FIELD(WHOLE, layers), "1", NULL, 0, 64},
    {FIELD(REAL, dropout), "0", NULL, 0, 0.9},
    {FIELD(REAL, dropout_input), "0", NULL, 0, 0.9},
    {FIELD(REAL, noise), "0", NULL, 0, 10},
    {FIELD(WHOLE, batch), "64", NULL, 1, LIMIT_SIZE},
    {FIELD(WHOLE, steps), "64", NULL, 1, LIMIT_SIZE},
    {FIELD(WHOLE, shard), "32", NULL, 1, LIMIT_SIZE},
    {FIELD(WHOLE, updates), "2000", NULL, 1, LIMIT_COUNT},
    {FIELD(WHOLE, integer_updates), "200", NULL, 0, LIMIT_COUNT},
    {FIELD(WHOLE, validate_every), "200", NULL, 1, LIMIT_COUNT},
    {FIELD(WHOLE, checkpoint_every), "500", NULL, 1, LIMIT_COUNT},
    {FIELD(WHOLE, seed), "1", NULL, 0, 999999999999999.0},
    {FIELD(REAL, rate), "0.008", NULL, 0, 10},
    {FIELD(REAL, rate_end), "0", NULL, 0, 10},
    {FIELD(REAL, warmup), "50", NULL, 0, LIMIT_COUNT},
    {FIELD(REAL, clip), "5", NULL, 1e-6, 1e6},
    {FRONT_END(CHOICE, features), "mel", "mel, mfcc", 0, 0},
    {FRONT_END(REAL, window_ms), "32", NULL, 1, 1000},
    {FRONT_END(REAL, hop_ms), "16", NULL, 1, 1000},
    {FRONT_END(REAL, low_hz), "60", NULL, 0, 1e6},
    {FRONT_END(REAL, high_hz), "0", NULL, 0, 1e6},
    {FRONT_END(WHOLE, bands), "32", NULL, 1, 1024},
    {FRONT_END(WHOLE, coefficients), "13", NULL, 1, 1024},
    {FRONT_END(REAL, adapt_ms), "0", NULL, 0, 1e6},
    {FRONT_END(WHOLE, deltas), "0", NULL, 0, 2},
};

enum { KEYS = sizeof keys / sizeof keys[0] };

/* ---- names --------------------------------------------------------------------------------------------- */

static const char *nearest_key(const char *name)
{
    struct sterna_nearest nearest = {.word = NULL};
    for (size_t i = 0; i < KEYS; i++)
        sterna_nearest_offer(&nearest, name, keys[i].name);
    return nearest.word != NULL ? nearest.word : keys[0].name;
}

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

/* Whether value is one of the names of "a, b, c". */
static bool is_choice(const char *choices, const char *value)
{
    size_t length = strcspn(value, ", ");
    if (length == 0 || value[length] != '\0')
        return false;
    for (const char *name = choices; name != NULL; name = strchr(name, ',')) {
        name += strspn(name, ", ");
        if (strncmp(name, value, length) == 0 && (name[length] == ',' || name[length] == '\0'))
            return true;
    }
    return false;
}

/* ---- values -------------------------------------------------------------------------------------------- */

/* A text that a recipe file and a checkpoint can hold: one line of UTF-8, no spaces around it, nothing
 * that starts a comment. */
static bool is_text(const char *value, size_t size)
{
    if (value[0] == '\0' || strlen(value) >= size || !sterna_utf8_valid(value, strlen(value)))
        return false;
    for (const char *c = value; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F || (*c == '#' && (c == value || c[-1] == ' ')))
            return false;
    return value[0] != ' ' && value[strlen(value) - 1] != ' ';
}

/* A number in decimal digits (WHOLE: nothing else), all of the value, within the key's range. */
static bool read_number(const struct key *key, const char *value, double *number)
{
    const char *allowed = key->kind == WHOLE ? "0123456789" : "0123456789.+-eE";
    char *end = NULL;
    if (value[0] == '\0' || strspn(value, allowed) != strlen(value))
        return false;
    *number = strtod(value, &end);
    return *end == '\0' && isfinite(*number) && *number >= key->low && *number <= key->high;
}

static enum sterna_status assign(struct sterna_recipe *recipe, const struct key *key, const char *value,
                                 struct sterna_error *error)
{
    char *field = (char *)recipe + key->offset;
    double number = 0;
    switch (key->kind) {
    case TEXT:
        if (!is_text(value, key->size))
            return sterna_fail(error, STERNA_ERR_RANGE,
                               "%s: expected 1 to %zu bytes of UTF-8 on one line, without \" #\"", key->name,
                               key->size - 1);
        memcpy(field, value, strlen(value) + 1);
        break;
    case CHOICE:
        if (!is_choice(key->choices, value))
            return sterna_fail(error, STERNA_ERR_RANGE, "%s: \"%.60s\" is not one of: %s", key->name, value,
                               key->choices);
        memcpy(field, value, strlen(value) + 1);
        break;
    case WHOLE:
    case REAL:
        if (!read_number(key, value, &number))
            return sterna_fail(error, STERNA_ERR_RANGE, "%s: \"%.60s\" is not a %snumber from %.15g to %.15g",
                               key->name, value, key->kind == WHOLE ? "whole " : "", key->low, key->high);
        if (key->kind == WHOLE)
            memcpy(field, &(uint64_t){(uint64_t)number}, sizeof(uint64_t));
        else
            memcpy(field, &number, sizeof number);
        break;
    }
    return STERNA_OK;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cut the spaces off both ends, in place. */
static char *trim(char *text)
{
    while (is_space(*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && is_space(text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

/* "key = value", which is changed. */
static enum sterna_status assign_line(struct sterna_recipe *recipe, char *line, struct sterna_error *error)
{
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return sterna_fail(error, STERNA_ERR_FORMAT, "\"%.60s\": expected key = value", line);
    *equals = '\0';
    const char *name = trim(line);
    const struct key *key = find_key(name);
    if (key == NULL)
        return sterna_fail(error, STERNA_ERR_FORMAT, "unknown key \"%.60s\"; did you mean \"%s\"?", name,
                           nearest_key(name));
    return assign(recipe, key, trim(equals + 1), error);
}

/* ---- the interface ------------------------------------------------------------------------------------- */

void sterna_recipe_default(struct sterna_recipe *recipe)
{
    memset(recipe, 0, sizeof *recipe);
    for (size_t i = 0; i < KEYS; i++) {
        enum sterna_status status = assign(recipe, &keys[i], keys[i].preset, NULL);
        (void)status; /* the table's own presets are valid: test_recipe.c */
    }
}

enum sterna_status sterna_recipe_set(struct sterna_recipe *recipe, const char *assignment,
                                     struct sterna_error *error)
{
    char *line = strdup(assignment);
    if (line == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    enum sterna_status status = assign_line(recipe, line, error);
    free(line);
    return status;
}

/* A '#' starts a comment at the start of a line or after a space: "text:a#b" is a path. */
static void cut_comment(char *line)
{
    for (char *c = line; *c != '\0'; c++) {
        if (*c == '#' && (c == line || is_space(c[-1]))) {
            *c = '\0';
            return;
        }
    }
}

static enum sterna_status parse(struct sterna_recipe *recipe, const char *path, char *text,
                                struct sterna_error *error)
{
    size_t number = 1;
    for (char *line = text; line != NULL; number++) {
        char *newline = strchr(line, '\n');
        if (newline != NULL)
            *newline = '\0';
        cut_comment(line);
        struct sterna_error reason;
        char *content = trim(line);
        enum sterna_status status = content[0] != '\0' ? assign_line(recipe, content, &reason) : STERNA_OK;
        if (status != STERNA_OK)
            return sterna_fail(error, status, "%s: line %zu: %s", path, number, reason.reason);
        line = newline != NULL ? newline + 1 : NULL;
    }
    return STERNA_OK;
}

enum sterna_status sterna_recipe_load(const char *path, struct sterna_recipe *recipe,
                                      struct sterna_error *error)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum sterna_status status = sterna_file_read(path, &bytes, &size, error);
    if (status != STERNA_OK)
        return status;
    struct sterna_recipe loaded = *recipe;
    if (strlen((const char *)bytes) != size)
        status = sterna_fail(error, STERNA_ERR_FORMAT, "%s: not a text file", path);
    else
        status = parse(&loaded, path, (char *)bytes, error);
    if (status == STERNA_OK)
        *recipe = loaded;
    free(bytes);
    return status;
}

/* The fewest digits, from 15 on, that read back to the same double. */
static void print_real(double number, char *text, size_t size)
{
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, size, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            return;
    }
}

static void print_value(const struct sterna_recipe *recipe, const struct key *key, char *text, size_t size)
{
    const char *field = (const char *)recipe + key->offset;
    uint64_t whole = 0;
    double real = 0;
    switch (key->kind) {
    case TEXT:
    case CHOICE:
        (void)snprintf(text, size, "%s", field);
        break;
    case WHOLE:
        memcpy(&whole, field, sizeof whole);
        (void)snprintf(text, size, "%llu", (unsigned long long)whole);
        break;
    case REAL:
        memcpy(&real, field, sizeof real);
        print_real(real, text, size);
        break;
    }
}

size_t sterna_recipe_print(const struct sterna_recipe *recipe, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < KEYS; i++) {
        char value[VALUE_MAX];
        print_value(recipe, &keys[i], value, sizeof value);
        size_t room = used < size ? size - used : 0;
        used += (size_t)snprintf(room > 0 ? text + used : NULL, room, "%s = %s\n", keys[i].name, value);
    }
    return used;
}

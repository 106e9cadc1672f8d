/* front_end_options.c - the front end's settings by name, from a command line or a recipe. */
#include "front_end.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_WORD, KIND_REAL, KIND_COUNT };

struct key {
    const char *name;
    enum kind kind;
    size_t offset;
};

#define KEY(kind, field)                                                                                     \
    {                                                                                                        \
#field, kind, offsetof(struct sterna_front_end_options, field)                                       \
    }
static const struct key keys[] = {
    KEY(KIND_WORD, features),      KEY(KIND_REAL, window_ms), KEY(KIND_REAL, hop_ms),
    KEY(KIND_REAL, low_hz),        KEY(KIND_REAL, high_hz),   KEY(KIND_COUNT, bands),
    KEY(KIND_COUNT, coefficients), KEY(KIND_REAL, adapt_ms),  KEY(KIND_COUNT, deltas),
};
enum { KEYS = sizeof keys / sizeof keys[0] };

void sterna_front_end_default(struct sterna_front_end_options *options)
{
    *options = (struct sterna_front_end_options){
        .features = "mel",
        .window_ms = 32,
        .hop_ms = 16,
        .low_hz = 60,
        .high_hz = 0,
        .bands = 32,
        .coefficients = 13,
        .adapt_ms = 0,
        .deltas = 0,
    };
}

void sterna_front_end_describe(const struct sterna_front_end_options *options,
                               char text[STERNA_FRONT_END_TEXT])
{
    (void)snprintf(text, STERNA_FRONT_END_TEXT,
                   "%s window %.17g hop %.17g from %.17g to %.17g bands %" PRIu64 " coefficients %" PRIu64
                   " adapt %.17g deltas %" PRIu64,
                   options->features, options->window_ms, options->hop_ms, options->low_hz, options->high_hz,
                   options->bands, options->coefficients, options->adapt_ms, options->deltas);
}

/* The key of this name (length letters of it); otherwise NULL, and *error suggests one. */
static const struct key *find(const char *name, size_t length, struct sterna_error *error)
{
    struct sterna_nearest nearest = {0};
    char typed[64];
    (void)snprintf(typed, sizeof typed, "%.*s", (int)(length < sizeof typed ? length : sizeof typed - 1),
                   name);
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].name, typed) == 0)
            return &keys[i];
        sterna_nearest_offer(&nearest, typed, keys[i].name);
    }
    (void)sterna_fail(error, STERNA_ERR_RANGE, "unknown key \"%s\" of the front end; the nearest is \"%s\"",
                      typed, nearest.word != NULL ? nearest.word : keys[0].name);
    return NULL;
}

static bool read_real(const char *text, double *real)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || value < 0)
        return false;
    *real = value;
    return true;
}

static bool read_count(const char *text, uint64_t *count)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
        return false;
    *count = value;
    return true;
}

enum sterna_status sterna_front_end_set(struct sterna_front_end_options *options, const char *assignment,
                                        struct sterna_error *error)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL)
        return sterna_fail(error, STERNA_ERR_RANGE, "\"%.100s\" is not KEY=VALUE", assignment);
    const struct key *key = find(assignment, (size_t)(equals - assignment), error);
    if (key == NULL)
        return STERNA_ERR_RANGE;
    const char *value = equals + 1;
    char *field = (char *)options + key->offset;
    switch (key->kind) {
    case KIND_WORD:
        if (strcmp(value, "mel") != 0 && strcmp(value, "mfcc") != 0)
            return sterna_fail(error, STERNA_ERR_RANGE, "%s: \"%.100s\" should be mel or mfcc", key->name,
                               value);
        (void)snprintf(options->features, sizeof options->features, "%s", value);
        return STERNA_OK;
    case KIND_REAL:
        if (!read_real(value, (double *)(void *)field))
            break;
        return STERNA_OK;
    case KIND_COUNT:
        if (!read_count(value, (uint64_t *)(void *)field))
            break;
        return STERNA_OK;
    }
    return sterna_fail(error, STERNA_ERR_RANGE, "%s: \"%.100s\" should be a %s", key->name, value,
                       key->kind == KIND_REAL ? "number, not negative" : "whole number");
}

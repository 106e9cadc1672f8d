/* codebook_learn.c - see codebook_learn.h. */
#include "codebook_learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum { SWEEPS = 12, TOP = 8, UNITS = 25, UNITS_IN_OCTAVE = 8, TOLLS = 80, LAST_SWEEPS = 4 };
static const double TOLL = 1e-6, TOLL_RISE = 1.25;

struct learner {
    const struct sterna_codebook_plan *plan;
    struct sterna_codebook_fit *fit, *held; /* the same code, on the held-out samples */
    double energy;                          /* of the responses */
    /* the best code so far */
    double best;
    double *word, *scale;
    uint16_t *name;
    int8_t *sign;
};

static size_t words_size(const struct sterna_product_code *code)
{
    return code->books * code->words * code->elements * sizeof(double);
}

/* On the held-out samples. */
static double judge(const struct learner *learner)
{
    sterna_codebook_fit_refresh(learner->held);
    const double error = sterna_codebook_fit_error(learner->held) + learner->energy;
    return learner->energy > 0 ? error / learner->energy : 0;
}

static void keep(struct learner *learner, double error)
{
    const struct sterna_product_code *code = learner->fit->code;
    const size_t names = code->rows * code->groups;
    learner->best = error;
    memcpy(learner->word, code->word, words_size(code));
    memcpy(learner->scale, code->scale, code->rows * sizeof *code->scale);
    memcpy(learner->name, code->name, names * sizeof *code->name);
    memcpy(learner->sign, code->sign, names);
}

static void restore(struct learner *learner)
{
    struct sterna_product_code *code = learner->fit->code;
    const size_t names = code->rows * code->groups;
    memcpy(code->word, learner->word, words_size(code));
    memcpy(code->scale, learner->scale, code->rows * sizeof *code->scale);
    memcpy(code->name, learner->name, names * sizeof *code->name);
    memcpy(code->sign, learner->sign, names);
    sterna_codebook_fit_refresh(learner->fit);
}

/* Sweeps over all blocks for as long as they help on the held-out samples; the best code is what stays. Returns its error. */
static double descend(struct learner *learner, size_t *sweeps)
{
    const size_t most = learner->plan->sweeps > 0 ? learner->plan->sweeps : SWEEPS;
    size_t in_vain = 0;
    keep(learner, judge(learner));
    for (size_t sweep = 0; sweep < most && in_vain < 2; sweep++) {
        sterna_codebook_fit_words(learner->fit);
        sterna_codebook_fit_scales(learner->fit);
        sterna_codebook_fit_names(learner->fit);
        const double error = judge(learner);
        in_vain = error < learner->best ? 0 : in_vain + 1;
        if (in_vain == 0)
            keep(learner, error);
        ++*sweeps;
    }
    restore(learner);
    return learner->best;
}

/* ---- onto the grid ---- */

/* What a unit of the grid costs: each word's own error, its elements rounded to the unit's multiples. matrix: the words' normal matrices. */
static double cost(const struct sterna_codebook_fit *fit, const double *matrix, double unit)
{
    const struct sterna_product_code *code = fit->code;
    const size_t n = code->elements;
    double sum = 0, off[STERNA_PRODUCT_CODE_ELEMENTS];
    for (size_t k = 0; k < code->books * code->words; k++) {
        for (size_t j = 0; j < n; j++) {
            const double element = code->word[k * n + j];
            off[j] = unit * sterna_codebook_grid_nearest(fit->grid, element / unit) - element;
        }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                sum += off[i] * off[j] * matrix[(k * n + i) * n + j];
    }
    return sum;
}

/* The unit, of those within some octaves below the one that clips nothing, that costs least. */
static double choose_unit(const struct sterna_codebook_fit *fit, const double *matrix)
{
    const struct sterna_product_code *code = fit->code;
    double largest = 0, best = 0, least = INFINITY;
    for (size_t i = 0; i < code->books * code->words * code->elements; i++)
        largest = fmax(largest, fabs(code->word[i]));
    if (!(largest > 0))
        return 1.0;
    for (int i = 0; i < UNITS; i++) {
        const double unit =
            largest / fit->grid->value[fit->grid->values - 1] * exp2(-(double)i / UNITS_IN_OCTAVE);
        const double error = cost(fit, matrix, unit);
        if (error < least) {
            least = error;
            best = unit;
        }
    }
    return best;
}

/* Words in units of the grid, rounded; the unit goes into the rows' scales. */
static enum sterna_status project(struct sterna_codebook_fit *fit, struct sterna_error *error)
{
    struct sterna_product_code *code = fit->code;
    const size_t n = code->elements, words = code->books * code->words;
    double *matrix = sterna_buffer_new(words * n * n, sizeof *matrix), slope[STERNA_PRODUCT_CODE_ELEMENTS];
    if (!matrix)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for %zu words", words);
    for (size_t k = 0; k < words; k++)
        (void)sterna_codebook_fit_normal(fit, k / code->words, k % code->words, matrix + k * n * n, slope);
    const double unit = choose_unit(fit, matrix);
    free(matrix);
    for (size_t i = 0; i < words * n; i++)
        code->word[i] = sterna_codebook_grid_nearest(fit->grid, code->word[i] / unit);
    for (size_t r = 0; r < code->rows; r++)
        code->scale[r] *= unit;
    sterna_codebook_fit_refresh(fit);
    return STERNA_OK;
}

/* Scales first: they are what the rounding has put out most. */
static enum sterna_status descend_on_grid(struct learner *learner, const struct sterna_codebook_grid *grid,
                                          struct sterna_codebook_outcome *outcome, struct sterna_error *error)
{
    learner->fit->grid = grid;
    enum sterna_status status = project(learner->fit, error);
    if (status != STERNA_OK)
        return status;
    sterna_codebook_fit_scales(learner->fit);
    sterna_codebook_fit_names(learner->fit);
    outcome->projected = descend(learner, &outcome->sweeps);
    return STERNA_OK;
}

/* ---- short programs ---- */

/* A toll on the steps of the words' program, raised until the program is as short as it has to be; then the best of some sweeps with it. */
static enum sterna_status shorten(struct learner *learner, struct sterna_codebook_outcome *outcome,
                                  struct sterna_error *error)
{
    struct sterna_codebook_fit *fit = learner->fit;
    struct sterna_codebook_path *path = malloc(sizeof *path);
    const size_t most = learner->plan->program > 0 ? learner->plan->program - 1 : SIZE_MAX; /* its end */
    if (!path)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the path of %zu words",
                           fit->code->words);
    sterna_codebook_fit_path(fit->code, path);
    size_t length = sterna_codebook_path_length(path);
    fit->path = path;
    fit->toll = TOLL * fabs(sterna_codebook_fit_error(fit));
    for (size_t i = 0; length > most && i < TOLLS; i++, fit->toll *= TOLL_RISE) {
        sterna_codebook_fit_words(fit);
        sterna_codebook_fit_scales(fit);
        sterna_codebook_fit_names(fit);
        sterna_codebook_fit_path(fit->code, path);
        length = sterna_codebook_path_length(path);
        outcome->projected = judge(learner);
    }
    outcome->program = length + 1;
    fit->path = NULL;
    fit->toll = 0;
    free(path);
    if (length > most)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%zu words do not get by with a program of %zu bytes: allow more, or fewer words",
                           fit->code->words, learner->plan->program);
    for (size_t i = 0; i < LAST_SWEEPS; i++) {
        sterna_codebook_fit_scales(fit);
        sterna_codebook_fit_names(fit);
    }
    outcome->projected = judge(learner);
    return STERNA_OK;
}

/* ---- the whole ---- */

static enum sterna_status allocate(struct learner *learner, const struct sterna_product_code *code,
                                   struct sterna_error *error)
{
    const size_t names = code->rows * code->groups;
    learner->word = malloc(words_size(code));
    learner->scale = malloc(code->rows * sizeof *learner->scale);
    learner->name = malloc(names * sizeof *learner->name);
    learner->sign = malloc(names);
    if (learner->word && learner->scale && learner->name && learner->sign)
        return STERNA_OK;
    return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the code of %zu x %zu weights",
                       code->rows, code->cols);
}

static enum sterna_status run(struct learner *learner, struct sterna_codebook_outcome *outcome,
                              struct sterna_error *error)
{
    const struct sterna_codebook_plan *plan = learner->plan;
    struct sterna_codebook_grid grid;
    enum sterna_status status = sterna_codebook_fit_start(learner->fit, plan->seed, error);
    if (status != STERNA_OK)
        return status;
    outcome->plain = judge(learner);
    if (plan->correct)
        outcome->corrected = descend(learner, &outcome->sweeps);
    if (plan->terms == 0)
        return STERNA_OK;
    sterna_codebook_grid_make(plan->terms, plan->top > 0 ? plan->top : TOP, &grid);
    status = descend_on_grid(learner, &grid, outcome, error);
    if (status == STERNA_OK && learner->fit->code->shared)
        status = shorten(learner, outcome, error);
    learner->fit->grid = NULL;
    return status;
}

enum sterna_status sterna_codebook_learn(const struct sterna_codebook_plan *plan, const float *weights,
                                         const struct sterna_moments *fitted,
                                         const struct sterna_moments *held, struct sterna_product_code *code,
                                         struct sterna_codebook_outcome *outcome, struct sterna_error *error)
{
    struct sterna_moments identity = {0};
    struct sterna_codebook_fit fit = {0}, other = {0};
    struct learner learner = {.plan = plan, .fit = &fit, .held = &other};
    enum sterna_status status = sterna_moments_new(code->cols, &identity, error);
    if (status == STERNA_OK) {
        sterna_moments_identity(&identity);
        status = sterna_codebook_fit_new(code, weights, plan->correct ? fitted : &identity, &fit, error);
    }
    if (status == STERNA_OK)
        status = sterna_codebook_fit_new(code, weights, held, &other, error);
    if (status == STERNA_OK)
        status = allocate(&learner, code, error);
    if (status == STERNA_OK) {
        *outcome = (struct sterna_codebook_outcome){.corrected = NAN, .projected = NAN};
        learner.energy = sterna_moments_energy(held, code->rows, weights);
        status = run(&learner, outcome, error);
    }
    sterna_moments_free(&identity);
    sterna_codebook_fit_free(&fit);
    sterna_codebook_fit_free(&other);
    free(learner.word);
    free(learner.scale);
    free(learner.name);
    free(learner.sign);
    return status;
}

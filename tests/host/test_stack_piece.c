/* test_stack_piece.c - how convolutions are cut: every weight in exactly one piece, and whole where it fits. */
#include "codebook.h"
#include "device.h"
#include "stack_models.h"
#include "stack_piece.h"

#include <string.h>

#include <check.h>

static struct sterna_error error;
static struct sterna_model *model;
static const struct sterna_geometry nothing = {.tables = 0};

static void tear_down(void)
{
    sterna_model_free(model);
    model = NULL;
}

/* Whether the network's code at row i, column c is the weight of the filter and place that row is for, or a zero around it; seen counts
 * the weights. */
static void check_row(const struct sterna_stack_piece *piece, const struct sterna_matrix *part, size_t i,
                      uint8_t *seen)
{
    const struct sterna_stack_layer *layer = &model->stack.layer[0];
    const struct sterna_matrix *weight = &model->filters[0].weight;
    const struct sterna_stack_layer span = sterna_stack_piece_span(layer, piece->places);
    const size_t own = layer->in.channels / layer->groups, row = piece->row + i % piece->rows;
    const size_t side = sterna_stack_piece_side(layer), shift = i / piece->rows * layer->stride[side];
    size_t wrong = 0;
    for (size_t c = 0; c < part->cols; c++) {
        const size_t at = piece->col + c, ky = at / own / span.kernel[1], kx = at / own % span.kernel[1];
        const size_t y = side == 0 ? ky - shift : ky, x = side == 1 ? kx - shift : kx;
        const bool inside = y < layer->kernel[0] && x < layer->kernel[1];
        const size_t from = row * weight->cols + (y * layer->kernel[1] + x) * own + at % own;
        wrong += part->code[i * part->cols + c] != (inside ? weight->code[from] : 0);
        if (inside)
            seen[from]++;
    }
    ck_assert_uint_eq(wrong, 0);
}

/* Pieces of layer 0; every weight is there once for each place. *places: of the last piece. */
static size_t count_pieces(const struct sterna_geometry *geometry, bool whole, size_t height, size_t *places)
{
    const struct sterna_matrix *weight = &model->filters[0].weight;
    struct sterna_stack_piece piece = {.rows = 0};
    struct sterna_model *network = NULL;
    uint8_t *seen = calloc(weight->rows * weight->cols, 1);
    size_t pieces = 0;
    for (;; pieces++) {
        const enum sterna_status status =
            sterna_stack_piece_next(model, 0, geometry, height, &piece, &network, &error);
        ck_assert_msg(status == STERNA_OK, "%s", error.reason);
        if (network == NULL)
            break;
        const struct sterna_matrix *part = piece.sums ? &network->output : &network->layer[0].ih;
        ck_assert(piece.whole == whole);
        ck_assert_uint_eq(part->rows, piece.places * piece.rows);
        ck_assert_uint_eq(part->cols, piece.cols);
        ck_assert_uint_eq(piece.row / (weight->rows / model->stack.layer[0].groups), piece.group);
        for (size_t i = 0; i < part->rows; i++)
            check_row(&piece, part, i, seen);
        ck_assert_int_eq(sterna_model_check(network, &error), STERNA_OK);
        sterna_model_free(network);
        *places = piece.places;
    }
    size_t wrong = 0;
    for (size_t i = 0; i < weight->rows * weight->cols; i++)
        wrong += seen[i] != *places;
    ck_assert_uint_eq(wrong, 0);
    free(seen);
    return pieces;
}

START_TEST(a_group_is_a_piece_if_it_fits)
{
    size_t places = 0;
    model = stack_model("conv 8 3 groups 2, relu", 6, 0);
    ck_assert_uint_eq(count_pieces(&nothing, true, 50, &places), 2);
    ck_assert_uint_eq(places, 1);
    ck_assert_uint_eq(count_pieces(sterna_geometry_of("up5k"), true, 50, &places), 2);
}
END_TEST

/* A short patch is not worth a step: several places share one, never more than a plane has. */
START_TEST(adjacent_places_share_a_step)
{
    size_t places = 0;
    model = stack_model(_i ? "conv 4 3x3 pad 1 stride 2, relu" : "conv 4 3 pad 1 stride 2, relu", 12, 0);
    (void)count_pieces(sterna_geometry_of("up5k"), true, 50, &places);
    ck_assert_uint_gt(places, 1);
    if (_i == 0) {
        (void)count_pieces(sterna_geometry_of("up5k"), true, 2, &places);
        ck_assert_uint_le(places, 2);
    }
    ck_assert_uint_eq(sterna_stack_piece_steps(&model->stack.layer[0], 4, 5), _i ? 5 * 2 : 2);
}
END_TEST

START_TEST(weights_without_a_zero_are_not_spread)
{
    size_t places = 0;
    model = stack_model("conv 4 3, relu", 6, 0);
    struct sterna_matrix *weight = &model->filters[0].weight;
    sterna_model_set_stack_format(model, STERNA_FORMAT_BINARY);
    for (size_t i = 0; i < weight->rows * weight->cols; i++)
        weight->code[i] = i % 3 ? 1 : -1;
    (void)count_pieces(sterna_geometry_of("up5k"), true, 50, &places);
    ck_assert_uint_eq(places, 1);
}
END_TEST

START_TEST(patches_longer_than_a_request_are_cut)
{
    size_t places = 0;
    model = stack_model("dense 9, relu", 40, 30);
    ck_assert_uint_eq(count_pieces(&nothing, true, 1, &places), 1);
    ck_assert_uint_eq(count_pieces(sterna_geometry_of("up5k"), false, 1, &places),
                      3); /* 1200 columns of at most 506 */
}
END_TEST

START_TEST(filters_are_cut_where_memory_ends)
{
    size_t places = 0;
    model = stack_model("conv 400 1, relu", 400, 0);
    sterna_model_set_stack_format(model, STERNA_FORMAT_INT8);
    ck_assert_uint_gt(count_pieces(sterna_geometry_of("up5k"), true, 9, &places), 1);
}
END_TEST

/* Parts begin with whole blocks of groups, whatever the length of the words. */
START_TEST(codebooks_are_cut_with_their_names)
{
    uint64_t seed = 3;
    size_t places = 0;
    model = stack_model("dense 5, relu", 40, 30);
    struct sterna_matrix *weight = &model->filters[0].weight;
    ck_assert_int_eq(sterna_codebook_new(weight, 1 + (size_t)_i, &error), STERNA_OK);
    for (size_t i = 0; i < STERNA_CODEBOOK_WORDS * weight->book.elements; i++)
        weight->book.word[i] = (int8_t)((int)random_below(&seed, 5) - 2);
    for (size_t i = 0; i < weight->rows * weight->book.groups; i++)
        if (sterna_codebook_column(weight->book.elements, i % weight->book.groups, 0) < weight->cols)
            weight->book.name[i] = (uint8_t)random_below(&seed, 256);
    sterna_codebook_expand(weight);
    ck_assert_uint_ge(count_pieces(sterna_geometry_of("up5k"), false, 1, &places), 3);
}
END_TEST

/* Cycles of a place: of the piece as it is, or with its results as the other kind. */
static double cycles_of_place(const struct sterna_stack_piece *piece, bool sums)
{
    struct sterna_stack_piece other = *piece;
    struct sterna_model *network = NULL;
    struct sterna_estimate estimate;
    other.sums = sums;
    ck_assert_int_eq(
        sterna_stack_piece_network(&model->stack.layer[0], &model->filters[0], &other, &network, &error),
        STERNA_OK);
    ck_assert_int_eq(sterna_estimate_model(network, "up5k", &estimate, &error), STERNA_OK);
    sterna_model_free(network);
    return (double)estimate.cycles / (double)piece->places;
}

/* A patch of few columns is over before its gates and what hands on their results have begun. */
START_TEST(results_are_sums_where_that_takes_fewer_cycles)
{
    struct sterna_stack_piece piece = {.rows = 0};
    struct sterna_model *network = NULL;
    model = stack_model("conv 16 3x3 pad 1, relu", 28, 0);
    ck_assert_int_eq(
        sterna_stack_piece_next(model, 0, sterna_geometry_of("up5k"), 28, &piece, &network, &error),
        STERNA_OK);
    ck_assert(piece.whole);
    ck_assert(piece.sums);
    ck_assert_double_lt(cycles_of_place(&piece, true), cycles_of_place(&piece, false));
    sterna_model_free(network);
}
END_TEST

START_TEST(a_layer_that_does_not_fit_is_named)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    struct sterna_stack_piece piece = {.rows = 0};
    struct sterna_model *network = NULL;
    geometry.program_bytes = 5;
    model = stack_model("max-pool 1, conv 4 3, relu", 6, 0);
    ck_assert_int_eq(sterna_stack_piece_next(model, 1, &geometry, 9, &piece, &network, &error),
                     STERNA_ERR_FIT);
    ck_assert_msg(strstr(error.reason, "layer 1 of the stack: ") == error.reason, "%s", error.reason);
    ck_assert_msg(strstr(error.reason, "bytes of step programs (the longest, ") != NULL, "%s", error.reason);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("stack_piece");
    TCase *tcase = tcase_create("stack_piece");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, a_group_is_a_piece_if_it_fits);
    tcase_add_loop_test(tcase, adjacent_places_share_a_step, 0, 2);
    tcase_add_test(tcase, weights_without_a_zero_are_not_spread);
    tcase_add_test(tcase, patches_longer_than_a_request_are_cut);
    tcase_add_test(tcase, filters_are_cut_where_memory_ends);
    tcase_add_loop_test(tcase, codebooks_are_cut_with_their_names, 0, STERNA_CODEBOOK_ELEMENTS);
    tcase_add_test(tcase, results_are_sums_where_that_takes_fewer_cycles);
    tcase_add_test(tcase, a_layer_that_does_not_fit_is_named);
    suite_add_tcase(suite, tcase);
    return suite;
}

/* test_sequencer.c - hw/rtl/sequencer.v walking layers of random length: the weight stream never skips or
 * repeats a word, a layer follows the one before at once, the step ends with its gates, and the phase flips. */
#include "seeded.h"
#include "sequencer_model.h"

#include <check.h>

enum { HEADER_WORDS = 4, WEIGHT_WORDS = 16384, LIMIT = 1000 };

struct bench {
    struct sequencer_model *model;
    struct seeded random;
    uint16_t read; /* the weight address of the cycle before: the word that is here now */
    unsigned next; /* word of the stream that is used next */
    bool final;    /* the step's last layer is an output of what the step has written */
};

static void bench_tick(struct bench *bench)
{
    sequencer_model_eval(bench->model);
    bench->read = *bench->model->weight_address;
    sequencer_model_tick(bench->model);
    sequencer_model_eval(bench->model);
}

static void expect_header(struct bench *bench)
{
    for (unsigned word = 0; word < HEADER_WORDS; word++) {
        for (unsigned i = 0; !*bench->model->header_load; i++) {
            ck_assert_uint_lt(i, LIMIT);
            ck_assert(!*bench->model->layer_start);
            bench_tick(bench);
        }
        ck_assert_uint_eq(*bench->model->header_index, word);
        ck_assert_uint_eq(*bench->model->layer_start, word + 1 == HEADER_WORDS);
        *bench->model->finished = 0; /* from layer_start on */
        ck_assert_uint_eq(bench->read, bench->next++ % WEIGHT_WORDS);
        bench_tick(bench);
    }
}

/* Rows with gaps between them, then the end of the rows and, later, of the gates. */
static void run_layer(struct bench *bench, bool last)
{
    expect_header(bench);
    *bench->model->gates_done = 0;
    *bench->model->is_last = last;
    *bench->model->is_final = last && bench->final;
    bench_tick(bench);
    ck_assert(!*bench->model->layer_start);
    for (unsigned rows = seeded_below(&bench->random, 2000); rows > 0;) {
        *bench->model->row_valid = seeded_percent(&bench->random, 70);
        bench_tick(bench);
        if (*bench->model->row_valid) {
            ck_assert_uint_eq(bench->read, bench->next++ % WEIGHT_WORDS);
            rows--;
        }
    }
    *bench->model->row_valid = 0;
    sequencer_model_eval(bench->model);
    ck_assert_uint_eq(*bench->model->input_free, last && bench->final);
    *bench->model->finished = 1;
    for (unsigned wait = seeded_below(&bench->random, 20); last && !bench->final && wait > 0; wait--) {
        bench_tick(bench);
        ck_assert(*bench->model->busy && !*bench->model->header_load && *bench->model->waits_for_gates);
    }
    *bench->model->gates_done = last && !bench->final;
}

START_TEST(steps_walk_the_weight_stream_layer_by_layer)
{
    struct bench bench = {.model = sequencer_model_new(), .random = {22}};
    *bench.model->rst = 1;
    bench_tick(&bench);
    *bench.model->rst = 0;
    for (unsigned step = 0; step < 300; step++) {
        unsigned layers = 1 + seeded_below(&bench.random, 4);
        ck_assert(!*bench.model->busy);
        ck_assert_uint_eq(*bench.model->phase, step & 1);
        bench.next = 0;
        bench.final = seeded_percent(&bench.random, 50);
        *bench.model->step_start = 1;
        bench_tick(&bench);
        *bench.model->step_start = 0;
        for (unsigned layer = 0; layer < layers; layer++)
            run_layer(&bench, layer + 1 == layers);
        for (unsigned i = 0; !*bench.model->step_done; i++) {
            ck_assert_uint_lt(i, LIMIT);
            bench_tick(&bench);
        }
        bench_tick(&bench);
        ck_assert(!*bench.model->step_done);
    }
    sequencer_model_free(bench.model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("sequencer");
    TCase *tests = tcase_create("sequencer");
    tcase_add_test(tests, steps_walk_the_weight_stream_layer_by_layer);
    suite_add_tcase(suite, tests);
    return suite;
}

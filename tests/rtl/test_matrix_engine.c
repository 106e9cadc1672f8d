/* test_matrix_engine.c - hw/rtl/matrix_engine.v against sums code by code (hw/README.md, section 1): layers
 * of random shapes, programs and codes, drained by gates of random speed. */
#include <stdlib.h>
#include <string.h>

#include "matrix_engine_model.h"
#include "program.h"
#include "seeded.h"

#include <check.h>

enum {
    LANES = 8,
    WORDS = 256,
    PROGRAM_BYTES = 512,
    PROGRAM_LONGEST = 200,
    ENTRIES = 128,
    TILES = 4,
    PART_ROWS = 256,
    H_ROW = 128,
    CODES = 1 << 16,
    LAYER_CYCLES = 200000
};

struct part {
    struct sterna_program program;
    unsigned start, word, blocks;
};

struct bench {
    struct matrix_engine_model *model;
    struct seeded random;
    int8_t activation[WORDS][LANES];
    uint8_t program[PROGRAM_BYTES];
    /* the layer: parts X and H, the codes in the order of use, the sums they give */
    struct part part[2];
    unsigned tiles, rows;
    uint8_t code[CODES][LANES];
    int32_t sum[TILES][2][PART_ROWS];
    unsigned codes;
    /* what the engine has done: words of codes used, cycles without one since the first of them */
    unsigned streamed, gaps;
    /* the gates: tiles announced and drained, the psum bank that is next, the row to be read */
    unsigned announced, drained, bank, row, wait, slowness;
    bool odd_comes;
};

/* The program of a format, or random steps: at least 8, every one adding something or writing. */
static void make_program(struct bench *bench, struct sterna_program *program)
{
    unsigned kind = seeded_below(&bench->random, 4);
    if (kind < 2) {
        enum sterna_format format = (enum sterna_format)seeded_below(&bench->random, STERNA_FORMAT_CODEBOOK);
        size_t most = sterna_program_most(format);
        sterna_program_make(format, kind == 0 ? most : 1 + seeded_below(&bench->random, (uint32_t)most),
                            program);
        return;
    }
    unsigned steps = 8 + seeded_below(&bench->random, 110);
    program->elements = 1 + seeded_below(&bench->random, STERNA_PROGRAM_ELEMENTS);
    program->entries = 0;
    for (program->size = 0; program->size < steps; program->size++) {
        unsigned k = seeded_below(&bench->random, 8), sign = seeded_next(&bench->random) & 0x40;
        bool write = k == 7 || program->size == 0 || seeded_percent(&bench->random, 70);
        program->entries += write;
        program->step[program->size] = (uint8_t)((write ? 0x80u : 0) | sign | k << 3 |
                                                 seeded_below(&bench->random, (uint32_t)program->elements));
    }
    program->step[program->size++] = STERNA_STEP_END;
}

static void place_part(struct bench *bench, unsigned p, unsigned blocks)
{
    struct part *part = &bench->part[p];
    ck_assert_uint_le(part->program.size, PROGRAM_LONGEST);
    part->blocks = blocks;
    part->start = PROGRAM_BYTES / 2 * p + seeded_below(&bench->random, PROGRAM_BYTES / 2 - PROGRAM_LONGEST);
    part->word = seeded_below(&bench->random, WORDS - blocks * STERNA_PROGRAM_ELEMENTS);
    memcpy(bench->program + part->start, part->program.step, part->program.size);
}

/* All eight tables of the block whose first activation word is `word`; T has 16 bits. */
static void build_tables(const struct bench *bench, const struct sterna_program *program, unsigned word,
                         int16_t table[ENTRIES][LANES])
{
    for (unsigned lane = 0; lane < LANES; lane++) {
        int32_t sum = 0;
        unsigned entries = 0;
        for (size_t i = 0; i + 1 < program->size; i++) {
            uint8_t step = program->step[i];
            int8_t x = bench->activation[word + sterna_step_element(step)][lane];
            if (sterna_step_shift(step) != STERNA_STEP_NOTHING)
                sum += (step & STERNA_STEP_SUBTRACT ? -x : x) * (1 << sterna_step_shift(step));
            if (step & STERNA_STEP_WRITE)
                table[entries++][lane] = (int16_t)sum;
        }
    }
}

/* Random codes for one block of a tile, and their contribution to the tile's sums. */
static void add_block(struct bench *bench, const struct part *part, unsigned block, unsigned tile_rows,
                      int32_t *sum)
{
    int16_t table[ENTRIES][LANES];
    build_tables(bench, &part->program, part->word + block * (unsigned)part->program.elements, table);
    for (unsigned row = 0; row < tile_rows; row++, bench->codes++) {
        ck_assert_uint_lt(bench->codes, CODES);
        for (unsigned lane = 0; lane < LANES; lane++) {
            unsigned entry = seeded_below(&bench->random, (uint32_t)part->program.entries);
            bool negate = seeded_percent(&bench->random, 50);
            bench->code[bench->codes][lane] = (uint8_t)(entry | (negate ? STERNA_PROGRAM_NEGATE : 0));
            sum[row] += negate ? -table[entry][lane] : table[entry][lane];
        }
    }
}

static void make_codes(struct bench *bench)
{
    bool extreme = seeded_percent(&bench->random, 10);
    for (unsigned i = 0; i < WORDS * LANES; i++)
        bench->activation[i / LANES][i % LANES] =
            (int8_t)(extreme ? (i & 1 ? 127 : -127) : (int)seeded_below(&bench->random, 255) - 127);
    memset(bench->sum, 0, sizeof bench->sum);
    bench->codes = 0;
    for (unsigned tile = 0; tile < bench->tiles; tile++)
        for (unsigned p = 0; p < 2; p++)
            for (unsigned block = 0; block < bench->part[p].blocks; block++)
                add_block(bench, &bench->part[p], block, bench->rows, bench->sum[tile][p]);
}

static void random_layer(struct bench *bench)
{
    unsigned h_blocks = seeded_percent(&bench->random, 60) ? 1 + seeded_below(&bench->random, 6) : 0;
    unsigned most = h_blocks ? H_ROW : PART_ROWS - 1;
    if (seeded_percent(&bench->random, 50))
        most = 12;
    make_program(bench, &bench->part[0].program);
    make_program(bench, &bench->part[1].program);
    place_part(bench, 0, 1 + seeded_below(&bench->random, 6));
    place_part(bench, 1, h_blocks);
    bench->tiles = 1 + seeded_below(&bench->random, TILES);
    bench->rows = seeded_percent(&bench->random, 20) ? most : 1 + seeded_below(&bench->random, most);
    bench->slowness = seeded_below(&bench->random, 3) * 400;
    make_codes(bench);
}

/* The gates read X's rows of the tile, then H's, one in each cycle of the drain, and give the bank back. */
static bool gates_ask(struct bench *bench)
{
    struct matrix_engine_model *model = bench->model;
    unsigned all = bench->rows * (bench->part[1].blocks ? 2 : 1);
    bool tile = bench->drained < bench->announced;
    bench->wait -= tile && bench->wait > 0;
    *model->tile_release = tile && bench->wait == 0 && bench->row == all;
    *model->psum_word = (uint8_t)seeded_below(&bench->random, PART_ROWS);
    if (!tile || bench->wait > 0 || bench->row == all || !*model->drain_turn)
        return false;
    unsigned h = bench->row / bench->rows, row = bench->row % bench->rows;
    *model->psum_word = (uint8_t)((PART_ROWS * bench->bank + H_ROW * h + row) / 2);
    return true;
}

static void gates_take(struct bench *bench, bool asked)
{
    bool odd =
        bench->rows > 0 && bench->row % bench->rows & 1; /* comes a cycle after the even row of its word */
    if (odd ? bench->odd_comes : asked) {
        unsigned all = bench->rows;
        int32_t sum = bench->sum[bench->drained][bench->row / all][bench->row % all];
        ck_assert_uint_eq(*bench->model->psum_data, (uint32_t)sum & 0xFFFFFF);
        bench->row++;
        asked = false;
    }
    bench->odd_comes = asked;
    if (*bench->model->tile_release) {
        bench->drained++;
        bench->bank ^= 1;
        bench->row = 0;
        bench->wait = seeded_below(&bench->random, bench->slowness + 1);
    }
}

static void check_events(struct bench *bench)
{
    const struct matrix_engine_model *model = bench->model;
    ck_assert_int_le(*model->row_valid + *model->waits_for_build + *model->waits_for_gates, 1);
    ck_assert(!*model->row_valid || bench->streamed < bench->codes);
    bench->gaps += !*model->row_valid && bench->streamed > 0 && bench->streamed < bench->codes;
    if (*model->tile_ready) {
        ck_assert_uint_lt(bench->announced, bench->tiles);
        bench->announced++;
    }
}

/* One clock cycle; the memories answer in the next. Nothing but the codes asked for is good for anything. */
static void bench_tick(struct bench *bench)
{
    struct matrix_engine_model *model = bench->model;
    matrix_engine_model_eval(model);
    bool asked = gates_ask(bench);
    matrix_engine_model_eval(model);
    uint64_t weights = (uint64_t)seeded_next(&bench->random) << 32 | seeded_next(&bench->random), activations;
    uint8_t step = bench->program[*model->program_address];
    memcpy(&activations, bench->activation[*model->activation_address], sizeof activations);
    if (!*model->rst)
        check_events(bench);
    if (*model->row_valid)
        memcpy(&weights, bench->code[bench->streamed++ % CODES], sizeof weights);
    matrix_engine_model_tick(model);
    *model->drain_turn ^= 1;
    *model->program_data = step;
    *model->activation_data = activations;
    *model->weight_word = weights;
    matrix_engine_model_eval(model);
    gates_take(bench, asked);
}

static void bench_reset(struct bench *bench)
{
    bench->announced = bench->drained = bench->bank = bench->row = 0;
    *bench->model->rst = 1;
    bench_tick(bench);
    *bench->model->rst = 0;
}

static struct bench *bench_new(uint32_t seed)
{
    struct bench *bench = calloc(1, sizeof *bench);
    ck_assert_ptr_nonnull(bench);
    bench->model = matrix_engine_model_new();
    bench->random.state = seed;
    bench_reset(bench);
    return bench;
}

static void bench_free(struct bench *bench)
{
    matrix_engine_model_free(bench->model);
    free(bench);
}

static void start_layer(struct bench *bench)
{
    struct matrix_engine_model *model = bench->model;
    *model->tiles = (uint8_t)bench->tiles;
    *model->rows = (uint8_t)bench->rows;
    *model->is_output = 1;
    *model->x_word = (uint8_t)bench->part[0].word;
    *model->x_blocks = (uint8_t)bench->part[0].blocks;
    *model->x_words = (uint8_t)bench->part[0].program.elements;
    *model->x_program = (uint16_t)bench->part[0].start;
    *model->h_word = (uint8_t)bench->part[1].word;
    *model->h_blocks = (uint8_t)bench->part[1].blocks;
    *model->h_words = (uint8_t)bench->part[1].program.elements;
    *model->h_program = (uint16_t)bench->part[1].start;
    bench->streamed = bench->gaps = bench->announced = bench->drained = bench->row = 0;
    bench->odd_comes = false;
    *model->layer_start = 1;
    bench_tick(bench);
    *model->layer_start = 0;
}

static void check_layer(struct bench *bench)
{
    start_layer(bench);
    for (unsigned cycle = 0; bench->drained < bench->tiles; cycle++) {
        ck_assert_uint_lt(cycle, LAYER_CYCLES);
        ck_assert(!*bench->model->finished || !*bench->model->drained);
        bench_tick(bench);
    }
    ck_assert(*bench->model->finished && *bench->model->drained);
    ck_assert_uint_eq(bench->streamed, bench->codes);
}

START_TEST(sums_are_those_of_the_codes)
{
    struct bench *bench = bench_new(27);
    for (unsigned i = 0; i < 300; i++) {
        random_layer(bench);
        check_layer(bench);
        for (unsigned rest = seeded_below(&bench->random, 20); rest > 0; rest--)
            bench_tick(bench);
    }
    bench_free(bench);
}
END_TEST

START_TEST(a_reset_leaves_nothing_of_a_layer)
{
    struct bench *bench = bench_new(28);
    for (unsigned i = 0; i < 100; i++) {
        random_layer(bench);
        start_layer(bench);
        for (unsigned cycles = seeded_below(&bench->random, 2000); cycles > 0; cycles--)
            bench_tick(bench);
        bench_reset(bench);
        ck_assert(*bench->model->finished);
        random_layer(bench);
        check_layer(bench);
    }
    bench_free(bench);
}
END_TEST

START_TEST(enough_rows_hide_every_build)
{
    struct bench *bench = bench_new(29);
    for (unsigned i = 0; i < 100; i++) {
        random_layer(bench);
        size_t longest = bench->part[0].program.size;
        if (bench->part[1].blocks && bench->part[1].program.size > longest)
            longest = bench->part[1].program.size;
        if (longest + 4 > H_ROW) /* more rows than a part has beside another */
            bench->part[1].blocks = 0;
        bench->tiles = 2; /* both banks are free */
        bench->rows = (unsigned)(longest + 4) / 2 * 2;
        make_codes(bench);
        check_layer(bench);
        ck_assert_uint_eq(bench->gaps, 0);
    }
    bench_free(bench);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("matrix_engine");
    TCase *tests = tcase_create("matrix_engine");
    tcase_add_test(tests, sums_are_those_of_the_codes);
    tcase_add_test(tests, a_reset_leaves_nothing_of_a_layer);
    tcase_add_test(tests, enough_rows_hide_every_build);
    suite_add_tcase(suite, tests);
    return suite;
}

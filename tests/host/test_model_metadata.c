/* test_model_metadata.c - every string of a model file that is not what it should be is refused with its reason. */
#include "model_scratch.h"

struct change {
    const char *from, *to, *reason;
};

static const struct change changes[] = {
    {"\"sterna-model\"", "\"sterna-modem\"", "format is \"sterna-modem\", expected \"sterna-model\""},
    {"\"version\":\"2\"", "\"version\":\"1\"",
     "version 1, which is not read any more: quantize the checkpoint again"},
    {"\"version\":\"2\"", "\"version\":\"3\"", "version is \"3\", expected \"2\""},
    {"\"version\"", "\"Version\"", "version is \"\""},
    {"\"cell\":\"gru\"", "\"cell\":\"rnn\"",
     "unknown cell 'rnn': there are gru, lstm, rnn-tanh, rnn-relu, rnn-sign"},
    {"\"cell\"", "\"Cell\"", "unknown cell ''"},
    {"\"weights_input\":\"ternary\"", "\"weights_input\":\"quinary\"",
     "weights_input: weights of unknown format 'quinary': there are ternary, pow2, binary, int4, int8"},
    {"\"weights_recurrent\":\"t", "\"weights_recurrent\":\"b",
     "weights_recurrent: weights of unknown format 'bernary'"},
    {"\"weights_output\":\"ternary\"", "\"weights_output\":\"\\u000ax\"", "unknown format '?x'"},
    {"\"weights_output\"", "\"Weights_output\"", "no \"weights_output\" in the metadata"},
    {"\"layers\":\"2\"", "\"layers\":\"0\"", "layers is 0"},
    {"\"layers\":\"2\"", "\"layers\":\"3\"", "tensor \"weight_ih_l2.code\" is missing"},
    {"\"layers\":\"2\"", "\"layers\":\"1\"", "18 tensors, expected 11"},
    {"\"layers\":\"2\"", "\"layers\":\"x\"", "layers is \"x\", expected a whole number up to 64"},
    {"\"inputs\":\"5\"", "\"inputs\":\"6\"", "\"weight_ih_l0.packed\" is U8 [9, 1], expected U8 [9, 2]"},
    {"\"inputs\":\"5\"", "\"inputs\":\"4\"", "at 0 of row 1 holds no codes of ternary"},
    {"\"hidden\":\"3\"", "\"hidden\":\"9\"", "\"linear.weight.packed\" is U8 [5, 1], expected U8 [5, 2]"},
    {"\"outputs\":\"5\"", "\"outputs\":\"4\"", "\"linear.weight.packed\" is U8 [5, 1], expected U8 [4, 1]"},
    {"\"head\":\"next\"", "\"head\":\"text\"", "unknown head 'text': there are next, last, mean"},
    {"\"head\":\"next\"", "\"head\":\"mean\"", "a model of text predicts the next symbol"},
    {"\"input\":\"one-hot\"", "\"input\":\"two-hot\"", "input is \"two-hot\""},
    {"\"0a20617aff\"", "\"0a20617afg\"", "hexadecimal"},
    {"\"0a20617aff\"", "\"0a20617aFF\"", "hexadecimal"},
    {"\"0a20617aff\"", "\"20617aff\"  ", "an alphabet of 4 symbols for 5 inputs"},
    {"\"0a20617aff\"", "\"0a20617a7a\"", "not ascending at symbol 4"},
    {"\"updates\":\"1234\"", "\"updates\":\"-234\"", "updates is \"-234\""},
    {"\"seed\":\"1844", "\"seed\":\"1944", "seed is \"19446744073709551615\""},
    {"\"valid\":\"0.3", "\"valid\":\"x.3", "valid is \"x.3"},
    {"\"metric\":\"bpc\"", "\"metric\":\"bps\"", "metric is \"bps\""},
    {"\"metric\"", "\"Metric\"", "metric is \"\""},
    {"\"linear.bias\"", "\"linear.bios\"", "tensor \"linear.bias\" is missing"},
    {"\"weight_hh_l1.scale_s\":{\"dtype\":\"U8\"", "\"weight_hh_l1.scale_s\":{\"dtype\":\"I8\"",
     "\"weight_hh_l1.scale_s\" is I8 [9], expected U8 [9]"},
    {"\"bias_l0\":{\"dtype\":\"I16\",\"shape\":[12]", "\"bias_l0\":{\"dtype\":\"I32\",\"shape\":[6] ",
     "\"bias_l0\" is I32 [6], expected I16 [12]"},
};

START_TEST(every_corrupt_header_is_refused)
{
    save();
    corrupt(changes[_i].from, changes[_i].to);
    expect_refusal(changes[_i].reason);
}
END_TEST

static const struct change sound_changes[] = {
    {"\"rate\":\"8000\"", "\"rate\":\"4000\"", "high_hz"},
    {"\"rate\":\"8000\"", "\"rote\":\"8000\"", "\"front_end\" and \"rate\""},
    {"\"rate\":\"8000\"", "\"rate\":\"8k00\"", "rate is \"8k00\""},
    {"\"front_end\":", "\"Front_end\":", "\"front_end\" and \"rate\""},
    {"bands=6", "bands=7", "the front end gives 7 values for 6 dense inputs"},
    {"bands=6", "bonds=6", "front_end: unknown key \"bonds\""},
    {"window_ms=31", "window_ms=-1", "front_end: window_ms"},
    {"deltas=0", "deltas=9", "deltas should be 0, 1 or 2"},
    {"features=mel", "features=mol", "features"},
    {"\"input_fraction\":\"5\"", "\"input_fraction\":\"8\"", "input_fraction is \"8\""},
    {"\"input\":\"dense\"", "\"input\":\"dance\"", "input is \"dance\", expected \"one-hot\" or \"dense\""},
    {"yes\\nno", "yes,,no", "1 class names for 2 outputs"},
    {"yes\\nno", "y\\nes\\n", "classes"},
    {"front_end.mean", "front_end.main", "tensor \"front_end.mean\" is missing"},
};

START_TEST(every_corrupt_header_of_sound_is_refused)
{
    static char names[2][STERNA_CLASS_NAME] = {"yes", "no"};
    const struct sterna_model_shape shape = {STERNA_CELL_RNN_TANH, 6, 4, 1, 2};
    sterna_model_free(model);
    model = random_model_of(&shape, STERNA_FORMAT_BINARY, 3);
    model->one_hot = false;
    model->input_fraction = 5;
    model->head = STERNA_HEAD_LAST;
    make_sound(model);
    ck_assert_int_eq(sterna_model_set_classes(model, 2, names, &error), STERNA_OK);
    save();
    corrupt(sound_changes[_i].from, sound_changes[_i].to);
    expect_refusal(sound_changes[_i].reason);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("model_metadata");
    TCase *tcase = tcase_create("model_metadata");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, every_corrupt_header_is_refused, 0, (int)(sizeof changes / sizeof changes[0]));
    tcase_add_loop_test(tcase, every_corrupt_header_of_sound_is_refused, 0,
                        (int)(sizeof sound_changes / sizeof sound_changes[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}

/* test_line.c - the whole line through the program, on a tiny text and a tiny network: train, stop, resume, quantize, evaluate,
 * compare. */
#include "trained_model.h"

#include <math.h>

START_TEST(training_leaves_checkpoint_and_curve)
{
    static const char *const names[] = {"checkpoint.safetensors", "curve.csv", "curve.svg"};
    char path[CHILD_PATH_MAX + 32];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", trained, names[i]);
        ck_assert_msg(access(path, R_OK) == 0, "%s is not there", path);
    }
}
END_TEST

START_TEST(training_does_not_overwrite_a_checkpoint_unasked)
{
    static char before[1 << 20], after[1 << 20];
    size_t size = child_read(checkpoint, before, sizeof before);

    train(trained, "updates=1", false);
    child_complained(&child, 1, "sterna: train: ");
    ck_assert_has(child.err, "--overwrite");
    ck_assert_uint_eq(child_read(checkpoint, after, sizeof after), size);
    ck_assert_mem_eq(before, after, size);
}
END_TEST

START_TEST(interrupted_training_resumes_to_the_same_bits)
{
    static char whole[1 << 20], parts[1 << 20];
    char straight[CHILD_PATH_MAX], stopped[CHILD_PATH_MAX], path[CHILD_PATH_MAX + 32];

    child_path(straight, "straight");
    child_path(stopped, "stopped");
    train(stopped, "updates=2000", true);
    ck_assert_int_eq(child.status, 1);
    ck_assert_has(child.err, "--resume");
    sterna(&child, "train", "--resume", "--out", stopped);
    ck_assert_msg(child.status == 0, "%s", child.err);
    train(straight, "updates=2000", false);
    ck_assert_msg(child.status == 0, "%s", child.err);
    (void)snprintf(path, sizeof path, "%s/checkpoint.safetensors", straight);
    size_t size = child_read(path, whole, sizeof whole);
    (void)snprintf(path, sizeof path, "%s/checkpoint.safetensors", stopped);
    ck_assert_uint_eq(child_read(path, parts, sizeof parts), size);
    ck_assert_mem_eq(whole, parts, size);
}
END_TEST

START_TEST(eval_prints_one_object)
{
    sterna(&child, "eval", model, data, "--on", "reference", "--limit", "201", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = parse_line();
    ck_assert_str_eq(cJSON_GetObjectItem(json, "metric")->valuestring, "bpc");
    ck_assert_double_gt(number(json, "value"), 0.0);
    ck_assert_double_lt(number(json, "value"), 8.0);
    ck_assert_double_eq(number(json, "steps"), 200.0);
    ck_assert_double_ge(number(json, "seconds"), 0.0);
    ck_assert(cJSON_HasObjectItem(json, "cycles"));
    ck_assert(cJSON_HasObjectItem(json, "cycles_per_step"));
    cJSON_Delete(json);
}
END_TEST

START_TEST(eval_of_a_checkpoint_takes_its_master_weights)
{
    sterna(&child, "eval", checkpoint, data, "--on", "float", "--weights", "master", "--limit", "201",
           "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = parse_line();
    ck_assert(isfinite(number(json, "value")));
    cJSON_Delete(json);
}
END_TEST

START_TEST(simulated_device_agrees_with_the_reference)
{
    sterna(&child, "compare", model, data, "--on", "sim", "--limit", "51", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = parse_line();
    ck_assert_double_eq(number(json, "steps"), 50.0);
    ck_assert_double_eq(number(json, "mismatches"), 0.0);
    ck_assert_double_gt(number(json, "outputs"), 50.0);
    ck_assert_double_ge(number(json, "cycles_per_step"), number(json, "ideal_cycles_per_step"));
    ck_assert_double_gt(number(json, "simulated_cycles_per_second"), 0.0);
    cJSON_Delete(json);
}
END_TEST

START_TEST(truncated_model_is_refused)
{
    static char bytes[1 << 16];
    char path[CHILD_PATH_MAX];
    size_t size = child_read(model, bytes, sizeof bytes);

    child_path(path, "short.safetensors");
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, size - 1, stream), size - 1);
    ck_assert_int_eq(fclose(stream), 0);
    sterna(&child, "eval", path, data, "--on", "reference");
    child_complained(&child, 1, "sterna: eval: ");
    ck_assert_has(child.err, path);
}
END_TEST

START_TEST(refused_checkpoint_leaves_the_model_as_it_was)
{
    static char before[1 << 16], after[1 << 16];
    char path[CHILD_PATH_MAX];
    size_t size = child_read(model, before, sizeof before);

    child_path(path, "text.txt");
    sterna(&child, "quantize", path, model);
    child_complained(&child, 1, "sterna: quantize: ");
    ck_assert_uint_eq(child_read(model, after, sizeof after), size);
    ck_assert_mem_eq(before, after, size);
}
END_TEST

/* A float network by words: what is asked for in vain is told, and what is learned can be run. */
START_TEST(words_are_learned_and_fine_tuned)
{
    char directory[CHILD_PATH_MAX], from[CHILD_PATH_MAX + 32], to[CHILD_PATH_MAX];

    child_path(directory, "float");
    child_path(to, "words.safetensors");
    (void)snprintf(from, sizeof from, "%s/checkpoint.safetensors", directory);
    sterna(&child, "train", "--out", directory, "--set", setting, "--set", "hidden=16", "--set", "batch=4",
           "--set", "steps=16", "--set", "updates=40", "--set", "integer_updates=0", "--set",
           "quantizer=float", "--set", "quantizer_output=float");
    ck_assert_msg(child.status == 0, "%s", child.err);
    sterna(&child, "quantize", from, to, "--pq", "m=4", "--calibrate", data);
    child_complained(&child, 2, "sterna: quantize: --pq m=4: m (weights of a word) and k (words)");
    sterna(&child, "quantize", from, to, "--pq", "m=4,k=12");
    child_complained(&child, 2, "sterna: quantize: --pq wants data");
    sterna(&child, "quantize", from, to, "--pq", "m=4,k=12,q=1", "--calibrate", data);
    child_complained(&child, 2, "sterna: quantize: --pq m=4,k=12,q=1: \"q=1\" should be m=N");
    sterna(&child, "quantize", from, to, "--fine-tune", "3");
    child_complained(&child, 2, "sterna: quantize: this option goes with --pq");
    sterna(&child, "quantize", from, to, "--pq", "m=4,k=200", "--calibrate", data, "--json");
    child_complained(&child, 1, "sterna: quantize: weight_ih_l0: codewords of 4 weights, 200 of them");
    sterna(&child, "quantize", from, to, "--pq", "m=4,k=12", "--calibrate", data, "--fine-tune", "3",
           "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = cJSON_Parse(child.out);
    ck_assert_ptr_nonnull(json);
    ck_assert_int_eq((int)cJSON_GetNumberValue(cJSON_GetObjectItem(json, "fine_tune_steps")), 3);
    ck_assert(cJSON_GetNumberValue(cJSON_GetObjectItem(json, "fine_tune_bits")) > 0);
    cJSON_Delete(json);
    sterna(&child, "eval", to, data, "--on", "reference");
    ck_assert_msg(child.status == 0, "%s", child.err);
}
END_TEST

START_TEST(curves_of_two_runs_are_drawn)
{
    static char svg[1 << 20];
    char path[CHILD_PATH_MAX], first[2 * CHILD_PATH_MAX], second[2 * CHILD_PATH_MAX];

    child_path(path, "both.svg");
    (void)snprintf(first, sizeof first, "first=%s", trained);
    (void)snprintf(second, sizeof second, "second=%s", trained);
    sterna(&child, "plot", path, first, second);
    ck_assert_msg(child.status == 0, "%s", child.err);
    (void)child_read(path, svg, sizeof svg);
    ck_assert_has(svg, "<svg");
    ck_assert_has(svg, "first");
    ck_assert_has(svg, "second");
}
END_TEST

Suite *sterna_suite(void)
{
    const TTest *const tests[] = {
        training_leaves_checkpoint_and_curve,
        training_does_not_overwrite_a_checkpoint_unasked,
        interrupted_training_resumes_to_the_same_bits,
        eval_prints_one_object,
        eval_of_a_checkpoint_takes_its_master_weights,
        simulated_device_agrees_with_the_reference,
        truncated_model_is_refused,
        refused_checkpoint_leaves_the_model_as_it_was,
        words_are_learned_and_fine_tuned,
        curves_of_two_runs_are_drawn,
    };
    Suite *suite = suite_create("line");
    TCase *tcase = tcase_create("line");

    tcase_add_unchecked_fixture(tcase, prepare, child_clean);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

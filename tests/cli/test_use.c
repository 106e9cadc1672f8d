/* test_use.c - the commands that use a model: generate, run, info, bench, on the reference and on the simulated device. */
#include "trained_model.h"

START_TEST(same_seed_writes_the_same_on_every_device)
{
    static char first[CHILD_TEXT_MAX];

    sterna(&child, "generate", model, "--length", "40", "--seed", "5", "--prime", "the ");
    ck_assert_msg(child.status == 0, "%s", child.err);
    ck_assert_uint_eq(strlen(child.out), strlen("the ") + LENGTH + strlen("\n"));
    ck_assert_int_eq(strncmp(child.out, "the ", 4), 0);
    (void)snprintf(first, sizeof first, "%s", child.out);
    sterna(&child, "generate", model, "--length", "40", "--seed", "5", "--prime", "the ", "--on", "sim");
    ck_assert_str_eq(child.out, first);
    sterna(&child, "generate", model, "--length", "40", "--seed", "6", "--prime", "the ");
    ck_assert_str_ne(child.out, first);
}
END_TEST

START_TEST(generated_json_holds_the_text)
{
    sterna(&child, "generate", model, "--length", "40", "--json");
    cJSON *json = parse_line();
    ck_assert_uint_eq(strlen(cJSON_GetObjectItem(json, "text")->valuestring), LENGTH);
    cJSON_Delete(json);
}
END_TEST

START_TEST(prime_of_unknown_symbols_is_refused)
{
    sterna(&child, "generate", model, "--prime", "the Q");
    child_complained(&child, 1, "sterna: generate: --prime: the model knows no symbol 'Q'");
}
END_TEST

START_TEST(run_answers_every_line)
{
    char input[CHILD_PATH_MAX];
    const char *rest = child.out;

    child_path(input, "indices.txt");
    child_write(input, "0\n3\n\n1\n");
    sterna(&child, "run", model, input, "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    for (int step = 0; step < 3; step++) {
        cJSON *json = parse(rest, &rest);
        ck_assert_double_eq(number(json, "step"), step);
        ck_assert_int_gt(cJSON_GetArraySize(cJSON_GetObjectItem(json, "sums")), 1);
        ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "sums")),
                         cJSON_GetArraySize(cJSON_GetObjectItem(json, "logits")));
        ck_assert_double_ne(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "logits"), 0)->valuedouble, 0.0);
        cJSON_Delete(json);
        ck_assert_int_eq(*rest++, '\n');
    }
    ck_assert_str_eq(rest, "");
}
END_TEST

START_TEST(run_is_the_same_on_every_device)
{
    static char first[CHILD_TEXT_MAX];
    char input[CHILD_PATH_MAX];

    child_path(input, "line.txt");
    child_write(input, "and the light was good");
    sterna(&child, "run", model, input, "--text");
    ck_assert_msg(child.status == 0, "%s", child.err);
    (void)snprintf(first, sizeof first, "%s", child.out);
    sterna(&child, "run", model, input, "--text", "--on", "sim");
    ck_assert_str_eq(child.out, first);
}
END_TEST

START_TEST(run_names_the_line_that_is_wrong)
{
    static const char *const wrong[] = {"x", "999", "-1", "1 2", "1.5", "99999999999999999999"};
    char input[CHILD_PATH_MAX], text[64];

    child_path(input, "wrong.txt");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)snprintf(text, sizeof text, "%s\n", wrong[i]);
        child_write(input, text);
        sterna(&child, "run", model, input);
        child_complained(&child, 1, "sterna: run: ");
        ck_assert_has(child.err, "line 1: should be one symbol index");
    }
}
END_TEST

START_TEST(info_says_that_the_model_fits)
{
    sterna(&child, "info", model, "--on", "sim", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = parse_line();
    ck_assert_double_eq(number(json, "hidden"), 16.0);
    ck_assert_double_gt(number(json, "model_bytes"), 0.0);
    ck_assert_double_gt(number(cJSON_GetObjectItem(json, "device"), "clock_khz"), 0.0);
    ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "fit"), "fits")));
    cJSON_Delete(json);
}
END_TEST

START_TEST(model_too_large_for_the_device_is_refused)
{
    char directory[CHILD_PATH_MAX], large[CHILD_PATH_MAX], path[CHILD_PATH_MAX + 32];

    child_path(directory, "large");
    child_path(large, "large.safetensors");
    (void)snprintf(path, sizeof path, "%s/checkpoint.safetensors", directory);
    sterna(&child, "train", "--out", directory, "--set", setting, "--set", "hidden=600", "--set", "batch=4",
           "--set", "steps=4", "--set", "updates=1", "--set", "integer_updates=0");
    ck_assert_msg(child.status == 0, "%s", child.err);
    sterna(&child, "quantize", path, large);
    ck_assert_msg(child.status == 0, "%s", child.err);
    sterna(&child, "generate", large, "--on", "sim");
    child_complained(&child, 1, "sterna: generate: ");
    ck_assert_has(child.err, large);
    sterna(&child, "info", large, "--on", "sim", "--json");
    ck_assert_int_eq(child.status, 0);
    cJSON *json = parse_line();
    ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "fit"), "fits")));
    ck_assert(cJSON_IsString(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "fit"), "reason")));
    cJSON_Delete(json);
}
END_TEST

START_TEST(bench_counts_its_steps)
{
    sterna(&child, "bench", model, "--on", "sim", "--length", "25", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = parse_line();
    ck_assert_double_eq(number(json, "steps"), STEPS);
    ck_assert_double_gt(number(json, "cycles_per_step"), 0.0);
    ck_assert_double_ge(number(json, "simulated_cycles"), STEPS * number(json, "cycles_per_step"));
    cJSON_Delete(json);
}
END_TEST

START_TEST(bench_puts_a_model_side_by_side)
{
    sterna(&child, "bench", model, "--length", "1", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = parse_line();
    const cJSON *network = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "networks"), 0);
    const cJSON *accelerator = cJSON_GetObjectItem(network, "accelerator");
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "networks")), 1);
    ck_assert_double_gt(number(network, "float_microseconds"), 0.0);
    ck_assert_double_gt(number(network, "reference_microseconds"), 0.0);
    ck_assert_double_gt(number(network, "fast_microseconds"), 0.0);
    ck_assert_double_eq_tol(number(accelerator, "stream") + number(accelerator, "build") +
                                number(accelerator, "gates") + number(accelerator, "stall"),
                            number(accelerator, "cycles"), 1e-6);
    ck_assert_double_eq_tol(number(accelerator, "microseconds") * number(accelerator, "megahertz"),
                            number(accelerator, "cycles"), 1e-6);
    ck_assert(cJSON_IsObject(cJSON_GetObjectItem(json, "machine")));
    cJSON_Delete(json);
}
END_TEST

START_TEST(bench_lists_kernels)
{
    sterna(&child, "bench", "kernels", "--kernel", "portable", "--length", "1", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = parse_line();
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "kernels")), 15);
    ck_assert_double_gt(number(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "kernels"), 0), "nanoseconds"),
                        0.0);
    cJSON_Delete(json);
    sterna(&child, "bench", "kernels", "--kernel", "abacus");
    child_complained(&child, 1, "sterna: bench: ");
    ck_assert_has(child.err, "portable");
}
END_TEST

START_TEST(bench_needs_no_model)
{
    sterna(&child, "bench", "--on", "sim", "--length", "2", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = parse_line();
    ck_assert_double_eq(number(json, "ideal_cycles_per_step"), 3 * 256 * (2 + 7) + 73 * 7);
    cJSON_Delete(json);
}
END_TEST

Suite *sterna_suite(void)
{
    const TTest *const tests[] = {
        same_seed_writes_the_same_on_every_device,
        generated_json_holds_the_text,
        prime_of_unknown_symbols_is_refused,
        run_answers_every_line,
        run_is_the_same_on_every_device,
        run_names_the_line_that_is_wrong,
        info_says_that_the_model_fits,
        model_too_large_for_the_device_is_refused,
        bench_counts_its_steps,
        bench_puts_a_model_side_by_side,
        bench_lists_kernels,
        bench_needs_no_model,
    };
    Suite *suite = suite_create("use");
    TCase *tcase = tcase_create("use");

    tcase_add_unchecked_fixture(tcase, prepare, child_clean);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}

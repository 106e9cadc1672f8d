/* test_line.c - the whole line through the program, on a tiny text and a tiny network: train, stop, resume, quantize, and
 * every command that takes the model. */
#include "child.h"

#include <math.h>

enum { TEXT_BYTES = 30000, LENGTH = 40, STEPS = 25 };

static struct child child;

/* Paths that every test uses; filled once. */
static char data[CHILD_PATH_MAX + 8];
static char setting[CHILD_PATH_MAX + 16];
static char trained[CHILD_PATH_MAX];
static char checkpoint[CHILD_PATH_MAX + 32];
static char model[CHILD_PATH_MAX];

/* Sentences from a dozen words, in an order that only looks random. */
static void write_text(const char *path)
{
    static const char *const words[] = {"and ", "the ", "light ", "was ", "good ", "upon ",
                                        "a ",   "sea ", "wind ",  "came", ".\n",   "it "};
    static char text[TEXT_BYTES + 16];
    uint32_t random = 7;

    text[0] = '\0';
    for (size_t size = 0; size < TEXT_BYTES;) {
        random = random * 1664525U + 1013904223U;
        const char *word = words[(random >> 16) % (sizeof words / sizeof words[0])];
        memcpy(text + size, word, strlen(word) + 1);
        size += strlen(word);
    }
    child_write(path, text);
}

/* Train a tiny network into the directory; more settings after it, the last one NULL. */
static void train(const char *directory, const char *updates, bool interrupt)
{
    const char *const argv[] = {STERNA_PROGRAM,
                                "train",
                                "--json",
                                "--out",
                                directory,
                                "--set",
                                setting,
                                "--set",
                                "hidden=16",
                                "--set",
                                "batch=4",
                                "--set",
                                "steps=16",
                                "--set",
                                "shard=2",
                                "--set",
                                updates,
                                "--set",
                                "integer_updates=10",
                                "--set",
                                "validate_every=2000",
                                NULL};

    child_run(&child, NULL, NULL, interrupt, argv);
}

static void prepare(void)
{
    char text[CHILD_PATH_MAX];

    child_prepare();
    child_path(text, "text.txt");
    child_path(trained, "trained");
    child_path(model, "model.safetensors");
    (void)snprintf(data, sizeof data, "text:%s", text);
    (void)snprintf(setting, sizeof setting, "data=%s", data);
    (void)snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint.safetensors", trained);
    write_text(text);
    train(trained, "updates=60", false);
    ck_assert_msg(child.status == 0, "%s", child.err);
    sterna(&child, "quantize", checkpoint, model);
    ck_assert_msg(child.status == 0, "%s", child.err);
}

/* Parse one JSON object from the text; *rest is what follows it. */
static cJSON *parse(const char *text, const char **rest)
{
    cJSON *json = cJSON_ParseWithOpts(text, rest, 0);

    ck_assert_msg(cJSON_IsObject(json), "no JSON object: %s", text);
    return json;
}

static double number(const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

    ck_assert_msg(cJSON_IsNumber(item), "no number \"%s\"", key);
    return item->valuedouble;
}

/* What the child printed: one object on one line. */
static cJSON *parse_line(void)
{
    const char *rest = NULL;
    cJSON *json = parse(child.out, &rest);

    ck_assert_str_eq(rest, "\n");
    return json;
}

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

START_TEST(bench_needs_no_model)
{
    sterna(&child, "bench", "--on", "sim", "--length", "2", "--json");
    ck_assert_msg(child.status == 0, "%s", child.err);
    cJSON *json = parse_line();
    ck_assert_double_eq(number(json, "ideal_cycles_per_step"), 3 * 256 * (2 + 7) + 73 * 7);
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
        same_seed_writes_the_same_on_every_device,
        generated_json_holds_the_text,
        prime_of_unknown_symbols_is_refused,
        run_answers_every_line,
        run_is_the_same_on_every_device,
        run_names_the_line_that_is_wrong,
        info_says_that_the_model_fits,
        model_too_large_for_the_device_is_refused,
        bench_counts_its_steps,
        bench_needs_no_model,
        truncated_model_is_refused,
        refused_checkpoint_leaves_the_model_as_it_was,
        curves_of_two_runs_are_drawn,
    };
    Suite *suite = suite_create("line");
    TCase *line = tcase_create("line");

    tcase_add_unchecked_fixture(line, prepare, child_clean);
    tcase_set_timeout(line, 120);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(line, tests[i]);
    suite_add_tcase(suite, line);
    return suite;
}

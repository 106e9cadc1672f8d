/* trained_model.h - for the tests of the command line: a tiny text, a tiny network trained on it and its model, made once for all
 * tests of a case. Include first. */
#ifndef STERNA_TESTS_TRAINED_MODEL_H
#define STERNA_TESTS_TRAINED_MODEL_H

#include "child.h"

enum { TEXT_BYTES = 30000, LENGTH = 40, STEPS = 25 };

static struct child child;

/* Paths that every test uses; filled once. */
static char data[CHILD_PATH_MAX + 8];
static char setting[CHILD_PATH_MAX + 16];
static char trained[CHILD_PATH_MAX];
static char checkpoint[CHILD_PATH_MAX + 32];
static char model[CHILD_PATH_MAX];

/* Sentences from a dozen words, in an order that only looks random. */
static inline void write_text(const char *path)
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
static inline void train(const char *directory, const char *updates, bool interrupt)
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

static inline void prepare(void)
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
static inline cJSON *parse(const char *text, const char **rest)
{
    cJSON *json = cJSON_ParseWithOpts(text, rest, 0);

    ck_assert_msg(cJSON_IsObject(json), "no JSON object: %s", text);
    return json;
}

static inline double number(const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

    ck_assert_msg(cJSON_IsNumber(item), "no number \"%s\"", key);
    return item->valuedouble;
}

/* What the child printed: one object on one line. */
static inline cJSON *parse_line(void)
{
    const char *rest = NULL;
    cJSON *json = parse(child.out, &rest);

    ck_assert_str_eq(rest, "\n");
    return json;
}

#endif

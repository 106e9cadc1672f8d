/* command_generate.c - sterna generate: a text model writes, each character appearing as the device gives it. */
#include "command.h"
#include "record.h"
#include "stage.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH_DEFAULT = 300, LENGTH_MAX = 100000000 };

/* Feed the beginning: --prime, or a line break (the first symbol where the alphabet has none). */
static bool feed_prime(struct sterna_stage *stage, const char *prime)
{
    if (prime == NULL || prime[0] == '\0') {
        size_t symbol = sterna_stage_symbol(stage, '\n');
        return sterna_stage_step(stage, (uint16_t)(symbol < stage->facts.symbols ? symbol : 0));
    }
    for (const char *byte = prime; *byte != '\0'; byte++) {
        size_t symbol = sterna_stage_symbol(stage, (uint8_t)*byte);
        if (symbol == stage->facts.symbols) {
            sterna_complain("generate", "--prime: the model knows no symbol '%c'", *byte);
            return false;
        }
        if (!sterna_stage_step(stage, (uint16_t)symbol))
            return false;
    }
    return true;
}

/* Sample `length` characters into text[length + 1], showing each at once if live. */
static bool write_text(struct sterna_stage *stage, const struct sterna_options *options, size_t length,
                       bool live, char *text)
{
    uint64_t random = 0;
    bool written = true;

    if (!feed_prime(stage, options->prime))
        return false;
    if (live && options->prime != NULL)
        (void)fputs(options->prime, stdout);
    for (size_t i = 0; written && i < length; i++) {
        size_t symbol =
            sterna_sample(stage->logits, stage->facts.outputs, options->temperature, options->seed, &random);
        text[i] = (char)stage->facts.alphabet[symbol];
        if (live) {
            (void)putchar(text[i]);
            (void)fflush(stdout);
        }
        written = i + 1 == length || sterna_stage_step(stage, (uint16_t)symbol);
    }
    text[length] = '\0';
    if (live)
        (void)putchar('\n');
    return written;
}

static int print_result(const struct sterna_options *options, const char *on, size_t length, const char *text,
                        double seconds)
{
    struct sterna_record record;

    sterna_record_begin(&record, true);
    sterna_record_text(&record, "model", options->argument[0]);
    sterna_record_text(&record, "on", on);
    sterna_record_real(&record, "temperature", options->temperature, 2);
    sterna_record_count(&record, "seed", options->seed);
    sterna_record_text(&record, "prime", options->prime != NULL ? options->prime : "");
    sterna_record_count(&record, "length", length);
    sterna_record_text(&record, "text", text);
    sterna_record_real(&record, "seconds", seconds, 2);
    return sterna_record_end(&record);
}

static int generate(struct sterna_stage *stage, const struct sterna_options *options, const char *on)
{
    size_t length = (options->given & STERNA_TAKES_LENGTH) != 0 ? (size_t)options->length : LENGTH_DEFAULT;
    double begun = sterna_terminal_clock();

    if (stage->facts.symbols == 0 || stage->facts.symbols != stage->facts.outputs) {
        sterna_complain("generate", "%s: not a text model", options->argument[0]);
        return STERNA_EXIT_FAILED;
    }
    if (length > LENGTH_MAX) {
        sterna_complain("generate", "--length: at most %d", LENGTH_MAX);
        return STERNA_EXIT_USAGE;
    }
    char *text = malloc(length + 1);
    if (text == NULL) {
        sterna_complain("generate", "out of memory");
        return STERNA_EXIT_FAILED;
    }
    bool written = write_text(stage, options, length, !options->json, text);
    int status = written ? STERNA_EXIT_DONE : STERNA_EXIT_FAILED;
    if (written && options->json)
        status = print_result(options, on, length, text, sterna_terminal_clock() - begun);
    free(text);
    return status;
}

static int run(const struct sterna_options *options)
{
    const char *on = options->on != NULL ? options->on : "reference";
    struct sterna_stage stage;

    if (!sterna_stage_open(&stage, "generate", options->argument[0], on, options->wait))
        return STERNA_EXIT_FAILED;
    int status = generate(&stage, options, on);
    sterna_stage_close(&stage);
    return status;
}

const struct sterna_command sterna_command_generate = {
    .name = "generate",
    .arguments = "MODEL",
    .fewest = 1,
    .most = 1,
    .takes = STERNA_TAKES_ON | STERNA_TAKES_WAIT | STERNA_TAKES_LENGTH | STERNA_TAKES_TEMPERATURE |
             STERNA_TAKES_PRIME | STERNA_TAKES_SEED | STERNA_TAKES_JSON,
    .summary = "let a text model write",
    .details = "300 characters unless --length says otherwise, on reference unless --on says otherwise. The\n"
               "same seed gives the same text on every device.\n",
    .run = run,
};

/* command_run.c - sterna run: values in, step by step, the network's outputs out. */
#include "command.h"
#include "record.h"
#include "stage.h"
#include "terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The values being read, line by line or (--text) byte by byte. */
struct source {
    FILE *stream;
    const char *path;
    char *line;
    size_t room;
    uint64_t number; /* of the line or byte read last, from 1 */
};

static bool print_step(const struct sterna_stage *stage, bool json, uint64_t step)
{
    size_t outputs = stage->facts.outputs;

    if (!json) {
        for (size_t i = 0; i < outputs; i++)
            (void)printf("%s%.4f", i > 0 ? " " : "", (double)stage->logits[i]);
    } else {
        (void)printf("{\"step\":%" PRIu64 ",\"sums\":[", step);
        for (size_t i = 0; i < outputs; i++)
            (void)printf("%s%" PRId32, i > 0 ? "," : "", stage->sums[i]);
        (void)printf("],\"logits\":[");
        for (size_t i = 0; i < outputs; i++)
            (void)printf("%s%.9g", i > 0 ? "," : "", (double)stage->logits[i]);
        (void)printf("]}");
    }
    (void)putchar('\n');
    return fflush(stdout) == 0; /* each step is answered before the next is read */
}

/* One whole number of the line, low..high, leaving *text behind it. */
static bool read_number(char **text, long low, long high, long *number)
{
    char *end = NULL;

    errno = 0;
    long value = strtol(*text, &end, 10);
    if (end == *text || errno != 0 || value < low || value > high)
        return false;
    *text = end + (*end == ',');
    *number = value;
    return true;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static bool step_byte(struct sterna_stage *stage, const struct source *source, int byte)
{
    size_t symbol = sterna_stage_symbol(stage, (uint8_t)byte);

    if (symbol < stage->facts.symbols)
        return sterna_stage_step(stage, (uint16_t)symbol);
    sterna_complain("run", "%s: byte %" PRIu64 ": the model knows no symbol 0x%02x", source->path,
                    source->number, (unsigned)byte);
    return false;
}

static bool step_index(struct sterna_stage *stage, const struct source *source)
{
    char *text = source->line;
    long index = 0;

    if (read_number(&text, 0, (long)stage->facts.inputs - 1, &index) && is_blank(text))
        return sterna_stage_step(stage, (uint16_t)index);
    sterna_complain("run",
                    "%s: line %" PRIu64 ": should be one symbol index, 0 to %zu (for text, say --text)",
                    source->path, source->number, stage->facts.inputs - 1);
    return false;
}

static bool step_dense(struct sterna_stage *stage, const struct source *source, int8_t *values)
{
    size_t inputs = stage->facts.inputs;
    char *text = source->line;

    for (size_t i = 0; i < inputs; i++) {
        long value = 0;
        if (!read_number(&text, -127, 127, &value)) {
            sterna_complain("run",
                            "%s: line %" PRIu64 ": value %zu of %zu should be a whole number, -127 to 127",
                            source->path, source->number, i + 1, inputs);
            return false;
        }
        values[i] = (int8_t)value;
    }
    if (is_blank(text))
        return sterna_stage_step_dense(stage, values);
    sterna_complain("run", "%s: line %" PRIu64 ": more than %zu values", source->path, source->number,
                    inputs);
    return false;
}

/* Run every byte of the source. Returns false after a complaint. */
static bool run_text(struct sterna_stage *stage, struct source *source, bool json)
{
    int byte;

    while ((byte = getc(source->stream)) != EOF) {
        source->number++;
        if (!step_byte(stage, source, byte))
            return false;
        if (!print_step(stage, json, source->number - 1))
            return true; /* main.c complains about standard output */
    }
    return true;
}

/* Run every line of the source that is not blank. */
static bool run_lines(struct sterna_stage *stage, struct source *source, bool json, int8_t *values)
{
    uint64_t step = 0;

    while (getline(&source->line, &source->room, source->stream) >= 0) {
        source->number++;
        if (is_blank(source->line))
            continue;
        if (stage->facts.symbols > 0 ? !step_index(stage, source) : !step_dense(stage, source, values))
            return false;
        if (!print_step(stage, json, step++))
            return true;
    }
    return true;
}

static bool run_source(struct sterna_stage *stage, struct source *source,
                       const struct sterna_options *options)
{
    bool done = false;

    if (options->text && stage->facts.symbols == 0) {
        sterna_complain("run", "%s: --text needs a text model", options->argument[0]);
        return false;
    }
    int8_t *values = calloc(stage->facts.inputs, sizeof *values);
    if (values == NULL)
        sterna_complain("run", "out of memory");
    else if (options->text)
        done = run_text(stage, source, options->json);
    else
        done = run_lines(stage, source, options->json, values);
    if (done && ferror(source->stream)) {
        sterna_complain("run", "%s: %s", source->path, strerror(errno));
        done = false;
    }
    free(values);
    return done;
}

static int run(const struct sterna_options *options)
{
    struct source source = {.stream = stdin, .path = "standard input"};
    struct sterna_stage stage;
    bool done = false;

    if (options->arguments > 1 && strcmp(options->argument[1], "-") != 0) {
        source.path = options->argument[1];
        source.stream = fopen(source.path, "rb");
        if (source.stream == NULL) {
            sterna_complain("run", "%s: %s", source.path, strerror(errno));
            return STERNA_EXIT_FAILED;
        }
    }
    const char *on = options->on != NULL ? options->on : "reference";
    if (sterna_stage_open(&stage, "run", options->argument[0], on, options->wait)) {
        done = run_source(&stage, &source, options);
        sterna_stage_close(&stage);
    }
    free(source.line);
    if (source.stream != stdin)
        (void)fclose(source.stream);
    return done ? STERNA_EXIT_DONE : STERNA_EXIT_FAILED;
}

const struct sterna_command sterna_command_run = {
    .name = "run",
    .arguments = "MODEL [FILE]",
    .fewest = 1,
    .most = 2,
    .takes = STERNA_TAKES_ON | STERNA_TAKES_WAIT | STERNA_TAKES_TEXT | STERNA_TAKES_JSON,
    .summary = "feed values to a model step by step and print its outputs",
    .details =
        "Reads FILE or standard input. A line is a step: for a text model one symbol index (with\n"
        "--text each byte is a step instead), else as many whole numbers -127..127 as the model has\n"
        "inputs, apart by blanks or commas. Each step prints a line: the logits, apart by blanks; with\n"
        "--json an object with the exact sums too.\n",
    .run = run,
};

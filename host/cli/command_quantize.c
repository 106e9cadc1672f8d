/* command_quantize.c - sterna quantize: a checkpoint's float weights become a model's codes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "record.h"
#include "terminal.h"

enum { TERMS = 2, TOP = 8, LAYERS_MAX = 512 };

/* The matrices of a product quantization, as they come. */
struct layers {
    bool quiet;
    size_t count, tune;
    double bits; /* of the last of the updates */
    struct sterna_product_report report[LAYERS_MAX];
    char name[LAYERS_MAX][48];
};

static bool read_number(const char *text, size_t length, size_t *number)
{
    char *end = NULL;
    if (length == 0 || length > 4 || text[0] < '0' || text[0] > '9')
        return false;
    *number = strtoul(text, &end, 10);
    return end == text + length;
}

/* "m=5,k=128,t=1,top=8" over the part's defaults. */
static bool read_part(const char *option, const char *text, struct sterna_product_part *part)
{
    size_t top = (size_t)part->top;
    const struct {
        const char *key;
        size_t *number, least, most;
    } keys[] = {{"m=", &part->elements, 1, 64},
                {"k=", &part->words, 1, 4096},
                {"t=", &part->terms, 0, 2},
                {"top=", &top, 1, 127},
                {"p=", &part->program, 1, 8192}};
    for (const char *at = text, *next; at != NULL; at = next) {
        const size_t length = strcspn(at, ",");
        bool known = false;
        next = at[length] == ',' ? at + length + 1 : NULL;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0] && !known; i++) {
            const size_t name = strlen(keys[i].key);
            known = strncmp(at, keys[i].key, name) == 0 &&
                    read_number(at + name, length - name, keys[i].number) &&
                    *keys[i].number >= keys[i].least && *keys[i].number <= keys[i].most;
        }
        if (!known) {
            sterna_complain(
                "quantize",
                "%s %s: \"%.*s\" should be m=N (weights of a word), k=N (words), t=0, 1 or 2 (powers of two "
                "in a weight), top=N (1 to 127), or p=N (bytes of step program)",
                option, text, (int)length, at);
            return false;
        }
    }
    part->top = (int)top;
    return true;
}

static void print_layer(const struct sterna_product_report *report)
{
    char corrected[32] = "-", projected[32] = "-";
    if (isfinite(report->corrected))
        (void)snprintf(corrected, sizeof corrected, "%.5f", report->corrected);
    if (isfinite(report->projected))
        (void)snprintf(projected, sizeof projected, "%.5f", report->projected);
    printf("%-16s %6zu x %-5zu %10.5f %10s %10s %8.2f %8.1f %12zu %12zu %8zu %8zu\n", report->name,
           report->rows, report->cols, report->plain, corrected, projected, report->bits, 32 / report->bits,
           report->before, report->operations, report->tables, report->program);
    (void)fflush(stdout);
}

static void take_layer(const struct sterna_product_report *report, void *context)
{
    struct layers *layers = context;
    if (!layers->quiet)
        print_layer(report);
    if (layers->count == LAYERS_MAX)
        return;
    (void)snprintf(layers->name[layers->count], sizeof layers->name[0], "%s", report->name);
    layers->report[layers->count++] = *report;
}

/* Progress, about twenty lines of it. */
static void take_step(size_t steps, double bits, void *context)
{
    struct layers *layers = context;
    layers->bits = bits;
    if (!layers->quiet && (steps % (layers->tune / 20 + 1) == 0 || steps == layers->tune)) {
        printf("fine-tuning %6zu of %zu   %.4f bits a prediction\n", steps, layers->tune, bits);
        (void)fflush(stdout);
    }
}

static void record_layers(struct sterna_record *record, const struct layers *layers)
{
    sterna_record_open(record, "layers");
    for (size_t i = 0; i < layers->count; i++) {
        const struct sterna_product_report *report = &layers->report[i];
        sterna_record_open(record, layers->name[i]);
        sterna_record_real(record, "plain", report->plain, 5);
        sterna_record_real(record, "corrected", report->corrected, 5);
        sterna_record_real(record, "projected", report->projected, 5);
        sterna_record_real(record, "alone", report->alone, 5);
        sterna_record_real(record, "bits", report->bits, 2);
        sterna_record_real(record, "compression", 32 / report->bits, 1);
        sterna_record_count(record, "operations_before", report->before);
        sterna_record_count(record, "operations", report->operations);
        sterna_record_count(record, "tables", report->tables);
        sterna_record_count(record, "program_bytes", report->program);
        sterna_record_close(record);
    }
    sterna_record_close(record);
}

static int print_result(const struct sterna_options *options, const struct sterna_model_facts *facts,
                        const struct layers *layers)
{
    struct sterna_record record;

    sterna_record_begin(&record, options->json);
    if (options->json && layers->count > 0)
        record_layers(&record, layers);
    sterna_record_text(&record, "model", options->argument[1]);
    if (options->fine_tune > 0) {
        sterna_record_count(&record, "fine_tune_steps", options->fine_tune);
        sterna_record_real(&record, "fine_tune_bits", layers->bits, 4);
    }
    if (facts->layers > 0)
        sterna_record_text(&record, "cell", facts->cell);
    if (strcmp(facts->stack, "none") != 0)
        sterna_record_text(&record, "stack", facts->stack);
    sterna_record_text(&record, "format", facts->format);
    sterna_record_text(&record, "format_output", facts->format_output);
    sterna_record_count(&record, "weights", facts->weights);
    sterna_record_count(&record, "model_bytes", facts->bytes);
    return sterna_record_end(&record);
}

/* Without a model there is the table alone. */
static int print_checkpoint(const struct sterna_options *options, const struct layers *layers)
{
    struct sterna_record record;
    sterna_record_begin(&record, options->json);
    if (options->json)
        record_layers(&record, layers);
    sterna_record_text(&record, "checkpoint", options->argument[1]);
    return sterna_record_end(&record);
}

/* What the options say; false after a complaint. */
static bool read_options(const struct sterna_options *options, struct sterna_product_options *product)
{
    const struct sterna_product_part part = {.elements = 0, .words = 0, .terms = TERMS, .top = TOP};
    product->recurrent = part;
    if (!read_part("--pq", options->pq, &product->recurrent))
        return false;
    if (product->recurrent.elements == 0 || product->recurrent.words == 0) {
        sterna_complain("quantize", "--pq %s: m (weights of a word) and k (words) have no default",
                        options->pq);
        return false;
    }
    if (options->calibrate == NULL) {
        sterna_complain("quantize", "--pq wants data to calibrate with: --calibrate DATA");
        return false;
    }
    product->input = product->output = product->recurrent;
    if (product->recurrent.terms == 0 && (options->pq_input || options->pq_output))
        product->input.terms = product->output.terms = 0;
    return (options->pq_input == NULL || read_part("--pq-input", options->pq_input, &product->input)) &&
           (options->pq_output == NULL || read_part("--pq-output", options->pq_output, &product->output));
}

/* The same with the other setting of error correction, for its reports, and the picture of both. */
static enum sterna_status draw(const struct sterna_options *options, struct sterna_product_options product,
                               const struct layers *layers, struct sterna_error *error)
{
    static struct layers other;
    other.quiet = true;
    product.path = NULL;
    product.tune = 0;
    product.uncorrected = !product.uncorrected;
    product.context = &other;
    enum sterna_status status = sterna_quantize_product(&product, error);
    if (status != STERNA_OK)
        return status;
    return sterna_product_picture(options->picture, "Response error of each matrix",
                                  product.uncorrected ? other.report : layers->report,
                                  product.uncorrected ? layers->report : other.report, other.count, error);
}

static enum sterna_status quantize(const struct sterna_options *options,
                                   struct sterna_product_options *product, struct layers *layers,
                                   struct sterna_error *error)
{
    if (options->pq == NULL)
        return sterna_quantize(options->argument[0], options->argument[1], error);
    product->checkpoint = options->argument[0];
    product->path = options->argument[1];
    product->data = options->calibrate;
    product->limit = options->limit;
    product->uncorrected = options->uncorrected;
    product->free_codebooks = options->free_codebooks;
    product->tune = options->fine_tune;
    product->seed = options->seed;
    product->tuned = take_step;
    product->report = take_layer;
    product->context = layers;
    if (!options->json)
        printf("%-16s %6s   %-5s %10s %10s %10s %8s %8s %12s %12s %8s %8s\n", "matrix", "rows", "cols",
               "k-means", "corrected", "powers", "bits", "times", "multiplies", "additions", "tables",
               "program");
    enum sterna_status status = sterna_quantize_product(product, error);
    if (status == STERNA_OK && options->picture)
        status = draw(options, *product, layers, error);
    return status;
}

static int run(const struct sterna_options *options)
{
    static struct layers layers;
    const char *path = options->argument[1];
    struct sterna_product_options product = {0};
    struct sterna_model *model = NULL;
    struct sterna_model_facts facts;
    struct sterna_error error;

    layers.quiet = options->json;
    layers.tune = options->fine_tune;
    if (options->pq == NULL && (options->given & (STERNA_TAKES_PQ | STERNA_TAKES_PICTURE))) {
        sterna_complain("quantize", "this option goes with --pq");
        return STERNA_EXIT_USAGE;
    }
    if (options->pq != NULL && !read_options(options, &product))
        return STERNA_EXIT_USAGE;
    enum sterna_status status = quantize(options, &product, &layers, &error);
    if (status == STERNA_OK && options->pq != NULL &&
        (product.free_codebooks || product.recurrent.terms == 0))
        return print_checkpoint(options, &layers);
    if (status == STERNA_OK)
        status = sterna_model_load(path, &model, &error);
    if (status != STERNA_OK) {
        sterna_complain("quantize", "%s", error.reason);
        return STERNA_EXIT_FAILED;
    }
    sterna_model_facts(model, &facts);
    sterna_model_free(model);
    return print_result(options, &facts, &layers);
}

const struct sterna_command sterna_command_quantize = {
    .name = "quantize",
    .arguments = "CHECKPOINT MODEL",
    .fewest = 2,
    .most = 2,
    .takes =
        STERNA_TAKES_JSON | STERNA_TAKES_PQ | STERNA_TAKES_LIMIT | STERNA_TAKES_SEED | STERNA_TAKES_PICTURE,
    .summary = "write a checkpoint's weights as a model file of codes and scales",
    .details = "CHECKPOINT is what train left (DIR/checkpoint.safetensors); MODEL is the file to write.\n"
               "With --pq each matrix becomes names of words from a learned codebook; errors are those of "
               "its responses on\n"
               "samples held out of --calibrate DATA, relative to their variance: of k-means alone, with "
               "error correction, and with\n"
               "words of few powers of two, which no device has to multiply for.\n",
    .run = run,
};

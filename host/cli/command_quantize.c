/* command_quantize.c - sterna quantize: a checkpoint's float weights become a model's codes. */
#include "command.h"
#include "record.h"
#include "terminal.h"

static int print_result(const struct sterna_options *options, const struct sterna_model_facts *facts)
{
    struct sterna_record record;

    sterna_record_begin(&record, options->json);
    sterna_record_text(&record, "model", options->argument[1]);
    sterna_record_text(&record, "cell", facts->cell);
    sterna_record_text(&record, "format", facts->format);
    sterna_record_text(&record, "format_output", facts->format_output);
    sterna_record_count(&record, "weights", facts->weights);
    sterna_record_count(&record, "model_bytes", facts->bytes);
    return sterna_record_end(&record);
}

static int run(const struct sterna_options *options)
{
    const char *path = options->argument[1];
    struct sterna_model *model = NULL;
    struct sterna_model_facts facts;
    struct sterna_error error;

    if (sterna_quantize(options->argument[0], path, &error) != STERNA_OK ||
        sterna_model_load(path, &model, &error) != STERNA_OK) {
        sterna_complain("quantize", "%s", error.reason);
        return STERNA_EXIT_FAILED;
    }
    sterna_model_facts(model, &facts);
    sterna_model_free(model);
    return print_result(options, &facts);
}

const struct sterna_command sterna_command_quantize = {
    .name = "quantize",
    .arguments = "CHECKPOINT MODEL",
    .fewest = 2,
    .most = 2,
    .takes = STERNA_TAKES_JSON,
    .summary = "write a checkpoint's weights as a model file of codes and scales",
    .details = "CHECKPOINT is what train left (DIR/checkpoint.safetensors); MODEL is the file to write.\n",
    .run = run,
};

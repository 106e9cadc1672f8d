/* command_eval.c - sterna eval: how well does a network predict a text, or tell classes of sequences apart? */
#include "command.h"
#include "measure.h"

static int print_result(const struct sterna_options *options, const struct sterna_eval_options *eval,
                        const struct sterna_eval_result *result)
{
    struct sterna_record record;

    sterna_record_begin(&record, options->json);
    sterna_measure_record(&record, eval);
    if (options->weights != NULL)
        sterna_record_text(&record, "weights", eval->weights);
    sterna_record_text(&record, "metric", result->metric);
    sterna_record_real(&record, "value", result->value, result->classes ? 2 : 4);
    sterna_record_real(&record, "bits", result->bits, 4);
    if (result->classes)
        sterna_record_count(&record, "sequences", result->sequences);
    sterna_record_count(&record, "steps", result->steps);
    sterna_record_real(&record, "seconds", result->seconds, 2);
    sterna_record_count(&record, "cycles", result->cycles);
    sterna_record_real(&record, "cycles_per_step",
                       sterna_measure_ratio((double)result->cycles, (double)result->steps), 1);
    return sterna_record_end(&record);
}

static int run(const struct sterna_options *options)
{
    struct sterna_bar bar;
    struct sterna_eval_options eval = sterna_measure_options(options, "eval", "float", &bar);
    struct sterna_eval_result result = {.value = 0.0};
    struct sterna_error error;

    sterna_bar_begin(&bar, "eval");
    enum sterna_status status = sterna_eval(&eval, &result, &error);
    sterna_bar_end(&bar);
    if (status != STERNA_OK)
        return sterna_measure_fail("eval", &eval, status, &error);
    int printed = STERNA_EXIT_DONE;
    if (options->picture != NULL &&
        sterna_confusion_picture(options->picture, eval.data, &result, &error) != STERNA_OK) {
        sterna_complain("eval", "%s", error.reason);
        printed = STERNA_EXIT_FAILED;
    }
    if (printed == STERNA_EXIT_DONE)
        printed = print_result(options, &eval, &result);
    sterna_eval_result_free(&result);
    return printed;
}

const struct sterna_command sterna_command_eval = {
    .name = "eval",
    .arguments = "MODEL DATA",
    .fewest = 2,
    .most = 2,
    .takes = STERNA_TAKES_ON | STERNA_TAKES_WAIT | STERNA_TAKES_WEIGHTS | STERNA_TAKES_SPLIT |
             STERNA_TAKES_LIMIT | STERNA_TAKES_THREADS | STERNA_TAKES_SEED | STERNA_TAKES_PICTURE |
             STERNA_TAKES_JSON,
    .summary = "measure a model or a checkpoint on data: bits per character, or accuracy",
    .details = "MODEL is a model file, or a training checkpoint (then only --on float).\n"
               "DATA is a text (kjv, text:PATH, ptb-char:DIR) or labelled sequences (fsdd:DIR, asterisk,\n"
               "fashion-mnist), as the model was trained on. Without --on, the weights are run in float.\n"
               "--picture draws the confusion matrix of labelled sequences.\n",
    .run = run,
};

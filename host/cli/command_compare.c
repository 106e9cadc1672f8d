/* command_compare.c - sterna compare: does a device compute exactly what the C reference computes? */
#include "command.h"
#include "measure.h"

static void record_counters(struct sterna_record *record, const struct sterna_counters *counters)
{
    sterna_record_open(record, "counters");
    sterna_record_count(record, "steps", counters->steps);
    sterna_record_count(record, "cycles", counters->cycles);
    sterna_record_count(record, "streaming", counters->streaming);
    sterna_record_count(record, "build_wait", counters->build_wait);
    sterna_record_count(record, "gate_wait", counters->gate_wait);
    sterna_record_count(record, "bad_frames", counters->bad_frames);
    sterna_record_close(record);
}

static void record_mismatch(struct sterna_record *record, const struct sterna_compare_result *result)
{
    sterna_record_open(record, "first_mismatch");
    sterna_record_count(record, "step", result->first_step);
    sterna_record_count(record, "output", result->first_output);
    sterna_record_real(record, "expected", result->expected, 0);
    sterna_record_real(record, "got", result->got, 0);
    sterna_record_close(record);
}

static int print_result(const struct sterna_options *options, const struct sterna_eval_options *eval,
                        const struct sterna_compare_result *result)
{
    struct sterna_record record;

    sterna_record_begin(&record, options->json);
    sterna_measure_record(&record, eval);
    if (result->sequences)
        sterna_record_count(&record, "sequences", result->sequences);
    sterna_record_count(&record, "steps", result->steps);
    sterna_record_count(&record, "outputs", result->outputs);
    sterna_record_count(&record, "mismatches", result->mismatches);
    if (result->mismatches > 0)
        record_mismatch(&record, result);
    sterna_record_text(&record, "metric", result->metric);
    sterna_record_real(&record, "value", result->value, 4);
    sterna_record_real(&record, "seconds", result->seconds, 2);
    sterna_record_real(&record, "cycles_per_step",
                       sterna_measure_ratio(result->counters.cycles, result->counters.steps), 1);
    sterna_record_count(&record, "ideal_cycles_per_step", result->load.ideal_cycles);
    if (result->sequences) {
        sterna_record_real(&record, "cycles_per_sequence",
                           sterna_measure_ratio(result->counters.cycles, (double)result->sequences), 1);
        sterna_record_real(&record, "ideal_cycles_per_sequence",
                           sterna_measure_ratio((double)result->ideal_cycles, (double)result->sequences), 1);
    }
    record_counters(&record, &result->counters);
    sterna_record_count(&record, "simulated_cycles", result->simulated_cycles);
    sterna_record_real(&record, "simulated_seconds", result->simulated_seconds, 2);
    sterna_record_real(&record, "simulated_cycles_per_second",
                       sterna_measure_ratio((double)result->simulated_cycles, result->simulated_seconds), 0);
    return sterna_record_end(&record);
}

static int run(const struct sterna_options *options)
{
    struct sterna_bar bar;
    struct sterna_eval_options eval = sterna_measure_options(options, "compare", "sim", &bar);
    struct sterna_compare_result result;
    struct sterna_error error;

    sterna_bar_begin(&bar, "compare");
    enum sterna_status status = sterna_compare(&eval, &result, &error);
    sterna_bar_end(&bar);
    if (status != STERNA_OK)
        return sterna_measure_fail("compare", &eval, status, &error);
    int printed = print_result(options, &eval, &result);
    if (result.mismatches == 0)
        return printed;
    sterna_complain("compare", "%s: %zu of %zu outputs on %s differ from the reference", eval.path,
                    result.mismatches, result.outputs, eval.on);
    return STERNA_EXIT_FAILED;
}

const struct sterna_command sterna_command_compare = {
    .name = "compare",
    .arguments = "MODEL DATA",
    .fewest = 2,
    .most = 2,
    .takes = STERNA_TAKES_ON | STERNA_TAKES_WAIT | STERNA_TAKES_SPLIT | STERNA_TAKES_LIMIT |
             STERNA_TAKES_THREADS | STERNA_TAKES_JSON,
    .summary = "run the C reference and a device side by side and compare every output",
    .details = "Compares the exact sums of the output layer, step by step; the device is sim unless --on\n"
               "says otherwise. One mismatch is a failure: exit status 1.\n",
    .run = run,
};

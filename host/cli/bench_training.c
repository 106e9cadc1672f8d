/* bench_training.c - sterna bench train: what an update costs, beside the plain products and the machine's peak. */
#include "bench_training.h"
#include "command.h"
#include "record.h"
#include "terminal.h"

enum { REPETITIONS = 7 };

static const char *const cells[] = {"gru", "lstm"};
static const char *const modes[] = {"float", "ternary", "integer"};

static void record(struct sterna_record *record, const char *cell, const char *mode,
                   const struct sterna_bench_update *result)
{
    char name[32];

    (void)snprintf(name, sizeof name, "%s_512_%s", cell, mode);
    sterna_record_open(record, name);
    sterna_record_real(record, "milliseconds_per_update", result->milliseconds, 1);
    sterna_record_real(record, "plain_products_milliseconds", result->plain_milliseconds, 1);
    sterna_record_real(record, "ratio", result->milliseconds / result->plain_milliseconds, 3);
    sterna_record_real(record, "share_of_peak", result->share_of_peak, 3);
    sterna_record_real(record, "peak_gflops", result->peak, 1);
    sterna_record_close(record);
}

int sterna_bench_training(const struct sterna_options *options)
{
    const size_t repetitions =
        (options->given & STERNA_TAKES_LENGTH) != 0 && options->length > 0 ? options->length : REPETITIONS;
    struct sterna_record results;
    struct sterna_error error;

    sterna_record_begin(&results, options->json);
    sterna_record_text(&results, "shape", "512 inputs, 512 units, batch 64, 100 steps, one thread");
    for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++) {
        for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
            struct sterna_bench_update result;
            if (sterna_bench_update(cells[c], modes[m], repetitions, &result, &error) != STERNA_OK) {
                sterna_complain("bench train", "%s", error.reason);
                sterna_record_discard(&results);
                return STERNA_EXIT_FAILED;
            }
            record(&results, cells[c], modes[m], &result);
        }
    }
    return sterna_record_end(&results);
}

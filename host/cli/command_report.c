/* command_report.c - sterna report: the JSON files of a whole run, gathered into one table and one object.
 *
 * The directory holds what `sterna eval`, `compare` and `info` printed with --json:
 *   float_master.json   eval of the checkpoint, --weights master        float_baseline.json  eval of the float baseline
 *   quantized.json      eval of the model, --on float (may be missing)  integer.json         eval of the model, --on reference
 *   accelerator.json    compare of the model, --on sim                  model.json           info of the model, --on sim
 */
#include "command.h"
#include "measure.h"
#include "record.h"
#include "terminal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 65536 };

enum file { FLOAT_BASELINE, FLOAT_MASTER, QUANTIZED, INTEGER, ACCELERATOR, MODEL, FILES };

static const char *const file_names[FILES] = {"float_baseline", "float_master", "quantized",
                                              "integer",        "accelerator",  "model"};

/* Parse DIR/NAME.json. NULL after a complaint, or silently if an optional file is not there. */
static cJSON *read_file(const char *directory, const char *name, bool optional)
{
    static char text[FILE_BYTES_MAX];
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s.json", directory, name);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        if (!optional || errno != ENOENT)
            sterna_complain("report", "%s: %s", path, strerror(errno));
        return NULL;
    }
    size_t size = fread(text, 1, sizeof text - 1, stream);
    text[size] = '\0';
    (void)fclose(stream);
    cJSON *json = cJSON_Parse(text);
    if (!cJSON_IsObject(json)) {
        sterna_complain("report", "%s: not a JSON object", path);
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

static bool read_all(const char *directory, cJSON *files[FILES])
{
    bool all = true;

    for (int i = 0; i < FILES; i++) {
        files[i] = read_file(directory, file_names[i], i == QUANTIZED);
        all = all && (files[i] != NULL || i == QUANTIZED);
    }
    return all;
}

/* The number at `key`, or at `group`.`key`; NaN if there is none. */
static double number(const cJSON *file, const char *group, const char *key)
{
    const cJSON *object = group == NULL ? file : cJSON_GetObjectItemCaseSensitive(file, group);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

/* What the table shows and summary.json holds. */
struct summary {
    double bpc[MODEL], characters[MODEL]; /* by file */
    double steps, outputs, mismatches;
    double cycles, ideal_cycles, build_wait, gate_wait; /* of a step */
    double clock_khz, model_bytes, simulation, seconds;
};

static struct summary gather(cJSON *const files[FILES], const struct sterna_options *options)
{
    struct summary summary = {0};

    for (int i = 0; i < MODEL; i++) {
        summary.bpc[i] = number(files[i], NULL, "value");
        summary.characters[i] = number(files[i], NULL, "steps");
    }
    summary.steps = number(files[ACCELERATOR], NULL, "steps");
    summary.outputs = number(files[ACCELERATOR], NULL, "outputs");
    summary.mismatches = number(files[ACCELERATOR], NULL, "mismatches");
    summary.cycles = number(files[ACCELERATOR], NULL, "cycles_per_step");
    summary.ideal_cycles = number(files[ACCELERATOR], NULL, "ideal_cycles_per_step");
    summary.build_wait =
        sterna_measure_ratio(number(files[ACCELERATOR], "counters", "build_wait"), summary.steps);
    summary.gate_wait =
        sterna_measure_ratio(number(files[ACCELERATOR], "counters", "gate_wait"), summary.steps);
    summary.simulation = number(files[ACCELERATOR], NULL, "simulated_cycles_per_second");
    summary.model_bytes = number(files[MODEL], NULL, "model_bytes");
    summary.clock_khz = number(files[MODEL], "device", "clock_khz");
    summary.seconds = (options->given & STERNA_TAKES_SECONDS) != 0 ? (double)options->seconds : NAN;
    return summary;
}

static double microseconds(const struct summary *summary)
{
    return sterna_measure_ratio(1e3 * summary->cycles, summary->clock_khz);
}

static int print_json(const struct summary *summary)
{
    struct sterna_record record;

    sterna_record_begin(&record, true);
    sterna_record_real(&record, "bpc_float_master", summary->bpc[FLOAT_MASTER], 4);
    sterna_record_real(&record, "bpc_float_baseline", summary->bpc[FLOAT_BASELINE], 4);
    sterna_record_real(&record, "bpc_quantized_float_activations", summary->bpc[QUANTIZED], 4);
    sterna_record_real(&record, "bpc_integer", summary->bpc[INTEGER], 4);
    sterna_record_real(&record, "bpc_accelerator", summary->bpc[ACCELERATOR], 4);
    sterna_record_real(&record, "characters_integer", summary->characters[INTEGER], 0);
    sterna_record_real(&record, "steps", summary->steps, 0);
    sterna_record_real(&record, "outputs", summary->outputs, 0);
    sterna_record_real(&record, "mismatches", summary->mismatches, 0);
    sterna_record_real(&record, "cycles_per_step", summary->cycles, 1);
    sterna_record_real(&record, "ideal_cycles_per_step", summary->ideal_cycles, 0);
    sterna_record_real(&record, "build_wait_per_step", summary->build_wait, 1);
    sterna_record_real(&record, "gate_wait_per_step", summary->gate_wait, 1);
    sterna_record_real(&record, "clock_khz", summary->clock_khz, 0);
    sterna_record_real(&record, "microseconds_per_step", microseconds(summary), 1);
    sterna_record_real(&record, "sim_cycles_per_second", summary->simulation, 0);
    sterna_record_real(&record, "model_bytes", summary->model_bytes, 0);
    sterna_record_real(&record, "seconds", summary->seconds, 0);
    return sterna_record_end(&record);
}

static void print_bpc(const struct summary *summary, enum file file, const char *label)
{
    if (isfinite(summary->bpc[file]))
        (void)printf("  %-56s %10.4f %12.0f\n", label, summary->bpc[file], summary->characters[file]);
}

static void print_figure(const char *label, double value, int decimals, const char *unit)
{
    if (isfinite(value))
        (void)printf("  %-56s %10.*f%s%s\n", label, decimals, value, unit[0] != '\0' ? " " : "", unit);
}

static void print_table(const struct summary *summary)
{
    (void)printf("  %-56s %10s %12s\n", "test text", "bits per", "characters");
    (void)printf("  %-56s %10s\n", "", "character");
    print_bpc(summary, FLOAT_BASELINE, "float baseline, same size, same text seen");
    print_bpc(summary, FLOAT_MASTER, "float master weights behind the ternary ones");
    print_bpc(summary, QUANTIZED, "ternary weights, float activations");
    print_bpc(summary, INTEGER, "ternary weights, integer arithmetic (the C reference)");
    print_bpc(summary, ACCELERATOR, "the same on the simulated accelerator");
    (void)printf("\n  %s\n", "simulated accelerator");
    print_figure("steps compared with the C reference", summary->steps, 0, "");
    print_figure("outputs compared", summary->outputs, 0, "");
    print_figure("mismatches", summary->mismatches, 0, "");
    print_figure("cycles per step", summary->cycles, 0, "");
    print_figure("  the engine's own limit", summary->ideal_cycles, 0, "");
    print_figure("  waiting for tables to be built", summary->build_wait, 0, "");
    print_figure("  waiting for gates", summary->gate_wait, 0, "");
    print_figure("time per step", microseconds(summary), 1, "us");
    print_figure("  at a clock of", 1e-3 * summary->clock_khz, 0, "MHz");
    print_figure("model", summary->model_bytes, 0, "bytes");
    print_figure("simulated", 1e-6 * summary->simulation, 2, "million cycles per second");
    print_figure("all of this took", summary->seconds, 0, "s");
}

static int run(const struct sterna_options *options)
{
    cJSON *files[FILES] = {NULL};
    int status = STERNA_EXIT_FAILED;

    if (read_all(options->argument[0], files)) {
        struct summary summary = gather(files, options);
        status = STERNA_EXIT_DONE;
        if (options->json)
            status = print_json(&summary);
        else
            print_table(&summary);
    }
    for (int i = 0; i < FILES; i++)
        cJSON_Delete(files[i]);
    return status;
}

const struct sterna_command sterna_command_report = {
    .name = "report",
    .arguments = "DIR",
    .fewest = 1,
    .most = 1,
    .takes = STERNA_TAKES_SECONDS | STERNA_TAKES_JSON,
    .summary = "gather the JSON files of a run (make demo) into one table",
    .details = "DIR holds float_baseline, float_master, integer, accelerator and model.json, as\n"
               "scripts/demo.sh makes them.\n",
    .run = run,
};

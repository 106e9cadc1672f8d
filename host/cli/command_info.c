/* command_info.c - sterna info: what a model holds, what a device offers, whether the one fits the other. */
#include "command.h"
#include "record.h"
#include "stage.h"
#include "terminal.h"

#include <string.h>

enum { SEQUENCE = 50 }; /* steps of one, where any number will do */

static void record_facts(struct sterna_record *record, const char *path,
                         const struct sterna_model_facts *facts)
{
    sterna_record_text(record, "model", path);
    if (facts->layers > 0)
        sterna_record_text(record, "cell", facts->cell);
    sterna_record_text(record, "stack", facts->stack);
    sterna_record_count(record, "layers", facts->layers);
    sterna_record_count(record, "inputs", facts->inputs);
    sterna_record_count(record, "hidden", facts->hidden);
    sterna_record_count(record, "outputs", facts->outputs);
    sterna_record_text(record, "input", facts->one_hot ? "one-hot" : "dense");
    sterna_record_text(record, "head", facts->head);
    sterna_record_text(record, "format_input", facts->format_input);
    sterna_record_text(record, "format", facts->format);
    sterna_record_text(record, "format_output", facts->format_output);
    sterna_record_count(record, "weights", facts->weights);
    sterna_record_count(record, "model_bytes", facts->bytes);
    if (facts->symbols > 0)
        sterna_record_count(record, "symbols", facts->symbols);
    if (facts->classes > 0)
        sterna_record_count(record, "classes", facts->classes);
    if (facts->metric[0] != '\0') {
        sterna_record_text(record, "metric", facts->metric);
        sterna_record_real(record, "validation", facts->valid, 4);
    }
    sterna_record_text(record, "trained_on", facts->data);
}

static void record_geometry(struct sterna_record *record, const char *on,
                            const struct sterna_geometry *geometry)
{
    sterna_record_text(record, "on", on);
    if (geometry->tables == 0) /* fixed.c in this process: neither memories nor a clock */
        return;
    sterna_record_open(record, "device");
    sterna_record_text(record, "name", geometry->name);
    sterna_record_count(record, "protocol", geometry->protocol);
    sterna_record_count(record, "build_id", geometry->build_id);
    sterna_record_count(record, "clock_khz", geometry->clock_khz);
    sterna_record_count(record, "tables", geometry->tables);
    sterna_record_count(record, "streams", geometry->streams);
    sterna_record_count(record, "table_entries", UINT64_C(1) << geometry->entries_log2);
    sterna_record_count(record, "table_bits", geometry->table_w);
    sterna_record_count(record, "psum_bits", geometry->psum_w);
    sterna_record_count(record, "psum_rows", geometry->psum_rows);
    sterna_record_count(record, "weight_bytes", geometry->weight_bytes);
    sterna_record_count(record, "scales", geometry->scales);
    sterna_record_count(record, "biases", geometry->biases);
    sterna_record_count(record, "program_bytes", geometry->program_bytes);
    sterna_record_count(record, "activation_bytes", geometry->activation_bytes);
    sterna_record_count(record, "states", geometry->states);
    sterna_record_count(record, "request_bytes", geometry->request_bytes);
    sterna_record_count(record, "reply_bytes", geometry->reply_bytes);
    sterna_record_close(record);
}

static void record_load(struct sterna_record *record, const struct sterna_load_report *load)
{
    sterna_record_count(record, "weight_bytes", load->weight_bytes);
    sterna_record_count(record, "scales", load->scales);
    sterna_record_count(record, "biases", load->biases);
    sterna_record_count(record, "program_bytes", load->program_bytes);
    sterna_record_count(record, "activation_bytes", load->activation_bytes);
    sterna_record_count(record, "states", load->states);
}

/* Loading is the test of fitting. Returns false after a complaint about anything else than the fit. */
static bool record_fit(struct sterna_record *record, struct sterna_device *device,
                       const struct sterna_model *model)
{
    struct sterna_load_report load;
    struct sterna_error error;
    enum sterna_status status = sterna_device_load(device, model, &load, &error);

    if (status != STERNA_OK && status != STERNA_ERR_FIT) {
        sterna_complain("info", "%s", error.reason);
        return false;
    }
    sterna_record_open(record, "fit");
    sterna_record_flag(record, "fits", status == STERNA_OK);
    if (status != STERNA_OK) {
        sterna_record_text(record, "reason", error.reason);
    } else {
        record_load(record, &load);
        sterna_record_count(record, "ideal_cycles_per_step", load.ideal_cycles);
    }
    sterna_record_close(record);
    return true;
}

static void record_estimate(struct sterna_record *record, const struct sterna_estimate *estimate,
                            bool stacked)
{
    const double cycles = (double)estimate->cycles, ideal = (double)estimate->ideal_cycles;
    sterna_record_count(record, stacked ? "cycles_per_sequence" : "cycles_per_step", estimate->cycles);
    sterna_record_count(record, "streaming", estimate->streaming);
    sterna_record_count(record, "build_wait", estimate->build_wait);
    sterna_record_count(record, "gate_wait", estimate->gate_wait);
    sterna_record_count(record, "gap", estimate->gap);
    sterna_record_count(record, stacked ? "ideal_cycles_per_sequence" : "ideal_cycles_per_step",
                        estimate->ideal_cycles);
    sterna_record_real(record, "efficiency", cycles > 0 ? ideal / cycles : 0, 3);
}

/* What a target would take for a step; a stack is loaded layer by layer, cut as the device needs it: for a sequence of `steps` steps. */
static bool record_target(struct sterna_record *record, const char *target, const struct sterna_model *model,
                          bool stacked, size_t steps)
{
    struct sterna_estimate estimate;
    struct sterna_error error;
    const enum sterna_status status = stacked
                                          ? sterna_estimate_sequence(model, target, steps, &estimate, &error)
                                          : sterna_estimate_model(model, target, &estimate, &error);

    if (status != STERNA_OK && status != STERNA_ERR_FIT) {
        sterna_complain("info", "%s", error.reason);
        return false;
    }
    sterna_record_open(record, "fit");
    sterna_record_flag(record, "fits", status == STERNA_OK);
    if (status != STERNA_OK) {
        sterna_record_text(record, "reason", error.reason);
    } else {
        if (stacked)
            sterna_record_count(record, "steps", steps);
        else
            record_load(record, &estimate.load);
        record_estimate(record, &estimate, stacked);
    }
    sterna_record_close(record);
    return true;
}

/* Open what is named. Returns false after a complaint. */
static bool open_parts(const char *path, const char *on, struct sterna_model **model,
                       struct sterna_device **device)
{
    struct sterna_error error;

    if ((path == NULL || sterna_model_load(path, model, &error) == STERNA_OK) &&
        (on == NULL || sterna_device_open(on, device, &error) == STERNA_OK))
        return true;
    sterna_complain("info", "%s", error.reason);
    return false;
}

static int describe(const struct sterna_options *options, const struct sterna_model *model,
                    struct sterna_device *device)
{
    struct sterna_record record;
    bool done = true, stacked = false;
    size_t steps = 0;

    sterna_record_begin(&record, options->json);
    if (model != NULL) {
        struct sterna_model_facts facts;
        sterna_model_facts(model, &facts);
        record_facts(&record, options->argument[0], &facts);
        steps = facts.steps > 0 ? facts.steps : SEQUENCE;
        stacked = strcmp(facts.stack, "none") != 0;
    }
    if (device != NULL) {
        struct sterna_geometry geometry;
        sterna_device_geometry(device, &geometry);
        record_geometry(&record, options->on, &geometry);
    }
    if (model != NULL && device != NULL && !stacked)
        done = record_fit(&record, device, model);
    if (model != NULL && device != NULL && stacked) {
        struct sterna_geometry geometry;
        sterna_device_geometry(device, &geometry);
        done = geometry.tables == 0 || record_target(&record, geometry.name, model, true, steps);
    }
    if (model != NULL && options->target != NULL)
        done = record_target(&record, options->target, model, stacked, steps) && done;
    int printed = sterna_record_end(&record);
    return done ? printed : STERNA_EXIT_FAILED;
}

static int run(const struct sterna_options *options)
{
    const char *path = options->arguments > 0 ? options->argument[0] : NULL;
    struct sterna_model *model = NULL;
    struct sterna_device *device = NULL;
    int status = STERNA_EXIT_FAILED;

    if (path == NULL && options->on == NULL) {
        sterna_complain("info", "name a MODEL, or a device by --on, or both");
        return STERNA_EXIT_USAGE;
    }
    if (options->target != NULL && (path == NULL || options->on != NULL)) {
        sterna_complain("info", "--target goes with a MODEL, and without --on");
        return STERNA_EXIT_USAGE;
    }
    if (open_parts(path, options->on, &model, &device))
        status = describe(options, model, device);
    sterna_device_close(device);
    sterna_model_free(model);
    return status;
}

const struct sterna_command sterna_command_info = {
    .name = "info",
    .arguments = "[MODEL]",
    .fewest = 0,
    .most = 1,
    .takes = STERNA_TAKES_ON | STERNA_TAKES_TARGET | STERNA_TAKES_JSON,
    .summary = "describe a model, a device, or how the one fits the other",
    .details =
        "With MODEL and --on: whether the model fits, the memory it takes, and how many cycles a step\n"
        "takes at least. With MODEL and --target: the same without a device, and how many cycles it will "
        "take: within\n"
        "2 %, of a step in long requests; of a network with a stack for a sequence, loading left out.\n",
    .run = run,
};

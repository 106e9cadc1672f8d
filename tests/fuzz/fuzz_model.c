/* fuzz_model.c - any bytes as a model file: they are refused with a reason, or they are a model that runs.
 *
 * Each input is read twice: as it is, and with the header's length set right, since chance seldom finds that.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "fixed.h"
#include "little_endian.h"
#include "model.h"
#include "pack.h"

enum { LENGTH = 8, LARGEST = 1 << 16, WEIGHTS_RUN = 1 << 18 };

static char path[] = "/tmp/sterna-fuzz-XXXXXX";

static void remove_file(void)
{
    (void)unlink(path);
}

static int open_file(void)
{
    const int file = mkstemp(path);
    if (file < 0 || atexit(remove_file) != 0)
        abort();
    return file;
}

/* The length of the JSON object that text begins with; 0 if it has no end. */
static size_t object_length(const uint8_t *text, size_t size)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && text[i] == '{')
            depth++;
        else if (!quoted && text[i] == '}' && depth > 0 && --depth == 0)
            return i + 1;
    }
    return 0;
}

static void run(const struct sterna_model *model)
{
    struct sterna_fixed_state state;
    struct sterna_image image;
    struct sterna_model_facts facts;
    sterna_model_facts(model, &facts);
    if (facts.weights > WEIGHTS_RUN)
        return;
    int32_t *sums = calloc(facts.outputs, sizeof *sums);
    float *logits = calloc(facts.outputs, sizeof *logits);
    int8_t *frame = calloc(facts.inputs, 1);
    if (sums && logits && frame && sterna_fixed_new(model, &state, NULL) == STERNA_OK) {
        memset(frame, -127, facts.inputs);
        for (size_t step = 0; step < 3; step++) {
            if (facts.one_hot)
                sterna_fixed_step_one_hot(model, &state, step % facts.inputs, sums);
            else
                sterna_fixed_step(model, &state, frame, sums);
            sterna_model_logits(model, sums, logits);
        }
        sterna_fixed_free(&state);
    }
    if (sterna_pack(model, sterna_geometry_of("up5k"), &image, NULL) == STERNA_OK)
        sterna_image_free(&image);
    free(sums);
    free(logits);
    free(frame);
}

static void load(int file, const uint8_t *bytes, size_t size)
{
    struct sterna_model *model = NULL;
    struct sterna_error error = {""};
    if (ftruncate(file, 0) != 0 || pwrite(file, bytes, size, 0) != (ssize_t)size)
        abort();
    if (sterna_model_load(path, &model, &error) == STERNA_OK)
        run(model);
    else if (error.reason[0] == '\0' || model)
        abort(); /* refused without a reason, or not quite */
    sterna_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int file = -1;
    static uint8_t right[LARGEST];
    if (file < 0)
        file = open_file();
    if (size > LARGEST)
        return 0;
    load(file, data, size);
    if (size <= LENGTH)
        return 0;
    memcpy(right, data, size);
    memset(right, 0, LENGTH);
    sterna_put_le24(right, (uint32_t)object_length(data + LENGTH, size - LENGTH));
    load(file, right, size);
    return 0;
}

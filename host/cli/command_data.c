/* command_data.c - sterna data: what a data set holds, and what it looks like to a network. */
#include "command.h"
#include "record.h"
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const split_names[STERNA_SPLITS] = {"train", "valid", "test"};

/* ---- counting ------------------------------------------------------------------------------------------ */

static int compare_sizes(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The lengths of a set's sequences in steps, ascending; malloc'ed. */
static size_t *sort_lengths(const struct sterna_sequence_set *set)
{
    size_t *length = malloc(set->count * sizeof *length);
    for (size_t i = 0; length != NULL && i < set->count; i++)
        length[i] = set->start[i + 1] - set->start[i];
    if (length != NULL)
        qsort(length, set->count, sizeof *length, compare_sizes);
    return length;
}

/* Values at an end of the int8 range: clipped, or just so. */
static size_t count_clipped(const struct sterna_sequence_set *set, size_t features)
{
    size_t clipped = 0;
    for (size_t i = 0; i < set->start[set->count] * features; i++)
        clipped += set->frames[i] == 127 || set->frames[i] == -127;
    return clipped;
}

static size_t count_label(const struct sterna_sequence_set *set, size_t label)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += set->label[i] == label;
    return count;
}

/* ---- printing ------------------------------------------------------------------------------------------ */

/* False: no memory. */
static bool record_split(struct sterna_record *record, const struct sterna_sequences *sequences, int split)
{
    const struct sterna_sequence_set *set = &sequences->split[split];
    size_t values = set->start[set->count] * sequences->features;
    size_t *length = sort_lengths(set);
    if (length == NULL)
        return false;
    sterna_record_open(record, split_names[split]);
    sterna_record_count(record, "sequences", set->count);
    sterna_record_count(record, "steps", set->start[set->count]);
    sterna_record_count(record, "steps_min", length[0]);
    sterna_record_count(record, "steps_median", length[set->count / 2]);
    sterna_record_count(record, "steps_max", length[set->count - 1]);
    sterna_record_real(record, "clipped_percent",
                       100.0 * (double)count_clipped(set, sequences->features) / (double)values, 3);
    if (record->json) {
        sterna_record_open(record, "classes");
        for (size_t i = 0; i < sequences->classes; i++)
            sterna_record_count(record, sequences->class_name[i], count_label(set, i));
        sterna_record_close(record);
    }
    sterna_record_close(record);
    free(length);
    return true;
}

/* Sequences of each class in each split. */
static void print_classes(const struct sterna_sequences *sequences)
{
    (void)printf("%-28s%10s%10s%10s\n", "class", split_names[0], split_names[1], split_names[2]);
    for (size_t i = 0; i < sequences->classes; i++) {
        (void)printf("  %-26s", sequences->class_name[i]);
        for (int s = 0; s < STERNA_SPLITS; s++)
            (void)printf("%10zu", count_label(&sequences->split[s], i));
        (void)putchar('\n');
    }
}

static int describe_sequences(const struct sterna_options *options, const struct sterna_sequences *sequences)
{
    struct sterna_record record;
    bool done = true;

    sterna_record_begin(&record, options->json);
    sterna_record_text(&record, "data", options->argument[0]);
    sterna_record_count(&record, "features", sequences->features);
    sterna_record_count(&record, "fraction_bits", sequences->fraction);
    sterna_record_count(&record, "classes", sequences->classes);
    if (sequences->rate != 0) {
        sterna_record_count(&record, "samples_per_second", sequences->rate);
        sterna_record_real(&record, "window_ms", sequences->front_end.window_ms, 1);
        sterna_record_real(&record, "hop_ms", sequences->front_end.hop_ms, 1);
    }
    for (int s = 0; s < STERNA_SPLITS && done; s++)
        done = record_split(&record, sequences, s);
    if (options->picture != NULL)
        sterna_record_text(&record, "picture", options->picture);
    if (!options->json)
        print_classes(sequences);
    record.failed = record.failed || !done;
    return sterna_record_end(&record);
}

static int describe_text(const struct sterna_options *options, const struct sterna_text *text)
{
    struct sterna_record record;

    sterna_record_begin(&record, options->json);
    sterna_record_text(&record, "data", options->argument[0]);
    sterna_record_count(&record, "symbols", text->symbols);
    for (int s = 0; s < STERNA_SPLITS; s++) {
        sterna_record_open(&record, split_names[s]);
        sterna_record_count(&record, "characters", text->length[s]);
        sterna_record_close(&record);
    }
    return sterna_record_end(&record);
}

/* ---- the command --------------------------------------------------------------------------------------- */

static int complain(const struct sterna_error *error)
{
    sterna_complain("data", "%s", error->reason);
    return STERNA_EXIT_FAILED;
}

static int run_text(const struct sterna_options *options)
{
    struct sterna_text text = {0};
    struct sterna_error error;

    if (options->picture != NULL || options->settings > 0) {
        sterna_complain("data", "%s is a text: it takes no --picture and no --set", options->argument[0]);
        return STERNA_EXIT_USAGE;
    }
    if (sterna_text_open(options->argument[0], &text, &error) != STERNA_OK)
        return complain(&error);
    int status = describe_text(options, &text);
    sterna_text_close(&text);
    return status;
}

static bool is_text(const char *source)
{
    return strcmp(source, "kjv") == 0 || strncmp(source, "text:", 5) == 0 ||
           strncmp(source, "ptb-char:", 9) == 0;
}

static int run(const struct sterna_options *options)
{
    struct sterna_front_end_options front_end;
    struct sterna_sequences sequences = {0};
    struct sterna_error error;
    int status = STERNA_EXIT_FAILED;

    if (is_text(options->argument[0]))
        return run_text(options);
    sterna_front_end_default(&front_end);
    for (size_t i = 0; i < options->settings; i++)
        if (sterna_front_end_set(&front_end, options->setting[i], &error) != STERNA_OK)
            return complain(&error);
    if (sterna_sequences_open(options->argument[0], &front_end, &sequences, &error) != STERNA_OK)
        return complain(&error);
    if (options->picture != NULL &&
        sterna_sequences_picture(options->picture, options->argument[0], &sequences, &error) != STERNA_OK)
        (void)complain(&error);
    else
        status = describe_sequences(options, &sequences);
    sterna_sequences_close(&sequences);
    return status;
}

const struct sterna_command sterna_command_data = {
    .name = "data",
    .arguments = "SOURCE",
    .fewest = 1,
    .most = 1,
    .takes = STERNA_TAKES_SET | STERNA_TAKES_PICTURE | STERNA_TAKES_JSON,
    .summary = "describe a data set: splits, classes, lengths, and a picture of them",
    .details = "SOURCE is a text (kjv, text:PATH, ptb-char:DIR) or sequences:\n"
               "  fsdd:DIR           spoken digits (Free Spoken Digit Dataset); fsdd:DIR@SPEAKER leaves one "
               "speaker out\n"
               "  asterisk           spoken language, five of them, tested on other speakers\n"
               "  fashion-mnist      images, row by row\n"
               "--set takes the keys of the front end that turns sound into frames: features (mel or mfcc), "
               "window_ms,\n"
               "hop_ms, low_hz, high_hz, bands, coefficients, adapt_ms, deltas.\n",
    .run = run,
};

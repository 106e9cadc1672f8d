/* fashion_mnist.c - images as sequences of rows, from the four files of the MNIST format:
 *
 *   images  0x00000803, count, rows, columns (big-endian, 4 bytes each), then a byte per pixel, row by row
 *   labels  0x00000801, count, then a byte per label
 *
 * compressed by gzip, or not.
 */
#include "corpus.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, VALID = 5000, IMAGES_MAX = 1000000, FRACTION = 7 };
enum { IMAGES_MAGIC = 0x803, LABELS_MAGIC = 0x801, HEADER_MAX = 16 };

static const char default_place[] = "/usr/share/datasets/fashion-mnist";
static const char *const garments[] = {"T-shirt", "trousers", "pullover", "dress", "coat",
                                       "sandal",  "shirt",    "sneaker",  "bag",   "ankle boot"};
enum { GARMENTS = sizeof garments / sizeof garments[0] };

/* images and labels of training, then of test */
static const char *const files[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                    "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};

static enum sterna_status list(const char *argument, struct sterna_corpus *corpus, struct sterna_error *error)
{
    const char *place = argument != NULL ? argument : default_place;
    enum sterna_status status = sterna_corpus_name(corpus, garments, GARMENTS, error);
    for (size_t i = 0; i < 4 && status == STERNA_OK; i++) {
        char *path = sterna_corpus_path(place, files[i]);
        if (path == NULL)
            return sterna_fail(error, STERNA_ERR_MEMORY, "fashion-mnist: out of memory");
        status = sterna_corpus_add(corpus, path, 0, i < 2 ? STERNA_TRAIN : STERNA_TEST, error);
        if (status == STERNA_ERR_IO)
            status = sterna_fail(
                error, STERNA_ERR_MISSING,
                "fashion-mnist: %s is not there; to get it: apt-get install dataset-fashion-mnist", path);
        free(path);
    }
    return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The header and then `each` bytes for each of *count items, malloc'ed. */
static enum sterna_status read_items(gzFile file, const char *path, uint32_t magic, size_t each,
                                     uint8_t **items, size_t *count, struct sterna_error *error)
{
    uint8_t header[HEADER_MAX];
    unsigned length = magic == IMAGES_MAGIC ? 16 : 8;
    if (gzread(file, header, length) != (int)length || big_endian(header) != magic)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: does not begin like a file of MNIST %s", path,
                           magic == IMAGES_MAGIC ? "images" : "labels");
    if (magic == IMAGES_MAGIC && (big_endian(header + 8) != SIDE || big_endian(header + 12) != SIDE))
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: images of %u x %u, expected %d x %d", path,
                           (unsigned)big_endian(header + 8), (unsigned)big_endian(header + 12), SIDE, SIDE);
    size_t n = big_endian(header + 4);
    if (n == 0 || n > IMAGES_MAX)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: %zu items, expected 1 to %d", path, n, IMAGES_MAX);
    uint8_t *bytes = malloc(n * each);
    if (bytes == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    if (gzread(file, bytes, (unsigned)(n * each)) != (int)(n * each)) {
        free(bytes);
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: is cut off or damaged", path);
    }
    *items = bytes;
    *count = n;
    return STERNA_OK;
}

static enum sterna_status read_file(const char *path, uint32_t magic, size_t each, uint8_t **items,
                                    size_t *count, struct sterna_error *error)
{
    gzFile file = gzopen(path, "rb");
    if (file == NULL)
        return sterna_fail(error, STERNA_ERR_IO, "%s: cannot open", path);
    enum sterna_status status = read_items(file, path, magic, each, items, count, error);
    (void)gzclose(file);
    return status;
}

static enum sterna_status read_pair(const struct sterna_corpus_file *pair, uint8_t **pixels, uint8_t **labels,
                                    size_t *count, struct sterna_error *error)
{
    size_t labelled = 0;
    enum sterna_status status = read_file(pair[0].path, IMAGES_MAGIC, PIXELS, pixels, count, error);
    if (status == STERNA_OK)
        status = read_file(pair[1].path, LABELS_MAGIC, 1, labels, &labelled, error);
    if (status == STERNA_OK && labelled != *count)
        status = sterna_fail(error, STERNA_ERR_FORMAT, "%s: %zu labels for %zu images", pair[1].path,
                             labelled, *count);
    for (size_t i = 0; status == STERNA_OK && i < labelled; i++)
        if ((*labels)[i] >= GARMENTS)
            status = sterna_fail(error, STERNA_ERR_FORMAT, "%s: label %u is not below %d", pair[1].path,
                                 (*labels)[i], GARMENTS);
    return status;
}

/* Images first .. first + count - 1 as a split: q = (p + 1) / 2 rounded down, 127 at most, which is p / 255
 * nearly. */
static bool take(const uint8_t *pixels, const uint8_t *labels, size_t first, size_t count,
                 struct sterna_sequence_set *set)
{
    set->start = malloc((count + 1) * sizeof *set->start);
    set->label = malloc(count);
    set->frames = malloc(count * PIXELS);
    if (set->start == NULL || set->label == NULL || set->frames == NULL)
        return false;
    set->count = count;
    for (size_t i = 0; i <= count; i++)
        set->start[i] = i * SIDE;
    memcpy(set->label, labels + first, count);
    for (size_t i = 0; i < count * PIXELS; i++) {
        int half = (pixels[first * PIXELS + i] + 1) / 2;
        set->frames[i] = (int8_t)(half < 127 ? half : 127);
    }
    return true;
}

static enum sterna_status read_images(const struct sterna_corpus *corpus, struct sterna_sequences *sequences,
                                      struct sterna_error *error)
{
    uint8_t *pixels[2] = {NULL, NULL};
    uint8_t *labels[2] = {NULL, NULL};
    size_t count[2] = {0, 0};
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; i < 2 && status == STERNA_OK; i++)
        status = read_pair(&corpus->file[2 * i], &pixels[i], &labels[i], &count[i], error);
    size_t valid = count[0] > 2 * VALID ? VALID : count[0] / 2;
    if (status == STERNA_OK && valid == 0)
        status = sterna_fail(error, STERNA_ERR_RANGE, "%s: one image is too few", corpus->file[0].path);
    if (status == STERNA_OK) {
        struct sterna_sequence_set *split = sequences->split;
        sequences->features = SIDE;
        sequences->fraction = FRACTION;
        if (!take(pixels[0], labels[0], 0, count[0] - valid, &split[STERNA_TRAIN]) ||
            !take(pixels[0], labels[0], count[0] - valid, valid, &split[STERNA_VALID]) ||
            !take(pixels[1], labels[1], 0, count[1], &split[STERNA_TEST]))
            status = sterna_fail(error, STERNA_ERR_MEMORY, "fashion-mnist: out of memory");
    }
    for (size_t i = 0; i < 2; i++) {
        free(pixels[i]);
        free(labels[i]);
    }
    return status;
}

const struct sterna_sequence_source sterna_source_fashion_mnist = {
    .name = "fashion-mnist", .needs_argument = false, .sound = false, .list = list, .read = read_images};

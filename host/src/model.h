/* model.h - a quantized network in canonical form: what fixed.c computes, independent of any device.
 *
 * The file format (safetensors), as a numbered list:
 *  1. 8 bytes: length N of the header, little-endian; N bytes of JSON, padded with spaces to a multiple of 8;
 *     then the tensors' bytes, little-endian, widest elements first, without gaps.
 *  2. __metadata__ (strings): "format" = "sterna-model", "version" = "1", "cell" = "gru", "layers", "inputs",
 *     "hidden", "outputs", "weights" and "weights_output" (format names: "ternary", "pow2"), "input" = "one-hot" or
 *     "dense" (vectors of int8), "alphabet" (hexadecimal, two digits per symbol, ascending; absent if the
 *     model is not of text), and provenance, all of it optional: "data", "recipe", "updates", "seed",
 *     "valid_bpc".
 *  3. Per layer K, in PyTorch's names and gate order (r, z, n), both matrices "weight_ih_lK" [3H, I] and
 *     "weight_hh_lK" [3H, H] as ".code" I8 of that shape, the integer value of each weight, and ".scale_m" U8
 *     [3H], ".scale_s" U8 [3H]: each row's scale m / 2^s takes the integer sum to Q4.11. "bias_lK" I16 [4H] in
 *     Q4.11: b_r, b_z, b_xn, b_hn, each H long.
 *  4. "linear.weight.code" I8 [O, H], "linear.weight.scale_m" U8 [O], "linear.weight.scale_s" U8 [O],
 *     "linear.bias" I16 [O]. There are no other tensors.
 */
#ifndef STERNA_MODEL_H
#define STERNA_MODEL_H

#include "sterna.h"

/* Codes of a weight: ternary -1, 0, 1; pow2 0, +-1, +-2, +-4, ... +-64; binary -1, 1; int4 -7..7; int8 -127..127. */
enum sterna_format {
    STERNA_FORMAT_TERNARY,
    STERNA_FORMAT_POW2,
    STERNA_FORMAT_BINARY,
    STERNA_FORMAT_INT4,
    STERNA_FORMAT_INT8,
    STERNA_FORMATS
};
enum sterna_cell { STERNA_CELL_GRU, STERNA_CELLS };

enum { STERNA_MODEL_SIZE_MAX = 16384, STERNA_MODEL_LAYERS_MAX = 64 }; /* inputs, hidden, outputs; layers */

/* A quantized matrix: weight[r][c] = code[r * cols + c] * scale_m[r] / 2^scale_s[r] (sum -> Q4.11 by row). */
struct sterna_matrix {
    enum sterna_format format;
    size_t rows, cols;
    int8_t *code;
    uint8_t *scale_m; /* [rows] */
    uint8_t *scale_s; /* [rows], 0..31 */
};

struct sterna_layer {
    enum sterna_cell cell;
    size_t inputs, hidden;
    struct sterna_matrix ih; /* [3H, I] */
    struct sterna_matrix hh; /* [3H, H] */
    int16_t *bias;           /* [4H] Q4.11: r, z, xn, hn */
};

struct sterna_model {
    size_t layers;
    struct sterna_layer *layer;
    struct sterna_matrix output; /* [O, H] */
    int16_t *output_bias;        /* [O], Q4.11 */
    bool one_hot;                /* inputs are indices (activation 64 = 1.0), not vectors */
    size_t symbols;              /* of a text model; 0 otherwise */
    uint8_t alphabet[256];
    char data[512]; /* provenance */
    char *recipe;   /* provenance, recipe-file text; may be NULL */
    uint64_t updates, seed;
    double valid_bpc; /* NaN if unknown */
};

/* An empty model with every array allocated (zeroed): layers of GRU, all ternary. STERNA_ERR_RANGE if a
 * size is 0 or beyond its limit. */
STERNA_MUST_CHECK enum sterna_status sterna_model_new(size_t inputs, size_t hidden, size_t layers,
                                                      size_t outputs, struct sterna_model **model,
                                                      struct sterna_error *error);
/* The format of the cells' matrices, and of the output layer's. */
void sterna_model_set_formats(struct sterna_model *model, enum sterna_format format,
                              enum sterna_format format_output);
STERNA_MUST_CHECK enum sterna_status sterna_model_save(const struct sterna_model *model, const char *path,
                                                       struct sterna_error *error);
/* Why the values of a model are not valid (codes within the format's limit, scale_s <= 31, the alphabet
 * ascending and as long as inputs and outputs): STERNA_ERR_RANGE. _save and _load call it. */
STERNA_MUST_CHECK enum sterna_status sterna_model_check(const struct sterna_model *model,
                                                        struct sterna_error *error);
const char *sterna_cell_name(enum sterna_cell cell);
const char *sterna_format_name(enum sterna_format format);
/* Whether code is a weight of the format. */
bool sterna_format_has(enum sterna_format format, int code);
STERNA_MUST_CHECK enum sterna_status sterna_format_find(const char *name, enum sterna_format *format,
                                                        struct sterna_error *error);
/* Largest magnitude of a code of the format (ternary: 1). */
int sterna_format_limit(enum sterna_format format);

#endif

/* model.h - a quantized network in canonical form: what fixed.c computes, independent of any device.
 *
 * The file format (safetensors), version 2, as a numbered list:
 *  1. 8 bytes: length N of the header, little-endian; N bytes of JSON, padded with spaces to a multiple of 8;
 *     then the tensors' bytes, little-endian, widest elements first, without gaps.
 *  2. __metadata__ (strings) that must be there: "format" = "sterna-model"; "version" = "2"; "cell" = "gru", "lstm",
 *     "rnn-tanh", "rnn-relu" or "rnn-sign"; "layers", "inputs", "hidden", "outputs"; "weights_input" (weight_ih of
 *     every layer), "weights_recurrent" (weight_hh) and "weights_output", each a format: "ternary", "pow2", "binary",
 *     "int4", "int8" or "codebook"; "head" = "next" (a prediction after every step), "last" (one, of the last step) or "mean"
 *     (one, of the mean of the logits over all steps); "input" = "one-hot" (indices, activation 64 = 1.0) or "dense"
 *     (vectors of int8, value q / 2^input_fraction).
 *  3. __metadata__ that may be there: "input_fraction" (0..7, of "dense"); "alphabet" of a model of text (hexadecimal,
 *     two digits per symbol, ascending); "classes" (one name per output, joined by newlines); "front_end" and "rate" of
 *     a model of sound (key=value lines as sterna_front_end_set takes them; samples a second); and provenance: "data",
 *     "recipe", "updates", "seed", "metric" ("bpc" or "accuracy") and "valid", its value on the validation split.
 *  4. Per layer K, in PyTorch's names and gate order (GRU: r, z, n; LSTM: i, f, g, o; the others have one), with G
 *     gates: the matrices "weight_ih_lK" [G*H, I] and "weight_hh_lK" [G*H, H], see 6; "bias_lK" I16 [B*H] in Q4.11: GRU
 *     r, z, xn, hn; LSTM i, f, g, o; one otherwise; each H long.
 *  5. The matrix "linear.weight" [O, H], see 6, and "linear.bias" I16 [O] in Q4.11.
 *  6. A matrix NAME [rows, cols] is three tensors: its codes, and "NAME.scale_m" U8 [rows], "NAME.scale_s" U8 [rows]:
 *     each row's scale m / 2^s takes the integer sum to Q4.11. The codes, an integer per weight (ternary -1, 0, 1; pow2
 *     0, +-1, +-2, +-4, ... +-64; binary -1, 1; int4 -7..7; int8 -127..127), are either "NAME.code" I8 [rows, cols], or,
 *     but for int8, "NAME.packed" U8 [rows, ceil(cols / n)], n codes to the byte: column n * b + k of a row is
 *     the digit d = byte[b] / base^k % base (k = 0: the least significant), and
 *
 *         format     n   base   code
 *         binary     8    2     2 d - 1
 *         ternary    5    3     d - 1
 *         int4       2   16     d - 8                                       (d = 0 is not used)
 *         pow2       2   16     sign(d - 8) 2^(|d - 8| - 1), 0 for d = 8     (d = 0 is not used)
 *
 *     The digits past the last column are those of code 0 (binary: d = 0). In NumPy, p being the U8 array:
 *
 *         d = (p[:, :, None].astype(int) // base ** np.arange(n) % base).reshape(len(p), -1)[:, :cols]
 *         code = {2: 2 * d - 1, 3: d - 1, 16: d - 8}[base]                  # binary, ternary, int4
 *         code = np.sign(d - 8) * (2 ** abs(d - 8) // 2)                    # pow2
 *
 *     This library writes ".packed" wherever there is one and reads both. The format codebook has instead of codes
 *     "NAME.codebook" I8 [128, n], n = 1..8: words of n elements, -127..127; and "NAME.names" U8 [rows, G],
 *     G = 8 ceil(cols / 8n): group 8b + g of a row covers the columns 8nb + 8j + g, j = 0..n-1, as far as there are such
 *     columns, and its name says which word has their weights (bits 6..0) and whether negated (bit 7). Groups without
 *     any column are named 0. In NumPy, w being the codebook and m the names:
 *
 *         code = w[m & 127] * np.where(m & 128, -1, 1)[:, :, None]                 # [rows, G, n]
 *         code = code.reshape(rows, -1, 8, n).swapaxes(2, 3).reshape(rows, -1)[:, :cols]
 *  7. A model with a stack (stack_shape.h), feed-forward layers in front of the recurrent ones, of which there may be none then ("layers" = "0"),
 *     has in its __metadata__ "stack", the recipe's text; "steps", the length of its sequences, if it has dense layers; and
 *     "weights_stack", their format. Each convolution K of the stack, counted with the poolings, has the matrix "stack.K.weight" [N, cols], see 6,
 *     its columns in the order (ky, kx, channel of the group), and "stack.K.bias" I16 [N] in Q4.11. "inputs" are the values of a step of the sequence.
 *  8. A model of sound has "front_end.mean" and "front_end.deviation", F32 [I]. There are no other tensors.
 */
#ifndef STERNA_MODEL_H
#define STERNA_MODEL_H

#include "stack_shape.h"

enum sterna_format {
    STERNA_FORMAT_TERNARY, /* -1, 0, 1 */
    STERNA_FORMAT_POW2,    /* 0, +-1, +-2, +-4, ... +-64 */
    STERNA_FORMAT_BINARY,  /* -1, 1 */
    STERNA_FORMAT_INT4,    /* -7..7 */
    STERNA_FORMAT_INT8,    /* -127..127 */
    STERNA_FORMAT_CODEBOOK, /* -127..127, in groups that are words of a codebook or their negatives: codebook.h */
    STERNA_FORMATS
};
enum sterna_cell {
    STERNA_CELL_GRU,
    STERNA_CELL_LSTM,
    STERNA_CELL_RNN_TANH,
    STERNA_CELL_RNN_RELU,
    STERNA_CELL_RNN_SIGN,
    STERNA_CELLS
};
/* When a network predicts: after every step; once, after the last; once, from the mean over the steps. */
enum sterna_head { STERNA_HEAD_NEXT, STERNA_HEAD_LAST, STERNA_HEAD_MEAN, STERNA_HEADS };

enum {
    STERNA_MODEL_SIZE_MAX = 16384, /* inputs, hidden, outputs */
    STERNA_MODEL_LAYERS_MAX = 64,
    STERNA_MODEL_SUM_MAX = (1 << 23) - 1, /* of a row: sum of |code| * 127 */
    STERNA_MODEL_FRACTION_MAX = 7,        /* input_fraction */
    STERNA_MODEL_METRIC = 16
};

/* The codebook of a matrix and its groups' words, codebook.h; elements = 0: there is none. */
struct sterna_codebook {
    size_t elements; /* n of a word, 1..8 */
    size_t groups;   /* of a row */
    int8_t *word;    /* [128, n] */
    uint8_t *name;   /* [rows, groups]: bit 7 negates the word of bits 6..0 */
};

/* A quantized matrix: weight[r][c] = code[r * cols + c] * scale_m[r] / 2^scale_s[r] (sum -> Q4.11 by row). */
struct sterna_matrix {
    enum sterna_format format;
    size_t rows, cols;
    int8_t *code;
    uint8_t *scale_m;            /* [rows] */
    uint8_t *scale_s;            /* [rows], 0..31 */
    struct sterna_codebook book; /* of format codebook: code is what its names say */
};

/* G, B: gates and biases of the cell. The two matrices may have different formats. */
struct sterna_layer {
    enum sterna_cell cell;
    size_t inputs, hidden;
    struct sterna_matrix ih; /* [G*H, I] */
    struct sterna_matrix hh; /* [G*H, H] */
    int16_t *bias;           /* [B*H] Q4.11; GRU: r, z, xn, hn */
};

/* A convolution of the stack: batch normalization is in scales and biases. */
struct sterna_filters {
    struct sterna_matrix weight; /* [out.channels, cols] */
    int16_t *bias;               /* [out.channels] Q4.11 */
};

struct sterna_model {
    struct sterna_stack_shape stack;
    struct sterna_filters *filters; /* [stack.layers]; zeros of those that are no convolutions */
    size_t layers;
    struct sterna_layer *layer;
    struct sterna_matrix output; /* [O, H] */
    int16_t *output_bias;        /* [O], Q4.11 */
    enum sterna_head head;
    bool one_hot;            /* inputs are indices (activation 64 = 1.0), not vectors */
    unsigned input_fraction; /* of vectors: a value q stands for q / 2^input_fraction */
    /* Text: symbols = inputs = outputs, head next. */
    size_t symbols; /* 0: not of text */
    uint8_t alphabet[256];
    /* Classification. */
    size_t classes; /* outputs, or 0: they have no names */
    char (*class_name)[STERNA_CLASS_NAME];
    /* Sound. */
    uint32_t rate; /* samples a second; 0: not of sound, and what follows is unused */
    struct sterna_front_end_options front_end;
    float *mean, *deviation; /* [inputs]; NULL if not of sound */
    /* Provenance. */
    char data[512];
    char *recipe; /* recipe-file text; may be NULL */
    uint64_t updates, seed;
    char metric[STERNA_MODEL_METRIC]; /* "bpc" or "accuracy", of valid; "" if valid is unknown */
    double valid;                     /* on the validation split; NaN if unknown */
};

/* All layers have the same cell and the same number of units. */
struct sterna_model_shape {
    enum sterna_cell cell;
    size_t inputs, hidden, layers, outputs;
};

/* An empty model with every array of this shape allocated (zeroed), all ternary, head next, dense inputs.
 * STERNA_ERR_RANGE if a size is 0 or beyond its limit. */
STERNA_MUST_CHECK enum sterna_status sterna_model_new(const struct sterna_model_shape *shape,
                                                      struct sterna_model **model,
                                                      struct sterna_error *error);
/* The same behind a stack, which may be empty: inputs are the stack's, layers may be 0, and hidden counts for nothing then. */
STERNA_MUST_CHECK enum sterna_status sterna_model_new_behind(const struct sterna_stack_shape *stack,
                                                             const struct sterna_model_shape *shape,
                                                             struct sterna_model **model,
                                                             struct sterna_error *error);
/* The formats of every layer's ih, every layer's hh, and of the output layer. */
void sterna_model_set_formats(struct sterna_model *model, enum sterna_format input,
                              enum sterna_format recurrent, enum sterna_format output);
/* The format of the stack's matrices. */
void sterna_model_set_stack_format(struct sterna_model *model, enum sterna_format format);
enum sterna_format sterna_model_stack_format(const struct sterna_model *model);
/* Values of a step of what goes in; values of a frame behind the stack. */
size_t sterna_model_inputs(const struct sterna_model *model);
size_t sterna_model_frame(const struct sterna_model *model);
/* The activation that stands for 1.0 in front of layer k of the stack (k = stack.layers: behind it), and of the output layer. */
int sterna_model_stack_one(const struct sterna_model *model, size_t k);
int sterna_model_one(const struct sterna_model *model);
/* Copy the names [classes] of the outputs (only read; C11 has no way to say so of an array); classes = 0 takes them away. */
STERNA_MUST_CHECK enum sterna_status sterna_model_set_classes(struct sterna_model *model, size_t classes,
                                                              char (*name)[STERNA_CLASS_NAME],
                                                              struct sterna_error *error);
/* Make it a model of sound: copies options, mean [inputs] and deviation [inputs]; rate > 0. */
STERNA_MUST_CHECK enum sterna_status sterna_model_set_sound(struct sterna_model *model, uint32_t rate,
                                                            const struct sterna_front_end_options *options,
                                                            const float *mean, const float *deviation,
                                                            struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_model_save(const struct sterna_model *model, const char *path,
                                                       struct sterna_error *error);
/* Why the values of a model are not valid: STERNA_ERR_RANGE. Codes are of their format and of their codebook, scale_s <= 31; no row can
 * sum to more than STERNA_MODEL_SUM_MAX; the alphabet is ascending and as long as inputs and outputs, and the head is
 * next; class names are one per output, 1..31 bytes of UTF-8 in one line; input_fraction <= 7; the front end gives as
 * many values as there are inputs. _save and _load call it. */
STERNA_MUST_CHECK enum sterna_status sterna_model_check(const struct sterna_model *model,
                                                        struct sterna_error *error);

/* "ternary", "pow2", "binary", "int4", "int8", "codebook" */
const char *sterna_format_name(enum sterna_format format);
STERNA_MUST_CHECK enum sterna_status sterna_format_find(const char *name, enum sterna_format *format,
                                                        struct sterna_error *error);
/* Whether code is a weight of the format. */
bool sterna_format_has(enum sterna_format format, int code);
/* Largest magnitude of a code of the format (ternary: 1). */
int sterna_format_limit(enum sterna_format format);

/* "gru", "lstm", "rnn-tanh", "rnn-relu", "rnn-sign" */
const char *sterna_cell_name(enum sterna_cell cell);
STERNA_MUST_CHECK enum sterna_status sterna_cell_by_name(const char *name, enum sterna_cell *cell,
                                                         struct sterna_error *error);
size_t sterna_cell_gates(enum sterna_cell cell);  /* rows of ih and of hh per unit */
size_t sterna_cell_biases(enum sterna_cell cell); /* per unit */
/* The activation that stands for h = 1.0: 128 (beyond the largest, 127), rnn-relu 32, rnn-sign 64. */
int sterna_cell_one(enum sterna_cell cell);

/* "next", "last", "mean" */
const char *sterna_head_name(enum sterna_head head);
STERNA_MUST_CHECK enum sterna_status sterna_head_by_name(const char *name, enum sterna_head *head,
                                                         struct sterna_error *error);

/* logits[outputs] from the mean over the steps of the output layer's exact sums: sum_of_sums[outputs] of steps > 0
 * steps. The layer is linear, so these are the means of the steps' logits. */
void sterna_model_logits_mean(const struct sterna_model *model, const int64_t *sum_of_sums, size_t steps,
                              float *logits);

#endif

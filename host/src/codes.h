/* codes.h - codes of a few bits, several to the byte: ".packed" of a model file (model.h, item 6).
 *
 * Column n * b + k is digit k of byte b in the format's base, least significant first; the digits past the last column are
 * those of code 0 (binary: digit 0). Not how a device packs them: that is program.h.
 */
#ifndef STERNA_CODES_H
#define STERNA_CODES_H

#include "model.h"

/* n: weights of the format to the byte; 1 (int8, codebook) means that there is no packed form. */
size_t sterna_codes_per_byte(enum sterna_format format);
/* Bytes of `count` codes. */
size_t sterna_codes_bytes(enum sterna_format format, size_t count);
/* Bytes of a matrix's weights; of a codebook its words and the names of its groups. */
size_t sterna_codes_size(const struct sterna_matrix *matrix);
/* Pack the codes [count], valid ones of the format, into packed [sterna_codes_bytes]. Not for int8. */
void sterna_codes_pack(enum sterna_format format, const int8_t *code, size_t count, uint8_t *packed);
/* Unpack code [count]. Returns false, leaving code in part written, if a byte is none that _pack writes; *wrong receives
 * its index. */
STERNA_MUST_CHECK bool sterna_codes_unpack(enum sterna_format format, const uint8_t *packed, size_t count,
                                           int8_t *code, size_t *wrong);

#endif

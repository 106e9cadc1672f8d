/* labels.h - what symbols and classes are called, as the metadata of models and checkpoints have it: an alphabet in hexadecimal, two digits
 * a symbol, and names of classes, one a line.
 */
#ifndef STERNA_LABELS_H
#define STERNA_LABELS_H

#include "sterna.h"

enum {
    STERNA_ALPHABET_MAX = 256,
    STERNA_ALPHABET_TEXT = 2 * STERNA_ALPHABET_MAX + 1 /* bytes of its text, the end included */
};

void sterna_alphabet_print(const uint8_t *alphabet, size_t symbols, char text[STERNA_ALPHABET_TEXT]);
/* The number of symbols; 0 if the text is not 1 to 256 pairs of lower-case digits. alphabet has room for STERNA_ALPHABET_MAX. */
size_t sterna_alphabet_read(const char *text, uint8_t *alphabet);

/* A text that the caller frees; NULL without memory. */
char *sterna_class_names_print(char (*name)[STERNA_CLASS_NAME], size_t classes);
/* As many names as the text has lines, for the caller to free. STERNA_ERR_FORMAT, with a reason without a file's name, if one has not 1 to
 * STERNA_CLASS_NAME - 1 bytes. */
STERNA_MUST_CHECK enum sterna_status sterna_class_names_read(const char *text,
                                                             char (**name)[STERNA_CLASS_NAME],
                                                             size_t *classes, struct sterna_error *error);

#endif

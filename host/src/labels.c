/* labels.c - see labels.h. */
#include "labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sterna_alphabet_print(const uint8_t *alphabet, size_t symbols, char text[STERNA_ALPHABET_TEXT])
{
    text[0] = '\0';
    for (size_t i = 0; i < symbols; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", alphabet[i]);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t sterna_alphabet_read(const char *text, uint8_t *alphabet)
{
    const size_t digits = strlen(text);
    if (digits % 2 != 0 || digits > 2 * STERNA_ALPHABET_MAX)
        return 0;
    for (size_t i = 0; i < digits / 2; i++) {
        const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return 0;
        alphabet[i] = (uint8_t)(16 * high + low);
    }
    return digits / 2;
}

char *sterna_class_names_print(char (*name)[STERNA_CLASS_NAME], size_t classes)
{
    char *text = malloc(classes * STERNA_CLASS_NAME + 1), *at = text;
    if (text)
        text[0] = '\0';
    for (size_t i = 0; text && i < classes; i++)
        at += sprintf(at, "%s%s", i > 0 ? "\n" : "", name[i]);
    return text;
}

enum sterna_status sterna_class_names_read(const char *text, char (**name)[STERNA_CLASS_NAME],
                                           size_t *classes, struct sterna_error *error)
{
    size_t count = 1;
    for (const char *c = text; *c != '\0'; c++)
        count += *c == '\n';
    char(*fresh)[STERNA_CLASS_NAME] = calloc(count, sizeof *fresh);
    if (!fresh)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the names of classes");
    for (size_t i = 0; i < count; i++, text += strcspn(text, "\n") + 1) {
        const size_t length = strcspn(text, "\n");
        if (length == 0 || length >= STERNA_CLASS_NAME) {
            free(fresh);
            return sterna_fail(error, STERNA_ERR_FORMAT,
                               "classes: the name of class %zu has %zu bytes: 1 to %d", i, length,
                               STERNA_CLASS_NAME - 1);
        }
        memcpy(fresh[i], text, length);
    }
    *name = fresh;
    *classes = count;
    return STERNA_OK;
}

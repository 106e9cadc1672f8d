/* utf8.c - one pass, one table-free rule per lead byte. */
#include "utf8.h"

/* Bytes of the UTF-8 sequence at the start of text, 0 if there is none. */
static size_t utf8_sequence(const unsigned char *text, size_t size)
{
    unsigned char lead = text[0];
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                    : (lead & 0xF0) == 0xE0        ? 3
                    : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                   : 0;
    if (length == 0 || length > size)
        return 0;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

bool sterna_utf8_valid(const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = utf8_sequence((const unsigned char *)text + i, size - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

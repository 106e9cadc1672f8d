/* utf8.h - is it UTF-8? */
#ifndef STERNA_UTF8_H
#define STERNA_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 3629: no overlong forms, no surrogates, at most U+10FFFF. */
bool sterna_utf8_valid(const char *text, size_t size);

#endif

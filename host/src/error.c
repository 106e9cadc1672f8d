/* error.c - one line for people beside every status. */
#include "sterna.h"

#include <stdarg.h>
#include <stdio.h>

#undef sterna_fail

/* Names from a hostile file must not break the line or reach the terminal as control sequences. */
static void blank_controls(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7F)
            *text = '?';
    }
}

enum sterna_status sterna_fail(struct sterna_error *error, enum sterna_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(error->reason, sizeof error->reason, format, arguments);
        va_end(arguments);
        blank_controls(error->reason);
    }
    return status;
}

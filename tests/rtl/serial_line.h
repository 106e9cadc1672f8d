/* serial_line.h - for the tests of the UART: the level of a serial line, cycle by cycle, with what a real one does. */
#ifndef STERNA_SERIAL_LINE_H
#define STERNA_SERIAL_LINE_H

#include <stddef.h>

#include "seeded.h"

#define SERIAL_CYCLES_PER_BIT (40.0 / 3.0) /* 40 MHz, 3 Mbaud: the modules' defaults */

enum { SERIAL_MOST = 1 << 14 };

/* Edges to come: the line changes to level[i] at time[i], in cycles. */
struct serial_line {
    double time[SERIAL_MOST];
    bool level[SERIAL_MOST];
    size_t count, next;
    double end;    /* of what was sent so far */
    double bit;    /* cycles */
    double jitter; /* edges move by up to this part of a bit, either way */
    struct seeded random;
    bool now;
};

static inline void serial_line_init(struct serial_line *line, double rate_error, double jitter, uint32_t seed)
{
    *line = (struct serial_line){.bit = SERIAL_CYCLES_PER_BIT / (1.0 + rate_error),
                                 .jitter = jitter,
                                 .random = {seed},
                                 .now = true,
                                 .end = 40.0};
}

/* Hold a level for so many bit times. */
static inline void serial_line_hold(struct serial_line *line, bool level, double bits)
{
    if (line->count < SERIAL_MOST) {
        double move = line->jitter * (seeded_below(&line->random, 2001) / 1000.0 - 1.0);
        line->time[line->count] = line->end + move * line->bit;
        line->level[line->count++] = level;
    }
    line->end += bits * line->bit;
}

/* One byte; stop = false: a low stop bit. */
static inline void serial_line_send(struct serial_line *line, uint8_t byte, bool stop)
{
    serial_line_hold(line, false, 1.0);
    for (unsigned bit = 0; bit < 8; bit++)
        serial_line_hold(line, (byte >> bit & 1) != 0, 1.0);
    serial_line_hold(line, stop, 1.0);
}

/* The level at a cycle; cycles in ascending order. */
static inline bool serial_line_level(struct serial_line *line, size_t cycle)
{
    while (line->next < line->count && line->time[line->next] <= (double)cycle)
        line->now = line->level[line->next++];
    return line->now;
}

#endif

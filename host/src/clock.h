/* clock.h - how much time has passed. */
#ifndef STERNA_CLOCK_H
#define STERNA_CLOCK_H

/* Seconds since some moment, never going back: differences mean something, the value itself does not. */
double sterna_clock_seconds(void);

#endif

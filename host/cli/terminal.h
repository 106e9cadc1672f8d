/* terminal.h - standard error: complaints, notes, and the progress of long work. */
#ifndef STERNA_TERMINAL_H
#define STERNA_TERMINAL_H

#include "sterna.h"

/* "sterna: <command>: <reason>"; command may be NULL. One line, newline added. */
void sterna_complain(const char *command, const char *format, ...) STERNA_PRINTF(2, 3);

/* For --wait: tell people what is waited for, as this command's notes; wait false: do not wait. */
struct sterna_wait sterna_terminal_wait(bool wait, const char *command);

/* Seconds of a clock that only goes forward. */
double sterna_terminal_clock(void);

/* Progress of one piece of work: a bar redrawn in place on a terminal, else a plain line every few seconds. */
struct sterna_bar {
    const char *label;
    bool terminal;
    double begun, drawn; /* seconds of sterna_terminal_clock */
    bool shown;          /* something was drawn since the last newline */
};

void sterna_bar_begin(struct sterna_bar *bar, const char *label);
/* done of total, and what else to say; draws only if it is time to, or if done == total. */
void sterna_bar_show(struct sterna_bar *bar, uint64_t done, uint64_t total, const char *text);
/* Leave the bar's line; harmless if there is none. */
void sterna_bar_end(struct sterna_bar *bar);
/* For sterna_eval_options.progress, the bar being the context. */
void sterna_bar_steps(size_t done, size_t total, void *bar);

#endif

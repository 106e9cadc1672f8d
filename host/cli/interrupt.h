/* interrupt.h - Ctrl-C: the first one asks the work to stop where nothing is lost, the second one kills. */
#ifndef STERNA_INTERRUPT_H
#define STERNA_INTERRUPT_H

#include <signal.h>

/* Catch SIGINT and SIGTERM from now on. The flag becomes non-zero with the first of them. */
const volatile sig_atomic_t *sterna_interrupt_catch(void);

#endif

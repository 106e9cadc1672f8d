#include "interrupt.h"

#include <stddef.h>

static volatile sig_atomic_t stop; /* a signal handler can reach nothing else */

static void ask_to_stop(int number)
{
    (void)number;
    stop = 1;
}

/* SA_RESETHAND gives the second signal its default action, which is to kill. */
const volatile sig_atomic_t *sterna_interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = ask_to_stop};

    action.sa_flags = (int)(SA_RESETHAND | SA_RESTART);
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    return &stop;
}

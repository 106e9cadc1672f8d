/* simulator.c - run a program with simulated USB boards plugged in.
 *
 *   simulator [--board [ftdi],[serial=S],[on=LINK],[busy],[denied],[driver]]... [--fault KIND:WHEN]... [--replug N] [--interrupt N] -- PROGRAM [argument]...
 *
 * Faults are those of the first board. After an unplug by a fault it is plugged in again, N times. At the Nth unplug the
 * program gets an interrupt. The exit status is the program's; the last line on standard error is what the first port saw.
 */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "usb_bed.h"

#define PRELOAD "libumockdev-preload.so.0"

extern char **environ;

struct board {
    struct usb_device_options device;
    struct usb_port_options port;
    char text[128];
};

struct simulator {
    struct board board[USB_PORTS];
    struct usb_device *device[USB_PORTS];
    size_t boards;
    struct usb_faults faults, none;
    unsigned long replugs, interrupt;
    char **program;
    pid_t child;
    int events[2]; /* a pipe: a byte for each unplug */
    int life[2];   /* a pipe whose other end the program has: it ends with the program */
};

static bool parse_board(struct simulator *self, const char *text)
{
    if (self->boards == USB_PORTS)
        return false;
    struct board *board = &self->board[self->boards];
    (void)snprintf(board->text, sizeof board->text, "%s", text);
    board->device = (struct usb_device_options){
        .serial = "",
        .accelerator = "reference",
        .faults = self->boards++ == 0 ? &self->faults : &self->none,
    };
    for (char *word = strtok(board->text, ","); word; word = strtok(NULL, ",")) {
        if (strcmp(word, "ftdi") == 0)
            board->device.ftdi = true;
        else if (strncmp(word, "serial=", 7) == 0)
            board->device.serial = word + 7;
        else if (strncmp(word, "on=", 3) == 0)
            board->device.accelerator = word + 3;
        else if (strcmp(word, "busy") == 0)
            board->port.busy = true;
        else if (strcmp(word, "denied") == 0)
            board->port.denied = true;
        else if (strcmp(word, "driver") == 0)
            board->port.kernel_driver = true;
        else if (strcmp(word, "vendor") != 0)
            return false;
    }
    return true;
}

static bool parse_option(struct simulator *self, const char *name, const char *value)
{
    if (strcmp(name, "--board") == 0)
        return parse_board(self, value);
    if (strcmp(name, "--fault") == 0)
        return usb_fault_parse(&self->faults, value);
    if (strcmp(name, "--replug") == 0)
        self->replugs = strtoul(value, NULL, 10);
    else if (strcmp(name, "--interrupt") == 0)
        self->interrupt = strtoul(value, NULL, 10);
    else
        return false;
    return true;
}

static bool parse(struct simulator *self, char **argv)
{
    for (; *argv && strcmp(*argv, "--") != 0; argv += 2)
        if (!argv[1] || !parse_option(self, argv[0], argv[1]))
            return false;
    self->program = *argv ? argv + 1 : argv;
    return *self->program != NULL;
}

/* On umockdev's thread. */
static void on_unplugged(void *context, size_t port)
{
    const struct simulator *self = context;
    const char byte = (char)port;
    (void)!write(self->events[1], &byte, 1);
}

/* umockdev's daemon of events needs the preload library in this process as well. */
static void preload(char **argv)
{
    const char *now = getenv("LD_PRELOAD");
    if (now && strstr(now, PRELOAD))
        return;
    (void)setenv("LD_PRELOAD", PRELOAD, 1);
    (void)execv("/proc/self/exe", argv);
    perror("simulator: exec");
    exit(2);
}

static bool plug_all(struct simulator *self, struct usb_bed *bed)
{
    for (size_t i = 0; i < self->boards; i++) {
        self->device[i] = usb_device_new(&self->board[i].device);
        if (!self->device[i] ||
            !usb_bed_plug(bed, i, self->device[i], &self->board[i].port, self->board[i].device.faults))
            return false;
    }
    return true;
}

/* Until the program has ended; a device that its fault unplugged is taken away, and plugged in again if that is wanted. A
 * replugged board has lost its memory. */
static void attend(struct simulator *self, struct usb_bed *bed)
{
    struct pollfd look[2] = {{self->events[0], POLLIN, 0}, {self->life[0], POLLIN, 0}};
    for (;;) {
        char port = 0;
        if (poll(look, 2, -1) < 0 && errno == EINTR)
            continue;
        if (look[1].revents)
            return;
        if (read(self->events[0], &port, 1) != 1)
            continue;
        const size_t i = (size_t)port;
        usb_bed_unplug(bed, i);
        if (self->interrupt > 0 && --self->interrupt == 0)
            (void)kill(self->child, SIGINT);
        if (self->replugs == 0)
            continue;
        self->replugs--;
        usb_device_free(self->device[i]);
        self->device[i] = usb_device_new(&self->board[i].device);
        if (!self->device[i] ||
            !usb_bed_plug(bed, i, self->device[i], &self->board[i].port, self->board[i].device.faults))
            abort();
    }
}

static pid_t start(struct simulator *self)
{
    pid_t child = -1;
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addclose(&actions, self->life[0]);
    (void)posix_spawn_file_actions_addclose(&actions, self->events[0]);
    (void)posix_spawn_file_actions_addclose(&actions, self->events[1]);
    if (posix_spawnp(&child, self->program[0], &actions, NULL, self->program, environ) != 0)
        perror(self->program[0]);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(self->life[1]);
    return child;
}

/* Of the program, once it has ended. */
static long cpu_milliseconds(void)
{
    struct rusage used;
    if (getrusage(RUSAGE_CHILDREN, &used) != 0)
        return -1;
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

static int run(struct simulator *self)
{
    struct usb_bed *bed = usb_bed_new(on_unplugged, self);
    struct usb_port_counts counts = {0};
    int status = -1;
    if (!bed || !plug_all(self, bed)) {
        (void)fprintf(stderr, "simulator: the boards cannot be plugged in\n");
        return 2;
    }
    self->child = start(self);
    if (self->child > 0) {
        attend(self, bed);
        (void)waitpid(self->child, &status, 0);
    }
    usb_bed_counts(bed, 0, &counts);
    (void)fprintf(
        stderr,
        "simulator: faults %lu submits %lu reaps %lu claims %lu detached %lu attached %lu resets %lu "
        "clear-halts %lu in-flight %lu/%lu cpu-ms %ld\n",
        self->faults.hits, counts.submits, counts.reaps, counts.claims, counts.detached, counts.attached,
        counts.resets, counts.clear_halts, counts.most_in, counts.most_out, cpu_milliseconds());
    usb_bed_free(bed);
    for (size_t i = 0; i < self->boards; i++)
        usb_device_free(self->device[i]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
    static struct simulator self;
    preload(argv);
    (void)signal(SIGHUP, SIG_IGN);
    if (!parse(&self, argv + 1) || argc < 2 || pipe(self.events) != 0 || pipe(self.life) != 0) {
        (void)fprintf(stderr, "usage: simulator [--board ...] [--fault ...] [--replug N] [--interrupt N] -- "
                              "PROGRAM [argument]...\n");
        return 2;
    }
    return run(&self);
}

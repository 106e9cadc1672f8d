/* command_devices.c - sterna devices: which boards are plugged in, and what is in them. */
#include "command.h"
#include "interrupt.h"
#include "record.h"
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>

/* Ask the board what it is; on failure, why is in error. */
static bool introduce(const struct sterna_board *board, struct sterna_geometry *geometry,
                      struct sterna_error *error)
{
    struct sterna_device *device = NULL;

    if (sterna_device_open(board->address, &device, error) != STERNA_OK)
        return false;
    sterna_device_geometry(device, geometry);
    sterna_device_close(device);
    return true;
}

static int record_board(const char *event, const struct sterna_board *board, bool open)
{
    struct sterna_record record;
    struct sterna_geometry geometry = {0};
    struct sterna_error error = {{0}};

    sterna_record_begin(&record, true);
    if (event != NULL)
        sterna_record_text(&record, "event", event);
    sterna_record_text(&record, "address", board->address);
    sterna_record_text(&record, "path", board->path);
    sterna_record_text(&record, "serial", board->serial);
    sterna_record_text(&record, "product", board->product);
    if (open && introduce(board, &geometry, &error)) {
        sterna_record_text(&record, "geometry", geometry.name);
        sterna_record_count(&record, "protocol", geometry.protocol);
        sterna_record_count(&record, "build_id", geometry.build_id);
        sterna_record_count(&record, "clock_khz", geometry.clock_khz);
        sterna_record_count(&record, "weight_bytes", geometry.weight_bytes);
    } else if (open) {
        sterna_record_text(&record, "reason", error.reason);
    }
    return sterna_record_end(&record);
}

static void print_board(const char *event, const struct sterna_board *board, bool open)
{
    struct sterna_geometry geometry;
    struct sterna_error error;

    (void)printf("%s%s%s  %s, port %s", event != NULL ? event : "", event != NULL ? " " : "", board->address,
                 board->product[0] != '\0' ? board->product : "unknown product", board->path);
    if (open && introduce(board, &geometry, &error))
        (void)printf(": %s, firmware build %u, protocol %u, %.1f MHz, %u bytes of weights\n", geometry.name,
                     (unsigned)geometry.build_id, geometry.protocol, geometry.clock_khz / 1000.0,
                     (unsigned)geometry.weight_bytes);
    else
        (void)printf("%s%s\n", open ? ": " : "", open ? error.reason : "");
}

static int list(bool json)
{
    struct sterna_board *boards = NULL;
    size_t count = 0;
    struct sterna_error error;
    int status = STERNA_EXIT_DONE;

    if (sterna_boards_find(&boards, &count, &error) != STERNA_OK) {
        sterna_complain("devices", "%s", error.reason);
        return STERNA_EXIT_FAILED;
    }
    for (size_t i = 0; i < count && status == STERNA_EXIT_DONE; i++) {
        if (json)
            status = record_board(NULL, &boards[i], true);
        else
            print_board(NULL, &boards[i], true);
    }
    if (count == 0)
        sterna_complain("devices", "no board is plugged in");
    free(boards);
    return status;
}

static void on_event(bool arrived, const struct sterna_board *board, void *json)
{
    const char *event = arrived ? "arrived" : "left";

    if (*(bool *)json)
        (void)record_board(event, board, arrived);
    else
        print_board(event, board, arrived);
    (void)fflush(stdout); /* a reader of a pipe wants to know now */
}

static int run(const struct sterna_options *options)
{
    struct sterna_error error;
    bool json = options->json;

    if (!options->watch)
        return list(json);
    if (sterna_boards_watch(sterna_interrupt_catch(), on_event, &json, &error) == STERNA_OK)
        return STERNA_EXIT_DONE;
    sterna_complain("devices", "%s", error.reason);
    return STERNA_EXIT_FAILED;
}

const struct sterna_command sterna_command_devices = {
    .name = "devices",
    .arguments = "",
    .fewest = 0,
    .most = 0,
    .takes = STERNA_TAKES_WATCH | STERNA_TAKES_JSON,
    .summary = "list the boards that are plugged in",
    .details = "One line a board: the address for --on, the product, and what the device says of itself.\n"
               "With --watch: boards as they come and go, until interrupted.\n",
    .run = run,
};

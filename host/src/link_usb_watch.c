/* link_usb_watch.c - the public face of boards on USB: list them, follow them as they come and go, wait for one. */
#include <stdlib.h>
#include <string.h>

#include "link_usb_board.h"

enum { LOOK_MS = 500 }; /* so often the stop flag is looked at */

static enum sterna_status open_context(libusb_context **context, struct sterna_error *error)
{
    const int code = libusb_init(context);
    return code == 0
               ? STERNA_OK
               : sterna_fail(error, STERNA_ERR_IO, "usb: USB is not available: %s", libusb_strerror(code));
}

enum sterna_status sterna_boards_find(struct sterna_board **boards, size_t *count, struct sterna_error *error)
{
    libusb_context *context = NULL;
    struct sterna_usb_boards found = {0};
    enum sterna_status status = open_context(&context, error);
    if (status != STERNA_OK)
        return status;
    status = sterna_usb_boards_find(context, &found, error);
    struct sterna_board *fresh = status == STERNA_OK ? calloc(found.count + 1, sizeof *fresh) : NULL;
    if (status == STERNA_OK && !fresh)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "usb: out of memory for the list of boards");
    if (status == STERNA_OK) {
        for (size_t i = 0; i < found.count; i++)
            fresh[i] = found.board[i].facts;
        *boards = fresh;
        *count = found.count;
    }
    sterna_usb_boards_free(&found);
    libusb_exit(context);
    return status;
}

/* Only notes that something changed: libusb allows little else here. */
static int LIBUSB_CALL on_hotplug(libusb_context *context, libusb_device *device, libusb_hotplug_event event,
                                  void *changed)
{
    (void)context, (void)device, (void)event;
    *(bool *)changed = true;
    return 0;
}

static bool contains(const struct sterna_usb_boards *boards, const struct sterna_usb_board *board)
{
    for (size_t i = 0; i < boards->count; i++)
        if (boards->board[i].device == board->device)
            return true;
    return false;
}

/* Look at what is there now, and report what is new or gone. */
static enum sterna_status refresh(libusb_context *context, struct sterna_usb_boards *known,
                                  void (*report)(bool, const struct sterna_board *, void *), void *user,
                                  struct sterna_error *error)
{
    struct sterna_usb_boards now = {0};
    const enum sterna_status status = sterna_usb_boards_find(context, &now, error);
    if (status != STERNA_OK)
        return status;
    for (size_t i = 0; i < known->count; i++)
        if (!contains(&now, &known->board[i]))
            report(false, &known->board[i].facts, user);
    for (size_t i = 0; i < now.count; i++)
        if (!contains(known, &now.board[i]))
            report(true, &now.board[i].facts, user);
    sterna_usb_boards_free(known);
    *known = now;
    return STERNA_OK;
}

enum sterna_status sterna_boards_watch(const volatile sig_atomic_t *stop,
                                       void (*report)(bool arrived, const struct sterna_board *board,
                                                      void *context),
                                       void *user, struct sterna_error *error)
{
    libusb_context *context = NULL;
    libusb_hotplug_callback_handle handle = 0;
    struct sterna_usb_boards known = {0};
    bool changed = true;
    enum sterna_status status = open_context(&context, error);
    if (status != STERNA_OK)
        return status;
    const bool able = libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) != 0;
    const int code = libusb_hotplug_register_callback(
        context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0,
        LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, on_hotplug, &changed,
        &handle);
    if (!able || code != 0)
        status = sterna_fail(error, STERNA_ERR_IO, "usb: this system does not tell when boards come and go");
    while (status == STERNA_OK && !*stop) {
        struct timeval wait = {0, LOOK_MS * 1000};
        if (changed) {
            changed = false;
            status = refresh(context, &known, report, user, error);
            continue;
        }
        (void)libusb_handle_events_timeout_completed(context, &wait, NULL);
    }
    sterna_usb_boards_free(&known);
    libusb_exit(context);
    return status;
}

struct awaited {
    const char *target;
    volatile sig_atomic_t found;
};

static void look(bool arrived, const struct sterna_board *board, void *context)
{
    struct awaited *awaited = context;
    if (arrived && sterna_usb_is_named(board, awaited->target))
        awaited->found = 1;
}

enum sterna_status sterna_usb_await(const char *target, struct sterna_error *error)
{
    struct awaited awaited = {target, 0};
    return sterna_boards_watch(&awaited.found, look, &awaited, error);
}

/* link_usb_pipe.c - see link_usb_pipe.h. */
#include "link_usb_pipe.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ftdi.h"

enum {
    PATIENCE_MS = 3000, /* for the callbacks of cancelled transfers; they always come */
    MEMORY_MS = 500,    /* for memory of the kernel */
    MEMORY_NAP_MS = 20
};

static uint64_t now_ms(void)
{
    return (uint64_t)(1e3 * sterna_clock_seconds());
}

/* Sleep until something completes, at most so long. */
static void handle_events(struct sterna_usb_pipe *pipe, uint64_t milliseconds)
{
    struct timeval wait = {(time_t)(milliseconds / 1000), (suseconds_t)(milliseconds % 1000 * 1000)};
    (void)libusb_handle_events_timeout_completed(pipe->context, &wait, NULL);
}

static size_t count(const bool busy[STERNA_USB_TRANSFERS])
{
    size_t sum = 0;
    for (size_t i = 0; i < STERNA_USB_TRANSFERS; i++)
        sum += busy[i];
    return sum;
}

static bool *busy_flag(struct sterna_usb_pipe *pipe, const struct libusb_transfer *transfer)
{
    for (size_t i = 0; i < STERNA_USB_TRANSFERS; i++) {
        if (pipe->in_transfer[i] == transfer)
            return &pipe->in_busy[i];
        if (pipe->out_transfer[i] == transfer)
            return &pipe->out_busy[i];
    }
    return NULL;
}

static enum libusb_transfer_status fault_of(int code)
{
    return code == LIBUSB_ERROR_NO_DEVICE ? LIBUSB_TRANSFER_NO_DEVICE : LIBUSB_TRANSFER_ERROR;
}

/* ---- callbacks: from libusb_handle_events only ----------------------------------------------------------- */

/* Whatever the status, what did arrive is kept: a time-out or a stall may follow good data. */
static void take_input(struct sterna_usb_pipe *pipe, const struct libusb_transfer *transfer)
{
    size_t size = (size_t)transfer->actual_length;
    if (pipe->strip)
        size = sterna_ftdi_strip(transfer->buffer, size, pipe->packet);
    if (size > 0 && sterna_queue_put(&pipe->input, transfer->buffer, size) != STERNA_OK)
        pipe->full = true;
    pipe->received += size;
}

static void on_input(struct libusb_transfer *transfer)
{
    struct sterna_usb_pipe *pipe = transfer->user_data;
    bool *busy = busy_flag(pipe, transfer);
    *busy = false;
    if (pipe->stopping)
        return;
    take_input(pipe, transfer);
    if (transfer->status != LIBUSB_TRANSFER_COMPLETED) {
        pipe->in_fault = transfer->status;
        return;
    }
    const int code = pipe->in_fault == LIBUSB_TRANSFER_COMPLETED ? libusb_submit_transfer(transfer) : 0;
    *busy = code == 0 && pipe->in_fault == LIBUSB_TRANSFER_COMPLETED;
    if (code != 0 && (code != LIBUSB_ERROR_NO_MEM || count(pipe->in_busy) == 0))
        pipe->in_fault = fault_of(code); /* short of memory, the transfers still queued do */
}

static void on_output(struct libusb_transfer *transfer)
{
    struct sterna_usb_pipe *pipe = transfer->user_data;
    *busy_flag(pipe, transfer) = false;
    if (pipe->stopping)
        return;
    if (transfer->status != LIBUSB_TRANSFER_COMPLETED)
        pipe->out_fault = transfer->status;
    else if (transfer->actual_length != transfer->length)
        pipe->out_fault = LIBUSB_TRANSFER_ERROR;
}

/* ---- open, start, stop, close ------------------------------------------------------------------------------ */

static struct libusb_transfer *new_transfer(size_t size)
{
    struct libusb_transfer *transfer = libusb_alloc_transfer(0);
    if (transfer)
        transfer->buffer = malloc(size);
    if (transfer && !transfer->buffer) {
        libusb_free_transfer(transfer);
        transfer = NULL;
    }
    return transfer;
}

static void free_transfer(struct libusb_transfer *transfer)
{
    if (!transfer)
        return;
    free(transfer->buffer);
    libusb_free_transfer(transfer);
}

static bool allocate(struct sterna_usb_pipe *pipe)
{
    bool complete = true;
    for (size_t i = 0; i < STERNA_USB_TRANSFERS; i++) {
        struct libusb_transfer *in = pipe->in_transfer[i] = new_transfer(STERNA_USB_IN_BYTES);
        struct libusb_transfer *out = pipe->out_transfer[i] = new_transfer(STERNA_USB_OUT_BYTES);
        complete = complete && in && out;
        if (!complete)
            continue;
        libusb_fill_bulk_transfer(in, pipe->handle, pipe->in, in->buffer, STERNA_USB_IN_BYTES, on_input, pipe,
                                  0);
        libusb_fill_bulk_transfer(out, pipe->handle, pipe->out, out->buffer, 0, on_output, pipe,
                                  STERNA_USB_OUT_MILLISECONDS);
    }
    return complete;
}

enum sterna_status sterna_usb_pipe_start(struct sterna_usb_pipe *pipe, struct sterna_error *error)
{
    int code = 0;
    pipe->stopping = false;
    pipe->in_fault = pipe->out_fault = LIBUSB_TRANSFER_COMPLETED;
    for (size_t i = 0; i < STERNA_USB_TRANSFERS && code == 0; i++) {
        code = libusb_submit_transfer(pipe->in_transfer[i]);
        pipe->in_busy[i] = code == 0;
    }
    if (count(pipe->in_busy) > 0)
        return STERNA_OK; /* fewer are slower, not wrong */
    if (code == LIBUSB_ERROR_NO_MEM)
        return sterna_fail(error, STERNA_ERR_MEMORY,
                           "usb: the kernel has no memory for transfers; raise "
                           "/sys/module/usbcore/parameters/usbfs_memory_mb");
    return sterna_fail(error, STERNA_ERR_DEVICE, "usb: nothing can be received: %s", libusb_strerror(code));
}

enum sterna_status sterna_usb_pipe_open(struct sterna_usb_pipe *pipe, struct sterna_error *error)
{
    if (!allocate(pipe))
        return sterna_fail(error, STERNA_ERR_MEMORY, "usb: out of memory for transfers");
    return sterna_usb_pipe_start(pipe, error);
}

void sterna_usb_pipe_stop(struct sterna_usb_pipe *pipe)
{
    pipe->stopping = true;
    for (size_t i = 0; i < STERNA_USB_TRANSFERS; i++) {
        if (pipe->in_busy[i])
            (void)libusb_cancel_transfer(pipe->in_transfer[i]);
        if (pipe->out_busy[i])
            (void)libusb_cancel_transfer(pipe->out_transfer[i]);
    }
    const uint64_t end = now_ms() + PATIENCE_MS;
    while (count(pipe->in_busy) + count(pipe->out_busy) > 0 && now_ms() < end)
        handle_events(pipe, 100);
    sterna_queue_free(&pipe->input);
}

void sterna_usb_pipe_close(struct sterna_usb_pipe *pipe)
{
    sterna_usb_pipe_stop(pipe);
    for (size_t i = 0; i < STERNA_USB_TRANSFERS; i++) { /* one that never came back is left alone */
        if (!pipe->in_busy[i])
            free_transfer(pipe->in_transfer[i]);
        if (!pipe->out_busy[i])
            free_transfer(pipe->out_transfer[i]);
    }
}

/* ---- bytes ------------------------------------------------------------------------------------------------- */

static bool is_faulty(const struct sterna_usb_pipe *pipe)
{
    return pipe->in_fault != LIBUSB_TRANSFER_COMPLETED || pipe->out_fault != LIBUSB_TRANSFER_COMPLETED;
}

/* A transfer that is not in flight; waits for one. STERNA_USB_TRANSFERS if a fault comes first. */
static size_t free_output(struct sterna_usb_pipe *pipe)
{
    while (!is_faulty(pipe)) {
        for (size_t i = 0; i < STERNA_USB_TRANSFERS; i++)
            if (!pipe->out_busy[i])
                return i;
        handle_events(pipe, STERNA_USB_OUT_MILLISECONDS); /* which ends the oldest at the latest */
    }
    return STERNA_USB_TRANSFERS;
}

/* Submit; if the kernel is short of memory, wait for some to come free. */
static int submit_output(struct sterna_usb_pipe *pipe, size_t i)
{
    const uint64_t end = now_ms() + MEMORY_MS;
    int code = libusb_submit_transfer(pipe->out_transfer[i]);
    while (code == LIBUSB_ERROR_NO_MEM && !is_faulty(pipe) && now_ms() < end) {
        handle_events(pipe, MEMORY_NAP_MS);
        code = libusb_submit_transfer(pipe->out_transfer[i]);
    }
    pipe->out_busy[i] = code == 0;
    return code;
}

enum sterna_status sterna_usb_pipe_send(struct sterna_usb_pipe *pipe, const uint8_t *bytes, size_t size,
                                        bool *faulty, struct sterna_error *error)
{
    for (size_t done = 0, part; done < size; done += part) {
        const size_t i = free_output(pipe);
        if (i == STERNA_USB_TRANSFERS)
            break;
        part = size - done < STERNA_USB_OUT_BYTES ? size - done : STERNA_USB_OUT_BYTES;
        memcpy(pipe->out_transfer[i]->buffer, bytes + done, part);
        pipe->out_transfer[i]->length = (int)part;
        const int code = submit_output(pipe, i);
        if (code == LIBUSB_ERROR_NO_MEM)
            return sterna_fail(error, STERNA_ERR_MEMORY,
                               "usb: the kernel has no memory for a transfer; raise "
                               "/sys/module/usbcore/parameters/usbfs_memory_mb");
        if (code != 0)
            pipe->out_fault = fault_of(code);
    }
    *faulty = is_faulty(pipe);
    return STERNA_OK;
}

enum sterna_status sterna_usb_pipe_receive(struct sterna_usb_pipe *pipe, uint64_t milliseconds,
                                           uint8_t *bytes, size_t size, size_t *got, bool *faulty,
                                           struct sterna_error *error)
{
    uint64_t now = now_ms(), end = now + milliseconds;
    while (pipe->input.size == 0 && !pipe->full && !is_faulty(pipe) && now < end) {
        handle_events(pipe, end - now);
        now = now_ms();
        if (count(pipe->out_busy) > 0)
            end = now + milliseconds;
    }
    if (pipe->full)
        return sterna_fail(error, STERNA_ERR_MEMORY, "usb: out of memory for what was received");
    *got = sterna_queue_take(&pipe->input, bytes, size);
    *faulty = *got == 0 && is_faulty(pipe);
    return STERNA_OK;
}

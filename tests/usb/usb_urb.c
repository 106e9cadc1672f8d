/* usb_urb.c - see usb_urb.h. */
#include "usb_urb.h"

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <stdlib.h>
#include <string.h>

enum { SETUP = 8, PACKET_MOST = 512 };

struct urb {
    UMockdevIoctlData *data;   /* struct usbdevfs_urb in the host's memory */
    UMockdevIoctlData *buffer; /* NULL if it has no length */
    uint8_t type, endpoint;
    int status, actual;
    uint8_t *bytes; /* what buffer holds, or will */
    size_t size, moved;
    bool zero_done; /* an OUT URB of no bytes has had its packet */
};

void urb_read(UMockdevIoctlData *data, void *copy, size_t size)
{
    guint8 *bytes = NULL;
    gint length = 0;
    umockdev_ioctl_data_retrieve(data, &bytes, &length);
    memcpy(copy, bytes, (size_t)length < size ? (size_t)length : size);
    g_free(bytes);
}

static bool is_in(const struct urb *urb)
{
    return (urb->endpoint & 0x80) != 0;
}

static void count(struct urb_queue *queue)
{
    unsigned long in = 0, out = 0;
    for (size_t i = 0; i < queue->pendings; i++)
        if (queue->pending[i]->type == USBDEVFS_URB_TYPE_BULK) {
            in += is_in(queue->pending[i]);
            out += !is_in(queue->pending[i]);
        }
    queue->most_in = in > queue->most_in ? in : queue->most_in;
    queue->most_out = out > queue->most_out ? out : queue->most_out;
}

bool urb_queue_submit(struct urb_queue *queue, UMockdevIoctlData *data)
{
    struct urb *urb = queue->pendings < URB_MOST ? calloc(1, sizeof *urb) : NULL;
    if (!urb)
        return false;
    struct usbdevfs_urb head = {0};
    urb_read(data, &head, sizeof head);
    urb->type = head.type;
    urb->endpoint = head.endpoint;
    urb->size = (size_t)head.buffer_length;
    urb->bytes = calloc(urb->size + 1, 1);
    if (urb->size > 0)
        urb->buffer =
            umockdev_ioctl_data_resolve(data, offsetof(struct usbdevfs_urb, buffer), urb->size, NULL);
    if (!urb->bytes || (urb->size > 0 && !urb->buffer)) {
        free(urb->bytes);
        free(urb);
        return false;
    }
    if (urb->buffer)
        urb_read(urb->buffer, urb->bytes, urb->size);
    urb->data = umockdev_ioctl_data_ref(data);
    queue->pending[queue->pendings++] = urb;
    count(queue);
    return true;
}

static void finish(struct urb_queue *queue, size_t i, int status)
{
    struct urb *urb = queue->pending[i];
    memmove(queue->pending + i, queue->pending + i + 1, (queue->pendings - i - 1) * sizeof *queue->pending);
    queue->pendings--;
    urb->status = status;
    urb->actual = (int)urb->moved;
    if (queue->dones == URB_MOST)
        abort();
    queue->done[queue->dones++] = urb;
}

static int status_of(enum usb_answer answer)
{
    static const int status[] = {[USB_ACK] = 0,
                                 [USB_STALL] = -EPIPE,
                                 [USB_ERROR] = -EPROTO,
                                 [USB_OVERFLOW] = -EOVERFLOW,
                                 [USB_GONE] = -ESHUTDOWN};
    return status[answer];
}

static enum usb_answer control(struct urb *urb, struct usb_device *device)
{
    size_t size = urb->size - SETUP;
    const enum usb_answer answer = usb_device_control(device, urb->bytes, urb->bytes + SETUP, &size);
    urb->moved = answer == USB_ACK ? size : 0;
    return answer;
}

/* Packets of one bulk URB until it is full, short, refused or has to wait (USB_NAK). */
static enum usb_answer bulk_out(struct urb *urb, struct usb_device *device)
{
    const size_t packet = usb_device_packet(device);
    while (urb->moved < urb->size || (urb->size == 0 && !urb->zero_done)) {
        const size_t left = urb->size - urb->moved, size = left < packet ? left : packet;
        const enum usb_answer answer = usb_device_out(device, urb->endpoint, urb->bytes + urb->moved, size);
        if (answer != USB_ACK)
            return answer;
        urb->moved += size;
        urb->zero_done = true;
    }
    return USB_ACK;
}

static enum usb_answer bulk_in(struct urb *urb, struct usb_device *device)
{
    const size_t packet = usb_device_packet(device);
    uint8_t bytes[PACKET_MOST];
    while (urb->moved < urb->size) {
        size_t size = 0;
        const enum usb_answer answer = usb_device_in(device, urb->endpoint, bytes, &size);
        if (answer != USB_ACK)
            return answer;
        if (size > urb->size - urb->moved)
            return USB_OVERFLOW;
        memcpy(urb->bytes + urb->moved, bytes, size);
        urb->moved += size;
        if (size < packet)
            break;
    }
    return USB_ACK;
}

static enum usb_answer serve(struct urb *urb, struct usb_device *device)
{
    if (urb->type == USBDEVFS_URB_TYPE_CONTROL)
        return control(urb, device);
    return is_in(urb) ? bulk_in(urb, device) : bulk_out(urb, device);
}

/* Serve what is pending in one direction; an endpoint that has to wait holds up the URBs behind it. */
static enum usb_answer pump(struct urb_queue *queue, struct usb_device *device, bool in)
{
    for (size_t i = 0; i < queue->pendings;) {
        struct urb *urb = queue->pending[i];
        const bool is_control = urb->type == USBDEVFS_URB_TYPE_CONTROL;
        if (!is_control && is_in(urb) != in) {
            i++;
            continue;
        }
        const enum usb_answer answer = serve(urb, device);
        if (answer == USB_NAK || answer == USB_GONE)
            return answer;
        finish(queue, i, status_of(answer));
    }
    return USB_ACK;
}

enum usb_answer urb_queue_pump(struct urb_queue *queue, struct usb_device *device)
{
    return pump(queue, device, false) == USB_GONE || pump(queue, device, true) == USB_GONE ? USB_GONE
                                                                                           : USB_ACK;
}

bool urb_queue_discard(struct urb_queue *queue, uintptr_t address)
{
    for (size_t i = 0; i < queue->pendings; i++)
        if (queue->pending[i]->data->client_addr == address) {
            finish(queue, i, -ENOENT);
            return true;
        }
    return false;
}

void urb_queue_end_all(struct urb_queue *queue, int status)
{
    while (queue->pendings > 0)
        finish(queue, 0, status);
}

bool urb_queue_has_done(const struct urb_queue *queue)
{
    return queue->dones > 0;
}

UMockdevIoctlData *urb_queue_reap(struct urb_queue *queue)
{
    if (queue->dones == 0)
        return NULL;
    struct urb *urb = queue->done[0];
    memmove(queue->done, queue->done + 1, --queue->dones * sizeof *queue->done);
    UMockdevIoctlData *data = urb->data;
    if (urb->buffer && urb->size > 0)
        umockdev_ioctl_data_update(urb->buffer, 0, urb->bytes, (gint)urb->size);
    umockdev_ioctl_data_update(data, offsetof(struct usbdevfs_urb, status), (guint8 *)&urb->status,
                               sizeof urb->status);
    umockdev_ioctl_data_update(data, offsetof(struct usbdevfs_urb, actual_length), (guint8 *)&urb->actual,
                               sizeof urb->actual);
    free(urb->bytes);
    free(urb);
    return data;
}

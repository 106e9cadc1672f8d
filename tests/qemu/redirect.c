/* redirect.c - a simulated USB board (../usb/usb_device.h) for a virtual machine: QEMU's usb-redir speaks to it over a socket.
 *
 *   redirect ftdi|vendor SERIAL LINK SOCKET
 *
 * LINK is where the board's accelerator is: "reference", "sim". Waits for QEMU at the UNIX socket, serves until QEMU closes it. The machine's own
 * kernel then does what a real one does: enumeration, URBs, usbfs, and drivers that want the board for themselves.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <usbredirparser.h>

#include "../usb/usb_device.h"

enum {
    PENDING = 64,
    IDLE_MS = 1, /* the latency timer of a serial chip: so often it says that it has nothing to say */
    GET_STATUS = 0,
    CLEAR_FEATURE = 1,
    GET_DESCRIPTOR = 6,
    TYPE_DEVICE = 1,
    TYPE_CONFIGURATION = 2,
    ALTERNATES = 32
};

struct transfer {
    uint64_t id;
    struct usb_redir_bulk_packet_header header;
    uint8_t *data;
    size_t size, done;
};

struct redirect {
    int socket;
    struct usbredirparser *parser;
    struct usb_device *device;
    struct transfer in[PENDING]; /* bulk IN, in order */
    size_t pending;
    uint8_t configuration;
};

/* ---- what the device is, from its descriptors ------------------------------------------------------------------- */

static void announce_endpoints(struct redirect *self, const uint8_t *bytes, size_t size)
{
    struct usb_redir_interface_info_header interfaces = {0};
    struct usb_redir_ep_info_header endpoints = {0};
    uint8_t interface = 0;

    for (int i = 0; i < ALTERNATES; i++)
        endpoints.type[i] = usb_redir_type_invalid;
    endpoints.type[0] = endpoints.type[16] = usb_redir_type_control;
    for (const uint8_t *at = bytes; at < bytes + size; at += at[0]) {
        if (at[1] == 4) {
            const uint32_t n = interfaces.interface_count++;
            interfaces.interface[n] = interface = at[2];
            interfaces.interface_class[n] = at[5];
            interfaces.interface_subclass[n] = at[6];
            interfaces.interface_protocol[n] = at[7];
        } else if (at[1] == 5) {
            const size_t n = (size_t)((at[2] & 0x80) >> 3 | (at[2] & 0x0F));
            endpoints.type[n] = at[3] & 3;
            endpoints.interface[n] = interface;
            endpoints.max_packet_size[n] = (uint16_t)(at[4] | at[5] << 8);
        }
    }
    usbredirparser_send_interface_info(self->parser, &interfaces);
    usbredirparser_send_ep_info(self->parser, &endpoints);
}

static void on_hello(void *context, struct usb_redir_hello_header *hello)
{
    struct redirect *self = context;
    const uint8_t *at;
    const size_t size = usb_device_descriptors(self->device, &at);
    struct usb_redir_device_connect_header connect = {
        .speed = usb_device_is_high_speed(self->device) ? usb_redir_speed_high : usb_redir_speed_full,
        .device_class = at[4],
        .device_subclass = at[5],
        .device_protocol = at[6],
        .vendor_id = (uint16_t)(at[8] | at[9] << 8),
        .product_id = (uint16_t)(at[10] | at[11] << 8),
        .device_version_bcd = (uint16_t)(at[12] | at[13] << 8),
    };
    (void)hello;
    announce_endpoints(self, at + 18, size - 18);
    usbredirparser_send_device_connect(self->parser, &connect);
}

/* ---- requests that the kernel's core makes ------------------------------------------------------------------------ */

static void on_reset(void *context)
{
    struct redirect *self = context;
    usb_device_reset(self->device);
}

static void answer_configuration(struct redirect *self, uint64_t id)
{
    struct usb_redir_configuration_status_header status = {.status = usb_redir_success,
                                                           .configuration = self->configuration};
    usbredirparser_send_configuration_status(self->parser, id, &status);
}

static void on_set_configuration(void *context, uint64_t id, struct usb_redir_set_configuration_header *set)
{
    struct redirect *self = context;
    self->configuration = set->configuration;
    answer_configuration(self, id);
}

static void on_get_configuration(void *context, uint64_t id)
{
    answer_configuration(context, id);
}

static void on_set_alternate(void *context, uint64_t id, struct usb_redir_set_alt_setting_header *set)
{
    struct redirect *self = context;
    struct usb_redir_alt_setting_status_header status = {
        .status = usb_redir_success, .interface = set->interface, .alt = set->alt};
    usbredirparser_send_alt_setting_status(self->parser, id, &status);
}

/* Standard requests that usb_device.h leaves to the host's side of it. False: it is for the device. */
static bool answers_standard(struct redirect *self, const struct usb_redir_control_packet_header *header,
                             uint8_t *data, size_t *size)
{
    const uint8_t *bytes;
    const size_t all = usb_device_descriptors(self->device, &bytes), device = 18;
    const int type = header->value >> 8;

    if (header->requesttype == 0x02 && header->request == CLEAR_FEATURE) {
        usb_device_clear_halt(self->device, (uint8_t)header->index);
        *size = 0;
    } else if ((header->requesttype & 0xE0) == 0x80 && header->request == GET_STATUS) {
        *size = *size < 2 ? *size : 2;
        memset(data, 0, *size);
    } else if (header->requesttype == 0x80 && header->request == GET_DESCRIPTOR && type == TYPE_DEVICE) {
        *size = *size < device ? *size : device;
        memcpy(data, bytes, *size);
    } else if (header->requesttype == 0x80 && header->request == GET_DESCRIPTOR &&
               type == TYPE_CONFIGURATION) {
        *size = *size < all - device ? *size : all - device;
        memcpy(data, bytes + device, *size);
    } else {
        return false;
    }
    return true;
}

static void on_control(void *context, uint64_t id, struct usb_redir_control_packet_header *header,
                       uint8_t *data, int data_size)
{
    struct redirect *self = context;
    uint8_t room[UINT16_MAX];
    size_t size = header->length;
    const uint8_t setup[8] = {header->requesttype,     header->request,
                              (uint8_t)header->value,  (uint8_t)(header->value >> 8),
                              (uint8_t)header->index,  (uint8_t)(header->index >> 8),
                              (uint8_t)header->length, (uint8_t)(header->length >> 8)};

    if (data_size > 0)
        memcpy(room, data, (size_t)data_size);
    usbredirparser_free_packet_data(self->parser, data);
    header->status = usb_redir_success;
    if (!answers_standard(self, header, room, &size) &&
        usb_device_control(self->device, setup, room, &size) != USB_ACK) {
        header->status = usb_redir_stall;
        size = 0;
    }
    const bool in = header->requesttype & 0x80;
    header->length = in ? (uint16_t)size : header->length;
    usbredirparser_send_control_packet(self->parser, id, header, in ? room : NULL, in ? (int)size : 0);
}

/* ---- bulk ----------------------------------------------------------------------------------------------------------- */

static uint8_t status_of(enum usb_answer answer)
{
    return answer == USB_ACK ? usb_redir_success : answer == USB_STALL ? usb_redir_stall : usb_redir_ioerror;
}

static void finish(struct redirect *self, struct transfer *transfer, uint8_t status)
{
    transfer->header.status = status;
    transfer->header.length = (uint16_t)transfer->done;
    transfer->header.length_high = (uint16_t)(transfer->done >> 16);
    const bool in = transfer->header.endpoint & 0x80;
    usbredirparser_send_bulk_packet(self->parser, transfer->id, &transfer->header, in ? transfer->data : NULL,
                                    in ? (int)transfer->done : 0);
    free(transfer->data);
}

static void send_out(struct redirect *self, struct transfer *transfer)
{
    const size_t packet = usb_device_packet(self->device);
    enum usb_answer answer = USB_ACK;
    do {
        const size_t left = transfer->size - transfer->done, part = left < packet ? left : packet;
        answer =
            usb_device_out(self->device, transfer->header.endpoint, transfer->data + transfer->done, part);
        if (answer == USB_ACK)
            transfer->done += part;
    } while (answer == USB_ACK && transfer->done < transfer->size);
    finish(self, transfer, status_of(answer));
}

static void on_bulk(void *context, uint64_t id, struct usb_redir_bulk_packet_header *header, uint8_t *data,
                    int data_size)
{
    struct redirect *self = context;
    struct transfer transfer = {.id = id, .header = *header};
    const bool in = header->endpoint & 0x80;

    transfer.size = in ? header->length | (size_t)header->length_high << 16 : (size_t)data_size;
    transfer.data = malloc(transfer.size + 1);
    if (!transfer.data || (in && self->pending == PENDING)) {
        (void)fprintf(stderr, "redirect: no room for a transfer\n");
        exit(2);
    }
    if (!in && data_size > 0)
        memcpy(transfer.data, data, (size_t)data_size);
    usbredirparser_free_packet_data(self->parser, data);
    if (in)
        self->in[self->pending++] = transfer;
    else
        send_out(self, &transfer);
}

static void drop(struct redirect *self, size_t i)
{
    self->pending--;
    memmove(self->in + i, self->in + i + 1, (self->pending - i) * sizeof *self->in);
}

static void on_cancel(void *context, uint64_t id)
{
    struct redirect *self = context;
    for (size_t i = 0; i < self->pending; i++) {
        if (self->in[i].id == id) {
            finish(self, &self->in[i], usb_redir_cancelled);
            drop(self, i);
            return;
        }
    }
}

/* Packets for the oldest IN transfer, until one is short, the transfer is full, or there is nothing. True: it has ended, with data. */
static bool receive_in(struct redirect *self)
{
    struct transfer *transfer = &self->in[0];
    const size_t packet = usb_device_packet(self->device),
                 idle = usb_device_is_high_speed(self->device) ? 2 : 0;
    uint8_t bytes[512];
    size_t got = packet;
    while (got == packet && transfer->done < transfer->size) {
        const enum usb_answer answer = usb_device_in(self->device, transfer->header.endpoint, bytes, &got);
        if (answer == USB_NAK)
            return false;
        if (answer != USB_ACK || got > transfer->size - transfer->done) {
            finish(self, transfer, answer == USB_ACK ? usb_redir_babble : status_of(answer));
            drop(self, 0);
            return true;
        }
        memcpy(transfer->data + transfer->done, bytes, got);
        transfer->done += got;
    }
    const bool data = transfer->done > idle;
    finish(self, transfer, usb_redir_success);
    drop(self, 0);
    return data;
}

/* ---- the socket ------------------------------------------------------------------------------------------------------ */

static int on_read(void *context, uint8_t *data, int size)
{
    const struct redirect *self = context;
    const ssize_t got = recv(self->socket, data, (size_t)size, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return got == 0 ? -1 : (int)got;
}

static int on_write(void *context, uint8_t *data, int size)
{
    const struct redirect *self = context;
    const ssize_t sent = send(self->socket, data, (size_t)size, MSG_NOSIGNAL);
    return sent < 0 ? -1 : (int)sent;
}

static void on_log(void *context, int level, const char *text)
{
    (void)context;
    if (level <= usbredirparser_warning)
        (void)fprintf(stderr, "redirect: %s\n", text);
}

static int wait_for_machine(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1) != 0) {
        perror(path);
        return -1;
    }
    const int connection = accept(listener, NULL, NULL);
    (void)close(listener);
    return connection;
}

static void serve(struct redirect *self)
{
    struct pollfd look = {.fd = self->socket, .events = POLLIN};
    for (;;) {
        while (usbredirparser_has_data_to_write(self->parser) > 0)
            if (usbredirparser_do_write(self->parser) != 0)
                return;
        if (poll(&look, 1, self->pending > 0 ? IDLE_MS : -1) > 0 && usbredirparser_do_read(self->parser) != 0)
            return;
        while (self->pending > 0 && receive_in(self))
            ;
    }
}

static struct usbredirparser *new_parser(struct redirect *self)
{
    struct usbredirparser *parser = usbredirparser_create();
    uint32_t abilities[USB_REDIR_CAPS_SIZE] = {0};
    if (!parser)
        return NULL;
    parser->priv = self;
    parser->log_func = on_log;
    parser->read_func = on_read;
    parser->write_func = on_write;
    parser->hello_func = on_hello;
    parser->reset_func = on_reset;
    parser->set_configuration_func = on_set_configuration;
    parser->get_configuration_func = on_get_configuration;
    parser->set_alt_setting_func = on_set_alternate;
    parser->cancel_data_packet_func = on_cancel;
    parser->control_packet_func = on_control;
    parser->bulk_packet_func = on_bulk;
    usbredirparser_caps_set_cap(abilities, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(abilities, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(abilities, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(abilities, usb_redir_cap_32bits_bulk_length);
    usbredirparser_init(parser, "sterna redirect", abilities, USB_REDIR_CAPS_SIZE,
                        usbredirparser_fl_usb_host);
    return parser;
}

int main(int argc, char **argv)
{
    static struct usb_faults none;
    struct redirect self = {.configuration = 1};
    if (argc != 5) {
        (void)fprintf(stderr, "usage: redirect ftdi|vendor SERIAL LINK SOCKET\n");
        return 2;
    }
    const struct usb_device_options options = {
        .ftdi = strcmp(argv[1], "ftdi") == 0, .serial = argv[2], .accelerator = argv[3], .faults = &none};
    self.device = usb_device_new(&options);
    if (!self.device)
        return 1;
    self.socket = wait_for_machine(argv[4]);
    self.parser = self.socket < 0 ? NULL : new_parser(&self);
    if (!self.parser)
        return 1;
    serve(&self);
    usbredirparser_destroy(self.parser);
    (void)close(self.socket);
    usb_device_free(self.device);
    return 0;
}

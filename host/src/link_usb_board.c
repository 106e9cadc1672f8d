/* link_usb_board.c - see link_usb_board.h. */
#include "link_usb_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FTDI = 0x0403, FT2232D = 0x0500, PORTS_MAX = 7 };

/* Channel A of a chip with two is the programmer of these boards; B is the line. */
static const struct identity {
    uint16_t vendor, product;
    bool serial_chip, high_speed;
    uint8_t channel;
} identities[] = {
    {STERNA_USB_VENDOR, STERNA_USB_PRODUCT, false, false, 0},
    {FTDI, 0x6010, true, true, 2},  /* FT2232H; Tang Nano 20K behaves like one */
    {FTDI, 0x6014, true, true, 0},  /* FT232H */
    {FTDI, 0x6015, true, false, 0}, /* FT231X */
};

static const struct identity *identify(const struct libusb_device_descriptor *descriptor)
{
    const struct identity *found = NULL;
    for (size_t i = 0; i < sizeof identities / sizeof *identities; i++)
        if (identities[i].vendor == descriptor->idVendor && identities[i].product == descriptor->idProduct)
            found = &identities[i];
    return found && found->serial_chip && descriptor->bcdDevice == FT2232D ? NULL : found;
}

void sterna_usb_path(libusb_device *device, char *path, size_t size)
{
    uint8_t port[PORTS_MAX];
    const int ports = libusb_get_port_numbers(device, port, PORTS_MAX);
    size_t length = (size_t)snprintf(path, size, "%u-%u", libusb_get_bus_number(device),
                                     ports > 0 ? (unsigned)port[0] : 0U);
    for (int i = 1; i < ports && length < size; i++)
        length += (size_t)snprintf(path + length, size - length, ".%u", port[i]);
}

/* The interface with a bulk endpoint each way: the channel's, or the first that is the vendor's. */
static bool read_interface(struct sterna_usb_board *board,
                           const struct libusb_interface_descriptor *interface)
{
    const bool right = board->serial_chip ? interface->bInterfaceNumber + 1 ==
                                                (board->channel.channel > 0 ? board->channel.channel : 1)
                                          : interface->bInterfaceClass == LIBUSB_CLASS_VENDOR_SPEC;
    board->in = board->out = 0;
    for (uint8_t i = 0; right && i < interface->bNumEndpoints; i++) {
        const struct libusb_endpoint_descriptor *endpoint = &interface->endpoint[i];
        if ((endpoint->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) != LIBUSB_TRANSFER_TYPE_BULK)
            continue;
        if (endpoint->bEndpointAddress & LIBUSB_ENDPOINT_IN) {
            board->in = endpoint->bEndpointAddress;
            board->packet = endpoint->wMaxPacketSize;
        } else {
            board->out = endpoint->bEndpointAddress;
        }
    }
    board->interface = interface->bInterfaceNumber;
    return board->in && board->out && board->packet >= 8;
}

static bool read_endpoints(struct sterna_usb_board *board)
{
    struct libusb_config_descriptor *configuration = NULL;
    if (libusb_get_active_config_descriptor(board->device, &configuration) != 0)
        return false;
    bool found = false;
    for (uint8_t i = 0; i < configuration->bNumInterfaces && !found; i++)
        if (configuration->interface[i].num_altsetting > 0)
            found = read_interface(board, configuration->interface[i].altsetting);
    libusb_free_config_descriptor(configuration);
    return found;
}

/* False if there should be one and it cannot be read. */
static bool read_string(libusb_device_handle *handle, uint8_t index, char *text, size_t size)
{
    if (index > 0 && libusb_get_string_descriptor_ascii(handle, index, (unsigned char *)text, (int)size) >= 0)
        return true;
    text[0] = '\0';
    return index == 0;
}

static void read_strings(struct sterna_usb_board *board, const struct libusb_device_descriptor *descriptor)
{
    libusb_device_handle *handle = NULL;
    if (libusb_open(board->device, &handle) != 0)
        return;
    (void)read_string(handle, descriptor->iSerialNumber, board->facts.serial, sizeof board->facts.serial);
    board->named =
        read_string(handle, descriptor->iProduct, board->facts.product, sizeof board->facts.product);
    libusb_close(handle);
}

/* Fill *board if the device is one. */
static bool examine(libusb_device *device, struct sterna_usb_board *board)
{
    struct libusb_device_descriptor descriptor;
    if (libusb_get_device_descriptor(device, &descriptor) != 0)
        return false;
    const struct identity *identity = identify(&descriptor);
    if (!identity)
        return false;
    *board = (struct sterna_usb_board){
        .device = device,
        .serial_chip = identity->serial_chip,
        .channel = {identity->channel, identity->high_speed, STERNA_USB_BAUD, STERNA_USB_LATENCY},
    };
    if (!read_endpoints(board))
        return false;
    sterna_usb_path(device, board->facts.path, sizeof board->facts.path);
    read_strings(board, &descriptor);
    return board->serial_chip || !board->named ||
           strncmp(board->facts.product, STERNA_USB_PRODUCT_NAME, strlen(STERNA_USB_PRODUCT_NAME)) == 0;
}

static int by_path(const void *a, const void *b)
{
    const struct sterna_usb_board *left = a, *right = b;
    return strcmp(left->facts.path, right->facts.path);
}

/* By serial number where that tells the board from all others, else by path. */
static void write_addresses(const struct sterna_usb_boards *boards)
{
    for (size_t i = 0; i < boards->count; i++) {
        struct sterna_board *facts = &boards->board[i].facts;
        bool unique = facts->serial[0] != '\0' && facts->serial[0] != '/';
        for (size_t k = 0; k < boards->count; k++)
            unique = unique && (k == i || strcmp(facts->serial, boards->board[k].facts.serial) != 0);
        (void)snprintf(facts->address, sizeof facts->address, unique ? "usb:%s" : "usb:/%s",
                       unique ? facts->serial : facts->path);
    }
}

enum sterna_status sterna_usb_boards_find(libusb_context *context, struct sterna_usb_boards *boards,
                                          struct sterna_error *error)
{
    libusb_device **device = NULL;
    const ssize_t devices = libusb_get_device_list(context, &device);
    if (devices < 0)
        return sterna_fail(error, STERNA_ERR_IO, "usb: the list of devices cannot be read: %s",
                           libusb_strerror((int)devices));
    struct sterna_usb_boards found = {calloc((size_t)devices + 1, sizeof *found.board), 0};
    for (ssize_t i = 0; i < devices && found.board; i++)
        if (examine(device[i], &found.board[found.count])) {
            (void)libusb_ref_device(device[i]);
            found.count++;
        }
    libusb_free_device_list(device, 1);
    if (!found.board)
        return sterna_fail(error, STERNA_ERR_MEMORY, "usb: out of memory for the list of boards");
    qsort(found.board, found.count, sizeof *found.board, by_path);
    write_addresses(&found);
    *boards = found;
    return STERNA_OK;
}

void sterna_usb_boards_free(struct sterna_usb_boards *boards)
{
    for (size_t i = 0; i < boards->count; i++)
        libusb_unref_device(boards->board[i].device);
    free(boards->board);
    *boards = (struct sterna_usb_boards){0};
}

bool sterna_usb_is_named(const struct sterna_board *board, const char *target)
{
    return target[0] == '/' ? strcmp(board->path, target + 1) == 0
                            : target[0] == '\0' || strcmp(board->serial, target) == 0;
}

static void list_addresses(const struct sterna_usb_boards *boards, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < boards->count && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "",
                                   boards->board[i].facts.address);
}

enum sterna_status sterna_usb_boards_pick(const struct sterna_usb_boards *boards, const char *target,
                                          const struct sterna_usb_board **board, struct sterna_error *error)
{
    const struct sterna_usb_board *found = NULL;
    size_t matches = 0;
    for (size_t i = 0; i < boards->count; i++)
        if (sterna_usb_is_named(&boards->board[i].facts, target)) {
            found = &boards->board[i];
            matches++;
        }
    char names[256];
    list_addresses(boards, names, sizeof names);
    if (boards->count == 0)
        return sterna_fail(error, STERNA_ERR_UNPLUGGED,
                           "usb: no board is plugged in, neither a Sterna device nor a serial chip of FTDI");
    if (matches == 0)
        return sterna_fail(error, STERNA_ERR_UNPLUGGED, "usb: there is no board \"%s\"; there is: %s", target,
                           names);
    if (matches > 1)
        return sterna_fail(error, STERNA_ERR_MISSING, "usb: several boards are plugged in; name one of: %s",
                           names);
    *board = found;
    return STERNA_OK;
}

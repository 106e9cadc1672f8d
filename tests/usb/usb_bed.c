/* usb_bed.c - see usb_bed.h. */
#define _DEFAULT_SOURCE /* symlink, openpty's friends */
#define _XOPEN_SOURCE   700
#include "usb_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "usb_urb.h"

enum { PATH = 256, SYSFS = 4096 };

#define LOCKED "/proc/sys/kernel/osrelease" /* a file that not even root may open for writing */

struct port {
    struct usb_bed *bed;
    size_t number;
    bool plugged, gone; /* gone: unplugged as the device sees it, the host not yet told */
    unsigned address;   /* devnum; a new one each time it is plugged in */
    struct usb_device *device;
    struct usb_port_options options;
    UMockdevIoctlBase *handler;
    struct urb_queue queue;
    int master, slave;
    char node[64], syspath[64];
    struct usb_port_counts counts;
};

struct usb_bed {
    UMockdevTestbed *testbed;
    pthread_mutex_t lock; /* of everything in the ports */
    struct port port[USB_PORTS];
    unsigned addresses;
    void (*unplugged)(void *context, size_t port);
    void *context;
};

/* ---- ioctls: on umockdev's thread --------------------------------------------------------------------------- */

static void set_gone(struct port *port)
{
    if (port->gone)
        return;
    port->gone = true;
    urb_queue_end_all(&port->queue, -ESHUTDOWN);
    port->bed->unplugged(port->bed->context, port->number);
}

/* There is something to reap: the node becomes writable. */
static void show_completions(const struct port *port)
{
    if (port->slave >= 0)
        (void)tcflow(port->slave, urb_queue_has_done(&port->queue) ? TCOON : TCOOFF);
}

static int submit(struct port *port, UMockdevIoctlClient *client)
{
    if (port->gone)
        return ENODEV;
    if (usb_fault_strikes(port->queue.faults, FAULT_NO_MEMORY))
        return ENOMEM;
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0,
                                                          sizeof(struct usbdevfs_urb), NULL);
    if (!data || !urb_queue_submit(&port->queue, data))
        return EFAULT;
    port->counts.submits++;
    if (urb_queue_pump(&port->queue, port->device) == USB_GONE)
        set_gone(port);
    return 0;
}

static int reap(struct port *port, UMockdevIoctlClient *client)
{
    UMockdevIoctlData *data = urb_queue_reap(&port->queue);
    if (!data)
        return port->gone ? ENODEV : EAGAIN;
    UMockdevIoctlData *pointer =
        umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, sizeof(void *), NULL);
    if (pointer)
        umockdev_ioctl_data_set_ptr(pointer, 0, data);
    umockdev_ioctl_data_unref(data);
    port->counts.reaps++;
    return 0;
}

static int claim(struct port *port, bool detach)
{
    if (port->options.busy || (port->options.kernel_driver && !detach))
        return EBUSY;
    port->counts.detached += port->options.kernel_driver;
    port->options.kernel_driver = false;
    port->counts.claims++;
    return 0;
}

/* USBDEVFS_IOCTL: only to connect and disconnect the kernel's driver. */
static int forward(struct port *port, UMockdevIoctlClient *client)
{
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0,
                                                          sizeof(struct usbdevfs_ioctl), NULL);
    struct usbdevfs_ioctl command;
    if (!data)
        return EFAULT;
    urb_read(data, &command, sizeof command);
    if ((unsigned)command.ioctl_code == (unsigned)USBDEVFS_DISCONNECT && port->options.kernel_driver) {
        port->options.kernel_driver = false;
        port->counts.detached++;
        return 0;
    }
    if ((unsigned)command.ioctl_code == (unsigned)USBDEVFS_CONNECT &&
        port->counts.detached > port->counts.attached) {
        port->options.kernel_driver = true;
        port->counts.attached++;
        return 0;
    }
    return ENODATA;
}

static int put_word(UMockdevIoctlClient *client, uint32_t word)
{
    UMockdevIoctlData *data =
        umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, sizeof word, NULL);
    if (data)
        umockdev_ioctl_data_update(data, 0, (guint8 *)&word, sizeof word);
    return data ? 0 : EFAULT;
}

static int clear_halt(struct port *port, UMockdevIoctlClient *client)
{
    unsigned endpoint = 0;
    UMockdevIoctlData *data =
        umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, sizeof endpoint, NULL);
    if (!data)
        return EFAULT;
    urb_read(data, &endpoint, sizeof endpoint);
    usb_device_clear_halt(port->device, (uint8_t)endpoint);
    port->counts.clear_halts++;
    return 0;
}

static int discard(struct port *port, UMockdevIoctlClient *client)
{
    uintptr_t address = 0;
    urb_read(umockdev_ioctl_client_get_arg(client), &address, sizeof address);
    return urb_queue_discard(&port->queue, address) ? 0 : EINVAL;
}

static int answer(struct port *port, UMockdevIoctlClient *client)
{
    const gulong request = umockdev_ioctl_client_get_request(client);
    if (port->gone && request != USBDEVFS_REAPURBNDELAY && request != USBDEVFS_REAPURB)
        return ENODEV;
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
        return put_word(client, USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_BULK_CONTINUATION |
                                    USBDEVFS_CAP_REAP_AFTER_DISCONNECT);
    case USBDEVFS_SUBMITURB:
        return submit(port, client);
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
        return reap(port, client);
    case USBDEVFS_DISCARDURB:
        return discard(port, client);
    case USBDEVFS_DISCONNECT_CLAIM:
        return claim(port, true);
    case USBDEVFS_CLAIMINTERFACE:
        return claim(port, false);
    case USBDEVFS_RELEASEINTERFACE:
        return 0;
    case USBDEVFS_GETDRIVER:
        return ENODATA;
    case USBDEVFS_IOCTL:
        return forward(port, client);
    case USBDEVFS_CLEAR_HALT:
        return clear_halt(port, client);
    case USBDEVFS_RESET:
        port->counts.resets++;
        usb_device_reset(port->device);
        return 0;
    default:
        return ENOTTY;
    }
}

static gboolean on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer context)
{
    struct port *port = context;
    (void)handler;
    (void)pthread_mutex_lock(&port->bed->lock);
    const int code = answer(port, client);
    show_completions(port);
    if (port->queue.most_in > port->counts.most_in)
        port->counts.most_in = port->queue.most_in;
    if (port->queue.most_out > port->counts.most_out)
        port->counts.most_out = port->queue.most_out;
    (void)pthread_mutex_unlock(&port->bed->lock);
    umockdev_ioctl_client_complete(client, code == 0 ? 0 : -1, code);
    return TRUE;
}

/* ---- plug, unplug: on the main thread ------------------------------------------------------------------------- */

static bool open_terminal(struct port *port)
{
    port->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (port->master < 0 || grantpt(port->master) != 0 || unlockpt(port->master) != 0)
        return false;
    port->slave = open(ptsname(port->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    return port->slave >= 0 && tcflow(port->slave, TCOOFF) == 0;
}

/* The node of this bus address in the test bed's /dev. */
static bool link_node(const struct port *port)
{
    char path[PATH];
    gchar *root = umockdev_testbed_get_root_dir(port->bed->testbed);
    static const char *const folders[] = {"/dev", "/dev/bus", "/dev/bus/usb", "/dev/bus/usb/001"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        (void)snprintf(path, sizeof path, "%s%s", root, folders[i]);
        (void)mkdir(path, 0755);
    }
    (void)snprintf(path, sizeof path, "%s%s", root, port->node);
    g_free(root);
    (void)unlink(path);
    return symlink(port->options.denied ? LOCKED : ptsname(port->master), path) == 0;
}

/* As umockdev's text form of a sysfs device. */
static bool add_to_sysfs(const struct port *port)
{
    char text[SYSFS];
    const uint8_t *descriptors = NULL;
    const size_t size = usb_device_descriptors(port->device, &descriptors);
    size_t length = (size_t)snprintf(text, sizeof text,
                                     "P: /devices/pci0000:00/0000:00:14.0/usb1/1-%zu\nE: DEVNAME=%s\nE: "
                                     "DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n"
                                     "E: BUSNUM=001\nE: DEVNUM=%03u\nA: busnum=1\\n\nA: devnum=%u\\n\nA: "
                                     "speed=%s\\n\nA: bConfigurationValue=1\\n\n"
                                     "H: descriptors=",
                                     port->number + 1, port->node, port->address, port->address,
                                     usb_device_is_high_speed(port->device) ? "480" : "12");
    for (size_t i = 0; i < size; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%02X", descriptors[i]);
    (void)snprintf(text + length, sizeof text - length, "\n");
    return umockdev_testbed_add_from_string(port->bed->testbed, text, NULL);
}

bool usb_bed_plug(struct usb_bed *bed, size_t number, struct usb_device *device,
                  const struct usb_port_options *options, struct usb_faults *faults)
{
    struct port *port = &bed->port[number];
    (void)pthread_mutex_lock(&bed->lock);
    port->bed = bed;
    port->number = number;
    port->gone = false;
    port->plugged = true;
    port->address = ++bed->addresses + 1; /* the root hub is 1 */
    port->device = device;
    port->options = *options;
    port->queue = (struct urb_queue){.faults = faults};
    (void)snprintf(port->node, sizeof port->node, "/dev/bus/usb/001/%03u", port->address);
    (void)snprintf(port->syspath, sizeof port->syspath, "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-%zu",
                   number + 1);
    port->handler = umockdev_ioctl_base_new();
    (void)g_signal_connect(port->handler, "handle-ioctl", G_CALLBACK(on_ioctl), port);
    const bool ready = open_terminal(port) && link_node(port);
    (void)pthread_mutex_unlock(&bed->lock);
    return ready && umockdev_testbed_attach_ioctl(bed->testbed, port->node, port->handler, NULL) &&
           add_to_sysfs(port);
}

void usb_bed_unplug(struct usb_bed *bed, size_t number)
{
    struct port *port = &bed->port[number];
    if (!port->plugged)
        return;
    (void)pthread_mutex_lock(&bed->lock);
    port->plugged = false;
    port->gone = true;
    urb_queue_end_all(&port->queue, -ESHUTDOWN);
    (void)close(port->slave);
    port->slave = -1;
    (void)close(port->master); /* the host's poll() sees an error */
    (void)pthread_mutex_unlock(&bed->lock);
    umockdev_testbed_uevent(bed->testbed, port->syspath, "remove");
    umockdev_testbed_remove_device(bed->testbed, port->syspath);
}

void usb_bed_counts(struct usb_bed *bed, size_t number, struct usb_port_counts *counts)
{
    (void)pthread_mutex_lock(&bed->lock);
    *counts = bed->port[number].counts;
    (void)pthread_mutex_unlock(&bed->lock);
}

/* ---- new, free ------------------------------------------------------------------------------------------------ */

static bool add_root_hub(struct usb_bed *bed)
{
    static const char text[] =
        "P: /devices/pci0000:00/0000:00:14.0/usb1\nE: DEVNAME=/dev/bus/usb/001/001\nE: DEVTYPE=usb_device\n"
        "E: SUBSYSTEM=usb\nE: BUSNUM=001\nE: DEVNUM=001\nA: busnum=1\\n\nA: devnum=1\\n\nA: speed=480\\n\n"
        "A: bConfigurationValue=1\\n\n"
        "H: "
        "descriptors="
        "12010002090001406B1D020000010302010109021900010100E0000904000001090000000705810304000C\n";
    return umockdev_testbed_add_from_string(bed->testbed, text, NULL);
}

struct usb_bed *usb_bed_new(void (*unplugged)(void *context, size_t port), void *context)
{
    struct usb_bed *bed = calloc(1, sizeof *bed);
    if (!bed || pthread_mutex_init(&bed->lock, NULL) != 0) {
        free(bed);
        return NULL;
    }
    for (size_t i = 0; i < USB_PORTS; i++)
        bed->port[i].master = bed->port[i].slave = -1;
    bed->testbed = umockdev_testbed_new();
    bed->unplugged = unplugged;
    bed->context = context;
    if (!add_root_hub(bed)) {
        usb_bed_free(bed);
        return NULL;
    }
    return bed;
}

void usb_bed_free(struct usb_bed *bed)
{
    for (size_t i = 0; i < USB_PORTS; i++)
        usb_bed_unplug(bed, i);
    g_object_unref(bed->testbed);
    (void)pthread_mutex_destroy(&bed->lock);
    free(bed);
}

#include "usb_fault.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[FAULTS] = {
    [FAULT_STALL_IN] = "stall-in",       [FAULT_STALL_OUT] = "stall-out",
    [FAULT_ERROR_IN] = "error-in",       [FAULT_ERROR_OUT] = "error-out",
    [FAULT_OVERFLOW_IN] = "overflow-in", [FAULT_CORRUPT_IN] = "corrupt-in",
    [FAULT_CORRUPT_OUT] = "corrupt-out", [FAULT_LOSE_IN] = "lose-in",
    [FAULT_LOSE_OUT] = "lose-out",       [FAULT_EMPTY_IN] = "empty-in",
    [FAULT_SHORT_IN] = "short-in",       [FAULT_NAK_IN] = "nak-in",
    [FAULT_NAK_OUT] = "nak-out",         [FAULT_UNPLUG_IN] = "unplug-in",
    [FAULT_UNPLUG_OUT] = "unplug-out",   [FAULT_NO_MEMORY] = "no-memory",
};

bool usb_fault_parse(struct usb_faults *faults, const char *text)
{
    const size_t length = strcspn(text, ":");
    size_t kind = 0;
    while (kind < FAULTS && (strlen(names[kind]) != length || strncmp(names[kind], text, length) != 0))
        kind++;
    if (kind == FAULTS || faults->plans == FAULT_PLANS || text[length] != ':')
        return false;
    const size_t i = faults->plans++;
    const char *numbers = text + length + 1;
    char *end = NULL;
    faults->plan[i].kind = (enum usb_fault_kind)kind;
    faults->plan[i].times = 1;
    if (numbers[0] == '%') {
        faults->plan[i].every = strtoul(numbers + 1, &end, 10);
        return *end == '\0' && faults->plan[i].every > 0;
    }
    faults->plan[i].first = strtoul(numbers, &end, 10);
    if (*end == ':')
        faults->plan[i].times = strtoul(end + 1, &end, 10);
    return *end == '\0';
}

bool usb_fault_strikes(struct usb_faults *faults, enum usb_fault_kind kind)
{
    const unsigned long now = faults->count[kind]++;
    bool strikes = false;
    for (size_t i = 0; i < faults->plans; i++) {
        if (faults->plan[i].kind != kind)
            continue;
        strikes = strikes ||
                  (faults->plan[i].every > 0
                       ? now % faults->plan[i].every == faults->plan[i].every - 1
                       : now >= faults->plan[i].first && now - faults->plan[i].first < faults->plan[i].times);
    }
    faults->hits += strikes;
    return strikes;
}

/* link.c - the table of back ends. */
#include "link.h"

#include <stdio.h>
#include <string.h>

/* A null pointer stands for a back end that this program was linked without. */
static const struct sterna_link_backend *const backends[] = {&sterna_link_reference, &sterna_link_sim,
                                                             &sterna_link_usb};

enum { BACKENDS = sizeof backends / sizeof *backends };

void sterna_link_names(char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < BACKENDS && length < size; i++)
        if (backends[i])
            length +=
                (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "", backends[i]->name);
}

/* The back end that the address names, and its target. */
static const struct sterna_link_backend *find(const char *address, const char **target)
{
    const size_t length = strcspn(address, ":");
    *target = address[length] == ':' ? address + length + 1 : "";
    for (size_t i = 0; i < BACKENDS; i++)
        if (backends[i] && strlen(backends[i]->name) == length &&
            strncmp(address, backends[i]->name, length) == 0)
            return backends[i];
    return NULL;
}

bool sterna_link_known(const char *address)
{
    const char *target = NULL;
    return find(address, &target) != NULL;
}

enum sterna_status sterna_link_open(const char *address, struct sterna_link **link,
                                    struct sterna_error *error)
{
    const char *target = NULL;
    const struct sterna_link_backend *backend = find(address, &target);
    if (backend)
        return backend->open(target, link, error);
    return sterna_fail(error, STERNA_ERR_MISSING, "there is no link \"%s\"", address);
}

enum sterna_status sterna_link_await(const char *address, struct sterna_error *error)
{
    const char *target = NULL;
    const struct sterna_link_backend *backend = find(address, &target);
    if (backend && backend->await)
        return backend->await(target, error);
    return sterna_fail(error, STERNA_ERR_MISSING, "%s: nothing that could be plugged in", address);
}

void sterna_link_close(struct sterna_link *link)
{
    if (link)
        link->backend->close(link);
}

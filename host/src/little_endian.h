/* little_endian.h - integers as the wire and the memories hold them: least significant byte first, no
 * alignment. */
#ifndef STERNA_LITTLE_ENDIAN_H
#define STERNA_LITTLE_ENDIAN_H

#include <stdint.h>

static inline uint16_t sterna_get_le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t sterna_get_le24(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
}

static inline uint32_t sterna_get_le32(const uint8_t *bytes)
{
    return sterna_get_le24(bytes) | (uint32_t)bytes[3] << 24;
}

static inline void sterna_put_le16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void sterna_put_le24(uint8_t *bytes, uint32_t value)
{
    sterna_put_le16(bytes, value);
    bytes[2] = (uint8_t)(value >> 16);
}

static inline void sterna_put_le32(uint8_t *bytes, uint32_t value)
{
    sterna_put_le24(bytes, value);
    bytes[3] = (uint8_t)(value >> 24);
}

#endif

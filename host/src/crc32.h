/* crc32.h - CRC-32 of RFC 1662 and IEEE 802.3: reflected polynomial 0xEDB88320, initial and final XOR
 * 0xFFFFFFFF. */
#ifndef STERNA_CRC32_H
#define STERNA_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC of what gave crc followed by size bytes; crc = 0 to begin. The CRC of "123456789" is 0xCBF43926. */
uint32_t sterna_crc32(uint32_t crc, const uint8_t *bytes, size_t size);

#endif

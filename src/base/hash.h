/* Hashes: FNV-1a for tables and value rules, SHA-256 for identity, CRC-32 for zip members. None is for secrets. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include <stddef.h>
#include <stdint.h>

uint64_t base_fnv1a(const void *data, size_t size);
uint32_t base_crc32(uint32_t crc, const void *data, size_t size); /* start with 0 */
void base_sha256_hex(const void *data, size_t size, char out[65]);
#endif

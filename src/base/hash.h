/* Hashes: FNV-1a for tables and value rules, SHA-256 for identity, CRC-32 for zip members. None is for secrets. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include <stddef.h>
#include <stdint.h>

uint64_t base_fnv1a(const void *data, size_t size);
uint32_t base_crc32(uint32_t crc, const void *data, size_t size); /* start with 0 */
/* A sum of bytes that any changed one changes, at the speed of memory; `sum`: of what came before, or 0. For damage,
 * not against people. */
uint64_t base_sum64(uint64_t sum, const void *data, size_t size);
void base_sha256_hex(const void *data, size_t size, char out[65]);
#endif

/*
 * Numbers in files: little- and big-endian loads and stores at any address. The caller has checked the length.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
base_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
base_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t
base_le64(const uint8_t *p)
{
	return (uint64_t)base_le32(p) | (uint64_t)base_le32(p + 4) << 32;
}

static inline uint16_t
base_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
base_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t
base_be64(const uint8_t *p)
{
	return (uint64_t)base_be32(p) << 32 | (uint64_t)base_be32(p + 4);
}

static inline void
base_put_le(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Turns the bytes of `count` numbers of `size` bytes each around, in place. */
static inline void
base_swap_bytes(void *data, size_t count, size_t size)
{
	uint8_t *p = data;
	for (size_t i = 0; i < count && size > 1; i++, p += size) {
		for (size_t j = 0; j < size / 2; j++) {
			uint8_t t = p[j];
			p[j] = p[size - 1 - j];
			p[size - 1 - j] = t;
		}
	}
}

/* The mark with which some programs begin texts of UTF-8: how many bytes it takes, 3 or 0. */
static inline size_t
base_text_mark(const void *text, size_t size)
{
	return size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
}
#endif

/* LZF (Marc Lehmann's LibLZF): the compression of PCD. Literal runs of 1 to 32 bytes, and copies of 3 to 264 bytes from
 * up to 8192 back. */
#ifndef CODEC_CLOUD_LZF_H
#define CODEC_CLOUD_LZF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unpacks to exactly `size` bytes; false when the stream is damaged. */
bool cloud_lzf_unpack(uint8_t *out, size_t size, const uint8_t *in, size_t in_size);
/* Room that packing n bytes can take. */
static inline size_t
cloud_lzf_room(size_t n)
{
	return n + n / 32 + 2;
}
/* Packs; returns the bytes written to `out`, which has room for cloud_lzf_room(n). */
size_t cloud_lzf_pack(uint8_t *out, const uint8_t *in, size_t n);
#endif

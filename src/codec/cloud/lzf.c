/*
 * LZF. A control byte below 32 is followed by that many literals plus one; otherwise its upper 3 bits are the length
 * minus 2 (7: one more byte adds to it) and its lower 5 bits, with one byte more, the distance minus 1. The packer
 * looks three bytes up in a small hash.
 */
#include "codec/cloud/lzf.h"
#include <string.h>

enum { HASH = 1 << 14, FAR = 8192, LONGEST = 264, RUN = 32 };

bool
cloud_lzf_unpack(uint8_t *out, size_t size, const uint8_t *in, size_t in_size)
{
	size_t at = 0, i = 0;
	while (i < in_size) {
		size_t control = in[i++];
		if (control < 32) {
			size_t n = control + 1;
			if (n > in_size - i || n > size - at)
				return false;
			memcpy(out + at, in + i, n);
			at += n;
			i += n;
			continue;
		}
		size_t n = control >> 5;
		if (n == 7) {
			if (i == in_size)
				return false;
			n += in[i++];
		}
		n += 2;
		if (i == in_size)
			return false;
		size_t back = ((control & 31) << 8 | in[i++]) + 1;
		if (back > at || n > size - at)
			return false;
		for (; n; n--, at++)
			out[at] = out[at - back];
	}
	return at == size;
}

static uint32_t
hash(const uint8_t *p)
{
	uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	return v * 2654435761u >> 18;
}

static size_t
put_literals(uint8_t *out, const uint8_t *in, size_t n)
{
	size_t o = 0;
	while (n) {
		size_t k = n < RUN ? n : RUN;
		out[o++] = (uint8_t)(k - 1);
		memcpy(out + o, in, k);
		o += k;
		in += k;
		n -= k;
	}
	return o;
}

size_t
cloud_lzf_pack(uint8_t *out, const uint8_t *in, size_t n)
{
	uint32_t last[HASH];
	size_t o = 0, literal = 0, i = 0;
	memset(last, 0, sizeof last); /* positions plus one */
	while (i + 2 < n) {
		uint32_t h = hash(in + i) % HASH;
		size_t ref = last[h];
		last[h] = (uint32_t)(i + 1);
		if (ref == 0 || i - (ref - 1) > FAR || memcmp(in + ref - 1, in + i, 3)) {
			i++;
			continue;
		}
		size_t back = i - (ref - 1) - 1, length = 3;
		while (length < LONGEST && i + length < n && in[ref - 1 + length] == in[i + length])
			length++;
		o += put_literals(out + o, in + literal, i - literal);
		size_t code = length - 2;
		out[o++] = (uint8_t)((code < 7 ? code : 7) << 5 | back >> 8);
		if (code >= 7)
			out[o++] = (uint8_t)(code - 7);
		out[o++] = (uint8_t)back;
		i += length;
		literal = i;
	}
	return o + put_literals(out + o, in + literal, n - literal);
}

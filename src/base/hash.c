/*
 * Hashes. FNV-1a (Fowler, Noll, Vo), CRC-32 (IEEE 802.3, reflected polynomial EDB88320), SHA-256 (FIPS 180-4).
 */
#include "base/hash.h"
#include <string.h>

uint64_t
base_fnv1a(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

uint32_t
base_crc32(uint32_t crc, const void *data, size_t size)
{
	/* The remainders of the sixteen half bytes: small enough to be written down, two look-ups a byte. */
	static const uint32_t half[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278,
		0xbdbdf21c };
	const uint8_t *p = data;
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc = half[(crc ^ p[i]) & 15] ^ (crc >> 4);
		crc = half[(crc ^ (p[i] >> 4)) & 15] ^ (crc >> 4);
	}
	return ~crc;
}

/*
 * Eight sums side by side over words of eight bytes, each s = (s ^ word) * odd, turned: every step can be undone, so
 * that two blocks of one length that differ in one word never have the same sums. They are joined in the same way.
 */
uint64_t
base_sum64(uint64_t sum, const void *data, size_t size)
{
	enum { LANES = 8, WORD = 8 };
	const uint64_t odd = 0x9e3779b97f4a7c15u;
	const uint8_t *p = data;
	uint64_t lane[LANES], word;
	size_t i = 0;
	for (int k = 0; k < LANES; k++)
		lane[k] = sum + (uint64_t)(k + 1) * odd;
	for (; i + LANES * WORD <= size; i += LANES * WORD)
		for (int k = 0; k < LANES; k++) {
			memcpy(&word, p + i + (size_t)(k * WORD), WORD);
			lane[k] = (lane[k] ^ word) * odd;
			lane[k] ^= lane[k] >> 29;
		}
	for (int k = 0; i < size; k = (k + 1) % LANES) {
		size_t n = size - i < WORD ? size - i : WORD;
		word = 0;
		memcpy(&word, p + i, n);
		lane[k] = (lane[k] ^ word) * odd;
		lane[k] ^= lane[k] >> 29;
		i += n;
	}
	uint64_t h = (uint64_t)size * odd;
	for (int k = 0; k < LANES; k++) {
		h = (h ^ lane[k]) * odd;
		h ^= h >> 31;
	}
	return h;
}

static const uint32_t sha_k[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
	0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138,
	0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70,
	0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
	0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };

static uint32_t
rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void
sha_block(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], v[8];
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];
		w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7]
			+ (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
	memcpy(v, h, sizeof v);
	for (int i = 0; i < 64; i++) {
		uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25), choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22),
				 most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
		uint32_t t = v[7] + s1 + choose + sha_k[i] + w[i];
		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t;
		v[0] = t + s0 + most;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

void
base_sha256_hex(const void *data, size_t size, char out[65])
{
	uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	uint8_t tail[128] = { 0 };
	const uint8_t *p = data;
	size_t whole = size / 64 * 64, rest = size - whole, end = rest < 56 ? 64 : 128;
	for (size_t i = 0; i < whole; i += 64)
		sha_block(h, p + i);
	if (rest)
		memcpy(tail, p + whole, rest);
	tail[rest] = 0x80;
	for (int i = 0; i < 8; i++)
		tail[end - 1 - (size_t)i] = (uint8_t)((uint64_t)size * 8 >> 8 * i);
	for (size_t i = 0; i < end; i += 64)
		sha_block(h, tail + i);
	for (int i = 0; i < 64; i++)
		out[i] = "0123456789abcdef"[h[i / 8] >> (28 - 4 * (i % 8)) & 15];
	out[64] = '\0';
}

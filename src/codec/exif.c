/*
 * The one fact of EXIF that changes pixels: tag 0x0112, Orientation, in the first directory of what is a small TIFF file. Everything
 * else in EXIF is left alone, and damage of any kind means "upright".
 */
#include "codec/codec.h"

enum { ORIENTATION = 0x0112, SHORT = 3, LONG = 4 };

int
secant_exif_orientation(const uint8_t *data, size_t size)
{
	bool little = size >= 8 && !memcmp(data, "II*\0", 4);
	if (!little && (size < 8 || memcmp(data, "MM\0*", 4)))
		return 1;
	uint32_t at = little ? secant_le32(data + 4) : secant_be32(data + 4);
	if (at > size - 2 || size - at < 2)
		return 1;
	int n = little ? secant_le16(data + at) : secant_be16(data + at);
	const uint8_t *entry = data + at + 2;
	for (size_t left = size - at - 2; n > 0 && left >= 12; n--, left -= 12, entry += 12) {
		int tag = little ? secant_le16(entry) : secant_be16(entry), type = little ? secant_le16(entry + 2) : secant_be16(entry + 2);
		if (tag != ORIENTATION)
			continue;
		uint32_t v = type == SHORT ? (little ? secant_le16(entry + 8) : secant_be16(entry + 8))
			: type == LONG ? (little ? secant_le32(entry + 8) : secant_be32(entry + 8)) : 0;
		return v >= 1 && v <= 8 ? (int)v : 1;
	}
	return 1;
}

/*
 * The one fact of EXIF that changes pixels: tag 0x0112, Orientation, in the first directory of what is a small TIFF
 * file. Everything else in EXIF is left alone, and damage of any kind means "upright". XMP may say the same where there
 * is no EXIF.
 */
#include "codec/codec.h"
#include <string.h>

enum { ORIENTATION = 0x0112, BYTE = 1, SHORT = 3, LONG = 4, SSHORT = 8, SLONG = 9 };

static uint32_t
number(const uint8_t *p, int bytes, bool little)
{
	uint32_t v = 0;
	for (int i = 0; i < bytes; i++)
		v = v << 8 | p[little ? bytes - 1 - i : i];
	return v;
}

/* The standard says SHORT; cameras are known to write the others. */
static int
width_of(uint32_t type)
{
	return type == BYTE ? 1 : type == SHORT || type == SSHORT ? 2 : type == LONG || type == SLONG ? 4 : 0;
}

int
codec_exif_said(const uint8_t *data, size_t size)
{
	bool little = size >= 8 && !memcmp(data, "II*\0", 4);
	if (!little && (size < 8 || memcmp(data, "MM\0*", 4)))
		return 0;
	uint32_t at = number(data + 4, 4, little);
	if (at > size - 2)
		return 0;
	uint32_t n = number(data + at, 2, little);
	const uint8_t *entry = data + at + 2;
	for (size_t left = size - at - 2; n > 0 && left >= 12; n--, left -= 12, entry += 12) {
		if (number(entry, 2, little) != ORIENTATION)
			continue;
		uint32_t v = number(entry + 8, width_of(number(entry + 2, 2, little)), little);
		return v >= 1 && v <= 8 ? (int)v : 1;
	}
	return 0;
}

int
codec_exif_orientation(const uint8_t *data, size_t size)
{
	int said = codec_exif_said(data, size);
	return said ? said : 1;
}

/* As an attribute, tiff:Orientation="6", or as an element, <tiff:Orientation>6<. */
int
codec_xmp_orientation(const uint8_t *data, size_t size)
{
	static const char name[] = "tiff:Orientation";
	const size_t n = sizeof name - 1;
	for (size_t i = 0; i + n + 3 <= size; i++) {
		if (data[i] != 't' || memcmp(data + i, name, n))
			continue;
		const uint8_t *p = data + i + n;
		bool attribute = p[0] == '=' && (p[1] == '"' || p[1] == '\'');
		uint8_t digit = attribute ? p[2] : p[0] == '>' ? p[1] : 0;
		if (digit >= '1' && digit <= '8')
			return digit - '0';
	}
	return 1;
}

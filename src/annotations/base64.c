/* Base64 (RFC 4648), as annotation files hold pictures and masks in it. */
#include "annotations/text.h"
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool
ann_base64_decode(const char *p, size_t n, base_str *out)
{
	uint32_t bits = 0;
	int have = 0;
	for (size_t i = 0; i < n; i++) {
		const char *at = p[i] ? strchr(digits, p[i]) : NULL;
		if (p[i] == '=' || p[i] == '\n' || p[i] == '\r')
			continue;
		if (!at)
			return false;
		bits = bits << 6 | (uint32_t)(at - digits);
		if ((have += 6) >= 8) {
			char byte = (char)(bits >> (have -= 8) & 255);
			base_str_addn(out, &byte, 1);
		}
	}
	return !out->failed;
}

void
ann_base64_encode(const uint8_t *p, size_t n, base_str *out)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
		char q[4] = { digits[v >> 18], digits[v >> 12 & 63], i + 1 < n ? digits[v >> 6 & 63] : '=',
			i + 2 < n ? digits[v & 63] : '=' };
		base_str_addn(out, q, 4);
	}
}

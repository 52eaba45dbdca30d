/* Base64 (RFC 4648): bytes as text within JSON, XML and pages, and back. */
#include "base/base64.h"
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base_base64_group(const uint8_t *p, int n, char out[4])
{
	uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
	for (int i = 0; i < 4; i++)
		out[i] = i <= n ? digits[v >> (18 - 6 * i) & 63] : '=';
}

void
base_base64_encode(base_str *out, const void *data, size_t n)
{
	enum { GROUPS = 1024 };
	const uint8_t *p = data;
	char part[4 * GROUPS];
	for (size_t i = 0; i < n && !out->failed;) {
		size_t have = 0;
		for (; have < sizeof part && n - i >= 3; i += 3, have += 4) {
			uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];
			part[have] = digits[v >> 18];
			part[have + 1] = digits[v >> 12 & 63];
			part[have + 2] = digits[v >> 6 & 63];
			part[have + 3] = digits[v & 63];
		}
		if (have < sizeof part && i < n) {
			base_base64_group(p + i, (int)(n - i), part + have);
			have += 4;
			i = n;
		}
		base_str_addn(out, part, have);
	}
}

bool
base_base64_decode(base_str *out, const char *p, size_t n)
{
	enum { NONE = 64 };
	uint8_t value[256];
	char part[4096];
	uint32_t bits = 0;
	int have = 0;
	size_t made = 0;
	bool ended = false;
	memset(value, NONE, sizeof value);
	for (uint8_t i = 0; i < NONE; i++)
		value[(uint8_t)digits[i]] = i;
	value['-'] = value['+'];
	value['_'] = value['/'];
	for (size_t i = 0; i < n; i++) {
		uint8_t v = value[(uint8_t)p[i]];
		if (v == NONE || ended) {
			ended |= p[i] == '=';
			if (p[i] != '\n' && p[i] != '\r' && p[i] != '=')
				return false;
			continue;
		}
		bits = bits << 6 | v;
		if ((have += 6) >= 8)
			part[made++] = (char)(bits >> (have -= 8) & 255);
		if (made == sizeof part) {
			base_str_addn(out, part, made);
			made = 0;
		}
	}
	if (made)
		base_str_addn(out, part, made);
	return have < 6 && !out->failed;
}

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
	const uint8_t *p = data;
	char four[4];
	for (size_t i = 0; i < n && !out->failed; i += 3) {
		base_base64_group(p + i, n - i < 3 ? (int)(n - i) : 3, four);
		base_str_addn(out, four, 4);
	}
}

bool
base_base64_decode(base_str *out, const char *p, size_t n)
{
	uint32_t bits = 0;
	int have = 0;
	bool ended = false;
	for (size_t i = 0; i < n; i++) {
		char c = p[i] == '-' ? '+' : p[i] == '_' ? '/' : p[i];
		const char *digit = c ? strchr(digits, c) : NULL;
		if (c == '\n' || c == '\r')
			continue;
		ended |= c == '=';
		if (ended && c == '=')
			continue;
		if (ended || !digit)
			return false;
		bits = bits << 6 | (uint32_t)(digit - digits);
		if ((have += 6) >= 8)
			base_str_addn(out, &(char){ (char)(bits >> (have -= 8) & 255) }, 1);
	}
	return have < 6 && !out->failed;
}

/*
 * Reading: up to 19 digits are gathered as an integer; small cases are one exact division or product (Clinger 1990),
 * the others the algorithm of Eisel and Lemire (Number parsing at a gigabyte per second, 2021) with a table of powers;
 * what that leaves undecided, and longer numbers, go to the C library. Writing: Schubfach (Giulietti 2020) with the
 * same table gives the shortest digits that read back.
 */
#include "codec/cloud/decimal.h"
#include "base/number.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEAST = -342, MOST = 324 };
typedef unsigned __int128 wide;
static const uint64_t power[MOST - LEAST + 1][2] = {
#include "codec/cloud/powers.inc"
};
static const double exact_tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
	1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* w * 10^q as the nearest double; false when the product is not decisive (or the result is subnormal or infinite). w is
 * not 0. */
static bool
eisel_lemire(uint64_t w, int64_t q, double *v)
{
	if (q < LEAST || q > 308)
		return false;
	int lz = __builtin_clzll(w);
	w <<= lz;
	const uint64_t *p = power[q - LEAST];
	wide first = (wide)w * p[0];
	uint64_t high = (uint64_t)(first >> 64), low = (uint64_t)first;
	if ((high & 0x1ff) == 0x1ff) {
		uint64_t more = (uint64_t)((wide)w * p[1] >> 64);
		low += more;
		high += more > low;
	}
	if (low == UINT64_MAX && (q < -27 || q > 55))
		return false;
	int upper = (int)(high >> 63);
	uint64_t m = high >> (upper + 9);
	int64_t e = (((152170 + 65536) * q) >> 16) + 63 + upper - lz + 1023;
	if (e <= 0)
		return false;
	if (low <= 1 && q >= -4 && q <= 23 && (m & 3) == 1 && m << (upper + 9) == high)
		m &= ~1ull;
	m = (m + (m & 1)) >> 1;
	if (m >= 2ull << 52) {
		m = 1ull << 52;
		e++;
	}
	if (e >= 2047)
		return false;
	uint64_t bits = (m & ~(1ull << 52)) | (uint64_t)e << 52;
	memcpy(v, &bits, sizeof *v);
	return true;
}

/* The rare rest. `p` to `end` is a number by its form. The library gets the digits without zeros in front, and the
 * exponent that goes with them; of digits beyond KEPT (767 decide any double) only whether one is not 0. */
static double
by_library(const char *p, const char *end)
{
	enum { KEPT = 770 };
	char text[KEPT + 40];
	size_t n = 0, first;
	bool point = false, more = false;
	int64_t exponent = 0, written = 0;
	double v = 0;
	if (*p == '-' || *p == '+')
		text[n++] = *p++;
	first = n;
	for (; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		exponent -= point;
		if (n == first && *p == '0')
			continue;
		if (n < KEPT) {
			text[n++] = *p;
		} else {
			more |= *p != '0';
			exponent++;
		}
	}
	text[n++] = more ? '1' : '0';
	exponent--;
	if (p < end) {
		bool minus = *++p == '-';
		for (p += *p == '-' || *p == '+'; p < end; p++)
			written = written < 100000000 ? written * 10 + (*p - '0') : written;
		exponent += minus ? -written : written;
	}
	text[n++] = 'e';
	*decimal_print_int(text + n, exponent) = '\0';
	if (!base_real_parse(text, &v)) /* by its form it can only be too large */
		v = text[0] == '-' ? -INFINITY : INFINITY;
	return v;
}

static const char *
parse_word(const char *p, bool minus, double *v)
{
	static const struct {
		const char *word;
		double v;
	} words[] = { { "nan", NAN }, { "infinity", INFINITY }, { "inf", INFINITY } };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *w = words[i].word, *q = p;
		while (*w && (*q | 32) == *w)
			w++, q++;
		if (!*w) {
			*v = minus ? -words[i].v : words[i].v;
			return q;
		}
	}
	return NULL;
}

/* Over the digits at p, which are appended to w. */
static inline const char *
gather(const char *p, const char *safe, uint64_t *w)
{
	int n = safe && p <= safe ? base_digits8(p, w) : 8;
	if (n < 8)
		return p + n;
	for (p += safe && p <= safe ? 8 : 0; base_is_digit(*p); p++)
		*w = *w * 10 + (uint64_t)(*p - '0');
	return p;
}

const char *
decimal_parse(const char *p, double *v)
{
	return decimal_parse_within(p, NULL, v);
}

const char *
decimal_parse_within(const char *p, const char *safe, double *v)
{
	const char *start = p;
	bool minus = *p == '-';
	p += minus || *p == '+';
	const char *digits = p, *point = NULL;
	uint64_t w = 0;
	p = gather(p, safe, &w);
	int64_t count = p - digits, exponent = 0;
	if (*p == '.') {
		point = ++p;
		p = gather(p, safe, &w);
		exponent = point - p;
		count += p - point;
	}
	if (count == 0)
		return parse_word(digits, minus, v);
	if ((*p | 32) == 'e') {
		const char *q = p + 1;
		bool down = *q == '-';
		q += down || *q == '+';
		if (base_is_digit(*q)) {
			int64_t e = 0;
			for (; base_is_digit(*q); q++)
				e = e < 100000000 ? e * 10 + (*q - '0') : e;
			exponent += down ? -e : e;
			p = q;
		}
	}
	if (count > 19) {
		/* Leading zeros do not count. */
		for (const char *q = digits; count > 19 && (*q == '0' || *q == '.'); q++)
			count -= *q == '0';
		if (count > 19) {
			*v = by_library(start, p);
			return p;
		}
	}
	double r;
	if (w <= 1ull << 53 && exponent >= -22 && exponent <= 22)
		r = exponent < 0 ? (double)w / exact_tens[-exponent] : (double)w * exact_tens[exponent];
	else if (w == 0)
		r = 0;
	else if (!eisel_lemire(w, exponent, &r)) {
		*v = by_library(start, p);
		return p;
	}
	*v = minus ? -r : r;
	return p;
}

/* ---- writing ---- */

static const char pairs[] = "000102030405060708091011121314151617181920212223242526272829303132333435363738394041424344"
							"45464748495051525354555657585960616263"
							"646566676869707172737475767778798081828384858687888990919293949596979899";

/* The digits of v into the end of a 20-byte field; returns the first. */
static char *
digits_before(char *end, uint64_t v)
{
	while (v >= 100) {
		end -= 2;
		memcpy(end, pairs + 2 * (v % 100), 2);
		v /= 100;
	}
	if (v >= 10) {
		end -= 2;
		memcpy(end, pairs + 2 * v, 2);
	} else {
		*--end = (char)('0' + v);
	}
	return end;
}

char *
decimal_print_int(char *out, int64_t v)
{
	char field[20], *end = field + sizeof field;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	if (v < 0)
		*out++ = '-';
	char *first = digits_before(end, u);
	memcpy(out, first, (size_t)(end - first));
	return out + (end - first);
}

/* Digits times a power of ten, plain where that is short, else with an exponent. */
static char *
print_scaled(char *out, uint64_t digits, int exponent)
{
	char field[20], *end = field + sizeof field, *d = digits_before(end, digits);
	int n = (int)(end - d), point = n + exponent; /* the point stands before digit number `point` */
	if (exponent >= 0 && point <= 17) {
		memcpy(out, d, (size_t)n);
		memset(out + n, '0', (size_t)exponent);
		return out + point;
	}
	if (point > 0 && exponent < 0) {
		memcpy(out, d, (size_t)point);
		out[point] = '.';
		memcpy(out + point + 1, d + point, (size_t)(n - point));
		return out + n + 1;
	}
	if (point <= 0 && point > -5) {
		memcpy(out, "0.0000", 6);
		memcpy(out + 2 - point, d, (size_t)n);
		return out + 2 - point + n;
	}
	*out++ = *d;
	if (n > 1) {
		*out++ = '.';
		memcpy(out, d + 1, (size_t)(n - 1));
		out += n - 1;
	}
	*out++ = 'e';
	return decimal_print_int(out, point - 1);
}

static inline uint64_t
round_to_odd(uint64_t ghi, uint64_t glo, uint64_t cp)
{
	uint64_t x = (uint64_t)((wide)glo * cp >> 64);
	wide y = (wide)ghi * cp;
	uint64_t y0 = (uint64_t)y, y1 = (uint64_t)(y >> 64);
	y0 += x;
	y1 += y0 < x;
	return y1 | (y0 > 1);
}

/* c * 2^q as its shortest decimal. `closer`: the neighbour below is half as far as the one above. */
static char *
schubfach(char *out, uint64_t c, int q, bool closer)
{
	bool odd = c & 1;
	int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
	int h = q + ((-k * 1741647) >> 19) + 1;
	uint64_t ghi = power[-k - LEAST][0], glo = power[-k - LEAST][1];
	/* The table is cut off, this wants it rounded up: exact up to 5^55, rounded up from 5^-1 to 5^-27 already. */
	if (-k > 55 || -k < -27)
		ghi += ++glo == 0;
	uint64_t low = round_to_odd(ghi, glo, (4 * c - 2 + closer) << h) + odd, mid = round_to_odd(ghi, glo, (4 * c) << h),
			 high = round_to_odd(ghi, glo, (4 * c + 2) << h) - odd;
	uint64_t s = mid / 4;
	if (s >= 10) {
		uint64_t t = s / 10;
		bool down = low <= 40 * t, up = 40 * t + 40 <= high;
		if (down != up) {
			t += up;
			k++;
			for (; t % 10 == 0; t /= 10)
				k++;
			return print_scaled(out, t, k);
		}
	}
	bool down = low <= 4 * s, up = 4 * s + 4 <= high;
	if (down != up)
		s += up;
	else
		s += mid > 4 * s + 2 || (mid == 4 * s + 2 && (s & 1));
	return print_scaled(out, s, k);
}

static char *
print_special(char *out, bool minus, bool zero, bool nan)
{
	const char *text = nan ? "nan" : zero ? (minus ? "-0" : "0") : minus ? "-inf" : "inf";
	memcpy(out, text, strlen(text));
	return out + strlen(text);
}

char *
decimal_print(char *out, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	uint64_t fraction = bits & ((1ull << 52) - 1);
	int e = (int)(bits >> 52 & 0x7ff);
	if (e == 0x7ff || (e == 0 && fraction == 0))
		return print_special(out, bits >> 63, e == 0, e && fraction);
	if (bits >> 63)
		*out++ = '-';
	double size = fabs(v);
	if (size < 9007199254740992.0 && size == (double)(int64_t)size)
		return decimal_print_int(out, (int64_t)size);
	return e ? schubfach(out, fraction | 1ull << 52, e - 1075, fraction == 0 && e > 1)
			 : schubfach(out, fraction, -1074, false);
}

char *
decimal_print_float(char *out, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	uint32_t fraction = bits & ((1u << 23) - 1);
	int e = (int)(bits >> 23 & 0xff);
	if (e == 0xff || (e == 0 && fraction == 0))
		return print_special(out, bits >> 31, e == 0, e && fraction);
	if (bits >> 31)
		*out++ = '-';
	float size = fabsf(v);
	if (size < 16777216.0f && size == (float)(int32_t)size)
		return decimal_print_int(out, (int32_t)size);
	return e ? schubfach(out, fraction | 1u << 23, e - 150, fraction == 0 && e > 1)
			 : schubfach(out, fraction, -149, false);
}

bool
decimal_outgrows_float(const char *text)
{
	double v, again;
	char copy[48];
	const char *end = decimal_parse(text, &v), *p = text;
	if (!end || !isfinite(v) || v == (double)(float)v)
		return false;
	p += strspn(p, "+-0.");
	int digits = 0;
	for (; p < end && *p != 'e' && *p != 'E'; p++)
		digits += *p != '.';
	snprintf(copy, sizeof copy, "%.*g", digits < 17 ? digits : 17, (double)(float)v);
	return decimal_parse(copy, &again) && again != v;
}

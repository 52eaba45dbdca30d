/*
 * Numbers as text, the same in every locale: "0.5" is a half also where the user writes "0,5".
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H
#include <string.h>
#include <secant/base.h>

/* Reads all of `text` as a finite decimal number (no hexadecimal, no inf, no nan, no blanks). False when it is none. */
bool base_real_parse(const char *text, double *v);
/* The shortest text that reads back as v, at most 39 bytes; returns buffer. */
const char *base_real_text(double v, char buffer[40]);
/* Reads all of `text` as a decimal whole number. False when it is none or does not fit. */
bool base_int_parse(const char *text, long long *v);

static inline bool
base_is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Appends the digits at p to w, up to eight; returns how many. All eight bytes are read: they are shifted so that zeros
 * stand before the digits, without a branch on how many there are, then neighbours are joined, pairs, fours. */
static inline int
base_digits8(const char *p, uint64_t *w)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	static const uint64_t tens[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 },
						  ones = 0x0101010101010101u;
	uint64_t x;
	memcpy(&x, p, 8);
	/* 0x30 to 0x39, also with 6 more; what a byte carries over only reaches bytes behind one that is no digit. */
	uint64_t other = ((x & 0xf0 * ones) ^ 0x30 * ones) | (((x + 6 * ones) & 0xf0 * ones) ^ 0x30 * ones);
	int n = other ? __builtin_ctzll(other) / 8 : 8;
	if (n == 0)
		return 0;
	x = (x << (64 - 8 * n) & 0x0f * ones) * 2561 >> 8;
	x = (x & 0x00ff00ff00ff00ffu) * 6553601 >> 16;
	x = (x & 0x0000ffff0000ffffu) * 42949672960001u >> 32;
	*w = *w * tens[n] + x;
#else
	int n = 0;
	for (; n < 8 && base_is_digit(p[n]); n++)
		*w = *w * 10 + (uint64_t)(p[n] - '0');
#endif
	return n;
}
#endif

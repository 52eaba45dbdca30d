/*
 * Decimal text to floating point and back, exact and fast: the inner loop of every text format.
 */
#ifndef CODEC_CLOUD_DECIMAL_H
#define CODEC_CLOUD_DECIMAL_H
#include <secant/base.h>

/* Reads one number at p: decimal, with or without sign, point and exponent, or nan, inf, infinity whatever the case.
 * Returns where it ends, or NULL when there is none. The text must end in a byte that belongs to no number (a line
 * feed, a zero). The result is the double nearest to the text, halves to even. */
const char *decimal_parse(const char *p, double *v);
/* The same, faster, where eight bytes may be read from any place up to `safe`. */
const char *decimal_parse_within(const char *p, const char *safe, double *v);

/* Whether a number's text has digits that no float of 32 bits would print: "4877455.58" has, "4877455.5" and the digits
 * "0.1000000015" of a float have not. */
bool decimal_outgrows_float(const char *text);

enum { DECIMAL_ROOM = 32 };
/* Writes the shortest text that reads back as v ("0.1", "48", "1e-07", "nan"); returns its end. No zero byte. */
char *decimal_print(char *out, double v);
char *decimal_print_float(char *out, float v);
char *decimal_print_int(char *out, int64_t v);
#endif

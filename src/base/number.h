/*
 * Numbers as text, the same in every locale: "0.5" is a half also where the user writes "0,5".
 */
#ifndef SECANT_BASE_NUMBER_H
#define SECANT_BASE_NUMBER_H
#include <secant/base.h>

/* Reads all of `text` as a finite decimal number (no hexadecimal, no inf, no nan, no blanks). False when it is none. */
bool secant_real_parse(const char *text, double *v);
/* The shortest text that reads back as v, at most 39 bytes; returns buffer. */
const char *secant_real_text(double v, char buffer[40]);
/* Reads all of `text` as a decimal whole number. False when it is none or does not fit. */
bool secant_int_parse(const char *text, long long *v);
#endif

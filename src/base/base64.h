/* Base64 (RFC 4648): bytes as text within JSON, XML and pages, and back. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H
#include "base/mem.h"
#include <stdint.h>

/* The four letters of one to three bytes. */
void base_base64_group(const uint8_t *p, int n, char out[4]);
void base_base64_encode(base_str *out, const void *data, size_t n);
/* Adds the bytes of a text in either alphabet (RFC 4648, 4 and 5), over line ends, padded or not; false: another byte,
 * a digit that stands alone, something behind the padding, or no memory. */
bool base_base64_decode(base_str *out, const char *p, size_t n);
#endif

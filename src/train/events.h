/* TensorBoard's event files: scalars by step. */
#ifndef SECANT_TRAIN_EVENTS_H
#define SECANT_TRAIN_EVENTS_H
#include <secant/base.h>

typedef struct secant_scalar {
	const char *tag;
	double value;
} secant_scalar;
/* Appends one event with the scalars that are finite; a new file begins with its version. `time`: seconds since 1970.
 */
secant_status secant_events_append(
	const char *path, double time, int64_t step, const secant_scalar *scalars, int n, secant_err *err) SECANT_NODISCARD;
uint32_t secant_crc32c(const void *data, size_t size); /* Castagnoli's polynomial, 0x1edc6f41 */
#endif

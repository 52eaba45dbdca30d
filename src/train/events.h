/* TensorBoard's event files: scalars by step. */
#ifndef TRAIN_EVENTS_H
#define TRAIN_EVENTS_H
#include <secant/base.h>

typedef struct train_scalar {
	const char *tag;
	double value;
} train_scalar;
/* Appends one event with the scalars that are finite; a new file begins with its version. `time`: seconds since 1970.
 */
secant_status train_events_append(
	const char *path, double time, int64_t step, const train_scalar *scalars, int n, secant_err *err) SECANT_NODISCARD;
uint32_t train_crc32c(const void *data, size_t size); /* Castagnoli's polynomial, 0x1edc6f41 */
#endif

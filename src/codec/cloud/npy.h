/* NPY: what arrays by themselves (npy.c) and arrays in an archive (npz.c) share. */
#ifndef CODEC_CLOUD_NPY_H
#define CODEC_CLOUD_NPY_H
#include "codec/cloud/format.h"

/* An array of plain numbers. */
typedef struct cloud_npy_array {
	secant_number type;
	bool swap, half, fortran; /* half: floats of 16 bits; the type is then f32 */
	int rank;
	int64_t dim[4];
	const uint8_t *data;
	size_t size; /* bytes of data */
} cloud_npy_array;

/* False when it is no whole NPY file of plain numbers. */
bool cloud_npy_parse(const uint8_t *data, size_t size, cloud_npy_array *a);
/* The name of element i of the `count` of a field: "xyz" is x, y, z; "rgb" red, green, blue; others get their index. */
void cloud_npy_name_element(char out[CLOUD_NAME], const char *field, int64_t i, int64_t count);
/* "f8": what numpy calls a type, without its byte order. */
const char *cloud_npy_code(secant_number type);
/* Bytes in front of an array's numbers: a multiple of 64 that holds a dictionary of that length. Version 1, or 3: UTF-8
 * in the dictionary. */
size_t cloud_npy_head_size(int version, size_t dictionary);
/* Appends `whole` of them. */
void cloud_npy_head(base_str *to, int version, const char *dictionary, size_t whole);
/* A float of 16 bits. */
float cloud_npy_half(const uint8_t *p, bool swap);
#endif

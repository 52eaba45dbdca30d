/*
 * Arrays of HDF5 files through libhdf5, where secant was built with it: whole ones, as floats or whole numbers whatever
 * they are stored as. The library is used by one thread at a time.
 */
#ifndef DATA_CLOUDS_H5_FILE_H
#define DATA_CLOUDS_H5_FILE_H
#include <secant/base.h>

typedef struct data_h5_array {
	float *real; /* one of the two; owned, data_h5_free */
	int32_t *whole;
	int64_t dim[3]; /* missing ones are 1 */
	int rank;
} data_h5_array;

/* Was secant built with libhdf5? */
bool data_h5_reads(void);
/* Reads array `name` of 1 to 3 dimensions and at most `most` numbers. *there (nullable): false and an empty array where
 * the file has none of that name, which without it is an error. */
secant_status data_h5_read(data_h5_array *out, const char *path, const char *name, bool whole, int64_t most,
	bool *there, secant_err *err) SECANT_NODISCARD;
void data_h5_free(data_h5_array *a);
#endif

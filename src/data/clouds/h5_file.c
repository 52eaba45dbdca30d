/* Arrays of HDF5 files. See h5_file.h. */
#include "data/clouds/h5_file.h"
#include <string.h>
#include "base/mem.h"

void
data_h5_free(data_h5_array *a)
{
	secant_free(a->real);
	secant_free(a->whole);
	*a = (data_h5_array){ 0 };
}

#ifdef SECANT_HDF5
#include <hdf5.h>
#include <pthread.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER; /* libhdf5 has state of its own */

bool
data_h5_reads(void)
{
	return true;
}

/* Numbers as they come in memory: libhdf5 turns bytes around, the kind of number is ours to convert. (Its names of
 * types are variables, which the command's late loading cannot follow.) */
typedef struct kind {
	H5T_class_t class;
	size_t size;
	bool sign;
} kind;

static double
number_at(const kind *k, const uint8_t *at)
{
	union {
		float f;
		double d;
		int8_t i1;
		int16_t i2;
		int32_t i4;
		int64_t i8;
		uint8_t u1;
		uint16_t u2;
		uint32_t u4;
		uint64_t u8;
	} v;
	memcpy(&v, at, k->size);
	if (k->class == H5T_FLOAT)
		return k->size == 4 ? (double)v.f : v.d;
	switch (k->size) {
	case 1: return k->sign ? v.i1 : v.u1;
	case 2: return k->sign ? v.i2 : v.u2;
	case 4: return k->sign ? (double)v.i4 : (double)v.u4;
	default: return k->sign ? (double)v.i8 : (double)v.u8;
	}
}

static bool
is_known(const kind *k)
{
	bool whole = k->class == H5T_INTEGER && (k->size == 1 || k->size == 2 || k->size == 4 || k->size == 8);
	return whole || (k->class == H5T_FLOAT && (k->size == 4 || k->size == 8));
}

/* Numbers alone: texts and structs are not converted. */
static secant_status
check(hid_t set, const char *path, const char *name, int64_t most, data_h5_array *out, secant_err *err)
{
	hsize_t dim[3] = { 1, 1, 1 };
	hid_t space = H5Dget_space(set), type = H5Dget_type(set);
	int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
	H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
	int64_t n = 1;
	bool fits = rank >= 1 && rank <= 3 && H5Sget_simple_extent_dims(space, dim, NULL) == rank;
	for (int i = 0; i < 3 && fits; i++) {
		fits = dim[i] > 0 && dim[i] <= (hsize_t)(most / n);
		out->dim[i] = (int64_t)dim[i];
		n *= fits ? out->dim[i] : 1;
	}
	out->rank = rank;
	if (space >= 0)
		H5Sclose(space);
	if (type >= 0)
		H5Tclose(type);
	if (class != H5T_INTEGER && class != H5T_FLOAT)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: array '%s' holds no numbers", path, name);
	return fits ? SECANT_OK
				: secant_fail(err, SECANT_ERR_FORMAT, "%s: array '%s' wants 1 to 3 dimensions and 1 to %lld numbers",
					path, name, (long long)most);
}

static secant_status
convert(data_h5_array *out, const kind *k, const uint8_t *from, bool whole, const char *path, const char *name,
	secant_err *err)
{
	size_t n = (size_t)(out->dim[0] * out->dim[1] * out->dim[2]);
	if (whole ? !(out->whole = secant_calloc(n, sizeof *out->whole))
			  : !(out->real = secant_calloc(n, sizeof *out->real)))
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for the %zu numbers of '%s'", path, n, name);
	for (size_t i = 0; i < n; i++) {
		double v = number_at(k, from + i * k->size);
		if (!whole)
			out->real[i] = (float)v;
		else if (v >= INT32_MIN && v <= INT32_MAX && v == (double)(int32_t)v)
			out->whole[i] = (int32_t)v;
		else
			return secant_fail(err, SECANT_ERR_FORMAT, "%s: number %zu of '%s' is %g, no class", path, i + 1, name, v);
	}
	return SECANT_OK;
}

static secant_status
read_set(data_h5_array *out, hid_t set, const char *path, const char *name, bool whole, int64_t most, secant_err *err)
{
	secant_status s = check(set, path, name, most, out, err);
	if (s)
		return s;
	size_t n = (size_t)(out->dim[0] * out->dim[1] * out->dim[2]);
	hid_t stored = H5Dget_type(set), native = stored < 0 ? -1 : H5Tget_native_type(stored, H5T_DIR_ASCEND);
	kind k = { H5T_NO_CLASS, 0, false };
	if (native >= 0)
		k = (kind){ H5Tget_class(native), H5Tget_size(native), H5Tget_sign(native) == H5T_SGN_2 };
	uint8_t *from = is_known(&k) ? secant_calloc(n, k.size) : NULL;
	if (!is_known(&k))
		s = secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "%s: numbers of %zu bytes in array '%s' are not read", path, k.size, name);
	else if (!from)
		s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for the %zu numbers of '%s'", path, n, name);
	else if (H5Dread(set, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, from) < 0)
		s = secant_fail(err, SECANT_ERR_FORMAT,
			"%s: array '%s' cannot be read: it is damaged, or packed by a filter that libhdf5 has not", path, name);
	else
		s = convert(out, &k, from, whole, path, name, err);
	secant_free(from);
	if (native >= 0)
		H5Tclose(native);
	if (stored >= 0)
		H5Tclose(stored);
	return s;
}

static secant_status
read_file(
	data_h5_array *out, const char *path, const char *name, bool whole, int64_t most, bool *there, secant_err *err)
{
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	if (file < 0)
		return secant_fail(
			err, SECANT_ERR_FORMAT, "%s: no arrays of HDF5: damaged, cut off, or not to be opened", path);
	bool has = H5Lexists(file, name, H5P_DEFAULT) > 0;
	hid_t set = has ? H5Dopen2(file, name, H5P_DEFAULT) : -1;
	secant_status s = SECANT_OK;
	if (there)
		*there = has;
	if (has && set < 0)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: '%s' is no array", path, name);
	else if (has)
		s = read_set(out, set, path, name, whole, most, err);
	else if (!there)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: there is no array '%s' in it", path, name);
	if (set >= 0)
		H5Dclose(set);
	H5Fclose(file);
	return s;
}

secant_status
data_h5_read(
	data_h5_array *out, const char *path, const char *name, bool whole, int64_t most, bool *there, secant_err *err)
{
	H5E_auto2_t say;
	void *user;
	*out = (data_h5_array){ 0 };
	pthread_mutex_lock(&one_at_a_time);
	(void)H5Eget_auto2(H5E_DEFAULT, &say, &user); /* it prints what fails, which is ours to say */
	(void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	secant_status s = read_file(out, path, name, whole, most, there, err);
	(void)H5Eset_auto2(H5E_DEFAULT, say, user);
	pthread_mutex_unlock(&one_at_a_time);
	if (s)
		data_h5_free(out);
	return s;
}

#else

bool
data_h5_reads(void)
{
	return false;
}

secant_status
data_h5_read(
	data_h5_array *out, const char *path, const char *name, bool whole, int64_t most, bool *there, secant_err *err)
{
	*out = (data_h5_array){ 0 };
	return secant_fail(err, SECANT_ERR_UNSUPPORTED,
		"%s: arrays of HDF5, and this secant was built without libhdf5 (libhdf5-dev); h5py reads `data`, `label` and "
		"`pid`, and numpy.save of columns x, y, z, label makes DATA/train/NAME.npy",
		path);
}
#endif

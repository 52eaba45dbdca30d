/*
 * What tests of tensor files share: bytes that are decoded from a block of exactly their length (so that a sanitizer
 * sees any access beyond), failures with their message, and the loops that cut a file at every byte and let every
 * allocation fail.
 */
#ifndef TESTS_FORMATS_FILES_H
#define TESTS_FORMATS_FILES_H
#include "../data.h"
#include <secant/tensorfile.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"

static inline secant_status
decode(secant_tensors *set, char **metadata, const void *data, size_t size, secant_err *err)
{
	void *exact = malloc(size ? size : 1);
	memcpy(exact, data, size);
	secant_status s = secant_tensors_decode(set, metadata, exact, size, "file", err);
	free(exact);
	return s;
}

static inline void
decodes(secant_tensors *set, const void *data, size_t size)
{
	secant_err err = { 0 };
	if (decode(set, NULL, data, size, &err))
		fail_msg("%s", err.msg);
}

static inline void
refuses(const void *data, size_t size, secant_status code, const char *message)
{
	secant_err err = { 0 };
	secant_tensors set;
	secant_status s = decode(&set, NULL, data, size, &err);
	if (s != code || !strstr(err.msg, message) || strncmp(err.msg, "file: ", 6))
		fail_msg("expected %d '%s', got %d '%s'", code, message, s, err.msg);
	assert_int_equal(set.n, 0);
}

/* Every shorter file is an error that says so. */
static inline void
refuses_all_cuts(const void *data, size_t size)
{
	for (size_t n = 0; n < size; n++) {
		secant_err err = { 0 };
		secant_tensors set;
		if (!decode(&set, NULL, data, n, &err))
			fail_msg("%zu of %zu bytes were accepted", n, size);
		assert_true(err.code && err.msg[0]);
	}
}

/* Any byte turned over: an error or not, but nothing worse. */
static inline void
survives_all_changes(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);
	for (size_t n = 0; n < size * 3; n++) {
		static const uint8_t change[3] = { 0xff, 0x01, 0x80 };
		secant_err err = { 0 };
		secant_tensors set;
		memcpy(copy, data, size);
		copy[n / 3] ^= change[n % 3];
		if (!secant_tensors_decode(&set, NULL, copy, size, "file", &err))
			secant_tensors_free(&set);
	}
	free(copy);
}

/* Each allocation fails once: NOMEM every time until it works, and nothing is left behind. */
static inline void
survives_lack_of_memory(const void *data, size_t size)
{
	for (long n = 1;; n++) {
		secant_err err = { 0 };
		secant_tensors set;
		char *metadata;
		long live = base_mem_live();
		base_mem_fail_at(n);
		secant_status s = secant_tensors_decode(&set, &metadata, data, size, "file", &err);
		base_mem_fail_at(0);
		if (s)
			assert_int_equal(s, SECANT_ERR_NOMEM);
		secant_free(metadata);
		secant_tensors_free(&set);
		assert_int_equal(base_mem_live(), live);
		if (!s)
			break;
	}
}

/* A set with a tensor of every dtype, an empty one and a scalar. */
static inline void
fill_set(secant_tensors *set, bool bf16)
{
	memset(set, 0, sizeof *set);
	for (int d = 0; d <= SECANT_BOOL; d++) {
		secant_tensor t;
		secant_shape shape = secant_shape_of(2, (int64_t)2, (int64_t)3);
		if (d == SECANT_BF16 && !bf16)
			continue;
		assert_int_equal(secant_tensor_new(&t, (secant_dtype)d, &shape, NULL), 0);
		for (int i = 0; i < 6; i++)
			secant_tensor_set(&t, i, d == SECANT_BOOL ? i % 2 : i + 1);
		assert_int_equal(secant_tensors_add(set, secant_dtype_name((secant_dtype)d), &t, NULL), 0);
	}
	secant_tensor t;
	secant_shape none = secant_shape_of(2, (int64_t)0, (int64_t)3), scalar = secant_shape_of(0);
	assert_int_equal(secant_tensor_new(&t, SECANT_F32, &none, NULL), 0);
	assert_int_equal(secant_tensors_add(set, "none", &t, NULL), 0);
	assert_int_equal(secant_tensor_new(&t, SECANT_I64, &scalar, NULL), 0);
	secant_tensor_set(&t, 0, -5);
	assert_int_equal(secant_tensors_add(set, "scalar", &t, NULL), 0);
}

static inline void
assert_same_set(const secant_tensors *a, const secant_tensors *b)
{
	assert_int_equal(a->n, b->n);
	for (int i = 0; i < a->n; i++) {
		assert_string_equal(a->v[i].name, b->v[i].name);
		assert_int_equal(a->v[i].tensor.dtype, b->v[i].tensor.dtype);
		assert_true(secant_shape_equal(&a->v[i].tensor.shape, &b->v[i].tensor.shape));
		assert_memory_equal(a->v[i].tensor.data, b->v[i].tensor.data, secant_tensor_bytes(&a->v[i].tensor));
	}
}

/* A file's bytes in memory of the C library. */
static inline uint8_t *
slurp(const char *path, size_t *size)
{
	char *data;
	assert_int_equal(secant_file_read(&data, size, path, 1 << 26, NULL), 0);
	uint8_t *copy = malloc(*size + 1);
	memcpy(copy, data, *size);
	secant_free(data);
	return copy;
}
#endif

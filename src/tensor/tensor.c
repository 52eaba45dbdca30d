/*
 * Tensors as data: making, freeing, reading and writing single elements, and sets of named tensors. The conversions
 * between number formats are exact where they can be and round once, to nearest even, where they cannot.
 */
#include <secant/tensor.h>
#include "base/file.h"
#include "base/mem.h"
#include "base/by_name.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_TENSORS = 65536 };

size_t
secant_tensor_bytes(const secant_tensor *t)
{
	int64_t n = secant_shape_count(&t->shape);
	return n < 0 ? 0 : (size_t)n * secant_dtype_size(t->dtype);
}

int64_t
secant_shape_count(const secant_shape *s)
{
	int64_t n = 1;
	bool empty = false, over = false;
	if (s->rank < 0 || s->rank > SECANT_MAX_RANK)
		return -1;
	for (int i = 0; i < s->rank; i++) {
		if (s->dim[i] < 0)
			return -1;
		empty = empty || s->dim[i] == 0;
		over = over || __builtin_mul_overflow(n, s->dim[i], &n);
	}
	return empty ? 0 : over ? -1 : n;
}

bool
secant_shape_equal(const secant_shape *a, const secant_shape *b)
{
	if (a->rank != b->rank)
		return false;
	for (int i = 0; i < a->rank; i++)
		if (a->dim[i] != b->dim[i])
			return false;
	return true;
}

const char *
secant_shape_text(const secant_shape *s, char *buffer, size_t size)
{
	char text[SECANT_MAX_RANK * 24] = "scalar";
	size_t n = 0;
	for (int i = 0; i < s->rank && i < SECANT_MAX_RANK; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%lld", i ? "x" : "", (long long)s->dim[i]);
	if (size)
		(void)snprintf(buffer, size, "%s", text);
	return buffer;
}

secant_status
secant_tensor_new(secant_tensor *t, secant_dtype dtype, const secant_shape *shape, secant_err *err)
{
	char text[96];
	*t = (secant_tensor){ 0 };
	int64_t n = secant_shape_count(shape);
	size_t bytes, size = secant_dtype_size(dtype);
	if (size == 0)
		return secant_fail(err, SECANT_ERR_ARG, "tensor: %d is no dtype", (int)dtype);
	if (shape->rank < 0 || shape->rank > SECANT_MAX_RANK)
		return secant_fail(err, SECANT_ERR_SHAPE, "tensor: rank %d is outside 0 to %d", shape->rank, SECANT_MAX_RANK);
	if (n < 0 || __builtin_mul_overflow((size_t)n, size, &bytes) || bytes > PTRDIFF_MAX)
		return secant_fail(err, SECANT_ERR_SHAPE, "tensor: no tensor can have the shape %s",
			secant_shape_text(shape, text, sizeof text));
	void *data = base_alloc_aligned(bytes);
	if (!data)
		return secant_fail(err, SECANT_ERR_NOMEM, "tensor %s %s: no memory for %zu bytes", secant_dtype_name(dtype),
			secant_shape_text(shape, text, sizeof text), bytes);
	*t = (secant_tensor){ .dtype = dtype, .shape = *shape, .data = data, .owner = data };
	return SECANT_OK;
}

void
secant_tensor_free(secant_tensor *t)
{
	secant_free(t->owner);
	*t = (secant_tensor){ 0 };
}

secant_status
secant_tensor_convert(secant_tensor *to, const secant_tensor *from, secant_dtype dtype, secant_err *err)
{
	secant_status s = secant_tensor_new(to, dtype, &from->shape, err);
	if (s)
		return s;
	int64_t n = secant_shape_count(&from->shape);
	if (dtype == from->dtype && n)
		memcpy(to->data, from->data, secant_tensor_bytes(from));
	else
		for (int64_t i = 0; i < n; i++)
			secant_tensor_set(to, i, secant_tensor_get(from, i));
	return SECANT_OK;
}

secant_tensor *
secant_tensors_find(const secant_tensors *set, const char *name)
{
	int i = set->names ? base_by_name_find(set->names, name) : -1;
	return i < 0 ? NULL : &set->v[i].tensor;
}

secant_status
secant_tensors_add(secant_tensors *set, const char *name, secant_tensor *t, secant_err *err)
{
	if (secant_tensors_find(set, name))
		return secant_fail(err, SECANT_ERR_FORMAT, "two tensors are named '%s'", name);
	if (set->n >= MOST_TENSORS)
		return secant_fail(err, SECANT_ERR_RANGE, "tensor '%s': a set holds at most %d tensors", name, MOST_TENSORS);
	char *copy = base_strdup(name);
	if (!set->names)
		set->names = secant_calloc(1, sizeof(base_by_name));
	if (!copy || !set->names || base_grow((void **)&set->v, &set->capacity, set->n, sizeof *set->v)
		|| !base_by_name_add(set->names, copy, set->n)) {
		secant_free(copy);
		return secant_fail(err, SECANT_ERR_NOMEM, "tensor '%s': no memory", name);
	}
	set->v[set->n++] = (secant_named){ copy, *t };
	*t = (secant_tensor){ 0 };
	return SECANT_OK;
}

secant_status
secant_tensors_renamed(secant_tensors *set, secant_err *err)
{
	base_by_name fresh = { 0 };
	secant_status status = SECANT_OK;
	for (int i = 0; i < set->n && !status; i++) {
		if (base_by_name_find(&fresh, set->v[i].name) >= 0)
			status = secant_fail(
				err, SECANT_ERR_FORMAT, "two tensors are named '%s' without the prefixes of wrappers", set->v[i].name);
		else if (!base_by_name_add(&fresh, set->v[i].name, i))
			status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d names", set->n);
	}
	if (status || !set->names) {
		base_by_name_free(&fresh);
		return status;
	}
	base_by_name_free(set->names);
	*(base_by_name *)set->names = fresh;
	return SECANT_OK;
}

void
secant_tensors_free(secant_tensors *set)
{
	for (int i = 0; i < set->n; i++) {
		secant_free(set->v[i].name);
		secant_tensor_free(&set->v[i].tensor);
	}
	secant_free(set->v);
	if (set->names)
		base_by_name_free(set->names);
	secant_free(set->names);
	if (set->map) {
		base_file_unmap(set->map);
		secant_free(set->map);
	}
	*set = (secant_tensors){ 0 };
}

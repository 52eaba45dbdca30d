/* Arrays with strides as tensors. See secant/tensor.h. */
#include <secant/tensor.h>
#include <string.h>

static bool
is_dense(const secant_array *a)
{
	int64_t step = (int64_t)secant_dtype_size(a->dtype);
	for (int i = a->shape.rank - 1; i >= 0; i--) {
		if (a->shape.dim[i] != 1 && a->stride[i] != step)
			return false;
		step *= a->shape.dim[i];
	}
	return true;
}

/* Elements one by one, the last axis fastest. */
static void
gather(const secant_array *a, char *to)
{
	size_t size = secant_dtype_size(a->dtype);
	int64_t at[SECANT_MAX_RANK] = { 0 }, n = secant_shape_count(&a->shape);
	const char *from = a->data;
	for (int64_t i = 0; i < n; i++, to += size) {
		memcpy(to, from, size);
		for (int k = a->shape.rank - 1; k >= 0; k--) {
			from += a->stride[k];
			if (++at[k] < a->shape.dim[k])
				break;
			from -= a->stride[k] * a->shape.dim[k];
			at[k] = 0;
		}
	}
}

secant_status
secant_tensor_of(secant_tensor *t, const secant_array *a, bool copy, secant_err *err)
{
	char text[96];
	*t = (secant_tensor){ 0 };
	if (a->shape.rank < 0 || a->shape.rank > SECANT_MAX_RANK || secant_shape_count(&a->shape) < 0)
		return secant_fail(err, SECANT_ERR_SHAPE, "an array of %d axes is no tensor", a->shape.rank);
	if (secant_shape_count(&a->shape) == 0 || is_dense(a)) {
		*t = (secant_tensor){ a->dtype, a->shape, (void *)(uintptr_t)a->data, NULL };
		return SECANT_OK;
	}
	if (!copy)
		return secant_fail(err, SECANT_ERR_ARG, "the array of %s has strides, a dense one is wanted",
			secant_shape_text(&a->shape, text, sizeof text));
	secant_status status = secant_tensor_new(t, a->dtype, &a->shape, err);
	if (!status)
		gather(a, t->data);
	return status;
}

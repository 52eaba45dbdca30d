/*
 * Pictures as data: H x W x C, interleaved. Codecs fill them, nothing here looks at a pixel.
 */
#include <secant/tensor.h>
#include "base/mem.h"

secant_status
secant_image_new(secant_image *im, int width, int height, int channels, secant_dtype dtype, secant_err *err)
{
	*im = (secant_image){ 0 };
	if (width < 1 || height < 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "picture: %dx%d is no size (width x height)", width, height);
	if (channels < 1 || channels > 4096)
		return secant_fail(err, SECANT_ERR_RANGE, "picture: %d channels are outside 1 to 4096", channels);
	if (dtype != SECANT_U8 && dtype != SECANT_U16 && dtype != SECANT_I16 && dtype != SECANT_F32)
		return secant_fail(
			err, SECANT_ERR_ARG, "picture: dtype %s is not u8, u16, i16 or f32", secant_dtype_name(dtype));
	size_t bytes, row = (size_t)width * (size_t)channels * secant_dtype_size(dtype);
	if (__builtin_mul_overflow(row, (size_t)height, &bytes) || bytes > (size_t)1 << 40)
		return secant_fail(err, SECANT_ERR_RANGE, "picture: %dx%dx%d %s is larger than 2^40 bytes", width, height,
			channels, secant_dtype_name(dtype));
	void *data = base_alloc_aligned(bytes);
	if (!data)
		return secant_fail(
			err, SECANT_ERR_NOMEM, "picture %dx%dx%d %s: no memory", width, height, channels, secant_dtype_name(dtype));
	*im = (secant_image){ .width = width, .height = height, .channels = channels, .dtype = dtype, .data = data };
	return SECANT_OK;
}

void
secant_image_free(secant_image *im)
{
	secant_free(im->data);
	secant_free(im->palette);
	secant_free(im->voids);
	if (im->meta && im->meta_free)
		im->meta_free(im->meta);
	*im = (secant_image){ 0 };
}

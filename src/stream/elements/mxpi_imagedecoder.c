/* mxpi_imagedecoder: decodes a picture. */
#include <secant/codec.h>
#include <math.h>
#include "stream/picture.h"

static const stream_prop props[] = {
	STREAM_PROP_WORDS("imageFormat", "jpg", "jpg|jpeg|bmp", "what the bytes are"),
	STREAM_PROP_WORDS("cvProcessor", "ascend", "ascend|opencv", "whose arithmetic: the accelerator's or OpenCV's"),
	STREAM_PROP_WORDS("handleMethod", "", "ascend|opencv", "older name of cvProcessor; wins where it is set"),
	STREAM_PROP_WORDS("outputDataFormat", "BGR", "BGR|RGB", "order of the channels"),
	STREAM_PROP_WORDS("dataType", "uint8", "uint8|float32", "type of the values; float32 with opencv only"),
	STREAM_PROP_WORDS("formatAdaptation", "off", "on|off", "adapt the format of odd sizes"),
	STREAM_PROP_END,
};

/* Grey, grey with alpha, colour, colour with alpha, of 8 or 16 bits, to three bytes: 16 bits lose their lower half, but
 * those of colours in TIFF are rounded (`rounds`); alpha is dropped (cv2.imdecode). */
static void
to_bytes(uint8_t *to, const secant_image *im, bool rounds, bool bgr)
{
	size_t n = (size_t)im->width * (size_t)im->height, c = (size_t)im->channels;
	if (im->dtype == SECANT_U8 && c == 3) {
		if (bgr)
			stream_swap_red(to, im->data, n);
		else
			memcpy(to, im->data, 3 * n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < 3; k++) {
			size_t at = i * c + (c < 3 ? 0 : bgr ? 2 - k : k);
			if (im->dtype == SECANT_U8) {
				to[3 * i + k] = ((const uint8_t *)im->data)[at];
				continue;
			}
			unsigned v = ((const uint16_t *)im->data)[at];
			to[3 * i + k] = (uint8_t)(rounds && c > 2 ? (v + 128) / 257 : v >> 8);
		}
}

static bool
is_tiff(const stream_blob *b)
{
	return b->n > 4 && (!memcmp(b->p, "II", 2) || !memcmp(b->p, "MM", 2));
}

/* Writes the pixels where they go, by way of bytes where the result is of another kind. */
static bool
write_pixels(stream_made *made, const secant_image *im, bool rounds)
{
	bool bgr = made->format != STREAM_RGB;
	size_t n = (size_t)im->width * (size_t)im->height * 3;
	if (made->format != STREAM_NV12 && !made->f32) {
		to_bytes(made->to, im, rounds, bgr);
		return true;
	}
	uint8_t *bytes = base_alloc_raw(n);
	if (!bytes)
		return false;
	to_bytes(bytes, im, rounds, bgr);
	for (size_t i = 0; made->f32 && i < n; i++) {
		float v = bytes[i];
		memcpy(made->to + i * sizeof v, &v, sizeof v);
	}
	if (made->format == STREAM_NV12)
		stream_to_nv12(made->to, bytes, im->width, im->height, bgr);
	secant_free(bytes);
	return true;
}

/* What goes on with the picture: the way of the old frame, and the caller's boxes as ExternalObjects. */
static stream_frame *
new_frame(stream_frame *old)
{
	stream_frame *f = stream_frame_new();
	const stream_message *kind;
	stream_blob *blob;
	if (!f)
		return NULL;
	*stream_frame_way(f) = *stream_frame_way(old);
	if (stream_frame_get(old, "appInput", &kind, &blob)) {
		if (blob->n)
			(void)stream_frame_put(f, "ExternalObjects", kind, blob);
		else
			stream_blob_drop(blob);
	}
	if (stream_frame_get(old, "ReservedFrameInfo", &kind, &blob))
		(void)stream_frame_put(f, "ReservedFrameInfo", kind, blob);
	return f;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	stream_blob *bytes = stream_frame_bytes(in[0]);
	char how[32];
	secant_err err = { 0 };
	secant_image im;
	if (!bytes || !bytes->n) {
		stream_cannot(w, in[0], STREAM_FAILURE, "Empty vision in frame: the frame has no bytes of a picture");
		return;
	}
	if (secant_image_decode(&im, bytes->p, bytes->n, "picture", NULL, &err)) {
		stream_cannot(w, in[0], STREAM_DECODE, "%s", err.msg);
		return;
	}
	if ((im.dtype != SECANT_U8 && im.dtype != SECANT_U16) || im.channels > 4) {
		stream_cannot(w, in[0], STREAM_DECODE,
			"pictures of 8 or 16 bits with up to 4 channels become bytes of three; this one has %d channels of %s",
			im.channels, secant_dtype_name(im.dtype));
		secant_image_free(&im);
		return;
	}
	stream_prop_text(w, "handleMethod", how, sizeof how);
	if (!*how)
		stream_prop_text(w, "cvProcessor", how, sizeof how);
	bool planes = strcmp(how, "opencv") != 0;
	stream_made made = { .format = planes                  ? STREAM_NV12
			: stream_prop_is(w, "outputDataFormat", "RGB") ? STREAM_RGB
														   : STREAM_BGR,
		.width = im.width,
		.height = im.height,
		.f32 = !planes && stream_prop_is(w, "dataType", "float32") };
	stream_frame *f = new_frame(in[0]);
	stream_blob *list = stream_pictures_new(&made, 1);
	bool fine = f && list && write_pixels(&made, &im, is_tiff(bytes));
	secant_image_free(&im);
	if (!fine) {
		stream_blob_drop(list);
		stream_cannot(w, in[0], STREAM_NO_MEMORY, "no memory for a picture of %dx%d", made.width, made.height);
	} else {
		stream_frame_set_vision(f, w->name);
		stream_answer(w, f, stream_message_find("MxpiVisionList"), list);
	}
	stream_frame_drop(f);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_imagedecoder = {
	.name = "mxpi_imagedecoder",
	.brief = "decodes a picture",
	.props = props,
	.sinks = { STREAM_MEDIA_JPEG },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_OBJECT | STREAM_MEDIA_RGB },
	.work = &work,
};

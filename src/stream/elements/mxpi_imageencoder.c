/* mxpi_imageencoder: encodes pictures as JPEG, each into a buffer of its own. */
#include <secant/codec.h>
#include "stream/picture.h"

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "encodeLevel", "100", 1, 100, "quality"),
	STREAM_PROP_END,
};

/* R, G, B of a picture; false: it has none. */
static bool
colours(const stream_picture *p, secant_image *im)
{
	stream_plane plane;
	uint8_t *to = im->data;
	if (p->format == STREAM_NV12 || p->format == STREAM_NV21) {
		if (p->width_aligned != p->width || p->height_aligned != p->height)
			return false;
		stream_from_nv12(to, p->data, p->width, p->height, false, p->format == STREAM_NV21);
		return true;
	}
	if (!stream_picture_plane(p, &plane) || plane.f32)
		return false;
	for (int y = 0; y < p->height; y++)
		for (int x = 0; x < p->width; x++, to += 3) {
			const uint8_t *from = plane.p + y * plane.pitch + (int64_t)x * plane.channels;
			for (int k = 0; k < 3; k++)
				to[k] = from[plane.channels < 3 ? 0 : p->format == STREAM_BGR ? 2 - k : k];
		}
	return true;
}

/* A frame with a JPEG file as its bytes, and under the element's name a list of one picture of them. NULL: err. */
static stream_frame *
encoded(stream_frame *from, const stream_picture *p, const char *key, int member, int quality, stream_blob **list,
	secant_err *err)
{
	secant_image im = { 0 };
	void *data = NULL;
	size_t size = 0;
	if (secant_image_new(&im, p->width, p->height, 3, SECANT_U8, err))
		return NULL;
	if (!colours(p, &im))
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "pictures of format %d%s are not encoded", p->format,
			p->f32 ? " of FLOAT32" : "");
	else
		(void)!secant_image_encode(
			&im, "jpg", &data, &size, &(secant_image_write_options){ .quality = quality ? quality : 1 }, err);
	secant_image_free(&im);
	stream_frame *f = err->code ? NULL : stream_frame_new();
	if (f) {
		base_str vision = { 0 }, info = { 0 }, pixels = { 0 }, out = { 0 };
		stream_put_header(&vision, key, member);
		stream_put_int(&info, 1, 101);
		stream_put_int(&info, 2, p->width);
		stream_put_int(&info, 3, p->height);
		stream_put_message(&vision, 2, &info);
		stream_put_int(&pixels, 2, (int64_t)size);
		format_wire_put_bytes(&pixels, 6, data, size);
		stream_put_message(&vision, 3, &pixels);
		stream_put_message(&out, 1, &vision);
		stream_frame_copy_messages(f, from);
		stream_frame_set_bytes(f, stream_blob_of(data, size));
		*list = stream_blob_take(&out);
		base_str_free(&vision);
		base_str_free(&info);
		base_str_free(&pixels);
	} else if (!err->code)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	secant_free(data);
	return f;
}

/* Each picture of a list goes on as a buffer of its own, so that sinks write files. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], why[300] = "";
	stream_picture p;
	int quality = (int)stream_prop_int(w, "encodeLevel"), got;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *list = stream_want_or_pass(w, in[0], key, "MxpiVisionList");
	if (!list)
		return;
	format_wire at = { list->p, list->n };
	for (int i = 0; (got = stream_picture_next(&at, &p, why, sizeof why)) > 0 || i == 0; i++) {
		secant_err err = { 0 };
		stream_blob *made = NULL;
		if (got <= 0)
			secant_fail(&err, SECANT_ERR_FORMAT, "%s", *why ? why : "there is no picture");
		stream_frame *f = got > 0 ? encoded(in[0], &p, key, i, quality, &made, &err) : NULL;
		if (f)
			stream_answer(w, f, stream_message_find("MxpiVisionList"), made);
		else { /* the others go on without what is wrong with this one */
			if ((f = stream_frame_new()))
				stream_frame_copy_messages(f, in[0]);
			stream_cannot(w, f ? f : in[0], STREAM_ENCODE, "%s", err.msg);
		}
		stream_frame_drop(f);
		if (got <= 0)
			break;
	}
	stream_blob_drop(list);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_imageencoder = {
	.name = "mxpi_imageencoder",
	.brief = "encodes pictures as JPEG",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.keys = { "dataSource" },
	.work = &work,
};

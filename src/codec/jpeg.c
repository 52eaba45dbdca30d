/*
 * JPEG through libjpeg-turbo: grey, colour and CMYK (as Adobe writes it, inverted, or plain); EXIF orientation is
 * found, turning is the caller's. A file that ends early or has damaged data is an error, not a picture with a grey
 * rest. 8 bits a sample.
 */
#include "codec/codec.h"
#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>

enum { MOST_SCANS = 500, BUFFER = 1 << 15 };

/* libjpeg reports by callbacks that must not return: a message and a jump. */
typedef struct trouble {
	struct jpeg_error_mgr mgr; /* first, libjpeg knows it by its address */
	jmp_buf back;
	secant_err err;
	uint8_t *row; /* what a jump must not leave behind */
} trouble;

static void
give_up(j_common_ptr c)
{
	trouble *t = (trouble *)c->err;
	char text[JMSG_LENGTH_MAX];
	t->mgr.format_message(c, text);
	(void)secant_fail(
		&t->err, t->mgr.msg_code == JERR_OUT_OF_MEMORY ? SECANT_ERR_NOMEM : SECANT_ERR_FORMAT, "JPEG: %s", text);
	longjmp(t->back, 1);
}

/* Warnings: those that mean lost pixels end the work, the others are remarks on style. */
static void
consider(j_common_ptr c, int level)
{
	switch (level < 0 ? c->err->msg_code : 0) {
	case JWRN_JPEG_EOF:
	case JWRN_HIT_MARKER:
	case JWRN_HUFF_BAD_CODE:
	case JWRN_ARITH_BAD_CODE:
	case JWRN_MUST_RESYNC:
	case JWRN_NOT_SEQUENTIAL:
	case JWRN_BOGUS_PROGRESSION: give_up(c);
	}
}

static void
stay_silent(j_common_ptr c)
{
}

static void
prepare(trouble *t)
{
	memset(t, 0, sizeof *t);
	jpeg_std_error(&t->mgr);
	t->mgr.error_exit = give_up;
	t->mgr.emit_message = consider;
	t->mgr.output_message = stay_silent;
}

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= 3 && !memcmp(data, "\xff\xd8\xff", 3);
}

/* Files with thousands of tiny scans would keep a CPU busy for hours. */
static void
count_scans(j_common_ptr c)
{
	if (c->is_decompressor && ((j_decompress_ptr)c)->input_scan_number > MOST_SCANS) {
		(void)secant_fail(&((trouble *)c->err)->err, SECANT_ERR_FORMAT, "JPEG: more than %d scans", MOST_SCANS);
		longjmp(((trouble *)c->err)->back, 1);
	}
}

static void
start(struct jpeg_decompress_struct *c, const uint8_t *data, size_t size)
{
	jpeg_create_decompress(c);
	jpeg_mem_src(c, data, size);
	jpeg_save_markers(c, JPEG_APP0 + 1, 0xffff);
	(void)jpeg_read_header(c, TRUE);
}

static int
orientation(const struct jpeg_decompress_struct *c)
{
	static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
	int said = 1; /* by XMP, which goes after EXIF */
	for (jpeg_saved_marker_ptr m = c->marker_list; m; m = m->next) {
		if (m->marker != JPEG_APP0 + 1)
			continue;
		/* the sixth byte is 0, but some cameras and editors wrote others */
		bool exif = m->data_length > 6 && !memcmp(m->data, "Exif\0", 5);
		int v = exif ? codec_exif_said(m->data + 6, m->data_length - 6) : 0;
		if (v)
			return v;
		if (m->data_length > sizeof xmp && !memcmp(m->data, xmp, sizeof xmp))
			said = codec_xmp_orientation(m->data, m->data_length);
	}
	return said;
}

static secant_status
probe(secant_image_info *info, const uint8_t *data, size_t size, secant_err *err)
{
	struct jpeg_decompress_struct c;
	trouble t;
	prepare(&t);
	memset(&c, 0, sizeof c);
	c.err = &t.mgr;
	if (setjmp(t.back)) {
		jpeg_destroy_decompress(&c);
		return secant_fail(err, t.err.code, "%s", t.err.msg);
	}
	start(&c, data, size);
	info->width = (int)c.image_width;
	info->height = (int)c.image_height;
	info->channels = c.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3;
	info->dtype = SECANT_U8;
	info->bits = c.data_precision;
	info->lossy = true;
	info->orientation = orientation(&c);
	jpeg_destroy_decompress(&c);
	return SECANT_OK;
}

/* CMYK to RGB in place, without a colour profile: each is paper times ink. Adobe stores what is left of the paper, not
 * the ink. */
static void
cmyk_row(uint8_t *to, const uint8_t *from, int width, bool inverted)
{
	for (int x = 0; x < width; x++, to += 3, from += 4) {
		int k = inverted ? from[3] : 255 - from[3];
		for (int c = 0; c < 3; c++)
			to[c] = (uint8_t)(((inverted ? from[c] : 255 - from[c]) * k + 127) / 255);
	}
}

/* What a jump out of here leaves, *im and *row, the caller frees. */
static secant_status
decode_rows(struct jpeg_decompress_struct *c, secant_image *im, uint8_t **row, const secant_image_read_options *o,
	secant_err *err)
{
	bool cmyk = c->jpeg_color_space == JCS_CMYK || c->jpeg_color_space == JCS_YCCK;
	bool grey = c->jpeg_color_space == JCS_GRAYSCALE ? o->channels < 3
													 : o->channels == 1 && c->jpeg_color_space == JCS_YCbCr;
	c->out_color_space = cmyk ? JCS_CMYK : grey ? JCS_GRAYSCALE : JCS_RGB;
	(void)jpeg_start_decompress(c);
	secant_status s = secant_image_new(im, (int)c->output_width, (int)c->output_height, grey ? 1 : 3, SECANT_U8, err);
	if (s)
		return s;
	if (cmyk && !(*row = secant_calloc(c->output_width, 4)))
		return secant_fail(err, SECANT_ERR_NOMEM, "JPEG: no memory for a row");
	while (c->output_scanline < c->output_height) {
		uint8_t *to = (uint8_t *)im->data + (size_t)c->output_scanline * secant_image_row_bytes(im);
		uint8_t *line = cmyk ? *row : to;
		(void)jpeg_read_scanlines(c, &line, 1);
		if (cmyk)
			cmyk_row(to, line, im->width, c->saw_Adobe_marker);
	}
	(void)jpeg_finish_decompress(c);
	return SECANT_OK;
}

static secant_status
decode(secant_image *im, const uint8_t *data, size_t size, const secant_image_read_options *o, secant_err *err)
{
	struct jpeg_decompress_struct c;
	struct jpeg_progress_mgr progress = { .progress_monitor = count_scans };
	trouble t;
	prepare(&t);
	memset(&c, 0, sizeof c);
	c.err = &t.mgr;
	if (setjmp(t.back)) {
		jpeg_destroy_decompress(&c);
		secant_free(t.row);
		secant_image_free(im);
		return secant_fail(err, t.err.code, "%s", t.err.msg);
	}
	start(&c, data, size);
	c.progress = &progress;
	secant_status s = decode_rows(&c, im, &t.row, o, err);
	jpeg_destroy_decompress(&c);
	secant_free(t.row);
	if (s)
		secant_image_free(im);
	return s;
}

/* ---- writing ---- */

typedef struct outlet {
	struct jpeg_destination_mgr mgr;
	codec_sink *sink;
	uint8_t buffer[BUFFER];
} outlet;

static void
begin_output(j_compress_ptr c)
{
	outlet *o = (outlet *)c->dest;
	o->mgr.next_output_byte = o->buffer;
	o->mgr.free_in_buffer = sizeof o->buffer;
}

static boolean
empty_buffer(j_compress_ptr c)
{
	outlet *o = (outlet *)c->dest;
	(void)codec_sink_put(o->sink, o->buffer, sizeof o->buffer); /* sticky */
	begin_output(c);
	return TRUE;
}

static void
end_output(j_compress_ptr c)
{
	outlet *o = (outlet *)c->dest;
	(void)codec_sink_put(o->sink, o->buffer, sizeof o->buffer - o->mgr.free_in_buffer);
}

static secant_status
encode(const secant_image *im, codec_sink *out, const char *extension, const secant_image_write_options *o,
	secant_err *err)
{
	struct jpeg_compress_struct c;
	trouble t;
	outlet to = { .mgr = { .init_destination = begin_output,
					  .empty_output_buffer = empty_buffer,
					  .term_destination = end_output },
		.sink = out };
	if ((im->channels != 1 && im->channels != 3) || im->dtype != SECANT_U8)
		return codec_image_cannot(im, "JPEG", "1 or 3 channels of u8", err);
	if (im->width > JPEG_MAX_DIMENSION || im->height > JPEG_MAX_DIMENSION)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "JPEG holds at most %ld pixels a side, the picture is %dx%d",
			JPEG_MAX_DIMENSION, im->width, im->height);
	prepare(&t);
	memset(&c, 0, sizeof c);
	c.err = &t.mgr;
	if (setjmp(t.back)) {
		jpeg_destroy_compress(&c);
		return secant_fail(err, t.err.code, "%s", t.err.msg);
	}
	jpeg_create_compress(&c);
	c.dest = &to.mgr;
	c.image_width = (JDIMENSION)im->width;
	c.image_height = (JDIMENSION)im->height;
	c.input_components = im->channels;
	c.in_color_space = im->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, o->quality ? o->quality : 90, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		JSAMPROW row = (uint8_t *)im->data + (size_t)c.next_scanline * secant_image_row_bytes(im);
		(void)jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	return SECANT_OK;
}

const codec_format codec_jpeg = {
	.name = "jpeg",
	.header_first = true,
	.brief = "JPEG, grey, colour and CMYK, turned as EXIF says",
	.extensions = "jpg|jpeg|jpe|jfif",
	.lossy = true,
	.pixels_per_byte = 4096,
	.detect = detect,
	.probe = probe,
	.decode = decode,
	.encode = encode,
};

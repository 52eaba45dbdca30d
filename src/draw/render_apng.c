/*
 * APNG: PNG with more than one frame (W3C PNG, third edition, 2025). The first frame is the picture that every PNG
 * reader shows. Frames are encoded as PNGs of their own, whose data chunks are then put together: acTL says how many,
 * fcTL stands before each, fdAT is IDAT with a number in front.
 */
#include "draw/render.h"
#include "base/hash.h"
#include <secant/codec.h>
#include <string.h>

static void
put_be32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A chunk of `type`; `head` (nullable, 4 bytes) goes before the data. */
static secant_status
put_chunk(base_writer *w, const char *type, const uint8_t *head, const uint8_t *data, size_t size, secant_err *err)
{
	uint8_t begin[12], end[4];
	size_t n = 8;
	put_be32(begin, (uint32_t)(size + (head ? 4 : 0)));
	memcpy(begin + 4, type, 4);
	if (head) {
		memcpy(begin + 8, head, 4);
		n = 12;
	}
	put_be32(end, base_crc32(base_crc32(0, begin + 4, n - 4), data, size));
	secant_status s = base_writer_put(w, begin, n, err);
	if (!s)
		s = base_writer_put(w, data, size, err);
	return s ? s : base_writer_put(w, end, 4, err);
}

static secant_status
put_control(base_writer *w, uint32_t *sequence, const secant_image *im, int frames, double seconds, secant_err *err)
{
	uint8_t d[26] = { 0 };
	put_be32(d, (*sequence)++);
	put_be32(d + 4, (uint32_t)im->width);
	put_be32(d + 8, (uint32_t)im->height);
	int delay = (int)(seconds * 1000 / frames + 0.5);
	d[20] = (uint8_t)(delay >> 8);
	d[21] = (uint8_t)delay;
	d[22] = 1000 >> 8;
	d[23] = 1000 & 255;
	return put_chunk(w, "fcTL", NULL, d, sizeof d, err);
}

/* The chunks of one encoded frame: the first frame also gives signature, header and animation control. */
static secant_status
put_frame(base_writer *w, uint32_t *sequence, int i, int frames, double seconds, const secant_image *im,
	const uint8_t *png, size_t size, secant_err *err)
{
	secant_status s = SECANT_OK;
	if (i == 0) {
		uint8_t control[8] = { 0 };
		put_be32(control, (uint32_t)frames);
		s = base_writer_put(w, png, 8 + 25, err);
		if (!s)
			s = put_chunk(w, "acTL", NULL, control, sizeof control, err);
	}
	if (!s)
		s = put_control(w, sequence, im, frames, seconds, err);
	for (size_t at = 8; !s && size - at >= 12;) {
		uint32_t n = be32(png + at);
		if (n > size - at - 12)
			return secant_fail(err, SECANT_ERR_BUG, "apng: a chunk of %u bytes in a picture of %zu", n, size);
		if (!memcmp(png + at + 4, "IDAT", 4)) {
			uint8_t number[4];
			put_be32(number, *sequence);
			*sequence += i > 0;
			s = put_chunk(w, i ? "fdAT" : "IDAT", i ? number : NULL, png + at + 8, n, err);
		}
		at += 12 + (size_t)n;
	}
	return s;
}

secant_status
render_apng(const char *path, int frames, double seconds, render_frame frame, void *user, secant_err *err)
{
	base_writer *w = base_writer_open(path, err);
	if (!w)
		return SECANT_ERR_IO;
	uint32_t sequence = 0;
	secant_status s = SECANT_OK;
	for (int i = 0; !s && i < frames; i++) {
		secant_image im = { 0 };
		void *png = NULL;
		size_t size = 0;
		s = frame(user, i, &im, err);
		if (!s)
			s = secant_image_encode(&im, "png", &png, &size, NULL, err);
		if (!s)
			s = put_frame(w, &sequence, i, frames, seconds, &im, png, size, err);
		secant_free(png);
		secant_image_free(&im);
	}
	if (!s)
		s = put_chunk(w, "IEND", NULL, (const uint8_t *)"", 0, err);
	if (s) {
		base_writer_abort(w);
		return s;
	}
	return base_writer_commit(w, err);
}

/* Pictures as messages; see picture.h. */
#include "stream/picture.h"
#include <math.h>
#include <stdio.h>

static int
whole(const format_wire_field *f)
{
	return f->value > INT32_MAX ? INT32_MAX : (int)f->value;
}

static void
read_info(stream_picture *p, format_wire w)
{
	int *const at[] = { NULL, &p->format, &p->width, &p->height, &p->width_aligned, &p->height_aligned,
		&p->resize_type };
	format_wire_field f;
	p->info = w;
	while (format_wire_next(&w, &f) > 0) {
		if (f.number <= 6 && f.type == FORMAT_WIRE_VARINT)
			*at[f.number] = whole(&f);
		else if (f.number == 7 && f.type == FORMAT_WIRE_32)
			p->scaling = stream_float_of(&f);
	}
}

static void
read_data(stream_picture *p, format_wire w)
{
	format_wire_field f;
	while (format_wire_next(&w, &f) > 0) {
		if (f.number == 6 && f.type == FORMAT_WIRE_BYTES) {
			p->data = f.bytes.p;
			p->size = f.bytes.n;
		} else if (f.number == 7 && f.type == FORMAT_WIRE_VARINT)
			p->f32 = f.value == 1;
	}
}

int
stream_picture_next(format_wire *list, stream_picture *p, char *why, size_t size)
{
	format_wire_field f;
	format_wire w;
	int got = format_wire_next_bytes(list, 1, &w);
	*p = (stream_picture){ 0 };
	if (got < 0)
		snprintf(why, size, "the list of pictures is broken");
	if (got <= 0)
		return got;
	while (format_wire_next(&w, &f) > 0) {
		if (f.number == 2 && f.type == FORMAT_WIRE_BYTES)
			read_info(p, f.bytes);
		else if (f.number == 3 && f.type == FORMAT_WIRE_BYTES)
			read_data(p, f.bytes);
	}
	p->width_aligned = p->width_aligned ? p->width_aligned : p->width;
	p->height_aligned = p->height_aligned ? p->height_aligned : p->height;
	size_t want = stream_picture_bytes(p->format, p->width_aligned, p->height_aligned, p->f32);
	if (p->width < 1 || p->height < 1 || p->width_aligned < p->width || p->height_aligned < p->height)
		snprintf(why, size, "a picture of %dx%d (%dx%d with what it is aligned to)", p->width, p->height,
			p->width_aligned, p->height_aligned);
	else if (p->width_aligned > 65536 || p->height_aligned > 65536)
		snprintf(why, size, "a picture of %dx%d; 65536 is the most", p->width_aligned, p->height_aligned);
	else if (want && p->size < want)
		snprintf(why, size, "a picture of %dx%d in format %d%s has %zu bytes, %zu are wanted", p->width_aligned,
			p->height_aligned, p->format, p->f32 ? " of FLOAT32" : "", p->size, want);
	else
		return 1;
	return -1;
}

int
stream_picture_channels(int format)
{
	return format == STREAM_GREY                       ? 1
		: format == STREAM_RGB || format == STREAM_BGR ? 3
		: format >= 14 && format <= 17                 ? 4
													   : 0;
}

size_t
stream_picture_bytes(int format, int width, int height, bool f32)
{
	size_t n = (size_t)width * (size_t)height;
	if (format == STREAM_NV12 || format == STREAM_NV21)
		return n + 2 * ((size_t)(width + 1) / 2) * ((size_t)(height + 1) / 2);
	return n * (size_t)stream_picture_channels(format) * (f32 ? sizeof(float) : 1);
}

bool
stream_picture_plane(const stream_picture *p, stream_plane *plane)
{
	int c = stream_picture_channels(p->format);
	*plane = (stream_plane){ p->width, p->height, c, p->f32,
		(int64_t)p->width_aligned * c * (p->f32 ? (int64_t)sizeof(float) : 1), (uint8_t *)p->data };
	return c && p->size >= stream_picture_bytes(p->format, p->width_aligned, p->height_aligned, p->f32);
}

/* ---- writing ---- */

static size_t
length_of(uint64_t v)
{
	size_t n = 1;
	while (v >>= 7)
		n++;
	return n;
}

/* The fields of MxpiVision before its pixels; the length of the whole in *all. */
static void
head_of(base_str *out, const stream_made *p, size_t pixels, size_t *all)
{
	base_str vision = { 0 }, info = { 0 }, data = { 0 };
	if (p->parent)
		stream_put_header(&vision, p->parent, p->member);
	stream_put_int(&info, 1, p->format);
	stream_put_int(&info, 2, p->width);
	stream_put_int(&info, 3, p->height);
	stream_put_int(&info, 4, p->width);
	stream_put_int(&info, 5, p->height);
	stream_put_int(&info, 6, p->resize_type);
	stream_put_real(&info, 7, p->scaling);
	if (p->steps.failed)
		info.failed = true;
	base_str_addn(&info, p->steps.p ? p->steps.p : "", p->steps.n);
	stream_put_message(&vision, 2, &info);
	stream_put_int(&data, 2, (int64_t)pixels);
	stream_put_int(&data, 7, p->f32);
	format_wire_put_head(&data, 6, pixels);
	format_wire_put_head(&vision, 3, data.n + pixels);
	base_str_addn(&vision, data.p ? data.p : "", data.n);
	*all = vision.n + pixels;
	format_wire_put_head(out, 1, *all);
	base_str_addn(out, vision.p ? vision.p : "", vision.n);
	out->failed |= vision.failed || info.failed || data.failed;
	*all += 1 + length_of(*all);
	base_str_free(&vision);
	base_str_free(&info);
	base_str_free(&data);
}

stream_blob *
stream_pictures_new(stream_made *v, int n)
{
	base_str *heads = secant_calloc((size_t)n, sizeof *heads);
	size_t total = 0, all;
	bool fine = heads != NULL;
	for (int i = 0; fine && i < n; i++) {
		size_t pixels = stream_picture_bytes(v[i].format, v[i].width, v[i].height, v[i].f32);
		head_of(&heads[i], &v[i], pixels, &all);
		total += all;
		fine = !heads[i].failed && total < INT32_MAX;
	}
	stream_blob *b = fine ? stream_blob_new(total) : NULL;
	size_t at = 0;
	for (int i = 0; i < n; i++) {
		if (b) {
			memcpy(b->p + at, heads[i].p, heads[i].n);
			v[i].to = b->p + at + heads[i].n;
			at += heads[i].n + stream_picture_bytes(v[i].format, v[i].width, v[i].height, v[i].f32);
		}
		if (heads)
			base_str_free(&heads[i]);
		base_str_free(&v[i].steps);
		v[i].steps = (base_str){ 0 };
	}
	secant_free(heads);
	return b;
}

void
stream_add_step(base_str *steps, const stream_picture *p, const stream_step *step, const char *element)
{
	base_str s = { 0 };
	format_wire w = p->info;
	format_wire_field f;
	while (format_wire_next(&w, &f) > 0)
		if (f.number == 8 && f.type == FORMAT_WIRE_BYTES)
			format_wire_put_bytes(steps, 8, f.bytes.p, f.bytes.n);
	stream_put_int(&s, 1, step->source[0]);
	stream_put_int(&s, 2, step->source[1]);
	for (int i = 0; i < 4; i++) {
		stream_put_int(&s, 3 + i, step->crop[i]);
		stream_put_int(&s, 7 + i, step->paste[i]);
	}
	stream_put_int(&s, 11, step->interpolation);
	stream_put_text(&s, 12, element);
	stream_put_message(steps, 8, &s);
	base_str_free(&s);
}

/* ---- channels ---- */

void
stream_swap_red(uint8_t *restrict to, const uint8_t *restrict from, size_t n)
{
	for (size_t i = 0; i < 3 * n; i += 3) {
		to[i] = from[i + 2];
		to[i + 1] = from[i + 1];
		to[i + 2] = from[i];
	}
}

/* ---- NV12 ---- */

static uint8_t
byte(double v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : lrint(v));
}

void
stream_from_nv12(uint8_t *to, const uint8_t *from, int width, int height, bool bgr, bool nv21)
{
	const uint8_t *chroma = from + (size_t)width * (size_t)height;
	size_t row = 2 * ((size_t)(width + 1) / 2);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			const uint8_t *c = chroma + (size_t)(y / 2) * row + (size_t)(x / 2) * 2;
			double l = from[(size_t)y * (size_t)width + (size_t)x], u = c[nv21] - 128., v = c[!nv21] - 128.;
			uint8_t *p = to + 3 * ((size_t)y * (size_t)width + (size_t)x);
			p[bgr ? 2 : 0] = byte(l + 1.402 * v);
			p[1] = byte(l - 0.344136 * u - 0.714136 * v);
			p[bgr ? 0 : 2] = byte(l + 1.772 * u);
		}
}

void
stream_to_nv12(uint8_t *to, const uint8_t *from, int width, int height, bool bgr)
{
	uint8_t *chroma = to + (size_t)width * (size_t)height;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			const uint8_t *p = from + 3 * ((size_t)y * (size_t)width + (size_t)x);
			*to++ = byte(0.299 * p[bgr ? 2 : 0] + 0.587 * p[1] + 0.114 * p[bgr ? 0 : 2]);
		}
	for (int y = 0; y < height; y += 2)
		for (int x = 0; x < width; x += 2) {
			double r = 0, g = 0, b = 0;
			int n = 0;
			for (int k = 0; k < 4; k++) {
				if (x + k % 2 >= width || y + k / 2 >= height)
					continue;
				const uint8_t *p = from + 3 * ((size_t)(y + k / 2) * (size_t)width + (size_t)(x + k % 2));
				r += p[bgr ? 2 : 0];
				g += p[1];
				b += p[bgr ? 0 : 2];
				n++;
			}
			*chroma++ = byte((-0.168736 * r - 0.331264 * g + 0.5 * b) / n + 128);
			*chroma++ = byte((0.5 * r - 0.418688 * g - 0.081312 * b) / n + 128);
		}
}

void
stream_yuv_of(uint8_t yuv[3], const float bgr[3])
{
	double b = (double)bgr[0], g = (double)bgr[1], r = (double)bgr[2];
	yuv[0] = byte(0.299 * r + 0.587 * g + 0.114 * b);
	yuv[1] = byte(-0.168736 * r - 0.331264 * g + 0.5 * b + 128);
	yuv[2] = byte(0.5 * r - 0.418688 * g - 0.081312 * b + 128);
}

/* ---- boxes ---- */

static void
read_class(stream_box *b, format_wire w)
{
	format_wire_field f;
	int id = 0;
	float confidence = 0;
	format_wire label = { (const uint8_t *)"", 0 };
	while (format_wire_next(&w, &f) > 0) {
		if (f.number == 2 && f.type == FORMAT_WIRE_VARINT)
			id = (int)(int32_t)(uint32_t)f.value;
		else if (f.number == 3 && f.type == FORMAT_WIRE_BYTES)
			label = f.bytes;
		else if (f.number == 4 && f.type == FORMAT_WIRE_32)
			confidence = stream_float_of(&f);
	}
	if (b->class_id < 0 || confidence > b->confidence) {
		b->class_id = id;
		b->confidence = confidence;
		b->label = label;
	}
}

int
stream_box_next(format_wire *list, stream_box *b)
{
	format_wire_field f;
	format_wire w;
	int got = format_wire_next_bytes(list, 1, &w);
	if (got <= 0)
		return got;
	*b = (stream_box){ .class_id = -1, .item = w, .label = { (const uint8_t *)"", 0 } };
	float *const at[] = { &b->x0, &b->y0, &b->x1, &b->y1 };
	while (format_wire_next(&w, &f) > 0) {
		if (f.number >= 2 && f.number <= 5 && f.type == FORMAT_WIRE_32)
			*at[f.number - 2] = stream_float_of(&f);
		else if (f.number == 6 && f.type == FORMAT_WIRE_BYTES)
			read_class(b, f.bytes);
	}
	return 1;
}

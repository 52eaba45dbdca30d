/* Sizes and padding; see resizing.h. The arithmetic is the original's for OpenCV: what is cut is cut, not rounded. */
#include "stream/resizing.h"
#include <math.h>
#include <stdio.h>

enum { WIDTH_LEAST = 32, WIDTH_MOST = 4096, HEIGHT_LEAST = 6, HEIGHT_MOST = 4096, SIDE_MOST = 65536 };

/* Rescale: the long side to the long one, the short to the short one, whichever scales less. */
static double
rescale(int out[2], int w, int h, int width, int height)
{
	double s = fmin(fmax(w, h) / fmax(width, height), fmin(w, h) / fmin(width, height));
	out[0] = (int)(width * s + 0.5);
	out[1] = (int)(height * s + 0.5);
	return s;
}

static void
fastrcnn(stream_sizes *s, const stream_resizing *r, int width, int height)
{
	int64_t shorter = width > height ? height : width, longer = width > height ? width : height;
	bool by_long = r->least * longer > r->most * shorter;
	int wanted = by_long ? r->most : r->least;
	int64_t by = by_long ? longer : shorter;
	s->scaled[0] = (int)((int64_t)width * wanted / by);
	s->scaled[1] = (int)((int64_t)height * wanted / by);
	s->scaling = (float)wanted / (float)by;
	s->whole[0] = s->whole[1] = r->most;
}

static void
fit(stream_sizes *s, const stream_resizing *r, int width, int height)
{
	bool wide = (int64_t)r->height * width > (int64_t)height * r->width;
	s->scaled[0] = wide ? r->width : (int)floor((double)width * r->height / height + 0.5);
	s->scaled[1] = wide ? (int)floor((double)height * r->width / width + 0.5) : r->height;
	s->scaling = wide ? (float)r->width / (float)width : (float)r->height / (float)height;
	s->whole[0] = r->width;
	s->whole[1] = r->height;
}

static void
ocr(stream_sizes *s, const stream_resizing *r, int width, int height)
{
	double wanted = ceil(r->height * ((double)width / height));
	bool full = wanted > r->width;
	s->scaled[0] = full ? r->width : (int)wanted;
	s->scaled[1] = r->height;
	s->scaling = full ? 0 : (float)r->height / (float)height;
	s->whole[0] = r->width;
	s->whole[1] = r->height;
}

static void
rescale_double(stream_sizes *s, const stream_resizing *r, int width, int height)
{
	int w = r->width, h = r->height;
	double first = rescale(s->first, w, h, width, height), second = 1;
	s->scaled[0] = s->first[0];
	s->scaled[1] = s->first[1];
	if (w > h && s->first[1] > h)
		second = rescale(s->scaled, h, h, s->first[0], s->first[1]);
	else if (w < h && s->first[0] > w)
		second = rescale(s->scaled, w, w, s->first[0], s->first[1]);
	s->scaling = (float)(first * second);
}

static void
plain(stream_sizes *s, const stream_resizing *r, int width, int height)
{
	double by = (double)r->side / (r->type == STREAM_SHORT ? fmin(width, height) : fmax(width, height));
	bool side = r->type == STREAM_LONG || r->type == STREAM_SHORT;
	s->scaled[0] = side ? (int)(width * by) : r->type == STREAM_ONLY_PADDING ? width : r->width;
	s->scaled[1] = side ? (int)(height * by) : r->type == STREAM_ONLY_PADDING ? height : r->height;
}

static int
refuse(char *why, size_t size, int code, const char *what, int is, int least, int most)
{
	snprintf(why, size, "the result is %d pixels %s, %d to %d can be", is, what, least, most);
	return code;
}

/* Padding that the type or the element asks for. */
static int
pad(stream_sizes *s, const stream_resizing *r, char *why, size_t size)
{
	int how = r->padding;
	bool own = r->type == STREAM_FASTRCNN || r->type == STREAM_FIT || r->type == STREAM_OCR;
	if (how == STREAM_PAD_NO && (own || r->type == STREAM_ONLY_PADDING))
		how = STREAM_PAD_RIGHT_DOWN;
	if (how == STREAM_PAD_NO) {
		s->whole[0] = s->scaled[0];
		s->whole[1] = s->scaled[1];
		return 0;
	}
	if (!own) {
		s->whole[0] = r->pad_width;
		s->whole[1] = r->pad_height;
	}
	if (s->scaled[0] > s->whole[0] || s->scaled[1] > s->whole[1]) {
		snprintf(why, size, "a picture of %dx%d cannot be padded to %dx%d", s->scaled[0], s->scaled[1], s->whole[0],
			s->whole[1]);
		return STREAM_PICTURE_CONFIG;
	}
	s->left = how == STREAM_PAD_AROUND ? (s->whole[0] - s->scaled[0]) / 2 : 0;
	s->top = how == STREAM_PAD_AROUND ? (s->whole[1] - s->scaled[1]) / 2 : 0;
	return 0;
}

int
stream_sizes_of(stream_sizes *s, const stream_resizing *r, int width, int height, char *why, size_t size)
{
	*s = (stream_sizes){ .filter = STREAM_LINEAR };
	bool sized = r->type == STREAM_STRETCH || r->type == STREAM_FIT || r->type >= STREAM_RESCALE;
	if (sized && (r->width < 1 || r->height < 1)) {
		snprintf(why, size, "resizeWidth and resizeHeight are not set, and no model follows that says its size");
		return STREAM_WIDTH;
	}
	switch (r->type) {
	case STREAM_FASTRCNN: fastrcnn(s, r, width, height); break;
	case STREAM_FIT: fit(s, r, width, height); break;
	case STREAM_RESCALE: s->scaling = (float)rescale(s->scaled, r->width, r->height, width, height); break;
	case STREAM_RESCALE_DOUBLE: rescale_double(s, r, width, height); break;
	case STREAM_OCR: ocr(s, r, width, height); break;
	default: plain(s, r, width, height);
	}
	if (r->type == STREAM_YOLO)
		s->filter = r->width < width && r->height < height ? STREAM_NEAREST
			: r->width > width && r->height > height       ? STREAM_CUBIC
														   : STREAM_LINEAR;
	int code = pad(s, r, why, size);
	bool free_size = r->type == STREAM_LONG || r->type == STREAM_SHORT;
	if (code)
		return code;
	if (s->scaled[0] < 1 || s->scaled[1] < 1 || s->whole[0] > SIDE_MOST || s->whole[1] > SIDE_MOST)
		return refuse(
			why, size, STREAM_WIDTH, "wide or high", s->scaled[0] < 1 ? s->scaled[0] : s->scaled[1], 1, SIDE_MOST);
	if (!free_size && (s->whole[0] < WIDTH_LEAST || s->whole[0] > WIDTH_MOST))
		return refuse(why, size, STREAM_WIDTH, "wide", s->whole[0], WIDTH_LEAST, WIDTH_MOST);
	if (!free_size && (s->whole[1] < HEIGHT_LEAST || s->whole[1] > HEIGHT_MOST))
		return refuse(why, size, STREAM_HEIGHT, "high", s->whole[1], HEIGHT_LEAST, HEIGHT_MOST);
	return 0;
}

void
stream_model_size(stream_worker *w, int *width, int *height)
{
	int h, v;
	if (!w->size(w->host, &h, &v))
		return;
	*width = *width ? *width : v;
	*height = *height ? *height : h;
}

bool
stream_is_ascend(stream_worker *w)
{
	char how[32];
	stream_prop_text(w, "handleMethod", how, sizeof how);
	if (!*how)
		stream_prop_text(w, "cvProcessor", how, sizeof how);
	return !strcmp(how, "ascend");
}

void
stream_resizing_read(stream_worker *w, stream_resizing *r)
{
	char type[64], pad[64];
	int number = 0;
	double rgb[3];
	stream_prop_text(w, "resizeType", type, sizeof type);
	stream_prop_text(w, "paddingType", pad, sizeof pad);
	(void)stream_word_in(stream_element_find_prop(w->kind, "resizeType")->words, type, &number);
	r->type = number;
	(void)stream_word_in("Padding_NO|Padding_RightDown|Padding_Around", pad, &number);
	r->padding = number;
	r->width = (int)stream_prop_int(w, "resizeWidth");
	r->height = (int)stream_prop_int(w, "resizeHeight");
	r->least = (int)stream_prop_int(w, "minDimension");
	r->most = (int)stream_prop_int(w, "maxDimension");
	char *text = stream_prop_copy(w, "RGBValue");
	if (text && *text && stream_reals(text, strlen(text), rgb, 3) == 3)
		for (int i = 0; i < 3; i++)
			r->planes_bgr[i] = (float)(rgb[2 - i] < 0 ? 0 : rgb[2 - i] > 255 ? 255 : rgb[2 - i]);
	else if (text && *text)
		stream_note(w, "RGBValue '%.40s' is not three numbers, red, green, blue: padding is black", text);
	secant_free(text);
}

/* ---- pixels ---- */

static void
fill(const stream_plane *p, const float *colour, bool backwards)
{
	for (int y = 0; y < p->height; y++)
		for (int i = 0; i < p->width * p->channels; i++) {
			int c = i % p->channels;
			float v = p->channels < 3 ? colour[0] : c == 3 ? 0 : colour[backwards ? 2 - c : c];
			uint8_t *row = p->p + y * p->pitch;
			if (p->f32)
				memcpy(row + (size_t)i * sizeof v, &v, sizeof v);
			else
				row[i] = (uint8_t)lrintf(v);
		}
}

/* The part of a plane from a pixel on. */
static stream_plane
part(const stream_plane *p, int x, int y, int width, int height)
{
	stream_plane q = *p;
	q.p += y * p->pitch + (int64_t)x * p->channels * (p->f32 ? (int64_t)sizeof(float) : 1);
	q.width = width;
	q.height = height;
	return q;
}

/* Floats in a message stand anywhere: a plane whose rows begin where floats may. NULL: it does not need one, or there
 * is no memory. */
static uint8_t *
straighten(stream_plane *p, bool *fine)
{
	size_t row = (size_t)p->width * (size_t)p->channels * sizeof(float);
	*fine = true;
	if (!p->f32 || (uintptr_t)p->p % sizeof(float) == 0)
		return NULL;
	uint8_t *copy = base_alloc_raw(row * (size_t)p->height);
	*fine = copy != NULL;
	for (int y = 0; copy && y < p->height; y++)
		memcpy(copy + (size_t)y * row, p->p + y * p->pitch, row);
	p->p = copy;
	p->pitch = (int64_t)row;
	return copy;
}

static bool
scale_plane(const stream_plane *to, const stream_plane *from, const stream_sizes *s)
{
	bool fine, twice = s->first[0] > 0 && (s->first[0] != s->scaled[0] || s->first[1] != s->scaled[1]);
	stream_plane a = *from, b = *to, middle = *to;
	uint8_t *straight = straighten(&a, &fine), *held = NULL, *made = NULL;
	size_t size = to->f32 ? sizeof(float) : 1;
	if (fine && to->f32) { /* the result, too, and then it is moved */
		b.pitch = (int64_t)((size_t)b.width * (size_t)b.channels * size);
		fine = (b.p = made = base_alloc_raw((size_t)b.pitch * (size_t)b.height)) != NULL;
	}
	if (fine && twice) {
		middle.width = s->first[0];
		middle.height = s->first[1];
		middle.pitch = (int64_t)((size_t)middle.width * (size_t)middle.channels * size);
		middle.p = held = base_alloc_raw((size_t)middle.pitch * (size_t)middle.height);
		fine = held && stream_resize(&middle, &a, s->filter);
		a = middle;
	}
	fine = fine && stream_resize(&b, &a, s->filter);
	for (int y = 0; fine && made && y < to->height; y++)
		memcpy(to->p + y * to->pitch, b.p + y * b.pitch, (size_t)b.pitch);
	secant_free(straight);
	secant_free(held);
	secant_free(made);
	return fine;
}

/* Planes of one colour. */
static void
fill_planes(const stream_plane *luma, const stream_plane *chroma, const float *bgr, bool nv21)
{
	uint8_t yuv[3];
	stream_yuv_of(yuv, bgr);
	memset(luma->p, yuv[0], (size_t)luma->pitch * (size_t)luma->height);
	for (int64_t i = 0; i < chroma->pitch * chroma->height; i++)
		chroma->p[i] = yuv[1 + (i % 2 != nv21)];
}

/* Luma and, at half the size, pairs of chroma. */
static bool
scale_planes(const stream_made *made, const stream_picture *p, const stream_sizes *sizes, const stream_resizing *r)
{
	int w = p->width_aligned, h = p->height_aligned, mw = made->width, mh = made->height;
	stream_sizes s = { .filter = STREAM_LINEAR };
	stream_plane from = { p->width, p->height, 1, false, w, (uint8_t *)p->data },
				 to = { mw, mh, 1, false, mw, made->to };
	stream_plane chroma = { (p->width + 1) / 2, (p->height + 1) / 2, 2, false, 2 * ((w + 1) / 2),
		(uint8_t *)p->data + (size_t)w * (size_t)h },
				 out = { (mw + 1) / 2, (mh + 1) / 2, 2, false, 2 * ((mw + 1) / 2), made->to + (size_t)mw * (size_t)mh };
	if (sizes->scaled[0] != mw || sizes->scaled[1] != mh)
		fill_planes(&to, &out, r->planes_bgr, made->format == STREAM_NV21);
	to = part(&to, sizes->left, sizes->top, sizes->scaled[0], sizes->scaled[1]);
	out = part(&out, sizes->left / 2, sizes->top / 2, (sizes->scaled[0] + 1) / 2, (sizes->scaled[1] + 1) / 2);
	return scale_plane(&to, &from, &s) && scale_plane(&out, &chroma, &s);
}

static bool
write_picture(const stream_made *made, const stream_picture *p, const stream_sizes *s, const stream_resizing *r)
{
	stream_plane from,
		whole = { made->width, made->height, stream_picture_channels(made->format), made->f32, 0, made->to };
	if (!stream_picture_plane(p, &from))
		return scale_planes(made, p, s, r);
	whole.pitch = (int64_t)whole.width * whole.channels * (whole.f32 ? (int64_t)sizeof(float) : 1);
	if (s->scaled[0] != s->whole[0] || s->scaled[1] != s->whole[1])
		fill(&whole, r->bgr, made->format == STREAM_RGB);
	stream_plane to = part(&whole, s->left, s->top, s->scaled[0], s->scaled[1]);
	return scale_plane(&to, &from, s);
}

static void
describe(stream_made *m, const stream_picture *p, const stream_sizes *s, const stream_resizing *r, const char *element)
{
	stream_step step = { { p->width, p->height }, { 0, p->width, 0, p->height },
		{ s->left, s->left + s->scaled[0], s->top, s->top + s->scaled[1] }, 0 };
	*m = (stream_made){ .format = p->format,
		.width = s->whole[0],
		.height = s->whole[1],
		.resize_type = r->type,
		.scaling = s->scaling,
		.f32 = p->f32 };
	stream_add_step(&m->steps, p, &step, element);
}

enum { MOST = 4096 };

stream_blob *
stream_resize_list(stream_blob *list, const char *key, const stream_resizing *r, const char *element, int *code,
	char *why, size_t size)
{
	format_wire at = { list->p, list->n };
	stream_picture p;
	int n = 0, got;
	while ((got = stream_picture_next(&at, &p, why, size)) > 0)
		n++;
	if (got < 0 || n > MOST)
		return *code = STREAM_INVALID, NULL;
	stream_made *made = secant_calloc((size_t)n + 1, sizeof *made);
	stream_sizes *sizes = secant_calloc((size_t)n + 1, sizeof *sizes);
	*code = made && sizes ? 0 : STREAM_NO_MEMORY;
	at = (format_wire){ list->p, list->n };
	for (int i = 0; !*code && i < n && stream_picture_next(&at, &p, why, size) > 0; i++) {
		*code = stream_sizes_of(&sizes[i], r, p.width, p.height, why, size);
		bool planes = p.format == STREAM_NV12 || p.format == STREAM_NV21;
		if (!*code && !planes && !stream_picture_channels(p.format)) {
			snprintf(why, size,
				"pictures of format %d are not scaled: grey, NV12, RGB888, BGR888 and those with alpha are", p.format);
			*code = STREAM_PICTURE_CONFIG;
		}
		if (!*code && planes) { /* chroma stands for pairs of pixels */
			sizes[i].left &= ~1;
			sizes[i].top &= ~1;
		}
		if (!*code) {
			describe(&made[i], &p, &sizes[i], r, element);
			made[i].parent = key;
			made[i].member = r->member ? r->member[i] : i;
		}
	}
	stream_blob *out = *code ? NULL : stream_pictures_new(made, n);
	bool fine = out != NULL;
	at = (format_wire){ list->p, list->n };
	for (int i = 0; fine && i < n && stream_picture_next(&at, &p, why, size) > 0; i++)
		fine = write_picture(&made[i], &p, &sizes[i], r);
	for (int i = 0; made && i < n; i++)
		base_str_free(&made[i].steps);
	secant_free(made);
	secant_free(sizes);
	if (!*code && !fine) {
		*code = STREAM_NO_MEMORY;
		snprintf(why, size, "no memory for scaled pictures");
		stream_blob_drop(out);
	}
	return *code ? NULL : out;
}

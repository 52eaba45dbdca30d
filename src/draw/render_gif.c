/*
 * GIF (CompuServe, GIF89a, 1990): frames of palette indices, packed by LZW, repeated for ever. One palette serves all
 * frames: 256 colours by median cut (Heckbert 1982) over the first frames' colours in 5 bits a channel.
 */
#include "draw/render.h"
#include <stdlib.h>
#include <string.h>

enum { BINS = 32768, COLOURS = 256, SAMPLED = 4, CODES = 4096, HASH = 8192 };

typedef struct palette {
	uint8_t rgb[COLOURS][3];
	uint8_t index[BINS];
} palette;

static int
bin_of(const uint8_t *p)
{
	return p[0] >> 3 << 10 | p[1] >> 3 << 5 | p[2] >> 3;
}

/* ---- median cut ---- */

typedef struct box {
	int first, n;
	uint64_t weight;
} box;
typedef struct cutter {
	int bins[BINS];
	uint32_t count[BINS];
	uint64_t sum[BINS][3];
	int n;
	box boxes[COLOURS];
	int axis;
} cutter;

static void
count_colours(cutter *k, const secant_image *im)
{
	const uint8_t *p = im->data;
	for (size_t i = 0; i < (size_t)im->width * (size_t)im->height; i++, p += 3) {
		int b = bin_of(p);
		k->count[b]++;
		for (int c = 0; c < 3; c++)
			k->sum[b][c] += p[c];
	}
}

static int
channel(int bin, int axis)
{
	return bin >> (10 - 5 * axis) & 31;
}

static int
spread(const cutter *k, const box *b, int *axis)
{
	int most = -1;
	for (int a = 0; a < 3; a++) {
		int lo = 31, hi = 0;
		for (int i = b->first; i < b->first + b->n; i++) {
			int v = channel(k->bins[i], a);
			lo = v < lo ? v : lo;
			hi = v > hi ? v : hi;
		}
		if (hi - lo > most) {
			most = hi - lo;
			*axis = a;
		}
	}
	return most;
}

static int
by_red(const void *a, const void *b)
{
	return channel(*(const int *)a, 0) - channel(*(const int *)b, 0);
}

static int
by_green(const void *a, const void *b)
{
	return channel(*(const int *)a, 1) - channel(*(const int *)b, 1);
}

static int
by_blue(const void *a, const void *b)
{
	return channel(*(const int *)a, 2) - channel(*(const int *)b, 2);
}

/* Splits the box with the most spread, weighted, at the median of its pixels. False when none can be split. */
static bool
split(cutter *k, int *boxes)
{
	static int (*const orders[])(const void *, const void *) = { by_red, by_green, by_blue };
	double most = 0;
	int which = -1, axis = 0, its_axis = 0;
	for (int i = 0; i < *boxes; i++) {
		double score = spread(k, &k->boxes[i], &axis);
		score *= k->boxes[i].weight > 0 ? (double)k->boxes[i].weight : 0;
		if (score > most) {
			most = score;
			which = i;
			its_axis = axis;
		}
	}
	if (which < 0)
		return false;
	box *b = &k->boxes[which];
	qsort(k->bins + b->first, (size_t)b->n, sizeof *k->bins, orders[its_axis]);
	uint64_t half = 0;
	int n = 0;
	while (n < b->n - 1 && (n == 0 || half < b->weight / 2))
		half += k->count[k->bins[b->first + n++]];
	k->boxes[(*boxes)++] = (box){ b->first + n, b->n - n, b->weight - half };
	*b = (box){ b->first, n, half };
	return true;
}

static void
make_palette(cutter *k, palette *p)
{
	int boxes = 1;
	k->boxes[0] = (box){ 0 };
	for (int b = 0; b < BINS; b++) {
		if (k->count[b]) {
			k->bins[k->boxes[0].n++] = b;
			k->boxes[0].weight += k->count[b];
		}
	}
	while (boxes < COLOURS && split(k, &boxes))
		;
	for (int i = 0; i < boxes; i++) {
		uint64_t sum[3] = { 0 };
		const box *b = &k->boxes[i];
		for (int j = b->first; j < b->first + b->n; j++)
			for (int c = 0; c < 3; c++)
				sum[c] += k->sum[k->bins[j]][c];
		for (int c = 0; c < 3; c++)
			p->rgb[i][c] = (uint8_t)(b->weight ? sum[c] / b->weight : 0);
	}
	for (int b = 0; b < BINS; b++) {
		int best = 0, least = 1 << 30;
		for (int i = 0; i < boxes; i++) {
			int d = 0;
			for (int c = 0; c < 3; c++) {
				int v = (channel(b, c) << 3) + 4 - p->rgb[i][c];
				d += v * v;
			}
			if (d < least) {
				least = d;
				best = i;
			}
		}
		p->index[b] = (uint8_t)best;
	}
}

/* ---- LZW ---- */

typedef struct packer {
	base_writer *w;
	secant_err *err;
	uint8_t block[256]; /* length byte and up to 255 bytes */
	uint32_t bits;
	int filled;
} packer;

static void
put_code(packer *k, int code, int width)
{
	k->bits |= (uint32_t)code << k->filled;
	k->filled += width;
	while (k->filled >= 8) {
		k->block[++k->block[0]] = (uint8_t)k->bits;
		k->bits >>= 8;
		k->filled -= 8;
		if (k->block[0] == 255) {
			(void)base_writer_put(k->w, k->block, 256, k->err); /* sticky */
			k->block[0] = 0;
		}
	}
}

static secant_status
put_lzw(base_writer *w, const uint8_t *index, size_t n, secant_err *err)
{
	enum { CLEAR = 256, END = 257 };
	struct slot {
		int32_t key;
		int16_t code;
	} *table = secant_calloc(HASH, sizeof *table);
	if (!table)
		return secant_fail(err, SECANT_ERR_NOMEM, "gif: no memory");
	packer k = { .w = w, .err = err };
	int next = END + 1, width = 9, prefix = index[0];
	put_code(&k, CLEAR, width);
	for (size_t i = 1; i < n; i++) {
		int32_t key = (int32_t)(prefix << 8 | index[i]) + 1;
		uint32_t h = (uint32_t)key * 2654435761u >> 19;
		while (table[h].key && table[h].key != key)
			h = (h + 1) % HASH;
		if (table[h].key) {
			prefix = table[h].code;
			continue;
		}
		put_code(&k, prefix, width);
		prefix = index[i];
		if (next < CODES) {
			table[h] = (struct slot){ key, (int16_t)next };
			width += next == 1 << width && width < 12;
			next++;
		} else {
			put_code(&k, CLEAR, width);
			memset(table, 0, HASH * sizeof *table);
			next = END + 1;
			width = 9;
		}
	}
	put_code(&k, prefix, width);
	put_code(&k, END, width);
	put_code(&k, 0, 7);
	secant_free(table);
	if (k.block[0])
		(void)base_writer_put(w, k.block, (size_t)k.block[0] + 1, err);
	return base_writer_put(w, "", 1, err);
}

/* ---- the file ---- */

static void
put_le16(uint8_t *p, int v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static secant_status
put_head(base_writer *w, const secant_image *im, const palette *p, secant_err *err)
{
	uint8_t head[13] = "GIF89a";
	static const uint8_t for_ever[] = { 0x21, 0xff, 11, 'N', 'E', 'T', 'S', 'C', 'A', 'P', 'E', '2', '.', '0', 3, 1, 0,
		0, 0 };
	put_le16(head + 6, im->width);
	put_le16(head + 8, im->height);
	head[10] = 0xf7;
	secant_status s = base_writer_put(w, head, sizeof head, err);
	if (!s)
		s = base_writer_put(w, p->rgb, sizeof p->rgb, err);
	return s ? s : base_writer_put(w, for_ever, sizeof for_ever, err);
}

static secant_status
put_frame(base_writer *w, const secant_image *im, const palette *p, int hundredths, secant_err *err)
{
	size_t n = (size_t)im->width * (size_t)im->height;
	uint8_t *index = secant_calloc(n, 1);
	uint8_t head[8 + 11] = { 0x21, 0xf9, 4, 0, 0, 0, 0, 0, 0x2c };
	if (!index)
		return secant_fail(err, SECANT_ERR_NOMEM, "gif: no memory");
	put_le16(head + 4, hundredths);
	put_le16(head + 13, im->width);
	put_le16(head + 15, im->height);
	head[18] = 8;
	for (size_t i = 0; i < n; i++)
		index[i] = p->index[bin_of((const uint8_t *)im->data + 3 * i)];
	secant_status s = base_writer_put(w, head, sizeof head, err);
	if (!s)
		s = put_lzw(w, index, n, err);
	secant_free(index);
	return s;
}

static secant_status
choose_colours(palette *p, int frames, render_frame frame, void *user, secant_err *err)
{
	cutter *k = secant_calloc(1, sizeof *k);
	secant_status s = k ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "gif: no memory");
	for (int i = 0; !s && i < SAMPLED && i < frames; i++) {
		secant_image im = { 0 };
		s = frame(user, i * frames / SAMPLED, &im, err);
		if (!s && (im.width > 65535 || im.height > 65535))
			s = secant_fail(
				err, SECANT_ERR_UNSUPPORTED, "gif: %dx%d pixels are more than 65535 a side", im.height, im.width);
		if (!s)
			count_colours(k, &im);
		secant_image_free(&im);
	}
	if (!s)
		make_palette(k, p);
	secant_free(k);
	return s;
}

secant_status
render_gif(const char *path, int frames, double seconds, render_frame frame, void *user, secant_err *err)
{
	palette *p = secant_calloc(1, sizeof *p);
	secant_status s = p ? choose_colours(p, frames, frame, user, err)
						: secant_fail(err, SECANT_ERR_NOMEM, "gif: no memory");
	base_writer *w = s ? NULL : base_writer_open(path, err);
	s = s ? s : w ? SECANT_OK : SECANT_ERR_IO;
	for (int i = 0; !s && i < frames; i++) {
		secant_image im = { 0 };
		s = frame(user, i, &im, err);
		if (!s && i == 0)
			s = put_head(w, &im, p, err);
		if (!s)
			s = put_frame(w, &im, p, (int)(seconds * 100 / frames + 0.5), err);
		secant_image_free(&im);
	}
	if (!s)
		s = base_writer_put(w, ";", 1, err);
	secant_free(p);
	if (s) {
		base_writer_abort(w);
		return s;
	}
	return base_writer_commit(w, err);
}

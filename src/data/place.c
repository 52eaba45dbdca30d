/* Where pixels go: windows and turns, by copying alone. See place.h. */
#include "data/place.h"
#include "kernels/picture.h"
#include <string.h>

int
data_border_index(data_border border, int i, int n)
{
	if (i >= 0 && i < n)
		return i;
	if (border == DATA_BORDER_CONSTANT)
		return -1;
	if (border == DATA_BORDER_EDGE || n == 1)
		return i < 0 ? 0 : n - 1;
	int period = border == DATA_BORDER_WRAP ? n : 2 * n - 2;
	i %= period;
	if (i < 0)
		i += period;
	return i < n ? i : period - i;
}

static void
store(const data_picture *p, char *to, float v)
{
	if (p->real)
		memcpy(to, &v, sizeof v);
	else
		*(uint8_t *)to = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5f);
}

static void
fill_pixel(const data_picture *p, char *to, const float *fill)
{
	size_t size = p->real ? sizeof(float) : 1;
	for (int c = 0; c < p->channels; c++)
		store(p, to + (size_t)c * size, fill ? fill[c] : 0);
}

/* Row y of the window; `row` is the source row, -1 for none. */
static void
window_row(const data_picture *from, data_picture *to, int y, int row, int x, const data_outside *o)
{
	size_t pixel = (size_t)from->channels * (from->real ? sizeof(float) : 1);
	char *out = (char *)to->pixels + (size_t)y * (size_t)to->width * pixel;
	const char *in = row < 0 ? NULL : (const char *)from->pixels + (size_t)row * (size_t)from->width * pixel;
	int first = x < 0 ? -x : 0, last = from->width - x; /* [first, last) of the window is inside */
	first = first < to->width ? first : to->width;
	last = last > to->width ? to->width : last < first ? first : last;
	if (in && last > first)
		memcpy(out + (size_t)first * pixel, in + (size_t)(x + first) * pixel, (size_t)(last - first) * pixel);
	for (int i = 0; i < to->width; i++) {
		if (in && i == first)
			i = last;
		if (i >= to->width)
			break;
		int k = in ? data_border_index(o->border, x + i, from->width) : -1;
		if (k < 0)
			fill_pixel(to, out + (size_t)i * pixel, o->fill);
		else
			memcpy(out + (size_t)i * pixel, in + (size_t)k * pixel, pixel);
	}
}

static void
window_labels(const data_picture *from, data_picture *to, int y, int source, int row, int x, const data_outside *o)
{
	uint16_t *out = to->labels + (size_t)y * (size_t)to->width;
	bool marked = o->mark_labels && source != row;
	for (int i = 0; i < to->width; i++) {
		bool inside = x + i >= 0 && x + i < from->width;
		int k = row < 0 || marked || (o->mark_labels && !inside) ? -1
																 : data_border_index(o->border, x + i, from->width);
		out[i] = k < 0 ? o->label : from->labels[(size_t)row * (size_t)from->width + (size_t)k];
	}
}

void
data_place_window(const data_picture *from, data_picture *to, int x, int y, const data_outside *outside)
{
	for (int i = 0; i < to->height; i++) {
		int row = data_border_index(outside->border, y + i, from->height);
		window_row(from, to, i, row, x, outside);
		if (!to->labels || !from->labels)
			continue;
		if (row == y + i && x >= 0 && x + to->width <= from->width)
			memcpy(to->labels + (size_t)i * (size_t)to->width, from->labels + (size_t)row * (size_t)from->width + x,
				(size_t)to->width * sizeof(uint16_t));
		else
			window_labels(from, to, i, y + i, row, x, outside);
	}
}

/* ---- turns ---- */

/* A turn is "transpose, then flip"; a transpose after flips swaps them. */
int
data_turn_then(int first, int second)
{
	if (second & DATA_TURN_TRANSPOSE) {
		int h = first & DATA_TURN_FLIP_H, v = first & DATA_TURN_FLIP_V;
		first = (first & DATA_TURN_TRANSPOSE) | (h ? DATA_TURN_FLIP_V : 0) | (v ? DATA_TURN_FLIP_H : 0);
	}
	return first ^ second;
}

/* out(y, x) = in at y * row + x * column bytes from `in`; in tiles, so that a transposed picture stays in the cache. */
#define TURNED(name, size) \
	static void name(const char *in, ptrdiff_t row, ptrdiff_t column, char *out, int width, int height) \
	{ \
		enum { TILE = 32 }; \
		for (int y0 = 0; y0 < height; y0 += TILE) \
			for (int x0 = 0; x0 < width; x0 += TILE) { \
				int y1 = y0 + TILE < height ? y0 + TILE : height, x1 = x0 + TILE < width ? x0 + TILE : width; \
				for (int y = y0; y < y1; y++) { \
					const char *p = in + y * row + x0 * column; \
					char *q = out + ((size_t)y * (size_t)width + (size_t)x0) * (size); \
					for (int x = x0; x < x1; x++, p += column, q += (size)) \
						memcpy(q, p, (size)); \
				} \
			} \
	}
TURNED(turn1, 1)
TURNED(turn4, 4)
TURNED(turn12, 12)

#define PART(name, size) \
	static void name(const char *in, ptrdiff_t row, ptrdiff_t column, char *out, size_t line, int width, int height) \
	{ \
		for (int y = 0; y < height; y++) \
			for (int x = 0; x < width; x++) \
				memcpy(out + (size_t)y * line + (size_t)x * (size), in + y * row + x * column, (size)); \
	}
PART(turn_part2, 2)
PART(turn_part3, 3)

/* Rows and columns exchanged, in blocks of 16; `row` and `column` as for TURNED, column a row of the source. */
static void
turn_blocks(const char *in, ptrdiff_t row, ptrdiff_t column, char *out, int width, int height, size_t pixel)
{
	enum { BLOCK = 16 };
	const kernel_picture_kernels *k = kernel_picture_best();
	void (*block)(const uint8_t *, ptrdiff_t, uint8_t *, ptrdiff_t) = pixel == 3 ? k->transpose3 : k->transpose2;
	void (*rest)(const char *, ptrdiff_t, ptrdiff_t, char *, size_t, int, int) = pixel == 3 ? turn_part3 : turn_part2;
	ptrdiff_t line = (ptrdiff_t)((size_t)width * pixel);
	int wide = width / BLOCK * BLOCK, high = height / BLOCK * BLOCK;
	bool back = row < 0;
	for (int y = 0; y < high; y += BLOCK)
		for (int x = 0; x < wide; x += BLOCK) {
			/* Source pixels of a block's first row lie at consecutive addresses, ascending or descending. */
			const char *from = in + (back ? y + BLOCK - 1 : y) * row + x * column;
			char *to = out + (back ? y + BLOCK - 1 : y) * line + (ptrdiff_t)((size_t)x * pixel);
			block((const uint8_t *)from, column, (uint8_t *)to, back ? -line : line);
		}
	if (wide < width)
		rest(in + wide * column, row, column, out + (size_t)wide * pixel, (size_t)line, width - wide, high);
	if (high < height)
		rest(in + high * row, row, column, out + high * line, (size_t)line, width, height - high);
}

static void
turn_plane(const void *from, void *to, int from_width, int from_height, int turn, size_t pixel)
{
	bool swap = turn & DATA_TURN_TRANSPOSE;
	int width = swap ? from_height : from_width, height = swap ? from_width : from_height;
	ptrdiff_t line = (ptrdiff_t)((size_t)from_width * pixel), row = swap ? (ptrdiff_t)pixel : line,
			  column = swap ? line : (ptrdiff_t)pixel;
	const char *in = from;
	if (turn & DATA_TURN_FLIP_H) {
		in += (width - 1) * column;
		column = -column;
	}
	if (turn & DATA_TURN_FLIP_V) {
		in += (height - 1) * row;
		row = -row;
	}
	void (*turned)(const char *, ptrdiff_t, ptrdiff_t, char *, int, int) = pixel == 1 ? turn1
		: pixel == 4                                                                  ? turn4
		: pixel == 12                                                                 ? turn12
																					  : NULL;
	if (column == (ptrdiff_t)pixel)
		for (int y = 0; y < height; y++)
			memcpy((char *)to + (size_t)y * (size_t)line, in + y * row, (size_t)line);
	else if (!swap && (pixel == 2 || pixel == 3))
		for (int y = 0; y < height; y++) {
			const char *source = (const char *)from
				+ (size_t)(turn & DATA_TURN_FLIP_V ? height - 1 - y : y) * (size_t)line;
			char *target = (char *)to + (size_t)y * (size_t)line;
			if (pixel == 3)
				kernel_picture_best()->reverse3((const uint8_t *)source, (uint8_t *)target, width);
			else
				kernel_picture_best()->reverse2(
					(const uint16_t *)(const void *)source, (uint16_t *)(void *)target, width);
		}
	else if (swap && (pixel == 2 || pixel == 3))
		turn_blocks(in, row, column, to, width, height, pixel);
	else if (turned)
		turned(in, row, column, to, width, height);
	else
		for (int y = 0; y < height; y++)
			for (int x = 0; x < width; x++)
				memcpy((char *)to + ((size_t)y * (size_t)width + (size_t)x) * pixel, in + y * row + x * column, pixel);
}

void
data_place_turned(const data_picture *from, data_picture *to, int turn)
{
	turn_plane(from->pixels, to->pixels, from->width, from->height, turn,
		(size_t)from->channels * (from->real ? sizeof(float) : 1));
	if (from->labels && to->labels)
		turn_plane(from->labels, to->labels, from->width, from->height, turn, sizeof(uint16_t));
}

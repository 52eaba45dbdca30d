/*
 * Mask R-CNN of MindSpore's zoo (libmaskrcnnmindsporepost): candidates (candidates.h), and for each a small map of how
 * much each part of its box is the thing. Scaled to the box in the picture and compared with MASK_THREAD_BINARY it is
 * the box's imageMask.
 */
#include <stdio.h>
#include "stream/post/candidates.h"

enum { SIDE_MOST = 65536, PIXELS_MOST = 1 << 28 };

typedef struct maskrcnn {
	stream_thresholds t;
	float overlap, least;
	int most, side;
} maskrcnn;

static bool
open(stream_post *s)
{
	maskrcnn *m = s->state;
	m->overlap = stream_post_real(s, "IOU_THRESH", 0.5F, 0, 1);
	m->least = stream_post_real(s, "MASK_THREAD_BINARY", 0.5F, 0, 1);
	m->most = stream_post_int(s, "MAX_PER_IMG", 128, 0, 5000);
	m->side = stream_post_int(s, "MASK_SHAPE_SIZE", 28, 1, 1024);
	return stream_thresholds_read(s, &m->t);
}

static void
close(stream_post *s)
{
	if (s->state)
		stream_thresholds_free(&((maskrcnn *)s->state)->t);
}

typedef struct maps {
	const maskrcnn *m;
	const stream_tensor *t;
} maps;

/* The map of a box, scaled to it, as imageMask. */
static void
put_mask(const void *maps_, const stream_found *b, base_str *object)
{
	const maps *all = maps_;
	const maskrcnn *m = all->m;
	int width = (int)(b->x1 - b->x0 + 1), height = (int)(b->y1 - b->y0 + 1);
	size_t cells = (size_t)m->side * (size_t)m->side;
	if (width < 1 || height < 1 || width > SIDE_MOST || height > SIDE_MOST || width > PIXELS_MOST / height)
		return;
	size_t pixels = (size_t)width * (size_t)height;
	float *small = base_alloc_raw(cells * sizeof *small), *large = base_alloc_raw(pixels * sizeof *large);
	uint8_t *mask = base_alloc_raw(pixels);
	base_str image = { 0 };
	for (size_t i = 0; small && i < cells; i++)
		small[i] = (float)stream_number_at(all->t, (size_t)b->place * cells + i);
	bool fine = small && large && mask
		&& stream_resize(
			&(stream_plane){ width, height, 1, true, (int64_t)width * (int64_t)sizeof *large, (uint8_t *)large },
			&(stream_plane){ m->side, m->side, 1, true, (int64_t)m->side * (int64_t)sizeof *small, (uint8_t *)small },
			STREAM_LINEAR);
	for (size_t i = 0; fine && i < pixels; i++)
		mask[i] = large[i] > m->least;
	if (fine) {
		stream_put_packed(&image, 3, (int64_t[]){ height, width }, 2);
		stream_put_int(&image, 4, STREAM_T_U8);
		format_wire_put_bytes(&image, 5, mask, pixels);
		stream_put_message(object, 7, &image);
	}
	object->failed |= !fine;
	base_str_free(&image);
	secant_free(small);
	secant_free(large);
	secant_free(mask);
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const maskrcnn *m = s->state;
	stream_founds found = { 0 };
	char text[200];
	int code = stream_candidates_find(&m->t, m->overlap, m->most, t, n, &found, why, size);
	size_t cells = (size_t)m->side * (size_t)m->side, unit = n > 3 ? stream_type_size(t[3].type) : 0;
	bool real = n > 3 && (t[3].type == STREAM_T_F16 || t[3].type == STREAM_T_F32);
	if (!code && (!real || t[3].size / unit / cells < (size_t)t[0].dim[1])) {
		snprintf(why, size, "the fourth tensor must be FLOAT16 1xNx%dx%d (MASK_SHAPE_SIZE), the model gives %s",
			m->side, m->side, n > 3 ? stream_tensor_text(&t[3], text, sizeof text) : "none");
		code = STREAM_INVALID;
	}
	if (code) {
		secant_free(found.v);
		return code;
	}
	const maps all = { .m = m, .t = &t[3] };
	return stream_founds_put(s, &found, STREAM_UNIT_DONE, from, list, put_mask, &all, why, size);
}

const stream_library stream_library_maskrcnn = { .names = "maskrcnnmindsporepost|maskrcnnmindsporepostprocess",
	.message = "MxpiObjectList",
	.state = sizeof(maskrcnn),
	.empty_is_nothing = true,
	.open = open,
	.run = run,
	.close = close };

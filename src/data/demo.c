/*
 * Demo data sets: each picture is drawn from a stream of its own (Philox keyed by seed and number), so that more
 * pictures change nothing in those before. Light becomes colour by a tint for the ground and one for the things, with a
 * little noise of a sensor.
 */
#include "data/demo.h"
#include "base/file.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>
#include <secant/codec.h>

static const secant_opt rows[] = {
	SECANT_OPT(secant_demo, pictures, INT, "pictures", "120", 3, 100000,
		"how many, in all: 3/4 for training, 1/6 for validation, the rest for testing"),
	SECANT_OPT(secant_demo, size, SIZE, "size", "256", 32, 4096, "height and width"),
	SECANT_OPT(secant_demo, seed, INT, "seed", "0", 0, 2147483647, "of the random numbers"),
	SECANT_OPT_CHOICE(secant_demo, kind, "kind", "cells", SECANT_DEMO_KINDS,
		"what is drawn: cells among ghosts and dust, or cracks in tiles"),
	SECANT_OPT_END,
};
const secant_opts secant_demo_options = { "demo", sizeof(secant_demo), rows };

typedef struct kind {
	const char *name;
	void (*draw)(data_canvas *c);
	float ground[3], thing[3];
} kind;
static const kind kinds[] = {
	/* in the order of SECANT_DEMO_KINDS */
	{ "cells", data_demo_draw_cells, { 0.98f, 0.95f, 1 }, { 0.99f, 0.935f, 1.005f } },
	{ "tiles", data_demo_draw_tiles, { 1, 0.97f, 0.9f }, { 1, 0.96f, 0.9f } },
};

static const char *const splits[] = { "train", "val", "test" };

static int
split_of(int i, int pictures)
{
	int train = pictures * 3 / 4, val = pictures / 6 > 0 ? pictures / 6 : 1;
	return i < train ? 0 : i < train + val ? 1 : 2;
}

static void
develop(data_canvas *c, const kind *k, uint8_t *rgb)
{
	size_t n = (size_t)c->width * (size_t)c->height;
	for (size_t i = 0; i < n; i++)
		for (int b = 0; b < 3; b++) {
			/* The sum of four even numbers is near enough to a normal one, with deviation 1. */
			uint32_t r = base_rng_u32(&c->rng);
			float noise = ((float)((r & 255) + (r >> 8 & 255) + (r >> 16 & 255) + (r >> 24)) - 510) / 147.8f;
			float v = c->light[i] * (k->ground[b] + (k->thing[b] - k->ground[b]) * c->tint[i]) + 3.5f * noise;
			rgb[i * 3 + (size_t)b] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5f);
		}
}

static secant_status
write_pair(
	const char *folder, const char *name, const secant_image *picture, const secant_image *label, secant_err *err)
{
	char *image_path = base_format("%s/images/%s", folder, name),
		 *label_path = base_format("%s/labels/%s", folder, name);
	secant_status s = image_path && label_path ? SECANT_OK
											   : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", folder);
	if (!s)
		s = secant_image_write(picture, image_path, NULL, err);
	if (!s)
		s = secant_image_write(label, label_path, NULL, err);
	secant_free(image_path);
	secant_free(label_path);
	return s;
}

static secant_status
make_picture(const char *out, const secant_demo *o, int i, data_canvas *c, secant_image *picture, secant_image *label,
	secant_err *err)
{
	size_t n = (size_t)c->width * (size_t)c->height;
	char name[64];
	const kind *k = &kinds[o->kind];
	memset(c->tint, 0, n * sizeof *c->tint);
	memset(c->label, 0, n);
	c->rng = base_rng_make((uint64_t)o->seed, BASE_FOR_DEMO, (uint32_t)o->kind, (uint32_t)i);
	k->draw(c);
	develop(c, k, picture->data);
	memcpy(label->data, c->label, n);
	char *folder = base_path_join(out, splits[split_of(i, o->pictures)]);
	if (!folder)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", out);
	(void)snprintf(name, sizeof name, "%s-%03d.png", k->name, i);
	secant_status s = write_pair(folder, name, picture, label, err);
	secant_free(folder);
	return s;
}

static secant_status
make_folders(const char *out, bool overwrite, secant_err *err)
{
	static const char *const inner[] = { "images", "labels" };
	for (int i = 0; i < 6; i++) {
		char *split = base_path_join(out, splits[i / 2]), *path = split ? base_path_join(split, inner[i % 2]) : NULL;
		secant_status s = path ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", out);
		if (!s && i % 2 == 0 && secant_is_dir(split) && !overwrite)
			s = secant_fail(err, SECANT_ERR_IO, "%s is there already; --overwrite writes into it", split);
		if (!s)
			s = secant_make_dirs(path, err);
		secant_free(split);
		secant_free(path);
		if (s)
			return s;
	}
	return SECANT_OK;
}

static secant_status
make_canvas(data_canvas *c, secant_image *picture, secant_image *label, const secant_demo *o, secant_err *err)
{
	c->height = o->size.v[0];
	c->width = o->size.v[1];
	secant_status s = secant_image_new(picture, c->width, c->height, 3, SECANT_U8, err);
	if (!s)
		s = secant_image_new(label, c->width, c->height, 1, SECANT_U8, err);
	size_t n = (size_t)c->width * (size_t)c->height;
	c->light = secant_calloc(n, sizeof *c->light);
	c->tint = secant_calloc(n, sizeof *c->tint);
	c->label = secant_calloc(n, 1);
	if (!s && (!c->light || !c->tint || !c->label))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for pictures of %dx%d", c->height, c->width);
	return s;
}

secant_status
secant_demo_write(const char *out, const secant_demo *options, bool overwrite,
	bool (*made)(void *user, int now, int total), void *user, secant_err *err)
{
	data_canvas c = { 0 };
	secant_image picture = { 0 }, label = { 0 };
	if (options->size.n != 2 || options->kind < 0 || options->kind >= (int)(sizeof kinds / sizeof *kinds)
		|| options->pictures < 1)
		return secant_fail(
			err, SECANT_ERR_ARG, "demo: %d pictures of kind %d: not a demo data set", options->pictures, options->kind);
	secant_status s = make_canvas(&c, &picture, &label, options, err);
	if (!s)
		s = make_folders(out, overwrite, err);
	for (int i = 0; !s && i < options->pictures; i++) {
		s = make_picture(out, options, i, &c, &picture, &label, err);
		if (!s && made && !made(user, i + 1, options->pictures))
			s = secant_fail(err, SECANT_ERR_CANCELLED, "stopped after %d of %d pictures", i + 1, options->pictures);
	}
	secant_image_free(&picture);
	secant_image_free(&label);
	secant_free(c.light);
	secant_free(c.tint);
	secant_free(c.label);
	return s;
}

/*
 * MNIST as sets of points: train-images-idx3-ubyte, train-labels-idx1-ubyte and t10k-... or test-..., packed with gzip
 * or not. A point for each pixel above 128 (Qi et al. 2017), y upwards; a picture without such pixels is an error. The
 * files are unpacked once.
 */
#include "data/clouds/clouds.h"
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"

enum { MOST_BYTES = 1 << 30, IMAGES_HEAD = 16, LABELS_HEAD = 8, THRESHOLD = 128 };

/* PATH/SPLIT-WHAT[.gz], or with t10k for test; fresh memory, NULL: none of them. */
static char *
file_of(const char *path, const char *split, const char *what)
{
	const char *names[] = { split, strcmp(split, "test") ? NULL : "t10k" };
	for (int i = 0; i < 2; i++)
		for (int gz = 0; gz < 2 && names[i]; gz++) {
			char *file = base_format("%s/%s-%s-ubyte%s", path, names[i], what, gz ? ".gz" : "");
			if (file && secant_is_file(file))
				return file;
			secant_free(file);
		}
	return NULL;
}

static bool
has(const char *path, const secant_cloud_options *o, const char *split)
{
	char *file = file_of(path, split, "images-idx3");
	secant_free(file);
	return file != NULL;
}

static bool
detect(const char *path)
{
	return has(path, NULL, "train") || has(path, NULL, "test");
}

/* The whole file, unpacked (zlib passes over what is not packed). */
static secant_status
read_all(uint8_t **out, size_t *size, const char *path, secant_err *err)
{
	gzFile z = gzopen(path, "rb");
	size_t room = 1 << 20;
	*size = 0;
	if (!z)
		return secant_fail(err, SECANT_ERR_IO, "%s: cannot be opened", path);
	*out = secant_calloc(room, 1);
	secant_status s = *out ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	while (!s) {
		int n = gzread(z, *out + *size, (unsigned)(room - *size));
		if (n < 0)
			s = secant_fail(err, SECANT_ERR_FORMAT, "%s: the gzip stream is damaged behind byte %zu", path, *size);
		if (n <= 0)
			break;
		*size += (size_t)n;
		if (*size < room)
			continue;
		uint8_t *more = room < MOST_BYTES ? base_realloc(*out, room * 2, 1) : NULL;
		if (!more)
			s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for more than %zu bytes", path, room);
		else
			*out = more, room *= 2;
	}
	gzclose(z);
	if (s) {
		secant_free(*out);
		*out = NULL;
	}
	return s;
}

static secant_status
check_images(const data_cloud_list *l, const char *path, int64_t labels, secant_err *err)
{
	const uint8_t *d = l->shared;
	if (l->shared_size < IMAGES_HEAD || base_be32(d) != 0x803)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: no IDX file of pictures of bytes", path);
	uint64_t n = base_be32(d + 4), area = (uint64_t)base_be32(d + 8) * base_be32(d + 12);
	if (area == 0 || area > 1 << 24 || (l->shared_size - IMAGES_HEAD) / area < n)
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s: announces %llu pictures of %llu pixels, but holds %zu bytes of them", path, (unsigned long long)n,
			(unsigned long long)area, l->shared_size - IMAGES_HEAD);
	if ((int64_t)n != labels)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: %llu pictures, but %lld labels", path, (unsigned long long)n,
			(long long)labels);
	return SECANT_OK;
}

static secant_status
find(data_cloud_list *out, const data_clouds_request *r, secant_err *err)
{
	char *images = file_of(r->path, r->split, "images-idx3"), *labels = file_of(r->path, r->split, "labels-idx1"),
		 name[16];
	uint8_t *label = NULL;
	size_t size = 0;
	secant_status s = images && labels ? SECANT_OK
									   : secant_fail(err, SECANT_ERR_IO, "%s: no %s-%s-ubyte, packed or not", r->path,
										   r->split, images ? "labels-idx1" : "images-idx3");
	if (!s && !(s = read_all(&out->shared, &out->shared_size, images, err)))
		s = read_all(&label, &size, labels, err);
	if (!s && (size < LABELS_HEAD || base_be32(label) != 0x801 || size - LABELS_HEAD < base_be32(label + 4)))
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: no IDX file of labels, or cut off", labels);
	int64_t n = s ? 0 : base_be32(label + 4);
	if (!s)
		s = check_images(out, images, n, err);
	for (int i = 0; i < 10 && !s; i++) {
		(void)snprintf(name, sizeof name, "%d", i);
		if (data_cloud_list_category(out, name, true, err) < 0)
			s = SECANT_ERR_NOMEM;
	}
	for (int64_t i = 0; i < n && !s; i++)
		s = label[LABELS_HEAD + i] < 10 ? data_cloud_list_add(out, images, NULL, (int)i, label[LABELS_HEAD + i], err)
										: secant_fail(err, SECANT_ERR_FORMAT, "%s: label %lld is %d; expected 0 to 9",
											labels, (long long)i, label[LABELS_HEAD + i]);
	secant_free(images);
	secant_free(labels);
	secant_free(label);
	return s ? s : data_cloud_list_only(out, r->options->source.category, err);
}

static secant_status
read_picture(const data_clouds *set, const data_cloud_item *item, secant_cloud *c, int64_t **labels, secant_err *err)
{
	const uint8_t *d = set->list.shared;
	int64_t h = base_be32(d + 8), w = base_be32(d + 12), n = 0;
	const uint8_t *pixel = d + IMAGES_HEAD + (int64_t)item->entry * h * w;
	for (int64_t i = 0; i < h * w; i++)
		n += pixel[i] > THRESHOLD;
	secant_status s = secant_cloud_new(c, SECANT_N_F32, err);
	int intensity = s ? -1 : secant_cloud_add(c, "intensity", SECANT_N_U8, err);
	if (!s && (intensity < 0 || secant_cloud_reserve(c, n + 1, err)))
		s = SECANT_ERR_NOMEM;
	for (int64_t i = 0; i < h * w && !s; i++) {
		if (pixel[i] <= THRESHOLD)
			continue;
		((float *)c->column[0].data)[c->n] = (float)(i % w);
		((float *)c->column[1].data)[c->n] = (float)(h - 1 - i / w);
		((float *)c->column[2].data)[c->n] = 0;
		((uint8_t *)c->column[intensity].data)[c->n++] = pixel[i];
	}
	return s;
}

const data_cloudset data_cloudset_mnist = {
	.name = "mnist",
	.brief = "MNIST's IDX files as sets of points: {train,test,t10k}-images-idx3-ubyte[.gz]",
	.whole = true,
	.detect = detect,
	.find = find,
	.read = read_picture,
	.has = has,
};

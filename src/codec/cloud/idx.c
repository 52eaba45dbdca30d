/*
 * IDX pictures (MNIST's format: zero, zero, type, rank, big-endian sizes, data) as point sets: every pixel above the
 * threshold is a point, x to the right, y upwards, z 0, in pixels, with its value as intensity. One picture by the
 * option `entry`, or all with an attribute `picture`. IDX labels (rank 1) are no cloud.
 */
#include "codec/cloud/format.h"
#include <stdio.h>
#include <string.h>

typedef struct idx_state {
	int64_t pictures, rows, columns, picture, pixel;
	int intensity, index;
} idx_state;

static secant_status
idx_open(secant_cloud_reader *r, secant_err *err)
{
	if (r->size < 4 || r->data[0] || r->data[1])
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "is no IDX file: it does not begin with two zero bytes");
	if (r->data[2] != 8 || r->data[3] != 3)
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED,
			"IDX of type 0x%02x, rank %d; pictures are of bytes (0x08), rank 3", r->data[2], r->data[3]);
	if (r->size < 16)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "ends at byte %zu, in the header of 16 bytes", r->size);
	uint64_t n = base_be32(r->data + 4), h = base_be32(r->data + 8), w = base_be32(r->data + 12);
	r->at = 16;
	if (h > 65535 || w > 65535 || (n && (!h || !w)) || !cloud_holds(r, n, h * w))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"announces %llu pictures of %llux%llu, but holds %zu bytes of them", (unsigned long long)n,
			(unsigned long long)h, (unsigned long long)w, r->size - 16);
	if (r->opt.entry >= 0 && (uint64_t)r->opt.entry >= n)
		return cloud_fail(r->name, err, SECANT_ERR_RANGE, "--entry: there is no picture %d, there are %llu",
			r->opt.entry, (unsigned long long)n);
	idx_state *t = r->state = secant_calloc(1, sizeof *t);
	if (!t)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	*t = (idx_state){
		.pictures = r->opt.entry >= 0 ? r->opt.entry + 1 : (int64_t)n,
		.rows = (int64_t)h,
		.columns = (int64_t)w,
		.picture = r->opt.entry >= 0 ? r->opt.entry : 0,
		.index = -1,
	};
	snprintf(r->details, sizeof r->details, "%llu pictures of %llux%llu", (unsigned long long)n, (unsigned long long)h,
		(unsigned long long)w);
	secant_status s = cloud_begin(r, SECANT_N_F32, err);
	if (!s)
		s = cloud_declare(r, "intensity", SECANT_N_U8, &t->intensity, err);
	if (!s && r->opt.entry < 0)
		s = cloud_declare(r, "picture", SECANT_N_U32, &t->index, err);
	return s;
}

static secant_status
idx_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	idx_state *t = r->state;
	int64_t area = t->rows * t->columns, end = out->n + max;
	for (; t->picture < t->pictures; t->picture++, t->pixel = 0) {
		const uint8_t *pixels = r->data + 16 + t->picture * area;
		for (; t->pixel < area; t->pixel++) {
			if (pixels[t->pixel] <= r->opt.threshold)
				continue;
			if (out->n == end)
				return SECANT_OK;
			secant_cloud_set(out, 0, out->n, (double)(t->pixel % t->columns));
			secant_cloud_set(out, 1, out->n, (double)(t->rows - 1 - t->pixel / t->columns));
			secant_cloud_set(out, 2, out->n, 0);
			if (t->intensity >= 0)
				secant_cloud_set(out, t->intensity, out->n, pixels[t->pixel]);
			if (t->index >= 0)
				secant_cloud_set(out, t->index, out->n, (double)t->picture);
			out->n++;
		}
		r->at = (size_t)(16 + (t->picture + 1) * area);
	}
	return SECANT_OK;
}

static bool
idx_sniff(const uint8_t *d, size_t n)
{
	return n >= 16 && !d[0] && !d[1] && d[2] == 8 && d[3] == 3;
}

const cloud_format cloud_idx = {
	.name = "idx",
	.entries = true,
	.brief = "IDX pictures (MNIST): pixels above a threshold as points",
	.extensions = "idx|idx3-ubyte",
	.ending = "-idx3-ubyte",
	.sniff = idx_sniff,
	.open = idx_open,
	.next = idx_next,
};

/*
 * Raw records of floats as cars write them: KITTI, SemanticKITTI (x y z intensity) and nuScenes (x y z intensity ring,
 * named .pcd.bin). There is no header: the ending, the size and the numbers must agree; --columns says what it is
 * otherwise, a name for each float. Labels beside the file are columns too: SemanticKITTI's labels/N.label of
 * velodyne/N.bin, or N.label in the same folder, 32 bits a point of which the lower half is the class and the upper the
 * instance (Behley et al., SemanticKITTI, 2019).
 */
#include "codec/cloud/format.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LOOK = 4096, FARTHEST = 100000 };

typedef struct bin_state {
	cloud_part part[CLOUD_FIELDS], label[2];
	int fields, labels;
	secant_bytes file; /* of the labels */
} bin_state;

static void
bin_close(void *state)
{
	bin_state *t = state;
	if (t && t->file.data)
		base_file_unmap(&t->file);
	secant_free(t);
}

/* What a record of so many floats would be. */
typedef struct guess {
	int fields;
	bool divides, near,
		meant; /* the size; coordinates within a car's sight; the other numbers are what they are called */
	double rough; /* how far neighbours lie apart, in deviations: scans are smooth, misread ones are not */
} guess;

/* Intensities are not negative; a fifth number is a ring, or a time within a sweep. */
static bool
meant(const float *v, int fields)
{
	bool ring = fields < 5 || (v[4] >= 0 && v[4] <= 255 && v[4] == nearbyintf(v[4]));
	bool time = fields < 5 || (v[4] >= 0 && v[4] < 1);
	return fields < 4 || (v[3] >= 0 && v[3] <= 65535 && (ring || time));
}

static guess
look(const secant_cloud_reader *r, int fields)
{
	size_t record = 4 * (size_t)fields, n = r->size / record;
	guess g = { fields, r->size % record == 0, true, true, 0 };
	double sum[3] = { 0 }, squares[3] = { 0 }, steps[3] = { 0 };
	float v[8], before[8] = { 0 };
	n = n < LOOK ? n : LOOK;
	for (size_t i = 0; i < n; i++, memcpy(before, v, sizeof v)) {
		memcpy(v, r->data + i * record, record);
		for (int k = 0; k < fields && k < 4; k++) {
			/* No number of a scan is as small as the bits of a whole number make it. */
			g.near &= isfinite(v[k]) && (v[k] == 0 || fabsf(v[k]) >= 1e-20f) && (k == 3 || fabsf(v[k]) <= FARTHEST);
			if (!g.near)
				return g;
			if (k == 3)
				continue;
			sum[k] += (double)v[k];
			squares[k] += (double)v[k] * (double)v[k];
			steps[k] += i ? fabs((double)v[k] - (double)before[k]) : 0;
		}
		g.meant &= meant(v, fields);
	}
	for (int k = 0; k < 3 && n; k++) {
		double mean = sum[k] / (double)n, variance = squares[k] / (double)n - mean * mean;
		g.rough += variance > 1e-9 ? steps[k] / (double)n / sqrt(variance) : 0;
	}
	return g;
}

/* How many floats a record has: 4 or 5, as far as the numbers decide. A width that fits much better is named. */
static secant_status
guess_fields(const secant_cloud_reader *r, bool nuscenes, int *fields, secant_err *err)
{
	static const char *const names[] = {
		[3] = "x,y,z", [4] = "x,y,z,intensity", [5] = "x,y,z,intensity,ring", [6] = "x,y,z,intensity,-,-"
	};
	enum { WIDTHS = 4 };
	const int order[WIDTHS] = { nuscenes ? 5 : 4, nuscenes ? 4 : 5, 3, 6 };
	guess g[WIDTHS];
	int best = -1;
	for (int i = 0; i < WIDTHS; i++) {
		g[i] = look(r, order[i]);
		bool candidate = i < 2 && g[i].divides && g[i].near && !(nuscenes && i == 1);
		bool better = best < 0 || (g[i].meant && !g[best].meant)
			|| (g[i].meant == g[best].meant && g[i].rough < .8 * g[best].rough);
		best = candidate && better ? i : best;
	}
	for (int i = 2; best < 0 && i < WIDTHS; i++)
		if (g[i].divides && g[i].near)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
				"%zu bytes may be records of %d floats, but not of 4 (KITTI) nor of 5 (nuScenes): --columns %s reads "
				"them",
				r->size, order[i], names[order[i]]);
	if (best < 0)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"%zu bytes are neither records of 4 floats (KITTI: x y z intensity) nor of 5 (nuScenes: and ring) within "
			"%d m; --columns names the floats of a record",
			r->size, FARTHEST);
	for (int i = 0; i < WIDTHS; i++)
		if (i != best && g[i].divides && g[i].near && g[i].meant && g[i].rough < .7 * g[best].rough)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
				"%zu bytes may be records of %d floats or of %d, which fits better: --columns %s or %s says which",
				r->size, order[best], order[i], names[order[best]], names[order[i]]);
	*fields = order[best];
	return SECANT_OK;
}

static int
count_names(const char *list)
{
	int n = 1;
	for (; *list; list++)
		n += *list == ',';
	return n;
}

/* ---- labels ---- */

/* "velodyne/000001.bin": "labels/000001.label"; else the same stem. NULL: no such file. */
static char *
labels_beside(const char *path)
{
	const char *name = base_path_name(path), *folder = "/velodyne/";
	size_t head = (size_t)(name - path), n = strlen(folder), stem = strlen(name) - 4;
	char *same = base_format("%.*s%.*s.label", (int)head, path, (int)stem, name);
	if (same && secant_is_file(same))
		return same;
	secant_free(same);
	if (head < n - 1 || strncmp(path + head - (n - 1), folder + 1, n - 1) != 0)
		return NULL;
	char *other = base_format("%.*slabels/%.*s.label", (int)(head - (n - 1)), path, (int)stem, name);
	if (other && secant_is_file(other))
		return other;
	secant_free(other);
	return NULL;
}

static secant_status
open_labels(secant_cloud_reader *r, bin_state *t, secant_err *err)
{
	static const char *const names[] = { "label", "instance" };
	char *path = r->file.data && base_ext_is(r->name, "bin") ? labels_beside(r->name) : NULL;
	secant_status s = path ? base_file_map(&t->file, path, err) : SECANT_OK;
	if (!s && path && t->file.size != 4 * (uint64_t)r->total)
		s = cloud_fail(path, err, SECANT_ERR_FORMAT, "%zu bytes are no labels of 4 bytes for the %lld points of %s",
			(size_t)t->file.size, (long long)r->total, r->name);
	for (int k = 0; !s && path && k < 2; k++) {
		t->label[k] = (cloud_part){ .type = SECANT_N_U16, .offset = 2 * (size_t)k, .stride = 4 };
		s = cloud_declare(r, names[k], SECANT_N_U16, &t->label[k].column, err);
		t->labels = k + 1;
	}
	if (!s && path)
		secant_log(&r->opt.logger, SECANT_LOG_INFO, "%s: labels and instances are those of %s", r->name, path);
	secant_free(path);
	return s;
}

/* ---- points ---- */

static secant_status
declare(secant_cloud_reader *r, bin_state *t, const char *names, secant_err *err)
{
	bool seen[3] = { false };
	secant_status s = cloud_begin(r, SECANT_N_F32, err);
	const char *p = names;
	for (int f = 0; !s && f < t->fields; f++) {
		char name[64];
		size_t n = strcspn(p, ",");
		snprintf(name, sizeof name, "%.*s", (int)(n < 60 ? n : 60), p);
		p += n + (p[n] == ',');
		t->part[f] = (cloud_part){
			.column = -1, .type = SECANT_N_F32, .offset = 4 * (size_t)f, .stride = 4 * (size_t)t->fields
		};
		int axis = cloud_axis(name);
		if (axis >= 0 && !seen[axis])
			seen[t->part[f].column = axis] = true;
		else if (strcmp(name, "-") != 0)
			s = cloud_declare(r, name, SECANT_N_F32, &t->part[f].column, err);
	}
	for (int axis = 0; !s && axis < 3; axis++)
		if (!seen[axis])
			s = cloud_fail(r->name, err, SECANT_ERR_ARG, "--columns has no %c", 'x' + axis);
	return s;
}

static secant_status
bin_open(secant_cloud_reader *r, secant_err *err)
{
	bin_state *t = r->state = secant_calloc(1, sizeof *t);
	if (!t)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	size_t length = strlen(r->name);
	bool nuscenes = length > 8 && !strcmp(r->name + length - 8, ".pcd.bin");
	const char *names = r->opt.columns ? r->opt.columns : NULL;
	if (names) {
		t->fields = count_names(names);
		if (t->fields > CLOUD_FIELDS || r->size % (4 * (size_t)t->fields))
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "%zu bytes are no records of %d floats (--columns)",
				r->size, t->fields);
	} else {
		secant_status s = guess_fields(r, nuscenes, &t->fields, err);
		if (s)
			return s;
		names = t->fields == 5 ? "x,y,z,intensity,ring" : "x,y,z,intensity";
		secant_log(&r->opt.logger, SECANT_LOG_INFO, "%s: taken as records of %d floats, %s (--columns)", r->name,
			t->fields, names);
	}
	r->total = (int64_t)(r->size / (4 * (size_t)t->fields));
	secant_status s = declare(r, t, names, err);
	snprintf(r->details, sizeof r->details, "records of %d floats", t->fields);
	return s ? s : open_labels(r, t, err);
}

static secant_status
bin_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	bin_state *t = r->state;
	int64_t left = r->total - r->done, n = out->n;
	max = max < left ? max : left;
	if (max == 0)
		return SECANT_OK;
	cloud_take_records(t->part, t->fields, r->data, r->done, max, out);
	if (t->labels) {
		out->n = n;
		cloud_take_records(t->label, t->labels, t->file.data, r->done, max, out);
	}
	r->at = (size_t)(r->done + max) * t->part[0].stride;
	return SECANT_OK;
}

const cloud_format cloud_bin = {
	.name = "bin",
	.brief = "records of floats without a header: KITTI, SemanticKITTI (with .label), nuScenes (.pcd.bin)",
	.extensions = "bin",
	.open = bin_open,
	.next = bin_next,
	.close = bin_close,
};

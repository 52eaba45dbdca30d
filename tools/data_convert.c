/* `secant data convert`: a data set in one format becomes one in another; a cloud file one of another kind. */
#include "data.h"
#include <math.h>
#include <secant/cloud.h>
#include <secant/files.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct convert {
	replacing replacing;
	common common;
	secant_dataset_reading reading;
	secant_dataset_writing writing;
	secant_cloud_reading cloud;
	secant_cloud_writing cloud_out;
	secant_reals within; /* x0, y0, x1, y1 */
} convert;

static const secant_opt rows[] = {
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(convert, reading, &secant_dataset_reading_options),
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(convert, writing, &secant_dataset_writing_options),
	SECANT_OPT_TABLE(convert, cloud, &secant_cloud_read_options),
	SECANT_OPT(convert, within, REALS, "within", NULL, -1e300, 1e300,
		"clouds: only points with x0 <= x < x1 and y0 <= y < y1: x0,y0,x1,y1"),
	SECANT_OPT_TABLE(convert, cloud_out, &secant_cloud_write_options),
	SECANT_OPT_TABLE(convert, replacing, &replacing_options),
	SECANT_OPT_TABLE(convert, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data convert", sizeof(convert), rows };

/* The points within a rectangle; the whole cloud is in memory meanwhile. */
static secant_status
cut_cloud(const convert *o, const char *from, const char *to, int64_t *points, secant_err *err)
{
	secant_cloud all, part = { 0 };
	const double *box = o->within.v;
	secant_status s = secant_cloud_read(&all, from, &o->cloud, err);
	if (s)
		return s;
	int64_t *index = calloc((size_t)all.n + 1, sizeof *index), n = 0;
	for (int64_t i = 0; i < all.n && index; i++) {
		double x = secant_cloud_get(&all, 0, i), y = secant_cloud_get(&all, 1, i);
		index[n] = i;
		n += x >= box[0] && x < box[2] && y >= box[1] && y < box[3] && isfinite(secant_cloud_get(&all, 2, i));
	}
	if (index && !n && !o->cloud.allow_empty)
		s = secant_fail(err, SECANT_ERR_ARG,
			"%s: none of its %lld points lies --within %g,%g,%g,%g; nothing was written", from, (long long)all.n,
			box[0], box[1], box[2], box[3]);
	else
		s = index ? secant_cloud_take(&part, &all, index, n, err)
				  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld points", (long long)all.n);
	if (!s)
		s = secant_cloud_write(&part, to, &o->cloud_out, err);
	*points = n;
	secant_cloud_free(&part);
	secant_cloud_free(&all);
	free(index);
	return s;
}

static bool
points_done(void *user, int64_t done)
{
	(void)user;
	tool_progress("points", done < INT32_MAX ? (int)done : INT32_MAX, done < INT32_MAX ? (int)done : INT32_MAX, NULL);
	return !tool_interrupted();
}

/* Remarks go where all go, and to the JSON of the result. */
typedef struct remarks {
	secant_logger shown;
	json_t *list;
} remarks;

static void
remark(void *user, secant_level level, const char *line)
{
	remarks *r = user;
	secant_log(&r->shown, level, "%s", line);
	json_array_append_new(r->list, json_string(line));
}

static int
convert_cloud(convert *o, const char *from, const char *to, secant_err *err)
{
	int64_t points = 0;
	if (o->within.n && o->within.n != 4)
		return secant_fail(err, SECANT_ERR_ARG, "--within: four numbers are wanted, x0,y0,x1,y1; got %d", o->within.n);
	if (tool_may_write(to, &o->replacing, &o->common, err))
		return err->code;
	remarks r = { .shown = tool_logger(&o->common), .list = json_array() };
	o->cloud.logger = o->cloud_out.logger = (secant_logger){ remark, &r };
	tool_progress_begin(&o->common, "points");
	secant_status s = o->within.n
		? cut_cloud(o, from, to, &points, err)
		: secant_cloud_convert(from, &o->cloud, to, &o->cloud_out, &points, points_done, NULL, err);
	tool_progress_end();
	if (!s && o->common.json)
		(void)tool_print_json(
			stdout, json_pack("{s:s,s:I,s:O}", "out", to, "points", (json_int_t)points, "remarks", r.list), 0, err);
	else if (!s)
		printf("%s: %lld points\n", to, (long long)points);
	json_decref(r.list);
	return 0;
}

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	convert *o = object;
	const char *to = n == 2 ? operands[1] : o->writing.out;
	bool cloud = secant_cloud_is_readable(operands[0]) || n == 2; /* n == 2: the reader says what else it is */
	if (secant_is_file(operands[0]) && cloud && to && secant_cloud_is_writable(to))
		return convert_cloud(o, operands[0], to, err);
	if (n == 2 && secant_cloud_is_readable(operands[0]) && secant_cloud_is_readable(to))
		return secant_fail(err, SECANT_ERR_ARG,
			secant_is_file(operands[0]) ? "%s: clouds of this kind are read, not written: want .las, .laz, .ply, .pcd, "
										  ".txt, .csv, .xyz, .pts, .npy or .npz"
										: "%s: there is no such file",
			secant_is_file(operands[0]) ? to : operands[0]);
	if (n == 2)
		return secant_fail(err, SECANT_ERR_ARG,
			"%s and %s are not both cloud files by their extensions; a data set goes to --out", operands[0],
			operands[1]);
	if (!o->writing.to)
		return secant_fail(err, SECANT_ERR_ARG, "--to is missing: the format to write");
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d ? data_write(d, &o->writing, &o->common, err) : -1;
	secant_dataset_free(d);
	return status;
}

const command data_convert = {
	.name = "convert",
	.brief = "writes a data set in another format, a cloud file as another",
	.operands = "DATA --to FORMAT --out FOLDER | CLOUD CLOUD",
	.details =
		"Every picture is kept, also those without objects. What the target cannot hold is counted and reported.\n"
		"The folder appears complete or not at all; the same input and options give the same bytes.\n\n"
		"A cloud file becomes one of another kind by the extensions, in bounded memory (--within reads it whole).",
	.example = "secant data convert \"NWPU VHR-10 dataset\" --to voc --out VOC\nsecant data convert VOC --to coco "
			   "--out COCO --link hardlink\n"
			   "secant data convert scan.laz scan.ply\nsecant data convert scan.las part.las --within "
			   "637000,851000,637100,851100",
	.options = &options,
	.min_operands = 1,
	.max_operands = 2,
	.run = run,
};

/*
 * Prediction of files: which pictures, where their results go, and the way of one picture from its file to mask,
 * overlay and probabilities by rows. See secant/predict.h.
 */
#include <string.h>
#include <sys/stat.h>
#include "base/by_name.h"
#include "base/file.h"
#include "codec/codec.h"
#include "deploy/failures.h"
#include "deploy/polygons.h"
#include "deploy/predictor.h"

static const secant_opt output_rows[] = {
	SECANT_OPT_HEADING("Results"),
	SECANT_OPT(secant_predict_output, out, STR, "out", NULL, 0, 0,
		"folder of the results; with one picture also a file such as mask.png or mask.tif"),
	SECANT_OPT(secant_predict_output, overlay, BOOL, "overlay", "false", 0, 0,
		"also STEM.overlay.png: the picture with the classes in colour over it"),
	SECANT_OPT(secant_predict_output, legend, BOOL, "legend", "false", 0, 0,
		"below the overlay: the colours and names of the classes"),
	SECANT_OPT(secant_predict_output, overwrite, BOOL, "overwrite", "false", 0, 0,
		"replace the file of --out, or files in the folder that predict did not make"),
	SECANT_OPT(secant_predict_output, palette, BOOL, "palette", "true", 0, 0,
		"masks of several classes are indexed pictures in the colours of their classes; false: grey"),
	SECANT_OPT(secant_predict_output, vector, BOOL, "vector", "false", 0, 0,
		"also STEM.geojson: the areas of the mask as polygons, in the coordinates of a georeference or in pixels"),
	SECANT_OPT_CHOICE(secant_predict_output, vector_format, "vector-format", "geojson", "geojson|gpkg",
		"of --vector; gpkg: a GeoPackage, STEM.gpkg with a table areas"),
	SECANT_OPT(secant_predict_output, simplify, REAL, "simplify", "0", 0, 1000,
		"of the polygons, pixels: 0 follows every pixel; neighbours keep sharing their borders"),
	SECANT_OPT(secant_predict_output, probabilities, BOOL, "probabilities", "false", 0, 0,
		"also STEM.probabilities.npy: float32, classes x height x width"),
	SECANT_OPT_CHOICE(secant_predict_output, probabilities_format, "probabilities-format", "npy", "npy|tif",
		"of --probabilities; tif: a float band for each class, with the georeference of a GeoTIFF"),
	SECANT_OPT_CHOICE(secant_predict_output, format, "format", "png", "png|tif",
		"of the masks in a folder; tif keeps the georeference of a GeoTIFF"),
	SECANT_OPT_END,
};
const secant_opts secant_predict_output_options = { "predict", sizeof(secant_predict_output), output_rows };

/* ---- what goes where ---- */

enum { MASK, OVERLAY, PROBABILITIES, VECTOR, KINDS };

typedef struct item {
	char *input, *path[KINDS];
} item;
typedef struct list {
	item *v;
	int n, capacity;
} list;
typedef struct identity {
	dev_t device;
	ino_t number;
	const char *path;
} identity;

static void
list_free(list *l)
{
	for (int i = 0; i < l->n; i++) {
		secant_free(l->v[i].input);
		for (int k = 0; k < KINDS; k++)
			secant_free(l->v[i].path[k]);
	}
	secant_free(l->v);
}

static secant_status
list_add(list *l, char *input, secant_err *err)
{
	if (!input || base_grow((void **)&l->v, &l->capacity, l->n, sizeof *l->v)) {
		secant_free(input);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a list of pictures");
	}
	l->v[l->n++] = (item){ .input = input };
	return SECANT_OK;
}

static secant_status
add_folder(list *l, const char *path, secant_err *err)
{
	base_names names = { 0 };
	secant_status status = base_dir_list(&names, path, BASE_DIR_FILES, err);
	int before = l->n;
	for (int i = 0; i < names.n && !status; i++)
		if (names.v[i][0] != '.' && secant_image_is_path(names.v[i]))
			status = list_add(l, base_path_join(path, names.v[i]), err);
	base_names_free(&names);
	return status       ? status
		: l->n > before ? SECANT_OK
						: secant_fail(err, SECANT_ERR_ARG, "%s: the folder holds no pictures", path);
}

static secant_status
find_inputs(list *l, const char *const *inputs, int n, secant_err *err)
{
	secant_status status = n ? SECANT_OK : secant_fail(err, SECANT_ERR_ARG, "there are no pictures to predict");
	for (int i = 0; i < n && !status; i++) {
		if (secant_is_dir(inputs[i]))
			status = add_folder(l, inputs[i], err);
		else if (!secant_is_file(inputs[i]) && !codec_page_is(inputs[i]))
			status = secant_fail(err, SECANT_ERR_IO, "%s: no such file or folder", inputs[i]);
		else
			status = list_add(l, base_strdup(inputs[i]), err);
	}
	return status;
}

static secant_status
name_outputs(list *l, const secant_predict_output *o, bool to_file, secant_err *err)
{
	const char *extension = o->format ? "tif" : "png";
	for (int i = 0; i < l->n; i++) {
		item *it = &l->v[i];
		char *folder = to_file ? base_path_dir(o->out) : base_strdup(o->out),
			 *stem = base_path_stem(to_file ? o->out : it->input);
		char *base = folder && stem ? base_path_join(folder, stem) : NULL;
		if (base) {
			it->path[MASK] = to_file ? base_strdup(o->out) : base_format("%s.%s", base, extension);
			it->path[OVERLAY] = o->overlay ? base_format("%s.overlay.png", base) : NULL;
			it->path[PROBABILITIES] = o->probabilities
				? base_format("%s.probabilities.%s", base, o->probabilities_format ? "tif" : "npy")
				: NULL;
			it->path[VECTOR] = o->vector ? base_format("%s.%s", base, deploy_vectors[o->vector_format]->extension)
										 : NULL;
		}
		bool ok = it->path[MASK] && !o->overlay == !it->path[OVERLAY] && !o->probabilities == !it->path[PROBABILITIES]
			&& !o->vector == !it->path[VECTOR];
		secant_free(folder);
		secant_free(stem);
		secant_free(base);
		if (!ok)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for file names");
	}
	return SECANT_OK;
}

typedef struct output_name {
	const char *path, *input;
} output_name;

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const output_name *)a)->path, ((const output_name *)b)->path);
}

static secant_status
check_twice(const list *l, secant_err *err)
{
	output_name *names = secant_calloc((size_t)l->n * KINDS, sizeof *names);
	int n = 0;
	secant_status status = names ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for file names");
	for (int i = 0; i < l->n && names; i++)
		for (int k = 0; k < KINDS; k++)
			if (l->v[i].path[k])
				names[n++] = (output_name){ l->v[i].path[k], l->v[i].input };
	if (names)
		qsort(names, (size_t)n, sizeof *names, by_path);
	for (int i = 1; i < n && !status; i++)
		if (!strcmp(names[i - 1].path, names[i].path))
			status = secant_fail(err, SECANT_ERR_ARG, "%s and %s would both be written to %s", names[i - 1].input,
				names[i].input, names[i].path);
	secant_free(names);
	return status;
}

static int
by_identity(const void *a, const void *b)
{
	const identity *x = a, *y = b;
	return x->device != y->device ? (x->device < y->device ? -1 : 1)
		: x->number != y->number  ? (x->number < y->number ? -1 : 1)
								  : 0;
}

/* No picture is lost to its own mask. */
static secant_status
check_inputs_survive(const list *l, secant_err *err)
{
	identity *ids = secant_calloc((size_t)l->n, sizeof *ids);
	secant_status status = ids ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for file names");
	int n = 0;
	struct stat s;
	for (int i = 0; i < l->n && ids; i++)
		if (!stat(l->v[i].input, &s))
			ids[n++] = (identity){ s.st_dev, s.st_ino, l->v[i].input };
	if (ids)
		qsort(ids, (size_t)n, sizeof *ids, by_identity);
	for (int i = 0; i < l->n * KINDS && !status; i++) {
		const char *path = l->v[i / KINDS].path[i % KINDS];
		if (!path || stat(path, &s))
			continue;
		const identity *hit = bsearch(
			&(identity){ s.st_dev, s.st_ino, NULL }, ids, (size_t)n, sizeof *ids, by_identity);
		if (hit)
			status = secant_fail(
				err, SECANT_ERR_ARG, "%s would be replaced by a prediction; choose another --out", hit->path);
	}
	secant_free(ids);
	return status;
}

/* What predict wrote into a folder before, a name a line, in a hidden file of the folder. */
typedef struct written {
	char *mark, *text;
	base_by_name names; /* within text */
} written;

static secant_status
read_written(written *w, const char *folder, secant_err *err)
{
	size_t size;
	char *save = NULL;
	bool good = (w->mark = base_path_join(folder, ".secant-predict")) != NULL;
	if (!good || !secant_is_file(w->mark))
		return good ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for file names");
	secant_status status = secant_file_read(&w->text, &size, w->mark, 1 << 28, err);
	for (char *p = status ? NULL : strtok_r(w->text, "\n", &save); p && good; p = strtok_r(NULL, "\n", &save))
		good = base_by_name_add(&w->names, p, 0);
	return good ? status : secant_fail(err, SECANT_ERR_NOMEM, "no memory for file names");
}

static const char *
name_within(const char *folder, const char *path)
{
	const char *name = path + strlen(folder);
	return name + strspn(name, "/");
}

static secant_status
write_written(const written *w, const list *l, const char *folder, secant_err *err)
{
	base_str all = { 0 };
	bool news = false;
	for (int i = 0; i < w->names.capacity; i++)
		if (w->names.name[i])
			base_str_addf(&all, "%s\n", w->names.name[i]);
	for (int i = 0; i < l->n * KINDS; i++) {
		const char *path = l->v[i / KINDS].path[i % KINDS], *name = path ? name_within(folder, path) : NULL;
		if (!name || base_by_name_find(&w->names, name) >= 0)
			continue;
		base_str_addf(&all, "%s\n", name);
		news = true;
	}
	secant_status status = all.failed ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for file names") : SECANT_OK;
	if (!status && news && !(status = secant_make_dirs(folder, err)))
		status = secant_file_write(w->mark, all.p, all.n, err);
	base_str_free(&all);
	return status;
}

/* Whoever writes masks into a folder of labels loses them: nothing that predict did not write there before is replaced
 * without being told to; nor is a file that --out names. */
static secant_status
check_foreign(const list *l, const secant_predict_output *o, bool to_file, secant_err *err)
{
	written w = { 0 };
	secant_status status = to_file ? SECANT_OK : read_written(&w, o->out, err);
	for (int i = 0; i < l->n * KINDS && !status && !o->overwrite; i++) {
		const char *path = l->v[i / KINDS].path[i % KINDS];
		bool own = path && !to_file && base_by_name_find(&w.names, name_within(o->out, path)) >= 0;
		if (path && !own && secant_is_file(path))
			status = secant_fail(err, SECANT_ERR_ARG,
				"%s is there already%s: --overwrite replaces it, another --out keeps it", path,
				to_file ? "" : ", and predict did not make it");
	}
	if (!status && !to_file)
		status = write_written(&w, l, o->out, err);
	base_by_name_free(&w.names);
	secant_free(w.mark);
	secant_free(w.text);
	return status;
}

static secant_status
plan_outputs(list *l, const secant_predict_output *o, const char *const *inputs, int n, secant_err *err)
{
	if (!o->out)
		return secant_fail(
			err, SECANT_ERR_ARG, "--out is missing: a folder, or with one picture a file such as mask.png");
	bool named = secant_image_is_path(o->out) && !secant_is_dir(o->out),
		 to_file = named && n == 1 && !secant_is_dir(inputs[0]);
	if (named && !to_file)
		return secant_fail(
			err, SECANT_ERR_ARG, "--out %s names a file, but there are %d pictures: give a folder", o->out, l->n);
	if (to_file && !base_ext_is(o->out, "png|tif|tiff|bmp|pgm|pnm"))
		return secant_fail(err, SECANT_ERR_ARG,
			"--out %s: masks are written to png, tif, bmp or pgm, where every value survives", o->out);
	if (!o->vector && (o->vector_format || o->simplify > 0))
		return secant_fail(err, SECANT_ERR_ARG, "--%s is of polygons: give --vector too",
			o->vector_format ? "vector-format" : "simplify");
	secant_status status = name_outputs(l, o, to_file, err);
	if (status || (status = check_twice(l, err)) || (status = check_inputs_survive(l, err)))
		return status;
	if ((status = check_foreign(l, o, to_file, err)))
		return status;
	char *folder = to_file ? base_path_dir(o->out) : base_strdup(o->out);
	status = folder ? secant_make_dirs(folder, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory for file names");
	secant_free(folder);
	return status;
}

/* ---- one picture ---- */

typedef struct job {
	secant_predictor *p;
	const item *it;
	deploy_opened opened;
	deploy_nodata none;
	bool legend, palette;
	double simplify;
	secant_image mask; /* whole, where areas are looked at first; else rows come and go */
	secant_raster_writer *writer[3]; /* MASK, OVERLAY, PROBABILITIES (else `planes`) */
	base_writer *planes;
	uint64_t planes_start;
	deploy_floats line;
	void *rows, *above; /* mask of the present rows, and the row over them */
	int rows_capacity;
	bool is_above;
	int64_t strange; /* pixels whose probabilities are no numbers */
	bool (*progress)(void *user, const secant_predict_progress *now);
	void *user;
	secant_predict_progress now;
	unsigned *noted; /* what has been told */
	double *white; /* and what was white in the picture before, 0: nothing was said */
} job;

static bool note(job *j, unsigned which, const char *text);
enum { MASK_FORMAT = 1, NO_CODE = 2, LOOSE = 4, SCALED = 8, TAKEN = 16, PACKED = 32, WHITE = 64, BANDS = 128 };

/* What was taken for white is told once, and again for each picture where it changes. */
static bool
tell_white(job *j)
{
	char text[CODEC_WHITE_WHY];
	double white = j->opened.white;
	if (!(white > 0))
		return true;
	(void)snprintf(text, sizeof text, "%s", j->opened.why);
	if (white != *j->white && *j->noted & WHITE) {
		*j->noted &= ~(unsigned)WHITE;
		if (!*text)
			(void)snprintf(text, sizeof text, "white is %.10g here (--white says otherwise)", white);
	}
	*j->white = white;
	return !*text || note(j, WHITE, text);
}

static secant_status
start_planes(job *j, secant_err *err)
{
	char head[256], shape[96];
	(void)snprintf(shape, sizeof shape, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d), }",
		j->p->model[0].classes, j->opened.source.height, j->opened.source.width);
	memcpy(head, "\x93NUMPY\1\0\x76\0", 10); /* 128 bytes of header, 118 of them text */
	(void)snprintf(head + 10, sizeof head - 10, "%-117s\n", shape);
	j->planes_start = 128;
	if (!(j->planes = base_writer_open(j->it->path[PROBABILITIES], err)))
		return err->code;
	return base_writer_put(j->planes, head, (size_t)j->planes_start, err);
}

/* A band for each class; what may be no data in the picture has numbers here, as in the other format. */
static secant_status
start_bands(job *j, secant_err *err)
{
	secant_err own = { 0 };
	const secant_geo *from = deploy_source_geo(&j->opened.source);
	secant_geo *geo = from ? secant_geo_of_mask(from, NULL, &own) : NULL;
	if (own.code)
		return secant_fail(err, own.code, "%s", own.msg);
	secant_raster_spec spec = { .width = j->opened.source.width,
		.height = j->opened.source.height,
		.channels = j->p->model[0].classes,
		.dtype = SECANT_F32,
		.geo = geo };
	j->writer[PROBABILITIES] = secant_raster_create(j->it->path[PROBABILITIES], &spec, NULL, err);
	secant_geo_free(geo);
	return j->writer[PROBABILITIES] ? SECANT_OK : err->code;
}

/* The colours of a mask's values, so that any viewer shows classes: 256 of them; what is no class is black. */
static void
colours_of(const secant_predictor *p, uint8_t colours[256][3])
{
	memset(colours, 0, 256 * sizeof *colours);
	for (int v = 0; v < 256; v++) {
		int class = deploy_mask_class(p, v);
		if (class >= 0)
			secant_predictor_colour(p, class, colours[v]);
	}
}

/* Opens the mask; it has what of the picture's georeference is true of it, and a value for no data of its own. */
static secant_status
open_mask(job *j, secant_err *err)
{
	secant_err own = { 0 };
	j->none = deploy_nodata_of(j->p, &j->opened.source, base_ext_is(j->it->path[MASK], "tif|tiff"));
	secant_geo *geo = deploy_mask_geo(&j->none, deploy_source_geo(&j->opened.source), &own);
	if (own.code)
		return secant_fail(err, own.code, "%s", own.msg);
	secant_raster_spec spec = { .width = j->opened.source.width,
		.height = j->opened.source.height,
		.channels = 1,
		.dtype = deploy_mask_dtype(j->p),
		.geo = geo };
	uint8_t colours[256][3];
	if (j->palette && spec.dtype == SECANT_U8 && j->p->model[0].mode != BASE_MODE_BINARY
		&& base_ext_is(j->it->path[MASK], "png|tif|tiff")) {
		colours_of(j->p, colours);
		spec.palette = (const uint8_t(*)[3])colours;
		spec.palette_count = 256;
	}
	j->writer[MASK] = secant_raster_create(j->it->path[MASK], &spec, NULL, err);
	secant_geo_free(geo);
	return j->writer[MASK] ? SECANT_OK : err->code;
}

/* The legend's rows are part of the overlay's file, so its height must be known from the start. */
static secant_status
open_overlay(job *j, secant_err *err)
{
	secant_image legend = { 0 };
	if (!j->it->path[OVERLAY])
		return SECANT_OK;
	secant_status status = j->legend ? deploy_legend_draw(j->p, j->opened.source.width, &legend, err) : SECANT_OK;
	secant_raster_spec spec = { .width = j->opened.source.width,
		.height = j->opened.source.height + legend.height,
		.channels = 3,
		.dtype = SECANT_U8 };
	secant_image_free(&legend);
	if (!status && !(j->writer[OVERLAY] = secant_raster_create(j->it->path[OVERLAY], &spec, NULL, err)))
		return err->code;
	return status;
}

static secant_status
open_outputs(job *j, secant_err *err)
{
	secant_status status = open_mask(j, err);
	if (!status)
		status = open_overlay(j, err);
	if (!status && j->it->path[PROBABILITIES])
		status = base_ext_is(j->it->path[PROBABILITIES], "tif") ? start_bands(j, err) : start_planes(j, err);
	if (!status && (j->p->options.min_area > 1 || j->it->path[VECTOR]))
		status = secant_image_new(
			&j->mask, j->opened.source.width, j->opened.source.height, 1, deploy_mask_dtype(j->p), err);
	size_t row = (size_t)j->opened.source.width * secant_dtype_size(deploy_mask_dtype(j->p));
	if (!status && !(j->above = secant_calloc(1, row)))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a row of the mask");
	return status;
}

static secant_status
put_overlay(job *j, int y, int n, const void *mask, secant_err *err)
{
	secant_image window = { 0 };
	const secant_image *view;
	secant_status status = deploy_source_window(
		&j->opened.source, 0, y, j->opened.source.width, n, &window, &view, err);
	uint8_t *rgb = status ? NULL : secant_calloc((size_t)n * (size_t)j->opened.source.width, 3);
	if (!status && !rgb)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for an overlay");
	if (!status) {
		deploy_overlay_rows(j->p, view, mask, j->is_above ? j->above : NULL, rgb);
		status = secant_raster_write_rows(j->writer[OVERLAY], rgb, n, err);
	}
	secant_free(rgb);
	secant_image_free(&window);
	return status;
}

/* Finished rows of the mask go to their files. */
static secant_status
put_mask(job *j, int y, int n, const void *mask, secant_err *err)
{
	size_t row = (size_t)j->opened.source.width * secant_dtype_size(deploy_mask_dtype(j->p));
	secant_status status = secant_raster_write_rows(j->writer[MASK], mask, n, err);
	if (!status && j->writer[OVERLAY])
		status = put_overlay(j, y, n, mask, err);
	memcpy(j->above, (const char *)mask + (size_t)(n - 1) * row, row);
	j->is_above = true;
	return status;
}

static secant_status
put_planes(job *j, int y, int n, const float *probabilities, secant_err *err)
{
	int classes = j->p->model[0].classes;
	int64_t width = j->opened.source.width, height = j->opened.source.height, count = n * width;
	secant_status status = deploy_floats_reserve(&j->line, (size_t)count, err);
	for (int c = 0; c < classes && !status; c++) {
		for (int64_t i = 0; i < count; i++)
			j->line.v[i] = probabilities[i * classes + c];
		if (!(status = base_writer_seek(j->planes, j->planes_start + 4 * (uint64_t)((c * height + y) * width), err)))
			status = base_writer_put(j->planes, j->line.v, (size_t)count * 4, err);
	}
	return status;
}

static secant_status
take_rows(void *user, int y, int n, const float *probabilities, secant_err *err)
{
	job *j = user;
	size_t row = (size_t)j->opened.source.width * secant_dtype_size(deploy_mask_dtype(j->p));
	j->strange += deploy_count_strange(probabilities, n * (int64_t)j->opened.source.width, j->p->model[0].classes);
	if (j->planes && put_planes(j, y, n, probabilities, err))
		return err->code;
	if (j->writer[PROBABILITIES] && secant_raster_write_rows(j->writer[PROBABILITIES], probabilities, n, err))
		return err->code;
	if (j->mask.data)
		return deploy_mask_rows(
			j->p, &j->opened.source, &j->none, y, n, probabilities, (char *)j->mask.data + (size_t)y * row, err);
	if (n > j->rows_capacity) {
		secant_free(j->rows);
		if (!(j->rows = secant_calloc((size_t)n, row)))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for rows of the mask");
		j->rows_capacity = n;
	}
	secant_status status = deploy_mask_rows(j->p, &j->opened.source, &j->none, y, n, probabilities, j->rows, err);
	return status ? status : put_mask(j, y, n, j->rows, err);
}

static bool
tell(void *user, int tile, int tiles)
{
	job *j = user;
	j->now.tile = tile < tiles ? tile : tiles - 1;
	j->now.tiles = tiles;
	return !j->progress || j->progress(j->user, &j->now);
}

static secant_status
put_cleaned(job *j, secant_err *err)
{
	enum { ROWS = 256 };
	secant_status status = j->p->options.min_area > 1 ? deploy_mask_clean(j->p, &j->mask, j->p->options.min_area, err)
													  : SECANT_OK;
	for (int y = 0; y < j->mask.height && !status; y += ROWS)
		status = put_mask(j, y, j->mask.height - y < ROWS ? j->mask.height - y : ROWS,
			(char *)j->mask.data + (size_t)y * secant_image_row_bytes(&j->mask), err);
	return status;
}

static secant_status
put_legend(job *j, secant_err *err)
{
	secant_image legend = { 0 };
	secant_status status = deploy_legend_draw(j->p, j->opened.source.width, &legend, err);
	if (!status)
		status = secant_raster_write_rows(j->writer[OVERLAY], legend.data, legend.height, err);
	secant_image_free(&legend);
	return status;
}

/* The mask comes last: where it is, everything is. */
static secant_status
finish(job *j, secant_err *err)
{
	secant_status status = j->legend && j->writer[OVERLAY] ? put_legend(j, err) : SECANT_OK;
	if (!status && j->it->path[VECTOR])
		status = deploy_polygons_write(
			j->p, &j->mask, deploy_source_geo(&j->opened.source), j->simplify, j->it->path[VECTOR], err);
	if (status)
		return status;
	if (j->planes) {
		status = base_writer_commit(j->planes, err);
		j->planes = NULL;
	}
	for (int k = PROBABILITIES; k >= MASK && !status; k--)
		if (j->writer[k]) {
			status = secant_raster_finish(j->writer[k], err);
			j->writer[k] = NULL;
		}
	return status;
}

/* What the results cannot keep of where the picture lies is told, each once for all pictures of a run. */
static bool
note(job *j, unsigned which, const char *text)
{
	if (*j->noted & which)
		return true;
	*j->noted |= which;
	j->now.note = text;
	bool on = !j->progress || j->progress(j->user, &j->now);
	j->now.note = NULL;
	return on;
}

static bool
tell_losses(job *j)
{
	const secant_geo *geo = deploy_source_geo(&j->opened.source);
	double t[6];
	bool placed = secant_geo_transform(geo, t), loose = secant_geo_is_loose(geo), on = true;
	if (j->opened.unseen) {
		char text[160];
		int seen = j->opened.unseen == 2 ? 1 : j->p->model[0].in_channels;
		(void)snprintf(text, sizeof text,
			"it has %d bands, of which the network sees the first%s%.0d: is that what it was trained on?",
			j->opened.unseen, seen > 1 ? " " : "", seen > 1 ? seen : 0);
		on = note(j, BANDS, text);
	}
	if (on && (placed || loose) && !base_ext_is(j->it->path[MASK], "tif|tiff"))
		on = note(j, MASK_FORMAT, "the mask's format keeps no georeference; --format tif (or --out MASK.tif) does");
	if (on && j->it->path[VECTOR] && placed && !secant_geo_epsg(geo)) {
		char text[200];
		(void)snprintf(text, sizeof text,
			"the picture's coordinate system has no EPSG code, so %s cannot name it: the polygons have its "
			"coordinates, and readers that take them for degrees are wrong",
			deploy_vector_of(j->it->path[VECTOR])->name);
		on = note(j, NO_CODE, text);
	}
	if (on && j->it->path[VECTOR] && loose)
		on = note(j, LOOSE,
			"the picture has ground control points or rational polynomials (RPC) alone: the polygons are in pixels");
	if (on && j->p->of->scaled) {
		char text[160];
		const secant_ints *size = &j->p->options.size;
		(void)snprintf(text, sizeof text,
			j->p->model->onnx.m
				? "the network wants pictures of %dx%d: they are scaled to it"
				: "the network was trained on pictures scaled to %dx%d, and so are these (--tile 0: as they are)",
			size->v[0], size->v[1]);
		on = note(j, SCALED, text);
	}
	if (on && j->p->model->taken) {
		char *text = base_format(
			"taken of the ONNX file: %s (secant import keeps what you say instead)", j->p->model->taken);
		on = note(j, TAKEN, text ? text : "no memory");
		secant_free(text);
	}
	char packed[400];
	const char *anew = deploy_packed_remark(&j->p->model[0], j->p->options.threads, packed, sizeof packed);
	if (on && anew)
		on = note(j, PACKED, anew);
	const char *beside = secant_geo_remark(geo);
	if (on && beside) { /* of this picture alone */
		unsigned own = 0, *all = j->noted;
		j->noted = &own;
		on = note(j, 1, beside);
		j->noted = all;
	}
	return on;
}

/* A network that has broken down gives numbers that are none, and a mask has no value for that. */
static bool
tell_strange(job *j)
{
	unsigned own = 0, *all = j->noted;
	char *text = j->strange ? base_format("%lld of %lld pixels have probabilities that are no numbers (NaN): the mask "
										  "says nothing there (secant run shows what the network gives)",
					 (long long)j->strange, (long long)j->opened.source.width * j->opened.source.height)
							: NULL;
	j->noted = &own; /* of this picture alone */
	bool on = !j->strange || note(j, 1, text ? text : "no memory");
	j->noted = all;
	secant_free(text);
	return on;
}

static void
job_end(job *j)
{
	base_writer_abort(j->planes);
	secant_raster_abort(j->writer[MASK]);
	secant_raster_abort(j->writer[OVERLAY]);
	secant_raster_abort(j->writer[PROBABILITIES]);
	deploy_picture_close(&j->opened);
	secant_image_free(&j->mask);
	secant_free(j->line.v);
	secant_free(j->rows);
	secant_free(j->above);
}

static secant_status
predict_one(job *j, secant_err *err)
{
	secant_status status = deploy_picture_open(&j->opened, j->p, j->it->input, err);
	if (!status && (!tell_white(j) || !tell_losses(j)))
		status = secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	if (!status && !(status = open_outputs(j, err)))
		status = deploy_predict_stream(j->p, &j->opened.source, &(deploy_row_sink){ take_rows, tell, j }, err);
	if (!status && j->mask.data)
		status = put_cleaned(j, err);
	if (!status)
		status = finish(j, err);
	if (!status && !tell_strange(j))
		status = secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	job_end(j);
	if (status || !j->progress)
		return status;
	j->now.tile = j->now.tiles;
	j->now.mask = j->it->path[MASK];
	return j->progress(j->user, &j->now) ? SECANT_OK : secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
}

secant_status
secant_predictor_files(secant_predictor *p, const char *const *inputs, int n, const secant_predict_output *output,
	bool (*progress)(void *user, const secant_predict_progress *now), void *user, secant_err *err)
{
	list l = { 0 };
	secant_status status = find_inputs(&l, inputs, n, err);
	if (!status)
		status = plan_outputs(&l, output, inputs, n, err);
	deploy_failures failed = { 0 };
	unsigned noted = 0;
	double white = 0;
	for (int i = 0; i < l.n && !status && !failed.stop; i++) {
		secant_err own = { 0 };
		job j = { .p = p,
			.it = &l.v[i],
			.legend = output->legend,
			.palette = output->palette,
			.simplify = output->simplify,
			.progress = progress,
			.user = user,
			.noted = &noted,
			.white = &white,
			.now = { .input = l.v[i].input, .picture = i, .pictures = l.n } };
		if (predict_one(&j, &own) && !deploy_failures_note(&failed, &own, &j.now, progress, user))
			break;
	}
	if (!status)
		status = deploy_failures_end(&failed, l.n, "pictures", err);
	list_free(&l);
	return status;
}

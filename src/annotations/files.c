/* Formats of small files, trees of JSON, texts or lines of trees: all of them below a folder, or one alone. */
#include "annotations/find.h"
#include "base/file.h"

enum { DEPTH = 8, LOOKS = 50 };

bool
ann_has_files(const char *path, const ann_files *k)
{
	base_names files = { 0 };
	bool found = false;
	if (!secant_is_dir(path))
		return base_ext_is(path, k->extension) && k->is(path);
	if (!ann_walk(&files, path, k->extension, DEPTH, NULL))
		for (int i = 0; i < files.n && !found && (!k->tree || i < LOOKS); i++) {
			char *file = base_path_join(path, files.v[i]);
			found = file && k->is(file);
			secant_free(file);
		}
	base_names_free(&files);
	return found;
}

/* The kind of files that there is: the first; the last where there is none of any. */
static const ann_files *
kind_of(const char *path, const ann_files *k)
{
	while (k->otherwise && !ann_has_files(path, k))
		k = k->otherwise;
	return k;
}

static void
lists_of_folders(ann_set *s)
{
	static const char *const lists[][2] = { { "train", "train" }, { "valid", "val" }, { "val", "val" },
		{ "test", "test" } };
	for (int i = 0; i < s->n_images; i++)
		for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
			size_t n = strlen(lists[k][0]);
			const char *name = ann_str(s, s->images[i].name);
			if (strncmp(name, lists[k][0], n) || name[n] != '/' || s->images[i].splits)
				continue;
			int split = ann_split(s, lists[k][1], strlen(lists[k][1]));
			s->images[i].splits = split >= 0 ? 1ull << split : 0;
		}
}

/* --- lines of trees
 * ----------------------------------------------------------------------------------------------------- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The list that the name of a file has as a word, annotation_train.odgt; -1: none. */
static int
list_of_file(ann_set *s, const char *path)
{
	static const char *const lists[] = { "train", "val", "test" };
	const char *name = base_path_name(path);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const char *at = strstr(name, lists[i]);
		if (at && (at == name || !is_letter(at[-1])) && !is_letter(at[strlen(lists[i])]))
			return ann_split(s, lists[i], strlen(lists[i]));
	}
	return -1;
}

static secant_status
read_lines(
	ann_set *s, ann_finder *f, const char *data, size_t n, const ann_files *k, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	secant_status status = SECANT_OK;
	int split = f ? list_of_file(s, origin) : -1;
	while (!status && ann_next_line(&l)) {
		ann_field row = ann_trim(l.line, l.line + l.n);
		secant_err one = { 0 };
		if (!ann_len(row))
			continue;
		json_t *j = base_json_parse(row.p, ann_len(row), origin, &one);
		status = j ? k->line(s, f, j, split, l.number, origin, err)
				   : ann_bad(s, "parse-error", origin, l.number, 0, err, "the line is no JSON");
		json_decref(j);
	}
	return status;
}

/* --- files
 * -------------------------------------------------------------------------------------------------------------- */

static secant_status
read_text(
	ann_set *s, ann_finder *f, const char *data, size_t n, const ann_files *k, const char *origin, secant_err *err)
{
	return k->line ? read_lines(s, f, data, n, k, origin, err) : k->text(s, f, data, n, origin, err);
}

static secant_status
read_one(ann_set *s, ann_finder *f, const char *file, const ann_files *k, secant_err *err)
{
	secant_status status;
	if (!k->tree) {
		char *data = NULL;
		size_t n = 0;
		status = ann_load_text(s, file, &data, &n, err);
		if (!status && data)
			status = read_text(s, f, data, n, k, file, err);
		secant_free(data);
		return status;
	}
	json_t *top = ann_tree(s, file, &status, err);
	if (top)
		status = k->tree(s, f, top, file, err);
	json_decref(top);
	return status;
}

secant_status
ann_read_files(ann_set *s, const char *path, const secant_dataset_reading *o, const ann_files *k,
	const secant_watch *watch, secant_err *err)
{
	ann_finder f = { .keys = { 0 } };
	base_names files = { 0 };
	bool dir = secant_is_dir(path);
	char *root = dir ? NULL : base_path_dir(path);
	secant_status status = ann_read_option_names(s, o, err);
	int fixed = s->n_classes;
	k = kind_of(path, k);
	bool (*reads)(const char *) = k->reads ? k->reads : k->is;
	if (!status && root)
		s->root = ann_intern(s, root, strlen(root));
	if (!status)
		status = ann_finder_open(&f, s, o, err);
	if (!status && dir)
		status = ann_walk(&files, path, k->extension, DEPTH, err);
	if (!status && !dir)
		status = read_one(s, &f, path, k, err);
	for (int i = 0; !status && i < files.n; i++) {
		char *file = base_path_join(path, files.v[i]);
		status = !file ? ann_nomem(err) : reads(file) ? read_one(s, &f, file, k, err) : SECANT_OK;
		secant_free(file);
		if (!status && i % 256 == 255)
			status = ann_call_watch(watch, err);
	}
	lists_of_folders(s);
	ann_finder_close(&f);
	base_names_free(&files);
	secant_free(root);
	status = status ? status : ann_sort_classes(s, fixed, err);
	return status || k->unlisted ? status : ann_leave_unlisted(s, false, err);
}

/* --- what the table of formats has, or what follows from its files
 * ------------------------------------------------------ */

int
ann_detect_format(const ann_format *f, const char *path, const char **why)
{
	if (f->detect || !f->files)
		return f->detect ? f->detect(path, why) : 0;
	const ann_files *k = kind_of(path, f->files);
	*why = k->because;
	return ann_has_files(path, k) ? k->sure : 0;
}

secant_status
ann_read_format(ann_set *s, const ann_format *f, const char *path, const secant_dataset_reading *o,
	const secant_watch *watch, secant_err *err)
{
	return f->read ? f->read(s, path, o, watch, err) : ann_read_files(s, path, o, f->files, watch, err);
}

secant_status
ann_parse_format(ann_set *s, const ann_format *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	if (f->parse)
		return f->parse(s, data, n, origin, err);
	ann_field text = ann_trim(data, data + n);
	bool tree = f->files->tree && (!f->files->otherwise || !ann_len(text) || strchr("{[", *text.p));
	const ann_files *k = f->files->tree && !tree ? f->files->otherwise : f->files;
	if (!tree)
		return read_text(s, NULL, data, n, k, origin, err);
	json_t *top = base_json_parse(data, n, origin, err);
	secant_status status = top ? k->tree(s, NULL, top, origin, err) : SECANT_ERR_FORMAT;
	json_decref(top);
	return status;
}

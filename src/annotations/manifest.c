/*
 * The manifest secant.json of a folder that this library wrote: what it was made from and how, so that it can be made
 * again, and what the format itself cannot hold: class numbers, ids, the reading of VOC's numbers, former names.
 */
#include "annotations/format.h"
#include "annotations/json_pull.h"
#include "base/file.h"
#include <stdio.h>

static const char *const origin_words[] = { "auto", "0-exclusive", "1-inclusive", "0-inclusive", "1-all-minus-one" };

static void
put_text(base_str *t, const char *text)
{
	ann_json_string(t, text, strlen(text));
}

static bool
has_ids(const ann_set *s)
{
	for (int i = 0; i < s->n_images; i++)
		if (s->images[i].id != ANN_NO_ID)
			return true;
	return false;
}

/* One line a picture: new name, former name, number, numbers of its objects. */
static void
put_pictures(base_str *t, const ann_set *s, const ann_text *renamed, bool ids)
{
	base_str_add(t, ",\n  \"names\": [");
	for (int i = 0; i < s->n_images; i++) {
		const ann_image *im = &s->images[i];
		base_str_add(t, i ? ",\n    [" : "\n    [");
		put_text(t, ann_str(s, im->name));
		base_str_add(t, ", ");
		put_text(t, ann_str(s, renamed ? renamed[i] : im->name));
		if (ids && im->id != ANN_NO_ID) {
			base_str_add(t, ", ");
			ann_put_integer(t, im->id);
			for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
				int64_t id = s->objects[s->order[k]].id;
				base_str_add(t, ",");
				if (id == ANN_NO_ID)
					base_str_add(t, "null");
				else
					ann_put_integer(t, id);
			}
		}
		base_str_add(t, "]");
	}
	base_str_add(t, "\n  ]");
}

secant_status
ann_write_manifest(
	const ann_set *s, ann_out *out, const char *to, int voc_origin, const ann_text *renamed, secant_err *err)
{
	base_str t = { 0 };
	const secant_dataset_writing *w = out->options;
	bool ids = has_ids(s) && !ann_find_format(to)->keeps_ids;
	base_str_add(&t, "{\n  \"made_by\": \"secant data\",\n  \"format\": ");
	put_text(&t, to);
	base_str_add(&t, ",\n  \"from\": ");
	put_text(&t, ann_str(s, s->format));
	base_str_addf(&t, ",\n  \"pictures\": %d,\n  \"objects\": %d", s->n_images, s->n_objects);
	base_str_add(&t, ",\n  \"classes\": [");
	int classes = ann_find_format(to)->only_class ? 0 : s->n_classes; /* else none of them is found again */
	for (int i = 0; i < classes; i++) {
		base_str_add(&t, i ? ",\n    {\"name\": " : "\n    {\"name\": ");
		put_text(&t, ann_str(s, s->classes[i].name));
		if (s->classes[i].written) {
			base_str_add(&t, ", \"written\": ");
			put_text(&t, ann_str(s, s->classes[i].written));
		}
		if (s->classes[i].id != ANN_NO_ID)
			base_str_addf(&t, ", \"id\": %lld", (long long)s->classes[i].id);
		base_str_add(&t, "}");
	}
	base_str_add(&t, classes ? "\n  ]" : "]");
	if (w->train_ratio > 0) {
		base_str_add(&t,
			",\n  \"split\": {\"algorithm\": \"names in byte order, Fisher-Yates, Philox4x32-10\", \"train_ratio\": ");
		ann_put_number(&t, w->train_ratio);
		base_str_addf(&t, ", \"seed\": %d}", w->seed);
	}
	if (voc_origin > 0)
		base_str_addf(&t, ",\n  \"voc_origin\": \"%s\"", origin_words[voc_origin]);
	if (out->n_losses) {
		base_str_add(&t, ",\n  \"lost\": {");
		for (int i = 0; i < out->n_losses; i++) {
			base_str_add(&t, i ? ",\n    " : "\n    ");
			put_text(&t, out->losses[i].what ? out->losses[i].what : "");
			base_str_addf(&t, ": %lld", (long long)out->losses[i].count);
		}
		base_str_add(&t, "\n  }");
	}
	for (int i = 0; i < out->beneath.n; i++) {
		base_str_add(&t, i ? ", " : ",\n  \"beneath\": [");
		put_text(&t, out->beneath.v[i]);
	}
	base_str_add(&t, out->beneath.n ? "]" : "");
	if (renamed || ids)
		put_pictures(&t, s, renamed, ids);
	base_str_add(&t, "\n}\n");
	const ann_format *format = ann_find_format(to);
	secant_status status = ann_out_str(out, format && format->hides_manifest ? ".secant.json" : "secant.json", &t, err);
	base_str_free(&t);
	return status;
}

/* The class of that name, which the files may have under another one: it gets its name back. -1: none. */
static int
find_class(ann_set *s, const char *name, const char *written)
{
	int at = ann_find_class(s, name, strlen(name));
	if (at >= 0 || !written)
		return at;
	at = ann_find_class(s, written, strlen(written));
	if (at >= 0)
		s->classes[at].name = ann_store(s, name, strlen(name));
	return at;
}

/* Numbers and order of the classes, those without objects included. */
static secant_status
read_classes(ann_set *s, json_pull *j, secant_err *err)
{
	ann_field key, text;
	int *order = NULL, n = 0, capacity = 0;
	secant_status status = SECANT_OK;
	for (ann_pull_array(j); !status && ann_pull_element(j);) {
		int64_t id = ANN_NO_ID;
		char *name = NULL, *written = NULL;
		bool again = false;
		for (ann_pull_object(j); ann_pull_key(j, &key);) {
			char **to = ann_is(key, "name") ? &name : ann_is(key, "written") ? &written : NULL;
			if (to && ann_pull_string(j, &text)) {
				secant_free(*to);
				*to = base_strndup(text.p, ann_len(text));
			} else if (ann_is(key, "id"))
				(void)ann_pull_integer(j, &id);
			else if (!to)
				ann_pull_skip(j, NULL);
		}
		int at = name ? find_class(s, name, written) : -1;
		if (name && at < 0)
			at = ann_add_class(s, name, strlen(name), ANN_NO_ID);
		secant_free(name), secant_free(written);
		if (at < 0)
			continue;
		s->classes[at].id = id != ANN_NO_ID ? id : s->classes[at].id;
		for (int i = 0; i < n; i++)
			again = again || order[i] == at;
		if (!again && base_grow((void **)&order, &capacity, n, sizeof *order))
			status = ann_nomem(err);
		else if (!again)
			order[n++] = at;
	}
	int listed = n;
	for (int i = 0; !status && i < s->n_classes; i++) {
		bool known = false;
		for (int k = 0; k < listed && !known; k++)
			known = order[k] == i;
		if (!known && base_grow((void **)&order, &capacity, n, sizeof *order))
			status = ann_nomem(err);
		else if (!known)
			order[n++] = i;
	}
	/* where the format's own files number the classes, as masks do, that is their order: values in pixels depend on it
	 */
	bool numbered = s->flags & 1;
	if (!status && !j->err.code && n == s->n_classes && n && !numbered)
		status = ann_reorder_classes(s, order, err);
	else if (!status)
		status = ann_cut_classes(s, s->n_classes, err); /* which looks names up anew */
	secant_free(order);
	return status;
}

/* The name without the folder that it was put into; whole where it lies in none of them. */
static const char *
without_folder(const char *name, const base_names *folders)
{
	for (int i = 0; i < folders->n; i++) {
		size_t n = strlen(folders->v[i]);
		if (!strncmp(name, folders->v[i], n) && name[n] == '/' && name[n + 1])
			return name + n + 1;
	}
	return name;
}

/* Names as they were before they were put into folders, unless that makes two of them one. */
static secant_status
leave_folders(ann_set *s, json_pull *j, secant_err *err)
{
	base_names folders = { 0 };
	ann_field text;
	ann_set seen;
	ann_init(&seen);
	secant_status status = SECANT_OK;
	for (ann_pull_array(j); ann_pull_element(j) && ann_pull_string(j, &text);) {
		char *one = base_strndup(text.p, ann_len(text));
		if (!one || base_names_add(&folders, one))
			status = ann_nomem(err);
		secant_free(one);
	}
	bool apart = !j->err.code;
	for (int i = 0; !status && apart && i < s->n_images; i++) {
		const char *name = without_folder(ann_str(s, s->images[i].name), &folders);
		apart = ann_find_image(&seen, name, strlen(name)) < 0;
		if (ann_add_image(&seen, name, strlen(name)) < 0)
			status = ann_nomem(err);
	}
	for (int i = 0; !status && apart && i < s->n_images; i++) {
		const char *name = ann_str(&seen, seen.images[i].name);
		s->images[i].name = ann_intern(s, name, strlen(name));
	}
	base_names_free(&folders);
	ann_free(&seen);
	return status || !apart ? status : ann_compact(s, err); /* which looks names up anew */
}

/* [name, former, id, object ids...]; ids count only when there are as many as objects. */
static void
read_pictures(ann_set *s, json_pull *j)
{
	for (ann_pull_array(j); ann_pull_element(j);) {
		int n = 0, at = -1;
		ann_field text;
		for (ann_pull_array(j); ann_pull_element(j); n++) {
			int64_t id = ANN_NO_ID;
			if (n == 0) {
				if (ann_pull_string(j, &text))
					at = ann_find_image(s, text.p, ann_len(text));
				continue;
			}
			if (ann_pull_peek(j) != 'n') {
				ann_pull_skip(j, NULL);
				continue;
			}
			if (!ann_pull_integer(j, &id) || at < 0)
				continue;
			if (n == 2)
				s->images[at].id = id;
			else if (n >= 3 && (uint32_t)(n - 3) < s->first[at + 1] - s->first[at])
				s->objects[s->order[s->first[at] + (uint32_t)(n - 3)]].id = id;
		}
		if (at >= 0 && n > 2 && (uint32_t)(n - 3) != s->first[at + 1] - s->first[at])
			for (uint32_t k = s->first[at]; k < s->first[at + 1]; k++)
				s->objects[s->order[k]].id = ANN_NO_ID;
	}
}

/* Where it lies; NULL: no memory. */
static char *
manifest_path(const char *root)
{
	char *path = base_path_join(root, "secant.json"), *hidden = base_path_join(root, ".secant.json");
	bool is_hidden = path && hidden && !secant_is_file(path) && secant_is_file(hidden);
	secant_free(is_hidden ? path : hidden);
	return is_hidden ? hidden : path;
}

const ann_format *
ann_manifest_format(const char *root)
{
	char *path = manifest_path(root), *data = NULL;
	const ann_format *format = NULL;
	size_t n = 0;
	bool ours = false;
	if (path && secant_is_file(path) && !secant_file_read(&data, &n, path, (size_t)1 << 31, NULL)) {
		json_pull j;
		ann_field key, text;
		ann_pull_init(&j, data, n, path);
		for (ann_pull_object(&j); !format && ann_pull_key(&j, &key);)
			if (ann_is(key, "made_by"))
				ours = ann_pull_string(&j, &text) && ann_starts(text, "secant");
			else if (ours && ann_is(key, "format") && ann_pull_string(&j, &text)) {
				char *name = base_strndup(text.p, ann_len(text));
				format = name ? ann_find_format(name) : NULL;
				secant_free(name);
			} else if (!ann_is(key, "format"))
				ann_pull_skip(&j, NULL);
		ann_pull_free(&j);
	}
	secant_free(path), secant_free(data);
	return format;
}

secant_status
ann_read_manifest(ann_set *s, const char *root, secant_err *err)
{
	char *path = manifest_path(root), *data = NULL;
	size_t n = 0;
	secant_status status = path ? SECANT_OK : ann_nomem(err);
	if (!status && secant_is_file(path)) {
		status = ann_index(s, err);
		if (!status)
			status = secant_file_read(&data, &n, path, (size_t)1 << 31, err);
		if (!status) {
			json_pull j;
			ann_field key, text;
			ann_pull_init(&j, data, n, path);
			for (ann_pull_object(&j); !status && ann_pull_key(&j, &key);) {
				if (ann_is(key, "classes"))
					status = read_classes(s, &j, err);
				else if (ann_is(key, "beneath")) {
					status = leave_folders(s, &j, err);
					status = status ? status : ann_index(s, err);
				} else if (ann_is(key, "names"))
					read_pictures(s, &j);
				else if (ann_is(key, "voc_origin") && ann_pull_string(&j, &text)) {
					for (int i = 1; i < 5; i++)
						if (ann_is(text, origin_words[i]))
							s->voc_origin = i;
				} else if (!ann_is(key, "voc_origin"))
					ann_pull_skip(&j, NULL);
			}
			if (!status && j.err.code)
				status = secant_fail(err, j.err.code, "%s", j.err.msg);
			ann_pull_free(&j);
		}
		secant_free(data);
	}
	secant_free(path);
	return status;
}

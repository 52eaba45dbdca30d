/* What `secant info` says of an annotated data set: its format in words, and how much of what there is. Masks are not
 * decoded. */
#include "app/describe_set.h"
#include "annotations/dataset.h"
#include "annotations/format.h"

enum { MOST_CLASSES = 100, MOST_NOTES = 20, MOST_PROBED = 1000 };

static const char *
words_of(const char *format)
{
	const char *name, *brief;
	for (int i = 0; secant_dataset_format(i, &name, &brief, NULL, NULL); i++)
		if (!strcmp(name, format))
			return brief;
	return "";
}

/* Objects of each class, of each list the pictures, and pictures without objects. */
static void
count_members(const secant_dataset *d, json_t *j, bool counted)
{
	const ann_set *s = &d->set;
	json_t *classes = json_object(), *lists = json_object();
	int *of_class = secant_calloc((size_t)s->n_classes + 1, sizeof *of_class), of_list[ANN_SPLITS] = { 0 }, empty = 0,
		lost = 0;
	for (int i = 0; of_class && i < s->n_objects; i++)
		if (s->objects[i].class >= 0)
			of_class[s->objects[i].class]++;
	for (int i = 0; i < s->n_images; i++) {
		for (int k = 0; k < s->n_splits; k++)
			of_list[k] += (int)(s->images[i].splits >> k & 1);
		empty += s->first[i] == s->first[i + 1];
		lost += !s->images[i].path && !s->images[i].inside;
	}
	for (int i = 0; of_class && i < s->n_classes && i < MOST_CLASSES; i++)
		json_object_set_new(classes, ann_str(s, s->classes[i].name), counted ? json_integer(of_class[i]) : json_null());
	for (int k = 0; k < s->n_splits; k++)
		json_object_set_new(lists, ann_str(s, s->splits[k]), json_integer(of_list[k]));
	json_object_set_new(j, "pictures", json_integer(s->n_images));
	if (lost)
		json_object_set_new(j, "pictures_not_found", json_integer(lost));
	if (counted) {
		json_object_set_new(j, "objects", json_integer(s->n_objects));
		json_object_set_new(j, "pictures_without_objects", json_integer(empty));
	}
	json_object_set_new(j, "classes", json_integer(s->n_classes));
	if (counted && s->n_classes)
		json_object_set(j, "objects_of_class", classes);
	else if (s->n_classes) {
		json_t *names = json_array();
		for (int i = 0; i < s->n_classes && i < MOST_CLASSES; i++)
			json_array_append_new(names, json_string(ann_str(s, s->classes[i].name)));
		json_object_set_new(j, "class_names", names);
	}
	if (s->n_splits)
		json_object_set(j, "lists", lists);
	json_decref(classes), json_decref(lists);
	secant_free(of_class);
}

/* Pictures whose files are of another size than the annotations say: their objects lie elsewhere. */
static void
compare_sizes(secant_dataset *d, json_t *j)
{
	ann_set *s = &d->set;
	int looked = 0, other = 0, first = 0;
	for (int i = 0; i < s->n_images && looked < MOST_PROBED; i++) {
		ann_image *im = &s->images[i];
		if (!im->path || im->width <= 0 || im->height <= 0 || ann_probe(s, i, NULL))
			continue;
		looked++;
		if ((im->width != im->real_width || im->height != im->real_height) && !other++)
			first = i;
	}
	if (!other)
		return;
	const ann_image *im = &s->images[first];
	json_t *said = json_pack("{s:i,s:i}", "pictures", other, "looked_at", looked);
	char *text = base_format("'%s' is declared %dx%d, its file is %dx%d", ann_str(s, im->name), im->width, im->height,
		im->real_width, im->real_height);
	json_object_set_new(said, "first", json_string(text ? text : ""));
	json_object_set_new(said, "way_out", json_string("--declared-size scale, turn or ignore says what happened"));
	json_object_set_new(j, "declared_sizes_differ", said);
	secant_free(text);
}

json_t *
app_describe_set(const char *path)
{
	secant_err err = { 0 };
	secant_dataset_reading reading;
	const char *format = secant_dataset_detect(path, NULL, NULL);
	if (!format || secant_opts_init(&secant_dataset_reading_options, &reading, &err))
		return NULL;
	json_t *j = json_pack(
		"{s:s,s:s,s:s,s:s}", "path", path, "kind", "data set", "format", format, "what", words_of(format));
	reading.masks = reading.probe = false;
	secant_dataset *d = secant_dataset_open(path, &reading, NULL, &err);
	if (!d)
		json_object_set_new(j, "problem", json_string(err.msg));
	else {
		bool masks = false;
		for (int i = 0; i < d->set.n_images; i++)
			masks = masks || d->set.images[i].mask;
		count_members(d, j, !masks);
		compare_sizes(d, j);
		json_t *notes = json_array();
		for (int i = 0; i < secant_dataset_notes(d) && i < MOST_NOTES; i++)
			json_array_append_new(notes, json_string(secant_dataset_note(d, i)));
		if (json_array_size(notes))
			json_object_set(j, "notes", notes);
		json_decref(notes);
	}
	secant_dataset_free(d);
	secant_opts_free(&secant_dataset_reading_options, &reading);
	return j;
}

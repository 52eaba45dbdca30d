/*
 * `secant data VERB`: data sets. Each verb is a file data_VERB.c, whose last lines are its descriptor, and a line in
 * data.inc.
 */
#include "data.h"
#include <secant/samples.h>
#include <string.h>

#define DATA(verb) extern const command data_##verb;
#include "data.inc"
#undef DATA

static const command *const verbs[] = {
#define DATA(verb) &data_##verb,
#include "data.inc"
#undef DATA
	NULL,
};

static bool
stop(void *user)
{
	return tool_interrupted();
}

secant_watch
data_watch(const common *c)
{
	return (secant_watch){ .logger = tool_logger(c), .stop = stop };
}

void
data_say_clouds(const char *path, const secant_dataset_reading *reading, secant_err *err)
{
	const char *clouds = reading->from ? NULL : secant_clouds_layout(path);
	if (!clouds || !strcmp(clouds, "folder") /* a plain folder of .txt may be anything */
		|| secant_dataset_detect(path, NULL, NULL)) /* its reader has said what is wrong with it */
		return;
	*err = (secant_err){ 0 };
	secant_fail(err, SECANT_ERR_FORMAT,
		"%s: a data set of clouds (%s); `secant data` works on pictures with objects or masks in a format of "
		"`secant list datasets`. Clouds are for `secant info`, train and eval",
		path, clouds);
}

secant_dataset *
data_open(const char *path, const secant_dataset_reading *reading, const common *c, secant_err *err)
{
	secant_watch watch = data_watch(c);
	secant_dataset *d = secant_dataset_open(path, reading, &watch, err);
	if (!d)
		data_say_clouds(path, reading, err);
	for (int i = 0; d && i < secant_dataset_notes(d); i++)
		secant_log(&watch.logger, SECANT_LOG_INFO, "%s", secant_dataset_note(d, i));
	return d;
}

/* The report in words: what was made, and what was lost; with notes where opening the set has not said them yet. */
static void
print_report(const char *report, bool notes, const common *c)
{
	json_t *j = json_loads(report, 0, NULL);
	if (!j)
		return;
	const json_t *lost = json_object_get(j, "lost"), *plan = json_object_get(j, "would_write");
	json_t *row;
	size_t i;
	json_array_foreach (notes && !c->quiet ? json_object_get(j, "notes") : NULL, i, row)
		fprintf(stderr, "%s\n", json_string_value(row));
	json_array_foreach ((json_t *)(uintptr_t)plan, i, row)
		printf("%s\n", json_string_value(row));
	if (!c->quiet) {
		printf("%s %s: %lld pictures, %lld objects, %lld classes, %lld files\n", plan ? "would make" : "made",
			json_string_value(json_object_get(j, "out")), (long long)json_integer_value(json_object_get(j, "pictures")),
			(long long)json_integer_value(json_object_get(j, "objects")),
			(long long)json_integer_value(json_object_get(j, "classes")),
			(long long)json_integer_value(json_object_get(j, "files")));
		const char *name;
		json_object_foreach (json_object_get(j, "splits"), name, row)
			printf("  list %s: %lld pictures\n", name, (long long)json_integer_value(row));
	}
	json_array_foreach ((json_t *)(uintptr_t)lost, i, row)
		printf("  lost: %lld x %s\n", (long long)json_integer_value(json_object_get(row, "count")),
			json_string_value(json_object_get(row, "what")));
	json_decref(j);
}

static void
finish_report(char *report, bool notes, const common *c)
{
	if (report && c->json)
		tool_print(report);
	else if (report)
		print_report(report, notes, c);
	secant_free(report);
}

int
data_write(secant_dataset *d, const secant_dataset_writing *writing, const common *c, secant_err *err)
{
	secant_watch watch = data_watch(c);
	char *report = NULL;
	secant_status status = secant_dataset_write(d, writing, &watch, &report, err);
	finish_report(report, false, c);
	return status;
}

void
data_report(char *report, const common *c)
{
	finish_report(report, true, c);
}

void
data_same_origin(const secant_dataset_reading *r, secant_dataset_writing *w)
{
	if (!w->voc_origin)
		w->voc_origin = r->voc_origin;
}

static const secant_opt data_rows[] = {
	SECANT_OPT_END,
};
static const secant_opts data_options = { "data", sizeof(common), data_rows };

const command command_data = {
	.name = "data",
	.brief = "data sets: convert, check, count, split, change, draw, evaluate",
	.verbs = verbs,
	.options = &data_options,
};

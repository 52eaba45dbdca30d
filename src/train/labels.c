/*
 * Labels of pictures before a training. How many classes there are is said by --classes, else by the class file, else
 * by annotations, else by the values of the label pictures; whoever said it is told. Then every label is read once, so
 * that what is wrong in the last one does not come to light hours later.
 */
#include "train/labels.h"
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"
#include "base/mode.h"
#include "base/thread.h"
#include "data/class_file.h"
#include "data/survey.h"

int
train_loader_threads(const secant_train_options *o)
{
	int n = o->data.loader_threads > 0 ? o->data.loader_threads : base_cpu_count() - 1;
	return n > 0 ? n : 1;
}

/* ---- how many classes ---- */

static secant_status
set_number(secant_train_options *o, const char *name, int value, secant_err *err)
{
	char text[24];
	(void)snprintf(text, sizeof text, "%d", value);
	return secant_opts_set(&secant_train_options_table, o, name, text, err);
}

static secant_status
by_class_file(secant_train_options *o, int *classes, secant_err *err)
{
	data_class_list list = { 0 };
	secant_status status = data_class_list_read(&list, o->data.class_file, err);
	*classes = list.n;
	data_class_list_free(&list);
	return status;
}

/* Tables of classes that lie beside many sets: of colours (CamVid, DeepGlobe), of values (Roboflow). */
static secant_status
take_class_table(secant_train_options *o, const char *data, const secant_logger *log, secant_err *err)
{
	static const char *const names[] = { "class_dict.csv", "_classes.csv", "train/_classes.csv" };
	secant_status status = SECANT_OK;
	for (size_t i = 0; !status && !o->data.class_file && !o->data.from && i < sizeof names / sizeof *names; i++) {
		char *path = base_path_join(data, names[i]);
		if (path && data_class_list_is_table(path)) {
			secant_log(log, SECANT_LOG_INFO, "%s says what the labels mean (--class-file)", path);
			status = secant_opts_set(&secant_train_options_table, o, "class-file", path, err);
		}
		secant_free(path);
	}
	return status;
}

/* The values of all labels, of training and validation. */
static secant_status
by_values(
	secant_train_options *o, const data_samples *train, const data_samples_request *r, data_meaning *m, secant_err *err)
{
	data_survey v = { 0 };
	data_samples_request rv = *r;
	data_samples *validation = NULL;
	secant_status status = data_survey_labels(train, train_loader_threads(o), &v, err);
	rv.split = "val";
	if (!status && data_samples_exists(r->path, "val", r->options)
		&& (validation = data_samples_open(&rv, NULL))) /* what is wrong there is said when it is opened */
		status = data_survey_labels(validation, train_loader_threads(o), &v, err);
	if (!status)
		status = data_survey_meaning(&v, m, err);
	data_samples_free(validation);
	data_survey_free(&v);
	return status;
}

/* How the labels are to be read, where that was left open. */
static secant_status
take_meaning(secant_train_options *o, const data_meaning *m, secant_err *err)
{
	bool open = !o->data.labels || !strcmp(o->data.labels, "auto");
	secant_status status = SECANT_OK;
	if (open && m->classes == 1 && !strcmp(m->labels, "index"))
		status = secant_opts_set(&secant_train_options_table, o, "labels", m->labels, err);
	if (!status && open && m->classes == 1 && m->threshold > 0)
		status = set_number(o, "label-threshold", m->threshold, err);
	if (!status && m->ignore >= 0 && o->data.ignore_index < 0)
		status = set_number(o, "ignore-index", m->ignore, err);
	return status;
}

secant_status
train_settle_classes(secant_train_options *o, const char *data, const secant_train_events *events, secant_err *err)
{
	data_samples_request r = {
		.path = data,
		.split = "train",
		.options = &o->data,
		.in_channels = o->network.in_channels,
		.classes = 1,
		.kind = DATA_TARGET_BINARY,
		.seed = (uint64_t)o->seed,
	};
	data_meaning m = { .classes = 1, .ignore = -1, .labels = "auto" };
	secant_status status = SECANT_OK;
	if ((status = take_class_table(o, data, &events->log, err)))
		return status;
	if (o->network.classes > 0)
		return SECANT_OK;
	base_mode mode = BASE_MODE_MULTICLASS;
	bool binary = base_mode_find(o->mode, &mode) && mode == BASE_MODE_BINARY;
	if (binary || (o->data.labels && !strcmp(o->data.labels, "binary")))
		return set_number(o, "classes", 1, err);
	if (o->data.class_file) {
		(void)snprintf(m.why, sizeof m.why, "%s", o->data.class_file);
		status = by_class_file(o, &m.classes, err);
		status = status ? status : set_number(o, "classes", m.classes, err);
	} else {
		secant_data_options plain = o->data; /* headers are looked at as any network would see them */
		r.options = &plain;
		plain.normalize.normalize = (char *)(uintptr_t) "none";
		data_samples *train = data_samples_open(&r, err);
		if (!train)
			return err->code;
		if (train->annotated && (m.classes = data_annotated_count(train->annotated)) > 0)
			(void)snprintf(m.why, sizeof m.why, "the annotations");
		else if (train->annotated)
			status = secant_fail(err, SECANT_ERR_ARG, "%s has no list of classes: say how many (--classes)", data);
		else
			status = by_values(o, train, &r, &m, err);
		data_samples_free(train);
		status = status ? status : set_number(o, "classes", m.classes, err);
		status = status ? status : take_meaning(o, &m, err);
	}
	if (!status && m.classes > 1)
		secant_log(&events->log, SECANT_LOG_INFO, "%d classes, from %s; --classes says otherwise", m.classes, m.why);
	return status;
}

/* ---- whether they can be read ---- */

static bool
cancelled(void *user)
{
	const secant_train_events *e = user;
	return e->cancelled && e->cancelled(e->user);
}

static void
say_classes(const secant_train_options *o, const data_samples *s, const data_labels_report *r,
	const secant_train_events *events)
{
	double all = 0, share = 0;
	int missing = 0, first = 0;
	base_str weights = { 0 };
	for (int c = 0; c < r->classes; c++)
		all += (double)r->pixels[c];
	for (int c = 0; c < r->classes; c++) {
		if (!r->pixels[c] && !missing++)
			first = c;
		share = all > 0 ? (double)r->pixels[c] / all : 0;
		double weight = share > 0 ? 1 / (share * r->classes) : 0;
		base_str_addf(&weights, "%s%.3g", c ? "," : "", weight < 100 ? weight : 100);
		if (o->check)
			secant_log(&events->log, SECANT_LOG_INFO, "class %d%s%s: %lld pixels, %.2f %%", c,
				c < s->rule.name_count ? " " : "", c < s->rule.name_count ? s->rule.names[c] : "",
				(long long)r->pixels[c], 100 * share);
	}
	if (missing && s->classes == 1)
		secant_log(&events->log, SECANT_LOG_WARNING, "no pixel of %d labels is %s", r->labels,
			first ? "foreground: is that what --label-threshold and --labels should say?" : "background");
	else if (missing)
		secant_log(&events->log, SECANT_LOG_WARNING, "class %d%s%s has no pixel in %d labels%s", first,
			first < s->rule.name_count ? " " : "", first < s->rule.name_count ? s->rule.names[first] : "", r->labels,
			missing > 1 ? ", and others have none" : "");
	if (o->check && weights.p && s->classes > 1)
		secant_log(&events->log, SECANT_LOG_INFO, "weights that make all classes count alike: %s", weights.p);
	base_str_free(&weights);
}

/* Adds to *wrong of *labels; `first` (500 bytes) gets the first mistake of all. */
static secant_status
check_list(const secant_train_options *o, const data_samples *s, const char *what, bool say,
	const secant_train_events *events, int *wrong, int *labels, char *first, secant_err *err)
{
	data_labels_report r;
	secant_status status = data_labels_look(
		s, train_loader_threads(o), NULL, cancelled, (void *)(uintptr_t)events, &r, err);
	for (int i = 0; !status && i < r.wrong && i < DATA_SURVEY_ERRORS; i++) {
		if (!*wrong && !i)
			(void)snprintf(first, sizeof r.error[0], "%s", r.error[0]);
		else
			secant_log(&events->log, SECANT_LOG_ERROR, "%s", r.error[i]);
	}
	if (!status && say && !r.wrong && o->check)
		secant_log(&events->log, SECANT_LOG_INFO, "%d labels to %s:", r.labels, what);
	if (!status && say && !r.wrong)
		say_classes(o, s, &r, events);
	*wrong += r.wrong;
	*labels += r.labels;
	data_labels_report_free(&r);
	return status;
}

secant_status
train_check_labels(const secant_train_options *o, const data_samples *train, const data_samples *validation,
	const secant_train_events *events, secant_err *err)
{
	int wrong = 0, labels = 0;
	char first[500] = "";
	secant_status status = check_list(o, train, "train on", true, events, &wrong, &labels, first, err);
	if (!status && validation)
		status = check_list(o, validation, "validate on", o->check, events, &wrong, &labels, first, err);
	if (status || !wrong)
		return status;
	return wrong == 1
		? secant_fail(err, SECANT_ERR_FORMAT, "%s", first)
		: secant_fail(err, SECANT_ERR_FORMAT, "%d of %d labels cannot be used; the first: %s", wrong, labels, first);
}

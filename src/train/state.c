/*
 * The run folder: refusing, resuming, and the state file that continues a run bit for bit.
 *
 * state.safetensors: every state of the network under its own name (raw running statistics), the optimiser's slots as
 * flat arrays "optimizer.0", "optimizer.1" laid out like the parameters, and counters in the metadata.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/json.h"
#include "train/trainer.h"

static const char *const run_files[] = {
	"config.json",
	"best.safetensors",
	"last.safetensors",
	"state.safetensors",
	"log.jsonl",
	"curves.png",
	"curves.svg",
	"learning-rate.png",
	"learning-rate.svg",
	"report.html",
	"events.out.tfevents.secant",
	"samples",
	"tests.jsonl",
	"models",
	"nan-batch.json",
	NULL,
};
/* Options that may differ when a run goes on. */
static const char *const free_options[] = { "out", "resume", "overwrite", "epochs", "loader-threads", "cache-mb",
	"preset", "patience", NULL };

static bool
listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

static bool
is_run(const char *out)
{
	char *path = base_path_join(out, "config.json");
	bool there = path && secant_is_file(path);
	secant_free(path);
	return there;
}

/* Has the run come to weights, its own or those of folds? One that failed before the end of its first epoch has
 * nothing to lose. */
static bool
holds_weights(const char *out)
{
	static const char *const files[] = { "best.safetensors", "last.safetensors", "state.safetensors", "fold-0",
		"fold-1" };
	bool any = false;
	for (size_t i = 0; i < sizeof files / sizeof *files && !any; i++) {
		char *path = base_path_join(out, files[i]);
		any = !path || secant_is_file(path) || secant_is_dir(path);
		secant_free(path);
	}
	return any;
}

/* ---- resuming: options ---- */

typedef struct comparison {
	secant_train_options *given, old, defaults;
	base_str differences;
	bool failed;
	secant_err err;
} comparison;

static bool
same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void
differ(comparison *c, const char *name, const char *old, const char *given)
{
	base_str_addf(&c->differences, "%s%s: %s then, %s now", c->differences.n ? "; " : "", name, old ? old : "unset",
		given ? given : "unset");
}

/* An option that was not given takes the run's value; one that was given must agree. Unless all were
 * (options.complete), what has its default counts as not given. */
static void
compare(void *user, const secant_opt *row, size_t offset)
{
	comparison *c = user;
	(void)offset;
	if (row->type == SECANT_OPT_HEADING || row->type == SECANT_OPT_VARIANT || c->err.code
		|| listed(free_options, row->name))
		return;
	char *given = secant_opts_get(&secant_train_options_table, c->given, row->name),
		 *old = secant_opts_get(&secant_train_options_table, &c->old, row->name);
	char *usual = secant_opts_get(&secant_train_options_table, &c->defaults, row->name);
	if (same(given, old)) {
		/* nothing to do */
	} else if ((!c->given->complete && same(given, usual))
		|| ((!strcmp(row->name, "normalize") || !strcmp(row->name, "white"))
			&& (same(given, "data") || same(given, "auto")))) { /* the run has the numbers */
		if (old)
			(void)!secant_opts_set(&secant_train_options_table, c->given, row->name, old, &c->err);
	} else if (strcmp(row->name, "threads")) {
		differ(c, row->name, old, given);
	}
	secant_free(given);
	secant_free(old);
	secant_free(usual);
}

/* The same for the architecture's own options, of which both sides know those that were given. */
static void
compare_own(comparison *c)
{
	const char *now = c->given->network.own, *name;
	json_t *given = now ? json_loads(now, 0, NULL) : json_object(), *value;
	json_t *old = c->old.network.own ? json_loads(c->old.network.own, 0, NULL) : json_object();
	if (!given || !old)
		secant_fail(&c->err, SECANT_ERR_NOMEM, "no memory for options");
	json_object_foreach (old, name, value) {
		const char *text = json_string_value(value), *other = json_string_value(json_object_get(given, name));
		if (!other && !c->err.code)
			(void)!secant_opts_set(&secant_train_options_table, c->given, name, text, &c->err);
		else if (other && !same(text, other))
			differ(c, name, text, other);
	}
	json_object_foreach (given, name, value)
		if (!json_object_get(old, name))
			differ(c, name, NULL, json_string_value(value));
	json_decref(given);
	json_decref(old);
}

char *
secant_train_resumed(const char *out)
{
	char *path = base_path_join(out, "config.json"), *text = NULL;
	size_t size;
	secant_err ignored = { 0 };
	if (path && secant_is_file(path) && secant_file_read(&text, &size, path, 1 << 24, &ignored))
		text = NULL;
	secant_free(path);
	return text;
}

/* Lines of the log. */
static int
epochs_done(const char *out)
{
	char *path = base_path_join(out, "log.jsonl"), *text = NULL;
	size_t size = 0;
	int n = 0;
	secant_err ignored = { 0 };
	if (path && secant_is_file(path) && secant_file_read(&text, &size, path, 1 << 28, &ignored))
		size = 0;
	for (size_t i = 0; text && i < size; i++)
		n += text[i] == '\n';
	secant_free(text);
	secant_free(path);
	return n;
}

static secant_status
resume_options(secant_train_options *o, secant_err *err)
{
	comparison c = { .given = o };
	char *path = base_path_join(o->out, "config.json"), *text = NULL;
	size_t size;
	secant_status status = path ? secant_file_read(&text, &size, path, 1 << 24, err)
								: secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	if (!status && !secant_opts_init(&secant_train_options_table, &c.old, &c.err)
		&& !secant_opts_init(&secant_train_options_table, &c.defaults, &c.err)
		&& !secant_opts_set_json(&secant_train_options_table, &c.old, text, path, &c.err)) {
		int epochs = o->epochs;
		secant_opts_each(&secant_train_options_table, compare, &c);
		compare_own(&c);
		if (!o->complete && epochs == c.defaults.epochs)
			o->epochs = c.old.epochs;
		if (!c.err.code && c.differences.n)
			secant_fail(&c.err, SECANT_ERR_ARG,
				"--resume: the run has other options (%s); give the same, or train into another folder",
				c.differences.p);
		int done = epochs_done(o->out);
		if (!c.err.code && o->epochs < done)
			secant_fail(&c.err, SECANT_ERR_ARG, "--resume: the run has done %d epochs; --epochs %d would be none", done,
				o->epochs);
	}
	secant_opts_free(&secant_train_options_table, &c.old);
	secant_opts_free(&secant_train_options_table, &c.defaults);
	base_str_free(&c.differences);
	secant_free(text);
	secant_free(path);
	return c.err.code ? secant_fail(err, c.err.code, "%s", c.err.msg) : status;
}

secant_status
train_trainer_folder(secant_train_options *o, bool *replaces, secant_err *err)
{
	*replaces = false;
	if (o->resume) {
		if (!is_run(o->out))
			return secant_fail(err, SECANT_ERR_ARG, "--resume: %s is no run (it has no config.json)", o->out);
		return resume_options(o, err);
	}
	*replaces = is_run(o->out);
	if (*replaces && !o->overwrite && holds_weights(o->out))
		return secant_fail(
			err, SECANT_ERR_ARG, "%s holds a run already: --resume goes on with it, --overwrite replaces it", o->out);
	for (int i = 1; run_files[i] && !*replaces && !o->overwrite; i++) {
		char *path = base_path_join(o->out, run_files[i]);
		bool there = path && secant_is_file(path);
		secant_free(path);
		if (there)
			return secant_fail(err, SECANT_ERR_ARG,
				"%s holds a %s that no run there made (it has no config.json): choose another --out, or --overwrite it",
				o->out, run_files[i]);
	}
	return SECANT_OK;
}

/* Models of single epochs of the run before (--keep-epochs). */
static secant_status
remove_epochs(const char *out, secant_err *err)
{
	base_names names = { 0 };
	secant_status status = base_dir_list(&names, out, BASE_DIR_FILES, err);
	for (int i = 0; i < names.n && !status; i++) {
		int epoch, used = 0;
		if (sscanf(names.v[i], "epoch-%9d.safetensors%n", &epoch, &used) != 1 || !used || names.v[i][used])
			continue;
		char *path = base_path_join(out, names.v[i]);
		status = path ? base_remove_tree(path, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		secant_free(path);
	}
	base_names_free(&names);
	return status;
}

/* Is it what base/file.c calls a file of ours while it is written: `.NAME.PID-N.tmp`? NAME is a file of runs, or of an
 * epoch. */
static bool
is_unfinished(const char *name)
{
	int epoch, used = 0;
	unsigned long pid, n;
	const char *end = name;
	for (const char *p = name; (p = strchr(p + 1, '.'));)
		if (sscanf(p, ".%lu-%lu.tmp%n", &pid, &n, &used) == 2 && used && !p[used])
			end = p;
	if (*name != '.' || end == name)
		return false;
	char *bare = base_strndup(name + 1, (size_t)(end - name - 1));
	used = 0;
	bool ours = bare
		&& (listed(run_files, bare)
			|| (sscanf(bare, "epoch-%9d.%n", &epoch, &used) == 1 && used && base_ext_is(bare, "png|safetensors")));
	secant_free(bare);
	return ours;
}

/* Files that a killed run was writing. Only in a folder that was a run's: what else is there is not ours. */
static void
sweep(const train_trainer *s, const char *folder)
{
	char *path = *folder ? train_trainer_path(s, folder) : base_strdup(s->o->out);
	base_names names = { 0 };
	secant_err ignored = { 0 };
	if (path && secant_is_dir(path) && !base_dir_list(&names, path, BASE_DIR_FILES, &ignored))
		for (int i = 0; i < names.n; i++)
			if (is_unfinished(names.v[i])) {
				char *file = base_path_join(path, names.v[i]);
				if (file)
					(void)unlink(file);
				secant_free(file);
			}
	base_names_free(&names);
	secant_free(path);
}

secant_status
train_trainer_lock(train_trainer *s, secant_err *err)
{
	return s->lock >= 0 || !secant_is_dir(s->o->out) ? SECANT_OK : base_dir_lock(s->o->out, &s->lock, err);
}

secant_status
train_trainer_claim(train_trainer *s, secant_err *err)
{
	if (s->claimed)
		return SECANT_OK;
	bool locked = s->lock >= 0;
	secant_status status = secant_make_dirs(s->o->out, err);
	if (!status)
		status = train_trainer_lock(s, err);
	bool was_run = is_run(s->o->out);
	if (!status && !locked && was_run && !s->o->overwrite && holds_weights(s->o->out))
		status = secant_fail(err, SECANT_ERR_ARG, "%s: another process made a run there meanwhile", s->o->out);
	if (!status && was_run) {
		sweep(s, "");
		sweep(s, "models");
		sweep(s, "samples");
	}
	for (int i = 1; run_files[i] && !status && !s->o->resume; i++) {
		char *path = train_trainer_path(s, run_files[i]);
		if (!path)
			status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		else if (secant_is_file(path) || (was_run && secant_is_dir(path))) /* a folder is ours in a run alone */
			status = base_remove_tree(path, err);
		secant_free(path);
	}
	if (!status && was_run && !s->o->resume)
		status = remove_epochs(s->o->out, err);
	char *text = status ? NULL : secant_opts_to_json(&secant_train_options_table, s->o),
		 *path = train_trainer_path(s, "config.json");
	json_t *j = text ? base_json_parse(text, strlen(text), "options", err) : NULL;
	json_object_del(j, "resume"); /* how this process began, not what the run is: --config takes the file */
	json_object_del(j, "overwrite");
	if (!status)
		status = j && path ? base_json_write(path, j, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "no memory to write the options");
	s->claimed = !status;
	json_decref(j);
	secant_free(text);
	secant_free(path);
	return status;
}

/* ---- the state file ---- */

static secant_status
add_slots(const train_trainer *s, secant_tensors *t, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; i < train_optimizer_slots(&s->optimizer) && !status; i++) {
		char name[32] = "optimizer.0";
		name[10] = (char)('0' + i);
		secant_tensor slot = { SECANT_F32, { 1, { s->model.store->params_count } }, s->optimizer.slot[i], NULL };
		status = secant_tensors_add(t, name, &slot, err);
	}
	if (!status && s->average.n) {
		secant_tensor mean = { SECANT_F32, { 1, { s->model.store->params_count } }, s->average.mean, NULL };
		status = secant_tensors_add(t, "optimizer.average", &mean, err);
	}
	return status;
}

static json_t *
number_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

/* The same pictures elsewhere are the same run; other pictures are another one. */
static secant_status
check_samples(const train_trainer *s, const json_t *j, secant_err *err)
{
	const char *then = json_string_value(json_object_get(j, "samples_hash"));
	int n = (int)json_integer_value(json_object_get(j, "samples"));
	if (!then || !strcmp(then, s->samples_hash))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_ARG,
		"--resume: the run has other data (%d %s then, %d now%s); give the same, or train into another folder", n,
		s->task->samples, s->n_samples, n == s->n_samples ? " whose files have other names or sizes" : "");
}

secant_status
train_trainer_save_state(const train_trainer *s, secant_err *err)
{
	secant_tensors t;
	char *text = NULL, *path = train_trainer_path(s, "state.safetensors");
	secant_status status = model_tensors(&s->model, &t, err);
	if (status)
		return secant_free(path), status;
	json_t *j = json_object(), *meta = json_object();
	json_object_set_new(j, "epoch", json_integer(s->now.epoch));
	json_object_set_new(j, "step", json_integer(s->now.step));
	json_object_set_new(j, "steps", json_integer(s->now.steps));
	json_object_set_new(j, "epoch_loss", number_or_null(s->now.epoch_loss));
	json_object_set_new(j, "updates", json_integer(s->optimizer.step));
	json_object_set_new(j, "best", number_or_null(s->now.best));
	json_object_set_new(j, "best_epoch", json_integer(s->now.best_epoch));
	json_object_set_new(j, "threads", json_integer(s->o->threads));
	json_object_set_new(j, "samples", json_integer(s->n_samples));
	json_object_set_new(j, "samples_hash", json_string(s->samples_hash));
	json_object_set_new(j, "averaged", json_integer(s->average.n));
	json_object_set_new(j, "plateau",
		json_pack("[f, o, i, i]", s->now.plateau.rate, number_or_null(s->now.plateau.best), s->now.plateau.bad,
			s->now.plateau.cooling));
	json_t *kept = json_array();
	for (int i = 0; i < s->kept.n; i++)
		json_array_append_new(kept, json_pack("[i, f]", s->kept.v[i].epoch, s->kept.v[i].value));
	json_object_set_new(j, "kept", kept);
	char *inner = base_json_text(j, 0);
	json_object_set_new(meta, "training", json_string(inner ? inner : "{}"));
	text = base_json_text(meta, 0);
	if (!(status = add_slots(s, &t, err)))
		status = text && inner && path ? secant_tensors_write(&t, text, path, err)
									   : secant_fail(err, SECANT_ERR_NOMEM, "no memory to save the state");
	json_decref(j);
	json_decref(meta);
	secant_free(inner);
	secant_free(text);
	secant_free(path);
	secant_tensors_free(&t);
	return status;
}

/* A flat array laid out like the parameters. */
static secant_status
take_flat(
	const train_trainer *s, const secant_tensors *t, const char *name, void *to, const char *path, secant_err *err)
{
	const secant_tensor *from = secant_tensors_find(t, name);
	if (!from || from->dtype != SECANT_F32 || secant_shape_count(&from->shape) != s->model.store->params_count)
		return secant_fail(
			err, SECANT_ERR_FORMAT, "%s: the optimiser's state '%s' is missing or of another network", path, name);
	memcpy(to, from->data, secant_tensor_bytes(from));
	return SECANT_OK;
}

static secant_status
take_slots(train_trainer *s, const secant_tensors *t, secant_tensors *rest, const char *path, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; i < train_optimizer_slots(&s->optimizer); i++) {
		char name[32] = "optimizer.0";
		name[10] = (char)('0' + i);
		if ((status = take_flat(s, t, name, s->optimizer.slot[i], path, err)))
			return status;
	}
	for (int i = 0; i < t->n && !status; i++)
		if (strncmp(t->v[i].name, "optimizer.", 10)) {
			secant_tensor view = { t->v[i].tensor.dtype, t->v[i].tensor.shape, t->v[i].tensor.data, NULL };
			status = secant_tensors_add(rest, t->v[i].name, &view, err);
		}
	return status;
}

/* A whole number of the state within limits. */
static secant_status
take_count(
	const json_t *j, const char *key, int64_t least, int64_t most, int64_t *to, const char *path, secant_err *err)
{
	const json_t *v = json_object_get(j, key);
	*to = json_integer_value(v);
	if (json_is_integer(v) && *to >= least && *to <= most)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_FORMAT,
		"%s: the state is damaged: \"%s\" is %s, expected a whole number from %lld to %lld", path, key,
		!v                       ? "missing"
			: json_is_integer(v) ? "out of range"
								 : "of another type",
		(long long)least, (long long)most);
}

enum { MOST_EPOCHS = 1000000000 };

static secant_status
take_counters(train_trainer *s, const json_t *j, const char *path, secant_err *err)
{
	const json_t *best = json_object_get(j, "best"), *sum = json_object_get(j, "epoch_loss");
	int64_t epoch, step, best_epoch, threads;
	if (take_count(j, "epoch", 0, MOST_EPOCHS, &epoch, path, err)
		|| take_count(j, "step", 0, s->task->feed_batches(s->feed), &step, path, err)
		|| take_count(j, "steps", 0, (int64_t)1 << 53, &s->now.steps, path, err)
		|| take_count(j, "updates", 0, s->now.steps, &s->optimizer.step, path, err)
		|| take_count(j, "best_epoch", 0, epoch, &best_epoch, path, err)
		|| take_count(j, "threads", 0, 1 << 20, &threads, path, err))
		return SECANT_ERR_FORMAT;
	s->now.epoch = (int)epoch;
	s->now.step = (int)step;
	s->now.best_epoch = (int)best_epoch;
	s->now.epoch_loss = json_is_number(sum) ? json_number_value(sum) : 0;
	s->now.best = json_is_number(best) ? json_number_value(best) : NAN;
	if (threads != s->o->threads)
		secant_log(&s->events->log, SECANT_LOG_WARNING,
			"the run had --threads %d, now %d: it goes on, but not bit for bit", (int)threads, s->o->threads);
	return SECANT_OK;
}

static secant_status
take_average(train_trainer *s, const json_t *j, const secant_tensors *t, const char *path, secant_err *err)
{
	if (take_count(j, "averaged", 0, (int64_t)1 << 53, &s->average.n, path, err))
		return SECANT_ERR_FORMAT;
	if (!s->average.n)
		return SECANT_OK;
	if (!s->average.mean && !(s->average.mean = exec_store_buffer(s->model.store)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the average of the parameters");
	return take_flat(s, t, "optimizer.average", s->average.mean, path, err);
}

/* What schedule plateau and --keep remember. */
static secant_status
take_lists(train_trainer *s, const json_t *j, const char *path, secant_err *err)
{
	const json_t *p = json_object_get(j, "plateau"), *kept = json_object_get(j, "kept");
	if (json_array_size(p) == 4) {
		const json_t *best = json_array_get(p, 1);
		double rate = json_number_value(json_array_get(p, 0));
		json_int_t bad = json_integer_value(json_array_get(p, 2)), cooling = json_integer_value(json_array_get(p, 3));
		if (!(rate >= 0 && rate <= 1e9) || bad < 0 || bad > MOST_EPOCHS || cooling < 0 || cooling > MOST_EPOCHS)
			return secant_fail(err, SECANT_ERR_FORMAT, "%s: the state is damaged: \"plateau\" is out of range", path);
		s->now.plateau = (train_plateau){ rate, json_is_number(best) ? json_number_value(best) : NAN, (int)bad,
			(int)cooling };
	}
	int n = (int)json_array_size(kept);
	n = n < s->o->keep ? n : s->o->keep;
	if (n > 0 && !(s->kept.v = secant_calloc((size_t)s->o->keep + 1, sizeof *s->kept.v)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a list of %d models", n);
	for (int i = 0; i < n; i++) {
		const json_t *entry = json_array_get(kept, (size_t)i);
		json_int_t epoch = json_integer_value(json_array_get(entry, 0));
		if (epoch < 1 || epoch > MOST_EPOCHS)
			return secant_fail(
				err, SECANT_ERR_FORMAT, "%s: the state is damaged: \"kept\" has no epoch %lld", path, (long long)epoch);
		s->kept.v[s->kept.n++] = (train_kept){ (int)epoch, json_number_value(json_array_get(entry, 1)) };
	}
	return SECANT_OK;
}

static secant_status
remember(train_trainer *s, const json_t *j, secant_err *err)
{
	train_epoch e = {
		.epoch = (int)json_integer_value(json_object_get(j, "epoch")),
		.loss = json_number_value(json_object_get(j, "loss")),
		.learning_rate = json_number_value(json_object_get(j, "learning_rate")),
		.seconds = json_number_value(json_object_get(j, "seconds")),
	};
	for (int i = 0; s->task->metrics[i].name; i++) {
		const json_t *v = json_object_get(j, s->task->metrics[i].name);
		e.metric[i] = json_is_number(v) ? json_number_value(v) : NAN;
	}
	if (base_grow((void **)&s->log.v, &s->log.capacity, s->log.n, sizeof *s->log.v))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the log");
	s->log.v[s->log.n++] = e;
	return SECANT_OK;
}

/* Lines of epochs (steps) that will be done again are dropped: those whose `key` is beyond `last`. What is kept of
 * epochs is remembered. */
static secant_status
trim_log(train_trainer *s, const char *name, const char *key, int64_t last, bool epochs, secant_err *err)
{
	char *path = train_trainer_path(s, name), *text = NULL;
	size_t size = 0;
	base_str kept = { 0 };
	secant_status status = SECANT_OK;
	if (path && secant_is_file(path) && !(status = secant_file_read(&text, &size, path, (size_t)1 << 30, err))) {
		for (char *line = text, *next; *line && !status; line = next) {
			size_t n = strcspn(line, "\n");
			if (!line[n])
				break; /* killed while it was written */
			next = line + n + 1;
			json_t *j = base_json_parse(line, n, path, err);
			if (!j) {
				status = SECANT_ERR_FORMAT;
				break;
			}
			if (json_integer_value(json_object_get(j, key)) <= last) {
				base_str_addn(&kept, line, n);
				base_str_add(&kept, "\n");
				if (epochs)
					status = remember(s, j, err);
			}
			json_decref(j);
		}
		if (!status)
			status = secant_file_write(path, kept.p ? kept.p : "", kept.n, err);
	}
	base_str_free(&kept);
	secant_free(text);
	secant_free(path);
	return status;
}

secant_status
train_trainer_load_state(train_trainer *s, secant_err *err)
{
	secant_tensors t = { 0 }, rest = { 0 };
	char *meta = NULL, *path = train_trainer_path(s, "state.safetensors");
	json_t *j = NULL, *inner = NULL;
	secant_err own = { 0 };
	if (!path)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a path");
	else if (!secant_is_file(path)) { /* interrupted before the first state was saved: start again */
		secant_log(&s->events->log, SECANT_LOG_WARNING, "%s is not there: the run starts from the beginning", path);
		if (!trim_log(s, "log.jsonl", "epoch", 0, true, &own))
			(void)!trim_log(s, "tests.jsonl", "step", 0, false, &own);
	} else if (!secant_tensors_read(&t, &meta, path, &own)
		&& (j = base_json_parse(meta ? meta : "{}", meta ? strlen(meta) : 2, path, &own))) {
		const char *text = json_string_value(json_object_get(j, "training"));
		inner = text ? base_json_parse(text, strlen(text), path, &own) : NULL;
		if (!inner)
			secant_fail(&own, SECANT_ERR_FORMAT, "%s: no training state", path);
		else if (!check_samples(s, inner, &own) && !take_slots(s, &t, &rest, path, &own)
			&& !deploy_store_load(s->model.store, &rest, &own) && !take_average(s, inner, &t, path, &own)
			&& !take_lists(s, inner, path, &own)) {
			if (!take_counters(s, inner, path, &own) && !trim_log(s, "log.jsonl", "epoch", s->now.epoch, true, &own))
				(void)!trim_log(s, "tests.jsonl", "step", s->now.steps, false, &own);
		}
	}
	if (!own.code)
		train_trainer_sweep_kept(s);
	json_decref(j);
	json_decref(inner);
	secant_tensors_free(&rest);
	secant_tensors_free(&t);
	secant_free(meta);
	secant_free(path);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

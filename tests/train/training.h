/*
 * Tiny trainings for tests: discs on noise, 32x32, a resnet18 of which only the first three stages take part. One run
 * takes a fraction of a second. Folders lie in memory where there is /dev/shm: every epoch writes the 11 million
 * parameters several times.
 */
#ifndef TESTS_TRAIN_TRAINING_H
#define TESTS_TRAIN_TRAINING_H
#include "data/pictures.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"
#include <secant/train.h>

static inline void
must(secant_status status, const secant_err *err)
{
	if (status)
		fail_msg("%s", err->msg);
}

static long live_before; /* blocks that were there before the first test */

static char root[256]; /* the folder of a group of tests, and everything in it */

static inline void
fresh_root(void)
{
	live_before = base_mem_live();
	if (!access("/dev/shm", W_OK))
		setenv("TMPDIR", "/dev/shm", 0);
	snprintf(root, sizeof root, "%s", scratch_dir());
}

/* Removes the folder; fails when blocks were left behind. */
static inline int
teardown(void **state)
{
	remove_root(root);
	long left = base_mem_live() - live_before;
	if (left)
		fprintf(stderr, "%ld blocks were not freed\n", left);
	return left != 0;
}

static inline const char *
data(void)
{
	return in_root(root, "data");
}

static inline double
disc(int index, int x, int y)
{
	double dx = x - 10 - 3 * (index % 4), dy = y - 12 - 2 * (index % 3);
	return dx * dx + dy * dy < 49 + 8 * (index % 5);
}

static int disc_index; /* of the picture that is drawn */
static inline double
disc_pixel(int x, int y, int c)
{
	uint32_t noise = (uint32_t)(x * 7919 + y * 104729 + c * 1299709 + disc_index * 15485863) * 2654435761u;
	return (disc(disc_index, x, y) ? 150 : 70) + (noise >> 26);
}
static inline double
disc_label(int x, int y, int c)
{
	return disc(disc_index, x, y) ? 255 : 0;
}
static inline double
disc_class(int x, int y, int c)
{
	return disc(disc_index, x, y) ? 1 + disc_index % 2 : 0;
}

/* n pairs in FOLDER/split, named 00.png, ... */
static inline void
write_discs(const char *folder, const char *split, int n, double (*label)(int x, int y, int c))
{
	for (int i = 0; i < n; i++) {
		disc_index = i;
		write_picture(in_root(folder, "%s/images/%02d.png", split, i), 32, 32, 3, SECANT_U8, disc_pixel);
		write_picture(in_root(folder, "%s/labels/%02d.png", split, i), 32, 32, 1, SECANT_U8, label);
	}
}

/* ROOT/data with so many discs in train and val. */
static inline int
discs(int train, int val)
{
	fresh_root();
	write_discs(root, "data/train", train, disc_label);
	write_discs(root, "data/val", val, disc_label);
	return 0;
}

static inline void
train_set(secant_train_options *o, const char *name, const char *value)
{
	secant_err err = { 0 };
	must(secant_opts_set(&secant_train_options_table, o, name, value, &err), &err);
}

/* Options of a training that takes a fraction of a second: 2 epochs of 2 steps of 4 pictures, in f32 on one thread. */
static inline secant_train_options
tiny_options(const char *out)
{
	static const char *const values[][2] = {
		{ "encoder", "resnet18" },
		{ "encoder-depth", "3" },
		{ "decoder-channels", "16,8,8" },
		{ "epochs", "2" },
		{ "batch", "4" },
		{ "precision", "f32" },
		{ "threads", "1" },
		{ "loader-threads", "1" },
		{ "recalibrate-norms", "2" },
		{ "seed", "3" },
		{ "optimizer", "sgd" },
		{ "learning-rate", "0.02" },
	};
	secant_train_options o;
	secant_err err = { 0 };
	must(secant_opts_init(&secant_train_options_table, &o, &err), &err);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		train_set(&o, values[i][0], values[i][1]);
	train_set(&o, "out", out);
	return o;
}

static inline void
free_options(secant_train_options *o)
{
	secant_opts_free(&secant_train_options_table, o);
}

/* What a training reports: counts, the last warning, and when to stop it. */
typedef struct watcher {
	int steps, epochs, stop_after;
	char warning[400];
	secant_train_progress last;
} watcher;

static inline void
watch(void *user, const secant_train_progress *p)
{
	watcher *w = user;
	w->last = *p;
	*(p->epoch_done ? &w->epochs : &w->steps) += 1;
}

static inline bool
watch_stop(void *user)
{
	const watcher *w = user;
	return w->stop_after > 0 && w->steps >= w->stop_after;
}

static inline void
watch_log(void *user, secant_level level, const char *line)
{
	watcher *w = user;
	if (level <= SECANT_LOG_WARNING)
		snprintf(w->warning, sizeof w->warning, "%s", line);
}

static inline secant_train_events
watched(watcher *w)
{
	return (secant_train_events){ .log = { watch_log, w }, .progress = watch, .cancelled = watch_stop, .user = w };
}

/* Trains, and expects success where `message` is NULL, else failure with a message that contains it. */
static inline secant_train_result
train_expecting(const secant_train_options *o, const char *data, watcher *w, const char *message)
{
	secant_err err = { 0 };
	watcher own = { 0 };
	secant_train_result result;
	secant_train_events events = watched(w ? w : &own);
	secant_status status = secant_train(o, data, &events, &result, &err);
	if (!message && status)
		fail_msg("%s", err.msg);
	if (message && (!status || !strstr(err.msg, message)))
		fail_msg("expected '%s', got '%s'", message, status ? err.msg : "success");
	return result;
}

typedef struct pairs_of {
	const char *name, *value;
} pairs_of;

/* Trains ROOT/run on ROOT/data with more options, which end with a name of NULL. */
static inline secant_train_result
run_with(const char *base, const char *run, const pairs_of *more, watcher *w, const char *message)
{
	secant_train_options o = tiny_options(in_root(base, "%s", run));
	for (; more && more->name; more++)
		train_set(&o, more->name, more->value);
	secant_train_result r = train_expecting(&o, in_root(base, "data"), w, message);
	free_options(&o);
	return r;
}

static inline secant_bytes
bytes_of(const char *path)
{
	secant_bytes b;
	secant_err err = { 0 };
	must(base_file_map(&b, path, &err), &err);
	return b;
}

static inline bool
same_files(const char *a, const char *b)
{
	secant_bytes x = bytes_of(a), y = bytes_of(b);
	bool same = x.size == y.size && !memcmp(x.data, y.data, x.size);
	base_file_unmap(&x);
	base_file_unmap(&y);
	return same;
}

static inline void
assert_same_file(const char *a, const char *b)
{
	if (!same_files(a, b))
		fail_msg("%s and %s differ", a, b);
}

static inline void
assert_other_file(const char *a, const char *b)
{
	if (same_files(a, b))
		fail_msg("%s and %s should differ", a, b);
}

/* The tensors of two .safetensors files; their metadata may differ. */
static inline void
assert_same_tensors(const char *a, const char *b)
{
	secant_bytes x = bytes_of(a), y = bytes_of(b);
	size_t at = 8 + (size_t)base_le64(x.data), bt = 8 + (size_t)base_le64(y.data);
	if (x.size - at != y.size - bt || memcmp(x.data + at, y.data + bt, x.size - at))
		fail_msg("%s and %s hold different numbers", a, b);
	base_file_unmap(&x);
	base_file_unmap(&y);
}

/* A hash of every file of a folder and its name. Folders hold hundreds of megabytes: eight bytes at a time. */
static inline uint64_t
digest_tree(const char *folder)
{
	base_names l = { 0 };
	secant_err err = { 0 };
	uint64_t h = 0;
	char base[512], path[2048];
	snprintf(base, sizeof base, "%s", folder); /* the caller's buffer may be one of in_root's */
	must(base_dir_list(&l, base, BASE_DIR_ALL, &err), &err);
	for (int i = 0; i < l.n; i++) {
		uint64_t own = base_fnv1a(l.v[i], strlen(l.v[i])), word;
		snprintf(path, sizeof path, "%s/%s", base, l.v[i]);
		if (secant_is_file(path)) {
			secant_bytes b = bytes_of(path);
			for (size_t k = 0; k < b.size; k += 8) {
				word = 0;
				memcpy(&word, b.data + k, b.size - k < 8 ? b.size - k : 8);
				own = (own ^ word) * 0x9e3779b97f4a7c15u;
				own ^= own >> 29;
			}
			base_file_unmap(&b);
		} else {
			own ^= digest_tree(path);
		}
		h = h * 31 + own;
	}
	base_names_free(&l);
	return h;
}

/* Line i of a .jsonl file; the caller drops it. NULL: there is none. */
static inline json_t *
json_line(const char *path, int i)
{
	char *text;
	size_t size;
	secant_err err = { 0 };
	must(secant_file_read(&text, &size, path, 1 << 20, &err), &err);
	char *at = text;
	while (i-- > 0 && at)
		at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
	json_t *j = at && *at ? base_json_parse(at, strcspn(at, "\n"), path, &err) : NULL;
	secant_free(text);
	return j;
}

static inline double
line_number(const char *path, int i, const char *key)
{
	json_t *j = json_line(path, i), *v = json_object_get(j, key);
	assert_true(json_is_number(v));
	double d = json_number_value(v);
	json_decref(j);
	return d;
}
/* The lines of two logs agree in everything but time. */
static inline void
assert_same_log(const char *a, const char *b, int lines)
{
	static const char *const keys[] = { "epoch", "loss", "learning_rate", "iou", "f1", "accuracy", "miou",
		"validation_loss" };
	for (int i = 0; i < lines; i++)
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			if (line_number(a, i, keys[k]) != line_number(b, i, keys[k]))
				fail_msg("epoch %d: %s %.17g, then %.17g", i + 1, keys[k], line_number(a, i, keys[k]),
					line_number(b, i, keys[k]));
	assert_null(json_line(b, lines));
}

/* The training that never stops: 2 epochs of 3 steps on 12 discs, ROOT/whole. */
static inline void
never_stopped(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "whole"));
	watcher w = { 0 };
	train_expecting(&o, data(), &w, NULL);
	assert_int_equal(w.steps, 6);
	free_options(&o);
}

/* ROOT/name must be the same. */
static inline void
assert_same_run(const char *name)
{
	static const char *const files[] = { "last.safetensors", "best.safetensors", "state.safetensors",
		"samples/epoch-001.png", "samples/epoch-002.png" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		assert_same_file(in_root(root, "whole/%s", files[i]), in_root(root, "%s/%s", name, files[i]));
	assert_same_log(in_root(root, "whole/log.jsonl"), in_root(root, "%s/log.jsonl", name), 2);
}
#endif

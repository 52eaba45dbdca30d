/*
 * Output folders, all or nothing, and what was lost on the way. Files inside the folder being made need no atomic
 * writing of their own: nobody knows the folder before it has its name.
 */
#include "annotations/format.h"
#include "annotations/text.h"
#include "base/file.h"
#include "base/hash.h"
#include <secant/codec.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/fs.h>
#endif

secant_status
ann_call_watch(const secant_watch *w, secant_err *err)
{
	return w && w->stop && w->stop(w->user) ? secant_fail(err, SECANT_ERR_CANCELLED, "interrupted; nothing was written")
											: SECANT_OK;
}

/* The folder under which it is made: OUT.partial-PID-N, kept by a lock for as long as the process lives. */
static secant_status
make_staging(ann_out *o, secant_err *err)
{
	enum { TRIES = 1000 };
	for (int n = 0; n < TRIES; n++) {
		char *name = base_format("%s.partial-%ld-%d", o->path, (long)getpid(), n);
		if (!name)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
		if (!mkdir(name, 0777)) {
			o->staging = name;
			secant_status status = base_dir_lock(name, &o->fd, err);
			if (status)
				(void)rmdir(name);
			return status;
		}
		secant_free(name);
		if (errno != EEXIST)
			break;
	}
	return secant_fail(err, SECANT_ERR_IO, "%s: cannot make a folder beside it: %s", o->path, strerror(errno));
}

/* Removes what processes that were killed left half written of this folder: nobody holds their locks. */
static void
sweep(const char *path)
{
	base_names names = { 0 };
	secant_err ignored = { 0 };
	char *parent = base_path_dir(path);
	const char *name = base_path_name(path);
	size_t n = strlen(name);
	if (parent && !base_dir_list(&names, parent, BASE_DIR_FOLDERS, &ignored))
		for (int i = 0; i < names.n; i++) {
			unsigned long pid, k;
			int used = 0, lock;
			if (strncmp(names.v[i], name, n) || sscanf(names.v[i] + n, ".partial-%lu-%lu%n", &pid, &k, &used) != 2
				|| names.v[i][n + (size_t)used])
				continue;
			char *left = base_path_join(parent, names.v[i]);
			bool dead = kill((pid_t)pid, 0) && errno == ESRCH;
			if (left && dead && !base_dir_lock(left, &lock, &ignored)) {
				(void)!base_remove_tree(left, &ignored);
				close(lock);
			}
			secant_free(left);
		}
	base_names_free(&names);
	secant_free(parent);
}

secant_status
ann_out_open(ann_out *o, const secant_dataset_writing *options, const secant_watch *watch, secant_err *err)
{
	*o = (ann_out){ .options = options, .watch = watch, .fd = -1 };
	if (!options->out || !*options->out)
		return secant_fail(err, SECANT_ERR_ARG, "--out is missing: the folder to make");
	size_t n = strlen(options->out);
	while (n > 1 && options->out[n - 1] == '/')
		n--;
	o->path = base_strndup(options->out, n);
	o->last_dir = base_strdup("");
	if (!o->path || !o->last_dir)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	struct stat st;
	if (!lstat(o->path, &st))
		return secant_fail(err, SECANT_ERR_IO, "%s: exists already; choose another --out, or remove it first", o->path);
	if (options->dry_run)
		return SECANT_OK;
	char *parent = base_path_dir(o->path);
	secant_status status = parent ? secant_make_dirs(parent, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	secant_free(parent);
	if (status)
		return status;
	sweep(o->path);
	return make_staging(o, err);
}

/* Refuses unsafe names and names that stand already; makes the folders above. */
static secant_status
claim(ann_out *o, const char *relative, secant_err *err)
{
	if (!base_path_is_safe(relative))
		return secant_fail(err, SECANT_ERR_FORMAT,
			"'%s' is not a name that can be written inside %s: no absolute paths, no '..', no control bytes", relative,
			o->path);
	uint64_t key = base_fnv1a(relative, strlen(relative));
	uint32_t at;
	while (ann_table_get(&o->names, key, &at)) {
		if (!strcmp(o->names_text.p + at, relative))
			return secant_fail(err, SECANT_ERR_FORMAT,
				"two pictures would both be written as '%s': use --names number, or rename one", relative);
		key++;
	}
	at = (uint32_t)o->names_text.n;
	base_str_addn(&o->names_text, relative, strlen(relative) + 1);
	if (o->names_text.failed || o->names_text.n > UINT32_MAX - 4096 || !ann_table_put(&o->names, key, at))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d file names", o->files);
	o->files++;
	if (o->fd < 0) {
		base_str_addf(&o->plan, "%s\n", relative);
		return SECANT_OK;
	}
	const char *slash = strrchr(relative, '/');
	size_t n = slash ? (size_t)(slash - relative) : 0;
	if (!n || (strlen(o->last_dir) == n && !memcmp(o->last_dir, relative, n)))
		return SECANT_OK;
	char *dir = base_strndup(relative, n);
	if (!dir)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	for (char *p = dir; *p; p++)
		if (*p == '/') {
			*p = 0;
			(void)mkdirat(o->fd, dir, 0777);
			*p = '/';
		}
	if (mkdirat(o->fd, dir, 0777) && errno != EEXIST) {
		secant_status status = secant_fail(err, SECANT_ERR_IO, "%s/%s: %s", o->path, dir, strerror(errno));
		secant_free(dir);
		return status;
	}
	secant_free(o->last_dir);
	o->last_dir = dir;
	return SECANT_OK;
}

static secant_status
put_all(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t k = write(fd, data, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return SECANT_ERR_IO;
		data += k;
		n -= (size_t)k;
	}
	return SECANT_OK;
}

secant_status
ann_out_file(ann_out *o, const char *relative, const char *data, size_t n, secant_err *err)
{
	secant_status status = claim(o, relative, err);
	if (status || o->fd < 0)
		return status;
	int fd = openat(o->fd, relative, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return secant_fail(err, SECANT_ERR_IO, "%s/%s: %s", o->path, relative, strerror(errno));
	status = put_all(fd, data, n);
	int saved = errno;
	if (close(fd) && !status) {
		status = SECANT_ERR_IO;
		saved = errno;
	}
	return status
		? secant_fail(err, SECANT_ERR_IO, "%s/%s: cannot write %zu bytes: %s", o->path, relative, n, strerror(saved))
		: SECANT_OK;
}

secant_status
ann_out_str(ann_out *o, const char *relative, base_str *text, secant_err *err)
{
	secant_status status = text->failed ? secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for its text", relative)
										: ann_out_file(o, relative, text->p ? text->p : "", text->n, err);
	text->n = 0;
	return status;
}

static int
copy_bytes(int from, int to)
{
	char buffer[65536];
	for (;;) {
		ssize_t k = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
		if (k == 0)
			return 0;
		if (k < 0 && errno != EINTR)
			break;
	}
	if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP && errno != EBADF)
		return -1;
	for (;;) {
		ssize_t k = read(from, buffer, sizeof buffer);
		if (k == 0)
			return 0;
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 || put_all(to, buffer, (size_t)k))
			return -1;
	}
}

static secant_status
copy_or_clone(ann_out *o, const char *from, const char *relative, bool clone, secant_err *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return secant_fail(err, SECANT_ERR_IO, "%s: %s", from, strerror(errno));
	int to = openat(o->fd, relative, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	secant_status status = SECANT_OK;
	if (to < 0)
		status = secant_fail(err, SECANT_ERR_IO, "%s/%s: %s", o->path, relative, strerror(errno));
#if defined(FICLONE)
	else if (clone && ioctl(to, FICLONE, in))
		status = secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"%s: this file system cannot share blocks with %s (%s): use --link copy or hardlink", o->path, from,
			strerror(errno));
#endif
	else if (!clone && copy_bytes(in, to))
		status = secant_fail(err, SECANT_ERR_IO, "%s/%s: cannot copy %s: %s", o->path, relative, from, strerror(errno));
	close(in);
	if (to >= 0 && close(to) && !status)
		status = secant_fail(err, SECANT_ERR_IO, "%s/%s: %s", o->path, relative, strerror(errno));
	return status;
}

secant_status
ann_out_picture(ann_out *o, const ann_set *s, const ann_image *im, const char *relative, secant_err *err)
{
	if (!o->options->pictures)
		return SECANT_OK;
	const ann_format *f = im->inside && !im->path ? ann_find_format(ann_str(s, s->format)) : NULL;
	if (f && f->picture) {
		base_str bytes = { 0 };
		secant_status got = f->picture(s, im, &bytes, err);
		if (!got)
			got = ann_out_file(o, relative, bytes.p, bytes.n, err);
		o->pictures += !got;
		base_str_free(&bytes);
		return got;
	}
	if (!im->path) {
		ann_out_lose(o, 1, "picture that was not found beside its annotations");
		return SECANT_OK;
	}
	const char *from = ann_str(s, im->path);
	secant_status status = claim(o, relative, err);
	o->pictures++;
	if (status || o->fd < 0)
		return status;
	if (o->options->link == ANN_HARDLINK) {
		if (linkat(AT_FDCWD, from, o->fd, relative, AT_SYMLINK_FOLLOW))
			return secant_fail(err, errno == EXDEV ? SECANT_ERR_UNSUPPORTED : SECANT_ERR_IO,
				"%s/%s: cannot be a hard link to %s (%s)%s", o->path, relative, from, strerror(errno),
				errno == EXDEV ? ": use --link copy or symlink" : "");
		return SECANT_OK;
	}
	if (o->options->link == ANN_SYMLINK) {
		char room[PATH_MAX], *full = realpath(from, room);
		if (!full || symlinkat(full, o->fd, relative))
			status = secant_fail(
				err, SECANT_ERR_IO, "%s/%s: cannot be a link to %s: %s", o->path, relative, from, strerror(errno));
		return status;
	}
	return copy_or_clone(o, from, relative, o->options->link == ANN_REFLINK, err);
}

secant_status
ann_out_mask(ann_out *o, const secant_image *im, const char *relative, secant_err *err)
{
	void *data = NULL;
	size_t n = 0;
	if (o->fd < 0)
		return claim(o, relative, err);
	secant_image_write_options fast = { .compression = 3 };
	secant_status status = secant_image_encode(im, "png", &data, &n, &fast, err);
	if (!status)
		status = ann_out_file(o, relative, data, n, err);
	secant_free(data);
	return status;
}

void
ann_out_lose(ann_out *o, int64_t count, const char *fmt, ...)
{
	char what[200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	for (int i = 0; i < o->n_losses; i++)
		if (!strcmp(o->losses[i].what, what)) {
			o->losses[i].count += count;
			return;
		}
	if (!count)
		return;
	char *copy = base_strdup(what);
	if (copy && !base_grow((void **)&o->losses, &o->losses_capacity, o->n_losses, sizeof *o->losses))
		o->losses[o->n_losses++] = (ann_loss){ copy, count };
	else {
		secant_free(copy);
		o->failed = true;
	}
}

static char *
report_json(const ann_out *o, const ann_set *s)
{
	base_str r = { 0 };
	base_str_add(&r, "{\n  \"out\": ");
	ann_json_string(&r, o->path, strlen(o->path));
	base_str_addf(&r,
		",\n  \"dry_run\": %s,\n  \"pictures\": %d,\n  \"objects\": %d,\n  \"classes\": %d,\n  \"files\": %d,\n  "
		"\"splits\": {",
		o->options->dry_run ? "true" : "false", s->n_images, s->n_objects, s->n_classes, o->files);
	for (int i = 0; i < s->n_splits; i++) {
		int n = 0;
		for (int k = 0; k < s->n_images; k++)
			n += (int)(s->images[k].splits >> i & 1);
		base_str_add(&r, i ? ", " : "");
		ann_json_string(&r, ann_str(s, s->splits[i]), strlen(ann_str(s, s->splits[i])));
		base_str_addf(&r, ": %d", n);
	}
	base_str_add(&r, "},\n  \"lost\": [");
	for (int i = 0; i < o->n_losses; i++) {
		const char *what = o->losses[i].what;
		base_str_add(&r, i ? ",\n    {\"what\": " : "\n    {\"what\": ");
		ann_json_string(&r, what, strlen(what));
		base_str_addf(&r, ", \"count\": %lld}", (long long)o->losses[i].count);
	}
	base_str_add(&r, o->n_losses ? "\n  ],\n  \"notes\": [" : "],\n  \"notes\": [");
	for (int i = 0; i < s->n_notes; i++) {
		const char *note = ann_str(s, s->notes[i]);
		base_str_add(&r, i ? ",\n    " : "\n    ");
		ann_json_string(&r, note, strlen(note));
	}
	base_str_add(&r, s->n_notes ? "\n  ]" : "]");
	if (o->options->dry_run) {
		base_str_add(&r, ",\n  \"would_write\": [");
		bool first = true;
		for (const char *p = o->plan.p, *q; p && (q = strchr(p, '\n')); p = q + 1, first = false) {
			base_str_add(&r, first ? "\n    " : ",\n    ");
			ann_json_string(&r, p, (size_t)(q - p));
		}
		base_str_add(&r, "\n  ]");
	}
	base_str_add(&r, "\n}\n");
	return base_str_take(&r);
}

secant_status
ann_out_close(ann_out *o, const ann_set *s, bool good, char **report, secant_err *err)
{
	secant_status status = SECANT_OK;
	if (good && (o->failed || o->plan.failed))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the report");
	if (good && !status)
		status = secant_files_whole(err);
	if (good && !status && report && !(*report = report_json(o, s)))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the report");
	if (o->fd >= 0) {
		struct stat st;
		if (good && !status && !lstat(o->path, &st))
			status = secant_fail(
				err, SECANT_ERR_IO, "%s: appeared while it was being written; nothing was replaced", o->path);
		if (good && !status && rename(o->staging, o->path))
			status = secant_fail(err, SECANT_ERR_IO, "%s: cannot take its name: %s", o->path, strerror(errno));
		close(o->fd);
		if (!good || status) {
			secant_err ignored = { 0 };
			if (base_remove_tree(o->staging, &ignored))
				status = secant_fail(
					err, SECANT_ERR_IO, "%s: cannot be removed after the failure: %s", o->staging, ignored.msg);
		}
	}
	for (int i = 0; i < o->n_losses; i++)
		secant_free(o->losses[i].what);
	secant_free(o->losses);
	base_str_free(&o->plan);
	base_str_free(&o->names_text);
	ann_table_free(&o->names);
	secant_free(o->path);
	secant_free(o->staging);
	secant_free(o->last_dir);
	base_names_free(&o->beneath);
	*o = (ann_out){ .fd = -1 };
	return status;
}

/*
 * Reading and writing files. Small files are read, large ones mapped. Writing goes to a temporary name beside the
 * target and becomes visible by one rename, so that a reader, a crash or a full disk never sees half a file.
 */
#include "base/file.h"
#include "base/guard.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The extended attribute of files that this program wrote. */
#define MADE_HERE "user.secant"

enum { READ_UP_TO = 1 << 18, BUFFER = 1 << 16 };

static secant_status
fail_errno(secant_err *err, const char *path, const char *what)
{
	int e = errno;
	return secant_fail(err, e == ENOMEM ? SECANT_ERR_NOMEM : SECANT_ERR_IO, "%s: %s: %s", path, what, strerror(e));
}

/* Opens for reading and refuses folders. -1 and err on failure. */
static int
open_read(const char *path, struct stat *st, secant_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fail_errno(err, path, "cannot open");
		return -1;
	}
	if (fstat(fd, st)) {
		fail_errno(err, path, "cannot read");
	} else if (S_ISDIR(st->st_mode)) {
		secant_fail(err, SECANT_ERR_IO, "%s: is a folder, expected a file", path);
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

/* Reads until `size` bytes are there or the file ends; the number read, -1 on error. */
static ssize_t
read_some(int fd, char *data, size_t size)
{
	size_t n = 0;
	while (n < size) {
		ssize_t got = read(fd, data + n, size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* Reads all of fd, growing as it goes: pipes and /proc have no size to trust; `exact`: the file has `guess` bytes. */
static secant_status
read_all(int fd, char **data, size_t *size, size_t guess, bool exact, const char *path, size_t limit, secant_err *err)
{
	size_t capacity = guess < limit ? guess : limit, n = 0;
	char *p = secant_calloc(capacity + 2, 1);
	if (!p)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %zu bytes", path, capacity);
	for (;;) {
		ssize_t got = read_some(fd, p + n, n || !exact ? capacity + 1 - n : capacity);
		secant_status s = got < 0 ? fail_errno(err, path, "cannot read") : SECANT_OK;
		n += got > 0 ? (size_t)got : 0;
		if (!s && n > limit)
			s = secant_fail(err, SECANT_ERR_RANGE, "%s: is larger than the limit of %zu bytes", path, limit);
		if (s) {
			secant_free(p);
			return s;
		}
		if (n <= capacity)
			break;
		capacity = capacity < limit / 2 ? capacity * 2 + BUFFER : limit;
		char *q = base_realloc(p, capacity + 2, 1);
		if (!q) {
			secant_free(p);
			return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %zu bytes", path, capacity);
		}
		p = q;
	}
	p[n] = '\0';
	*data = p;
	*size = n;
	return SECANT_OK;
}

/* The rest of reading: closes fd. */
static secant_status
read_open(int fd, const struct stat *st, char **data, size_t *size, const char *path, size_t limit, secant_err *err)
{
	secant_status s;
	if (S_ISREG(st->st_mode) && (uint64_t)st->st_size > limit)
		s = secant_fail(err, SECANT_ERR_RANGE, "%s: %lld bytes are more than the limit of %zu", path,
			(long long)st->st_size, limit);
	else
		s = read_all(fd, data, size, S_ISREG(st->st_mode) ? (size_t)st->st_size : BUFFER,
			S_ISREG(st->st_mode) && st->st_size > 0, path, limit, err);
	close(fd);
	return s;
}

secant_status
secant_file_read(char **data, size_t *size, const char *path, size_t limit, secant_err *err)
{
	struct stat st;
	*data = NULL;
	*size = 0;
	if (limit > PTRDIFF_MAX - 2)
		limit = PTRDIFF_MAX - 2;
	secant_err local = { 0 };
	int fd = open_read(path, &st, &local);
	if (fd < 0)
		return secant_fail(err, local.code, "%s", local.msg);
	return read_open(fd, &st, data, size, path, limit, err);
}

secant_status
base_file_head(const char *path, void *room, size_t size, size_t *got, uint64_t *whole, secant_err *err)
{
	struct stat st;
	*got = 0;
	*whole = UINT64_MAX;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, path, "cannot open");
	ssize_t n = pread(fd, room, size, 0); /* takes nothing from a pipe */
	secant_status s = SECANT_OK;
	if (n < 0 && errno == EISDIR)
		s = secant_fail(err, SECANT_ERR_IO, "%s: is a folder, expected a file", path);
	else if (n < 0 && errno != ESPIPE)
		s = fail_errno(err, path, "cannot read");
	else if (n >= 0) {
		*got = (size_t)n;
		if ((size_t)n < size)
			*whole = (uint64_t)n;
		else if (!fstat(fd, &st))
			*whole = (uint64_t)st.st_size;
	}
	close(fd);
	return s;
}

/* What stands at a multiple of 64 in the file does so in memory, as where it is mapped. */
static secant_status
keep_aligned(secant_bytes *b, char *data, const char *path, secant_err *err)
{
	b->data = (uint8_t *)data;
	if ((uintptr_t)data % 64 == 0)
		return SECANT_OK;
	b->data = base_alloc_raw(b->size ? b->size : 1);
	if (b->data)
		memcpy((void *)b->data, data, b->size);
	secant_free(data);
	return b->data ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %zu bytes", path, b->size);
}

secant_status
base_file_map(secant_bytes *b, const char *path, secant_err *err)
{
	struct stat st;
	*b = (secant_bytes){ 0 };
	int fd = open_read(path, &st, err);
	if (fd < 0)
		return err ? err->code : SECANT_ERR_IO;
	if (!S_ISREG(st.st_mode) || st.st_size <= READ_UP_TO) {
		char *data;
		secant_status s = read_open(
			fd, &st, &data, &b->size, path, S_ISREG(st.st_mode) ? READ_UP_TO : (size_t)1 << 30, err);
		return s ? s : keep_aligned(b, data, path, err);
	}
	void *map = (uint64_t)st.st_size <= PTRDIFF_MAX ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
													: MAP_FAILED;
	if (map == MAP_FAILED) {
		secant_status s = fail_errno(err, path, "cannot map");
		close(fd);
		return s;
	}
	int guard = base_guard_take(map, (size_t)st.st_size, path);
	if (guard < 0) {
		munmap(map, (size_t)st.st_size);
		char *data;
		secant_status s = read_open(fd, &st, &data, &b->size, path, PTRDIFF_MAX - 2, err);
		b->data = s ? NULL : (uint8_t *)data;
		return s;
	}
	close(fd);
	*b = (secant_bytes){ .data = map, .size = (size_t)st.st_size, .map = map, .guard = guard };
	return SECANT_OK;
}

secant_status
base_file_was_cut(const secant_bytes *b, const char *path, secant_err *err)
{
	return base_guard_was_cut(b->guard)
		? secant_fail(err, SECANT_ERR_IO, "%s: was cut by another program while it was read", path)
		: SECANT_OK;
}

void
base_file_unmap(secant_bytes *b)
{
	base_guard_drop(b->guard);
	if (b->map)
		munmap(b->map, b->size);
	else
		secant_free((void *)b->data);
	*b = (secant_bytes){ 0 };
}

struct base_writer {
	char *path, *temp; /* the target and the name the bytes go to */
	int fd;
	size_t used;
	secant_err first; /* sticky */
	char buffer[BUFFER];
};

/* A name in the target's folder that nobody else uses: the target's name (cut), process and a counter. */
static char *
temp_name(const char *path)
{
	static atomic_uint counter;
	char *dir = base_path_dir(path);
	char *temp = dir
		? base_format("%s/.%.180s.%ld-%u.tmp", dir, base_path_name(path), (long)getpid(), atomic_fetch_add(&counter, 1))
		: NULL;
	secant_free(dir);
	return temp;
}

/* Where the bytes should end up: the file a link points to, so that saving through a link keeps the link. */
static char *
target_of(const char *path)
{
	struct stat st;
	char real[PATH_MAX];
	if (!lstat(path, &st) && S_ISLNK(st.st_mode) && realpath(path, real))
		return base_strdup(real);
	return base_strdup(path);
}

static void
writer_free(base_writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	secant_free(w->temp);
	secant_free(w->path);
	secant_free(w);
}

base_writer *
base_writer_open(const char *path, secant_err *err)
{
	struct stat st;
	bool exists = false;
	base_writer *w = secant_calloc(1, sizeof *w);
	if (w) {
		w->fd = -1;
		w->path = target_of(path);
		w->temp = w->path ? temp_name(w->path) : NULL;
	}
	if (!w || !w->temp) {
		secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	} else if (!*path || path[strlen(path) - 1] == '/') {
		secant_fail(err, SECANT_ERR_ARG, "%s: is no file name to write to", *path ? path : "''");
	} else if ((exists = !stat(w->path, &st)) && !S_ISREG(st.st_mode)) {
		secant_fail(err, SECANT_ERR_IO, "%s: cannot write: is %s, expected a file", path,
			S_ISDIR(st.st_mode) ? "a folder" : "a device");
	} else if ((w->fd = open(w->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) < 0) {
		fail_errno(err, path, "cannot write");
	} else {
		if (exists) /* who may read a file stays so when it is replaced */
			(void)fchmod(w->fd, st.st_mode & 0777);
		return w;
	}
	if (w)
		writer_free(w);
	return NULL;
}

/* Writes everything or keeps the error. */
static void
writer_out(base_writer *w, const char *p, size_t n)
{
	while (n && !w->first.code) {
		ssize_t put = write(w->fd, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			fail_errno(&w->first, w->path, "cannot write");
			break;
		}
		p += put;
		n -= (size_t)put;
	}
}

static void
writer_flush(base_writer *w)
{
	writer_out(w, w->buffer, w->used);
	w->used = 0;
}

static secant_status
writer_status(base_writer *w, secant_err *err)
{
	return w->first.code ? secant_fail(err, w->first.code, "%s", w->first.msg) : SECANT_OK;
}

secant_status
base_writer_put(base_writer *w, const void *data, size_t size, secant_err *err)
{
	if (size > sizeof w->buffer - w->used)
		writer_flush(w);
	if (size > sizeof w->buffer)
		writer_out(w, data, size);
	else if (size) {
		memcpy(w->buffer + w->used, data, size);
		w->used += size;
	}
	return writer_status(w, err);
}

secant_status
base_writer_printf(base_writer *w, secant_err *err, const char *fmt, ...)
{
	char small[512];
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	secant_status s;
	char *large = NULL;
	if (n < 0)
		s = secant_fail(&w->first, SECANT_ERR_BUG, "%s: cannot format", w->path);
	else if ((size_t)n < sizeof small)
		s = base_writer_put(w, small, (size_t)n, err);
	else if (!(large = secant_calloc((size_t)n + 1, 1)))
		s = secant_fail(&w->first, SECANT_ERR_NOMEM, "%s: no memory", w->path);
	else {
		(void)vsnprintf(large, (size_t)n + 1, fmt, again);
		s = base_writer_put(w, large, (size_t)n, err);
	}
	va_end(again);
	secant_free(large);
	return s ? writer_status(w, err) : SECANT_OK;
}

secant_status
base_writer_seek(base_writer *w, uint64_t position, secant_err *err)
{
	writer_flush(w);
	if (!w->first.code && (position > INT64_MAX || lseek(w->fd, (off_t)position, SEEK_SET) < 0))
		fail_errno(&w->first, w->path, "cannot seek");
	return writer_status(w, err);
}

/* Makes the rename itself durable. Folders of some file systems cannot be flushed: that is no failure. */
static void
sync_folder(const char *path)
{
	char *dir = base_path_dir(path);
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	secant_free(dir);
}

secant_status
base_writer_commit(base_writer *w, secant_err *err)
{
	writer_flush(w);
	if (!w->first.code && fsync(w->fd))
		fail_errno(&w->first, w->path, "cannot write");
	(void)!fsetxattr(w->fd, MADE_HERE, "1", 1, 0); /* where the file system keeps no attributes there is none */
	if (close(w->fd) && !w->first.code)
		fail_errno(&w->first, w->path, "cannot write");
	w->fd = -1;
	/* Nothing is made of a file that was half gone. */
	if (!w->first.code && !secant_files_whole(&w->first) && rename(w->temp, w->path))
		fail_errno(&w->first, w->path, "cannot write");
	secant_status s = writer_status(w, err);
	if (s)
		unlink(w->temp);
	else
		sync_folder(w->path);
	writer_free(w);
	return s;
}

void
base_writer_abort(base_writer *w)
{
	if (!w)
		return;
	unlink(w->temp);
	writer_free(w);
}

secant_status
secant_file_may_replace(const char *path, const secant_logger *log, secant_err *err)
{
	struct stat st;
	char mark[8];
	if (stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size || getxattr(path, MADE_HERE, mark, sizeof mark) >= 0)
		return SECANT_OK;
	if (errno == ENOTSUP) {
		secant_log(log, SECANT_LOG_WARNING, "%s was there already and is replaced", path);
		return SECANT_OK;
	}
	return secant_fail(err, SECANT_ERR_ARG,
		"%s is there already and secant did not write it: --overwrite replaces it, another name keeps it", path);
}

secant_status
secant_file_write(const char *path, const void *data, size_t size, secant_err *err)
{
	secant_err local = { 0 };
	base_writer *w = base_writer_open(path, &local);
	if (!w)
		return secant_fail(err, local.code, "%s", local.msg);
	(void)base_writer_put(w, data, size, NULL);
	return base_writer_commit(w, err);
}

secant_status
base_file_append_bytes(const char *path, const void *data, size_t n, secant_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	secant_status s = fd < 0 ? fail_errno(err, path, "cannot open") : SECANT_OK;
	if (!s) {
		ssize_t put = write(fd, data, n);
		if (put >= 0 && (size_t)put < n)
			errno = ENOSPC;
		if (put < 0 || (size_t)put < n)
			s = fail_errno(err, path, "cannot write");
	}
	if (fd >= 0 && close(fd) && !s)
		s = fail_errno(err, path, "cannot write");
	return s;
}

secant_status
base_file_append(const char *path, const char *line, secant_err *err)
{
	char *text = base_format("%s\n", line);
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	secant_status s = base_file_append_bytes(path, text, strlen(text), err);
	secant_free(text);
	return s;
}

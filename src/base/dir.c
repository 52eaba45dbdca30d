/*
 * Folders: what is in them, making and removing them. Lists come in byte order, whatever the file system thinks.
 */
#include "base/file.h"
#include "base/mem.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 256 };

bool
secant_is_file(const char *path)
{
	struct stat st;
	return !stat(path, &st) && S_ISREG(st.st_mode);
}

bool
secant_is_dir(const char *path)
{
	struct stat st;
	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static secant_status
make_dir(const char *path, secant_err *err)
{
	if (!mkdir(path, 0777) || (errno == EEXIST && secant_is_dir(path)))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_IO, "%s: cannot make folder: %s", path, strerror(errno));
}

secant_status
secant_make_dirs(const char *path, secant_err *err)
{
	if (!*path)
		return secant_fail(err, SECANT_ERR_ARG, "the name of a folder is empty");
	if (secant_is_dir(path))
		return SECANT_OK;
	char *copy = secant_strdup(path);
	if (!copy)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	secant_status s = SECANT_OK;
	for (char *p = copy + 1; *p && !s; p++)
		if (*p == '/' && p[-1] != '/') {
			*p = '\0';
			/* A parent that is there is left alone, also when it could not be made (read-only file systems say so
			 * first). */
			s = secant_is_dir(copy) ? SECANT_OK : make_dir(copy, err);
			*p = '/';
		}
	if (!s)
		s = make_dir(copy, err);
	secant_free(copy);
	return s;
}

static secant_status
remove_at(const char *path, int depth, secant_err *err)
{
	struct stat st;
	if (lstat(path, &st))
		return errno == ENOENT ? SECANT_OK
							   : secant_fail(err, SECANT_ERR_IO, "%s: cannot remove: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return unlink(path) ? secant_fail(err, SECANT_ERR_IO, "%s: cannot remove: %s", path, strerror(errno))
							: SECANT_OK;
	if (depth >= DEEPEST)
		return secant_fail(err, SECANT_ERR_RANGE, "%s: folders are nested more than %d deep", path, DEEPEST);
	secant_names names = { 0 };
	secant_status s = secant_dir_list(&names, path, SECANT_DIR_ALL, err);
	for (int i = 0; i < names.n && !s; i++) {
		char *inner = secant_path_join(path, names.v[i]);
		s = inner ? remove_at(inner, depth + 1, err) : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
		secant_free(inner);
	}
	secant_names_free(&names);
	if (!s && rmdir(path))
		s = secant_fail(err, SECANT_ERR_IO, "%s: cannot remove: %s", path, strerror(errno));
	return s;
}

secant_status
secant_remove_tree(const char *path, secant_err *err)
{
	return remove_at(path, 0, err);
}

/* Does an entry belong to the list? Links count as what they point to. */
static bool
wanted(DIR *d, const struct dirent *e, secant_dir_what what)
{
	struct stat st;
	if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
		return false;
	if (what == SECANT_DIR_ALL)
		return true;
	if (e->d_type == DT_REG)
		return what & SECANT_DIR_FILES;
	if (e->d_type == DT_DIR)
		return what & SECANT_DIR_FOLDERS;
	if (fstatat(dirfd(d), e->d_name, &st, 0))
		return false;
	return (S_ISREG(st.st_mode) && (what & SECANT_DIR_FILES)) || (S_ISDIR(st.st_mode) && (what & SECANT_DIR_FOLDERS));
}

secant_status
secant_dir_list(secant_names *out, const char *path, secant_dir_what what, secant_err *err)
{
	*out = (secant_names){ 0 };
	DIR *d = opendir(path);
	if (!d)
		return secant_fail(err, errno == ENOMEM ? SECANT_ERR_NOMEM : SECANT_ERR_IO, "%s: cannot read folder: %s", path,
			strerror(errno));
	secant_status s = SECANT_OK;
	for (;;) {
		errno = 0;
		struct dirent *e = readdir(d);
		if (!e)
			break;
		if (wanted(d, e, what) && secant_names_add(out, e->d_name)) {
			s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %d names", path, out->n);
			break;
		}
	}
	if (!s && errno)
		s = secant_fail(err, SECANT_ERR_IO, "%s: cannot read folder: %s", path, strerror(errno));
	closedir(d);
	if (s)
		secant_names_free(out);
	else
		secant_names_sort(out);
	return s;
}

int
secant_names_add(secant_names *l, const char *name)
{
	if (secant_grow((void **)&l->v, &l->capacity, l->n, sizeof *l->v))
		return 1;
	l->v[l->n] = secant_strdup(name);
	if (!l->v[l->n])
		return 1;
	l->n++;
	return 0;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
secant_names_sort(secant_names *l)
{
	if (l->n > 1)
		qsort(l->v, (size_t)l->n, sizeof *l->v, by_bytes);
}

void
secant_names_free(secant_names *l)
{
	for (int i = 0; i < l->n; i++)
		secant_free(l->v[i]);
	secant_free(l->v);
	*l = (secant_names){ 0 };
}

/*
 * Folders: what is in them, making and removing them. Lists come in byte order, whatever the file system thinks.
 */
#include "base/file.h"
#include "base/mem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
	char *copy = base_strdup(path);
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

/* The process that holds the lock of a folder, as /proc/locks says; 0: it does not. */
static long
holder_of(int fd)
{
	struct stat st;
	char line[256];
	long pid = 0;
	FILE *f = fstat(fd, &st) ? NULL : fopen("/proc/locks", "re");
	while (f && !pid && fgets(line, sizeof line, f)) {
		long who;
		unsigned long long inode;
		if (sscanf(line, "%*d: FLOCK %*s %*s %ld %*x:%*x:%llu", &who, &inode) == 2 && inode == st.st_ino)
			pid = who;
	}
	if (f)
		fclose(f);
	return pid;
}

secant_status
base_dir_lock(const char *path, int *lock, secant_err *err)
{
	*lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lock < 0)
		return secant_fail(err, SECANT_ERR_IO, "%s: cannot open: %s", path, strerror(errno));
	if (!flock(*lock, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK) /* file systems without locks have none to respect */
		return SECANT_OK;
	long pid = holder_of(*lock);
	close(*lock);
	*lock = -1;
	return pid > 0 ? secant_fail(err, SECANT_ERR_IO, "%s: process %ld is writing into it", path, pid)
				   : secant_fail(err, SECANT_ERR_IO, "%s: another process is writing into it", path);
}

/* Entries are read into a buffer on the stack: removing works where there is no memory left. */
typedef struct entry {
	uint64_t inode;
	int64_t next;
	unsigned short length;
	unsigned char type;
	char name[];
} entry;

static int remove_entry(int folder, const char *name, int depth);

/* Removes what is in an open folder. 0, or errno's number. */
static int
empty_folder(int fd, int depth)
{
	_Alignas(8) char buffer[2048];
	int failed = depth >= DEEPEST ? ELOOP : 0;
	for (bool removed = true; removed && !failed;) { /* again from the start: removing moves what is behind */
		long n;
		removed = false;
		if (lseek(fd, 0, SEEK_SET) < 0)
			return errno;
		while (!failed && (n = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) != 0) {
			if (n < 0)
				return errno;
			for (long at = 0; at < n && !failed; at += ((const entry *)(const void *)(buffer + at))->length) {
				const char *name = ((const entry *)(const void *)(buffer + at))->name;
				if (strcmp(name, ".") && strcmp(name, "..")) {
					failed = remove_entry(fd, name, depth + 1);
					removed = true;
				}
			}
		}
	}
	return failed;
}

static int
remove_entry(int folder, const char *name, int depth)
{
	if (!unlinkat(folder, name, 0))
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return errno == ENOENT ? 0 : errno;
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : errno == ENOTDIR ? EPERM : errno;
	int failed = empty_folder(fd, depth);
	close(fd);
	if (!failed && unlinkat(folder, name, AT_REMOVEDIR))
		failed = errno;
	return failed;
}

secant_status
base_remove_tree(const char *path, secant_err *err)
{
	int failed = remove_entry(AT_FDCWD, path, 0);
	if (failed == ELOOP)
		return secant_fail(err, SECANT_ERR_RANGE, "%s: folders are nested more than %d deep", path, DEEPEST);
	return failed ? secant_fail(err, SECANT_ERR_IO, "%s: cannot remove: %s", path, strerror(failed)) : SECANT_OK;
}

/* Does an entry belong to the list? Links count as what they point to. */
static bool
wanted(DIR *d, const struct dirent *e, base_dir_what what)
{
	struct stat st;
	if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
		return false;
	if (what == BASE_DIR_ALL)
		return true;
	if (e->d_type == DT_REG)
		return what & BASE_DIR_FILES;
	if (e->d_type == DT_DIR)
		return what & BASE_DIR_FOLDERS;
	if (fstatat(dirfd(d), e->d_name, &st, 0))
		return false;
	return (S_ISREG(st.st_mode) && (what & BASE_DIR_FILES)) || (S_ISDIR(st.st_mode) && (what & BASE_DIR_FOLDERS));
}

secant_status
base_dir_list(base_names *out, const char *path, base_dir_what what, secant_err *err)
{
	*out = (base_names){ 0 };
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
		if (wanted(d, e, what) && base_names_add(out, e->d_name)) {
			s = secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %d names", path, out->n);
			break;
		}
	}
	if (!s && errno)
		s = secant_fail(err, SECANT_ERR_IO, "%s: cannot read folder: %s", path, strerror(errno));
	closedir(d);
	if (s)
		base_names_free(out);
	else
		base_names_sort(out);
	return s;
}

int
base_names_add(base_names *l, const char *name)
{
	if (base_grow((void **)&l->v, &l->capacity, l->n, sizeof *l->v))
		return 1;
	l->v[l->n] = base_strdup(name);
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
base_names_sort(base_names *l)
{
	if (l->n > 1)
		qsort(l->v, (size_t)l->n, sizeof *l->v, by_bytes);
}

void
base_names_free(base_names *l)
{
	for (int i = 0; i < l->n; i++)
		secant_free(l->v[i]);
	secant_free(l->v);
	*l = (base_names){ 0 };
}

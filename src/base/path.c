/*
 * Paths as text: joining, taking apart, and the check that a path from a file may be joined to an output folder. No
 * file is touched.
 */
#include "base/file.h"
#include "base/mem.h"
#include <string.h>
#include <strings.h>

char *
base_path_join(const char *a, const char *b)
{
	if (*b == '/' || !*a)
		return base_strdup(b);
	return base_format("%s%s%s", a, a[strlen(a) - 1] == '/' ? "" : "/", b);
}

const char *
base_path_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *
base_path_ext(const char *path)
{
	const char *name = base_path_name(path), *dot = strrchr(name, '.');
	return dot && dot > name ? dot + 1 : name + strlen(name);
}

char *
base_path_stem(const char *path)
{
	const char *name = base_path_name(path), *ext = base_path_ext(path);
	size_t n = strlen(name);
	if (ext > name && ext[-1] == '.' && ext - 1 > name)
		n = (size_t)(ext - 1 - name);
	return base_strndup(name, n);
}

char *
base_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return base_strdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return base_strndup(path, slash > path ? (size_t)(slash - path) : 1);
}

bool
base_ext_is(const char *path, const char *list)
{
	const char *ext = base_path_ext(path);
	size_t n = strlen(ext);
	while (n) {
		size_t m = strcspn(list, "|");
		if (m == n && !strncasecmp(ext, list, n))
			return true;
		if (!list[m])
			break;
		list += m + 1;
	}
	return false;
}

bool
base_path_is_safe(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\')
			return false;
	if (path[0] && path[1] == ':')
		return false;
	for (;;) {
		size_t n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (!path[n])
			return true;
		path += n + 1;
	}
}

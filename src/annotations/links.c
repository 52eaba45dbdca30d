/*
 * Pictures that symbolic links place outside of their data set. Names in files cannot lead out by themselves (absolute
 * ones and ".." are refused where they are read), but a folder of the set may be a link to anywhere: somebody's own way
 * to keep pictures on another disk, or a stranger's way to have a private picture copied. The first is common, so that
 * links are followed and said; `--links refuse` is for sets of strangers.
 */
#include "annotations/format.h"
#include "base/file.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Is `path` within one of the real folders? */
static bool
is_below(const char *path, const char root[2][PATH_MAX])
{
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(root[i]);
		if (n && !strncmp(path, root[i], n) && (path[n] == '/' || path[n] == 0 || root[i][n - 1] == '/'))
			return true;
	}
	return false;
}

/* The real place of a picture that lies outside, else false. `dir` and `dir_real` remember the last folder. */
static bool
leads_out(const char *path, const char root[2][PATH_MAX], char *dir, char *dir_real, char *real)
{
	struct stat st;
	const char *name = base_path_name(path);
	size_t n = (size_t)(name - path);
	bool link = !lstat(path, &st) && S_ISLNK(st.st_mode);
	if (link)
		return realpath(path, real) && !is_below(real, root);
	if (n >= PATH_MAX)
		return false;
	if (strncmp(dir, path, n) || dir[n]) {
		memcpy(dir, path, n);
		dir[n] = 0;
		if (!realpath(n ? dir : ".", dir_real))
			*dir_real = 0;
	}
	if (!*dir_real || is_below(dir_real, root))
		return false;
	int length = snprintf(real, PATH_MAX, "%s/%s", dir_real, name);
	return length > 0 && length < PATH_MAX;
}

secant_status
ann_links(ann_set *s, const secant_dataset_reading *o, secant_err *err)
{
	const char *at = ann_str(s, s->root), *first = NULL;
	char dir[PATH_MAX] = "\1", dir_real[PATH_MAX] = "", real[PATH_MAX], where[PATH_MAX] = "";
	char *above = secant_is_dir(at) ? base_strdup(at) : base_path_dir(at);
	char root[2][PATH_MAX] = { "", "" };
	int n = 0;
	bool known = above && realpath(above, root[0]);
	if (!o->images || !realpath(o->images, root[1]))
		*root[1] = 0;
	for (int i = 0; known && i < s->n_images; i++) {
		const char *path = ann_str(s, s->images[i].path);
		if (!s->images[i].path || !leads_out(path, (const char(*)[PATH_MAX])root, dir, dir_real, real))
			continue;
		if (!n++) {
			first = path;
			snprintf(where, sizeof where, "%s", real);
		}
	}
	secant_free(above);
	if (!n)
		return SECANT_OK;
	if (o->links)
		return secant_fail(err, SECANT_ERR_IO,
			"%s: a link leads out of the data set, to %s (%d of %d pictures); --links follow takes them", first, where,
			n, s->n_images);
	ann_note(s, "%d of %d pictures lie outside of the data set: links lead there, from %s to %s for one", n,
		s->n_images, first, where);
	secant_status status = ann_find(s, "path-outside", -1, first, 0, 0,
		"%d of %d pictures lie outside of the data set: this one is %s, through a link", n, s->n_images, where);
	return status ? ann_nomem(err) : SECANT_OK;
}

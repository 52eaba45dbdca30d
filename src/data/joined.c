/* Labels of one sample in several files. See joined.h. */
#include "data/joined.h"
#include <string.h>
#include <strings.h>
#include "base/file.h"
#include "base/mem.h"

bool
data_joined_is(const char *path)
{
	return secant_is_dir(path);
}

static bool
begins(const char *name, const char *word)
{
	return !strncasecmp(name, word, strlen(word));
}

/* Labels of a folder, by the word their names begin with ("": any); none is no failure. */
static secant_status
list_called(base_names *labels, const base_names *all, const char *word, const char *folder, secant_err *err)
{
	for (int i = 0; i < all->n; i++)
		if (secant_image_is_path(all->v[i]) && begins(all->v[i], word) && base_names_add(labels, all->v[i]))
			return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", folder);
	return SECANT_OK;
}

/* The names of a folder's label files; to be freed. Where some are called mask, those called label are something else.
 */
static secant_status
list(base_names *labels, const char *folder, secant_err *err)
{
	const char *name = base_path_name(folder);
	bool all_are = !strcasecmp(name, "masks") || !strcasecmp(name, "labels");
	base_names all = { 0 };
	secant_status s = base_dir_list(&all, folder, BASE_DIR_FILES, err);
	if (!s)
		s = list_called(labels, &all, all_are ? "" : "mask", folder, err);
	if (!s && !labels->n)
		s = list_called(labels, &all, "label", folder, err);
	base_names_free(&all);
	return s;
}

bool
data_joined_wants(const char *folder)
{
	base_names labels = { 0 };
	bool several = !list(&labels, folder, NULL) && labels.n > 1;
	base_names_free(&labels);
	return several;
}

secant_status
data_joined_each(const char *path, secant_status (*visit)(void *user, const char *file, secant_err *err), void *user,
	secant_err *err)
{
	base_names labels = { 0 };
	if (!data_joined_is(path))
		return visit(user, path, err);
	secant_status s = list(&labels, path, err);
	if (!s && !labels.n)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: holds no label", path);
	for (int i = 0; !s && i < labels.n; i++) {
		char *file = base_path_join(path, labels.v[i]);
		s = file ? visit(user, file, err) : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
		secant_free(file);
	}
	base_names_free(&labels);
	return s;
}

typedef struct probing {
	secant_image_info *info;
	int n;
} probing;

static secant_status
probe(void *user, const char *file, secant_err *err)
{
	probing *p = user;
	secant_image_info one;
	secant_status s = secant_image_probe(file, &one, err);
	if (!s && p->n && (one.width != p->info->width || one.height != p->info->height))
		return secant_fail(err, SECANT_ERR_SHAPE, "%s: is %dx%d, the sample's labels before are %dx%d (height x width)",
			file, one.height, one.width, p->info->height, p->info->width);
	if (!s && !p->n++)
		*p->info = one;
	return s;
}

secant_status
data_joined_probe(const char *path, secant_image_info *info, secant_err *err)
{
	return data_joined_each(path, probe, &(probing){ .info = info }, err);
}

typedef struct joining {
	const data_label_rule *rule;
	int width, height;
	uint16_t *plane, *one;
} joining;

static secant_status
join(void *user, const char *file, secant_err *err)
{
	joining *j = user;
	secant_status s = data_labels_read(j->rule, file, j->width, j->height, j->one, err);
	for (size_t i = 0, n = (size_t)j->width * (size_t)j->height; !s && i < n; i++)
		if (j->one[i] && (j->one[i] != DATA_LABEL_IGNORE || !j->plane[i]))
			j->plane[i] = j->one[i];
	return s;
}

secant_status
data_joined_read(const data_label_rule *rule, const char *path, int width, int height, uint16_t *plane, secant_err *err)
{
	size_t n = (size_t)width * (size_t)height;
	joining j = { rule, width, height, plane, secant_calloc(n + 1, sizeof *plane) };
	if (!j.one)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %dx%d labels", path, height, width);
	memset(plane, 0, n * sizeof *plane);
	secant_status s = data_joined_each(path, join, &j, err);
	secant_free(j.one);
	return s;
}

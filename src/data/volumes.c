/*
 * A stack of pictures in one TIFF beside a stack of labels, as the challenge on membranes of ISBI 2012 has them:
 * DATA/train-volume.tif and DATA/train-labels.tif. Page k of the one belongs to page k of the other; the split is ours,
 * as of any data set that is not divided.
 */
#include <string.h>
#include "base/file.h"
#include "base/mem.h"
#include "codec/codec.h"
#include "data/layouts.h"

static char *
stack_called(const char *path, const char *stem)
{
	static const char *const extensions[] = { "tif", "tiff" };
	for (int i = 0; i < 2; i++) {
		char *name = base_format("%s/%s.%s", path, stem, extensions[i]);
		if (name && secant_is_file(name))
			return name;
		secant_free(name);
	}
	return NULL;
}

bool
data_volume_is(const char *path)
{
	char *pictures = stack_called(path, "train-volume"), *labels = stack_called(path, "train-labels");
	bool there = pictures && labels;
	secant_free(pictures);
	secant_free(labels);
	return there;
}

static secant_status
add_pages(data_pairs *out, const char *pictures, const char *labels, bool want_labels, secant_err *err)
{
	int n = codec_pages(pictures), k = codec_pages(labels);
	if (n != k || n < 1)
		return secant_fail(
			err, SECANT_ERR_FORMAT, "%s has %d pages, %s has %d: each picture wants a label", pictures, n, labels, k);
	secant_status s = SECANT_OK;
	for (int i = 0; i < n && !s; i++) /* numbers of one width: pairs are sorted by name */
		s = data_pairs_add(out, base_format("%s#%03d", pictures, i),
			want_labels ? base_format("%s#%03d", labels, i) : NULL, want_labels, err);
	return s;
}

secant_status
data_volume_find(data_pairs *out, const char *path, bool want_labels, secant_err *err)
{
	char *pictures = stack_called(path, "train-volume"), *labels = stack_called(path, "train-labels");
	secant_status s = pictures && labels ? add_pages(out, pictures, labels, want_labels, err)
										 : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	secant_free(pictures);
	secant_free(labels);
	return s;
}

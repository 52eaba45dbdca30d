/*
 * CTW, Chinese text in the wild (Yuan and others, JCST 2019): train.jsonl, val.jsonl, a picture a line,
 *
 *     {"file_name": "0000172.jpg", "width": 2048, "height": 2048,
 *      "annotations": [[{"text": "x", "is_chinese": true, "polygon": [[x, y], ...], "adjusted_bbox": [x, y, w, h],
 *                        "attributes": ["occluded"]}, ...], ...],        characters of a line of text each
 *      "ignore": [{"polygon": [[x, y], ...], "bbox": [x, y, w, h]}]}     not to be judged
 *
 * An object is a character of class "text", with its four corners, or where there are none its box; `line` counts the
 * lines of text of a picture from 0.
 */
#include "annotations/find.h"
#include "base/file.h"
#include "base/json.h"
#include <stdio.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "\"annotations\"", "\"adjusted_bbox\"", "\"file_name\"", NULL };
	return base_ext_is(path, "jsonl") && ann_head_has(path, words);
}

/* A character, or a region that is not to be judged. */
static secant_status
take_one(ann_set *s, int image, const json_t *j, int line_of_text, const char *box_key, uint32_t line,
	const char *origin, secant_err *err)
{
	const json_t *corners = json_object_get(j, "polygon"), *box = json_object_get(j, box_key);
	bool ignored = line_of_text < 0;
	secant_status status = SECANT_OK;
	int at = ann_named_object(s, image, "text"), n = 0;
	if (at < 0)
		return ann_nomem(err);
	s->objects[at].line = line;
	if (json_array_size(corners) == 4) {
		double *xy = ann_tree_points(corners, 1, 1, &n);
		if (!ann_set_points(s, at, ANN_QUAD, xy, n, origin, &status, err))
			return status;
	} else {
		const double v[4] = { ann_tree_number(json_array_get(box, 0), NULL),
			ann_tree_number(json_array_get(box, 1), NULL), ann_tree_number(json_array_get(box, 2), NULL),
			ann_tree_number(json_array_get(box, 3), NULL) };
		if (!ann_set_box(s, at, v, origin, &status, err))
			return status;
	}
	uint32_t head = 0;
	char number[16];
	int k = snprintf(number, sizeof number, "%d", line_of_text);
	if (!ignored) {
		ann_tree_keep(s, &head, "text", json_object_get(j, "text"));
		ann_add_attribute(s, &head, "line", number, (size_t)k);
		ann_tree_keep(s, &head, "is_chinese", json_object_get(j, "is_chinese"));
		ann_tree_keep(s, &head, "attributes", json_object_get(j, "attributes"));
	}
	s->objects[at].attributes = head;
	s->objects[at].flags |= ignored ? ANN_VOID : 0u;
	return SECANT_OK;
}

static secant_status
take_picture(ann_set *s, ann_finder *f, const json_t *j, int split, uint32_t line, const char *origin, secant_err *err)
{
	const char *name = ann_tree_text(j, "file_name");
	secant_status status = SECANT_OK;
	const json_t *text, *one;
	size_t i, k;
	if (!*name)
		return ann_bad(s, "parse-error", origin, line, 0, err, "a picture without file_name");
	int image = f ? ann_finder_picture(f, s, name, origin, &status, err) : 0;
	if (image < 0)
		return status;
	s->images[image].source = ann_intern(s, origin, strlen(origin));
	s->images[image].splits |= split >= 0 ? 1ull << split : 0;
	ann_tree_size(s, image, ann_tree_number(j, "width"), ann_tree_number(j, "height"));
	json_array_foreach (json_object_get(j, "annotations"), i, text)
		json_array_foreach (text, k, one)
			if (!status)
				status = take_one(s, image, one, (int)i, "adjusted_bbox", line, origin, err);
	json_array_foreach (json_object_get(j, "ignore"), i, one)
		if (!status)
			status = take_one(s, image, one, -1, "bbox", line, origin, err);
	return status;
}

static const ann_files files = {
	.extension = "jsonl",
	.because = "it has CTW's lines of JSON",
	.sure = 96,
	.is = is_own,
	.line = take_picture,
};

const ann_format ann_format_ctw = {
	.name = "ctw",
	.brief = "CTW: characters in pictures, a line of JSON each",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_QUAD | ANN_HOLDS_FRACTIONS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_VOID,
	.attributes = "text|line|is_chinese|attributes",
	.only_class = "text",
	.files = &files,
};

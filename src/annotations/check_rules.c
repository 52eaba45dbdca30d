/* The rules of `secant data check`, with stable ids, and the list of findings. To add a rule: one row here, one use of
 * its id. */
#include "annotations/check.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define I SECANT_FINDING_INFO
#define W SECANT_FINDING_WARNING
#define E SECANT_FINDING_ERROR
const ann_rule ann_rules[] = {
	{ "parse-error", E, "a file that is not what its format says: line, column, what was found and expected" },
	{ "image-unreadable", E, "the header of a picture (with --deep: its data) cannot be read" },
	{ "image-missing", E, "a picture that annotations or lists name does not exist" },
	{ "annotation-missing", I, "a picture without annotation file: background where the format says so" },
	{ "orphan-file", W, "a picture or annotation file that no list names" },
	{ "size-mismatch", E, "declared width, height or depth differ from the picture" },
	{ "size-swapped", E, "declared width is the real height and the other way round" },
	{ "exif-rotated", W, "EXIF orientation is not 1: annotations may be in either frame" },
	{ "stem-collision", E, "two pictures would get one name in a flat folder" },
	{ "duplicate-image", W, "two pictures with the same bytes; an error when in different lists" },
	{ "near-duplicate-image", I, "two pictures that look alike; a warning when in different lists" },
	{ "box-inverted", E, "x1 < x0 or y1 < y0" },
	{ "box-empty", E, "a box without area" },
	{ "box-outside", E, "a box that does not meet its picture" },
	{ "box-clipped", W, "a box partly outside its picture" },
	{ "box-duplicate", W, "two objects of one class with the same box in one picture" },
	{ "place-missing", W,
		"an object without box and shape: a label of the whole picture, or one whose place was lost" },
	{ "box-tiny", I, "a box with a side below the limit" },
	{ "box-origin", W, "evidence for another VOC origin than the one in use" },
	{ "value-not-finite", E, "a NaN or infinite number" },
	{ "class-undefined", E, "a class that is not in the class list" },
	{ "class-unused", W, "a class without objects" },
	{ "class-id-origin", W, "class numbers that do not start where the format starts, or have gaps" },
	{ "class-name-space", W, "spaces before, after or twice within a class name" },
	{ "class-namesake", W, "two classes of one name" },
	{ "class-few", I, "fewer objects of a class than the limit" },
	{ "class-imbalance", I, "the most frequent class outnumbers the rarest by more than the limit" },
	{ "box-outlier", I, "a box whose size is far from the mean of its class" },
	{ "polygon-odd", E, "an odd number of coordinates" },
	{ "polygon-short", E, "fewer than three points" },
	{ "polygon-self-intersection", W, "sides of a polygon cross" },
	{ "polygon-bbox-mismatch", W, "box and extent of the polygon differ by more than a pixel" },
	{ "area-mismatch", W, "the stored area is not that of the shape" },
	{ "rle-size", E, "the size of a run-length mask is not that of the picture" },
	{ "rle-sum", E, "the runs of a mask do not sum to its pixels, or cannot be read" },
	{ "mask-lossy", E, "a mask is a JPEG, whose values are not those that were written" },
	{ "mask-size", E, "mask and picture differ in size" },
	{ "mask-value", E, "a mask holds a value outside the classes (255 is void)" },
	{ "mask-palette-lost", W, "a VOC mask that is not an indexed picture" },
	{ "id-duplicate", E, "two pictures, classes or annotations with one id" },
	{ "reference-dangling", E, "an annotation names an unknown picture or class" },
	{ "split-overlap", E, "a picture in two lists that should be apart" },
	{ "split-class-missing", W, "a class that a list has no object of" },
	{ "encoding", W, "byte order mark, CR LF, or not UTF-8" },
	{ "path-portable", W, "an absolute path, a backslash, or names that differ by case only" },
	{ "path-outside", I, "pictures that links place outside of the data set" },
	{ "count-profile", I, "counts differ from a named profile" },
	{ NULL },
};
#undef I
#undef W
#undef E

bool
secant_check_rule(int i, const char **id, secant_finding_level *level, const char **brief)
{
	int n = sizeof ann_rules / sizeof *ann_rules - 1;
	if (i < 0 || i >= n)
		return false;
	if (id)
		*id = ann_rules[i].id;
	if (level)
		*level = ann_rules[i].level;
	if (brief)
		*brief = ann_rules[i].brief;
	return true;
}

int
ann_find_rule(const char *id)
{
	for (int i = 0; ann_rules[i].id; i++)
		if (!strcmp(ann_rules[i].id, id))
			return i;
	assert(!"a rule that is not in the table");
	return 0;
}

void
ann_findings_free(ann_findings *f)
{
	if (f) {
		secant_free(f->v);
		base_str_free(&f->text);
	}
	secant_free(f);
}

static uint32_t
keep(ann_findings *f, const char *text)
{
	size_t at = f->text.n;
	base_str_addn(&f->text, text, strlen(text) + 1);
	return f->text.n > UINT32_MAX || f->text.failed ? 0 : (uint32_t)at;
}

static secant_status
note(ann_set *s, int rule, int level, const char *file, uint32_t line, uint32_t column, const char *message)
{
	if (!s->findings && !(s->findings = secant_calloc(1, sizeof *s->findings)))
		return SECANT_ERR_NOMEM;
	ann_findings *f = s->findings;
	if (base_grow((void **)&f->v, &f->capacity, f->n, sizeof *f->v))
		return SECANT_ERR_NOMEM;
	level = level < 0 ? (int)ann_rules[rule].level : level;
	f->v[f->n++] = (ann_finding){ (uint16_t)rule, (uint16_t)level, line, column, keep(f, file), keep(f, message) };
	if (f->text.failed)
		return SECANT_ERR_NOMEM;
	f->per_rule[rule]++;
	f->count[level]++;
	return s->memory.code;
}

secant_status
ann_find(
	ann_set *s, const char *rule, int level, const char *file, uint32_t line, uint32_t column, const char *fmt, ...)
{
	if (!s->collect)
		return SECANT_OK;
	char message[500];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	return note(s, ann_find_rule(rule), level, file, line, column, message);
}

secant_status
ann_bad(ann_set *s, const char *rule, const char *file, uint32_t line, uint32_t column, secant_err *err,
	const char *fmt, ...)
{
	char message[500];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	if (s->collect)
		return note(s, ann_find_rule(rule), -1, file, line, column, message);
	if (!strncmp(message, file, strlen(file)))
		return secant_fail(err, SECANT_ERR_FORMAT, "%s", message);
	if (line && column)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s:%u:%u: %s", file, line, column, message);
	if (line)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s:%u: %s", file, line, message);
	return secant_fail(err, SECANT_ERR_FORMAT, "%s: %s", file, message);
}

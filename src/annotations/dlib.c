/*
 * dlib's imglab (King, dlib.net/imaging.html): one XML for all pictures,
 *
 *     <dataset><images><image file='a.jpg'><box top='74' left='232' width='83' height='83' ignore='1'>
 *       <label>face</label><part name='00' x='1' y='2'/></box></image></images></dataset>
 *
 * A box without a label is of class "object"; `ignore` is a region not to be judged; parts are kept as an attribute.
 */
#include "annotations/find.h"
#include "annotations/xml_pull.h"
#include "base/file.h"
#include <stdio.h>

static bool
is_own(const char *path)
{
	static const char *const words[] = { "<dataset", "<images", "<image ", "file=", NULL };
	return base_ext_is(path, "xml") && ann_head_has(path, words);
}

/* Parts of a box as a list of [name, x, y], and its label. */
static void
read_inner(xml_pull *x, base_str *label, base_str *parts)
{
	ann_field tag, text;
	while (ann_xml_child(x, &tag)) {
		if (ann_is(tag, "label")) {
			if (ann_xml_next_text(x, &text))
				base_str_addf(label, "%.*s", (int)ann_len(text), text.p);
		} else if (ann_is(tag, "part")) {
			static const char *const keys[] = { "x", "y" };
			base_str_add(parts, parts->n ? ", [" : "[");
			if (ann_xml_attribute(x, "name", &text))
				ann_json_string(parts, text.p, ann_len(text));
			else
				base_str_add(parts, "\"\"");
			for (int k = 0; k < 2; k++) {
				double v = 0;
				if (!ann_xml_attribute(x, keys[k], &text) || !ann_real(text.p, text.end, &v) || !isfinite(v))
					ann_xml_fail(x, "a part without numbers x and y");
				base_str_add(parts, ", ");
				ann_put_number(parts, v);
			}
			base_str_add(parts, "]");
			ann_xml_skip(x);
		} else
			ann_xml_skip(x);
	}
}

static secant_status
read_box(ann_set *s, xml_pull *x, int image, secant_err *err)
{
	static const char *const sides[] = { "left", "top", "width", "height" };
	static const char *const marks[] = { "occluded", "truncated", "pose", "angle", "gender", "age" };
	double v[4] = { NAN, NAN, NAN, NAN };
	base_str label = { 0 }, parts = { 0 };
	ann_field text;
	uint32_t head = 0, line = ann_xml_line(x);
	secant_status status = SECANT_OK;
	for (int k = 0; k < 4; k++)
		if (!ann_xml_attribute(x, sides[k], &text) || !ann_real(text.p, text.end, &v[k]))
			v[k] = NAN;
	bool ignored = ann_xml_attribute(x, "ignore", &text) && (ann_is(text, "1") || ann_is(text, "true"));
	bool difficult = ann_xml_attribute(x, "difficult", &text) && (ann_is(text, "1") || ann_is(text, "true"));
	for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
		double number;
		if (!ann_xml_attribute(x, marks[k], &text) || ann_is(text, "0"))
			continue;
		if (ann_real(text.p, text.end, &number) && ann_is_json_number(text.p, ann_len(text)))
			ann_add_attribute(s, &head, marks[k], text.p, ann_len(text));
		else
			ann_attribute_text(s, &head, marks[k], text.p, ann_len(text));
	}
	read_inner(x, &label, &parts);
	if (parts.n) {
		base_str list = { 0 };
		base_str_addf(&list, "[%s]", parts.p);
		if (list.p)
			ann_add_attribute(s, &head, "parts", list.p, list.n);
		base_str_free(&list);
	}
	int at = x->err.code ? -1 : ann_named_object(s, image, label.n ? label.p : "object");
	base_str_free(&label), base_str_free(&parts);
	if (at < 0)
		return x->err.code ? SECANT_OK : ann_nomem(err);
	s->objects[at].line = line;
	if (!ann_set_box(s, at, v, x->origin, &status, err))
		return status;
	s->objects[at].attributes = head;
	s->objects[at].flags |= (ignored ? ANN_VOID : 0u) | (difficult ? ANN_DIFFICULT : 0u);
	return SECANT_OK;
}

static secant_status
read_image(ann_set *s, ann_finder *f, xml_pull *x, secant_err *err)
{
	ann_field text, tag;
	secant_status status = SECANT_OK;
	uint32_t line = ann_xml_line(x);
	if (!ann_xml_attribute(x, "file", &text) || !ann_len(text))
		return ann_bad(s, "parse-error", x->origin, line, 0, err, "an image without file");
	char *name = base_strndup(text.p, ann_len(text));
	double size[2] = { 0 };
	if (!ann_xml_attribute(x, "width", &text) || !ann_real(text.p, text.end, &size[0]))
		size[0] = 0;
	if (!ann_xml_attribute(x, "height", &text) || !ann_real(text.p, text.end, &size[1]))
		size[1] = 0;
	int image = !name ? -1 : f ? ann_finder_beside(f, s, name, x->origin, &status, err) : 0;
	if (!name)
		status = ann_nomem(err);
	secant_free(name);
	if (image >= 0) {
		ann_text source = ann_intern(s, x->origin, strlen(x->origin));
		s->images[image].source = source;
		ann_tree_size(s, image, size[0], size[1]);
	}
	while (!status && ann_xml_child(x, &tag))
		if (ann_is(tag, "box") && image >= 0)
			status = read_box(s, x, image, err);
		else
			ann_xml_skip(x);
	return status;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	xml_pull x;
	ann_field tag;
	secant_status status = SECANT_OK;
	ann_xml_init(&x, data, n, origin);
	(void)ann_xml_root(&x, &tag);
	while (!status && ann_xml_child(&x, &tag)) {
		bool images = ann_is(tag, "images");
		if (!images)
			ann_xml_skip(&x);
		while (images && !status && ann_xml_child(&x, &tag))
			if (ann_is(tag, "image"))
				status = read_image(s, f, &x, err);
			else
				ann_xml_skip(&x);
	}
	if (!status)
		ann_xml_end(&x);
	if (!status && x.err.code)
		status = secant_fail(err, x.err.code, "%s", x.err.msg);
	ann_xml_free(&x);
	return status;
}

static const ann_files files = {
	.extension = "xml",
	.because = "it has XML of dlib's imglab",
	.sure = 94,
	.is = is_own,
	.text = parse,
};

const ann_format ann_format_dlib = {
	.name = "dlib",
	.brief = "dlib's imglab: an XML of boxes and their parts",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_FRACTIONS | ANN_HOLDS_ATTRIBUTES | ANN_HOLDS_VOID | ANN_HOLDS_DIFFICULT,
	.files = &files,
};

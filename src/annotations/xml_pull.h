/*
 * Reading XML without building a tree. A strict subset: elements, attributes, text, CDATA, comments, processing
 * instructions, the five named entities and character references. No document type with entities (neither internal, so
 * no bombs, nor external, so no fetching), UTF-8 only, 64 levels. Errors name line and column, and are sticky
 * (x->err.code).
 *
 *     if (ann_xml_root(x, &name))
 *         while (ann_xml_child(x, &name))
 *             if (ann_is(name, "width")) ann_xml_real(x, &w);
 *             else ann_xml_json(x, &json);
 * Every child must be consumed by one of: ann_xml_child until false, _text, _real, _json, _skip.
 */
#ifndef ANN_XML_PULL_H
#define ANN_XML_PULL_H
#include "annotations/text.h"

enum { XML_DEPTH = 64, XML_ATTRIBUTES = 48 };

typedef struct xml_pull {
	const char *start, *p, *end;
	const char *origin;
	secant_err err;
	ann_field name[XML_DEPTH];
	int depth;
	bool empty; /* the element just opened closed itself: <a/> */
	ann_field key[XML_ATTRIBUTES], value[XML_ATTRIBUTES];
	int n_attributes;
	const char *line_at;
	uint32_t line; /* lines counted so far */
	base_str scratch;
	size_t kept; /* of scratch: its blanks are no layout */
} xml_pull;

void ann_xml_init(xml_pull *x, const char *data, size_t size, const char *origin);
void ann_xml_free(xml_pull *x);
bool ann_xml_root(xml_pull *x, ann_field *name);
bool ann_xml_child(xml_pull *x, ann_field *name); /* false at the closing tag, which is taken */
bool ann_xml_next_text(
	xml_pull *x, ann_field *text); /* of a leaf, trimmed, decoded; valid until the next; takes the closing tag */
bool ann_xml_real(xml_pull *x, double *v); /* of a leaf; text that is no number is an error */
/* An attribute of the element opened last, decoded; false when absent. Valid until the next. */
bool ann_xml_attribute(xml_pull *x, const char *key, ann_field *text);
/* The element's content as JSON: a string for a leaf, an object of its children otherwise (children of one name become
 * an array). */
void ann_xml_json(xml_pull *x, base_str *json);
void ann_xml_skip(xml_pull *x);
void ann_xml_end(xml_pull *x); /* after the root: an error if anything but space and comments follows */
void ann_xml_fail(xml_pull *x, const char *fmt, ...) SECANT_PRINTF(2, 3);
uint32_t ann_xml_line(xml_pull *x);
/* The other way: JSON value (as made by ann_xml_json) as the content of <name>; indented by `depth` steps of two
 * spaces. */
void ann_xml_from_json(base_str *out, const char *name, const char *json, int depth);
#endif

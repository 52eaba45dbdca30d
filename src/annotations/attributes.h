/* Attributes in XML and in text: <attributes><attribute><name/><value/></attribute></attributes>, as CVAT and others
 * write them. */
#ifndef ANN_ATTRIBUTES_H
#define ANN_ATTRIBUTES_H
#include "annotations/format.h"
#include "annotations/json_pull.h"
#include "annotations/xml_pull.h"

/* A value as plain text (strings bare unless they would read as something else), and back as JSON. */
void ann_value_text(base_str *out, const char *json);
void ann_text_value(base_str *json, const char *p, size_t n);
/* The container for all attributes without the prefix; nothing when there are none. `extra` adds lines "key", "json"
 * pairs (NULL ends). */
void ann_attributes_xml(
	base_str *out, const ann_set *s, uint32_t head, const char *prefix, const char *const *extra, int depth);
secant_status ann_attributes_read(ann_set *s, xml_pull *x, uint32_t *head); /* at <attributes> */
/*
 * What the model holds itself but a format has only attributes for: crowd and difficult marks, a stored area, a box
 * that is not the extent of its shape, and that a polygon is one of several parts of an object. Readers take them out
 * of the attributes again.
 */
enum { ANN_IMPLIED_CROWD = 1, ANN_IMPLIED_AREA = 2, ANN_IMPLIED_DIFFICULT = 4, ANN_IMPLIED_BOX = 8 };
typedef struct ann_implied {
	const char *pair[11];
	char area[64], box[160], part[64];
} ann_implied; /* pair: key, JSON, ... NULL */
/* Part `part` of `parts` of object number `object` of its picture; parts 1 where there is nothing to say. Returns the
 * number of pairs. */
int ann_find_implied(
	const ann_set *s, const ann_object *o, unsigned what, int object, int part, int parts, ann_implied *out);
/* The reverse, after reading: takes all but the part out of the attributes into the object. */
void ann_absorb(ann_set *s, ann_object *o);
/* Of the objects from `from` on: runs of polygons that say they are the parts of one object become one again. */
void ann_join_parts(ann_set *s, int from);
/* Is the value a JSON list of n finite numbers? They go to v. */
bool ann_list(const char *json, double *v, int n);
/* Is the object's box another one than its shape has? */
bool ann_box_apart(const ann_set *s, const ann_object *o);
#endif

/* Attributes in XML and in text: <attributes><attribute><name/><value/></attribute></attributes>, as CVAT and others write them. */
#ifndef ANN_ATTRIBUTES_H
#define ANN_ATTRIBUTES_H
#include "data/annotations/format.h"
#include "data/annotations/json_pull.h"
#include "data/annotations/xml_pull.h"

/* A value as plain text (strings bare unless they would read as something else), and back as JSON. */
void secant_ann_value_text(secant_str *out, const char *json);
void secant_ann_text_value(secant_str *json, const char *p, size_t n);
/* The container for all attributes without the prefix; nothing when there are none. `extra` adds lines "key", "json" pairs (NULL ends). */
void secant_ann_attributes_xml(secant_str *out, const ann_set *s, uint32_t head, const char *prefix, const char *const *extra, int depth);
secant_status secant_ann_attributes_read(ann_set *s, xml_pull *x, uint32_t *head);      /* at <attributes> */
/* What the model holds itself but other formats keep among attributes: iscrowd, area, difficult. As key, JSON pairs; returns their number. */
int secant_ann_implied(const ann_set *s, const ann_object *o, bool crowd, bool area, bool difficult, const char *pairs[8], char room[64]);
/* The reverse, after reading: takes coco.iscrowd, coco.area and difficult out of the attributes into the object. */
void secant_ann_absorb(ann_set *s, ann_object *o);
#endif

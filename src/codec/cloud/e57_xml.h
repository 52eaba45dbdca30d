/* The XML of an E57 file as a tree of elements: what e57.c asks of it. */
#ifndef CODEC_CLOUD_E57_XML_H
#define CODEC_CLOUD_E57_XML_H
#include <secant/base.h>

typedef struct cloud_e57_node cloud_e57_node;
struct cloud_e57_node {
	const char *name, *attributes, *text; /* within the text of the tree; each ends in a zero byte */
	int child, next; /* indices; 0: none */
};

typedef struct cloud_e57_tree {
	char *xml; /* owned; taken apart */
	cloud_e57_node *node; /* [0] stands above the root */
	int nodes, room;
} cloud_e57_tree;

/* Takes `xml` (owned from now on, `size` bytes and a zero byte). */
secant_status cloud_e57_parse(cloud_e57_tree *t, char *xml, size_t size, const char *name, secant_err *err);
void cloud_e57_tree_free(cloud_e57_tree *t);
/* The first child of a node by name ("pose"), or 0; names may have a prefix that is not asked for ("nor:normalX" is
 * "nor:normalX" alone). */
int cloud_e57_child(const cloud_e57_tree *t, int node, const char *name);
/* The value of an attribute in `out`; false when there is none. */
bool cloud_e57_attribute(const cloud_e57_tree *t, int node, const char *name, char *out, size_t room);
/* The number in a child's text, or `otherwise`. */
double cloud_e57_number(const cloud_e57_tree *t, int node, const char *name, double otherwise);
#endif

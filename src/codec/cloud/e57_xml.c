/*
 * A reader of the XML within E57 files: elements, attributes, text and CDATA; declarations, comments and processing
 * instructions are passed over, and there are no entities (the file is written by programs, and what we ask it for are
 * numbers and names of fields). Nothing recurses; elements and depth are bounded.
 */
#include "codec/cloud/e57_xml.h"
#include "base/mem.h"
#include "codec/cloud/decimal.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NODES_MAX = 1 << 20, DEPTH = 64 };

void
cloud_e57_tree_free(cloud_e57_tree *t)
{
	secant_free(t->xml);
	secant_free(t->node);
	*t = (cloud_e57_tree){ 0 };
}

static int
add_node(cloud_e57_tree *t)
{
	if (t->nodes == t->room) {
		int room = t->room ? t->room * 2 : 256;
		cloud_e57_node *grown = room > NODES_MAX ? NULL : base_realloc(t->node, (size_t)room, sizeof *grown);
		if (!grown)
			return -1;
		t->node = grown;
		t->room = room;
	}
	t->node[t->nodes] = (cloud_e57_node){ .name = "", .attributes = "", .text = "" };
	return t->nodes++;
}

/* Past what is neither an element nor an end: <?...?>, <!--...-->, <![CDATA[...]]>, <!...>. NULL: it has no end. */
static char *
pass_over(char *p, const char **text)
{
	static const struct {
		const char *begin, *end;
	} kinds[] = { { "<!--", "-->" }, { "<![CDATA[", "]]>" }, { "<?", "?>" }, { "<!", ">" } };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t n = strlen(kinds[i].begin);
		if (strncmp(p, kinds[i].begin, n) != 0)
			continue;
		char *end = strstr(p + n, kinds[i].end);
		if (i == 1 && end) {
			*end = '\0';
			*text = p + n;
		}
		return end ? end + strlen(kinds[i].end) : NULL;
	}
	return NULL;
}

/* The end of a tag: '>' outside of quotes. NULL: none. */
static char *
tag_end(char *p)
{
	char quote = 0;
	for (; *p; p++) {
		if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '>')
			return p;
	}
	return NULL;
}

static secant_status
bad(const char *name, const char *what, const cloud_e57_tree *t, const char *at, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_FORMAT, "%s: the XML %s at its byte %zu", name, what, (size_t)(at - t->xml));
}

secant_status
cloud_e57_parse(cloud_e57_tree *t, char *xml, size_t size, const char *name, secant_err *err)
{
	int stack[DEPTH] = { 0 }, last[DEPTH] = { 0 }, depth = 0;
	*t = (cloud_e57_tree){ .xml = xml };
	if (add_node(t) < 0)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", name);
	for (char *p = xml; (p = strchr(p, '<'));) {
		char *open = p;
		if (p[1] == '?' || p[1] == '!') {
			p = pass_over(p, &t->node[stack[depth]].text);
			if (!p)
				return bad(name, "breaks off", t, open, err);
			continue;
		}
		char *end = tag_end(p);
		if (!end)
			return bad(name, "breaks off", t, open, err);
		*end = '\0';
		if (p[1] == '/') {
			if (depth == 0)
				return bad(name, "closes what is not open", t, open, err);
			*open = '\0'; /* ends the text before it */
			depth--;
			p = end + 1;
			continue;
		}
		bool empty = end[-1] == '/' && end > p + 1;
		int k = add_node(t);
		if (k < 0 || (!empty && depth + 1 == DEPTH))
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: the XML has too many or too deep elements", name);
		if (empty)
			end[-1] = '\0';
		*open = '\0';
		char *word = p + 1, *rest = word;
		while (*rest && !isspace((unsigned char)*rest))
			rest++;
		cloud_e57_node *node = &t->node[k];
		node->name = word;
		node->attributes = *rest ? rest + 1 : rest;
		*rest = '\0';
		node->text = empty ? "" : end + 1;
		*(last[depth] ? &t->node[last[depth]].next : &t->node[stack[depth]].child) = k;
		last[depth] = k;
		if (!empty) {
			stack[++depth] = k;
			last[depth] = 0;
		}
		p = end + 1;
	}
	return depth ? bad(name, "breaks off", t, xml + size, err) : SECANT_OK;
}

int
cloud_e57_child(const cloud_e57_tree *t, int node, const char *name)
{
	int k = t->node[node].child;
	while (k && strcmp(t->node[k].name, name) != 0)
		k = t->node[k].next;
	return k;
}

bool
cloud_e57_attribute(const cloud_e57_tree *t, int node, const char *name, char *out, size_t room)
{
	size_t n = strlen(name);
	for (const char *p = t->node[node].attributes; *p;) {
		p += strspn(p, " \t\r\n");
		const char *equals = strchr(p, '='), *open = equals ? equals + 1 + strspn(equals + 1, " \t\r\n") : NULL;
		const char *close = open && (*open == '"' || *open == '\'') ? strchr(open + 1, *open) : NULL;
		if (!close)
			return false;
		size_t length = strcspn(p, "= \t\r\n");
		if (length == n && !memcmp(p, name, n) && (size_t)(close - open) <= room) {
			memcpy(out, open + 1, (size_t)(close - open) - 1);
			out[close - open - 1] = '\0';
			return true;
		}
		p = close + 1;
	}
	return false;
}

double
cloud_e57_number(const cloud_e57_tree *t, int node, const char *name, double otherwise)
{
	double v;
	int k = node ? cloud_e57_child(t, node, name) : 0;
	const char *text = k ? t->node[k].text : "";
	return decimal_parse(text + strspn(text, " \t\r\n"), &v) ? v : otherwise;
}

/* The report of a check: text, JSON, SARIF 2.1.0 (OASIS), and a self-contained HTML page. */
#include "annotations/check.h"
#include "annotations/text.h"

static const char *const words[] = { "information", "warning", "error" };
static const char *const sarif_words[] = { "note", "warning", "error" };

static void
put(base_str *t, const char *text)
{
	ann_json_string(t, text, strlen(text));
}

static const ann_findings *
findings(const ann_set *s)
{
	static const ann_findings none;
	return s->findings ? s->findings : &none;
}

static void
place(base_str *t, const ann_set *s, const ann_finding *f)
{
	base_str_add(t, ann_finding_text(s, f->file));
	if (f->line)
		base_str_addf(t, ":%u", f->line);
	if (f->line && f->column)
		base_str_addf(t, ":%u", f->column);
}

static void
text(base_str *t, const ann_set *s, int limit)
{
	const ann_findings *all = findings(s);
	for (int level = 2; level >= 0; level--)
		for (int r = 0; ann_rules[r].id; r++) {
			int shown = 0, n = 0;
			for (int i = 0; i < all->n; i++)
				n += all->v[i].rule == r && all->v[i].level == level;
			for (int i = 0; i < all->n && shown < limit; i++) {
				const ann_finding *f = &all->v[i];
				if (f->rule != r || f->level != level)
					continue;
				if (!shown++)
					base_str_addf(t, "%s %s (%d): %s\n", words[level], ann_rules[r].id, n, ann_rules[r].brief);
				base_str_add(t, "  ");
				place(t, s, f);
				base_str_addf(t, ": %s\n", ann_finding_text(s, f->message));
			}
			if (n > shown)
				base_str_addf(t, "  and %d more\n", n - shown);
		}
	for (int i = 0; i < s->n_notes; i++)
		base_str_addf(t, "note: %s\n", ann_str(s, s->notes[i]));
	base_str_addf(t, "%s: format %s, %d pictures, %d objects, %d classes: %d errors, %d warnings, %d remarks\n",
		ann_str(s, s->root), ann_str(s, s->format), s->n_images, s->n_objects, s->n_classes, all->count[2],
		all->count[1], all->count[0]);
}

static void
json(base_str *t, const ann_set *s)
{
	const ann_findings *all = findings(s);
	bool first = true;
	base_str_add(t, "{\n  \"path\": ");
	put(t, ann_str(s, s->root));
	base_str_add(t, ",\n  \"format\": ");
	put(t, ann_str(s, s->format));
	base_str_addf(t,
		",\n  \"pictures\": %d,\n  \"objects\": %d,\n  \"classes\": %d,\n  \"errors\": %d,\n  \"warnings\": %d,\n  "
		"\"infos\": %d,\n  \"counts\": {",
		s->n_images, s->n_objects, s->n_classes, all->count[2], all->count[1], all->count[0]);
	for (int r = 0; ann_rules[r].id; r++)
		if (all->per_rule[r]) {
			base_str_addf(t, "%s\"%s\": %d", first ? "" : ", ", ann_rules[r].id, all->per_rule[r]);
			first = false;
		}
	base_str_add(t, "},\n  \"notes\": [");
	for (int i = 0; i < s->n_notes; i++) {
		base_str_add(t, i ? ", " : "");
		put(t, ann_str(s, s->notes[i]));
	}
	base_str_add(t, "],\n  \"findings\": [");
	for (int i = 0; i < all->n; i++) {
		const ann_finding *f = &all->v[i];
		base_str_addf(t, "%s\n    {\"rule\": \"%s\", \"level\": \"%s\", \"file\": ", i ? "," : "",
			ann_rules[f->rule].id, words[f->level]);
		put(t, ann_finding_text(s, f->file));
		base_str_addf(t, ", \"line\": %u, \"column\": %u, \"message\": ", f->line, f->column);
		put(t, ann_finding_text(s, f->message));
		base_str_add(t, "}");
	}
	base_str_add(t, all->n ? "\n  ]\n}\n" : "]\n}\n");
}

static void
sarif(base_str *t, const ann_set *s)
{
	const ann_findings *all = findings(s);
	base_str_add(t,
		"{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n  \"version\": \"2.1.0\",\n  \"runs\": "
		"[{\n    \"tool\": {\"driver\": "
		"{\"name\": \"secant data check\", \"version\": ");
	put(t, secant_version());
	base_str_add(t, ", \"rules\": [");
	for (int r = 0; ann_rules[r].id; r++) {
		base_str_addf(t, "%s\n      {\"id\": \"%s\", \"shortDescription\": {\"text\": ", r ? "," : "", ann_rules[r].id);
		put(t, ann_rules[r].brief);
		base_str_addf(t, "}, \"defaultConfiguration\": {\"level\": \"%s\"}}", sarif_words[ann_rules[r].level]);
	}
	base_str_add(t, "\n    ]}},\n    \"results\": [");
	for (int i = 0; i < all->n; i++) {
		const ann_finding *f = &all->v[i];
		base_str_addf(t,
			"%s\n      {\"ruleId\": \"%s\", \"ruleIndex\": %d, \"level\": \"%s\", \"message\": {\"text\": ",
			i ? "," : "", ann_rules[f->rule].id, f->rule, sarif_words[f->level]);
		put(t, ann_finding_text(s, f->message));
		base_str_add(t, "}, \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
		base_str uri = { 0 };
		for (const char *p = ann_finding_text(s, f->file); *p; p++)
			if (((uint8_t)*p | 32) >= 'a' && ((uint8_t)*p | 32) <= 'z')
				base_str_addn(&uri, p, 1);
			else if ((*p >= '0' && *p <= '9') || strchr("/-._~", *p))
				base_str_addn(&uri, p, 1);
			else
				base_str_addf(&uri, "%%%02X", (uint8_t)*p);
		put(t, uri.p ? uri.p : "");
		base_str_free(&uri);
		base_str_add(t, "}");
		if (f->line)
			base_str_addf(t, ", \"region\": {\"startLine\": %u%s%.0u}", f->line, f->column ? ", \"startColumn\": " : "",
				f->column);
		base_str_add(t, "}}]}");
	}
	base_str_add(t, "\n    ]\n  }]\n}\n");
}

static void
escaped(base_str *t, const char *p)
{
	ann_xml_text(t, p, strlen(p));
}

static void
html(base_str *t, const ann_set *s)
{
	const ann_findings *all = findings(s);
	base_str_add(t, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Check of ");
	escaped(t, ann_str(s, s->root));
	base_str_add(t,
		"</title><style>body{font:15px/1.45 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 "
		"1em;color:#1b1b1b;background:#fff}"
		"h1{font-size:1.4em}summary{cursor:pointer;padding:.35em "
		"0}.error{color:#a40000}.warning{color:#8a5a00}.information{color:#245a8d}"
		"table{border-collapse:collapse;width:100%}td{border-top:1px solid #ddd;padding:.2em "
		".5em;vertical-align:top;overflow-wrap:anywhere}"
		"@media(prefers-color-scheme:dark){body{background:#181818;color:#e8e8e8}td{border-color:#444}.error{color:#"
		"ff8a80}.warning{color:#ffcc66}"
		".information{color:#8ec7ff}}</style></head><body><h1>Check of ");
	escaped(t, ann_str(s, s->root));
	base_str_addf(t,
		"</h1><p>Format %s: %d pictures, %d objects, %d classes. <b class=\"error\">%d errors</b>, <b "
		"class=\"warning\">%d warnings</b>, "
		"<b class=\"information\">%d remarks</b>.</p>\n",
		ann_str(s, s->format), s->n_images, s->n_objects, s->n_classes, all->count[2], all->count[1], all->count[0]);
	for (int level = 2; level >= 0; level--)
		for (int r = 0; ann_rules[r].id; r++) {
			int n = 0;
			for (int i = 0; i < all->n; i++) {
				const ann_finding *f = &all->v[i];
				if (f->rule != r || f->level != level)
					continue;
				if (!n++)
					base_str_addf(t, "<details%s><summary><b class=\"%s\">%s %s</b> %s</summary><table>\n",
						level == 2 ? " open" : "", words[level], words[level], ann_rules[r].id, ann_rules[r].brief);
				base_str where = { 0 };
				place(&where, s, f);
				base_str_add(t, "<tr><td>");
				escaped(t, where.p ? where.p : "");
				base_str_add(t, "</td><td>");
				escaped(t, ann_finding_text(s, f->message));
				base_str_add(t, "</td></tr>\n");
				base_str_free(&where);
			}
			if (n)
				base_str_add(t, "</table></details>\n");
		}
	base_str_add(t, "</body></html>\n");
}

char *
ann_check_report(const ann_set *s, const secant_dataset_checking *o)
{
	base_str t = { 0 };
	switch (o ? o->format : 0) {
	case 1: json(&t, s); break;
	case 2: sarif(&t, s); break;
	case 3: html(&t, s); break;
	default: text(&t, s, o ? o->limit : 10);
	}
	return base_str_take(&t);
}

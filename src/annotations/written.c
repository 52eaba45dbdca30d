/*
 * Names of classes in formats that have no room for any name: a name a line, a name between blanks. What stands in the
 * files is kept beside the name for the time of writing, and in the manifest, by which it comes back.
 */
#include "annotations/put.h"

/* How many bytes of a name at p no line of text can have: control characters, and what others take for line ends. */
static size_t
breaks_line(const char *p)
{
	static const char *const ends[] = { "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9" }; /* U+0085, U+2028, U+2029 */
	if ((unsigned char)*p < ' ' || *p == 0x7f)
		return 1;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (!strncmp(p, ends[i], strlen(ends[i])))
			return strlen(ends[i]);
	return 0;
}

static ann_text
written_name(ann_set *s, const char *name, const char *without, char instead)
{
	base_str t = { 0 };
	ann_text out = 0;
	for (const char *p = name; *p;) {
		size_t n = breaks_line(p);
		n = n ? n : strchr(without, *p) ? 1 : 0;
		base_str_addn(&t, n ? &instead : p, 1);
		p += n ? n : 1;
	}
	ann_field f = t.p ? ann_trim(t.p, t.p + t.n) : (ann_field){ name, name };
	if (!t.failed && ann_len(f) && (ann_len(f) != strlen(name) || strncmp(f.p, name, ann_len(f))))
		out = ann_store(s, f.p, ann_len(f));
	base_str_free(&t);
	return out;
}

secant_status
ann_name_classes(ann_set *s, ann_out *out, const char *without, char instead, secant_err *err)
{
	ann_set seen; /* names as they are written; `id` is the class that has it */
	secant_status status = SECANT_OK;
	ann_init(&seen);
	for (int i = 0; !status && i < s->n_classes; i++) {
		s->classes[i].written = written_name(s, ann_str(s, s->classes[i].name), without, instead);
		const char *name = ann_str(s, s->classes[i].name), *now = ann_written(s, i);
		int at = ann_find_class(&seen, now, strlen(now));
		const char *other = at < 0 ? NULL : ann_str(s, s->classes[seen.classes[at].id].name);
		if (other && strcmp(name, other))
			status = secant_fail(err, SECANT_ERR_UNSUPPORTED,
				"classes '%s' and '%s' are both '%s' in this format: give one of them another name", other, name, now);
		else if (!other && ann_add_class(&seen, now, strlen(now), i) < 0)
			status = ann_nomem(err);
		if (s->classes[i].written)
			ann_out_lose(out, 1, "name of a class as it stands (it is written '%s')", now);
	}
	ann_free(&seen);
	return status ? status : ann_sound(s, err);
}

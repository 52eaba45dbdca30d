/* Whatever attributes and names hold: what is written is sound, and comes back as it was. */
#include "ann_describe.h"
#include "annotations/attributes.h"
#include "base/rng.h"
#define CASE(name) "tests/annotations/cases/" name

/* attribute-with-leading-zero: plate numbers are text, in every format that has JSON. */
static void
test_attribute_with_leading_zero(void **state)
{
	static const char *const to[] = { "coco", "labelme", "cvat", "voc", "csv" };
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
			char *tmp = base_strdup(scratch_dir());
			const char *path = k ? CASE("attribute-with-leading-zero/set2") : CASE("attribute-with-leading-zero/set");
			const char *text = k ? "\"1.\"" : "\"0003\"";
			secant_dataset *d = open_as(path, NULL);
			assert_string_equal(ann_get(&d->set, d->set.objects[0].attributes, "k"), text);
			must_write(d, to[i], at(tmp, "out"));
			secant_dataset_free(d);
			d = open_as(at(tmp, "out"), NULL);
			assert_string_equal(ann_get(&d->set, d->set.objects[0].attributes, "k"), text);
			secant_dataset_free(d);
			remove_tree(tmp);
			secant_free(tmp);
		}
}

static void
test_what_text_is_a_number(void **state)
{
	static const struct {
		const char *text, *json;
	} row[] = { { "7", "7" }, { "-1.5e3", "-1.5e3" }, { "0", "0" }, { "0.5", "0.5" }, { "true", "true" },
		{ "null", "null" }, { "[1, 2]", "[1, 2]" }, { "00", "\"00\"" }, { "-01", "\"-01\"" }, { "007.5", "\"007.5\"" },
		{ "1.", "\"1.\"" }, { ".5", "\".5\"" }, { "+1", "\"+1\"" }, { "1e999", "\"1e999\"" }, { "NaN", "\"NaN\"" },
		{ "nan", "\"nan\"" }, { "Infinity", "\"Infinity\"" }, { "-inf", "\"-inf\"" },
		{ "9007199254740993", "\"9007199254740993\"" },
		{ "123456789012345678901234567890", "\"123456789012345678901234567890\"" }, { "[1, 02]", "\"[1, 02]\"" },
		{ "1e", "\"1e\"" }, { "-", "\"-\"" }, { "", "\"\"" } };
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		base_str t = { 0 };
		ann_text_value(&t, row[i].text, strlen(row[i].text));
		assert_string_equal(t.p, row[i].json);
		base_str_free(&t);
	}
}

/* What Python's json leaves that JSON has not is kept by its name; what is no number at all is refused. */
static void
test_numbers_of_other_writers(void **state)
{
#define COCO(value) \
	"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 9, \"height\": 9}], \"categories\": [{\"id\": 1, " \
	"\"name\": \"c\"}], " \
	"\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4], \"attributes\": " \
	"{\"a\\\"b\\u00e9\": " value "}}]}"
	static const described row[] = {
		{ "NaN", { "annotations/instances.json", COCO("NaN"), "images/a.png", "@9x9" }, NULL,
			"a.png 9x9: c 1,2 3x4 a\"b\xc3\xa9=\"NaN\"", NULL },
		{ "-Infinity in a list",
			{ "annotations/instances.json", COCO("[1, -Infinity, \"NaN\", null]"), "images/a.png", "@9x9" }, NULL,
			"a.png 9x9: c 1,2 3x4 a\"b\xc3\xa9=[1, \"-Infinity\", \"NaN\", null]", NULL },
		{ "01 is no number", { "annotations/instances.json", COCO("01"), "images/a.png", "@9x9" }, NULL, NULL,
			"instances.json:1|number" },
		{ "1. is no number", { "annotations/instances.json", COCO("1."), "images/a.png", "@9x9" }, NULL, NULL,
			"instances.json:1|number" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* A random text: pieces that are special somewhere, and random characters of all planes. */
static void
random_text(base_rng *r, char *out, bool xml)
{
	static const char *const pieces[] = { "\"", "'", "\\", "&", "<", ">", "]]>", "&amp;", "#", ": ", "- ", "{", "}",
		"[", "]", ",", ";", "%", "@", "`", "|", "0003", "1.", "1e999", "NaN", "true", "null", "~", "yes", "=", "\n",
		"\t", "\r", "\r\n", " ", "  ", "\\u0041", "<!--", "?>", "/", "*a", "&a", "!!x", "\xef\xbb\xbf", "\xe2\x80\xa8",
		"\xc2\x85", "\xc2\xa0", "\xf0\x9f\x9a\x97", "\xe7\x8c\xab", "a", "b", "Z", "9", "_", ".", "\x7f", "\x01",
		"\x1f" };
	enum { N = sizeof pieces / sizeof *pieces };
	size_t n = 0;
	int count = 1 + (int)base_rng_below(r, 8);
	for (int i = 0; i < count; i++) {
		uint32_t c = 0x20 + (uint32_t)base_rng_below(r, 0x10ffff - 0x20);
		if (base_rng_below(r, 3)) {
			const char *p = pieces[base_rng_below(r, xml ? N - 2 : N)]; /* XML has no control characters at all */
			n += (size_t)sprintf(out + n, "%s", p);
			continue;
		}
		if ((c >= 0xd800 && c < 0xe000) || (c & 0xfffe) == 0xfffe || (c >= 0x7f && c < 0xa0))
			continue;
		int k = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		for (int b = k; b-- > 1; c >>= 6)
			out[n + (size_t)b] = (char)(0x80 | (c & 0x3f));
		out[n] = (char)(k == 1 ? c : (0xf00u >> k & 0xf0) | c);
		n += (size_t)k;
	}
	if (!n)
		out[n++] = 'x';
	out[n] = 0;
}

/* Sets of random class names, attribute keys and values through every format that carries attributes. */
static void
test_random_texts_come_back(void **state)
{
	static const struct {
		const char *to;
		bool xml, keys;
	} row[] = { { "coco", false, true }, { "labelme", false, true }, { "cvat", true, true }, { "voc", true, true },
		{ "csv", true, false } };
	base_rng r = base_rng_make(7, BASE_FOR_SPLIT, 0, 0);
	for (int turn = 0; turn < 60; turn++) {
		const char *to = row[turn % 5].to;
		bool xml = row[turn % 5].xml;
		char name[400], key[400], value[400], *tmp = base_strdup(scratch_dir());
		random_text(&r, name, xml), random_text(&r, key, xml), random_text(&r, value, xml);
		if (!row[turn % 5].keys)
			snprintf(key, sizeof key, "note");
		base_str t = { 0 }, json = { 0 };
		base_str_add(&t,
			"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 9, \"height\": 9}], \"categories\": "
			"[{\"id\": 1, \"name\": ");
		ann_json_string(&t, name, strlen(name));
		base_str_add(&t,
			"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4], "
			"\"attributes\": {");
		ann_json_string(&t, key, strlen(key));
		base_str_add(&t, ": ");
		ann_json_string(&json, value, strlen(value));
		base_str_addf(&t, "%s}}]}", json.p);
		put(tmp, "src/annotations/instances.json", t.p);
		put_picture(tmp, "src/images/a.png", 9, 9, 1);
		secant_dataset *d = open_as(at(tmp, "src"), NULL);
		must_write(d, to, at(tmp, "out"));
		secant_dataset_free(d);
		d = open_as(at(tmp, "out"), NULL);
		assert_int_equal(secant_dataset_object_count(d), 1);
		ann_field trimmed = ann_trim(name, name + strlen(name)); /* CSV's cells have no blanks at their ends */
		if (row[turn % 5].keys ? strcmp(secant_dataset_class_name(d, 0), name) != 0
							   : strncmp(secant_dataset_class_name(d, 0), trimmed.p, ann_len(trimmed)) != 0)
			fail_msg("%s: class <%s> came back as <%s>", to, name, secant_dataset_class_name(d, 0));
		const char *back = ann_get(&d->set, d->set.objects[0].attributes, key);
		if (row[turn % 5].keys && (!back || strcmp(back, json.p)))
			fail_msg("%s: <%s>: <%s> came back as <%s>", to, key, json.p, back ? back : "nothing");
		base_str_free(&t), base_str_free(&json);
		secant_dataset_free(d);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attribute_with_leading_zero),
		cmocka_unit_test(test_what_text_is_a_number),
		cmocka_unit_test(test_numbers_of_other_writers),
		cmocka_unit_test(test_random_texts_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

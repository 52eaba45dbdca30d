/*
 * Names of files that mean the same: macOS writes letters with marks as letter and mark (Unicode's form D), all others
 * as one (form C). Letters of Latin, Greek, Cyrillic, Vietnamese, kana and Hangul; others stay as they are. The table
 * is that of UnicodeData.txt (Unicode 15), a row a mark; Hangul is computed (Unicode 15, chapter 3.12).
 */
#include "base/unicode.h"
#include <ctype.h>
#include <string.h>

static const struct {
	uint32_t mark;
	const char *whole, *bare; /* in step */
} rows[] = {
	{ 0x0300, "ÀÈÌÒÙàèìòùǛǜǸǹЀЍѐѝḔḕṐṑẀẁẦầẰằỀềỒồỜờỪừỲỳ", "AEIOUaeiouÜüNnЕИеиĒēŌōWwÂâĂăÊêÔôƠơƯưYy" },
	{ 0x0301,
		"ÁÉÍÓÚÝáéíóúýĆćĹĺŃńŔŕŚśŹźǗǘǴǵǺǻǼǽǾǿΆΈΉΊΌΎΏΐάέήίΰόύώЃЌѓќḈḉḖḗḮḯḰḱḾḿṌṍṒṓṔṕṸṹẂẃẤấẮắẾế"
		"ỐốỚớỨứ",
		"AEIOUYaeiouyCcLlNnRrSsZzÜüGgÅåÆæØøΑΕΗΙΟΥΩϊαεηιϋουωГКгкÇçĒēÏïKkMmÕõŌōPpŨũWwÂâĂăÊê"
		"ÔôƠơƯư" },
	{ 0x0302, "ÂÊÎÔÛâêîôûĈĉĜĝĤĥĴĵŜŝŴŵŶŷẐẑẬậỆệỘộ", "AEIOUaeiouCcGgHhJjSsWwYyZzẠạẸẹỌọ" },
	{ 0x0303, "ÃÑÕãñõĨĩŨũṼṽẪẫẴẵẼẽỄễỖỗỠỡỮữỸỹ", "ANOanoIiUuVvÂâĂăEeÊêÔôƠơƯưYy" },
	{ 0x0304, "ĀāĒēĪīŌōŪūǕǖǞǟǠǡǢǣǬǭȪȫȬȭȰȱȲȳӢӣӮӯḠḡḸḹṜṝ", "AaEeIiOoUuÜüÄäȦȧÆæǪǫÖöÕõȮȯYyИиУуGgḶḷṚṛ" },
	{ 0x0306, "ĂăĔĕĞğĬĭŎŏŬŭЎЙйўӁӂӐӑӖӗḜḝẶặ", "AaEeGgIiOoUuУИиуЖжАаЕеȨȩẠạ" },
	{ 0x0307, "ĊċĖėĠġİŻżȦȧȮȯḂḃḊḋḞḟḢḣṀṁṄṅṖṗṘṙṠṡṤṥṦṧṨṩṪṫẆẇẊẋẎẏẛ", "CcEeGgIZzAaOoBbDdFfHhMmNnPpRrSsŚśŠšṢṣTtWwXxYyſ" },
	{ 0x0308, "ÄËÏÖÜäëïöüÿŸΪΫϊϋЁЇёїӒӓӚӛӜӝӞӟӤӥӦӧӪӫӬӭӰӱӴӵӸӹḦḧṎṏṺṻẄẅẌẍẗ",
		"AEIOUaeiouyYΙΥιυЕІеіАаӘәЖжЗзИиОоӨөЭэУуЧчЫыHhÕõŪūWwXxt" },
	{ 0x0309, "ẢảẨẩẲẳẺẻỂểỈỉỎỏỔổỞởỦủỬửỶỷ", "AaÂâĂăEeÊêIiOoÔôƠơUuƯưYy" },
	{ 0x030a, "ÅåŮůẘẙ", "AaUuwy" },
	{ 0x030b, "ŐőŰűӲӳ", "OoUuУу" },
	{ 0x030c, "ČčĎďĚěĽľŇňŘřŠšŤťŽžǍǎǏǐǑǒǓǔǙǚǦǧǨǩǮǯǰȞȟ", "CcDdEeLlNnRrSsTtZzAaIiOoUuÜüGgKkƷʒjHh" },
	{ 0x030f, "ȀȁȄȅȈȉȌȍȐȑȔȕѶѷ", "AaEeIiOoRrUuѴѵ" },
	{ 0x0311, "ȂȃȆȇȊȋȎȏȒȓȖȗ", "AaEeIiOoRrUu" },
	{ 0x031b, "ƠơƯư", "OoUu" },
	{ 0x0323, "ḄḅḌḍḤḥḲḳḶḷṂṃṆṇṚṛṢṣṬṭṾṿẈẉẒẓẠạẸẹỊịỌọỢợỤụỰựỴỵ", "BbDdHhKkLlMmNnRrSsTtVvWwZzAaEeIiOoƠơUuƯưYy" },
	{ 0x0324, "Ṳṳ", "Uu" },
	{ 0x0325, "Ḁḁ", "Aa" },
	{ 0x0326, "ȘșȚț", "SsTt" },
	{ 0x0327, "ÇçĢģĶķĻļŅņŖŗŞşŢţȨȩḐḑḨḩ", "CcGgKkLlNnRrSsTtEeDdHh" },
	{ 0x0328, "ĄąĘęĮįŲųǪǫ", "AaEeIiUuOo" },
	{ 0x032d, "ḒḓḘḙḼḽṊṋṰṱṶṷ", "DdEeLlNnTtUu" },
	{ 0x032e, "Ḫḫ", "Hh" },
	{ 0x0330, "ḚḛḬḭṴṵ", "EeIiUu" },
	{ 0x0331, "ḆḇḎḏḴḵḺḻṈṉṞṟṮṯẔẕẖ", "BbDdKkLlNnRrTtZzh" },
	{ 0x3099, "がぎぐげござじずぜぞだぢづでどばびぶべぼゔゞガギグゲゴザジズゼゾダヂヅデドバビブベボヴヷヸヹヺヾ",
		"かきくけこさしすせそたちつてとはひふへほうゝカキクケコサシスセソタチツテトハヒフヘホウワヰヱヲヽ" },
	{ 0x309a, "ぱぴぷぺぽパピプペポ", "はひふへほハヒフヘホ" },
};

enum {
	HANGUL = 0xac00,
	HANGUL_END = 0xd7a4,
	LEADING = 0x1100,
	VOWEL = 0x1161,
	TRAILING = 0x11a7,
	VOWELS = 21,
	TAILS = 28
};

/* Bytes of the character at p, 1 where it is no UTF-8; *c is its number. */
static size_t
take(const char *p, uint32_t *c)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n = *u < 0x80          ? 1
		: *u >= 0xc2 && *u < 0xe0 ? 2
		: *u >= 0xe0 && *u < 0xf0 ? 3
		: *u >= 0xf0 && *u < 0xf5 ? 4
								  : 1;
	*c = n == 1 ? *u : *u & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80) {
			*c = *u;
			return 1;
		}
		*c = *c << 6 | (u[i] & 0x3f);
	}
	return n;
}

static void
put(base_str *t, uint32_t c)
{
	char b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
	if (n == 1)
		b[0] = (char)c;
	else {
		b[0] = (char)((n == 2 ? 0xc0 : 0xe0) | c >> 6 * (n - 1));
		for (size_t i = 1; i < n; i++)
			b[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
	}
	base_str_addn(t, b, n);
}

/* The letter of p and its mark; false: it has none. */
static bool
parts_of(const char *p, size_t n, const char **bare, size_t *m, uint32_t *mark)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (const char *w = rows[i].whole, *b = rows[i].bare; *w;) {
			uint32_t c;
			size_t k = take(w, &c), l = take(b, &c);
			if (k == n && !memcmp(w, p, n)) {
				*bare = b, *m = l, *mark = rows[i].mark;
				return true;
			}
			w += k, b += l;
		}
	return false;
}

static void
decompose(base_str *t, const char *p, size_t n)
{
	const char *bare = p;
	uint32_t mark = 0, c;
	size_t m = n;
	(void)take(p, &c);
	if (n == 3 && c >= HANGUL && c < HANGUL_END) {
		uint32_t s = c - HANGUL, tail = s % TAILS;
		put(t, LEADING + s / (VOWELS * TAILS));
		put(t, VOWEL + s % (VOWELS * TAILS) / TAILS);
		if (tail)
			put(t, TRAILING + tail);
	} else if (n > 1 && parts_of(p, n, &bare, &m, &mark)) {
		decompose(t, bare, m); /* of one mark less */
		put(t, mark);
	} else
		base_str_addn(t, p, n);
}

char *
base_name_key(const char *name)
{
	base_str t = { 0 };
	base_str_add(&t, "");
	for (size_t n; *name; name += n) {
		uint32_t c;
		n = take(name, &c);
		if (n == 1) {
			char small = (char)tolower((unsigned char)*name);
			base_str_addn(&t, &small, 1);
		} else
			decompose(&t, name, n);
	}
	return base_str_take(&t);
}

/* Hashes against published values: FNV-1a (the authors' test suite), CRC-32 (the check value), SHA-256 (FIPS 180-4
 * examples). */
#include "data.h"
#include "base/hash.h"
#include "base/mem.h"

static void
fnv1a(void **state)
{
	assert_true(base_fnv1a("", 0) == 0xcbf29ce484222325u);
	assert_true(base_fnv1a("a", 1) == 0xaf63dc4c8601ec8cu);
	assert_true(base_fnv1a("foobar", 6) == 0x85944171f73967e8u);
}

static void
crc32(void **state)
{
	assert_int_equal(base_crc32(0, "", 0), 0);
	assert_int_equal(base_crc32(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(base_crc32(base_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
	unsigned char bytes[256];
	for (int i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(base_crc32(0, bytes, 256), 0x29058c73);
}

static void
sha256(void **state)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopq"
		  "rstu",
			"cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};
	char hex[65];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		base_sha256_hex(rows[i].text, strlen(rows[i].text), hex);
		assert_string_equal(hex, rows[i].hex);
	}
	char *million = secant_calloc(1000000, 1);
	memset(million, 'a', 1000000);
	base_sha256_hex(million, 1000000, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	secant_free(million);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(fnv1a), cmocka_unit_test(crc32), cmocka_unit_test(sha256) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

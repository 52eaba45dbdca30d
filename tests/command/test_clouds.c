/* Clouds from outside: info, convert, train, eval, predict, and what goes wrong on the way. */
#include "run.h"
#include "base/file.h"

static char out[100000], dir[300];

static void
says(const char *part, const char *line)
{
	int status = run_line(out, sizeof out, "cd %s && %s", dir, line);
	if (status || !strstr(out, part))
		fail_msg("%s: status %d; '%s' lacks '%s'", line, status, out, part);
}

static void
fails(int status, const char *part, const char *line)
{
	int got = run_line(out, sizeof out, "cd %s && %s", dir, line);
	if (got != status || !strstr(out, part))
		fail_msg("%s: status %d, want %d; '%s' lacks '%s'", line, got, status, out, part);
}

static int
set_up(void **state)
{
	snprintf(dir, sizeof dir, "%s", scratch_dir());
	says("", "mkdir -p set/train set/val && awk 'BEGIN { for (i = 0; i < 600; i++) { x = i % 20; y = int(i / 20); print x, y, (i * 7 % 11) / 10, (x < 10 ? 1 : 0) } }' > points.txt"
		" && { echo x,y,z,label; tr ' ' ',' < points.txt; } > set/train/a.csv && cp set/train/a.csv set/val/b.csv");
	return 0;
}

static int tear_down(void **state) { return (int)secant_remove_tree(dir, NULL); }

static void
a_set_says_what_it_is(void **state)
{
	says("data set of clouds", "$SECANT info set");
	says("\"layout\": \"folder\"", "$SECANT info set --json");
	says("folder", "$SECANT list cloudsets");
}

static void
clouds_are_converted(void **state)
{
	says("600 points", "$SECANT data convert set/train/a.csv a.ply");
	says("600 points", "$SECANT data convert a.ply a.las --las-version 1.2");
	says("LAS 1.2", "$SECANT info a.las");
	says("300 points", "$SECANT data convert a.las part.pcd --within 0,0,10,100");
	fails(2, "--within: four numbers are wanted", "$SECANT data convert a.las part.pcd --within 0,0,10");
	fails(2, "not both cloud files", "$SECANT data convert a.las part.xyzw");
	fails(2, "b.laz: clouds of this kind are read, not written: want .las", "$SECANT data convert a.las b.laz");
	fails(2, "none.las: there is no such file", "$SECANT data convert none.las b.laz");
	says("", "printf '0 0 0\\n1 nan 0\\n' > nan.xyz && printf '1e308 0 0\\n-1e308 0 0\\n' > far.xyz && echo ply > broken.ply");
	fails(1, "1 point has no finite coordinate y; LAS cannot hold that", "$SECANT data convert nan.xyz nan.las");
	fails(1, "x runs from -1e+308 to 1e+308; no grid of LAS reaches that far", "$SECANT data convert far.xyz far.las");
	says("", "test ! -e nan.las && test ! -e far.las");
	fails(1, "broken.ply: ", "$SECANT info broken.ply");
	assert_null(strstr(out, "safetensors"));
	fails(2, "'mp4' is not one that a cloud is drawn to: png, jpg, tif, webp, bmp, gif, apng, html", "$SECANT show a.las --out a.mp4");
}

static void
a_scene_from_training_to_a_classified_cloud(void **state)
{
	says("epoch 1/2", "$SECANT train set --out run --arch pointnet-dense --up z --block 8 --points 64 --batch 4 --epochs 2 --precision f32 --threads 1 --keep-epochs --test-every 2");
	assert_non_null(strstr(out, "training pointnet-dense on "));     /* an encoder is for pictures */
	says("", "test -s run/epoch-001.safetensors && test -s run/tests.jsonl && grep -q clouds_per_second run/log.jsonl");
	says("protocol scene: clouds 1", "$SECANT eval run/best.safetensors set --precision f32 --threads 1");
	says("\"protocol\":\"scene\"", "$SECANT eval run/best.safetensors set --precision f32 --threads 1 --json");
	says("", "$SECANT predict run points.txt --out out.las --precision f32 --threads 1 && $SECANT info out.las | grep -q confidence");
	says("", "$SECANT show out.las --out out.png && test -s out.png");
	says("", "$SECANT predict run set/train --out many --cloud-format ply --precision f32 --threads 1 && test -s many/a.ply");
	fails(1, "No such file", "$SECANT predict run nothing.las --out o.las");
	fails(2, "o.laz: clouds of this kind are read, not written: want .las", "$SECANT predict run points.txt --out o.laz --precision f32");
	fails(2, "o.las: 2 clouds want a folder", "$SECANT predict run points.txt set/train/a.csv --out o.las --precision f32");
	says("", "test ! -e o.laz && test ! -e o.las");
	fails(2, "--out is missing", "$SECANT predict run points.txt");
	fails(2, "--protocol 'x' is none of class, category, paper, scene", "$SECANT eval run/best.safetensors set --protocol x");
	fails(2, "its clouds have no classes", "$SECANT train set --out run2 --arch pointnet-cls");
	fails(2, "is told the category of each object", "$SECANT train set --out run2 --arch pointnet-part");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_says_what_it_is), cmocka_unit_test(clouds_are_converted), cmocka_unit_test(a_scene_from_training_to_a_classified_cloud)
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

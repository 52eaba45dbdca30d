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
	says("",
		"mkdir -p set/train set/val && awk 'BEGIN { for (i = 0; i < 600; i++) { x = i % 20; y = int(i / 20); print x, "
		"y, (i * 7 % 11) / 10, (x < 10 ? 1 : 0) } }' > points.txt"
		" && { echo x,y,z,label; tr ' ' ',' < points.txt; } > set/train/a.csv && cp set/train/a.csv set/val/b.csv");
	return 0;
}

static int
tear_down(void **state)
{
	return (int)base_remove_tree(dir, NULL);
}

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
	fails(2, "b.stl: clouds of this kind are read, not written: want .las", "$SECANT data convert a.las b.stl");
	fails(2, "none.las: there is no such file", "$SECANT data convert none.las b.laz");
	says("",
		"printf '0 0 0\\n1 nan 0\\n' > nan.xyz && printf '1e308 0 0\\n-1e308 0 0\\n' > far.xyz && echo ply > "
		"broken.ply");
	says("nan.las: 1 points without finite coordinates were left out: las cannot hold them",
		"$SECANT data convert nan.xyz nan.las 2>&1");
	says("nan.las: 1 points", "$SECANT data convert nan.xyz nan.las");
	fails(1, "x runs from -1e+308 to 1e+308; no grid of LAS reaches that far", "$SECANT data convert far.xyz far.las");
	says("", "test ! -e far.las");
	fails(1, "broken.ply: ", "$SECANT info broken.ply");
	assert_null(strstr(out, "safetensors"));
	fails(2, "'mp4' is not one that a cloud is drawn to: png, jpg, tif, webp, bmp, gif, apng, html",
		"$SECANT show a.las --out a.mp4");
}

static void
a_scene_from_training_to_a_classified_cloud(void **state)
{
	says("epoch 1/2",
		"$SECANT train set --out run --arch pointnet-dense --up z --block 8 --points 64 --batch 4 --epochs 2 "
		"--precision f32 --threads 1 --keep-epochs --test-every 2");
	assert_non_null(strstr(out, "training pointnet-dense on ")); /* an encoder is for pictures */
	says("", "test -s run/epoch-001.safetensors && test -s run/tests.jsonl && grep -q clouds_per_second run/log.jsonl");
	says("protocol scene: clouds 1", "$SECANT eval run/best.safetensors set --precision f32 --threads 1");
	says("\"protocol\":\"scene\"", "$SECANT eval run/best.safetensors set --precision f32 --threads 1 --json");
	says("",
		"$SECANT predict run points.txt --out out.las --precision f32 --threads 1 && $SECANT info out.las | grep -q "
		"confidence");
	says("", "$SECANT show out.las --out out.png && test -s out.png");
	says("",
		"$SECANT predict run set/train --out many --cloud-format ply --precision f32 --threads 1 && test -s "
		"many/a.ply");
	fails(1, "No such file", "$SECANT predict run nothing.las --out o.las");
	fails(2, "o.stl: clouds of this kind are read, not written: want .las",
		"$SECANT predict run points.txt --out o.stl --precision f32");
	fails(2, "o.las: 2 clouds want a folder",
		"$SECANT predict run points.txt set/train/a.csv --out o.las --precision f32");
	says("", "test ! -e o.stl && test ! -e o.las");
	fails(2, "--out is missing", "$SECANT predict run points.txt");
	fails(2, "--protocol 'x' is none of class, category, paper, scene",
		"$SECANT eval run/best.safetensors set --protocol x");
	fails(2, "its clouds have no classes", "$SECANT train set --out run2 --arch pointnet-cls");
	fails(2, "is told the category of each object", "$SECANT train set --out run2 --arch pointnet-part");
}

/* Clouds need no word about the network, LAS none about its up axis; results keep the scan's colours, and a picture of
 * them knows names and what was left out. */
static void
a_first_scan(void **state)
{
	says("",
		"mkdir -p scan/train && awk 'BEGIN { print \"x y z red green blue classification\"; for (i = 0; i < 900; i++) "
		"{ x = "
		"i % 30; y = int(i / 30); print x, y, x < 10 ? 0 : 3, 10, 20, 30, (x < 10 ? 2 : x < 20 ? 5 : 1) } }' > "
		"scan.txt && "
		"$SECANT data convert scan.txt scan/train/a.laz");
	says("scan holds clouds: --arch pointnet-dense",
		"$SECANT train scan --out first --block 10 --points 64 --epochs 1 --precision f32 --threads 1 --label-values "
		"2,5 "
		"--label-others");
	assert_non_null(strstr(out, "the up axis is z, as in scans (--up)"));
	says("\"up\": \"z\"", "cat first/config.json");
	fails(2, "each scan is one sample, taken as a single shape: --block N, in its unit, cuts scenes into columns",
		"$SECANT train scan --out whole --points 64 --epochs 1 --threads 1 --label-values 2,5 --label-others");
	says("",
		"$SECANT predict first scan/train/a.laz --out kept.laz --precision f32 --threads 1 && $SECANT data convert "
		"kept.laz "
		"kept.csv && head -2 kept.csv | tail -1 | grep -q 2570,5140,7710");
	says("coordinate", "$SECANT info scan/train/a.laz --json | grep -o coordinate || echo no coordinate system");
	says("2 ground", "$SECANT info scan/train/a.laz");
	says("\"5 high vegetation\": 300", "$SECANT info scan/train/a.laz --json");
	says("", "$SECANT show kept.laz --out kept.html && grep -q 'left out 300' kept.html && grep -q 'ground' kept.html");
	says("",
		"$SECANT predict first scan/train/a.laz --out own.csv --keep-colours=false --precision f32 --threads 1 && head "
		"-2 "
		"own.csv | tail -1 | grep -vq 2570,5140,7710");
}

/* What predict wrote is no label: both are counted, each under its own name. */
static void
predictions_are_counted_beside_labels(void **state)
{
	says("\"classes\":{\"2\":2,\"6\":1},\"predicted\":{\"2\":1,\"6\":2}",
		"printf 'x,y,z,classification,label,confidence\\n0,0,0,2,2,.9\\n1,0,0,6,2,.8\\n2,0,0,6,6,.7\\n' > told.csv && "
		"$SECANT info told.csv --json | tr -d ' \\n'");
	says("\"predicted\":{\"2ground\":1,\"6building\":2}",
		"$SECANT data convert told.csv told.las > /dev/null && $SECANT info told.las --json | tr -d ' \\n'");
}

static void
clouds_without_points_are_named(void **state)
{
	says("", "echo x,y,z > head.csv && echo words > words.txt && : > none.xyz");
	says("a header without rows", "$SECANT info head.csv");
	fails(1, "head.csv: there are no points in it; nothing was written", "$SECANT data convert head.csv no.las");
	fails(2, "points.txt: none of its 600 points lies --within 100,100,200,200",
		"$SECANT data convert points.txt no.las --within 100,100,200,200");
	fails(1, "none.xyz: there are no points in it", "$SECANT show none.xyz --out no.las");
	fails(1, "words.txt: there is no row of numbers",
		"$SECANT predict run words.txt --out no.las --precision f32 --threads 1");
	fails(1, "head.csv: there are no points in it",
		"$SECANT predict run head.csv --out no.las --precision f32 --threads 1");
	fails(1, "1 of 2 clouds could not be predicted: words.txt: there is no row of numbers",
		"$SECANT predict run words.txt points.txt --out partly --precision f32 --threads 1");
	says("", "test -s partly/points.txt");
	fails(2, "empty: there are no cloud files in this folder",
		"mkdir empty && $SECANT predict run empty --out no --precision f32 --threads 1");
	says("", "test ! -e no.las");
	says("empty.las: 0 points", "$SECANT data convert head.csv empty.las --allow-empty && $SECANT info empty.las");
	says("LAS 1.4, point format 6", "$SECANT info empty.las");
	fails(1, "empty.las: there are no points in it",
		"$SECANT predict run empty.las --out no.las --precision f32 --threads 1");
	says("none.ply: 0 points", "$SECANT data convert points.txt none.ply --within 100,100,200,200 --allow-empty");
}

static void
a_batch_of_one_is_advised_against(void **state)
{
	fails(2,
		"one cloud is one sample, and the norms of pointnet-dense want 2 or more: --block 20 cuts a scene into columns",
		"$SECANT train set --out one --arch pointnet-dense --points 64 --epochs 1 --precision f32 --threads 1");
	fails(1, "has no variance; a batch of 2 or more is wanted (--batch 2)",
		"mkdir -p pair/train && cp set/train/a.csv pair/train && cp set/train/a.csv pair/train/c.csv && $SECANT train "
		"pair "
		"--out one --arch pointnet-dense --points 64 --batch 1 --epochs 1 --precision f32 --threads 1 --overwrite");
	/* Three clouds in batches of two: the odd one waits for another epoch. */
	says("clouds/s",
		"mkdir -p three/cup/train three/cone/train && cut -d' ' -f1-3 points.txt > three.xyz && for i in cup/train/1 "
		"cup/train/2 cone/train/3; do"
		" $SECANT data convert three.xyz three/$i.ply && echo $i.ply >> three/train.txt; done"
		" && $SECANT train three --out odd --arch pointnet-cls --points 64 --batch 2 --epochs 1 --precision f32 "
		"--threads 1");
}

/* Two pictures of 2x2 as MNIST's files are named. */
static void
pictures_as_clouds_are_taken_one_by_one(void **state)
{
	says("",
		"printf '\\0\\0\\010\\003\\0\\0\\0\\002\\0\\0\\0\\002\\0\\0\\0\\002\\377\\377\\377\\0\\377\\0\\0\\0' | gzip > "
		"t-images-idx3-ubyte.gz");
	says("2 pictures of 2x2", "$SECANT info t-images-idx3-ubyte.gz");
	says("3 points", "$SECANT data convert t-images-idx3-ubyte.gz first.ply --entry 0");
	fails(2, "2 pictures of 2x2, each a cloud of its own: --entry 0 predicts the first",
		"$SECANT predict run t-images-idx3-ubyte.gz --out p.las --precision f32 --threads 1");
	says("",
		"$SECANT predict run t-images-idx3-ubyte.gz --entry 1 --out p.las --precision f32 --threads 1 && $SECANT info "
		"p.las | grep -q 'points  *1$'");
}

static void
meshes_are_predicted_by_vertices_or_by_area(void **state)
{
	says("",
		"printf 'v 0 0 0\\nv 1 0 0\\nv 0 1 0\\nf 1 2 3\\n' > m.obj && printf 'OFF3 1 0\\n0 0 0\\n1 0 0\\n0 1 0\\n3 0 1 "
		"2\\n' > m.off");
	says("",
		"$SECANT predict run m.obj --out m.las --precision f32 --threads 1 && $SECANT info m.las | grep -q 'points  "
		"*3$'");
	says("",
		"$SECANT predict run m.obj --mesh-points 50 --out m.las --precision f32 --threads 1 && $SECANT info m.las | "
		"grep -q 'points  *50$'");
	says("",
		"$SECANT predict run m.off --mesh-points 60 --out m.las --precision f32 --threads 1 && $SECANT info m.las | "
		"grep -q 'points  *60$'");
}

static void
sets_of_clouds_are_not_for_the_verbs_of_pictures(void **state)
{
	static const char *const verbs[] = { "check", "stats", "split --out away" };
	char line[200];
	says("",
		"mkdir -p net/0001/points net/0001/points_label net/train_test_split && printf 'Bag\\t0001\\n' > "
		"net/synsetoffset2category.txt"
		" && echo '[\"shape_data/0001/lost\"]' > net/train_test_split/shuffled_train_file_list.json && cp "
		"net/train_test_split/shuffled_train_file_list.json net/train_test_split/shuffled_test_file_list.json");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		snprintf(line, sizeof line, "$SECANT data %s net", verbs[i]);
		fails(1, "net: a data set of clouds (shapenet); `secant data` works on pictures", line);
	}
	says("modelnet-normal",
		"mkdir -p few/cup && echo cup > few/few_shape_names.txt && echo cup_0001 > few/few_train.txt && tail -n +2 "
		"set/train/a.csv > few/cup/cup_0001.txt && $SECANT info few");
	says("",
		"mkdir lists && cp -r three/cup three/cone three/train.txt lists && echo cup/train/1.ply > lists/test.txt && "
		"echo cup/train/lost.ply >> lists/train.txt");
	says("there is no lists/cup/train/lost.ply", "$SECANT info lists");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_says_what_it_is),
		cmocka_unit_test(clouds_are_converted),
		cmocka_unit_test(a_scene_from_training_to_a_classified_cloud),
		cmocka_unit_test(a_first_scan),
		cmocka_unit_test(predictions_are_counted_beside_labels),
		cmocka_unit_test(clouds_without_points_are_named),
		cmocka_unit_test(a_batch_of_one_is_advised_against),
		cmocka_unit_test(pictures_as_clouds_are_taken_one_by_one),
		cmocka_unit_test(meshes_are_predicted_by_vertices_or_by_area),
		cmocka_unit_test(sets_of_clouds_are_not_for_the_verbs_of_pictures),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

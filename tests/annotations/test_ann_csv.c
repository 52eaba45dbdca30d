/* CSV under every usual header; pixels and shares told apart by evidence. */
#include "ann_describe.h"
#define CASE(name) "tests/annotations/cases/" name

static void
test_cases(void **state)
{
	assert_described("csv-x-y-w-h", CASE("csv-x-y-w-h/set"), NULL, "a.jpg 100x80: cat 10,20 20x30", "cat");
	assert_described("csv-shares-of-the-picture", CASE("csv-shares-of-the-picture/set"), NULL,
		"a.jpg 100x80: cat 10,16 20x16", "cat");
}

static void
test_headers(void **state)
{
	static const struct {
		const char *csv, *expected;
	} row[] = {
		{ "filename,class,xmin,ymin,xmax,ymax\na.png,cat,10,20,30,40\n", "cat 10,20 20x20" },
		{ "filename;class;xmin;ymin;xmax;ymax\na.png;cat;10;20;30;40\n", "cat 10,20 20x20" },
		{ "filename\tclass\txmin\tymin\txmax\tymax\na.png\tcat\t10\t20\t30\t40\n", "cat 10,20 20x20" },
		{ "\xef\xbb\xbf\"Filename\",\"Label\",\"X1\",\"Y1\",\"X2\",\"Y2\"\r\n\"a.png\",\"cat\",\"10\",\"20\",\"30\","
		  "\"40\"\r\n",
			"cat 10,20 20x20" },
		{ "image,label,left,top,right,bottom\na.png,cat,10,20,30,40\n", "cat 10,20 20x20" },
		{ "image_name,label,x,y,width,height\na.png,cat,10,20,20,30\n", "cat 10,20 20x30" },
		{ "label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\ncat,10,20,20,30,a.png,"
		  "100,80\n",
			"cat 10,20 20x30" },
		{ "image_id,width,height,bbox,source\na,100,80,\"[10.0, 20.0, 20.0, 30.0]\",usask\n",
			"object 10,20 20x30 source=\"usask\"" },
		{ "file,x_center,y_center,w,h,class\na.png,0.5,0.5,0.2,0.2,cat\n", "cat 40,32 20x16" },
		{ "filename,label,x1,y1,x2,y2,x3,y3,x4,y4\na.png,cat,10,0,20,10,10,20,0,10\n",
			"cat 0,0 20x20 quad (10,0)(20,10)(10,20)(0,10)" },
		{ "filename,path,class,xmin,ymin,xmax,ymax\na.png,/x/a.png,cat,10,20,30,40\n",
			"cat 10,20 20x20 path=\"/x/a.png\"" },
		{ "filename,class,xmin,ymin,xmax,ymax,score\na.png,cat,10,20,30,40,0.5\n", "cat 10,20 20x20 score=0.5" },
		{ "a.png,10,20,30,40,cat\n", "cat 10,20 20x20" },
		{ "filename,label\na.png,cat\n", "cat" },
		{ "filename,class,xmin,ymin,xmax,ymax\na.png,cat,0.5,0.5,1,1\n", "cat 50,40 50x40" },
		{ "filename,class,polygon\na.png,cat,\"[[1, 1], [5, 1], [5, 5]]\"\n", "cat 1,1 4x4 polygon (1,1)(5,1)(5,5)" },
		{ "image_id,geometry,class\na.png,\"[(1, 1), (5, 1), (5, 5), (1, 1)]\",Airplane\n",
			"Airplane 1,1 4x4 polygon (1,1)(5,1)(5,5)(1,1)" },
		{ "filename,class,segmentation\na.png,cat,\"[1,1,5,1,5,5]\"\n", "cat 1,1 4x4 polygon (1,1)(5,1)(5,5)" },
		{ "filename,class,segmentation\na.png,cat,\"[[1,1,5,1,5,5], [7,7,9,7,9,9]]\"\n",
			"cat 1,1 8x8 polygon (1,1)(5,1)(5,5) + (7,7)(9,7)(9,9)" },
		{ "filename,class,geometry\na.png,cat,\"POLYGON ((1 1, 5 1, 5 5, 1 1))\"\n",
			"cat 1,1 4x4 polygon (1,1)(5,1)(5,5)(1,1)" },
		{ "filename,class,polygon\na.png,cat,\"[[[.1, .1], [.5, .1], [.5, .5]], [[.7, .7], [.9, .7], [.9, .9]]]\"\n",
			"cat 10,8 80x64 polygon (10,8)(50,8)(50,40) + (70,56)(90,56)(90,72)" },
		{ "filename,class,polygon\na.png,cat,\"[[.01,.01,.05,.01,.05,.05],[.07,.07,.09,.07,.09,.09]]\"\n",
			"cat 1,0.8 8x6.4 polygon (1,0.8)(5,0.8)(5,4) + (7,5.6)(9,5.6)(9,7.2)" },
		{ "filename,class,polygon\na.png,cat,\"[[1, 1], [5, 1]]\"\n", NULL },
		{ "filename,class,polygon\na.png,cat,\"[[1, 1], [5, 1], [5]]\"\n", NULL },
		{ "filename,class,geometry\na.png,cat,\"POLYGON ((1 1, 5 1, 5 5), (2 2, 3 2, 3 3))\"\n", NULL },
		{ "filename,class,xmin,ymin,xmax,ymax,segmentation\na.png,cat,10,20,30,40,1 5 9 5\n",
			"cat 10,20 20x20 segmentation=\"1 5 9 5\"" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char *tmp = base_strdup(scratch_dir()), expected[300];
		const char *const files[] = { "a.png", "@100x80", "annotations.csv", row[i].csv, NULL };
		lay_out(tmp, files);
		snprintf(expected, sizeof expected, "a.png 100x80: %s", row[i].expected ? row[i].expected : "");
		if (row[i].expected)
			assert_described(row[i].csv, tmp, "csv", expected, NULL);
		else
			assert_refused(row[i].csv, tmp, "csv", "annotations.csv:2|no polygon");
		remove_tree(tmp);
		secant_free(tmp);
	}
}

static void
test_layouts_and_faults(void **state)
{
	static const described row[] = {
		{ "Roboflow: a CSV in each list's folder",
			{ "train/a.png", "@100x80", "train/_annotations.csv",
				"filename,width,height,class,xmin,ymin,xmax,ymax\na.png,100,80,cat,1,2,3,4\n", "valid/b.png", "@100x80",
				"valid/_annotations.csv",
				"filename,width,height,class,xmin,ymin,xmax,ymax\nb.png,100,80,dog,1,2,3,4\n" },
			NULL, "a.png 100x80 train: cat 1,2 2x2 | b.png 100x80 val: dog 1,2 2x2", "cat|dog" },
		{ "train.csv and val.csv",
			{ "images/a.png", "@100x80", "images/b.png", "@100x80", "train.csv",
				"filename,class,xmin,ymin,xmax,ymax\na.png,cat,1,2,3,4\n", "val.csv",
				"filename,class,xmin,ymin,xmax,ymax\nb.png,cat,1,2,3,4\n" },
			NULL, "a.png 100x80 train: cat 1,2 2x2 | b.png 100x80 val: cat 1,2 2x2", "cat" },
		{ "shares of a picture that is not there",
			{ "annotations.csv", "filename,class,xmin,ymin,xmax,ymax\nz.png,cat,0.1,0.2,0.3,0.4\n" }, NULL, NULL,
			"annotations.csv:2|z.png|not found" },
		{ "a box without its end", { "a.png", "@100x80", "annotations.csv", "filename,class,x,y\na.png,cat,1,2\n" },
			NULL, NULL, "annotations.csv:2|coordinate 3" },
		{ "a bbox of three", { "a.png", "@100x80", "annotations.csv", "filename,class,bbox\na.png,cat,\"[1,2,3]\"\n" },
			NULL, NULL, "annotations.csv:2|no box of four" },
		{ "no column names the picture", { "a.png", "@100x80", "annotations.csv", "class,x1,y1,x2,y2\ncat,1,2,3,4\n" },
			"csv", NULL, "no CSV with columns|filename" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_layouts_and_faults),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

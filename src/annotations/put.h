/* Pieces of JSON that several writers need (put.c). */
#ifndef ANN_PUT_H
#define ANN_PUT_H
#include "annotations/format.h"

/* `before` as it stands, then the text as a JSON string. */
void ann_put_text(base_str *t, const char *before, const char *text);
/* `before` as it stands, then the number; not finite: 0. */
void ann_put_real(base_str *t, const char *before, double v);
/* [x, y], [x, y], ... or x, y, x, y, ... (flat), without outer brackets. */
void ann_put_points(base_str *t, const double *xy, int n, bool flat);
/* The next attribute of a list from `head` on, then of pairs of key and value that end at NULL (`extra`, nullable);
 * false: there is none. Both move on. */
bool ann_take_attribute(
	const ann_set *s, uint32_t *head, const char *const **extra, const char **key, const char **value);
/* "key": value, ... of those attributes that are no other format's own elements, after `before` where there are any.
 * `plain`: values as text. True where some were put. */
bool ann_put_pairs(base_str *t, const ann_set *s, uint32_t head, const char *before, bool plain);
/* The same of an object, with what attributes must carry: marks, an area of its own, a box that is not its shape's. */
bool ann_put_object_pairs(base_str *t, const ann_set *s, const ann_object *o, const char *before, bool plain);
/* The name of an object's class, "" none. */
const char *ann_class_of(const ann_set *s, const ann_object *o);
/* Objects that a format of places can hold: with a place and a class, to be judged. */
bool ann_is_thing(const ann_set *s, const ann_object *o);
/* The names of classes as a format has them whose lines are names, or hold them: without line breaks, blanks around and
 * the characters of `without`, for which `instead` stands. What changes is counted; two names that become one are
 * refused. */
secant_status ann_name_classes(
	ann_set *s, ann_out *out, const char *without, char instead, secant_err *err) SECANT_NODISCARD;
static inline const char *
ann_written(const ann_set *s, int class)
{
	return ann_str(s, s->classes[class].written ? s->classes[class].written : s->classes[class].name);
}
/* Counts objects of several points, for formats that have lines for them. */
void ann_lose_point_sets(const ann_set *s, ann_out *out);
/* Formats with a file a list: `one` is called for each list, and with -1 for pictures of none. */
typedef secant_status (*ann_write_list)(ann_set *s, ann_out *out, int list, secant_err *err);
secant_status ann_write_lists(ann_set *s, ann_out *out, ann_write_list one, secant_err *err) SECANT_NODISCARD;
bool ann_in_list(const ann_set *s, int image, int list);
/* A text of its own for a picture, and the picture: under its name in two folders ("" or "images/train/"), the text
 * with another extension. Empties the text. */
secant_status ann_put_pair(ann_set *s, ann_out *out, const ann_image *im, const char *text_folder,
	const char *extension, base_str *text, const char *picture_folder, secant_err *err) SECANT_NODISCARD;
/* A picture under PREFIX/NAME, for formats whose readers take the whole path for the name: the manifest remembers where
 * the name begins, or names would grow with every conversion. */
secant_status ann_out_beneath(
	ann_out *out, const ann_set *s, int image, const char *prefix, secant_err *err) SECANT_NODISCARD;
#endif

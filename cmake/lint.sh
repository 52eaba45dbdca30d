#!/usr/bin/env bash
# What compilers do not check: which room may include which, functions the library must not call, the opening comment of each file, and
# that each public header stands alone. Prints file:line: message and fails; a file longer than 700 lines is only a warning.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
findings=$(mktemp)
trap 'rm -f "$findings"' EXIT

# room: the rooms it may include besides itself (docs/design.md, section 2; base and tensor are open to all). Exact, not transitive.
rooms='
base:
tensor: base
kernels: base tensor
graph: base tensor
ops: base tensor graph
exec: base tensor graph ops kernels
nn: base tensor graph ops
formats: base tensor graph ops
hub: base
codec: base tensor
prepare: base tensor kernels codec
draw: base tensor codec
annotations: base tensor codec draw
data: base tensor kernels codec prepare draw annotations
deploy: base tensor kernels graph ops exec formats codec prepare draw
model: base tensor kernels graph ops exec nn formats codec prepare deploy
judge: base tensor kernels graph ops exec nn formats codec prepare draw data deploy model
train: base tensor kernels graph ops exec nn formats hub codec prepare draw data deploy model judge
stream: base tensor formats codec exec deploy
app: base tensor kernels graph ops exec nn formats hub codec prepare draw annotations data deploy model judge train stream
serve: base tensor deploy
'
# Libraries, and the rooms (or folders of a room) that may see them. Everything else in <> is the C library or POSIX.
libraries='
dnnl: exec/dnnl
oneapi/: exec/dnnl
spng: codec
jpeglib: codec
jerror: codec
tiff: codec
webp/: codec
gdal: codec
cairo: draw
zip: formats
yaml: annotations
curl/: hub
sqlite3: deploy
hdf5: data
zlib: formats codec annotations data
omp: kernels ops exec train judge app deploy
immintrin: kernels
arm_neon: kernels
mpi: train
gst/: stream
glib: stream
microhttpd: serve
'
# The room behind each public header; a header named like a room belongs to it.
headers='
base: base
options: base
info: base
files: base
palette: tensor
cloud: tensor
render: draw
tensorfile: formats
annotations: annotations
network: nn
weights: hub
predict: deploy
session: exec
atc: app
model: app
bench: app
selftest: exec
train: judge
samples: data
clouds: prepare
demo: data
manager: stream
postprocess: stream
element: stream
'

sources() { find "$@" -name '*.c' -o -name '*.h' 2> /dev/null | sort; }

check_includes() {
	sources src tools | xargs grep -nE '^[[:space:]]*#[[:space:]]*include' | awk -v rooms="$rooms" -v libraries="$libraries" -v headers="$headers" '
	function table(text, into,   lines, n, i, at) {
		n = split(text, lines, "\n")
		for (i = 1; i <= n; i++)
			if ((at = index(lines[i], ":")))
				into[substr(lines[i], 1, at - 1)] = substr(lines[i], at + 1) " "
	}
	function bad(why) { print file ":" line ": " why }
	BEGIN { table(rooms, may); table(libraries, library); table(headers, owner) }
	{
		file = $0; sub(/:.*/, "", file)
		line = substr($0, length(file) + 2); sub(/:.*/, "", line)
		match($0, /[<"][^>"]*[>"]/)
		what = substr($0, RSTART + 1, RLENGTH - 2)
		angle = substr($0, RSTART, 1) == "<"
		split(file, part, "/")
		room = part[1] == "tools" ? "tools" : part[2]
		folder = room "/" part[3]
		if (what ~ /^secant\//) {
			name = what; sub(/^secant\//, "", name); sub(/\.h$/, "", name)
			from = (name in owner) ? owner[name] : name
			gsub(/ /, "", from)
			if (!(from in may))
				bad("no room is known for <" what ">: add a row to headers in cmake/lint.sh")
			else if (room != "tools" && from != room && index(may[room], " " from " ") == 0)
				bad("room " room " may not include <" what "> of room " from)
		} else if (angle) {
			for (name in library)
				if (index(what, name) == 1 && (what ~ ("^" name "[a-z_0-9-]*\\.h$") || name ~ /\/$/))
					if (index(library[name], " " room " ") == 0 && index(library[name], " " folder " ") == 0)
						bad("room " room " may not include <" what ">, only" library[name])
		} else if (room == "tools") {
			if (index(what, "/"))
				bad("tools may include public headers <secant/...> and their own only, not \"" what "\"")
		} else if (index(what, "/")) {
			from = what; sub(/\/.*/, "", from)
			if (!(from in may))
				bad("\"" what "\" is in no room")
			else if (from != room && index(may[room], " " from " ") == 0)
				bad("room " room " may not include \"" what "\" of room " from)
		}
	}'
}

# Sources without comments and the contents of strings, line numbers kept; files are told apart by lines that begin with a form feed.
stripped() {
	awk '
	FNR == 1 { print "\f" FILENAME; inside = 0 }
	{
		out = ""; n = length($0); quote = ""
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1); two = substr($0, i, 2)
			if (inside) { if (two == "*/") { inside = 0; i++ } }
			else if (quote != "") { if (c == "\\") i++; else if (c == quote) { quote = ""; out = out c } }
			else if (two == "/*") { inside = 1; i++ }
			else if (two == "//") break
			else { out = out c; if (c == "\"" || c == "\047") quote = c }
		}
		print out
	}' "$@"
}

# banned PATTERN WHY FILES...: calls of functions whose names match. Members (x->free, x.exit) are not calls of them.
banned() {
	local names=$1 why=$2
	shift 2
	stripped "$@" | awk -v names="$names" -v why="$why" '
	/^\f/ { file = substr($0, 2); line = 0; next }
	{ line++ }
	match($0, "(^|[^A-Za-z0-9_.>])(" names ")[ \t]*\\(") {
		name = substr($0, RSTART, RLENGTH); gsub(/[^A-Za-z0-9_]/, "", name)
		print file ":" line ": " name "() is banned: " why
	}'
}

check_functions() {
	local library
	banned 'strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|rand|srand|random|tmpnam|mktemp' 'it has no bound, no error or a hidden state' $(sources src tools)
	library=$(sources src | grep -v '^src/base/mem\.c$')
	banned 'malloc|calloc|realloc|free|strdup|strndup|asprintf|aligned_alloc|posix_memalign' 'the library allocates through base/mem.h' $library
	banned 'printf|fprintf|vfprintf|puts|putchar|fputs|perror|exit|_exit|abort' 'the library never prints and never ends the process' $(sources src)
}

# Variables that outlive a call: filled once (locales, a name, quantiles, the engine), counters, a thread's own, what signals set or read, and
# what the process has printed.
statics='
src/exec/dnnl/version.c: text
src/exec/dnnl/dnnl_step.c: engine
src/codec/geo.c: name
src/codec/png.c: starved
src/codec/cloud/pcd_write.c: rgb
src/annotations/text.c: c_locale
src/annotations/shared.c: buffer
src/train/preset.c: about
src/data/augment/noise.c: quantile
src/base/number.c: plain
src/base/file.c: counter
src/base/json.c: refused
src/base/json.c: lost
src/base/guard.c: guard
src/stream/run/own.c: found
tools/interrupt.c: interrupted
tools/json.c: lost
tools/cmd_train.c: began_with_run
tools/json.c: printed
tools/streams_library.c: functions
'

check_statics() {
	sources src tools | xargs grep -nE '^[[:space:]]*static [A-Za-z_][A-Za-z0-9_ *]*[ *][A-Za-z_0-9]+(\[[^]]*\])*( = .*|;)' \
		| grep -vE '\bconst\b|pthread_once_t|pthread_mutex_t' | while IFS= read -r found; do
		file=${found%%:*}
		name=$(echo "${found#*:*:}" | sed -E 's/(\[[^]]*\])*( = .*|;.*)$//; s/.*[ *]//')
		grep -qxF "$file: $name" <<< "$statics" \
			|| echo "$(echo "$found" | cut -d: -f1,2): static $name is state that all callers share: pass it, or add it to statics in cmake/lint.sh with a reason"
	done
}

# Names that headers of a room give begin with the room's prefix, or with that of a family of it; public ones with secant_. No two headers
# define one name, so that any two can be included together.
prefixes='
base: base json
tensor: tensor
kernels: kernel
graph: graph
ops: op
exec: exec dnnl onednn
nn: nn
formats: format onnx
hub: hub
codec: codec cloud las laz decimal
prepare: prepare
draw: draw render
annotations: ann mask pull json xml yolo labelme cvat
data: data
deploy: deploy
model: model
judge: judge
train: train
stream: stream
app: app
serve: serve
'

check_names() {
	stripped $(sources include src | grep '\.h$') | awk -v prefixes="$prefixes" '
	function bad(why) { print file ":" line ": " why }
	function given(name, defines,   i, n, p, low) {
		low = tolower(name)
		if (defines && (name in first) && first[name] != file)
			bad("\"" name "\" is defined in " first[name] " too")
		else if (defines)
			first[name] = file
		if (room == "" || low ~ /^secant_/ || name !~ /_/)
			return
		n = split(prefix[room], p, " ")
		for (i = 1; i <= n; i++)
			if (index(low, p[i] "_") == 1)
				return
		bad("\"" name "\" does not begin with the prefix of room " room ": " prefix[room])
	}
	BEGIN {
		n = split(prefixes, rows, "\n")
		for (i = 1; i <= n; i++)
			if ((at = index(rows[i], ":")))
				prefix[substr(rows[i], 1, at - 1)] = substr(rows[i], at + 2)
	}
	/^\f/ { file = substr($0, 2); line = 0; split(file, part, "/"); room = part[1] == "src" ? part[2] : ""; next }
	{ line++ }
	match($0, /^[ \t]*#[ \t]*define[ \t]+[A-Za-z_0-9]+/) { n = split(substr($0, RSTART, RLENGTH), w, /[ \t]+/); given(w[n], 1); next }
	match($0, /^} *[a-z_0-9]+;/) { name = substr($0, RSTART, RLENGTH); gsub(/[^A-Za-z0-9_]/, "", name); given(name, 1); next }
	/^[A-Za-z][A-Za-z_0-9 *]*[ *][a-z_0-9]+\(/ {
		name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
		if (name !~ /^__/)
			given(name, 0)
	}'
	# What no public header gives does not look as if one did.
	stripped $(sources src) | awk -v public="$(cat include/secant/*.h | grep -oE '\b(secant|SECANT)_[A-Za-z0-9_]+' | sort -u | tr '\n' ' ')" '
	BEGIN { n = split(public " SECANT_VERSION SECANT_ISA SECANT_CURL SECANT_SQLITE SECANT_HDF5 SECANT_NETWORK_", w, " "); for (i = 1; i <= n; i++) known[w[i]] = 1 }
	/^\f/ { file = substr($0, 2); line = 0; next }
	{
		line++
		rest = $0
		while (match(rest, /(secant|SECANT)_[A-Za-z0-9_]+/)) {
			name = substr(rest, RSTART, RLENGTH)
			if (!(name in known) && !((file, name) in said) && substr(rest, RSTART - 1, 1) !~ /[A-Za-z0-9_]/) {
				print file ":" line ": \"" name "\" is in no public header: name it after its room"
				said[file, name] = 1
			}
			rest = substr(rest, RSTART + RLENGTH)
		}
	}'
}

# Registered things: the list or file that holds their names, the folders where nobody else compares with one, and what may all the same:
# a family of files that share a name (LAS and LAZ), and other things of the same name (the step of a training). What others want to know of a format or a network is a field of its descriptor.
registered='
src/annotations/annotations.inc: src/annotations src/data src/app src/train src/judge tools
src/codec/codecs.inc: src tools
src/codec/cloud/clouds.inc: src/codec/cloud src/draw src/data src/deploy src/judge src/train src/app tools
src/data/clouds/cloudsets.inc: src/data src/judge src/train src/app tools
src/data/augment/augments.inc: src/data src/train tools
src/nn/losses.inc: src tools
src/nn/architectures.inc: src tools
src/train/optimizer.c: src tools
src/train/schedule.c: src/train src/app tools
src/judge/scores.c: src/judge src/train src/app
'
families='
src/codec/cloud/las_write.c: laz
src/codec/cloud/text_write.c: csv txt
src/train/plans.c: step
src/train/trainer.c: step
tools/cmd_data.c: folder
src/app/zoo_export.c: unet_medical
src/data/joined.c: masks
'

# Comparisons with the names of registered things outside of their own files, and with names of operators anywhere but where those of other formats are read.
check_comparisons() {
	local list folders names
	sources src tools | grep -vE '^src/formats/(onnx|mindir)/|/onnx[_.]' | xargs grep -nE 'strcmp\([^"]*\<op(->name)?, *"' \
		| sed 's/^\([^:]*:[0-9]*\):.*/\1: an operator is known by its descriptor (ops\/known.h) or by a field of it, not by its name/'
	while IFS=: read -r list folders; do
		[ -e "$list" ] || continue
		case $list in
		*.inc) names=$(sed -nE 's/^[A-Z_]+\(([a-z0-9_]+)[,)].*/\1/p' "$list") ;;
		*) names=$(sed -nE 's/^\t\{ "([a-z0-9-]+)", "[^"].*/\1/p' "$list") ;;
		esac
		sources $folders | grep -vxF "$list" | xargs grep -nE 'str(n|case|ncase)?cmp\([^;]*"[a-z0-9_-]+"' | awk -v names="$names" -v families="$families" '
		BEGIN {
			n = split(names, all, /[ \n]+/)
			for (i = 1; i <= n; i++) {
				known[all[i]] = 1
				gsub(/_/, "-", all[i])
				known[all[i]] = 1
			}
			n = split(families, row, "\n")
			for (i = 1; i <= n; i++) {
				split(row[i], half, ": ")
				family[half[1]] = " " half[2] " "
			}
		}
		{
			file = $0; sub(/:.*/, "", file)
			place = $0; match(place, /^[^:]*:[0-9]+/); place = substr(place, 1, RLENGTH)
			own = file; sub(/.*\//, "", own); sub(/\.[ch]$/, "", own); gsub(/_/, "-", own)
			rest = substr($0, length(place) + 2)
			while (match(rest, /cmp\([^;"]*"[a-z0-9_-]+"/)) {
				word = substr(rest, RSTART, RLENGTH); sub(/"$/, "", word); sub(/.*"/, "", word)
				rest = substr(rest, RSTART + RLENGTH)
				dashed = word; gsub(/_/, "-", dashed)
				if (word in known && index(own, dashed) == 0 && index(family[file], " " word " ") == 0)
					print place ": \"" word "\" is a name of another file (" list "): ask its descriptor"
			}
		}' list="$list"
	done <<< "$registered"
}

check_openings() {
	local file
	for file in $(sources src include tools tests); do
		head -c 2 "$file" | grep -q '/\*' || echo "$file:1: a file opens with a comment that says what it is"
	done
	sources src include tools tests | xargs grep -nE '\b(TODO|FIXME|XXX)\b' | sed 's/\(:[0-9]*:\).*/\1 unfinished work is an issue, not a comment/'
}

check_headers() {
	local header out
	for header in include/secant/*.h; do
		for how in "c -std=c99" "c -std=c11" "c++ -std=c++17"; do
			out=$(echo "#include <secant/$(basename "$header")>" | ${CC:-gcc} -x $how -Wall -Wextra -pedantic-errors -Werror -fsyntax-only -Iinclude - 2>&1) \
				|| echo "$header:1: does not compile alone as ${how#*-std=}: $(echo "$out" | grep -m 1 error)"
		done
	done
}

# One hand: .clang-format decides, with the version it was written for.
check_format() {
	command -v clang-format > /dev/null || { echo "cmake/lint.sh:1: clang-format 14 is needed: ./dev setup"; return; }
	git ls-files 'src/*.[ch]' 'tools/*.[ch]' 'include/*.h' 'tests/*.[ch]' 'bench/*.c' 'examples/*.c' | xargs clang-format --dry-run -Werror 2>&1 \
		| sed -n 's/^\([^ :]*:[0-9]*\):[0-9]*: error: .*/\1: is not laid out as .clang-format says: .\/dev format/p' | sort -u
}

check_fuzzing() {
	local source name
	for source in tests/fuzz/fuzz_*.c; do
		name=$(basename "$source" .c)
		[ -n "$(ls -A "tests/fuzz/corpus/${name#fuzz_}" 2> /dev/null)" ] || echo "$source:1: tests/fuzz/corpus/${name#fuzz_} is missing or empty"
	done
	for source in tests/fuzz/corpus/*/; do
		name=$(basename "$source")
		[ -e "tests/fuzz/fuzz_$name.c" ] || echo "$source:1: a corpus without a target tests/fuzz/fuzz_$name.c"
	done
}

{ check_includes; check_functions; check_statics; check_names; check_comparisons; check_openings; check_headers; check_fuzzing; check_format; } > "$findings"
sources src include tools tests | xargs wc -l | awk '$1 > 700 && $2 != "total" { print $2 ":" $1 ": warning: more than 700 lines" }'
cat "$findings"
if [ -s "$findings" ]; then
	echo "lint: $(grep -c . "$findings") findings" >&2
	exit 1
fi
echo "lint: clean"

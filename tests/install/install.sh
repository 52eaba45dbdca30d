#!/bin/sh
# Installs the build folder $1 into a scratch prefix and uses what is there as a stranger would: every file in its place, the command
# runs, the public header works as C99 and as C++17 through pkg-config, both libraries are found as a CMake package, and the examples
# build against the installed tree.
set -eu
build=$1
prefix=$(mktemp -d "${TMPDIR:-/tmp}/secant-install-XXXXXX")
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" > "$prefix/log" 2>&1 || { cat "$prefix/log"; exit 1; }

fail() { echo "install: $1" >&2; exit 1; }
has() { [ -e "$prefix/$1" ] || fail "$1 is missing"; }

libdir=$(cd "$prefix" && dirname "$(find lib* -name libsecant.so | head -n 1)")
[ "$libdir" != . ] || fail "libsecant.so is missing"
for f in bin/secant include/secant/base.h "$libdir/libsecant-deploy.so" "$libdir/pkgconfig/secant.pc" "$libdir/pkgconfig/secant-deploy.pc" \
	"$libdir/cmake/secant/secant-config.cmake" share/man/man1/secant.1 share/bash-completion/completions/secant \
	share/zsh/site-functions/_secant share/fish/vendor_completions.d/secant.fish share/doc/secant/LICENSE share/secant/presets/remote-sensing.json; do
	has "$f"
done
for h in include/secant/*.h; do
	has "$h"
done
version=$("$prefix/bin/secant" --version | cut -d ' ' -f 2)
bash -n "$prefix/share/bash-completion/completions/secant" || fail "the bash completion does not parse"
grep -q '^\.SH VERBS' "$prefix/share/man/man1/secant.1" || fail "the man page has no section VERBS"

# The prefix of a .pc follows from where it lies: the tree works wherever it is moved.
PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig
LD_LIBRARY_PATH=$prefix/$libdir
export PKG_CONFIG_PATH LD_LIBRARY_PATH
flags() { pkg-config --cflags --libs "$1"; }
cat > "$prefix/t.c" <<'C'
#include <secant/base.h>
#include <stdio.h>
int main(void)
{
	secant_err err = { SECANT_OK, "" };
	secant_fail(&err, SECANT_ERR_ARG, "%d", 7);
	puts(secant_version());
	return err.msg[0] != '7';
}
C
cp "$prefix/t.c" "$prefix/t.cpp"
for library in secant secant-deploy; do
	${CC:-cc} -std=c99 -pedantic-errors -Wall -Wextra -Werror -o "$prefix/t" "$prefix/t.c" $(flags $library)
	[ "$("$prefix/t")" = "$version" ] || fail "C99 with $library: the versions differ"
	${CXX:-c++} -std=c++17 -pedantic-errors -Wall -Wextra -Werror -o "$prefix/t" "$prefix/t.cpp" $(flags $library)
	[ "$("$prefix/t")" = "$version" ] || fail "C++17 with $library: the versions differ"
done

mkdir "$prefix/use"
cat > "$prefix/use/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.20)
project(use C)
find_package(secant 0.1 REQUIRED)
add_executable(one ../t.c)
target_link_libraries(one secant::secant)
add_executable(two ../t.c)
target_link_libraries(two secant::deploy)
C
cmake -G Ninja -S "$prefix/use" -B "$prefix/use/build" -DCMAKE_PREFIX_PATH="$prefix" > "$prefix/log" 2>&1 \
	&& cmake --build "$prefix/use/build" >> "$prefix/log" 2>&1 || { cat "$prefix/log"; fail "the CMake package cannot be used"; }
[ "$("$prefix/use/build/one")$("$prefix/use/build/two")" = "$version$version" ] || fail "CMake package: the versions differ"

# One engine in a process: libsecant holds none of what libsecant-deploy has, and both name their minor version.
readelf -d "$prefix/$libdir/libsecant.so" | grep -q 'NEEDED.*libsecant-deploy\.so\.0\.' || fail "libsecant does not stand on libsecant-deploy"
nm -D --defined-only "$prefix/$libdir/libsecant.so" | grep -q ' secant_predictor_open' && fail "libsecant has an engine of its own"
sh tests/install/symbols.sh "$build" || fail "the exported symbols differ from the ledger"

# A program compiled when the options of prediction were fewer: its header lacks the last of them, the library has them all.
mkdir "$prefix/before"
cp -r "$prefix/include/secant" "$prefix/before/secant"
sed '/^\tint offset; /d; /^\tchar \*rule; /d' "$prefix/include/secant/predict.h" > "$prefix/before/secant/predict.h"
cmp -s "$prefix/include/secant/predict.h" "$prefix/before/secant/predict.h" && fail "the older header is not older"
${CC:-cc} -std=c99 -D_POSIX_C_SOURCE=200809L -I"$prefix/before" -o "$prefix/threads-before" examples/threads.c -L"$prefix/$libdir" -lsecant-deploy -pthread
sh examples/threads.sh "$prefix/threads-before" || fail "a program compiled against older headers"

# The examples: each as C99 and as C++17. examples/NAME.sh, where there is one, runs the program ($1) and checks what it does.
for source in examples/*.c; do
	[ -e "$source" ] || continue
	name=$(basename "$source" .c)
	${CXX:-c++} -x c++ -std=c++17 -Wall -Wextra -Werror -o "$prefix/$name-cpp" "$source" -x none $(flags secant-deploy) -pthread
	${CC:-cc} -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -o "$prefix/$name" "$source" $(flags secant-deploy) -pthread
	if [ -e "examples/$name.sh" ]; then
		for program in "$prefix/$name" "$prefix/$name-cpp"; do
			sh "examples/$name.sh" "$program" "$prefix/bin/secant" || fail "examples/$name.sh failed for $(basename "$program")"
		done
	fi
done
for source in examples/*.cpp; do
	name=$(basename "$source" .cpp)
	${CXX:-c++} -std=c++17 -Wall -Wextra -Werror -o "$prefix/$name" "$source" $(flags secant-deploy) -pthread
	sh "examples/$name.sh" "$prefix/$name" || fail "examples/$name.sh failed"
done
echo "installed tree: good"

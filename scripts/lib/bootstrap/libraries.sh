# shellcheck shell=bash
# The C libraries that the system's packages do not serve well enough, rebuilt from Debian's own source packages. Sourced.

readonly HARDENED_CFLAGS='-O2 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2'

build_static_library() { # build_static_library SOURCE PREFIX CMAKE-FLAGS...
  local source=$1 prefix=$2
  shift 2
  # Assertions name their files: without the map, in a temporary folder, another one each time. Not among the C flags, which
  # libmongoc keeps.
  cmake -S "$source" -B build -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS_NONE="-ffile-prefix-map=$PWD=." \
    -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF "$@"
  cmake --build build
  cmake --install build
  # CMake's and pkg-config's files name the temporary prefix; users of the cache take headers and archives.
  rm -rf "$prefix/lib/cmake" "$prefix/lib/pkgconfig" "$prefix/bin" "$prefix/share" "$prefix/build"
}

# civetweb: Debian 12's build crashes on the first HTTPS connection (it looks for a symbol of OpenSSL 1.1) and has no IPv6.
# A server of metrics needs no files, CGI, scripts or web sockets, so that code is not built at all. REENTRANT_TIME: else two
# answers at once make their Date in one buffer (found by the thread sanitizer).
civetweb_key() { printf 'civetweb-debian%s-%s' "$DEBIAN" "$(recipe build_static_library compile_civetweb)"; }

compile_civetweb() {
  local prefix=$1
  source_package civetweb
  build_static_library civetweb "$prefix" -DCMAKE_C_FLAGS="$HARDENED_CFLAGS -DOPENSSL_API_3_0 -DREENTRANT_TIME" \
    -DCIVETWEB_ENABLE_SSL=ON -DCIVETWEB_ENABLE_SSL_DYNAMIC_LOADING=OFF -DCIVETWEB_SSL_OPENSSL_API_1_1=OFF -DCIVETWEB_SSL_OPENSSL_API_3_0=ON \
    -DCIVETWEB_ENABLE_IPV6=ON -DCIVETWEB_SERVE_NO_FILES=ON -DCIVETWEB_DISABLE_CGI=ON -DCIVETWEB_DISABLE_CACHING=ON \
    -DCIVETWEB_ENABLE_WEBSOCKETS=OFF -DCIVETWEB_ENABLE_LUA=OFF -DCIVETWEB_ENABLE_DUKTAPE=OFF -DCIVETWEB_ENABLE_CXX=OFF \
    -DCIVETWEB_ENABLE_ASAN=OFF -DCIVETWEB_ENABLE_SERVER_EXECUTABLE=OFF -DCIVETWEB_BUILD_TESTING=OFF
  test -f "$prefix/lib/libcivetweb.a" -a -f "$prefix/include/civetweb.h"
}

build_civetweb() { cached "$(civetweb_key)" "civetweb from Debian's source" compile_civetweb_in; }
compile_civetweb_in() { in_temporary_folder compile_civetweb "$1"; }

# hiredis: Debian 12 has 0.14 without TLS; Debian 13's 1.2 builds on it unchanged.
hiredis_key() { printf 'hiredis-trixie-%s' "$(recipe build_static_library compile_hiredis)"; }

compile_hiredis() {
  local prefix=$1
  source_package hiredis trixie
  build_static_library hiredis "$prefix" -DCMAKE_C_FLAGS="$HARDENED_CFLAGS" -DENABLE_SSL=ON -DDISABLE_TESTS=ON
  test -f "$prefix/lib/libhiredis.a" -a -f "$prefix/lib/libhiredis_ssl.a"
}

compile_hiredis_in() { in_temporary_folder compile_hiredis "$1"; }

system_hiredis_serves() { [ "$DEBIAN" -ge 13 ]; }

build_hiredis() {
  system_hiredis_serves || cached "$(hiredis_key)" "hiredis from Debian 13's source" compile_hiredis_in
}

# libcurl: the distribution's brings some forty libraries (GnuTLS, LDAP, Kerberos, SSH, RTMP) into a process that speaks HTTP only;
# measured, that is 4 MB of resident memory of an exporter that may have 14. Debian 13 gets Debian 12's, so that there is one
# version that exporters/minio has been tried with.
curl_key() { printf 'curl-debian%s-%s' "$DEBIAN" "$(recipe build_static_library compile_curl)"; }

compile_curl() {
  local prefix=$1
  if [ "$DEBIAN" -ge 13 ]; then source_package curl bookworm; else source_package curl; fi
  build_static_library curl "$prefix" -DCMAKE_C_FLAGS="$HARDENED_CFLAGS" -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DHTTP_ONLY=ON \
    -DCURL_USE_OPENSSL=ON -DENABLE_THREADED_RESOLVER=ON -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DCURL_USE_GSSAPI=OFF \
    -DUSE_NGHTTP2=OFF -DUSE_LIBIDN2=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DCURL_ZLIB=OFF \
    -DCURL_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt -DCURL_CA_PATH=/etc/ssl/certs
  test -f "$prefix/lib/libcurl.a" -a -f "$prefix/include/curl/curl.h"
}

compile_curl_in() { in_temporary_folder compile_curl "$1"; }
build_curl() { cached "$(curl_key)" "curl from Debian's source" compile_curl_in; }

# libmongoc: Debian 12's 1.23 brings SASL, LDAP's and field encryption's libraries into the process and calls a slow function of
# OpenSSL 3 at each step of a login, which only a static build lets us replace (exporters/mongo/hmac.cc): 50 ms of CPU for each
# member. ICU stays, for passwords that are not ASCII. Debian 13's 1.30 has neither fault.
mongoc_key() { printf 'mongoc-debian%s-%s' "$DEBIAN" "$(recipe build_static_library compile_mongoc)"; }

compile_mongoc() {
  local prefix=$1
  source_package mongo-c-driver
  build_static_library mongo-c-driver "$prefix" -DCMAKE_C_FLAGS="$HARDENED_CFLAGS" -DBUILD_VERSION=1.23.1 -DENABLE_STATIC=ON \
    -DENABLE_SSL=OPENSSL -DENABLE_ICU=ON -DENABLE_SASL=OFF -DENABLE_SNAPPY=OFF -DENABLE_ZSTD=OFF -DENABLE_ZLIB=OFF -DENABLE_SHM_COUNTERS=OFF \
    -DENABLE_CLIENT_SIDE_ENCRYPTION=OFF -DENABLE_MONGODB_AWS_AUTH=OFF -DENABLE_TESTS=OFF -DENABLE_EXAMPLES=OFF -DENABLE_UNINSTALL=OFF \
    -DENABLE_AUTOMATIC_INIT_AND_CLEANUP=OFF
  rm -f "$prefix"/lib/*.so* # the build makes these in any case, and a linker would prefer them
  test -f "$prefix/lib/libmongoc-static-1.0.a" -a -f "$prefix/include/libmongoc-1.0/mongoc/mongoc.h"
}

compile_mongoc_in() { in_temporary_folder compile_mongoc "$1"; }

system_mongoc_serves() { [ "$DEBIAN" -ge 13 ]; }

build_mongoc() {
  system_mongoc_serves || cached "$(mongoc_key)" "libmongoc from Debian's source" compile_mongoc_in
}

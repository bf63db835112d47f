# Everything that scripts/dependencies.sh installs, found once. Connector/C++ stands in .deps: see
# there.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(uring REQUIRED IMPORTED_TARGET liburing)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
# Its -pthread would part those who use it from the precompiled header of all.
set_target_properties(PkgConfig::re2 PROPERTIES INTERFACE_COMPILE_OPTIONS "")
find_library(MYSQL_CONNECTOR NAMES libmysqlcppconn.so.7 mysqlcppconn REQUIRED)
find_path(MYSQL_CONNECTOR_INCLUDE cppconn/driver.h
  HINTS ${CMAKE_SOURCE_DIR}/.deps/connector/usr/include REQUIRED)

# Its trees are messages of protobuf-c, whose header it wants; the code of that it has in itself.
find_library(PG_QUERY pg_query REQUIRED)
find_path(PROTOBUF_C_INCLUDE protobuf-c/protobuf-c.h REQUIRED)
add_library(pg_query INTERFACE)
target_include_directories(pg_query SYSTEM INTERFACE ${PROTOBUF_C_INCLUDE})
target_link_libraries(pg_query INTERFACE ${PG_QUERY})

# What Connector/C++ stands on; tests speak to it themselves.
find_library(MARIADB_CLIENT NAMES libmariadb.so.3 mariadb REQUIRED)

add_library(mysql_connector INTERFACE)
target_include_directories(mysql_connector SYSTEM INTERFACE ${MYSQL_CONNECTOR_INCLUDE})
target_link_libraries(mysql_connector INTERFACE ${MYSQL_CONNECTOR})

add_library(skein_asio INTERFACE)
target_link_libraries(skein_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(skein_asio INTERFACE BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_DATE_TIME)

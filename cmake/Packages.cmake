# A Debian package for each exporter, by CPack: scripts/package sets what is below and runs it.
option(REPLICAWATCH_PACKAGES "Make Debian packages; see scripts/package" OFF)
set(REPLICAWATCH_PACKAGE_REVISION "1" CACHE STRING "Debian's part of the version, without the release")
if(NOT REPLICAWATCH_PACKAGES)
  return()
endif()
foreach(variable SOURCE_DATE_EPOCH DEB_RELEASE)
  if(NOT DEFINED ENV{${variable}})
    message(FATAL_ERROR "${variable} is not set; packages are made by scripts/package")
  endif()
endforeach()
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_program(GZIP gzip REQUIRED)

set(packaging ${PROJECT_SOURCE_DIR}/packaging/debian)
# ~deb12 sorts before ~deb13: a new release of Debian brings its own package in.
set(PACKAGE_VERSION ${PROJECT_VERSION}-${REPLICAWATCH_PACKAGE_REVISION}~deb$ENV{DEB_RELEASE})
set(CPACK_PACKAGE_CONTACT "The replicawatch maintainers <gogotex@users.noreply.github.com>")
set(ENV{TZ} UTC)
execute_process(COMMAND date -R -u -d @$ENV{SOURCE_DATE_EPOCH} OUTPUT_VARIABLE PACKAGE_DATE OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
get_directory_property(REPLICAWATCH_REVISION DIRECTORY common DEFINITION REPLICAWATCH_REVISION)

set(summary_mongo "MongoDB replica sets")
set(summary_redis "Redis, Sentinel and Redis Cluster")
set(summary_minio "distributed MinIO")
set(port_mongo 9216)
set(port_redis 9121)
set(port_minio 9290)

# Everything below is installed under /, as a package has it.
function(rw_package service)
  set(NAME replicawatch-${service})
  set(SERVICE ${service})
  set(SUMMARY ${summary_${service}})
  set(PORT ${port_${service}})
  set(folder ${CMAKE_BINARY_DIR}/packages/${NAME})
  set(program $<TARGET_FILE:${NAME}>)
  foreach(file postinst prerm postrm changelog lintian-overrides)
    configure_file(${packaging}/${file}.in ${folder}/${file} @ONLY)
  endforeach()
  foreach(type service socket)
    configure_file(${packaging}/exporter.${type}.in ${folder}/${NAME}.${type} @ONLY)
  endforeach()
  if(service STREQUAL "minio")
    file(APPEND ${folder}/lintian-overrides
         "# HTTP only, rebuilt from Debian's source: the shared one brings forty libraries (scripts/lib/bootstrap/libraries.sh).\n"
         "${NAME}: embedded-library curl [usr/bin/${NAME}]\n")
  endif()
  file(WRITE ${folder}/conffiles "/etc/default/${NAME}\n")
  file(CHMOD ${folder}/postinst ${folder}/prerm ${folder}/postrm
       PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  file(CHMOD ${folder}/conffiles PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)

  add_custom_command(
    OUTPUT ${folder}/${NAME}.1.gz
    COMMAND ${packaging}/describe man ${program} > ${folder}/${NAME}.1
    COMMAND ${packaging}/describe bash ${program} > ${folder}/${NAME}.bash
    COMMAND ${packaging}/describe zsh ${program} > ${folder}/_${NAME}
    COMMAND cp ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${folder}/upstream
    COMMAND ${GZIP} -9nf ${folder}/${NAME}.1
    COMMAND ${GZIP} -9nkf ${folder}/upstream ${folder}/changelog
    DEPENDS ${NAME} ${packaging}/describe ${PROJECT_SOURCE_DIR}/scripts/lib/flags_of_help.py ${PROJECT_SOURCE_DIR}/CHANGELOG.md
            ${folder}/changelog
    VERBATIM)
  add_custom_target(${NAME}-package ALL DEPENDS ${folder}/${NAME}.1.gz)

  set(component COMPONENT ${NAME})
  install(TARGETS ${NAME} RUNTIME DESTINATION usr/bin ${component})
  install(FILES ${folder}/${NAME}.service ${folder}/${NAME}.socket DESTINATION usr/lib/systemd/system ${component})
  install(FILES ${packaging}/${NAME}.default DESTINATION etc/default RENAME ${NAME} ${component})
  install(DIRECTORY DESTINATION etc/replicawatch/${service} DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE ${component})
  install(FILES ${folder}/${NAME}.1.gz DESTINATION usr/share/man/man1 ${component})
  install(FILES ${folder}/${NAME}.bash DESTINATION usr/share/bash-completion/completions RENAME ${NAME} ${component})
  install(FILES ${folder}/_${NAME} DESTINATION usr/share/zsh/vendor-completions ${component})
  install(FILES ${packaging}/copyright DESTINATION usr/share/doc/${NAME} ${component})
  install(FILES ${folder}/upstream.gz DESTINATION usr/share/doc/${NAME} RENAME changelog.gz ${component})
  install(FILES ${folder}/changelog.gz DESTINATION usr/share/doc/${NAME} RENAME changelog.Debian.gz ${component})
  install(FILES ${folder}/lintian-overrides DESTINATION usr/share/lintian/overrides RENAME ${NAME} ${component})

  string(TOUPPER ${NAME} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${NAME} PARENT_SCOPE)
  set(CPACK_COMPONENT_${upper}_DESCRIPTION
"Prometheus exporter for ${SUMMARY}
Pointed at any one member it finds the others, asks all of them at once, and
answers what an exporter of one node can not: whether clients can write now,
how many more members may be lost, and what would be lost with the primary." PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA
      "${folder}/postinst;${folder}/prerm;${folder}/postrm;${folder}/conffiles" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_RECOMMENDS ca-certificates PARENT_SCOPE)
endfunction()

set(CPACK_COMPONENTS_ALL)
foreach(service IN LISTS REPLICAWATCH_EXPORTERS)
  rw_package(${service})
  list(APPEND CPACK_COMPONENTS_ALL replicawatch-${service})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME replicawatch)
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_PACKAGE_VERSION ${PACKAGE_VERSION})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE https://github.com/gogotex/replicawatch)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
